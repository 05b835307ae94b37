"""Choose the place for a prompt's subjects, and paint them where they stand."""

import random
from collections.abc import Iterator
from typing import NamedTuple

from . import animals, buildings, objects, plants, vehicles
from .colours import COLOURS, Colour, darker, lighter, mix
from .nature import waterline
from .scene import Scene
from .shapes import Point, Stroke, Subject
from .words import Mention, Reading

SUBJECTS: dict[str, Subject] = {
    name: subject
    for group in (animals, buildings, objects, plants, vehicles)
    for name, subject in group.SUBJECTS.items()
}
MOST_FIGURES = 5
TONES: dict[str, Colour] = {
    "ink": (40, 38, 54),
    "pale": (244, 230, 204),
    "stone": (190, 182, 172),
    "wood": (122, 84, 58),
    "leaf": (94, 146, 74),
    "sail": (250, 242, 222),
    "skin": (232, 180, 144),
    "hair": (88, 56, 44),
    "steel": (178, 186, 196),
    "steel_dark": (94, 102, 116),
    "glass": (190, 218, 228),
    "smoke": (238, 236, 234),
    "coffee": (96, 62, 42),
}
LAMP_ON: Colour = (255, 216, 124)
LAMP_OFF: Colour = (132, 166, 184)
ACCENTS = ("cream", "mustard", "coral", "teal")
SHADOW: Colour = (24, 22, 48)


class Figure(NamedTuple):
    """A subject in its colours."""

    subject: Subject
    main: Colour
    accent: Colour


class Spot(NamedTuple):
    """Where a figure's foot is and how tall it is, in pixels; `flip` is 1 or -1."""

    x: float
    y: float
    tall: float
    flip: int


def cast(reading: Reading, character: random.Random) -> list[Figure]:
    """Return the figures to paint, the tallest first, so that it stands behind."""
    figures = [
        figure
        for mention in reading.subjects
        for figure in [_figure(mention, reading.season, character)] * mention.number
    ]
    return sorted(figures[:MOST_FIGURES], key=lambda figure: -figure.subject.height)


def _figure(mention: Mention, season: str | None, character: random.Random) -> Figure:
    subject = SUBJECTS[mention.name]
    natural = character.choice(subject.natural)
    if season and mention.name == "tree":
        natural = "orange"
    accents = [word for word in ACCENTS if word != mention.colour]
    return Figure(subject, COLOURS[mention.colour or natural], COLOURS[character.choice(accents)])


def choose_place(reading: Reading, figures: list[Figure]) -> str:
    """Return the place the prompt names, or else the one where its subjects are at home."""
    homes = [figure.subject.place for figure in figures]
    place = reading.place or ("room" if "room" in homes else next(iter(homes), None))
    if place is None:
        return "meadow" if reading.hour or reading.weather or reading.season else "abstract"
    needs_sand = any(
        figure.subject.stands == "ground" and figure.subject is not SUBJECTS["lighthouse"]
        for figure in figures
    )
    return "beach" if place == "sea" and ("beach" in reading.words or needs_sand) else place


def stage(scene: Scene, figures: list[Figure], place: str) -> None:
    """Paint the figures."""
    for figure, spot in zip(figures, _spots(scene, figures, place), strict=True):
        half = spot.tall * figure.subject.width * 0.56
        if figure.subject.stands == "ground":
            bounds = (
                spot.x - half,
                spot.y - half * 0.12,
                spot.x + half * 1.1,
                spot.y + half * 0.14,
            )
            scene.canvas.haze(bounds, SHADOW, 0.45)
        _draw(scene, figure, spot)
        if figure.subject.stands == "water":
            waterline(scene, spot.x, spot.y, half * 0.8)


def _spots(scene: Scene, figures: list[Figure], place: str) -> Iterator[Spot]:
    canvas, chance = scene.canvas, scene.chance
    sizes = [_height(scene, figure.subject, place) for figure in figures]
    widths = [size * figure.subject.width for size, figure in zip(sizes, figures, strict=True)]
    fitting = min(1.0, canvas.width * 0.94 / max(1.0, sum(widths)))
    smaller = fitting * chance.uniform(0.76, 1.0)
    gap = (canvas.width - sum(widths) * smaller) / (len(figures) + 1)
    # One figure alone stands a little off the middle.
    edge = gap * (chance.uniform(0.4, 0.95) if len(figures) == 1 else 1)
    for number, figure in enumerate(figures):
        tall, wide = sizes[number] * smaller, widths[number] * smaller
        x = edge + wide / 2
        sway = chance.uniform(-0.12, 0.12) * (figure.subject.stands == "air")
        yield Spot(
            x=canvas.width - x if scene.side == 1 else x,
            y=_foot(scene, figure.subject, tall, place)
            + canvas.unit * (0.012 * number + sway * (len(figures) > 1)),
            tall=tall,
            # Sails and flags blow the same way; others look at each other.
            flip=-scene.side if number % 2 and figure.subject.stands != "water" else scene.side,
        )
        edge += wide + gap


def _height(scene: Scene, subject: Subject, place: str) -> float:
    height = subject.height * scene.canvas.unit * scene.chance.uniform(1.1, 1.24)
    if subject.stands == "air":
        return height
    # No roof or mast above the upper edge.
    return min(height, _foot(scene, subject, height, place) * 0.86)


def _foot(scene: Scene, subject: Subject, tall: float, place: str) -> float:
    if subject.stands == "air":
        return scene.canvas.height * (0.52 if place == "underwater" else 0.46) + tall * 0.5
    afloat = subject.stands == "water" or subject is SUBJECTS["lighthouse"]
    if afloat and place in {"sea", "lake", "beach"}:
        shore = scene.canvas.height if place == "sea" else scene.ground
        return scene.horizon + (shore - scene.horizon) * 0.5
    return scene.ground


def _draw(scene: Scene, figure: Figure, spot: Spot) -> None:
    middle = figure.subject.middle
    for stroke in figure.subject.strokes:
        points = [
            (spot.x - spot.flip * (x - middle) * spot.tall, spot.y + y * spot.tall)
            for x, y in stroke.points
        ]
        if stroke.kind == "line":
            width = stroke.width * spot.tall
            scene.canvas.rule(points, _lit(scene, figure, stroke.tone), width)
        elif stroke.kind == "area":
            scene.canvas.form(points, _lit(scene, figure, stroke.tone))
        elif scene.lamps:
            _shine(scene, stroke, points)


def _shine(scene: Scene, stroke: Stroke, points: list[Point]) -> None:
    if stroke.kind == "beam":
        scene.canvas.wash(points, LAMP_ON, 0.3)
    else:
        (x, y), (edge, _) = points
        scene.canvas.glow(x, y, abs(edge - x), LAMP_ON, 0.5)


def _lit(scene: Scene, figure: Figure, tone: str) -> Colour:
    if tone == "glow":
        return LAMP_ON if scene.lamps else scene.lit(LAMP_OFF)
    own = {
        "main": figure.main,
        "light": lighter(figure.main, 0.34),
        "dark": darker(figure.main, 0.34),
        "accent": figure.accent,
    }
    colour = own.get(tone) or TONES.get(tone) or COLOURS[tone]
    # What matters most stays readable in the dark.
    return mix(scene.lit(colour), colour, 0.35)
