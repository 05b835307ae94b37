"""A surface for opaque, softly shaded shapes."""

from collections.abc import Sequence
from functools import cache

from PIL import Image, ImageChops, ImageDraw

from .colours import Colour, darker, lighter
from .shapes import Point

BILINEAR = Image.Resampling.BILINEAR
SMALLEST_SHADED = 20
BEYOND = 24
# What Pillow's radial gradient has reached at the middle of an edge.
EDGE = 180


class Canvas:
    """A picture being painted, in pixels.

    Parameters
    ----------
    size : tuple of int
        Width and height in pixels.
    transparent : bool
        Whether what is not painted stays see-through.
    """

    def __init__(self, size: tuple[int, int], *, transparent: bool = False) -> None:
        self.width, self.height = size
        self.unit = min(size)
        self.transparent = transparent
        # Not black, or the soft edges of shadows would darken what they are laid over.
        self.image = (
            Image.new("RGBA", size, (128, 128, 140, 0)) if transparent else Image.new("RGB", size)
        )
        self._draw = ImageDraw.Draw(self.image)

    def backdrop(self, small: Image.Image, bottom: float) -> None:
        """Cover all above `bottom` with the same part of a small picture, stretched smoothly."""
        shown = min(self.height, round(bottom))
        part = (0, 0, small.width, small.height * shown / self.height)
        size = (self.width, shown)
        self.image.paste(small.resize(size, BILINEAR, box=part))

    def fill(self, points: Sequence[Point], colour: Colour) -> None:
        """Paint a flat area."""
        self._draw.polygon(points, fill=colour)

    def rule(self, points: Sequence[Point], colour: Colour, width: float) -> None:
        """Paint a line with round joints."""
        thick = max(1, round(width))
        self._draw.line(points, fill=colour, width=thick, joint="curve")
        if thick > 4:  # noqa: PLR2004 - thinner ends look round anyway
            for x, y in (points[0], points[-1]):
                self.dot(x, y, thick / 2, colour)

    def dot(self, x: float, y: float, radius: float, colour: Colour) -> None:
        """Paint a flat disc."""
        self._draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)

    def form(
        self, points: Sequence[Point], colour: Colour, *, relief: float = 1.0, rim: float = 0.5
    ) -> None:
        """Paint an area that darkens away from the light, at its upper left, and has a lit rim.

        Parameters
        ----------
        points : sequence of points
            The outline.
        colour : Colour
            Its own colour.
        relief, rim : float
            Strength of the shade and of the lit edge, 0 to 1.
        """
        # A little beyond the canvas, so that its own edges get no rim.
        left = max(-BEYOND, int(min(x for x, _ in points)))
        top = max(-BEYOND, int(min(y for _, y in points)))
        right = min(self.width, int(max(x for x, _ in points)) + 1)
        bottom = min(self.height, int(max(y for _, y in points)) + 1)
        size = (right - left, bottom - top)
        self.fill(points, colour)
        if min(size) < SMALLEST_SHADED:
            return
        mask = Image.new("L", size)
        ImageDraw.Draw(mask).polygon([(x - left, y - top) for x, y in points], fill=255)
        shade = ImageChops.multiply(mask, _slope(round(relief * 10)).resize(size, BILINEAR))
        self.image.paste(darker(colour, 0.6), (left, top), shade)
        if rim:
            edge = min(BEYOND, max(2, round(min(size) * 0.022)))
            away = Image.new("L", size)
            away.paste(mask, (edge, edge))
            lit = ImageChops.subtract(mask, away).point(_scaled(rim))
            self.image.paste(lighter(colour, 0.55), (left, top), lit)

    def wash(self, points: Sequence[Point], colour: Colour, strength: float) -> None:
        """Lay a see-through area over what is there."""
        whole = Image.new("L", self.image.size)
        ImageDraw.Draw(whole).polygon(points, fill=round(strength * 255))
        # Reduced and stretched again for soft edges.
        self.image.paste(colour, (0, 0), whole.reduce(4).resize(self.image.size, BILINEAR))

    def glow(self, x: float, y: float, radius: float, colour: Colour, strength: float) -> None:
        """Lay a soft round light, or a shadow, over what is there."""
        self.haze((x - radius, y - radius, x + radius, y + radius), colour, strength)

    def haze(
        self, bounds: tuple[float, float, float, float], colour: Colour, strength: float
    ) -> None:
        """Lay a soft ellipse over what is there."""
        left, top, right, bottom = (round(edge) for edge in bounds)
        if right > left and bottom > top:
            veil = _pool(round(strength * 100)).resize((right - left, bottom - top), BILINEAR)
            self.image.paste(colour, (left, top), veil)

    def veil(self, top: float, bottom: float, colour: Colour, first: float, last: float) -> None:
        """Lay a colour over a band, from one strength at its top to another at its bottom."""
        band = Image.new("L", (1, 2))
        band.putpixel((0, 0), round(first * 255))
        band.putpixel((0, 1), round(last * 255))
        # Both edges are rounded, so that one band ends where the next begins.
        high = max(1, round(bottom) - round(top))
        mask = band.resize((1, high), BILINEAR).resize((self.width, high), Image.Resampling.NEAREST)
        self.image.paste(colour, (0, round(top)), mask)


@cache
def _slope(strength: int) -> Image.Image:
    rows = [
        max(0, min(255, (x * 5 + y * 7 - 190) * strength // 28))
        for y in range(64)
        for x in range(64)
    ]
    slope = Image.new("L", (64, 64))
    slope.putdata(rows)
    return slope


@cache
def _pool(strength: int) -> Image.Image:
    # The gradient is full in the middle and nothing at the edges, not at the corners.
    fall = [max(0, EDGE - value) * 255 * strength // (EDGE * 100) for value in range(256)]
    return Image.radial_gradient("L").point(fall).resize((64, 64))


@cache
def _scaled(share: float) -> list[int]:
    return [round(value * share) for value in range(256)]
