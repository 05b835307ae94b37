"""``{{expression}}`` in a prompt, replaced once by the text of its value."""

import builtins
import difflib
from collections.abc import Mapping
from types import CodeType
from typing import Any

from alphaneural_nb.errors import TemplateError
from alphaneural_nb.show.text import clean

_OPEN, _CLOSE = "{{", "}}"
_MOST_BRACES = 100
"""Places where an expression may end, before a text full of braces is given up."""


def render(text: str, namespace: Mapping[str, Any]) -> str:
    """Return text with each ``{{expression}}`` replaced by ``str`` of its value.

    The values are inserted as they are and never looked at again, so that what stands in a data
    frame cannot reach a variable. Single braces are text, and so is ``{{`` without its ``}}``.

    Parameters
    ----------
    text : str
    namespace : mapping
        The user's variables.

    Raises
    ------
    TemplateError
        An expression cannot be read, names an unknown variable, or fails.
    """
    pieces: list[str] = []
    at = 0
    while (start := text.find(_OPEN, at)) >= 0 and text.find(_CLOSE, start) >= 0:
        code, end = _expression(text, start)
        pieces += [text[at:start], _value(code, text[start:end], namespace)]
        at = end
    return "".join([*pieces, text[at:]])


def _expression(text: str, start: int) -> tuple[CodeType, int]:
    """Find the shortest ``{{…}}`` that is Python: an expression may hold braces of its own."""
    close = first = text.find(_CLOSE, start + len(_OPEN))
    for _ in range(_MOST_BRACES):
        source = text[start + len(_OPEN) : close].strip()
        try:
            return compile(source, "<prompt>", "eval"), close + len(_CLOSE)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            close = text.find(_CLOSE, close + 1)
        if close < 0:
            break
    shown = clean(text[start : first + len(_CLOSE)], 60)
    raise TemplateError(
        f"{shown} is no Python expression.",
        advice='Single braces are plain text; for double ones as text write {{ "{{" }}.',
    )


def _value(code: CodeType, shown: str, namespace: Mapping[str, Any]) -> str:
    try:
        return str(eval(code, dict(namespace)))  # noqa: S307 - the user's own cell, like any other line of it
    except NameError as error:
        name = error.name or ""
        near = difflib.get_close_matches(name, _names(namespace), n=3)
        hint = f" Did you mean {' or '.join(near)}?" if near else ""
        raise TemplateError(
            f"{clean(shown, 60)}: there is no variable {name}.{hint}", advice="Nothing was sent."
        ) from None
    except Exception as error:
        raise TemplateError(
            f"{clean(shown, 60)} failed: {type(error).__name__}: {clean(str(error), 120)}.",
            advice="Nothing was sent.",
        ) from error


def _names(namespace: Mapping[str, Any]) -> list[str]:
    """Return the names that the user gave; IPython puts some builtins beside them."""
    return [name for name in namespace if name[:1].isalpha() and not hasattr(builtins, name)]
