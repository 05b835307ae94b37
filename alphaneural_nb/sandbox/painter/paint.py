"""Small, honest paintings of a prompt: the same one every time, on every machine."""

import hashlib
import random
from functools import lru_cache

from PIL import Image, ImageChops, ImageDraw, ImageFont

from .canvas import Canvas
from .colours import COLOURS, HOURS
from .encoding import encode
from .nature import leaves, tufts
from .places import PLACES, SKYLESS, WILD
from .scene import Scene, lightning, mist, sky, weather
from .staging import Figure, cast, choose_place, stage
from .words import Reading, read

# Pictures are painted larger and then reduced, for smooth edges; up to this many pixels.
FINER = 1.5
MOST_WORKED = 6_300_000
GRAIN = 4
USUAL_HOURS = ("day", "day", "day", "dawn", "sunset")


def paint(
    prompt: str,
    size: tuple[int, int],
    index: int = 0,
    *,
    output_format: str = "png",
    transparent: bool = False,
) -> bytes:
    """Paint a prompt.

    Parameters
    ----------
    prompt : str
        Its words choose the hour, the weather, the place, the subjects and the colours; what it
        leaves open is chosen by its hash.
    size : tuple of int
        Width and height in pixels.
    index : int
        Number of the picture, from 0: another composition in the same palette.
    output_format : {"png", "jpeg", "webp"}
        Encoding of the result.
    transparent : bool
        Leave the sky see-through; not with ``"jpeg"``.

    Returns
    -------
    bytes
        The encoded picture. Equal arguments give equal bytes.
    """
    seed = prompt.encode("utf-8", "surrogatepass")
    character = _chance(seed)
    chance = _chance(seed + f"\0{size[0]}x{size[1]} {index}".encode())
    finer = min(FINER, (MOST_WORKED / (size[0] * size[1])) ** 0.5)
    width, height = (max(1, round(length * finer)) for length in size)
    canvas = Canvas((width, height), transparent=transparent)
    reading = read(prompt)
    scene = _scene(canvas, reading, character, chance)
    if index % 2:
        scene.side = -scene.side
    _compose(scene, reading, cast(reading, character))
    picture = _grained(canvas.image.resize(size, Image.Resampling.BILINEAR), chance)
    _sign(picture)
    return encode(picture, output_format)


def _chance(seed: bytes) -> random.Random:
    return random.Random(hashlib.sha256(seed).digest())  # noqa: S311 - for looks, not for secrets


def _compose(scene: Scene, reading: Reading, figures: list[Figure]) -> None:
    place = choose_place(reading, figures)
    see_through = scene.canvas.transparent
    if not see_through and place not in SKYLESS:
        sky(scene, reading.sky_colour)
        if scene.weather == "storm":
            lightning(scene)
        if place == "room":
            # The wall that comes next leaves the weather in the window.
            weather(scene)
    if not see_through or place not in {*SKYLESS, "room"}:
        PLACES[place](scene)
    if place != "room":
        mist(scene)
        # Behind the figures, on whom they would look like spots.
        leaves(scene)
    stage(scene, figures, place)
    if place in WILD and scene.weather != "snow":
        tufts(scene)
    if not see_through and place not in {*SKYLESS, "room"}:
        weather(scene)


def _scene(
    canvas: Canvas, reading: Reading, character: random.Random, chance: random.Random
) -> Scene:
    hour = reading.hour or character.choice(USUAL_HOURS)
    return Scene(
        canvas=canvas,
        hour=HOURS["night" if reading.place == "space" else hour],
        weather=reading.weather,
        chance=chance,
        hue=character.uniform(-16, 16),
        horizon=canvas.height * chance.uniform(0.5, 0.63),
        ground=canvas.height * chance.uniform(0.84, 0.88),
        side=character.choice((-1, 1)),
        tint=COLOURS[reading.place_colour] if reading.place_colour else None,
        words=frozenset(reading.words | {reading.season or ""}),
    )


def _grained(picture: Image.Image, chance: random.Random) -> Image.Image:
    tile = _grain(chance.randrange(4))
    paper = Image.new("RGB", picture.size)
    for top in range(0, picture.height, tile.height):
        for left in range(-chance.randrange(tile.width), picture.width, tile.width):
            paper.paste(tile, (left, top))
    if picture.mode == "RGBA":
        paper.putalpha(128)
    return ImageChops.add(picture, paper, 1, -128)


@lru_cache(maxsize=4)
def _grain(number: int) -> Image.Image:
    wide, high = 1024, 256
    noise = _chance(bytes([number])).randbytes(wide * high * 3)
    shift = [128 + (value - 128) * GRAIN // 128 for value in range(256)]
    return Image.frombytes("RGB", (wide, high), noise).point(shift * 3)


def _sign(picture: Image.Image) -> None:
    high = max(9, min(picture.size) // 60)
    font = ImageFont.load_default(high)
    word = " ".join("SANDBOX")
    draw = ImageDraw.Draw(picture)
    x = picture.width - high - draw.textlength(word, font)
    y = picture.height - high * 2
    # Light on a dark edge, so that it is legible on any ground.
    draw.text((x + 1, y + 1), word, (30, 28, 44), font)
    draw.text((x, y), word, (250, 246, 236), font)
