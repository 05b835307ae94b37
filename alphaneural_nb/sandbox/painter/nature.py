"""Land and water, from the horizon to the foreground."""

import math

from .colours import COLOURS, Colour, darker, lighter, mix
from .scene import Scene
from .shapes import Point, ellipse, rectangle, smooth

GRASS: Colour = (122, 160, 84)
FAR_GRASS: Colour = (150, 180, 120)
WATER: Colour = (44, 112, 150)
SAND: Colour = (232, 206, 158)
ROCK: Colour = (112, 116, 138)
BARK: Colour = (84, 62, 52)
PINE: Colour = (46, 98, 78)
SNOW: Colour = (246, 247, 250)
# The discs of a tree's crown: how far across and up, the radius and the shade.
CROWN: tuple[tuple[float, ...], ...]
CROWN = ((0.15, 0.4, 0.11, 0.3), (-0.13, 0.43, 0.12, 0.26), (0.02, 0.5, 0.15, 0.2))
CROWN += ((0.21, 0.54, 0.11, 0.14), (-0.2, 0.57, 0.12, 0.1), (0.05, 0.65, 0.16, 0.08))
CROWN += ((0.14, 0.77, 0.11, 0.04), (-0.1, 0.73, 0.13, 0), (0.02, 0.87, 0.1, 0))
LEAVES: tuple[Colour, ...] = ((226, 124, 44), (176, 78, 40), (228, 172, 58), (204, 98, 40))


def meadow(scene: Scene) -> None:
    """Paint rolling hills, with small trees far off."""
    top, unit = scene.horizon, scene.canvas.unit
    scene.hill(top, unit * 0.035, scene.scenery(FAR_GRASS, 0.55))
    _far_trees(scene, 7)
    scene.hill(top + unit * 0.07, unit * 0.03, scene.scenery(GRASS, 0.25))
    outline = scene.hill(top + unit * 0.17, unit * 0.03, scene.scenery(GRASS))
    scene.canvas.form(outline, scene.scenery(GRASS), relief=0.5, rim=0.35)


def sea(scene: Scene) -> None:
    """Paint open water with the light lying on it."""
    near = _water(scene)
    scene.band(scene.horizon, near)
    far = mix(scene.haze, near, 0.45)
    scene.canvas.veil(scene.horizon, scene.canvas.height, far, 0.85, 0.0)
    if scene.weather == "storm":
        _waves(scene, near)
    else:
        _ripples(scene, scene.horizon, scene.canvas.height, near)


def beach(scene: Scene) -> None:
    """Paint the sea with a strip of sand in front."""
    sea(scene)
    canvas = scene.canvas
    shore = scene.ground - canvas.unit * 0.07
    foam = scene.hill(shore, canvas.unit * 0.015, scene.lit(SNOW), 3)
    sand = [(x, y + canvas.unit * 0.016) for x, y in foam]
    canvas.form(sand, scene.scenery(SAND), relief=0.4, rim=0.0)


def mountains(scene: Scene) -> None:
    """Paint snowy peaks behind hills."""
    canvas, chance = scene.canvas, scene.chance
    for far, count, tall in ((0.7, 4, 0.34), (0.35, 3, 0.44)):
        offset = chance.uniform(-0.15, 0.15)
        for place in range(count):
            x = canvas.width * ((place + 0.5 + chance.uniform(-0.2, 0.2)) / count + offset)
            high = canvas.unit * tall * chance.uniform(0.7, 1.1)
            # As deep as the hills in front ever dip.
            _peak(scene, x, scene.horizon + canvas.unit * 0.1, high, far)
    unit = canvas.unit
    scene.hill(scene.horizon + unit * 0.05, unit * 0.03, scene.scenery((92, 132, 100), 0.3))
    outline = scene.hill(scene.horizon + unit * 0.16, unit * 0.03, scene.scenery(GRASS))
    canvas.form(outline, scene.scenery((104, 142, 84)), relief=0.5, rim=0.3)


def forest(scene: Scene) -> None:
    """Paint rows of trees, the nearest at both sides of a clearing."""
    tree = _leafy if scene.autumn else _fir
    canvas, chance = scene.canvas, scene.chance
    unit, width = canvas.unit, canvas.width
    for far, count, tall, base in ((0.7, 26, 0.3, 0.0), (0.4, 18, 0.4, 0.05)):
        for place in range(count):
            x = width * (place + chance.random()) / count
            high = unit * tall * chance.uniform(0.7, 1.15)
            tree(scene, x, scene.horizon + unit * (base + 0.03), high, far)
        scene.hill(
            scene.horizon + unit * base, unit * 0.015, scene.scenery((96, 130, 84), far * 0.8)
        )
    outline = scene.hill(scene.horizon + unit * 0.13, unit * 0.02, scene.scenery((92, 124, 72)))
    canvas.form(outline, scene.scenery((92, 124, 72)), relief=0.6, rim=0.25)
    for side in (0.0, 1.0):
        for step in (0.02, 0.11, -0.05):
            x = width * (side + (step if side == 0 else -step) + chance.uniform(-0.02, 0.02))
            base = scene.ground + unit * chance.uniform(-0.04, 0.04)
            tree(scene, x, base, unit * chance.uniform(0.62, 0.86), 0)


def desert(scene: Scene) -> None:
    """Paint dunes, each with its lee in shade."""
    unit = scene.canvas.unit
    scene.hill(scene.horizon, unit * 0.03, scene.scenery((222, 170, 118), 0.5), 4)
    for step, colour in ((0.06, (226, 168, 104)), (0.15, (232, 178, 112)), (0.25, (238, 190, 126))):
        outline = scene.hill(scene.horizon + unit * step, unit * 0.045, scene.scenery(colour), 3)
        scene.canvas.form(outline, scene.scenery(colour), relief=0.7, rim=0.5)


def river(scene: Scene) -> None:
    """Paint a meadow with a river winding towards the viewer."""
    meadow(scene)
    canvas, top = scene.canvas, scene.horizon + scene.canvas.unit * 0.1
    course = [
        (0.5, 0.0, 0.012),
        (0.5 - scene.side * 0.12, 0.25, 0.03),
        (0.5 + scene.side * 0.04, 0.55, 0.07),
        (0.5 - scene.side * 0.22, 1.05, 0.2),
    ]
    banks = [
        [
            (canvas.width * x + side * canvas.unit * wide, top + (canvas.height - top) * y)
            for x, y, wide in course
        ]
        for side in (-1, 1)
    ]
    outline = [*smooth(banks[0], closed=False), *reversed(smooth(banks[1], closed=False))]
    canvas.form(outline, mix(scene.scenery(WATER), scene.haze, 0.35), relief=0.4, rim=0.6)


def lake(scene: Scene) -> None:
    """Paint a lake between far hills and a grassy shore."""
    canvas, unit = scene.canvas, scene.canvas.unit
    for place in (0.15, 0.55, 0.9):
        _peak(
            scene, canvas.width * place, scene.horizon, unit * scene.chance.uniform(0.16, 0.3), 0.6
        )
    scene.hill(scene.horizon - unit * 0.02, unit * 0.02, scene.scenery(PINE, 0.45, steep=True))
    sea(scene)
    shore = scene.hill(scene.ground - unit * 0.05, unit * 0.02, scene.scenery(GRASS), 3)
    canvas.form(shore, scene.scenery(GRASS), relief=0.5, rim=0.3)


def tufts(scene: Scene) -> None:
    """Paint grass and small flowers in front of the subject."""
    canvas, chance, unit = scene.canvas, scene.chance, scene.canvas.unit
    blade = darker(scene.scenery(GRASS), 0.22)
    flower = [scene.lit(scene.tint or COLOURS[name]) for name in ("cream", "coral", "yellow")]
    if scene.autumn:
        flower = [scene.lit(leaf) for leaf in LEAVES]
    for _ in range(26):
        x = canvas.width * chance.random()
        y = scene.ground + (canvas.height - scene.ground) * chance.uniform(0.12, 1)
        high = unit * chance.uniform(0.014, 0.032)
        for lean in (-0.5, 0, 0.45):
            canvas.rule([(x, y), (x + high * lean, y - high)], blade, unit * 0.003)
        if chance.random() < 0.45:  # noqa: PLR2004 - a little under half of them bloom
            canvas.dot(x, y - high, unit * 0.0055, chance.choice(flower))


def leaves(scene: Scene) -> None:
    """Paint fallen leaves, and some that fall."""
    canvas, chance, unit = scene.canvas, scene.chance, scene.canvas.unit
    for _ in range(70 if scene.autumn and not canvas.transparent else 0):
        # Most lie on the ground, some are in the air.
        y = canvas.height * (1 - chance.random() ** 2.2 * 0.9)
        wide = unit * chance.uniform(0.006, 0.011)
        leaf = ellipse(canvas.width * chance.random(), y, wide, wide * 0.5, chance.uniform(-60, 60))
        canvas.fill(leaf, scene.lit(chance.choice(LEAVES)))


def waterline(scene: Scene, x: float, y: float, half: float) -> None:
    """Paint small waves over the foot of what floats at `x`, `y`."""
    canvas, chance, unit = scene.canvas, scene.chance, scene.canvas.unit
    near = _water(scene)
    canvas.fill(lens(x, y + unit * 0.018, half * 1.25, unit * 0.014), darker(near, 0.2))
    for _ in range(9):
        at = x + half * chance.uniform(-1.2, 1.2)
        wave = lens(at, y + unit * chance.uniform(0.004, 0.05), half * 0.24, unit * 0.004)
        canvas.fill(wave, lighter(near, chance.uniform(0.3, 0.7)))


def _water(scene: Scene) -> Colour:
    return darker(scene.scenery(WATER), 0.55 if scene.weather == "storm" else 0)


def _waves(scene: Scene, near: Colour) -> None:
    canvas, unit = scene.canvas, scene.canvas.unit
    for row in range(1, 10):
        depth, phase = (row / 10) ** 1.4, scene.chance.random() * 9
        y = scene.horizon + (canvas.height - scene.horizon) * depth
        long, high = unit * (0.05 + 0.022 * row), unit * (0.02 + 0.05 * depth)
        rise = [
            (1 - abs(math.sin(step / 4 + phase)) ** 0.8) * (0.6 + 0.4 * math.sin(step / 9 + phase))
            for step in range(500)
        ]
        # The foam shows above the water where it is higher, on the crests.
        foam = mix(near, scene.lit(SNOW), 0.4 + 0.3 * depth)
        for share, colour in ((1.0, foam), (0.78, mix(near, scene.haze, 0.04 + 0.2 * (row % 2)))):
            crest = [(long * step / 12, y - high * part * share) for step, part in enumerate(rise)]
            canvas.fill([*crest, (crest[-1][0], canvas.height), (0, canvas.height)], colour)


def _ripples(scene: Scene, top: float, bottom: float, near: Colour) -> None:
    canvas, chance, unit = scene.canvas, scene.chance, scene.canvas.unit
    for step in range(54):
        depth = (step + chance.random()) / 54
        y = top + (bottom - top) * depth**1.4
        wide = unit * (0.02 + 0.1 * depth) * chance.uniform(0.5, 1.3)
        tone = lighter(near, 0.3) if step % 3 else darker(near, 0.18)
        colour = mix(tone, scene.haze, 0.5 * (1 - depth))
        canvas.fill(
            lens(canvas.width * chance.random(), y, wide, unit * (0.0012 + 0.005 * depth)), colour
        )
    x = canvas.width * (0.5 - scene.side * 0.26)
    for step in range(20 if scene.weather is None else 0):
        depth = step / 20
        y = top + (bottom - top) * depth**1.3
        sway = unit * 0.05 * chance.uniform(-1, 1) * (0.3 + depth)
        glint = lens(x + sway, y, unit * (0.02 + 0.05 * depth), unit * (0.0015 + 0.004 * depth))
        canvas.fill(glint, mix(scene.hour.orb, near, 0.25 + 0.4 * depth))


def _peak(scene: Scene, x: float, base: float, high: float, far: float) -> None:
    chance = scene.chance
    wide, top = high * chance.uniform(0.85, 1.15), base - high
    lit, shaded = (
        scene.scenery(lighter(ROCK, 0.12), far, steep=True),
        scene.scenery(darker(ROCK, 0.3), far, steep=True),
    )
    foot = x + wide * chance.uniform(0.0, 0.25)
    ridge: list[Point] = [
        (x, top),
        (x + wide * 0.06, top + high * 0.25),
        (x - wide * 0.03, top + high * 0.45),
        (foot, base),
    ]
    scene.canvas.fill([(x, top), (x - wide, base), (x + wide, base)], lit)
    scene.canvas.fill([*ridge, (x + wide, base)], shaded)
    snow = scene.lit(SNOW, far * 0.5)
    line = [(-0.34, 0.34), (-0.2, 0.26), (-0.12, 0.36), (-0.02, 0.25), (0.06, 0.25)]
    scene.canvas.fill([(x, top), *((x + wide * a, top + high * b) for a, b in line)], snow)
    dark = [(0.06, 0.25), (0.14, 0.37), (0.2, 0.26), (0.3, 0.3)]
    scene.canvas.fill(
        [(x, top), *((x + wide * a, top + high * b) for a, b in dark)], darker(snow, 0.25)
    )


def _leafy(scene: Scene, x: float, base: float, high: float, far: float) -> None:
    canvas, leaf = scene.canvas, scene.lit(scene.chance.choice(LEAVES), far)
    canvas.rule([(x, base), (x, base - high * 0.5)], scene.lit(BARK, far), high * 0.045)
    for across, up, radius, shade in CROWN:
        tone = darker(lighter(leaf, 0.12), shade)
        canvas.dot(x + high * across, base - high * up, high * radius, tone)


def _fir(scene: Scene, x: float, base: float, high: float, far: float) -> None:
    canvas, colour = scene.canvas, scene.scenery(PINE, far, steep=True)
    trunk = rectangle(x - high * 0.02, base - high * 0.16, x + high * 0.02, base)
    canvas.fill(trunk, scene.lit(BARK, far))
    for top, bottom, wide in ((0.5, 0.1, 0.2), (0.74, 0.34, 0.155), (1.0, 0.58, 0.105)):
        tier = [(0, top), (wide, bottom), (wide * 0.3, bottom + 0.03)]
        lee = [(0, top), (wide, bottom), (0.02, bottom + 0.03)]
        tier += [(-wide * 0.4, bottom - 0.02), (-wide, bottom)]
        for shape, tone in ((tier, colour), (lee, darker(colour, 0.16))):
            canvas.fill([(x + high * across, base - high * up) for across, up in shape], tone)


def _far_trees(scene: Scene, count: int) -> None:
    canvas, chance, unit = scene.canvas, scene.chance, scene.canvas.unit
    colour = scene.scenery((88, 128, 92), 0.45)
    for _ in range(count):
        x, y = canvas.width * chance.random(), scene.horizon + unit * chance.uniform(0.03, 0.07)
        high = unit * chance.uniform(0.03, 0.06)
        canvas.rule([(x, y), (x, y - high)], darker(colour, 0.3), unit * 0.004)
        crown = ((0, 1.8), (0.6, 1), (0, 0.45), (-0.6, 1))
        outline = [(x + high * across, y - high * up) for across, up in crown]
        canvas.fill(smooth(outline), colour)


def lens(x: float, y: float, half: float, thick: float) -> list[Point]:
    """Return the outline of a flat shape with pointed ends."""
    return [
        (x - half, y),
        (x - half * 0.3, y - thick),
        (x + half * 0.4, y - thick * 0.8),
        (x + half, y),
        (x + half * 0.3, y + thick),
        (x - half * 0.4, y + thick * 0.8),
    ]
