"""A picture's bytes: which format they are, and how to open them safely."""

from io import BytesIO
from typing import Any

from PIL import Image

FORMATS = {"PNG": ("image/png", "png"), "JPEG": ("image/jpeg", "jpg"),
           "WEBP": ("image/webp", "webp"), "GIF": ("image/gif", "gif")}  # fmt: skip
"""MIME type and file suffix of the formats that are opened; all others stay closed."""

MOST_PIXELS = 64_000_000
"""Larger pictures are kept but not decoded; the largest model makes 8.3 million pixels."""

_MAGIC = (
    ("PNG", b"\x89PNG\r\n\x1a\n"),
    ("JPEG", b"\xff\xd8\xff"),
    ("GIF", b"GIF87a"),
    ("GIF", b"GIF89a"),
)


def sniff(content: bytes) -> str | None:
    """Return "PNG", "JPEG", "WEBP" or "GIF" by the first bytes, or None for anything else."""
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "WEBP"
    return next((name for name, magic in _MAGIC if content.startswith(magic)), None)


def open_picture(content: bytes) -> Image.Image:
    """Open a picture's bytes; its pixels are decoded on first use.

    Raises
    ------
    ValueError
        The bytes are no picture of a format in `FORMATS`, or have too many pixels.
    """
    try:
        # By default some forty decoders would be open to a service's bytes.
        image = Image.open(BytesIO(content), formats=tuple(FORMATS))
    except Image.DecompressionBombError:
        raise ValueError("it has too many pixels to open") from None
    except Exception as error:  # noqa: BLE001 - on damaged bytes Pillow raises anything
        raise ValueError(f"it is no picture that can be opened ({type(error).__name__})") from None
    if image.width * image.height > MOST_PIXELS:
        raise ValueError(f"it has {image.width}×{image.height} pixels, too many to open")
    return image


def decode(content: bytes, longest: int) -> Image.Image:
    """Decode a picture, reduced towards `longest` pixels on its longest side where that is cheap.

    Raises
    ------
    ValueError
        The bytes are no whole picture.
    """
    image = open_picture(content)
    image.draft("RGB", (longest, longest))  # a JPEG decoder can halve while it reads
    try:
        image.load()
    except Exception as error:  # noqa: BLE001 - on damaged bytes Pillow raises anything
        raise ValueError(f"it cannot be decoded ({type(error).__name__})") from None
    return eight_bits(image)


def eight_bits(image: Image.Image) -> Image.Image:
    """Return a grey picture of 16 bits with 8; others as they are."""
    if not image.mode.startswith("I"):
        return image
    # Pillow's own conversion takes every grey above 255 for white.
    return image.convert("I").point([grey >> 8 for grey in range(1 << 16)], "L")


def has_transparency(image: Image.Image) -> bool:
    """Whether any pixel lets the background through."""
    if not image.has_transparency_data:
        return False
    alpha: Any = image.convert("RGBA").getchannel("A").getextrema()
    return bool(alpha[0] < 255)  # noqa: PLR2004 - opaque
