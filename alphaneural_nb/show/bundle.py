"""Captions and pictures as notebook outputs: MIME bundles with every text escaped."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from .preview import Preview
from .text import clean, escape

Bundle = dict[str, str]

_LONGEST = 4000
"""Characters of one text in a caption; the library's record has the whole."""

_QUIET = (
    "font-family:var(--jp-ui-font-family,sans-serif);font-size:12px;line-height:1.6;"
    "color:var(--jp-ui-font-color2,#757575)"
)


@dataclass(frozen=True)
class Caption:
    """What stands above a picture.

    Parameters
    ----------
    line : str
        The facts, one line.
    prompt : str
        What was asked; a line to open, which is also what a screen reader gets.
    details : sequence of (str, str)
        Label and text of what stands below the opened prompt.
    """

    line: str
    prompt: str = ""
    details: Sequence[tuple[str, str]] = ()

    def named(self, name: str | None) -> "Caption":
        """Return the caption with the variable that holds the pictures at its end."""
        return replace(self, line=f"{self.line} · as {name}") if name else self

    def bundle(self) -> Bundle:
        """Return the caption as HTML and as plain text."""
        return {"text/html": self._html(), "text/plain": clean(self.line, _LONGEST)}

    def _html(self) -> str:
        line = f"<div>{escape(clean(self.line, _LONGEST))}</div>"
        if not self.prompt:
            return f'<div style="{_QUIET}">{line}</div>'
        rows = [("prompt", self.prompt), *self.details]
        opened = "".join(
            f'<div style="white-space:pre-wrap">{escape(label)}: {escape(_cut(text))}</div>'
            for label, text in rows
        )
        summary = f'<summary style="cursor:pointer">{escape(clean(self.prompt, 110))}</summary>'
        inner = f'<div style="margin:2px 0 4px 14px">{opened}</div>'
        return f'<div style="{_QUIET}">{line}<details>{summary}{inner}</details></div>'


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def nothing() -> Bundle:
    """Return an output that takes no room, for a line that has served its time."""
    return {"text/plain": ""}


def picture(shown: Preview, text: str) -> tuple[Bundle, dict[str, Any]]:
    """Return a picture's bundle and its metadata.

    Parameters
    ----------
    shown : Preview
        The encoded picture.
    text : str
        What a front end without pictures shows.
    """
    encoded = base64.b64encode(shown.content).decode("ascii")
    # A front end that knows the size keeps the place free, so that nothing jumps.
    width = min(shown.width, WIDEST)
    height = max(1, round(shown.height * width / shown.width))
    metadata = {shown.mime: {"width": width, "height": height}}
    return {shown.mime: encoded, "text/plain": text}, metadata


WIDEST = 640
"""CSS pixels at which a picture is shown; a preview has more, for screens that use them."""
