"""What a cell shows while it waits: one line that counts the seconds."""

from typing import Any

from alphaneural_nb.request import ImageRequest
from alphaneural_nb.service.job import Progress
from alphaneural_nb.show import cell
from alphaneural_nb.show.bundle import Bundle, Caption, nothing
from alphaneural_nb.show.words import count, duration

_SILENT_SECONDS = 0.3
"""A request that ends sooner (a wrong key, a bad size) leaves no line behind."""


def running_line(request: ImageRequest, progress: Progress) -> str:
    """Return what a request is doing now, in one line."""
    facts = (
        progress.model or request.model or "",
        count(request.n or 1) if (request.n or 1) > 1 else "",
        progress.size.replace("x", "×"),
        progress.doing,
        duration(float(int(progress.seconds))),
    )
    return " · ".join(filter(None, facts))


class ProgressLine:
    """The line of one request in the running cell; it ends as the caption, or as nothing.

    Parameters
    ----------
    request : ImageRequest
        What is asked for.
    silent : bool
        Whether to show nothing at all.
    """

    def __init__(self, request: ImageRequest, *, silent: bool) -> None:
        self._request = request
        self._silent = silent
        self._handle: Any = None
        self._line = ""

    def tick(self, progress: Progress) -> None:
        """Bring the line up to date; called about ten times a second on the main thread."""
        if self._silent or progress.seconds < _SILENT_SECONDS:
            return
        line = running_line(self._request, progress)
        if line == self._line:
            return
        first, self._line = not self._line, line
        if cell.in_notebook():
            self._show(Caption(line).bundle())
        elif first:
            print(f"{line} · Ctrl+C stops")  # noqa: T201 - a terminal cannot replace a line

    def end(self, caption: Caption) -> None:
        """Turn the line into the caption of what came."""
        if not self._silent:
            self._show(caption.bundle())

    def clear(self) -> None:
        """Take the line away: the error below says what happened."""
        if self._handle is not None:
            self._show(nothing())

    def _show(self, bundle: Bundle) -> None:
        from IPython.display import DisplayHandle

        if self._handle is None:
            handle = DisplayHandle()
            handle.display(bundle, raw=True)
            # A terminal cannot replace what it has printed.
            self._handle = handle if cell.in_notebook() else None
        else:
            self._handle.update(bundle, raw=True)
