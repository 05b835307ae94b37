"""The cell that is running: what it shows, and whether it is still the same one."""

import sys
from collections.abc import Iterable
from typing import Any

from .bundle import Bundle, Caption


def shell() -> Any:
    """Return the running IPython shell, or None outside of IPython."""
    ipython = sys.modules.get("IPython")
    return ipython.get_ipython() if ipython else None


def in_notebook() -> bool:
    """Whether a front end shows outputs and can replace them; a terminal only prints."""
    return getattr(shell(), "kernel", None) is not None


def execution() -> tuple[Any, ...] | None:
    """Return what tells this execution from every other, or None outside of IPython."""
    running = shell()
    if running is None:
        return None
    parent = running.get_parent() if hasattr(running, "get_parent") else None
    header = parent.get("header", {}) if isinstance(parent, dict) else {}
    return (header.get("msg_id"), running.execution_count)


def show(caption: Caption, pictures: Iterable[tuple[Bundle, dict[str, Any]]]) -> None:
    """Show a caption and its pictures as outputs of the running cell."""
    from IPython.display import display

    display(caption.bundle(), raw=True)
    show_pictures(pictures)


def show_pictures(pictures: Iterable[tuple[Bundle, dict[str, Any]]]) -> None:
    """Show pictures as outputs of the running cell."""
    from IPython.display import display

    for bundle, metadata in pictures:
        display(bundle, metadata=metadata, raw=True)
