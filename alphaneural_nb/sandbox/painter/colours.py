"""Colours, and how the hour and the weather change them."""

import colorsys
from typing import NamedTuple

Colour = tuple[int, int, int]

COLOURS: dict[str, Colour] = {
    "amber": (232, 160, 44),
    "azure": (66, 140, 210),
    "beige": (222, 203, 170),
    "black": (46, 45, 54),
    "blue": (52, 104, 178),
    "bronze": (160, 110, 62),
    "brown": (126, 84, 56),
    "burgundy": (118, 34, 56),
    "copper": (186, 106, 68),
    "coral": (240, 124, 104),
    "cream": (246, 233, 204),
    "crimson": (186, 32, 56),
    "cyan": (70, 188, 206),
    "emerald": (30, 142, 98),
    "gold": (222, 172, 52),
    "golden": (222, 172, 52),
    "gray": (136, 140, 148),
    "green": (82, 146, 76),
    "grey": (136, 140, 148),
    "indigo": (72, 66, 148),
    "ivory": (244, 237, 218),
    "lavender": (172, 156, 212),
    "lilac": (192, 162, 212),
    "lime": (164, 204, 66),
    "magenta": (196, 52, 142),
    "maroon": (120, 40, 48),
    "mint": (150, 212, 178),
    "mustard": (208, 162, 52),
    "navy": (38, 56, 104),
    "ochre": (200, 142, 60),
    "olive": (126, 132, 60),
    "orange": (232, 124, 44),
    "peach": (248, 184, 146),
    "pink": (238, 142, 168),
    "plum": (126, 62, 112),
    "purple": (122, 76, 158),
    "red": (202, 54, 46),
    "rose": (222, 104, 126),
    "rust": (176, 82, 42),
    "saffron": (240, 176, 48),
    "salmon": (244, 146, 122),
    "sand": (220, 194, 148),
    "scarlet": (214, 46, 38),
    "silver": (190, 196, 204),
    "tan": (200, 164, 116),
    "teal": (32, 134, 134),
    "terracotta": (200, 104, 72),
    "turquoise": (62, 184, 178),
    "violet": (136, 92, 190),
    "white": (242, 240, 234),
    "yellow": (244, 204, 66),
}


class Hour(NamedTuple):
    """The light of a time of day: the sky, its orb, and the veil it lays over things."""

    top: Colour
    low: Colour
    orb: Colour
    orb_height: float
    veil: Colour
    veiled: float
    stars: int = 0
    lamps: bool = False
    moon: bool = False


HOURS = {
    "dawn": Hour((116, 142, 190), (252, 208, 188), (255, 236, 200), 0.10, (214, 150, 176), 0.14),
    "day": Hour((84, 154, 206), (214, 233, 230), (255, 250, 226), 0.62, (255, 244, 214), 0.04),
    "sunset": Hour(
        (104, 82, 140), (253, 166, 88), (255, 226, 140), 0.09, (150, 62, 78), 0.22, lamps=True
    ),
    "dusk": Hour(
        (58, 60, 118), (226, 140, 150), (255, 206, 170), 0.04, (74, 54, 120), 0.34, 14, lamps=True
    ),
    "night": Hour(
        (17, 25, 58),
        (52, 76, 122),
        (248, 242, 214),
        0.66,
        (34, 50, 106),
        0.48,
        90,
        lamps=True,
        moon=True,
    ),
}


def mix(first: Colour, second: Colour, share: float) -> Colour:
    """Return `first` with a `share` (0 to 1) of `second`."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(first, second, strict=True))
    return (red, green, blue)


def turn(colour: Colour, degrees: float) -> Colour:
    """Return `colour` with its hue turned by `degrees`."""
    hue, light, strength = colorsys.rgb_to_hls(*(part / 255 for part in colour))
    turned = colorsys.hls_to_rgb((hue + degrees / 360) % 1, light, strength)
    red, green, blue = (round(part * 255) for part in turned)
    return (red, green, blue)


def lighter(colour: Colour, share: float = 0.3) -> Colour:
    """Return `colour` nearer to a warm white."""
    return mix(colour, (255, 246, 224), share)


def darker(colour: Colour, share: float = 0.35) -> Colour:
    """Return `colour` nearer to a cool dark."""
    return mix(colour, (26, 24, 52), share)
