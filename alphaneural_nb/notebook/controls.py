"""What can be set and pressed in the form, and how it is arranged."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import anywidget
import ipywidgets
from traitlets import Bool, Unicode

from alphaneural_nb.errors import OptionsError
from alphaneural_nb.request import OPTIONS, ImageRequest

_STATIC = Path(__file__).parent / "static"

VISIBLE = {
    "model": "the service's first choice",
    "size": "the model's own",
    "quality": "the model's own",
    "style": "dall-e-3 only",
}
"""Options with a text field, and what an empty one means; the number of pictures has its own."""


class StatusLine(anywidget.AnyWidget):
    """The form's status, and what core widgets cannot do; see ``static/form.js``."""

    _esm = _STATIC / "form.js"
    _css = _STATIC / "form.css"
    text = Unicode("").tag(sync=True)
    note = Unicode("").tag(sync=True)
    busy = Bool(default_value=False).tag(sync=True)
    failed = Bool(default_value=False).tag(sync=True)

    def say(self, text: str, *, busy: bool = False, failed: bool = False) -> None:
        """Replace the text, from any thread."""
        with self.hold_sync():
            self.text, self.busy, self.failed = text, busy, failed


class Controls:
    """The form's widgets.

    Parameters
    ----------
    prompt : str
    n : int
    texts : mapping of str to str
        First values of the fields in `VISIBLE`.

    Attributes
    ----------
    prompt : ipywidgets.Textarea
    texts : dict of str to ipywidgets.Combobox
        One for each of `VISIBLE`: suggestions, and any other text.
    count : ipywidgets.IntText
    generate, cancel : ipywidgets.Button
    status : StatusLine
    """

    def __init__(self, prompt: str, n: int, texts: Mapping[str, str]) -> None:
        self.prompt = ipywidgets.Textarea(
            value=prompt, description="Prompt", placeholder="What to draw"
        )
        self.texts = {
            name: ipywidgets.Combobox(
                value=texts.get(name, ""),
                description=name.capitalize(),
                options=OPTIONS[name].values,
                placeholder=empty,
                ensure_option=False,
            )
            for name, empty in VISIBLE.items()
        }
        self.count = ipywidgets.IntText(value=n, description="Pictures")
        self.generate = ipywidgets.Button(description="Generate", button_style="primary")
        self.cancel = ipywidgets.Button(description="Cancel", disabled=True)
        self.status = StatusLine()
        for name, widget in self._fields.items():
            widget.add_class(f"an-{name}")
        self.generate.add_class("an-generate")

    @property
    def _fields(self) -> dict[str, Any]:
        return {"prompt": self.prompt, **self.texts, "n": self.count}

    def arranged(self) -> list[Any]:
        """Return the form's children: prompt and options, buttons, status."""
        options = ipywidgets.VBox([*self.texts.values(), self.count])
        top = ipywidgets.HBox([self.prompt, options])
        hint = ipywidgets.Label("Ctrl+Enter")
        actions = ipywidgets.HBox([self.generate, hint, self.cancel])
        names = {"an-options": options, "an-top": top, "an-hint": hint, "an-actions": actions}
        for name, widget in names.items():
            widget.add_class(name)
        return [top, actions, self.status]

    def take(self, fields: Mapping[str, Any]) -> None:
        """Take over what a page says stands in the fields now."""
        for name, widget in self._fields.items():
            text = fields.get(name)
            if not isinstance(text, str) or text == str(widget.value):
                continue
            if widget is not self.count:
                widget.value = text
            elif number := re.match(r"-?\d+", text):
                widget.value = int(number[0])  # as the field itself reads "2.5"

    def request(self, others: Mapping[str, Any]) -> ImageRequest:
        """Return what the form asks for: what is set, and no more.

        Raises
        ------
        OptionsError
            The prompt is empty, or an option is of the wrong form.
        """
        texts = {name: widget.value.strip() or None for name, widget in self.texts.items()}
        count = None if self.count.value == 1 else self.count.value
        return ImageRequest(prompt=self.prompt.value.strip(), n=count, **texts, **others)

    def run(self, *, running: bool) -> None:
        """Let the user start a request, or stop the one that runs."""
        self.generate.disabled, self.cancel.disabled = running, not running


def whole(n: int | str) -> int:
    """Return a number of pictures that may have been written as text.

    Raises
    ------
    OptionsError
        It is no whole number.
    """
    try:
        return int(n)
    except (TypeError, ValueError):
        raise OptionsError(f"n must be a whole number of 1 or more, not {n!r}.") from None


def written(value: str | tuple[int, int] | None) -> str:
    """Return an option as a field shows it; a pair of pixels becomes ``1024x1024``."""
    if isinstance(value, (tuple, list)):
        return "x".join(map(str, value))
    return value or ""
