"""What an answer says beside its body: its id, its cost, and how long to wait."""

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


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


def wait_hint(headers: Mapping[str, str], message: str, now: float) -> float | None:
    """Return how long an answer asks us to wait, or None if it does not say.

    Parameters
    ----------
    headers : mapping
        The answer's headers, in any case of letters.
    message : str
        The answer's own words: LiteLLM drops ``retry-after`` and leaves them alone.
    now : float, seconds since 1970
        Our clock; the answer's own ``Date`` goes before it.

    Returns
    -------
    float or None
        Seconds, 0 or more. What is no such number, or lies in the past, counts as nothing said.

    Notes
    -----
    Source: RFC 9110 10.2.3; openai-python 3.3 (retry-after-ms); LiteLLM 1.106.2 and OpenAI,
    texts of their 429s as measured.
    """
    named = {name.lower(): text.strip() for name, text in headers.items()}
    clock = _date(named.get("date", ""))
    clock = now if clock is None else clock
    milliseconds = _number(named.get("retry-after-ms", ""))
    found = (
        None if milliseconds is None else milliseconds / 1000,
        _number(named.get("retry-after", "")),
        _until(_date(named.get("retry-after", "")), clock),
        _reset(named, clock),
        _worded(message),
        _until(_reset_time(message), clock),
    )
    return next((seconds for seconds in found if seconds is not None), None)


def _number(text: str) -> float | None:
    return float(text) if re.fullmatch(r"[0-9]{1,12}(?:\.[0-9]{0,12})?", text) else None


def _until(moment: float | None, clock: float) -> float | None:
    return moment - clock if moment is not None and moment >= clock else None


def _date(text: str) -> float | None:
    try:
        moment = parsedate_to_datetime(text)
        # A date without a zone is in UTC by the rules of HTTP.
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _reset(named: Mapping[str, str], clock: float) -> float | None:
    """Read the IETF draft's header: seconds, or, as some write it, seconds since 1970."""
    for prefix in ("ratelimit", "x-ratelimit"):
        seconds = _number(named.get(f"{prefix}-reset", ""))
        # It stands on every answer; it says something about this one when nothing remains.
        if seconds is not None and _number(named.get(f"{prefix}-remaining", "0")) == 0:
            return seconds if seconds < _EPOCHS else _until(seconds, clock)
    return None


_EPOCHS = 1e9  # seconds: a wait of thirty years is a date


def _worded(message: str) -> float | None:
    found = _WORDS.search(message)
    if not found:
        return None
    return sum(float(number) * _UNITS[unit.lower()] for number, unit in _PART.findall(found[1]))


_UNITS = {
    **dict.fromkeys(("milliseconds", "millisecond", "ms"), 0.001),
    **dict.fromkeys(("seconds", "second", "secs", "sec", "s"), 1.0),
    **dict.fromkeys(("minutes", "minute", "mins", "min", "m"), 60.0),
    **dict.fromkeys(("hours", "hour", "h"), 3600.0),
}
_AMOUNT = rf"([0-9]{{1,9}}(?:\.[0-9]{{1,9}})?)\s?({'|'.join(_UNITS)})(?![a-z])"
_PART = re.compile(_AMOUNT, re.IGNORECASE)
_WORDS = re.compile(
    r"\b(?:try again|retry) (?:in|after) ((?:" + _AMOUNT.replace("(", "(?:", 1) + r"\s?){1,4})",
    re.IGNORECASE,
)


def _reset_time(message: str) -> float | None:
    found = _RESETS.search(message)
    try:
        return datetime.fromisoformat(f"{found[1]}+00:00").timestamp() if found else None
    except ValueError:
        return None


_RESETS = re.compile(
    r"Limit resets at: ([0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}) UTC", re.IGNORECASE
)
