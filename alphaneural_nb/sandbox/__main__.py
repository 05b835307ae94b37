"""The sandbox's command line: announce the server in one line, then serve."""

import argparse
import os
import signal
import sys
import threading
from types import FrameType


def main() -> None:
    """Serve until a signal, or until standard input ends when that is the lifeline."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _leave)
    options = _command_line()
    if options.lifeline:
        threading.Thread(target=_follow_stdin, name="lifeline", daemon=True).start()

    from alphaneural_nb.sandbox.server import serve

    try:
        serve(options.port, options.delay, options.url_life)
    except OSError as error:
        where = f"127.0.0.1:{options.port}"
        sys.exit(f"sandbox: cannot listen on {where}: {error.strerror or error}")


def _command_line() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m alphaneural_nb.sandbox",
        description="An OpenAI-compatible Images API on this machine, with painted pictures.",
    )
    parser.add_argument("--port", type=_port, default=0, help="port; a free one by default")
    parser.add_argument(
        "--delay", type=float, default=0.0, metavar="SECONDS", help="wait before every picture"
    )
    parser.add_argument(
        "--url-life",
        type=float,
        default=3600.0,
        metavar="SECONDS",
        help="how long a picture's link works; an hour by default",
    )
    parser.add_argument(
        "--lifeline", action="store_true", help="end as soon as standard input ends"
    )
    return parser.parse_args()


def _port(text: str) -> int:
    # Larger numbers would be taken for another port, silently.
    port = int(text)
    if port not in range(65536):
        raise ValueError(text)
    return port


def _follow_stdin() -> None:
    # os.read, because a thread waiting in sys.stdin would hold its lock at interpreter exit.
    try:
        while os.read(0, 4096):
            pass
    finally:
        os._exit(0)


def _leave(_number: int, _frame: FrameType | None) -> None:
    # There is nothing to save, so leaving at once is also leaving cleanly.
    os._exit(0)


if __name__ == "__main__":
    main()
