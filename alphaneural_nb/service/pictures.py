"""Pictures as they stand in an answer: as base64 or as an address, in every way it is written."""

import binascii
import json
import re
from dataclasses import dataclass, replace

from .envelopes import Clean

_LONGEST_PROMPT = 32_000  # characters, what the longest models take


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


def read_picture(item: object, clean: Clean) -> WirePicture:
    """Read one item of an answer's list; what is wrong with it is said in the picture.

    Parameters
    ----------
    item : object
        An object with ``b64_json`` or ``url``, or the base64 text alone.
    clean : callable
        Takes the key and control characters out of a text.
    """
    parts = item if isinstance(item, dict) else {"b64_json": item}
    words = parts.get("revised_prompt")
    revised = clean(words, limit=_LONGEST_PROMPT) if isinstance(words, str) else ""
    picture = WirePicture(revised_prompt=revised or None)
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
