"""A key that is shown nowhere: masked in every text, taken out of every text of a service."""

import base64
import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from .errors import SettingsError

SHORTEST_PIECE = 12
"""Characters; a shorter piece of a key is no secret."""

_MOST_SEARCHED = 1_000_000


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
        return f"{key[:3]}…{key[-3:]}" if len(key) > SHORTEST_PIECE else "…"

    def redact(self, text: str) -> str:
        """Return text without the key or a piece of it, however a service might spell it.

        A text of more than a million characters is searched for the whole key only.
        """
        spellings = _spellings(self.reveal())
        for spelling in spellings:
            text = text.replace(spelling, "…")
        if len(text) > _MOST_SEARCHED:
            return text
        pieces = {
            spelling[at : at + SHORTEST_PIECE]
            for spelling in spellings
            for at in range(len(spelling) - SHORTEST_PIECE + 1)
        }
        shown, end = [], 0
        for at in range(len(text) - SHORTEST_PIECE + 1):
            if text[at : at + SHORTEST_PIECE] in pieces:
                shown += [text[end:at], "…"] if at >= end else []
                end = at + SHORTEST_PIECE
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
