"""The library of one account: pictures, thumbnails, records, and what was asked."""

import contextlib
import hashlib
import json
from io import BytesIO
from pathlib import Path

from PIL import Image

from alphaneural_nb.errors import LibraryError
from alphaneural_nb.generation import Generation
from alphaneural_nb.outcome import GeneratedImage, Problem
from alphaneural_nb.request import ImageRequest
from alphaneural_nb.show.picture import FORMATS, decode, open_picture, sniff
from alphaneural_nb.show.preview import fit
from alphaneural_nb.show.words import place

from . import intents, store
from .records import record

_THUMBNAIL = 384
_ROOM_FOR_ONE = 30_000_000
"""Bytes that must be free for each picture before it is paid for; 4K PNGs have about 20 MB."""


class Library:
    """The folder where everything generated is kept.

    Parameters
    ----------
    root : pathlib.Path
        Its folder; made on the first request.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def intend(self, request_id: str, request: ImageRequest, base_url: str) -> None:
        """Note a request before it is sent, and make sure its pictures will find room.

        Raises
        ------
        LibraryError
            The folder cannot be written or is nearly full; nothing has been sent.
        """
        try:
            store.make_folder(self.root)
            free = store.room(self.root)
            if free < _ROOM_FOR_ONE * (request.n or 1):
                raise OSError(f"only {free // 1_000_000} MB are free")  # noqa: TRY301
            intents.write(self.root, request_id, request, base_url)
        except OSError as error:
            raise self._unwritable(error.strerror or str(error)) from None

    def forget(self, request_id: str) -> None:
        """Drop the note of a request that was never sent, or was refused."""
        with contextlib.suppress(OSError):  # a note too many must not hide why it was refused
            intents.remove(self.root, request_id)

    def doubt(self, request_id: str, reason: str) -> None:
        """Note that a request failed after it was sent, and may have been charged."""
        with contextlib.suppress(OSError, ValueError):  # the first note stands and says as much
            intents.doubt(self.root, request_id, reason)

    def keep_picture(
        self, content: bytes, index: int, revised_prompt: str | None
    ) -> tuple[GeneratedImage | None, Problem | None]:
        """Write the bytes exactly as they came, then look at them.

        Nothing is raised: the bytes are paid for, and what cannot be written or decoded is still
        handed over.

        Returns
        -------
        GeneratedImage or None
            The picture's record, when the bytes are a picture; without a file, but with its
            bytes, when the disk took none.
        Problem or None
            What went wrong, in one sentence.
        """
        sha256 = hashlib.sha256(content).hexdigest()
        path, trouble = self._write_content(content, sha256)
        try:
            image = open_picture(content)
            thumbnail = _thumbnail(content)
        except ValueError as error:
            where = (
                f"; what came is kept in {place(path)}" if path else "; the disk refused it, too"
            )
            return None, Problem(
                f"What came is not a whole picture: {error}{where}", index, None, path
            )
        if path:
            self._write_thumbnail(thumbnail, sha256)
        item = GeneratedImage(
            format=sniff(content)
            or str(image.format),  # Pillow has names of its own for some JPEG files
            width=image.width,
            height=image.height,
            sha256=sha256,
            path=path,
            content=None if path else content,
            revised_prompt=revised_prompt,
        )
        return item, Problem(trouble, index) if trouble else None

    def keep_bytes(self, content: bytes) -> Path | None:
        """Write bytes as they came, and return their file, or None when the disk refuses."""
        path, _ = self._write_content(content, hashlib.sha256(content).hexdigest())
        return path

    def keep_record(self, generation: Generation) -> Problem | None:
        """Write a generation's record in place of the note that it was asked for."""
        when = generation.created
        path = self.root / "generations" / f"{when:%Y}" / f"{when:%m}" / f"{generation.id}.json"
        text = json.dumps(record(generation, self.root), ensure_ascii=True, indent=1)
        try:
            store.write(path, text.encode())
            intents.remove(self.root, generation.id)
        except OSError as error:
            return Problem(f"Its record could not be written ({error.strerror})")
        return None

    def _write_content(self, content: bytes, sha256: str) -> tuple[Path | None, str]:
        kind = sniff(content)
        suffix = FORMATS[kind][1] if kind else "bin"
        path = self.root / "images" / sha256[:2] / f"{sha256}.{suffix}"
        try:
            if not store.holds(path, content):
                store.write(path, content)
        except OSError as error:
            trouble = f"not kept, the disk refused it ({error.strerror}); save it now"
            return None, trouble
        return path, ""

    def _write_thumbnail(self, thumbnail: bytes, sha256: str) -> None:
        with contextlib.suppress(OSError):  # it can be made again from the picture
            store.write(self.root / "thumbs" / sha256[:2] / f"{sha256}.jpg", thumbnail)

    def _unwritable(self, why: str) -> LibraryError:
        return LibraryError(
            f"The library cannot be written: {place(self.root)} ({why}).",
            advice="Nothing was sent. Choose another: configure(home=…), or ALPHANEURAL_HOME.",
        )


def _thumbnail(content: bytes) -> bytes:
    small = fit(decode(content, _THUMBNAIL), _THUMBNAIL)
    if small.has_transparency_data:
        small = small.convert("RGBA")
        white = Image.new("RGBA", small.size, "white")
        small = Image.alpha_composite(white, small)
    output = BytesIO()
    small.convert("RGB").save(output, "JPEG", quality=80)
    return output.getvalue()
