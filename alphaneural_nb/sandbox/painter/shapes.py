"""The strokes that subjects are made of.

A subject stands in its own frame: y is 0 on the ground and -1 at its top, x grows to the right
from its middle. Colours are tones, named by what they mean to the subject. A subject is written
as text with one stroke per line, its kind, its tone and its numbers; lines that begin with a
space go on with the stroke before. The kinds are the functions in `KINDS`.
"""

import math
from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

Point = tuple[float, float]

# Colours of things that people paint.
PAINTS = ("red", "teal", "navy", "mustard", "emerald", "plum")


class Stroke(NamedTuple):
    """One area or line in a tone; a line's `width` is in units of the frame."""

    kind: Literal["area", "line", "shine", "beam"]
    tone: str
    points: tuple[Point, ...]
    width: float = 0.0


class Subject(NamedTuple):
    """Something to paint.

    Attributes
    ----------
    height : float
        Height as a share of the picture's shorter edge.
    place : str
        Where it is at home, when the prompt names no place.
    natural : tuple of str
        Colour words it may have by itself.
    strokes : tuple of Stroke
        Painted in this order.
    stands : {"ground", "water", "air"}
        What it rests on.
    """

    height: float
    place: str
    natural: tuple[str, ...]
    strokes: tuple[Stroke, ...]
    stands: Literal["ground", "water", "air"] = "ground"

    @property
    def width(self) -> float:
        """Width as a share of the height."""
        left, right = self._edges()
        return right - left

    @property
    def middle(self) -> float:
        """The x half way between the left and the right edge."""
        return sum(self._edges()) / 2

    def _edges(self) -> tuple[float, float]:
        across = [
            x
            for stroke in self.strokes
            if stroke.kind in {"area", "line"}
            for x, _ in stroke.points
        ]
        return min(across), max(across)


def pairs(numbers: Sequence[float]) -> tuple[Point, ...]:
    """Return x and y numbers, one after the other, as points."""
    return tuple(zip(numbers[::2], numbers[1::2], strict=True))


def poly(tone: str, *numbers: float) -> Stroke:
    """Return an area with straight edges."""
    return Stroke("area", tone, pairs(numbers))


def blob(tone: str, *numbers: float) -> Stroke:
    """Return an area with a smooth outline through the points."""
    return Stroke("area", tone, smooth(pairs(numbers)))


def oval(tone: str, *numbers: float) -> Stroke:
    """Return an ellipse by its centre and half axes, then perhaps the degrees of its lean."""
    return Stroke("area", tone, ellipse(*numbers))


def box(tone: str, left: float, top: float, right: float, bottom: float) -> Stroke:
    """Return an upright rectangle."""
    return Stroke("area", tone, rectangle(left, top, right, bottom))


def line(tone: str, width: float, *numbers: float) -> Stroke:
    """Return a line through the points."""
    return Stroke("line", tone, pairs(numbers), width)


def bow(tone: str, width: float, *numbers: float) -> Stroke:
    """Return a smooth line through the points."""
    return Stroke("line", tone, smooth(pairs(numbers), closed=False), width)


def ring(tone: str, width: float, x: float, y: float, radius: float) -> Stroke:
    """Return a circle's outline."""
    points = ellipse(x, y, radius, radius)
    return Stroke("line", tone, (*points, points[0]), width)


def shine(tone: str, x: float, y: float, radius: float) -> Stroke:
    """Return a soft glow, seen when lamps are lit."""
    return Stroke("shine", tone, ((x, y), (x + radius, y)))


def beam(tone: str, *numbers: float) -> Stroke:
    """Return a see-through area of light, seen when lamps are lit."""
    return Stroke("beam", tone, pairs(numbers))


def smooth(points: Sequence[Point], *, closed: bool = True, steps: int = 6) -> tuple[Point, ...]:
    """Return a Catmull-Rom curve through `points`."""
    count = len(points)
    spans = range(count if closed else count - 1)

    def at(number: int) -> Point:
        return points[number % count] if closed else points[max(0, min(number, count - 1))]

    curve = [
        _between(at(span - 1), at(span), at(span + 1), at(span + 2), step / steps)
        for span in spans
        for step in range(steps)
    ]
    return tuple(curve) if closed else (*curve, points[-1])


def _between(before: Point, start: Point, end: Point, after: Point, t: float) -> Point:
    def along(axis: int) -> float:
        a, b, c, d = before[axis], start[axis], end[axis], after[axis]
        return 0.5 * (
            2 * b
            + (c - a) * t
            + (2 * a - 5 * b + 4 * c - d) * t**2
            + (3 * b - a - 3 * c + d) * t**3
        )

    return (along(0), along(1))


def rectangle(left: float, top: float, right: float, bottom: float) -> tuple[Point, ...]:
    """Return the outline of an upright rectangle."""
    return ((left, top), (right, top), (right, bottom), (left, bottom))


def ellipse(x: float, y: float, wide: float, high: float, lean: float = 0) -> tuple[Point, ...]:
    """Return the outline of an ellipse by its centre and half axes, turned by `lean` degrees."""
    cosine, sine = math.cos(math.radians(lean)), math.sin(math.radians(lean))
    angles = (math.tau * step / 56 for step in range(56))
    rim = ((wide * math.cos(angle), high * math.sin(angle)) for angle in angles)
    return tuple((x + a * cosine - b * sine, y + a * sine + b * cosine) for a, b in rim)


KINDS: dict[str, Callable[..., Stroke]] = {
    "poly": poly,
    "blob": blob,
    "oval": oval,
    "box": box,
    "line": line,
    "bow": bow,
    "ring": ring,
    "shine": shine,
    "beam": beam,
}


def strokes(text: str) -> tuple[Stroke, ...]:
    """Return the strokes written in `text`."""
    rows = text.replace("\n ", " ").split("\n")
    cells = (row.split() for row in rows if row)
    return tuple(KINDS[kind](tone, *map(float, numbers)) for kind, tone, *numbers in cells)
