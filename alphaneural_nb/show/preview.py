"""One light picture for a notebook: never more than 1024 px or 270 KB."""

from dataclasses import dataclass
from io import BytesIO

from PIL import Image

from .picture import eight_bits, has_transparency

LONGEST = 1024
"""Pixels on the longest side of a preview."""

MOST_BYTES = 270_000
"""Largest preview, so that a cell adds at most 400 KB of base64 to a notebook."""


@dataclass(frozen=True)
class Preview:
    """A picture as a notebook stores it.

    Parameters
    ----------
    mime : {"image/jpeg", "image/png"}
        The only two types that every front end and every export shows.
    content : bytes
        The encoded picture.
    width, height : int, pixels
    """

    mime: str
    content: bytes
    width: int
    height: int


def preview(image: Image.Image, longest: int = LONGEST, most: int = MOST_BYTES) -> Preview:
    """Encode a decoded picture for a notebook.

    Parameters
    ----------
    image : PIL.Image.Image
        Any mode and size; left as it is.
    longest : int, pixels
        Larger pictures are scaled down to it.
    most : int, bytes
        Quality gives way first, then size.

    Returns
    -------
    Preview
        JPEG, or PNG where the picture has transparency.
    """
    scaled = fit(eight_bits(image), longest)
    transparent = has_transparency(scaled)
    encode = _png if transparent else _jpeg
    scaled = scaled.convert("RGBA" if transparent else "RGB")
    scaled.info.clear()  # a comment or a colour profile of 1 MB would be written again
    for step in range(12):
        content = encode(scaled, step)
        if len(content) <= most:
            break
        if step >= 2:  # noqa: PLR2004 - both encoders have three qualities
            scaled = fit(scaled, max(64, int(max(scaled.size) * 0.8)))
    mime = "image/png" if transparent else "image/jpeg"
    return Preview(mime, content, *scaled.size)


def fit(image: Image.Image, longest: int) -> Image.Image:
    """Return the picture at no more than `longest` pixels on its longest side."""
    scale = longest / max(image.size)
    if scale >= 1:
        return image
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    if image.mode not in {"RGB", "RGBA", "L", "LA"}:
        image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    return image.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)


def _jpeg(image: Image.Image, step: int) -> bytes:
    output = BytesIO()
    image.save(output, "JPEG", quality=(85, 75, 60)[min(step, 2)])
    return output.getvalue()


def _png(image: Image.Image, step: int) -> bytes:
    # 256 colours weigh a third and keep the edge of the transparency.
    image = image if step == 0 else image.quantize(256, Image.Quantize.FASTOCTREE)
    output = BytesIO()
    image.save(output, "PNG", compress_level=6)
    return output.getvalue()
