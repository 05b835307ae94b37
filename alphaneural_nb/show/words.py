"""Numbers and places as a person says them."""

from pathlib import Path


def duration(seconds: float) -> str:
    """Return a time span as a person says it: ``12 s``, ``1 min 20 s``.

    Parameters
    ----------
    seconds : float, 0 or more
    """
    whole = round(seconds)
    if 0 < seconds < 1:
        return f"{max(seconds, 0.1):.1f} s"
    minutes, rest = divmod(whole, 60)
    if not minutes:
        return f"{rest} s"
    return f"{minutes} min {rest} s" if rest else f"{minutes} min"


def count(n: int) -> str:
    """Return a number of pictures in words: ``1 picture``, ``4 pictures``."""
    return f"{n} picture" if n == 1 else f"{n} pictures"


def place(path: Path) -> str:
    """Return a folder or file with the home folder as ``~``, so that a notebook names nobody."""
    try:
        return f"~/{path.relative_to(Path.home()).as_posix()}"
    except (ValueError, RuntimeError):
        return str(path)
