"""JSON both ways: a request to bytes, an answer to pictures. Pure, and it looks at no picture."""

import binascii
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from alphaneural_nb.errors import APIResponseError, NoImageReturned
from alphaneural_nb.request import ImageRequest

from .envelopes import Clean, page_title, read_json
from .refusals import refusal


def body(request: ImageRequest, model: str | None) -> bytes:
    """Return a request as UTF-8 JSON: what the user set, and no more.

    Parameters
    ----------
    request : ImageRequest
        ``param`` goes beside the other fields. A null is left out.
    model : str or None
        The model to ask; None for the request's own, if it has one.
    """
    options = request.options
    extra = options.pop("param", {})
    asked = {**options, "model": model or request.model, "prompt": request.prompt, **extra}
    fields = {name: value for name, value in asked.items() if value is not None}
    text = json.dumps(fields, ensure_ascii=False, separators=(",", ":"))
    # UTF-16 joins the halves of a character that stand side by side; a lone half, which no
    # UTF-8 can hold, becomes U+FFFD.
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").encode()


@dataclass(frozen=True)
class WirePicture:
    """One item of an answer.

    Parameters
    ----------
    content : bytes or None
        What was in the answer, decoded; not looked at, so it may be no picture at all.
    url : str or None
        Where to fetch it, http or https.
    revised_prompt : str or None
        The prompt as the service changed it, cleaned.
    problem : str or None
        A sentence, when there is neither content nor url.
    raw : bytes or None
        What came and could not be decoded, whole.
    """

    content: bytes | None = None
    url: str | None = None
    revised_prompt: str | None = None
    problem: str | None = None
    raw: bytes | None = None


@dataclass(frozen=True)
class Answer:
    """What a service answered.

    Parameters
    ----------
    pictures : tuple of WirePicture
        One for each item, in the order of the answer.
    created : int or None, seconds since 1970
        The service's clock.
    usage : dict or None
        ``input_tokens``, ``output_tokens`` and ``total_tokens``; None for unknown.
    size, quality, background, output_format : str or None
        What the service says it made; many services say nothing.
    """

    pictures: tuple[WirePicture, ...]
    created: int | None = None
    usage: dict[str, int] | None = None
    size: str | None = None
    quality: str | None = None
    background: str | None = None
    output_format: str | None = None


_ECHOES = ("size", "quality", "background", "output_format")
_TOKENS = ("input_tokens", "output_tokens", "total_tokens")
_LONGEST_PROMPT = 32_000  # characters, what the longest models take


def read_answer(content: bytes, status: int, headers: Mapping[str, str], clean: Clean) -> Answer:
    """Read the answer to a request for pictures.

    Parameters
    ----------
    content : bytes
        The answer's body.
    status : int
        HTTP status, 200 to 299.
    headers : mapping
        The answer's headers.
    clean : callable
        Takes the key and control characters out of a text.

    Raises
    ------
    APIResponseError
        The answer cannot be read.
    NoImageReturned
        It can, and there is no picture in it. Gemini and Imagen behind LiteLLM 1.106.2 answer
        so when their filter took the picture, as measured.
    AlphaNeuralError
        The answer is a refusal in spite of its status; see `refusals.refusal`.
    """
    support_id = clean(request_id(headers, ""), limit=80)
    answer = _object(content, clean, support_id)
    pictures = _pictures(answer.get("data"), clean)
    if any(one.content or one.url or one.raw is not None for one in pictures):
        echoes = {name: _text(answer.get(name), clean, 40) for name in _ECHOES}
        return Answer(
            pictures, _created(answer.get("created")), _usage(answer.get("usage")), **echoes
        )
    if answer.get("error"):
        raise refusal(status, headers, content, model=None, request_id=support_id, clean=clean)
    if pictures or answer.get("data", ...) in (None, []):
        raise NoImageReturned(
            "The service returned no picture; it was probably filtered.",
            advice="Try other words. The request may have been charged.",
            request_id=support_id or None,
            charged="maybe",
        )
    raise _unreadable("The service's answer has no list of pictures.", support_id)


def _object(content: bytes, clean: Clean, support_id: str) -> dict[str, Any]:
    if not content.strip():
        raise _unreadable("The service's answer is empty.", support_id)
    try:
        answer = read_json(content)
    except ValueError:
        raise _unreadable(_what_came(content, clean), support_id) from None
    if not isinstance(answer, dict):
        raise _unreadable("The service's answer is JSON, but not an object.", support_id)
    return answer


def _what_came(content: bytes, clean: Clean) -> str:
    title = page_title(content[:100_000].decode("utf-8", "replace"))
    if title is not None:
        return (
            f"The service answered with a web page instead of pictures: {clean(title, limit=80)}."
        )
    head, tail = content[:64].lstrip()[:1], content[-64:].rstrip()[-1:]
    if head == b"{" and tail != b"}":
        return "The service's answer breaks off in the middle."
    return "The service's answer is not JSON."


def _unreadable(message: str, support_id: str) -> APIResponseError:
    return APIResponseError(
        message,
        advice="The request may have been charged. %imagine status shows the address in use.",
        request_id=support_id or None,
        charged="maybe",
    )


def _pictures(data: object, clean: Clean) -> tuple[WirePicture, ...]:
    items = [data] if isinstance(data, dict) else data
    return tuple(_picture(item, clean) for item in items) if isinstance(items, list) else ()


def _picture(item: object, clean: Clean) -> WirePicture:
    parts = item if isinstance(item, dict) else {"b64_json": item}
    picture = WirePicture(revised_prompt=_text(parts.get("revised_prompt"), clean, _LONGEST_PROMPT))
    for name, read in (("b64_json", _inline), ("url", _linked)):
        value = parts.get(name)
        if value in (None, ""):
            continue
        try:
            content, url = read(value)
        except ValueError as error:
            first = picture.problem is None
            picture = replace(picture, problem=str(error), raw=_raw(value)) if first else picture
        else:
            return replace(picture, content=content, url=url, problem=None)
    missing = "The service sent nothing for this picture; it was probably filtered."
    return picture if picture.problem else replace(picture, problem=missing)


def _inline(value: object) -> tuple[bytes | None, str | None]:
    if not isinstance(value, str):
        # A ValueError like every other problem of an item, which is what the caller collects.
        raise ValueError("The service sent something else than text for this picture.")  # noqa: TRY004
    # Some servers put an address here.
    if value[:16].lstrip()[:4].lower() == "http" and _URL.fullmatch(value.strip()):
        return None, value.strip()
    try:
        return decode_base64(value), None
    except ValueError as error:
        raise ValueError(f"The service sent a picture that cannot be decoded: {error}.") from None


def _linked(value: object) -> tuple[bytes | None, str | None]:
    if isinstance(value, str) and value[:5].lower() == "data:":
        return _inline(value)
    if isinstance(value, str) and _URL.fullmatch(value.strip()):
        return None, value.strip()
    raise ValueError("The service sent an address that nothing can be fetched from.")


# Neither control characters nor lone surrogates, on which clients stumble.
_URL = re.compile(r"https?://[^\s\x00-\x20\x7f-\x9f\ud800-\udfff]{1,8000}", re.IGNORECASE)


def _raw(value: object) -> bytes:
    if isinstance(value, str):
        return value.encode("utf-8", "surrogatepass")
    try:
        return json.dumps(value).encode()
    except (ValueError, RecursionError):
        return b""


def decode_base64(text: str) -> bytes:
    """Return what base64 text holds, exactly or not at all.

    A ``data:`` prefix, white space, the URL-safe alphabet and missing padding are taken in.
    The standard library's lenient way would skip everything else in silence, and the picture
    with it.

    Raises
    ------
    ValueError
        The text is empty, cut or not base64.
    """
    try:
        # The usual case, in one pass over up to 27 MB; more padding than there can be is not.
        usual = len(text) % 4 == 0 and not text.endswith("===")
        content = binascii.a2b_base64(text, strict_mode=True) if usual else b""
    except ValueError:
        content = b""
    return content or _decode_normalised(text)


def _decode_normalised(text: str) -> bytes:
    start = 0
    if text[:64].lstrip()[:5].lower() == "data:":
        start = text.find(",", 0, 1000) + 1
        if not text[:start].lower().endswith(";base64,"):
            raise ValueError("it is a data URI without base64")
    try:
        padded = text[start:].encode("ascii").translate(_PLAIN, b" \t\r\n\v\f")
        bare = padded.rstrip(b"=")
        content = binascii.a2b_base64(bare + b"=" * (-len(bare) % 4), strict_mode=True)
    except (UnicodeEncodeError, binascii.Error):
        raise ValueError("its base64 is cut or damaged") from None
    if len(padded) - len(bare) > -len(bare) % 4:
        raise ValueError("its base64 is cut or damaged")
    if not content:
        raise ValueError("it is empty")
    return content


_PLAIN = bytes.maketrans(b"-_", b"+/")


def _text(value: object, clean: Clean, limit: int) -> str | None:
    return clean(value, limit=limit) or None if isinstance(value, str) else None


def _created(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return int(value) if 0 <= value < _ABSURD else None


def _usage(usage: object) -> dict[str, int] | None:
    """Read token counts; LiteLLM fills in zeros where it knows none, so zeros are unknown."""
    if not isinstance(usage, dict):
        return None
    counts = {name: 0 if usage.get(name) is None else usage[name] for name in _TOKENS}
    if not all(type(count) is int and 0 <= count < _ABSURD for count in counts.values()):
        return None
    total = counts["total_tokens"] or counts["input_tokens"] + counts["output_tokens"]
    return {**counts, "total_tokens": total} if total else None


_ABSURD = 10**12  # seconds or tokens


@dataclass(frozen=True)
class ModelRow:
    """One model of the service's list; ``mode`` is what it is for, where the service says so."""

    id: str
    mode: str | None = None


def read_models(content: bytes) -> list[ModelRow]:
    """Read the list of models, in its order, each once.

    Rows without an id that a person could type are left out.

    Raises
    ------
    APIResponseError
        The answer is no such list.
    """
    try:
        answer = read_json(content)
    except ValueError:
        answer = None
    rows = answer.get("data") if isinstance(answer, dict) else answer
    if not isinstance(rows, list):
        raise APIResponseError(
            "The service's list of models cannot be read.",
            advice="A model can be named all the same: -m ID.",
        )
    found: dict[str, ModelRow] = {}
    for row in rows:
        name = _name(row.get("id")) if isinstance(row, dict) else None
        if name:
            found.setdefault(name, ModelRow(name, _name(row.get("mode"))))
    return list(found.values())


def _name(value: object) -> str | None:
    if not isinstance(value, str) or len(value) > _LONGEST_NAME:
        return None
    return value if value.strip() and value.isprintable() else None


_LONGEST_NAME = 300  # characters


def request_id(headers: Mapping[str, str], sent: str) -> str:
    """Return the id by which the service knows a request, at most 80 visible characters.

    Parameters
    ----------
    headers : mapping
        The answer's headers, in any case of letters.
    sent : str
        The id that we sent, for services that name none.
    """
    named = {name.lower(): text for name, text in headers.items()}
    calls = [text for name, text in named.items() if name.endswith("-call-id")]
    others = [named.get(name, "") for name in _ID_HEADERS]
    visible = (re.sub(r"[^\x21-\x7e]", "", text)[:80] for text in [*calls, *others, sent])
    return next((text for text in visible if text), "")


_ID_HEADERS = ("x-request-id", "apim-request-id", "x-ms-request-id", "request-id")


def cost(headers: Mapping[str, str]) -> float | None:
    """Return what the service says a request cost, in US dollars, or None.

    Source: LiteLLM's ``x-litellm-response-cost``, its own estimate, absent where it has no
    price.
    """
    for name, text in headers.items():
        if name.lower().endswith("-response-cost"):
            try:
                dollars = float(text)
            except ValueError:
                continue
            if math.isfinite(dollars) and dollars >= 0:
                return dollars
    return None
