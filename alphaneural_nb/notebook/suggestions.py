"""What may stand at the cursor of an ``%imagine`` line."""

import re
from collections.abc import Iterable

from alphaneural_nb.account import studio
from alphaneural_nb.errors import AlphaNeuralError
from alphaneural_nb.request import OPTIONS
from alphaneural_nb.service.models import well_known

from .grammar import COMMANDS, FLAGS, SWITCHES

_CALL = re.compile(r"^\s*(?:\w+\s*=\s*)?%{1,2}imagine\s(?P<words>[^\n]*)$")


def suggestions(line: str) -> tuple[str, list[str]]:
    """Return the word before the cursor and what may stand in its place.

    Inside the prompt and outside of the magic nothing is suggested.

    Parameters
    ----------
    line : str
        The line up to the cursor.
    """
    call = _CALL.match(line)
    if not call:
        return "", []
    *before, word = call["words"].split(" ")
    before = [one for one in before if one]
    return _after(before, word) if "--" not in before else (word, [])


def _after(before: list[str], word: str) -> tuple[str, list[str]]:
    flag, equals, start = word.partition("=")
    if equals and flag in FLAGS:
        return start, _fitting(start, _values(FLAGS[flag]))
    awaited = FLAGS.get(before[-1], "") if before else ""
    if awaited and awaited not in SWITCHES:
        return word, _fitting(word, _values(awaited))
    if word.startswith("-"):
        return word, _fitting(word, _flags(before))
    return word, [] if before else _fitting(word, [*COMMANDS, *_flags(before)])


def _flags(before: list[str]) -> list[str]:
    used = {FLAGS[word] for word in before if word in FLAGS} - {"param"}
    return [flag for flag, name in FLAGS.items() if name not in used and flag.startswith("--")]


def _values(name: str) -> Iterable[str]:
    if name == "model":
        return _models()
    return OPTIONS[name].values if name in OPTIONS else ()


def _models() -> list[str]:
    try:
        return studio().known_models() or well_known()
    except AlphaNeuralError:
        return []  # the next call tells what is wrong with the settings


def _fitting(start: str, values: Iterable[str]) -> list[str]:
    return [value for value in values if value.startswith(start)]
