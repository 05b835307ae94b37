import random
from email.utils import formatdate

import pytest

from alphaneural_nb.errors import (
    APIConnectionError,
    APIResponseError,
    APITimeoutError,
    BadRequestError,
    BudgetExceeded,
    ContentRefused,
    InternalServerError,
    Interrupted,
    RateLimitError,
    SettingsError,
)
from alphaneural_nb.service.headers import wait_hint
from alphaneural_nb.service.retry import pause

NOW = 1_795_341_160.0  # 2026-11-22 09:52:40 UTC

UNREACHED = APIConnectionError("The service was not reached.")
BUSY = RateLimitError("Too many requests.", status_code=429)
UNAVAILABLE = InternalServerError("Not now.", status_code=503, charged="maybe")


def ask(error, *, sent=True, tries=1, hint=None, left=300.0):
    return pause(error, sent=sent, tries=tries, hint=hint, left=left)


def test_a_connection_that_failed_before_sending_is_tried_twice_more():
    waits = [ask(UNREACHED, sent=False, tries=tries) for tries in (1, 2, 3)]
    assert waits == [0.5, 1.0, None]


def test_a_connection_that_broke_after_sending_is_never_tried_again():
    assert ask(UNREACHED, sent=True) is None


def test_a_connection_that_no_repeat_helps_is_left_to_the_user():
    assert ask(UNREACHED, sent=False, hint=float("inf")) is None


def test_too_many_requests_waits_as_long_as_the_answer_says_else_two_seconds():
    assert ask(BUSY, hint=7.5) == 7.5
    assert ask(BUSY, hint=0.0) == 0.0
    assert ask(BUSY) == 2.0
    assert ask(BUSY, tries=2) == 2.0
    assert ask(BUSY, tries=3) is None


def test_a_rate_limit_inside_a_success_is_not_tried_again_for_it_may_have_been_charged():
    assert ask(RateLimitError("x", status_code=200, charged="maybe"), hint=1.0) is None


def test_an_unavailable_service_is_asked_again_only_when_it_names_a_wait():
    assert ask(UNAVAILABLE) is None
    assert ask(UNAVAILABLE, hint=3.0) == 3.0


@pytest.mark.parametrize("hint", [60.01, 3600.0, float("inf"), float("nan"), -1.0])
def test_a_wait_that_is_too_long_or_no_wait_is_refused(hint):
    assert ask(BUSY, hint=hint) is None
    assert ask(UNAVAILABLE, hint=hint) is None


def test_no_wait_outlasts_the_deadline():
    assert ask(BUSY, hint=10.0, left=9.9) is None
    assert ask(BUSY, hint=10.0, left=10.0) == 10.0
    assert ask(BUSY, hint=0.0, left=0.0) is None
    assert ask(UNREACHED, sent=False, left=0.4) is None


@pytest.mark.parametrize(
    "error",
    [
        APITimeoutError("The deadline passed."),
        APIResponseError("x", charged="maybe"),
        BudgetExceeded("x", status_code=429),
        ContentRefused("x", status_code=400),
        BadRequestError("x", status_code=400),
        InternalServerError("x", status_code=500),
        InternalServerError("x", status_code=504),
        InternalServerError("x", status_code=524),
        InternalServerError("x", status_code=408),
        SettingsError("x"),
        ValueError("x"),
    ],
    ids=lambda error: f"{type(error).__name__}-{getattr(error, 'status_code', '')}",
)
@pytest.mark.parametrize("sent", [True, False])
def test_everything_else_is_left_to_the_user(error, sent):
    assert ask(error, sent=sent, hint=1.0) is None
    assert not isinstance(error, Interrupted)


@pytest.mark.parametrize(
    ("headers", "message", "expected"),
    [
        ({"retry-after-ms": "1500"}, "", 1.5),
        ({"Retry-After-Ms": "1500", "Retry-After": "9"}, "", 1.5),
        ({"Retry-After": "2"}, "", 2.0),
        ({"retry-after": "0"}, "", 0.0),
        ({"retry-after": "2.5"}, "Please try again in 12s.", 2.5),
        ({"retry-after": "3600"}, "", 3600.0),
        ({"retry-after": formatdate(NOW + 3, usegmt=True)}, "", 3.0),
        (
            {
                "retry-after": formatdate(NOW + 503, usegmt=True),
                "Date": formatdate(NOW + 500, usegmt=True),
            },
            "",
            3.0,
        ),
        ({"ratelimit-reset": "30"}, "", 30.0),
        ({"x-ratelimit-reset": "30", "x-ratelimit-remaining": "0"}, "", 30.0),
        ({"x-ratelimit-reset": str(int(NOW) + 20)}, "", 20.0),
        ({"x-ratelimit-reset": "30", "x-ratelimit-remaining": "5"}, "", None),
        ({}, "Rate limit reached. Please try again in 12s.", 12.0),
        ({}, "Please try again in 500ms.", 0.5),
        ({}, "Try again in 1m", 60.0),
        ({}, "Please try again in 1m30.5s.", 90.5),
        ({}, "No deployments available for selected model, Try again in 5 seconds. All", 5.0),
        ({}, "try again in 2 minutes and then", 120.0),
        ({}, "Azure: Please retry after 26 seconds.", 26.0),
        ({}, "Please retry in 12.3s.", 12.3),
        ({}, "Limit resets at: 2026-11-22 09:52:50 UTC", 10.0),
        ({"date": formatdate(NOW + 4, usegmt=True)}, "Limit resets at: 2026-11-22 09:52:50 UTC", 6),
    ],
)
def test_the_wait_is_read_from_headers_and_words(headers, message, expected):
    assert wait_hint(headers, message, NOW) == pytest.approx(expected)


@pytest.mark.parametrize(
    "text",
    ["soon", "nan", "inf", "-3", "1e400", "1_0", "٣", "", "5, 5", "0x10", "9" * 400, "Thu, 99 Foo"],
)
def test_garbage_is_no_wait(text):
    headers = dict.fromkeys(("retry-after", "retry-after-ms", "ratelimit-reset", "date"), text)
    assert wait_hint(headers, f"try again in {text}", NOW) is None


def test_a_moment_that_is_past_is_no_wait():
    assert wait_hint({"retry-after": formatdate(NOW - 5, usegmt=True)}, "", NOW) is None
    assert wait_hint({}, "Limit resets at: 2026-11-22 09:52:00 UTC", NOW) is None
    assert wait_hint({}, "Limit resets at: 2026-99-22 09:52:00 UTC", NOW) is None


def test_any_headers_and_words_give_a_wait_of_zero_or_more_or_none():
    chance = random.Random(5)
    pieces = ["try again in ", "retry after ", "Limit resets at: ", "9" * 9, "1.5", "ms", "s", "m"]
    pieces += ["h", " ", "nan", "-1", "Thu, 01 Jan 0001 00:00:00 -9999", "2026-11-22 09:52:50 UTC"]
    names = ["retry-after", "retry-after-ms", "date", "x-ratelimit-reset", "ratelimit-reset"]
    for _ in range(5000):
        words = "".join(chance.choices(pieces, k=chance.randrange(7)))
        headers = {name: "".join(chance.choices(pieces, k=2)) for name in chance.sample(names, 2)}
        found = wait_hint(headers, words, NOW)
        assert found is None or 0 <= found < float("inf")
