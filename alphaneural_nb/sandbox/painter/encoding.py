"""Encode pictures, with a note that no AI model made them."""

import io
import struct
import zlib
from typing import Any

from PIL import Image, ImageChops

NOTE = "SANDBOX: painted by rules on this machine, not made by an AI model"
SOFTWARE = "alphaneural-nb sandbox"
IMAGE_DESCRIPTION = 0x010E
FILTER_UP = b"\2"
COLOUR_TYPES = {"RGB": 2, "RGBA": 6}
OPTIONS: dict[str, dict[str, Any]] = {
    "jpeg": {"quality": 85},
    "webp": {"quality": 85, "method": 1},
}


def encode(picture: Image.Image, output_format: str) -> bytes:
    """Encode an RGB or RGBA picture.

    Parameters
    ----------
    picture : Image
        The picture; JPEG takes RGB only.
    output_format : {"png", "jpeg", "webp"}
        The encoding.

    Returns
    -------
    bytes
        The file's content.
    """
    if output_format == "png":
        return _png(picture)
    exif = Image.Exif()
    exif[IMAGE_DESCRIPTION] = NOTE
    target = io.BytesIO()
    picture.save(target, output_format, exif=exif, **OPTIONS[output_format])
    return target.getvalue()


def _png(picture: Image.Image) -> bytes:
    # Pillow tries every filter on every row. On grain, one filter and Huffman codes alone give a
    # smaller file in a third of the time.
    above = Image.new(picture.mode, picture.size, 0)
    above.paste(picture, (0, 1))
    differences = ImageChops.subtract_modulo(picture, above).tobytes()
    stride = picture.width * len(picture.getbands())
    rows = (
        FILTER_UP + differences[start : start + stride]
        for start in range(0, len(differences), stride)
    )
    deflate = zlib.compressobj(1, strategy=zlib.Z_HUFFMAN_ONLY)
    content = deflate.compress(b"".join(rows)) + deflate.flush()
    header = struct.pack(">IIBBBBB", *picture.size, 8, COLOUR_TYPES[picture.mode], 0, 0, 0)
    texts = {"Software": SOFTWARE, "Comment": NOTE}
    chunks = [
        _chunk(b"IHDR", header),
        *(_chunk(b"tEXt", f"{name}\0{text}".encode("latin-1")) for name, text in texts.items()),
        _chunk(b"IDAT", content),
        _chunk(b"IEND", b""),
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def _chunk(kind: bytes, content: bytes) -> bytes:
    checksum = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)
