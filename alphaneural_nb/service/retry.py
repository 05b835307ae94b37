"""May we ask again, and when: pure, without a clock and without sleep."""

from alphaneural_nb.errors import (
    APIConnectionError,
    APITimeoutError,
    InternalServerError,
    RateLimitError,
)

LONGEST_WAIT = 60.0
"""Seconds; a longer wait is the user's to decide."""

_REPEATS = 2
_UNREACHED = 0.5  # seconds before the first repeat, twice that before the second
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
        The wait that the answer names, see `headers.wait_hint`; infinite where no repeat helps.
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
    return wait if wait is not None and 0 <= wait <= min(LONGEST_WAIT, left) else None


def _wait(error: Exception, *, sent: bool, tries: int, hint: float | None) -> float | None:
    if isinstance(error, RateLimitError):
        # A refusal inside a success has status 200, and nobody knows what it cost.
        return None if error.charged == "maybe" else _BUSY if hint is None else hint
    if isinstance(error, InternalServerError) and error.status_code == _UNAVAILABLE:
        return hint
    if sent or isinstance(error, APITimeoutError) or not isinstance(error, APIConnectionError):
        return None
    return _UNREACHED * tries if hint is None else hint
