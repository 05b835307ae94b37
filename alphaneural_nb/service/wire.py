"""JSON both ways: a request to bytes, an answer to pictures. Pure, and it looks at no picture."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from alphaneural_nb.errors import APIResponseError, NoImageReturned
from alphaneural_nb.request import ImageRequest

from .envelopes import Clean, page_title, read_json
from .headers import request_id
from .pictures import WirePicture, read_picture
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
class Answer:
    """What a service answered.

    Parameters
    ----------
    pictures : tuple of WirePicture
        One for each item, in the order of the answer.
    usage : dict or None
        ``input_tokens``, ``output_tokens`` and ``total_tokens``; None for unknown.
    """

    pictures: tuple[WirePicture, ...]
    usage: dict[str, int] | None = None


_TOKENS = ("input_tokens", "output_tokens", "total_tokens")
_ABSURD = 10**12  # tokens


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
        return Answer(pictures, _usage(answer.get("usage")))
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
    return tuple(read_picture(item, clean) for item in items) if isinstance(items, list) else ()


def _usage(usage: object) -> dict[str, int] | None:
    """Read token counts; LiteLLM fills in zeros where it knows none, so zeros are unknown."""
    if not isinstance(usage, dict):
        return None
    counts = {name: 0 if usage.get(name) is None else usage[name] for name in _TOKENS}
    if not all(type(count) is int and 0 <= count < _ABSURD for count in counts.values()):
        return None
    total = counts["total_tokens"] or counts["input_tokens"] + counts["output_tokens"]
    return {**counts, "total_tokens": total} if total else None
