"""The sandbox's process: started on first need, ended with ours."""

import atexit
import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import NamedTuple

from alphaneural_nb.errors import APIConnectionError

_PACKAGE = "alphaneural_nb"

_LONGEST_START = 30.0
"""Seconds; on a busy machine it takes two."""


class Endpoint(NamedTuple):
    """Where the sandbox listens, and its key."""

    base_url: str
    api_key: str


_lock = threading.Lock()
_running: tuple[subprocess.Popen[bytes], Endpoint] | None = None


def account() -> Endpoint:
    """Return the running sandbox's account, starting it when there is none.

    Raises
    ------
    APIConnectionError
        The process did not start.
    """
    global _running  # noqa: PLW0603 - one sandbox a process
    with _lock:
        if _running is None or _running[0].poll() is not None:
            _end()
            process = _start()
            _running = process, _read_account(process)
        return _running[1]


def _start() -> subprocess.Popen[bytes]:
    # Its own session: a kernel's interrupt goes to the whole process group. From the folder that
    # holds the package, so that a tornado.py beside the notebook is not taken for the library.
    return subprocess.Popen(  # noqa: S603 - our own module, in our own Python
        [sys.executable, "-m", f"{_PACKAGE}.sandbox", "--lifeline"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=Path(__file__).parents[2],
        env={name: value for name, value in os.environ.items() if "ALPHANEURAL" not in name},
        start_new_session=True,
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )


def _read_account(process: subprocess.Popen[bytes]) -> Endpoint:
    too_late = threading.Timer(_LONGEST_START, process.kill)
    too_late.daemon = True
    too_late.start()
    line = process.stdout.readline() if process.stdout else b""
    too_late.cancel()
    try:
        facts = json.loads(line)
        return Endpoint(facts["base_url"], facts["api_key"])
    except (ValueError, KeyError):
        _stop(process)
        raise APIConnectionError(
            "The sandbox did not start.",
            advice=f"Try it by hand: {Path(sys.executable).name} -m {_PACKAGE}.sandbox",
        ) from None


def _stop(process: subprocess.Popen[bytes]) -> None:
    with process:  # closes its pipes and waits
        process.kill()


def _end() -> None:
    if _running is not None:
        _stop(_running[0])


def _start_anew() -> None:
    """Forget the parent's sandbox in a forked child, and let go of its lifeline."""
    global _lock, _running
    if _running is not None:
        process = _running[0]
        for pipe in filter(None, (process.stdin, process.stdout)):
            pipe.close()
        process.poll()  # notes that it is no child of ours
    _lock, _running = threading.Lock(), None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_start_anew)
atexit.register(_end)
