"""What a prompt says, as far as the sandbox can read it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from .colours import COLOURS

HOURS = {
    "dawn": "dawn sunrise daybreak morning",
    "day": "noon day daylight midday afternoon sunny sun sunshine summer",
    "sunset": "sunset evening golden-hour",
    "dusk": "dusk twilight",
    "night": "night midnight moon moonlight moonlit star starry nocturnal aurora",
}
WEATHERS = {
    "rain": "rain rainy raining drizzle umbrella",
    "storm": "storm stormy thunder thunderstorm lightning",
    "snow": "snow snowy snowing winter ice icy frost blizzard snowfall",
    "fog": "fog foggy mist misty haze hazy",
}
SEASONS = {"autumn": "autumn autumnal"}
PLACES = {
    "sea": "sea ocean beach coast shore harbour harbor wave island bay cliff",
    "underwater": "underwater reef coral-reef aquarium",
    "mountains": "mountain alps peak hill valley volcano",
    "forest": "forest wood jungle grove woodland",
    "city": "city town street skyline skyscraper tokyo paris london building",
    "desert": "desert dune sahara",
    "meadow": "meadow field garden park grass prairie farm lawn countryside",
    "room": "room table kitchen desk shelf cafe library window windowsill interior sofa",
    "river": "river stream creek canal",
    "lake": "lake pond",
    "road": "road highway path",
    "space": "space planet galaxy mars cosmos orbit asteroid",
}
SUBJECTS = {
    "fox": "fox vixen",
    "cat": "cat kitten tabby",
    "dog": "dog puppy hound corgi wolf",
    "owl": "owl",
    "bird": "bird robin sparrow parrot finch crow raven hummingbird kingfisher",
    "fish": "fish goldfish carp koi salmon clownfish",
    "whale": "whale orca",
    "dragon": "dragon",
    "person": "person man woman girl boy child traveller traveler portrait wizard king"
    " queen people knight hiker",
    "astronaut": "astronaut cosmonaut spaceman",
    "boat": "boat sailboat dinghy yacht",
    "ship": "ship steamer ferry liner",
    "house": "house cottage cabin hut home barn village",
    "lighthouse": "lighthouse",
    "castle": "castle fortress palace tower",
    "robot": "robot android",
    "car": "car automobile taxi beetle",
    "train": "train locomotive",
    "balloon": "balloon",
    "bicycle": "bicycle bike",
    "tree": "tree oak maple birch willow",
    "flower": "flower tulip daisy sunflower poppy blossom",
    "mushroom": "mushroom toadstool",
    "cactus": "cactus cacti",
    "apple": "apple",
    "pear": "pear",
    "fruit": "fruit tangerine",
    "cup": "cup mug coffee espresso tea cappuccino",
    "teapot": "teapot kettle",
    "book": "book novel",
    "lamp": "lamp lantern",
}
NUMBERS = {"two": 2, "couple": 2, "pair": 2, "three": 3, "four": 4, "five": 5}
# Words that end what a colour before them can belong to.
BREAKS = frozenset(
    {"and", "at", "before", "behind", "beside", "by", "from", "in", "near", "of", "on", "over"}
    | {"to", "under", "with"}
)
GROUPS = {"village": 4}
# Words with a colour of their own.
OWN_COLOURS = {
    "corgi": "tan",
    "crow": "black",
    "daisy": "white",
    "goldfish": "gold",
    "parrot": "green",
    "poppy": "scarlet",
    "raven": "black",
    "robin": "red",
    "sunflower": "yellow",
    "taxi": "yellow",
    "wolf": "grey",
}


def _index(table: dict[str, str]) -> dict[str, str]:
    return {word: name for name, words in table.items() for word in words.split()}


KINDS = {
    "hour": _index(HOURS),
    "weather": _index(WEATHERS),
    "season": _index(SEASONS),
    "place": _index(PLACES),
    "subject": _index(SUBJECTS),
}


class Mention(NamedTuple):
    """A word of the prompt that can be painted, with the colour and the number before it."""

    kind: str
    name: str
    word: str
    colour: str | None
    number: int


@dataclass
class Reading:
    """Everything found; None where the prompt says nothing."""

    hour: str | None = None
    weather: str | None = None
    season: str | None = None
    place: str | None = None
    place_colour: str | None = None
    sky_colour: str | None = None
    words: set[str] = field(default_factory=set)
    subjects: list[Mention] = field(default_factory=list)
    colours: list[str] = field(default_factory=list)


def read(prompt: str) -> Reading:
    """Find the hour, the weather, the place, the subjects and their colours in a prompt."""
    reading = Reading()
    for mention in _mentions(prompt):
        reading.words.add(mention.word)
        _note(reading, mention)
    if "orange" in reading.colours and not reading.subjects:
        reading.subjects.append(Mention("subject", "fruit", "orange", "orange", 1))
        reading.colours.remove("orange")
    # A colour that tints nothing by its position tints the first subject.
    if reading.colours and reading.subjects and reading.subjects[0].colour is None:
        reading.subjects[0] = reading.subjects[0]._replace(colour=reading.colours.pop(0))
    return reading


def _note(reading: Reading, mention: Mention) -> None:
    if mention.kind == "colour":
        reading.colours.append(mention.name)
    elif mention.kind == "subject":
        if mention.name not in {subject.name for subject in reading.subjects}:
            reading.subjects.append(mention)
    elif mention.kind == "sky":
        reading.sky_colour = mention.colour
    else:
        if getattr(reading, mention.kind) is None:
            setattr(reading, mention.kind, mention.name)
        if mention.kind == "place":
            reading.place_colour = reading.place_colour or mention.colour
        elif mention.colour:
            reading.colours.append(mention.colour)


def _mentions(prompt: str) -> Iterator[Mention]:
    colour: str | None = None
    count = 1
    for word in re.findall(r"[a-z]+", prompt.lower()):
        if word in COLOURS or word in BREAKS:
            if colour:
                yield Mention("colour", colour, colour, None, 1)
            colour = word if word in COLOURS else None
        elif word in NUMBERS:
            count = NUMBERS[word]
        elif found := _look_up(word):
            own = colour or OWN_COLOURS.get(found[2])
            yield Mention(*found, own, GROUPS.get(word, count))
            colour, count = None, 1
    if colour:
        yield Mention("colour", colour, colour, None, 1)


def _look_up(word: str) -> tuple[str, str, str] | None:
    if word == "sky":
        return ("sky", word, word)
    for form in _singulars(word):
        for kind, names in KINDS.items():
            if form in names:
                return (kind, names[form], form)
    return None


def _singulars(word: str) -> Iterator[str]:
    yield word
    for ending, replacement in (("ies", "y"), ("ves", "f"), ("es", ""), ("s", "")):
        if word.endswith(ending):
            yield word.removesuffix(ending) + replacement
