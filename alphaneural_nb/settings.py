"""Who asks, and where: key, base URL, model, folder, time limit, and where each came from."""

import os
import re
import reprlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from numbers import Real
from pathlib import Path
from typing import Any, Literal, Self, get_args

from .errors import SettingsError
from .secret import SHORTEST_PIECE, Secret
from .show.text import clean

DEFAULT_BASE_URL = "https://proxy.alfnrl.io/v1"
"""Where AlphaNeural's Images API is. Source: docs.alphaneural.io/image-generation."""

SANDBOX = "sandbox"
"""The base URL that stands for the embedded service."""

Inline = Literal["preview", "original"]

_KEY_LIKE = re.compile(r"\bsk-[\w-]{6,}[*.…\w-]*")


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
            line = line[:-SHORTEST_PIECE]  # the cut may have left the beginning of a key
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
