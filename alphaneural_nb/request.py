"""What may be asked for: a prompt and its options, each written once."""

import json
import operator
import re
import reprlib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, NamedTuple, Self

from .errors import OptionsError

_SIZE = re.compile(r"\s*(\d{1,5})\s*[x×X*]\s*(\d{1,5})\s*")
_BLANK = {"Zs", "Zl", "Zp", "Cc", "Cf"}
"""Unicode's categories of characters that show nothing, such as a zero-width space."""


class Option(NamedTuple):
    """How people write one option: the magic's flags, the form's choices, the README's row.

    Parameters
    ----------
    flags : tuple of str
        Spellings in the magic, the long one last.
    metavar : str
        What stands for the value in help texts.
    help : str
        One sentence without a full stop.
    values : tuple of str
        Values worth suggesting; never the only ones allowed.
    """

    flags: tuple[str, ...]
    metavar: str
    help: str
    values: tuple[str, ...] = ()


def _option(*flags: str, metavar: str, help: str, values: tuple[str, ...] = ()) -> Any:  # noqa: A002
    return field(default=None, metadata={"option": Option(flags, metavar, help, values)})


@dataclass(frozen=True, kw_only=True)
class ImageRequest:
    """One request for pictures: what the user set, and no more.

    Every option that is None is left out of the request. Values are checked for their form
    alone; whether a model takes them is the service's to say.

    Raises
    ------
    OptionsError
        The prompt is empty, or an option is of the wrong form.
    """

    prompt: str
    model: str | None = _option(
        "-m", "--model", metavar="ID", help="image model; Tab lists those your key may use"
    )
    n: int | None = _option("-n", "--n", metavar="COUNT", help="number of pictures, 1 or more")
    size: str | None = _option(
        "-s",
        "--size",
        metavar="SIZE",
        help="pixels (1024x1024), a name or a ratio (16:9); names become what the model takes",
        values=("square", "landscape", "portrait", "wide", "tall", "auto"),
    )
    quality: str | None = _option(
        "-q",
        "--quality",
        metavar="LEVEL",
        help="how much work the model puts in; more costs more",
        values=("auto", "low", "medium", "high"),
    )
    style: str | None = _option(
        "--style", metavar="STYLE", help="style of dall-e-3", values=("vivid", "natural")
    )
    response_format: str | None = _option(
        "--response-format",
        metavar="FORMAT",
        help="how dall-e models send pictures; GPT image models refuse it",
        values=("b64_json", "url"),
    )
    user: str | None = _option(
        "--user", metavar="NAME", help="your end user, for the service's abuse monitoring"
    )
    background: str | None = _option(
        "--background",
        metavar="KIND",
        help="what is behind the subject",
        values=("auto", "transparent", "opaque"),
    )
    output_format: str | None = _option(
        "--format",
        "--output-format",
        metavar="TYPE",
        help="file type of the pictures",
        values=("png", "jpeg", "webp"),
    )
    param: Mapping[str, Any] | None = _option(
        "--param",
        metavar="KEY=JSON",
        help="any other field of the request, as JSON; may be repeated",
    )

    def __post_init__(self) -> None:
        if not isinstance(self.prompt, str):
            raise OptionsError(f"The prompt must be text, not {type(self.prompt).__name__}.")
        if all(unicodedata.category(char) in _BLANK for char in self.prompt):
            raise OptionsError("The prompt is empty.", advice="Say what to draw.")
        for name in OPTIONS:
            value = getattr(self, name)
            if value is not None:
                object.__setattr__(self, name, _CHECKS.get(name, _text)(name, value))

    def __hash__(self) -> int:
        return hash((self.prompt, self.model, self.n, self.size, self.quality))

    @property
    def options(self) -> dict[str, Any]:
        """The options that are set, by name, in the order of the fields."""
        pairs = ((name, getattr(self, name)) for name in OPTIONS)
        return {name: value for name, value in pairs if value is not None}

    def changed(self, **changes: Any) -> Self:
        """Return the same request with some fields changed."""
        return replace(self, **changes)

    def fingerprint(self, base_url: str) -> str:
        """Return the SHA-256, in hex, of where the request goes and what the user set."""
        import hashlib  # 3 ms, on a path that `%load_ext` does not need

        asked = {"base_url": base_url, "prompt": self.prompt, **self.options}
        text = json.dumps(asked, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


OPTIONS: Mapping[str, Option] = {
    entry.name: entry.metadata["option"] for entry in fields(ImageRequest) if entry.metadata
}
"""Every option by its name in Python, in the order in which people meet them."""


def _text(name: str, value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise OptionsError(f"{name} must be text, not {reprlib.repr(value)}.")
    return value.strip()


def _count(name: str, value: Any) -> int:
    try:
        count = operator.index(value)
    except TypeError:
        count = 0
    if count < 1 or isinstance(value, bool):
        shown = reprlib.repr(value)
        raise OptionsError(f"{name} must be a whole number of 1 or more, not {shown}.")
    return count


def _size(name: str, value: Any) -> str:
    if not isinstance(value, (tuple, list)) or len(value) != 2:  # noqa: PLR2004 - width and height
        text = _text(name, value)
        pixels = _SIZE.fullmatch(text)
        if not pixels:
            _check_size_name(text)
            return text
        value = [int(side) for side in pixels.groups()]
    return "x".join(str(_count(name, side)) for side in value)


def _check_size_name(text: str) -> None:
    import difflib

    names = OPTIONS["size"].values
    near = difflib.get_close_matches(text.lower(), names, n=1)
    if near and text.lower() not in names:
        raise OptionsError(
            f"{text} is no size. Did you mean {near[0]}?",
            advice=f"Names are {', '.join(names)}; or 1024x1024, or 16:9.",
        )


def _extra(name: str, value: Any) -> dict[str, Any] | None:
    if not isinstance(value, Mapping) or not all(isinstance(key, str) and key for key in value):
        raise OptionsError(f"{name} must map field names to values, not {reprlib.repr(value)}.")
    if taken := sorted({"prompt", *OPTIONS}.intersection(value)):
        raise OptionsError(f"{taken[0]} has an option of its own.", advice=f"Set {taken[0]}=… .")
    if "stream" in value:
        raise OptionsError("Streams are not read yet, and a streamed picture would be lost.")
    try:
        copied: dict[str, Any] = json.loads(json.dumps(dict(value), allow_nan=False))
    except (TypeError, ValueError, RecursionError) as error:
        raise OptionsError(f"{name} cannot be written as JSON: {error}.") from None
    return copied or None


_CHECKS = {"n": _count, "size": _size, "param": _extra}
