"""What a form made, as outputs of its cell: they stay when the notebook is saved and reopened."""

import os
import threading
from dataclasses import replace
from typing import Any

from IPython.display import DisplayHandle
from PIL import Image

from alphaneural_nb.generation import Generation
from alphaneural_nb.show.bundle import Bundle, Caption, nothing, picture
from alphaneural_nb.show.preview import LONGEST, Preview, fit, preview
from alphaneural_nb.show.sheet import MOST_EARLIER, contact_sheet, with_filmstrip
from alphaneural_nb.show.text import clean

_EMPTY = "Pictures made with this form appear here and stay in the notebook."
_RELOADED = "The page was reloaded: form.show() in a new cell keeps pictures in the notebook."
_NOT_SHOWN = "form.show() in a cell keeps pictures in the notebook."
_SMALL = 256
"""Pixels at which earlier pictures are held in memory; the filmstrip shows them smaller."""


class Record:
    """A caption and a picture below a form.

    The newest generation is shown large, what came before it as a strip of small pictures in the
    same image, so that a notebook holds one light picture however many were made. `add` may run
    on any thread: an update finds its cell by itself.
    """

    def __init__(self) -> None:
        self.newest: tuple[Preview, str] | None = None
        self._lock = threading.Lock()
        self._handles = (DisplayHandle(), DisplayHandle())
        self._outputs: list[tuple[Bundle, dict[str, Any]]] = [
            (Caption(_EMPTY).bundle(), {}),
            (nothing(), {}),
        ]
        self._is_shown = False
        self._earlier: list[Image.Image] = []
        self._lines: list[tuple[str, str]] = []

    def show(self) -> None:
        """Show both outputs in the running cell; from now on they follow what is added."""
        with self._lock:
            self._is_shown = True
            for handle, (bundle, metadata) in zip(self._handles, self._outputs, strict=True):
                handle.display(bundle, metadata=metadata, raw=True)

    def add(self, generation: Generation) -> None:
        """Put a generation in front.

        Raises
        ------
        LibraryError, ValueError
            A picture's file is gone, or cannot be decoded any more.
        """
        caption = generation.caption
        caption = replace(caption, details=[*caption.details, *self._lines])
        line = f"{clean(generation.request.prompt, 120)} · {caption.line}"
        images = [fit(item.decoded(), LONGEST) for item in generation.items]
        newest = contact_sheet(images) if len(images) > 1 else images[0]
        whole = with_filmstrip(newest, self._earlier)
        shown = preview(whole, longest=max(whole.size))
        text = generation.alternative
        self.newest = (shown, text)
        self._lines = [("earlier", line), *self._lines][:MOST_EARLIER]
        self._earlier = [*(fit(image, _SMALL) for image in images), *self._earlier][:MOST_EARLIER]
        self._update([(caption.bundle(), {}), picture(shown, text)])

    def _update(self, outputs: list[tuple[Bundle, dict[str, Any]]]) -> None:
        with self._lock:
            self._outputs = outputs
            if self._is_shown:
                for handle, (bundle, metadata) in zip(self._handles, outputs, strict=True):
                    handle.update(bundle, metadata=metadata, raw=True)


class Page:
    """Whether the page that shows a form also brings its outputs up to date."""

    def __init__(self) -> None:
        self.has_outputs = True
        self.note = ""
        self._was_shown = False
        self._is_expected = False
        self._page: object = None

    def expect(self) -> None:
        """Note that a form is being shown in a cell."""
        # Voila brings no output up to date once the notebook has run.
        self.has_outputs = "VOILA_BASE_URL" not in os.environ
        self._was_shown = self._is_expected = True
        self.note = ""

    def is_ready(self, page: object) -> None:
        """Note that a page has drawn a form; a page loaded anew has another name."""
        if self._is_expected:
            self._is_expected, self._page = False, page
        elif page != self._page:
            self.has_outputs = False
            if "VOILA_BASE_URL" not in os.environ:
                self.note = _RELOADED if self._was_shown else _NOT_SHOWN
