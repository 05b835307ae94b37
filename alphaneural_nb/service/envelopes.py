"""What an error answer says, in whichever envelope it says it."""

import html
import json
import re
from dataclasses import dataclass, replace
from typing import Any, Protocol

SEEN = 20_000
"""Characters of a foreign text that are searched."""

_DEEPEST = 12  # objects, lists and texts inside each other
_MOST_DIGITS = 20  # of a whole number; no count has more


class Clean(Protocol):
    """Takes keys, control characters and whatever is over the limit out of a text."""

    def __call__(self, text: str, /, *, limit: int = ...) -> str:
        """Return text without them, at most ``limit`` characters long."""
        ...


def read_json(content: bytes) -> Any:
    """Return what JSON text says, with all the patience that is safe.

    A byte that is no UTF-8, a line break inside a string or a number of a thousand digits
    beside a paid picture must not lose the picture.

    Raises
    ------
    ValueError
        The text is not JSON, or is nested absurdly.
    """
    text = content.decode(json.detect_encoding(content), "replace")
    try:
        return json.loads(text, strict=False, parse_int=_whole)
    except RecursionError:
        raise ValueError("nested too deep") from None


def _whole(digits: str) -> int | None:
    return int(digits) if len(digits) <= _MOST_DIGITS else None


def page_title(text: str) -> str | None:
    """Return an HTML page's title as it stands there, "an HTML page", or None if it is none."""
    if not _PAGE.search(text[:SEEN]):
        return None
    title = _TITLE.search(text[:SEEN])
    return (html.unescape(title[1]).strip() if title else "") or UNTITLED


UNTITLED = "an HTML page"
_PAGE = re.compile(r"<(?:!doctype\s{1,9}html|html|head|body)\b", re.IGNORECASE)
_TITLE = re.compile(r"<title[^>]{0,200}>([^<]{1,500})</title", re.IGNORECASE)


@dataclass(frozen=True)
class Said:
    """What a service said, raw; ``more`` is for matching alone and never shown."""

    message: str = ""
    kind: str = ""
    code: str = ""
    param: str = ""
    more: str = ""


def read_words(value: object, depth: int = 0) -> Said:
    """Return what an answer's decoded body says, through every layer of wrapping."""
    if depth > _DEEPEST:
        return Said()
    if isinstance(value, str):
        return _from_text(value, depth)
    if isinstance(value, list):
        return _from_list(value, depth)
    return _from_object(value, depth) if isinstance(value, dict) else Said()


def _from_object(value: dict[str, Any], depth: int) -> Said:
    inside = next((value[key] for key in ("error", "detail", "errors") if value.get(key)), "")
    if isinstance(inside, (dict, list)):
        return read_words(inside, depth + 1)
    said = read_words(value.get("message") or value.get("msg") or inside, depth + 1)
    rest = {key: part for key, part in value.items() if key not in _READ_ALREADY}
    # The innermost type, code and parameter are the cause; a proxy's own are its status again.
    return replace(
        said,
        kind=said.kind or _word(value.get("type")),
        code=said.code or _word(value.get("code")),
        param=said.param or _word(value.get("param")),
        more=f"{_written(rest)} {said.more}",
    )


_READ_ALREADY = {"message", "msg", "error", "detail", "errors", "input"}


def _from_list(values: list[Any], depth: int) -> Said:
    """Read FastAPI's list of wrong fields, or the first of several errors."""
    first = read_words(values[0], depth + 1) if values else Said()
    if not values or not isinstance(values[0], dict) or not isinstance(values[0].get("loc"), list):
        return first
    place = values[0]["loc"]
    return replace(first, param=_word(place[-1]) if place else "")


def _from_text(text: str, depth: int) -> Said:
    title = page_title(text)
    if title is not None:
        return Said(message=title)
    nested = read_words(_json_inside(text), depth + 1)
    if nested.message:
        return replace(nested, more=f"{nested.more} {text[:SEEN]}")
    return Said(message=_undecorated(text), more=text[:SEEN])


def _json_inside(text: str) -> object:
    """Return the first JSON object inside a text (edits and Azure answer so), else None."""
    start = text.find("{", 0, SEEN)
    if start < 0 or len(text) > SEEN:
        return None
    try:
        return json.JSONDecoder(strict=False, parse_int=_whole).raw_decode(text, start)[0]
    except (ValueError, RecursionError):
        return None


def _undecorated(text: str) -> str:
    """Return a message without what LiteLLM 1.74 to 1.106 puts around it, as measured."""
    end = _SUFFIX.search(text, 0, SEEN)
    bare = (text[: end.start()] if end else text).strip()
    for _ in range(8):
        prefix = _PREFIX.match(bare)
        if not prefix:
            break
        bare = bare[prefix.end() :]
    wrapped = _WRAPPED.fullmatch(bare[:SEEN]) or _REPR.search(bare[:SEEN])
    return (wrapped[wrapped.lastindex or 0] if wrapped else bare).strip() or text.strip()


# Every prefix and suffix holds white space, which no key does: taking them off splits no key
# in two before it is redacted.
_PREFIX = re.compile(
    r"(?:litellm\.)?\w{0,60}(?:Error|Exception|Timeout)(?: \w{1,60})?\s?[:-]\s"
    r"|Authentication Error[,:]\s|Error code: \d{3} - |\d{3}:\s"
)
_SUFFIX = re.compile(
    r"\n\nLiteLLM: |\.? ?Received Model Group=|\nAvailable Model Group"
    r"|\nmodel=[^\n]{1,300}content_policy_fallback=|\n\nSet 'content_policy_fallback'"
    r"| To drop it from the call, set "
)
_WRAPPED = re.compile(r"\{'error': '([^\n]{1,2000})'\}")
_REPR = re.compile(r"'message': (['\"])([^\n]{1,2000}?)\1[,}]")


def _word(value: object) -> str:
    # LiteLLM 1.74.9 writes the text "None" where others write null.
    known = isinstance(value, (str, int)) and not isinstance(value, bool)
    return "" if not known or value == "None" else str(value)


def _written(value: object) -> str:
    try:
        return json.dumps(value, ensure_ascii=False)[:SEEN]
    except (ValueError, RecursionError):
        return ""
