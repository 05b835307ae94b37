"""What each model takes, as far as it is known, and which one to take when none is named."""

import math
import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from alphaneural_nb.errors import SettingsError

NAMED_RATIOS = {"square": (1, 1), "landscape": (3, 2), "portrait": (2, 3), "wide": (16, 9),
                "tall": (9, 16)}  # fmt: skip
"""Width to height of the sizes that have names."""

_RATIO = re.compile(r"(\d{1,3}):(\d{1,3})")
_SIZE = re.compile(r"(\d+)x(\d+)")
_STEP = 16
_LONG_SIDE = 1536
_SQUARE_SIDE = 1024
_STEEPEST = 3.0
_CLOSE = 0.05  # in the logarithm of a ratio; 1792x1024 is close to 16:9


@dataclass(frozen=True)
class Family:
    """Models that take the same options.

    Parameters
    ----------
    name : str
    match : str
        Regular expression for the last segment of a model's id, in lower case.
    sizes : sequence of str
    any_size : bool
        Whether sizes other than the listed ones are taken, in steps of 16 pixels.
    """

    name: str
    match: str
    sizes: Sequence[str]
    any_size: bool = False

    @property
    def pixel_sizes(self) -> list[tuple[int, int]]:
        """The listed sizes that are numbers, as (width, height)."""
        found = (_SIZE.fullmatch(size) for size in self.sizes)
        return [(int(pair[1]), int(pair[2])) for pair in found if pair]


@cache
def _catalogue() -> dict[str, Any]:
    text = resources.files(__package__).joinpath("catalogue.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


@cache
def families() -> tuple[Family, ...]:
    """Return every family of the catalogue."""
    return tuple(Family(**entry) for entry in _catalogue()["family"])


def family(model: str | None) -> Family | None:
    """Return the family of a model id, or None when the catalogue does not know it."""
    name = _last_segment(model or "")
    return next((one for one in families() if re.search(one.match, name)), None)


def well_known() -> list[str]:
    """Return ids worth suggesting before a service has listed its own."""
    return list(_catalogue()["well_known"])


def fit_size(size: str | None, model: str | None) -> tuple[str | None, str]:
    """Turn a size's name or ratio into pixels that the model takes.

    Parameters
    ----------
    size : str, optional
        ``"wide"``, ``"16:9"``; anything else comes back as it is.
    model : str, optional

    Returns
    -------
    str or None
        ``"WIDTHxHEIGHT"`` in pixels.
    str
        What was done, in words; empty when nothing was.
    """
    ratio = _ratio(size)
    if ratio is None:
        return size, ""
    known = family(model)
    listed = [] if known is None or known.any_size else known.pixel_sizes
    width, height = _nearest(listed, ratio) if listed else _computed(ratio)
    pixels = f"{width}x{height}"
    guess = "" if known else f", a guess: the sizes of {model or 'this model'} are not known"
    is_near = abs(math.log(width / height / ratio)) < _CLOSE
    words = f"{size} is" if is_near else f"nearest to {size}:"
    return pixels, f"{words} {width}×{height} here{guess}"


def size_advice(size: str | None, model: str | None) -> str:
    """Return which sizes the model takes and the nearest one, or nothing where that is unknown."""
    known = family(model)
    if known is None:
        return ""
    sizes = "any size in steps of 16 pixels" if known.any_size else _listed(known.sizes)
    pixels = _SIZE.fullmatch(size or "")
    if not pixels or not int(pixels[1]) or not int(pixels[2]):
        return f"{model} makes {sizes}."
    ratio = int(pixels[1]) / int(pixels[2])
    width, height = _computed(ratio) if known.any_size else _nearest(known.pixel_sizes, ratio)
    return f"{model} makes {sizes}. Nearest: {width}x{height}."


def is_image_model(model: str, mode: str | None = None) -> bool:
    """Whether an id of ``GET /v1/models`` is an image model.

    Parameters
    ----------
    model : str
    mode : str, optional
        What newer LiteLLM proxies say beside the id, ``"image_generation"`` for these.
    """
    facts = _catalogue()
    if re.search(facts["no_model"], model):
        return False
    if mode == "image_generation":
        return True
    named = re.search(facts["image_name"], model.lower()) is not None
    # LiteLLM calls some Flux deployments chat models, so a telling name beats the mode.
    return named and not re.search(facts["other_name"], model.lower())


def default_model(candidates: Iterable[str]) -> str:
    """Return the first model of the catalogue's order among those that a key may use.

    Raises
    ------
    SettingsError
        None is recognised; the message lists the candidates.
    """
    ids = list(candidates)
    for pattern in _catalogue()["order"]:
        for model in ids:
            if is_image_model(model) and re.search(pattern, _last_segment(model)):
                return model
    listed = ", ".join(ids[:12]) or "none at all"
    raise SettingsError(
        f"None of this key's models is known to make pictures ({listed}).",
        advice="Name one: -m ID, imagine(…, model=…), or ALPHANEURAL_IMAGE_MODEL.",
    )


def _last_segment(model: str) -> str:
    return model.lower().rsplit("/", 1)[-1]


def _listed(sizes: Sequence[str]) -> str:
    return f"{', '.join(sizes[:-1])} or {sizes[-1]}" if len(sizes) > 1 else "".join(sizes)


def _ratio(size: str | None) -> float | None:
    if size is None:
        return None
    if size.lower() in NAMED_RATIOS:
        across, down = NAMED_RATIOS[size.lower()]
        return across / down
    parts = _RATIO.fullmatch(size)
    return int(parts[1]) / int(parts[2]) if parts and int(parts[1]) and int(parts[2]) else None


def _nearest(sizes: Iterable[tuple[int, int]], ratio: float) -> tuple[int, int]:
    def distance(size: tuple[int, int]) -> tuple[float, int]:
        shape = abs(math.log(size[0] / size[1] / ratio))
        return round(shape, 6), abs(size[0] * size[1] - _SQUARE_SIDE**2)

    return min(sizes, key=distance)


def _computed(ratio: float) -> tuple[int, int]:
    ratio = min(max(ratio, 1 / _STEEPEST), _STEEPEST)
    if ratio == 1:
        return _SQUARE_SIDE, _SQUARE_SIDE
    short = round(_LONG_SIDE / max(ratio, 1 / ratio) / _STEP) * _STEP
    return (_LONG_SIDE, short) if ratio > 1 else (short, _LONG_SIDE)
