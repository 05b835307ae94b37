"""The light, the sky and the weather around a subject."""

import random
from dataclasses import dataclass

from PIL import Image, ImageChops

from .canvas import EDGE, Canvas
from .colours import COLOURS, Colour, Hour, darker, mix, turn
from .shapes import Point, smooth

SKY_PIXELS = 96
GLOOM = {"rain": 0.5, "storm": 0.72, "fog": 0.4, "snow": 0.4}
OVERCAST: Colour = (150, 158, 172)
TURNED: Colour = (206, 134, 58)
CLOUD = (-1, 0, -0.86, -0.2, -0.6, -0.26, -0.36, -0.52, -0.05, -0.6, 0.22, -0.42, 0.5, -0.44, 0.74)


@dataclass
class Scene:
    """A canvas, its light, and where things stand on it.

    Attributes
    ----------
    chance : random.Random
        For the composition: differs by prompt, size and index.
    hue : float
        Degrees by which this prompt's scenery differs from the ordinary one.
    horizon, ground : float
        Heights in pixels from the top: where the sky ends, where the subject stands.
    side : int
        1 or -1: the half, right or left, in which the subject stands.
    """

    canvas: Canvas
    hour: Hour
    weather: str | None
    chance: random.Random
    hue: float
    horizon: float
    ground: float
    side: int
    tint: Colour | None = None
    words: frozenset[str] = frozenset()

    def lit(self, colour: Colour, distance: float = 0.0) -> Colour:
        """Return `colour` in this light, and faded by `distance` (0 near to 1 at the horizon)."""
        shown = mix(colour, self.hour.veil, self.hour.veiled)
        return mix(shown, self.haze, distance ** (0.6 if self.weather == "fog" else 1) * 0.8)

    @property
    def lamps(self) -> bool:
        """Whether lamps are lit."""
        return self.hour.lamps or self.weather in {"storm", "fog"}

    @property
    def autumn(self) -> bool:
        """Whether leaves turn, unless a colour word says otherwise."""
        return "autumn" in self.words and not self.tint

    @property
    def haze(self) -> Colour:
        """What far things fade into."""
        gloom = GLOOM.get(self.weather or "", 0)
        return mix(self.hour.low, self.clouds, gloom)

    @property
    def clouds(self) -> Colour:
        """The colour of a covered sky."""
        covered = mix(OVERCAST, self.hour.top, 0.45 if self.hour.moon else 0.15)
        return darker(covered, 0.35) if self.weather == "storm" else covered

    def scenery(self, colour: Colour, distance: float = 0.0, *, steep: bool = False) -> Colour:
        """Return a colour of the land, less tinted and under less snow where it is steep."""
        tinted, snowed = (0.4, 0.2) if steep else (0.7, 0.76)
        own = mix(colour, self.tint, tinted) if self.tint else turn(colour, self.hue)
        if self.autumn and colour[1] == max(colour):
            own = mix(own, TURNED, 0.7)
        if self.weather == "snow":
            own = mix(own, (232, 239, 250), snowed)
        return self.lit(own, distance)

    def band(self, top: float, colour: Colour) -> None:
        """Fill everything below `top`."""
        canvas = self.canvas
        canvas.fill(
            [(0, top), (canvas.width, top), (canvas.width, canvas.height), (0, canvas.height)],
            colour,
        )

    def hill(self, top: float, swing: float, colour: Colour, waves: int = 5) -> list[Point]:
        """Paint a rolling hill down to the bottom edge and return its outline."""
        width, height = self.canvas.width, self.canvas.height
        step = width / waves
        crest = [
            (step * (place - 0.5), top + swing * self.chance.uniform(-1, 1))
            for place in range(waves + 2)
        ]
        outline = [*smooth(crest, closed=False), (width * 1.2, height), (-width * 0.2, height)]
        self.canvas.fill(outline, colour)
        return outline


def sky(scene: Scene, colour_word: str | None) -> None:
    """Paint the sky with its orb, its stars and a few clouds."""
    hour, chance = scene.hour, scene.chance
    gloom = GLOOM.get(scene.weather or "", 0)
    top = mix(turn(hour.top, scene.hue * 0.6), darker(scene.clouds, 0.2), gloom)
    low = mix(turn(hour.low, scene.hue * 0.3), scene.clouds, gloom)
    if colour_word:
        top, low = mix(top, COLOURS[colour_word], 0.75), mix(low, COLOURS[colour_word], 0.45)
    canvas = scene.canvas
    x = canvas.width * (0.5 - scene.side * chance.uniform(0.2, 0.32))
    y = scene.horizon * (1 - hour.orb_height)
    small = _gradient(top, low, min(1.0, scene.horizon / canvas.height * 1.05))
    _halo(small, x / canvas.width, y / canvas.height, hour.orb, 0.75 * (1 - gloom))
    noise = Image.frombytes("L", (8, 8), chance.randbytes(64)).point(
        [118 + v // 13 for v in range(256)]
    )
    cloudy = noise.resize(small.size, Image.Resampling.BICUBIC)
    canvas.backdrop(
        ImageChops.add(small, Image.merge("RGB", [cloudy] * 3), 1, -128),
        scene.horizon + canvas.unit * 0.2,
    )
    if gloom < 0.5:  # noqa: PLR2004 - heavier weather hides orb and stars
        _stars(scene)
        _orb(scene, x, y)
    _clouds(scene, low, gloom)


def _gradient(top: Colour, low: Colour, reach: float) -> Image.Image:
    column = Image.new("RGB", (1, 4), low)
    for row in range(4):
        column.putpixel((0, row), mix(top, low, min(1.0, (row / 3) ** 1.2 / reach)))
    return column.resize((SKY_PIXELS, SKY_PIXELS), Image.Resampling.BICUBIC)


def _halo(small: Image.Image, x: float, y: float, colour: Colour, strength: float) -> None:
    wide = round(SKY_PIXELS * 0.9)
    pool = Image.radial_gradient("L").resize((wide, wide))
    mask = pool.point([round(max(0, EDGE - v) ** 2 * 255 / EDGE**2 * strength) for v in range(256)])
    small.paste(colour, (round(x * SKY_PIXELS - wide / 2), round(y * SKY_PIXELS - wide / 2)), mask)


def _stars(scene: Scene) -> None:
    canvas, chance = scene.canvas, scene.chance
    for _ in range(scene.hour.stars * (3 if scene.words & {"star", "starry"} else 1)):
        x, y = chance.random() * canvas.width, chance.random() ** 1.3 * scene.horizon * 0.95
        bright = chance.random()
        colour = mix(scene.hour.low, (255, 248, 226), 0.45 + bright * 0.55)
        canvas.dot(x, y, canvas.unit * (0.0012 + 0.0022 * bright**3), colour)


def _orb(scene: Scene, x: float, y: float) -> None:
    canvas = scene.canvas
    radius = canvas.unit * (0.075 if scene.hour.moon else 0.058)
    if scene.words & {"sun", "moon"}:
        radius *= 1.6
    canvas.glow(x, y, radius * 2.6, scene.hour.orb, 0.5)
    canvas.dot(x, y, radius, scene.hour.orb)
    if scene.hour.moon:
        spots = ((-0.3, -0.2, 0.2), (0.25, 0.3, 0.15), (0.2, -0.4, 0.1), (-0.15, 0.45, 0.12))
        for across, down, size in spots:
            spot = darker(scene.hour.orb, 0.12)
            canvas.dot(x + across * radius, y + down * radius, size * radius, spot)


def _clouds(scene: Scene, low: Colour, gloom: float) -> None:
    canvas, chance = scene.canvas, scene.chance
    outline = (*CLOUD, -0.2, 1, 0, 0.3, 0.07, -0.4, 0.06)
    for _ in range(3 + round(gloom * 8)):
        wide = canvas.unit * chance.uniform(0.1, 0.2) * (1 + gloom)
        x = canvas.width * chance.random()
        y = scene.horizon * chance.uniform(0.1, 0.62)
        flip = chance.choice((-1, 1))
        points = [
            (x + flip * wide * a, y + wide * 0.55 * b)
            for a, b in zip(outline[::2], outline[1::2], strict=True)
        ]
        bright = mix(low, scene.clouds if gloom else (255, 250, 240), 0.55)
        shade = darker(bright, 0.28 * gloom + (0.12 if scene.hour.moon else 0))
        dim = mix(shade, scene.hour.top, 0.62 if scene.hour.moon else 0.05)
        # A rim would draw lines through clouds that overlap.
        canvas.form(smooth(points), dim, relief=0.5, rim=0)


def weather(scene: Scene) -> None:
    """Lay the weather over the finished picture."""
    painters = {"rain": _rain, "storm": _rain, "snow": _snow, "fog": _fog}
    if scene.weather:
        painters[scene.weather](scene)


def mist(scene: Scene) -> None:
    """Lay the fog between the scenery and the subject."""
    if scene.weather == "fog":
        canvas, haze = scene.canvas, mix(scene.haze, (244, 244, 244), 0.25)
        canvas.veil(scene.horizon * 0.5, scene.horizon * 1.05, haze, 0.0, 0.4)
        canvas.veil(scene.horizon * 1.05, canvas.height, haze, 0.4, 0.1)


def lightning(scene: Scene) -> None:
    """Paint a flash between the clouds and the horizon."""
    canvas, chance = scene.canvas, scene.chance
    x = canvas.width * (0.5 - scene.side * chance.uniform(0.15, 0.32))
    top, reach = scene.horizon * 0.16, scene.horizon * 0.8
    canvas.glow(x, top + reach * 0.3, reach * 0.6, (226, 226, 255), 0.5)
    zigzag = ((0, 0), (0.1, 0), (0.02, 0.32), (0.1, 0.3), (-0.1, 1), (-0.04, 0.5), (-0.11, 0.52))
    canvas.fill([(x + reach * a, top + reach * b) for a, b in zigzag], (255, 250, 214))


def _rain(scene: Scene) -> None:
    canvas, chance = scene.canvas, scene.chance
    colour = mix(scene.haze, (240, 246, 255), 0.45)
    for _ in range(230):
        x, y = chance.uniform(0, 1.15) * canvas.width, chance.uniform(-0.05, 1) * canvas.height
        long = canvas.unit * chance.uniform(0.02, 0.055)
        canvas.rule([(x, y), (x - long * 0.22, y + long)], colour, canvas.unit * 0.0018)


def _snow(scene: Scene) -> None:
    canvas, chance = scene.canvas, scene.chance
    colour = mix((255, 255, 255), scene.hour.veil, scene.hour.veiled * 0.3)
    for _ in range(190):
        radius = canvas.unit * (0.0018 + 0.0052 * chance.random() ** 2)
        canvas.dot(chance.random() * canvas.width, chance.random() * canvas.height, radius, colour)


def _fog(scene: Scene) -> None:
    canvas, haze = scene.canvas, mix(scene.haze, (244, 244, 244), 0.25)
    canvas.veil(0, scene.horizon, haze, 0.1, 0.26)
    canvas.veil(scene.horizon, canvas.height, haze, 0.26, 0.4)
