"""Text from a service or a person, made safe to show."""

import html
import re
import unicodedata

_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_UNSEEN = re.compile("[\0-\b\v-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[ -/]*[0-Z\\^-~])")


def clean(text: str, limit: int = 300) -> str:
    """Return text on one line, without control, format or escape characters.

    Parameters
    ----------
    text : str
        Any text; what comes from a service may hold terminal escapes, line breaks or
        characters that turn the direction of writing.
    limit : int, characters
        A longer text is cut there and ends with an ellipsis.
    """
    # Nobody reads beyond the limit, and a hostile text may have 40 MB.
    head = _ANSI.sub("", text[: 8 * limit])
    spaced = "".join(" " if char in "\t\r\n\v\f\x85\u2028\u2029" else char for char in head)
    kept = "".join(char for char in spaced if unicodedata.category(char) not in _HIDDEN)
    line = " ".join(kept.split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def escape(text: str) -> str:
    """Return text as HTML that shows it and means nothing else; its lines stay lines.

    Control characters go, those that turn the direction of writing too, and halves of characters,
    with which a notebook could not be saved.
    """
    return html.escape(_UNSEEN.sub("", _ANSI.sub("", text)), quote=True)
