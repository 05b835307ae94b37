"""The models the sandbox plays, and what a request to each of them may say."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from .refusals import Refusal, invalid, unsupported

GPT_SIZES = ("1024x1024", "1024x1536", "1536x1024", "auto")
GPT_CHOICES = {
    "quality": ("low", "medium", "high", "auto"),
    "background": ("transparent", "opaque", "auto"),
    "output_format": ("png", "jpeg", "webp"),
    "moderation": ("low", "auto"),
}
DALLE_FORMATS = ("url", "b64_json")


@dataclass(frozen=True)
class Family:
    """What one model accepts.

    Attributes
    ----------
    sizes : tuple of str
        Supported sizes, the default first; empty where `canvas` decides.
    canvas : Canvas or None
        Limits of a model that takes any size.
    choices : mapping of str to tuple of str
        Supported values of each parameter that has a fixed set of them.
    refuses : frozenset of str
        Parameters of the Images API that the model does not have.
    """

    sizes: tuple[str, ...] = GPT_SIZES
    canvas: "Canvas | None" = None
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: GPT_CHOICES)
    refuses: frozenset[str] = frozenset({"response_format", "style"})
    most_pictures: int = 10
    prompt_characters: int = 32000
    gpt: bool = True
    revises: bool = False
    mode: str | None = "image_generation"


class Canvas(NamedTuple):
    """Limits of a free size: pixels, and the longer edge over the shorter one."""

    step: int
    longest: int
    ratio: float
    fewest: int
    most: int


FAMILIES = {
    "gpt-image-2": Family(sizes=(), canvas=Canvas(16, 3840, 3.0, 655_360, 8_294_400)),
    "gpt-image-1.5": Family(),
    "gpt-image-1": Family(),
    "gpt-image-1-mini": Family(),
    "dall-e-3": Family(
        sizes=("1024x1024", "1024x1792", "1792x1024"),
        choices={
            "quality": ("standard", "hd"),
            "style": ("vivid", "natural"),
            "response_format": DALLE_FORMATS,
        },
        refuses=frozenset(),
        most_pictures=1,
        prompt_characters=4000,
        gpt=False,
        revises=True,
        mode=None,
    ),
    "dall-e-2": Family(
        sizes=("1024x1024", "256x256", "512x512"),
        choices={"quality": ("standard",), "response_format": DALLE_FORMATS},
        refuses=frozenset({"style"}),
        prompt_characters=1000,
        gpt=False,
        mode=None,
    ),
    "flux-schnell": Family(
        sizes=(),
        canvas=Canvas(16, 2048, 4.0, 65_536, 4_194_304),
        choices={},
        prompt_characters=10_000,
        gpt=False,
        mode=None,
    ),
}
CHAT_MODEL = "gpt-4o-mini"


@dataclass(frozen=True)
class Picture:
    """One picture to paint; `size` is (width, height) in pixels."""

    prompt: str
    size: tuple[int, int]
    index: int = 0
    output_format: str = "png"
    transparent: bool = False


@dataclass(frozen=True)
class Order:
    """A request for pictures that its model accepts."""

    model: str
    family: Family
    prompt: str
    n: int
    size: tuple[int, int]
    quality: str
    output_format: str
    transparent: bool
    linked: bool

    def pictures(self) -> list[Picture]:
        """Return one entry per picture asked for."""
        return [
            Picture(self.prompt, self.size, index, self.output_format, self.transparent)
            for index in range(self.n)
        ]


def list_models() -> list[dict[str, Any]]:
    """Return the models as the proxy lists them: a mode only where it knows one."""
    modes = {model: family.mode for model, family in FAMILIES.items()} | {CHAT_MODEL: "chat"}
    return [
        {"id": model, "object": "model", "created": 1677610602, "owned_by": "openai"}
        | ({"mode": mode} if mode else {})
        for model, mode in modes.items()
    ]


def read_order(body: Mapping[str, Any], model_in_path: str | None) -> Order:
    """Check a request body against its model.

    Parameters
    ----------
    body : mapping
        The JSON object of the request; nulls count as absent.
    model_in_path : str or None
        The deployment named in the path, which wins over the body's model.

    Raises
    ------
    Refusal
        With the status and the wording that the proxy would give.
    """
    asked = {name: value for name, value in body.items() if value is not None}
    model, family = _model(model_in_path or asked.get("model"))
    for name in sorted(family.refuses & asked.keys()):
        raise unsupported(model, name)
    if asked.get("stream") is True:
        raise invalid(model, "stream", "The sandbox does not stream pictures; leave `stream` out.")
    for name, values in family.choices.items():
        if asked.get(name, values[0]) not in values:
            raise _not_supported(model, name, asked[name], values)
    if asked.get("background") == "transparent" and asked.get("output_format") == "jpeg":
        raise invalid(
            model,
            "background",
            "Transparent background is not supported with output format 'jpeg'; use png or webp.",
        )
    return Order(
        model=model,
        family=family,
        prompt=_prompt(model, family, asked.get("prompt")),
        n=_count(model, family, asked.get("n", 1)),
        size=_size(model, family, asked.get("size", "1024x1024")),
        quality=asked.get("quality", "auto"),
        output_format=asked.get("output_format", "png") if family.gpt else "png",
        transparent=family.gpt and asked.get("background") == "transparent",
        linked=not family.gpt and asked.get("response_format", "url") == "url",
    )


def _model(model: Any) -> tuple[str, Family]:
    if model == CHAT_MODEL:
        raise _not_supported(CHAT_MODEL, "model", CHAT_MODEL, tuple(FAMILIES))
    if not isinstance(model, str) or model not in FAMILIES:
        raise Refusal(
            400,
            "400: {'error': '/image/generations: Invalid model name passed in "
            f"model={model}. Call `/v1/models` to view available models for your key.'}}",
        )
    return model, FAMILIES[model]


def _prompt(model: str, family: Family, prompt: Any) -> str:
    if not isinstance(prompt, str) or not prompt.strip():
        raise invalid(model, "prompt", "Invalid 'prompt': expected a text that is not empty.")
    if len(prompt) > family.prompt_characters:
        raise invalid(
            model,
            "prompt",
            f"Invalid 'prompt': string too long. Expected at most {family.prompt_characters} "
            f"characters, got {len(prompt)}.",
        )
    return prompt


def _count(model: str, family: Family, n: Any) -> int:
    if type(n) is not int:
        raise invalid(model, "n", f"Invalid type for 'n': expected an integer, got {n!r}.")
    if not 1 <= n <= family.most_pictures:
        raise invalid(
            model, "n", f"Invalid 'n': {n}. Expected a value from 1 to {family.most_pictures}."
        )
    return n


def _size(model: str, family: Family, size: Any) -> tuple[int, int]:
    if size == "auto" and family.gpt:
        return (1024, 1024)
    edges = re.fullmatch(r"(\d{1,5})x(\d{1,5})", size) if isinstance(size, str) else None
    if edges is None or (family.sizes and size not in family.sizes):
        raise _not_supported(model, "size", size, family.sizes or ("WIDTHxHEIGHT",))
    width, height = int(edges[1]), int(edges[2])
    if family.canvas is not None and (fault := _fault(family.canvas, width, height)):
        raise invalid(model, "size", f"Invalid size '{size}': {fault}.")
    return (width, height)


def _fault(canvas: Canvas, width: int, height: int) -> str | None:
    rules = {
        f"width and height must be divisible by {canvas.step}": not (
            width % canvas.step or height % canvas.step
        ),
        f"the longest edge may have {canvas.longest} pixels": max(width, height) <= canvas.longest,
        f"the ratio must be within 1:{canvas.ratio:g} and {canvas.ratio:g}:1": (
            max(width, height) <= canvas.ratio * min(width, height)
        ),
        f"it must have {canvas.fewest} to {canvas.most} pixels": (
            canvas.fewest <= width * height <= canvas.most
        ),
    }
    return next((rule for rule, kept in rules.items() if not kept), None)


def _not_supported(model: str, name: str, value: Any, values: tuple[str, ...]) -> Refusal:
    shown = ", ".join(f"'{value}'" for value in values)
    return invalid(model, name, f"Invalid value: '{value}'. Supported values are: {shown}.")
