"""Files that are either whole or not there; the one place that knows the operating system."""

import contextlib
import errno
import os
import secrets
import shutil
from pathlib import Path

_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
_HAS_FOLDER_SYNC = os.name == "posix"


def write(path: Path, content: bytes) -> None:
    """Write a file so that a kill or a power loss at any moment leaves the old one or the new.

    Folders are made for the user alone (0700), files too (0600).

    Raises
    ------
    OSError
        Nothing is left behind under the file's name.
    """
    make_folder(path.parent)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        _write_new(temporary, content)
        temporary.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
    _sync_folder(path.parent)


def _write_new(path: Path, content: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_FOLLOW, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def make_folder(folder: Path) -> None:
    """Make a folder and its missing parents, each for the user alone."""
    if folder.is_dir():
        return
    if folder == folder.parent:
        raise FileNotFoundError(errno.ENOENT, "no such drive", str(folder))
    make_folder(folder.parent)
    with contextlib.suppress(FileExistsError):  # another kernel made it first
        folder.mkdir(mode=0o700)
        _sync_folder(folder.parent)


def holds(path: Path, content: bytes) -> bool:
    """Whether a file is there already, whole and unchanged."""
    try:
        return path.is_file() and path.read_bytes() == content
    except OSError:
        return False


def remove(path: Path) -> None:
    """Remove a file, which may be gone already."""
    with contextlib.suppress(FileNotFoundError):
        path.unlink()


def room(folder: Path) -> int:
    """Return the bytes that still fit on the disk of a folder that is there."""
    return shutil.disk_usage(folder).free


def _sync_folder(folder: Path) -> None:
    if not _HAS_FOLDER_SYNC:
        return
    with contextlib.suppress(OSError):  # some network disks know no such thing
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
