"""One running request, as the thread that waits for it sees it."""

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine
from concurrent import futures
from typing import Any, Generic, TypeVar

from alphaneural_nb.errors import Interrupted

from .loop import background_loop

T = TypeVar("T")

_TICK = 0.1
"""Seconds; a wait without a time limit cannot be interrupted on Windows."""

_HEARTBEAT = 0.25
"""Seconds; an idle kernel loop does not notice an interrupt by itself (ipykernel #881)."""

_LAST_WORDS = 0.3
"""Seconds that a stopped request gets to close its connection and to note what it knows."""


class Progress:
    """What a request is doing now; written by the loop's thread, read by any other.

    Attributes
    ----------
    doing : str
        In words; empty before anything is known.
    model : str
        The model, once it is chosen.
    size : str
        The size that is asked for; empty when the service chooses.
    sent : bool
        Whether any of the paid request has left this machine.
    free : bool
        Whether nothing costs anything, as in the sandbox.
    kept : int
        Pictures that are safe already.
    request_id : str
        Our own id of the request.
    """

    def __init__(self) -> None:
        self.started = time.monotonic()
        self.ended = threading.Event()
        self.doing = ""
        self.model = ""
        self.size = ""
        self.sent = False
        self.free = False
        self.kept = 0
        self.request_id = ""

    @property
    def seconds(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self.started

    @property
    def at_stake(self) -> bool:
        """Whether the request may have been charged if it ended now, without an answer."""
        return self.sent and not self.free

    def stopped(self) -> str:
        """Return what the user should know about a request that was stopped."""
        line = f"stopped after {self.seconds:.0f} s"
        if self.kept:
            return f"{line} · {self.kept} of its pictures kept (id {self.request_id})"
        if self.at_stake:
            return f"{line} · the request may have been charged (id {self.request_id})"
        return f"{line} · {'nothing was charged' if self.sent else 'nothing was sent'}"


class Job(Generic[T]):
    """A request on the background loop.

    Parameters
    ----------
    work : callable
        Gets the job's `Progress` and returns the coroutine to run.
    """

    def __init__(self, work: Callable[[Progress], Coroutine[Any, Any, T]]) -> None:
        self.progress = Progress()
        self.future: futures.Future[T] = background_loop().submit(self._run(work))

    async def _run(self, work: Callable[[Progress], Coroutine[Any, Any, T]]) -> T:
        try:
            return await work(self.progress)
        finally:
            self.progress.ended.set()

    def cancel(self) -> None:
        """Stop the request and close its connection; safe from any thread, at any time."""
        self.future.cancel()

    def wait(self, tick: Callable[[Progress], None] | None = None) -> T:
        """Block until the request ends.

        Parameters
        ----------
        tick : callable, optional
            Called with the progress about ten times a second, on the waiting thread.

        Raises
        ------
        Interrupted
            The user interrupted the wait, or the job was cancelled.
        RuntimeError
            Called on the loop's own thread, where the wait would never end.
        """
        if background_loop().is_mine():
            self.cancel()
            raise RuntimeError("A request cannot be waited for on its own event loop; await it.")
        try:
            while not futures.wait((self.future,), timeout=_TICK).done:
                if tick:
                    tick(self.progress)
            return self.future.result()
        except (KeyboardInterrupt, futures.CancelledError):
            self._stop()
            raise Interrupted(self.progress.stopped()) from None
        except BaseException:
            self.cancel()
            raise

    async def join(self) -> T:
        """Await the request from any event loop, interruptibly."""
        waited = asyncio.wrap_future(self.future)
        try:
            while not waited.done():
                await asyncio.wait({waited}, timeout=_HEARTBEAT)
        except asyncio.CancelledError:
            self.cancel()
            stopped: Any = asyncio.CancelledError(self.progress.stopped())
            # No class of our own: asyncio.timeout of Python 3.11 takes this very type only.
            stopped._render_traceback_ = lambda: [f"CancelledError: {stopped}"]
            raise stopped from None
        except BaseException:
            self.cancel()
            raise
        return waited.result()

    def _stop(self) -> None:
        self.cancel()
        self.progress.ended.wait(_LAST_WORDS)
