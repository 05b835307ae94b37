"""One event loop on one daemon thread, where every request runs."""

import asyncio
import atexit
import os
import threading
from collections.abc import Coroutine
from concurrent import futures
from typing import Any, TypeVar

T = TypeVar("T")

_FAREWELL = 0.8
"""Seconds that what still runs gets to close its connections when the process ends."""


class BackgroundLoop:
    """An event loop on a thread of its own; started on first use, ended with the process."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="alphaneural-nb", daemon=True)
        self._thread.start()

    def submit(self, work: Coroutine[Any, Any, T]) -> futures.Future[T]:
        """Run a coroutine on the loop; cancelling the future cancels it there."""
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def is_mine(self) -> bool:
        """Whether the caller runs on this loop's thread, where waiting for it would never end."""
        return threading.current_thread() is self._thread

    def close(self) -> None:
        """Cancel what runs, close its connections and end the thread."""
        if self._thread.is_alive() and not self.is_mine():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(timeout=2 * _FAREWELL)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_forever()
            if tasks := asyncio.all_tasks(self._loop):
                for task in tasks:
                    task.cancel()
                self._loop.run_until_complete(asyncio.wait(tasks, timeout=_FAREWELL))
        finally:
            self._loop.close()


_lock = threading.Lock()
_current: BackgroundLoop | None = None


def background_loop() -> BackgroundLoop:
    """Return the process's loop, starting it when there is none."""
    global _current  # noqa: PLW0603 - one loop a process
    with _lock:
        if _current is None:
            _current = BackgroundLoop()
        return _current


def _start_anew() -> None:
    """Forget the parent's loop in a forked child: its thread was not copied."""
    global _lock, _current
    _lock, _current = threading.Lock(), None


def _end() -> None:
    if _current is not None:
        _current.close()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_start_anew)
atexit.register(_end)
