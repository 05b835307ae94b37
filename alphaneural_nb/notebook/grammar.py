"""How ``%imagine`` is written: flags first, then a prompt that nobody takes apart."""

import json
import keyword
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from alphaneural_nb.request import OPTIONS, Option

COMMANDS = ("help", "status", "models", "usage", "history", "library", "form")
"""Words that are commands when they stand alone or before flags."""

CALL_OPTIONS: Mapping[str, Option] = {
    "timeout": Option(
        ("--timeout",), "SECONDS", "deadline of the whole call; 600 when nothing else is set"
    ),
    "dry_run": Option(("--dry-run",), "", "show what would be sent, and send nothing"),
    "quiet": Option(("--quiet",), "", "show nothing; the result is still returned"),
}
"""Flags of one call; those without a metavar take no value."""

OPTIONS_AND_CALL: Mapping[str, Option] = {**OPTIONS, **CALL_OPTIONS}
"""Every option of the magic by its name."""

FLAGS: Mapping[str, str] = {
    flag: name for name, option in OPTIONS_AND_CALL.items() for flag in option.flags
}
"""The option of each flag."""

SWITCHES = {name for name, option in CALL_OPTIONS.items() if not option.metavar}

_BINDING = re.compile(r"\s*([^\W\d]\w*)\s*(=?)<<(?=\s|$)")
_FLAG = re.compile(r"(--?[A-Za-z][\w-]*)(=?)")
_FLAG_OR_END = re.compile(r"--?[A-Za-z]|--(?=\s|$)")
_HELP = {"-h", "--help"}
_VALUE = re.compile(r""""([^"]*)"(?=\s|$)|'([^']*)'(?=\s|$)|((?:\{\{(?:(?!\{\{).)*?\}\}|\S)+)""")
_KEY = re.compile(r"([A-Za-z_][\w.-]*)=")


class Expression(str):
    """A value of ``--param`` that is read as JSON only when its ``{{…}}`` are replaced."""

    __slots__ = ()


class GrammarError(ValueError):
    """A line that cannot be read; its text tells the user what to write."""


@dataclass(frozen=True)
class Order:
    """What one ``%imagine`` line and its cell say.

    Parameters
    ----------
    prompt : str
        As it was written.
    options : dict
        Values by option name, as text; ``param`` is a dict of decoded JSON.
    name : str, optional
        The variable to bind.
    silent : bool
        Whether ``name <<`` asked for silence.
    command : str, optional
        One of `COMMANDS`.
    """

    prompt: str = ""
    options: dict[str, Any] = field(default_factory=dict)
    name: str | None = None
    silent: bool = False
    command: str | None = None


def parse(line: str, body: str | None = None) -> Order:
    """Read a line, and the cell below it if there is one.

    Parameters
    ----------
    line : str
        What stands after ``%imagine``.
    body : str, optional
        The cell of ``%%imagine``.

    Raises
    ------
    GrammarError
        Nothing should be sent.
    """
    name, silent, rest = _binding(line)
    command = None
    if body is None and name is None:
        command, rest = _command(rest)
    if rest.strip() in _HELP:
        return Order(command="help")
    options, rest, closed = _options(rest)
    prompt = rest.strip()
    if command:
        if prompt:
            raise GrammarError(f"%imagine {command} takes no text: {prompt[:40]!r}.")
        return Order(options=options, command=command)
    if body is not None:
        if prompt:
            raise GrammarError(_stray(prompt))
        prompt = body.strip()
    if not closed:
        _check_no_flags(prompt)
        _check_no_slip(rest.strip(), alone=not options and name is None)
    return Order(prompt, options, name, silent)


def _binding(line: str) -> tuple[str | None, bool, str]:
    found = _BINDING.match(line)
    if not found:
        return None, False, line
    name = found[1]
    if keyword.iskeyword(name):
        raise GrammarError(f"{name} is a word of Python's own and cannot be a variable.")
    return name, not found[2], line[found.end() :]


def _command(rest: str) -> tuple[str | None, str]:
    word, _, after = rest.strip().partition(" ")
    alone = not after.strip() or _FLAG_OR_END.match(after.lstrip())
    return (word, after) if word in COMMANDS and alone else (None, rest)


def _options(rest: str) -> tuple[dict[str, Any], str, bool]:
    """Take the flags off the front; the last value tells whether ``--`` ended them."""
    options: dict[str, Any] = {}
    while found := _FLAG.match(rest := rest.lstrip()):
        flag, equals = found[1], bool(found[2])
        name = FLAGS.get(flag)
        if name is None:
            raise GrammarError(_unknown(flag))
        if name in options and name != "param":
            raise GrammarError(f"{flag} is there twice.")
        value, rest = _value(flag, name, rest[found.end() :], equals=equals)
        if name == "param":
            value = _together(flag, options.get("param", {}), value)
        options[name] = value
    if re.match(r"--(\s|$)", rest):
        return options, rest[2:], True
    return options, rest, False


def _value(flag: str, name: str, rest: str, *, equals: bool) -> tuple[Any, str]:
    if name in SWITCHES:
        if equals or (rest and not rest[0].isspace()):
            raise GrammarError(f"{flag} takes no value.")
        return True, rest
    rest = rest if equals else rest.lstrip()
    if name == "param":
        return _param(flag, rest)
    found = _VALUE.match(rest)
    text = next((group for group in found.groups() if group is not None), "") if found else ""
    if not found or not text or text.split("=")[0] in FLAGS:
        raise GrammarError(f"{flag} needs a value: {flag} {OPTIONS_AND_CALL[name].metavar}.")
    return text, rest[found.end() :]


def _param(flag: str, rest: str) -> tuple[dict[str, Any], str]:
    found = _KEY.match(rest)
    if not found:
        raise GrammarError(f"{flag} needs KEY=JSON, such as {flag} seed=7.")
    key, source = found[1], rest[found.end() :]
    if source.startswith("{{"):
        expression = _VALUE.match(source)
        text = expression[0] if expression else source
        return {key: Expression(text)}, source[len(text) :]
    decoded = _decode(source)
    if decoded is None:
        word = (source.split() or [""])[0][:40]
        text = json.dumps(word.strip("\"'"))
        raise GrammarError(
            f"{flag} {key}={word} is not JSON. Text goes in double quotes: {flag} {key}={text}."
        )
    value, end = decoded
    return {key: value}, source[end:]


def _decode(source: str) -> tuple[Any, int] | None:
    """Return the JSON value at the front of a text and where it ends, or None."""
    try:
        value, end = json.JSONDecoder(parse_constant=_no_constant).raw_decode(source)
    except (ValueError, RecursionError):
        return None
    return None if source[end : end + 1].strip() else (value, end)


def _together(flag: str, before: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    if twice := before.keys() & new.keys():
        raise GrammarError(f"{flag} {twice.pop()} is there twice.")
    return {**before, **new}


def _no_constant(name: str) -> None:
    raise ValueError(name)


def _unknown(flag: str) -> str:
    import difflib

    near = difflib.get_close_matches(flag, FLAGS, n=1, cutoff=0.6)
    attached = re.fullmatch(r"(-[a-z])(\d.*)", flag)
    if attached and attached[1] in FLAGS:
        near = [f"{attached[1]} {attached[2]}"]
    hint = f" Did you mean {near[0]}?" if near else " %imagine help lists them."
    return f"There is no flag {flag}.{hint} A prompt that begins so goes after --."


def _check_no_slip(prompt: str, *, alone: bool) -> None:
    """Refuse what was meant for a command or a flag: drawn, it would cost money."""
    import difflib

    first, _, more = prompt.partition(" ")
    word = first.lower() if alone and not more else ""
    near = [one for one in COMMANDS if sorted(one) == sorted(word)]
    near = near or difflib.get_close_matches(word, COMMANDS, n=1, cutoff=0.86)
    assigned = re.fullmatch(r"(\w+)=(\S+)", first)
    if near:
        meant = f"%imagine {near[0]}"
    elif re.match(r"[–—]+\w", first):
        meant = f"-{first.lstrip('–—-')} with a plain hyphen"
    elif assigned and assigned[1] in OPTIONS_AND_CALL:
        meant = f"{OPTIONS_AND_CALL[assigned[1]].flags[0]} {assigned[2]}"
    else:
        return
    raise GrammarError(f"Did you mean {meant}? If it is the prompt: %imagine -- {prompt[:40]}")


def _stray(prompt: str) -> str:
    if "<<" in prompt:
        return "A variable stands before the flags, as in %%imagine name =<< -n 2."
    return (
        f"The prompt of %%imagine goes below its line; on it stands {prompt[:40]!r}."
        " A model is named by -m, a size by -s."
    )


def _check_no_flags(prompt: str) -> None:
    for word in prompt.split():
        flag = word.split("=")[0]
        if flag in FLAGS or flag in _HELP:
            raise GrammarError(
                f"{flag} stands after the prompt; flags go before it."
                " If it is part of the prompt, end the flags with --."
            )
