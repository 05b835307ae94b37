"""Every place a picture can have, with those that people made and those out of this world."""

import math
from collections.abc import Callable

from .colours import COLOURS, Colour, darker, lighter, mix, turn
from .nature import (
    GRASS,
    ROCK,
    SAND,
    WATER,
    beach,
    desert,
    forest,
    lake,
    lens,
    meadow,
    mountains,
    river,
    sea,
)
from .scene import Scene
from .shapes import ellipse, rectangle, smooth

STONES = ("cream", "terracotta", "navy", "mustard", "grey", "coral")


def room(scene: Scene) -> None:
    """Paint a wall around a window onto the sky, and a table."""
    canvas, unit = scene.canvas, scene.canvas.unit
    table = scene.ground - unit * 0.1
    middle = canvas.width * (0.5 - scene.side * scene.chance.uniform(0.1, 0.2))
    left, right, top, sill = middle - unit * 0.27, middle + unit * 0.27, table * 0.1, table * 0.74
    scene.hill(table * 0.66, unit * 0.03, scene.scenery(GRASS, 0.5))
    lamplight = 0.18 if scene.lamps else 0
    wall = mix(scene.scenery((206, 184, 164)), (250, 200, 140), lamplight)
    for part in (
        rectangle(0, 0, left, table),
        rectangle(right, 0, canvas.width, table),
        rectangle(left, 0, right, top),
        rectangle(left, sill, right, table),
    ):
        canvas.fill(part, wall)
    canvas.veil(0, table, darker(wall), 0.3, 0.0)
    _window(scene, left, right, top, sill)
    wood = scene.scenery((156, 106, 72))
    canvas.form(rectangle(0, table, canvas.width, canvas.height), wood, relief=0.7, rim=0)
    for _ in range(9):
        y = scene.chance.uniform(table + unit * 0.03, canvas.height)
        x, long = canvas.width * scene.chance.random(), unit * scene.chance.uniform(0.05, 0.2)
        canvas.fill(lens(x, y, long, unit * 0.002), darker(wood, 0.14))


def _window(scene: Scene, left: float, right: float, top: float, sill: float) -> None:
    unit, middle, half_way = scene.canvas.unit, (left + right) / 2, (top + sill) / 2
    frame = scene.lit((240, 232, 216))
    for ends in (
        [(left, top), (right, top), (right, sill), (left, sill), (left, top)],
        [(middle, top), (middle, sill)],
        [(left, half_way), (right, half_way)],
    ):
        scene.canvas.rule(ends, frame, unit * 0.018)
    ledge = rectangle(left - unit * 0.05, sill, right + unit * 0.05, sill + unit * 0.03)
    scene.canvas.form(ledge, frame)
    for side, edge in ((-1, left), (1, right)):
        _curtain(scene, edge, side, top, sill)


def road(scene: Scene) -> None:
    """Paint a road that crosses the picture in front of hills."""
    meadow(scene)
    canvas, unit = scene.canvas, scene.canvas.unit
    top, bottom = scene.ground - unit * 0.06, scene.ground + unit * 0.07
    canvas.fill(
        rectangle(0, top - unit * 0.012, canvas.width, bottom + unit * 0.012),
        scene.lit((206, 194, 164)),
    )
    canvas.form(
        rectangle(0, top, canvas.width, bottom), scene.lit((98, 98, 110)), relief=0.3, rim=0
    )
    for place in range(12):
        x = canvas.width * place / 11
        mark = rectangle(x, bottom - unit * 0.034, x + unit * 0.07, bottom - unit * 0.024)
        canvas.fill(mark, scene.lit((244, 228, 180)))


def city(scene: Scene) -> None:
    """Paint rows of houses with windows, and a street."""
    canvas, chance = scene.canvas, scene.chance
    street = scene.horizon + canvas.unit * 0.17
    rows = ((0.6, 0.52, (122, 124, 152)), (0.3, 0.4, (126, 104, 116)), (0.0, 0.27, (148, 96, 82)))
    for far, tall, colour in rows:
        x = -canvas.unit * chance.uniform(0, 0.1)
        while x < canvas.width:
            wide = canvas.unit * chance.uniform(0.08, 0.17)
            top = street - canvas.unit * tall * chance.uniform(0.55, 1.1)
            wall = mix(colour, chance.choice((SAND, ROCK, (176, 110, 84))), 0.3)
            _tower(scene, (x, top, x + wide, street), wall, far)
            x += wide * chance.uniform(0.95, 1.2)
    scene.band(street, scene.scenery((126, 122, 128)))
    scene.canvas.veil(street, canvas.height, scene.lit((70, 68, 84)), 0.0, 0.6)
    scene.canvas.rule(
        [(0, street), (canvas.width, street)], scene.lit((196, 190, 182)), canvas.unit * 0.012
    )


def underwater(scene: Scene) -> None:
    """Paint the sea from below its surface."""
    canvas, chance, unit = scene.canvas, scene.chance, scene.canvas.unit
    deep = scene.lit(turn((22, 84, 126), scene.hue))
    canvas.fill(rectangle(0, 0, canvas.width, canvas.height), deep)
    canvas.veil(0, canvas.height * 0.8, mix(scene.hour.low, (120, 214, 214), 0.75), 0.85, 0.0)
    for _ in range(5):
        x, wide = canvas.width * chance.random(), unit * chance.uniform(0.03, 0.1)
        lean = unit * chance.uniform(0.1, 0.3)
        ray = [
            (x, 0),
            (x + wide, 0),
            (x + wide * 2 - lean, canvas.height),
            (x - lean, canvas.height),
        ]
        canvas.wash(ray, (226, 250, 240), 0.13)
    floor = scene.hill(canvas.height * 0.86, unit * 0.03, scene.lit(SAND))
    canvas.form(floor, mix(scene.lit(SAND), deep, 0.35), relief=0.6, rim=0.3)
    for _ in range(9):
        _weed(scene, canvas.width * chance.random(), canvas.height * chance.uniform(0.88, 1.0))
    for _ in range(16):
        x, y = canvas.width * chance.random(), canvas.height * chance.uniform(0.1, 0.8)
        canvas.dot(x, y, unit * chance.uniform(0.003, 0.011), mix(deep, (230, 250, 250), 0.6))


def space(scene: Scene) -> None:
    """Paint a starry dark with a ringed planet over barren ground."""
    canvas, chance, unit = scene.canvas, scene.chance, scene.canvas.unit
    dark = mix((16, 16, 40), scene.scenery(WATER), 0.18)
    canvas.fill(rectangle(0, 0, canvas.width, canvas.height), dark)
    for colour in ((110, 60, 150), (40, 110, 150), (170, 70, 110)):
        x, y = canvas.width * chance.random(), canvas.height * chance.random() * 0.7
        canvas.glow(x, y, unit * 0.5, colour, 0.4)
    for _ in range(170):
        x, y = canvas.width * chance.random(), canvas.height * chance.random()
        bright = chance.random()
        star = mix((120, 120, 160), (255, 250, 236), bright)
        canvas.dot(x, y, unit * (0.0012 + 0.0028 * bright**4), star)
    _planet(scene)
    ground = mix(scene.tint or (150, 140, 160), (90, 84, 120), 0.35)
    outline = scene.hill(scene.ground - unit * 0.06, unit * 0.02, ground)
    canvas.form(outline, ground, relief=0.8, rim=0.6)
    for _ in range(6):
        x, y = canvas.width * chance.random(), scene.ground + unit * chance.uniform(0.02, 0.14)
        wide = unit * chance.uniform(0.03, 0.07)
        canvas.form(ellipse(x, y, wide, wide * 0.28), darker(ground, 0.25), relief=0.3)


def _planet(scene: Scene) -> None:
    canvas, unit = scene.canvas, scene.canvas.unit
    x, y = canvas.width * (0.5 - scene.side * 0.33), canvas.height * 0.18
    radius = unit * scene.chance.uniform(0.08, 0.1)
    colour = mix(scene.scenery((206, 130, 96)), (230, 150, 110), 0.4)
    hoop = ellipse(x, y, radius * 1.65, radius * 0.38, -10)
    hoop = (*hoop, hoop[0])
    canvas.rule(hoop, lighter(colour, 0.4), unit * 0.012)
    canvas.form(ellipse(x, y, radius, radius), colour)
    # The half of the ring that passes in front.
    canvas.rule(hoop[: len(hoop) // 2 + 1], lighter(colour, 0.4), unit * 0.012)


def abstract(scene: Scene) -> None:
    """Paint balanced stones before layered hills: for prompts without a known word."""
    canvas, chance, unit = scene.canvas, scene.chance, scene.canvas.unit
    bands = [scene.scenery(COLOURS[name]) for name in ("lavender", "rose", "teal", "indigo")]
    chance.shuffle(bands)
    for step, colour in enumerate(bands):
        top = scene.horizon + unit * (0.09 * step - 0.06)
        outline = scene.hill(top, unit * 0.05, colour)
        canvas.form(outline, mix(colour, scene.haze, 0.55 - step * 0.18), relief=0.6)
    x, y = canvas.width * (0.5 + scene.side * 0.14), scene.ground + unit * 0.04
    shadow = (x - unit * 0.2, y - unit * 0.05, x + unit * 0.26, y + unit * 0.04)
    canvas.haze(shadow, (30, 26, 56), 0.5)
    wide = unit * chance.uniform(0.15, 0.19)
    for name in chance.sample(STONES, chance.randint(3, 5)):
        high, lean = wide * chance.uniform(0.36, 0.6), wide * chance.uniform(-0.12, 0.12)
        corners = ellipse(x + lean, y - high, wide, high, chance.uniform(-4, 4))[::8]
        canvas.form(smooth(corners), scene.lit(COLOURS[name]))
        y -= high * 1.88
        wide *= chance.uniform(0.66, 0.84)


def _tower(
    scene: Scene, bounds: tuple[float, float, float, float], wall: Colour, far: float
) -> None:
    canvas, chance = scene.canvas, scene.chance
    left, top, right, bottom = bounds
    colour = scene.scenery(wall, far)
    canvas.fill(rectangle(left, top, right, bottom), colour)
    canvas.fill(rectangle(left + (right - left) * 0.8, top, right, bottom), darker(colour, 0.18))
    pane = canvas.unit * 0.016
    lamp, dark = mix((255, 214, 120), scene.haze, far * 0.5), darker(colour, 0.22)
    y = top + pane * 1.5
    while y < bottom - pane * 2:
        for place in range(int((right - left) * 0.78 / (pane * 2))):
            x = left + pane * (0.8 + place * 2)
            shown = lamp if scene.hour.veiled > chance.uniform(0.15, 0.9) else dark
            canvas.fill(rectangle(x, y, x + pane, y + pane * 1.3), shown)
        y += pane * 2.6


def _curtain(scene: Scene, edge: float, side: int, top: float, sill: float) -> None:
    unit = scene.canvas.unit
    cloth = scene.scenery((196, 120, 104))
    for fold in range(3):
        x = edge + side * unit * (0.012 + 0.032 * fold)
        outline = [
            (x - unit * 0.02, top - unit * 0.03),
            (x + unit * 0.02, top - unit * 0.03),
            (x + unit * 0.03, sill + unit * 0.05),
            (x - unit * 0.022, sill + unit * 0.06),
        ]
        scene.canvas.form(outline, cloth, relief=0.8, rim=0.5)


def _weed(scene: Scene, x: float, base: float) -> None:
    canvas, chance, unit = scene.canvas, scene.chance, scene.canvas.unit
    high = unit * chance.uniform(0.08, 0.24)
    colour = scene.lit(chance.choice(((52, 120, 84), (84, 140, 80), (196, 92, 96))))
    stem = [(x + unit * 0.02 * math.sin(k * 1.9 + x), base - high * k / 4) for k in range(5)]
    canvas.rule(smooth(stem, closed=False), colour, unit * 0.012)


PLACES: dict[str, Callable[[Scene], None]] = {
    "abstract": abstract,
    "beach": beach,
    "city": city,
    "desert": desert,
    "forest": forest,
    "lake": lake,
    "meadow": meadow,
    "mountains": mountains,
    "river": river,
    "road": road,
    "room": room,
    "sea": sea,
    "space": space,
    "underwater": underwater,
}
SKYLESS = {"underwater", "space"}
WILD = {"meadow", "forest", "mountains", "lake", "river"}
