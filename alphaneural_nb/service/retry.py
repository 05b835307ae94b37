"""May we ask again, and when: pure, without a clock and without sleep."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from alphaneural_nb.errors import (
    APIConnectionError,
    APITimeoutError,
    InternalServerError,
    RateLimitError,
)

_REPEATS = 2
_LONGEST = 60.0  # seconds; a longer wait is the user's to decide
_UNREACHED = (0.5, 1.0)  # seconds before the first and the second repeat
_BUSY = 2.0  # seconds, when a 429 does not say how long
_UNAVAILABLE = 503


def pause(
    error: Exception, *, sent: bool, tries: int, hint: float | None, left: float
) -> float | None:
    """Return the seconds to wait before asking again, or None for "do not ask again".

    A failure after the request was sent may have been charged, so it is never repeated; the
    exceptions are answers that say that nothing was made: 429, and 503 with a wait.

    Parameters
    ----------
    error : Exception
        What the last request ended with.
    sent : bool
        Whether any byte of the request may have left.
    tries : int
        Requests already made, 1 after the first.
    hint : float or None, seconds
        The wait that the answer names; see `wait_hint`.
    left : float, seconds
        What is left of the call's deadline.

    Returns
    -------
    float or None
        0 to 60 seconds and never more than ``left``, or None.
    """
    if tries > _REPEATS or left <= 0:
        return None
    wait = _wait(error, sent=sent, tries=tries, hint=hint)
    # Written so that a NaN is refused too.
    return wait if wait is not None and 0 <= wait <= min(_LONGEST, left) else None


def _wait(error: Exception, *, sent: bool, tries: int, hint: float | None) -> float | None:
    if isinstance(error, RateLimitError):
        # A refusal inside a success has status 200, and nobody knows what it cost.
        return None if error.charged == "maybe" else _BUSY if hint is None else hint
    if isinstance(error, InternalServerError) and error.status_code == _UNAVAILABLE:
        return hint
    if isinstance(error, APIConnectionError) and not isinstance(error, APITimeoutError):
        return None if sent else _UNREACHED[min(max(tries, 1), _REPEATS) - 1]
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
