"""Several pictures as one: the contact sheet."""

import math
from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont

from .picture import has_transparency
from .preview import LONGEST, fit

_GUTTER = 4
_GROUND = (128, 128, 128)  # neither glares in a dark notebook nor in a light one
_MANY = 16
_LONGEST_OF_MANY = 1600
_FINE = 4  # labels are drawn larger and scaled down, for smooth edges
_ACROSS = 6
_FILM = (34, 34, 36)

MOST_EARLIER = 2 * _ACROSS
"""Pictures that a filmstrip has room for."""


def contact_sheet(images: Sequence[Image.Image], longest: int | None = None) -> Image.Image:
    """Return pictures in a grid, each with its index in a corner.

    Parameters
    ----------
    images : sequence of PIL.Image.Image
        One or more, in reading order; left as they are.
    longest : int, pixels, optional
        Longest side of the sheet; 1024, and 1600 above 16 pictures.

    Returns
    -------
    PIL.Image.Image
        Mode RGB, or RGBA where a picture has transparency.
    """
    longest = longest or (LONGEST if len(images) <= _MANY else _LONGEST_OF_MANY)
    columns, cell = _grid(images, longest)
    transparent = any(has_transparency(image) for image in images)
    mode, ground = ("RGBA", (0, 0, 0, 0)) if transparent else ("RGB", _GROUND)
    smalls = [_inside(image, cell).convert(mode) for image in images]
    width, height = (max(small.size[axis] for small in smalls) for axis in (0, 1))
    rows = math.ceil(len(images) / columns)
    size = (columns * (width + _GUTTER) - _GUTTER, rows * (height + _GUTTER) - _GUTTER)
    sheet = Image.new(mode, size, ground)
    for index, small in enumerate(smalls):
        left = index % columns * (width + _GUTTER) + (width - small.width) // 2
        top = index // columns * (height + _GUTTER) + (height - small.height) // 2
        sheet.paste(small, (left, top))
        _label(sheet, str(index), (left, top))
    return sheet


def with_filmstrip(sheet: Image.Image, earlier: Sequence[Image.Image]) -> Image.Image:
    """Return a picture with earlier ones small below it, each at most a sixth as wide.

    Parameters
    ----------
    sheet : PIL.Image.Image
        What stands large; left as it is, and returned itself when nothing was earlier.
    earlier : sequence of PIL.Image.Image
        In reading order; those after the first `MOST_EARLIER` are left out. None is scaled up.

    Returns
    -------
    PIL.Image.Image
        As wide as the sheet; mode RGB, or RGBA where the sheet has transparency.
    """
    if not earlier:
        return sheet
    side = max(16, (sheet.width - (_ACROSS + 1) * _GUTTER) // _ACROSS)
    small = [_inside(image, (side, side * 2 // 3)) for image in earlier[:MOST_EARLIER]]
    rows = _film_rows(small, sheet.width - 2 * _GUTTER)
    mode, ground = ("RGBA", (0, 0, 0, 0)) if has_transparency(sheet) else ("RGB", _FILM)
    height = sheet.height + _GUTTER + sum(_height(row) + _GUTTER for row in rows)
    whole = Image.new(mode, (sheet.width, height), ground)
    whole.paste(sheet.convert(mode), (0, 0))
    top = sheet.height + _GUTTER
    for row in rows:
        left = _GUTTER
        for image in row:
            whole.paste(image.convert(mode), (left, top + (_height(row) - image.height) // 2))
            left += image.width + _GUTTER
        top += _height(row) + _GUTTER
    return whole


def _film_rows(images: Sequence[Image.Image], width: int) -> list[list[Image.Image]]:
    """Break a strip of pictures into rows, as words into lines."""
    rows: list[list[Image.Image]] = [[]]
    for image in images:
        if sum(one.width + _GUTTER for one in rows[-1]) + image.width > width:
            rows.append([])
        rows[-1].append(image)
    return rows


def _height(row: Sequence[Image.Image]) -> int:
    return max((image.height for image in row), default=0)


def _grid(images: Sequence[Image.Image], longest: int) -> tuple[int, tuple[int, int]]:
    """Choose the number of columns that shows the pictures largest, and a cell's size."""
    shape = max(image.width / image.height for image in images)

    def width(columns: int) -> float:
        rows = math.ceil(len(images) / columns)
        across = (longest - (columns - 1) * _GUTTER) / columns
        down = (longest - (rows - 1) * _GUTTER) / rows * shape
        return min(across, down)

    columns = max(range(len(images), 0, -1), key=width)  # of two that are equal, the wider
    side = max(16, int(width(columns)))
    return columns, (side, max(16, int(side / shape)))


def _inside(image: Image.Image, cell: tuple[int, int]) -> Image.Image:
    scale = min(cell[0] / image.width, cell[1] / image.height)
    return fit(image, max(1, round(max(image.size) * scale)))


def _label(sheet: Image.Image, text: str, corner: tuple[int, int]) -> None:
    font = ImageFont.load_default(13 * _FINE)
    width = max(20 * _FINE, int(font.getlength(text)) + 12 * _FINE)
    label = Image.new("RGBA", (width, 20 * _FINE))
    draw = ImageDraw.Draw(label)
    draw.rounded_rectangle((0, 0, width - 1, label.height - 1), 6 * _FINE, fill=(0, 0, 0, 150))
    draw.text((width / 2, 10 * _FINE), text, (255, 255, 255, 235), font, anchor="mm")
    label = label.resize((width // _FINE, 20), Image.Resampling.LANCZOS)
    sheet.paste(label, (corner[0] + 6, corner[1] + 6), label)
