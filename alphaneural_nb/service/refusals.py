"""An error answer to one of our errors: pure, and it never fails itself."""

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from alphaneural_nb.errors import (
    AlphaNeuralError,
    APIStatusError,
    Charged,
    ContentRefused,
    SettingsError,
)
from alphaneural_nb.request import OPTIONS

from .envelopes import SEEN, UNTITLED, Clean, Said, read_json, read_words
from .refusal_rules import OTHER, RULES, Rule

_LONGEST = 300  # characters of a message
_SHORTEST = 20  # characters; less is no sentence

_SUCCESSES = range(200, 300)
_REDIRECTS = range(300, 400)
_REFUSALS = range(400, 500)


def refusal(  # noqa: PLR0913 - what one answer and its request are made of
    status: int,
    headers: Mapping[str, str],
    content: bytes,
    *,
    model: str | None,
    request_id: str,
    clean: Clean,
    key: str = "",
) -> AlphaNeuralError:
    """Return the error that an error answer means.

    Parameters
    ----------
    status : int
        HTTP status; 300 to 599, or 200 to 299 for a refusal inside a success.
    headers : mapping
        The answer's headers, in any case of letters.
    content : bytes
        The answer's body.
    model : str or None
        The model that was asked for.
    request_id : str
        The id to show to the service's support.
    clean : callable
        Takes the key and control characters out of a text. Every foreign text passes it.
    key : str, optional
        Which key was sent, masked, and where it is from; only for errors about the key.

    Returns
    -------
    AlphaNeuralError
        To be raised by the caller. ``charged`` is "no" for 3xx, for 4xx but 408 and for
        refused content, else "maybe". Its message has at most 300 characters.

    Notes
    -----
    Source: LiteLLM 1.74.9, 1.80.10 and 1.106.2, error envelopes as measured.
    """
    if status in _REDIRECTS:
        return _redirect(headers, request_id, clean)
    said = read_words(_body(content))
    rule = _rule_for(status, said)
    # Cleaned before anything is taken out of it, or a part of a key might be taken out.
    text = clean(f"{said.message} {said.more}", limit=SEEN)
    option = _option(text) or clean(said.param, limit=60)
    facts = {
        "status": status,
        "model": f"the model {clean(model, limit=80)}" if model else "this model",
        "key": f" ({key})" if key else "",
        "why": _why(text),
        "option": _option_text(option),
    }
    return rule.error(
        _message(rule, facts, said, clean),
        advice=rule.advice,
        request_id=clean(request_id, limit=80) or None,
        charged=_charged(status, rule.error),
        status_code=status,
        code=clean(said.code, limit=80) or None,
        kind=clean(said.kind, limit=80) or None,
        param=option or None,
    )


def _body(content: bytes) -> object:
    try:
        return read_json(content)
    except ValueError:
        return content.decode("utf-8", "replace")


def _rule_for(status: int, said: Said) -> Rule:
    # Inside a success only the code can tell the status that was meant.
    inside = status in _SUCCESSES and re.fullmatch(r"[45][0-9]{2}", said.code)
    meant = int(said.code) if inside else status
    text = " ".join((said.message[:SEEN], said.kind[:SEEN], said.code[:SEEN], said.more))
    return next((rule for rule in RULES if rule.fits(meant, text)), OTHER)


def _charged(status: int, error: type[APIStatusError]) -> Charged:
    refused = status in _REFUSALS and status != HTTPStatus.REQUEST_TIMEOUT
    return "no" if refused or issubclass(error, ContentRefused) else "maybe"


def _message(rule: Rule, facts: dict[str, Any], said: Said, clean: Clean) -> str:
    ours = rule.message.format(**facts)
    says = "It answered with" if said.message == UNTITLED else "It says:"
    room = _LONGEST - len(f"{ours} {says} .")
    explained = "{why}" in rule.message and facts["why"]
    if not rule.quote or explained or room < _SHORTEST:
        return ours
    words = clean(said.message, limit=room).strip()
    if re.sub(r"^\d{3}:? ", "", words).casefold().strip(".") in _EMPTY_WORDS:
        return ours
    return f"{ours} {says} {words.rstrip('.!')}."


_EMPTY_WORDS = {"", *(status.phrase.casefold() for status in HTTPStatus)}


def _why(text: str) -> str:
    listed = _CATEGORIES.search(text)
    names = listed[1].split(",") if listed else _FILTERED.findall(text)
    shown = ", ".join(dict.fromkeys(name.strip("\\\"' ") for name in names))
    return f" ({shown[:80]})" if shown else ""


# OpenAI: safety_violations=[violence]; Azure: "violence": {"filtered": true, …}.
_CATEGORIES = re.compile(r"(?:safety_violations|categories)[\\\"']*\s?[=:]\s?\[([^\]]{1,200})\]")
_FILTERED = re.compile(
    r"\b(\w{2,40})[\\\"']*\s?:\s?\{[^{}]{0,80}filtered[\\\"']*\s?:\s?true", re.IGNORECASE
)


def _option(text: str) -> str:
    named = _NAMED.search(text)
    return named[1] if named else ""


_NAMED = re.compile(
    r"(?:setting [`'\"]|unknown parameter: ?[`'\"]?|unexpected keyword argument [`'\"]?"
    r"|argument supplied: ?[`'\"]?|'param': ')(\w{1,60})\b",
    re.IGNORECASE,
)


def _option_text(name: str) -> str:
    if not name:
        return "the request"
    return f"{name} ({OPTIONS[name].flags[-1]})" if name in OPTIONS else name


def _redirect(headers: Mapping[str, str], request_id: str, clean: Clean) -> SettingsError:
    place = next((text for name, text in headers.items() if name.lower() == "location"), "")
    try:
        parts = urlsplit(place)
    except ValueError:
        parts = urlsplit("")
    root = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}" if parts.netloc else ""
    path = parts.path.rstrip("/").removesuffix("/images/generations")
    target = clean(root + path, limit=160) or "another one"
    return SettingsError(
        f"The service's address redirects to {target}.",
        advice="Set the base URL to where the service really is; redirects are not followed.",
        request_id=clean(request_id, limit=80) or None,
    )
