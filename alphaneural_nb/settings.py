"""Who asks, and where: key, base URL, model, folder, time limit, and where each came from."""

import base64
import json
import os
import re
import reprlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from numbers import Real
from pathlib import Path
from typing import Any, Literal, Self, get_args
from urllib.parse import quote

from .errors import SettingsError
from .show.text import clean

DEFAULT_BASE_URL = "https://proxy.alfnrl.io/v1"
"""Where AlphaNeural's Images API is. Source: docs.alphaneural.io/image-generation."""

SANDBOX = "sandbox"
"""The base URL that stands for the embedded service."""

Inline = Literal["preview", "original"]

_KEY_LIKE = re.compile(r"\bsk-[\w-]{6,}[*.…\w-]*")
_SHORTEST_PIECE = 12


class Secret:
    """A key that shows itself only when asked by name.

    It is masked in ``repr``, ``str`` and formatting, has no ``vars``, and a pickle or a copy on
    another machine is empty.

    Parameters
    ----------
    value : str
        The key; blanks around it and a leading ``Bearer`` are taken off.

    Raises
    ------
    SettingsError
        Something other than visible ASCII is in it, which no HTTP header can carry.
    """

    __slots__ = ("reveal",)
    reveal: Callable[[], str]

    def __init__(self, value: object) -> None:
        text = value.strip() if isinstance(value, str) else ""
        key = re.sub(r"(?i)^bearer\s+", "", text)
        usable = bool(key) and all("!" <= char <= "~" for char in key)
        self.reveal = lambda: key
        if not usable:
            value = text = key = ""  # a traceback that prints local variables finds nothing
            raise SettingsError(
                "The API key cannot be used: it is empty or holds blanks or non-ASCII characters.",
                advice="Copy it again, in one piece.",
            )

    @property
    def masked(self) -> str:
        """The ends of the key, or less when it is short: ``sk-…9f2``."""
        key = self.reveal()
        return f"{key[:3]}…{key[-3:]}" if len(key) > _SHORTEST_PIECE else "…"

    def redact(self, text: str) -> str:
        """Return text without the key or a piece of it, however a service might spell it."""
        pieces: set[str] = set()
        for spelling in _spellings(self.reveal()):
            text = text.replace(spelling, "…")
            starts = range(len(spelling) - _SHORTEST_PIECE + 1)
            pieces.update(spelling[at : at + _SHORTEST_PIECE] for at in starts)
        shown, end = [], 0
        for at in range(len(text) - _SHORTEST_PIECE + 1):
            if text[at : at + _SHORTEST_PIECE] in pieces:
                shown += [text[end:at], "…"] if at >= end else []
                end = at + _SHORTEST_PIECE
        return "".join([*shown, text[end:]])

    def __repr__(self) -> str:
        return f"Secret({self.masked!r})"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self.reveal() == other.reveal()

    def __hash__(self) -> int:
        return hash(self.reveal())

    def __reduce__(self) -> tuple[Any, ...]:
        return _left_out, ()


def _left_out() -> None:
    """Stand for a key in a pickle."""


def _spellings(key: str) -> list[str]:
    """Return a key as it is, in a URL, in JSON, in hex, and inside of something in base64."""
    raw = key.encode()
    # Base64 has three spellings, by where the key begins; their edges mix with its neighbours.
    encoded = [base64.b64encode(bytes(at) + raw).decode().rstrip("=") for at in range(3)]
    safe = [spelling.replace("+", "-").replace("/", "_") for spelling in encoded]
    return [key, quote(key, safe=""), json.dumps(key)[1:-1], raw.hex(), *encoded, *safe]


@dataclass(frozen=True, kw_only=True)
class Settings:
    """One account's settings.

    Parameters
    ----------
    api_key : Secret, optional
        Without one no Authorization header is sent.
    base_url : str
        Address of the service, or ``"sandbox"``.
    model : str, optional
        The model when a request names none.
    home : pathlib.Path
        The library's folder.
    trusted_hosts : tuple of str
        Hosts that are not public, from which pictures may be fetched all the same, and to which
        the key may go without encryption.
    timeout : float, seconds
        Total deadline of one call when it names none.
    inline : {"preview", "original"}
        What a notebook stores: a light preview, or the bytes as they came.
    sources : mapping of str to str
        Where each value came from, for people.
    """

    api_key: Secret | None
    base_url: str = field(repr=False)  # its query may hold a key
    model: str | None
    home: Path
    trusted_hosts: tuple[str, ...] = ()
    timeout: float = 600.0
    inline: Inline = "preview"
    sources: Mapping[str, str] = field(default_factory=dict, compare=False)

    @property
    def is_sandbox(self) -> bool:
        """Whether the embedded service answers."""
        return self.base_url == SANDBOX

    @property
    def key_label(self) -> str:
        """The masked key and where it came from, for error messages."""
        source = self.sources.get("api_key", "")
        return f"{self.api_key.masked}, from {source}" if self.api_key and source else ""

    def clean(self, text: str, limit: int = 300) -> str:
        """Return a service's text without the key and without control characters."""
        most = 40 * limit  # nobody reads on, and a hostile text may have 40 MB
        line = clean(text[:most], most)
        if self.api_key:
            line = self.api_key.redact(line)
        if len(text) > most:
            line = line[:-_SHORTEST_PIECE]  # the cut may have left the beginning of a key
        return clean(_KEY_LIKE.sub("sk-…", line), limit)

    def redact(self, content: bytes) -> bytes:
        """Return bytes of a service without the key; as they came when it is not in them."""
        if self.api_key is None:
            return content
        text = content.decode("latin-1")  # every byte is a character, and comes back as one
        redacted = self.api_key.redact(text)
        return redacted.encode("latin-1", "replace") if redacted != text else content

    @classmethod
    def resolve(cls, given: Mapping[str, Any], told: Mapping[str, str] | None = None) -> Self:
        """Take each setting from what was given, else from the environment, else its default.

        Parameters
        ----------
        given : mapping
            Values by name, those of `configure`.
        told : mapping, optional
            By name, in words, where a given value came from, if not from `configure`.

        Raises
        ------
        SettingsError
            A value cannot be used.
        """
        found = {name: _found(name, given, told or {}) for name in _CHECKS}
        values = {name: value for name, (value, _) in found.items() if value is not None}
        sources = {name: source for name, (_, source) in found.items() if source}
        has_key = "api_key" in values
        sources.setdefault("base_url", "the default" if has_key else "no key set")
        defaults = {
            "api_key": None,
            "base_url": DEFAULT_BASE_URL if has_key else SANDBOX,
            "model": None,
        }
        if "home" not in values:
            values["home"] = _default_home()
        return cls(sources=sources, **{**defaults, **values})


ENVIRONMENT: Mapping[str, str] = {
    "api_key": "ALPHANEURAL_API_KEY",
    "base_url": "ALPHANEURAL_BASE_URL",
    "model": "ALPHANEURAL_IMAGE_MODEL",
    "home": "ALPHANEURAL_HOME",
    "trusted_hosts": "ALPHANEURAL_TRUSTED_HOSTS",
}
"""The environment variable of each setting."""


def _found(name: str, given: Mapping[str, Any], told: Mapping[str, str]) -> tuple[Any, str]:
    """Return a setting's value and where it came from; None when it is not set."""
    if given.get(name) is not None:
        return _CHECKS[name](given[name]), told.get(name, f"configure({name}=…)")
    variable = ENVIRONMENT.get(name, "")
    # A traceback may print local variables, so none ever holds the key or the environment.
    if os.getenv(variable, "").strip():
        return _CHECKS[name](os.getenv(variable, "").strip()), variable
    return None, ""


def _key(value: Any) -> Secret:
    try:
        return value if isinstance(value, Secret) else Secret(value)
    finally:
        del value  # a traceback that prints local variables finds nothing


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        what = "blank" if isinstance(value, str) else type(value).__name__
        raise SettingsError(f"A setting must be text, not {what}.")
    return value.strip()


def _home(value: Any) -> Path:
    try:
        folder = Path(_text(value) if isinstance(value, str) else value).expanduser().absolute()
    except (TypeError, RuntimeError) as error:
        raise SettingsError(f"The library's folder cannot be used: {error}.") from None
    if "\0" in str(folder):
        raise SettingsError("The library's folder cannot have a null character in its name.")
    return folder


def _default_home() -> Path:
    import platformdirs

    return platformdirs.user_data_path("alphaneural_nb", appauthor=False)


def _hosts(value: Any) -> tuple[str, ...]:
    names = value.replace(",", " ").split() if isinstance(value, str) else value
    if not isinstance(names, (list, tuple, set, frozenset)):
        raise SettingsError(f"trusted_hosts must be a list of names, not {type(value).__name__}.")
    return tuple(_text(name).lower() for name in names)


def deadline(value: Any) -> float:
    """Return a call's total deadline in seconds, above 0 and up to a day.

    Raises
    ------
    SettingsError
        It is no such number.
    """
    seconds: Any = value if isinstance(value, Real) and value is not True else -1
    if not 0 < seconds <= 24 * 3600:
        shown = reprlib.repr(value)
        raise SettingsError(f"timeout must be a number of seconds up to a day, not {shown}.")
    return float(seconds)


def _inline(value: Any) -> Inline:
    if value not in get_args(Inline):
        raise SettingsError(f'inline is "preview" or "original", not {value!r}.')
    chosen: Inline = value
    return chosen


_CHECKS: Mapping[str, Callable[[Any], Any]] = {
    "api_key": _key,
    "base_url": _text,
    "model": _text,
    "home": _home,
    "trusted_hosts": _hosts,
    "timeout": deadline,
    "inline": _inline,
}
