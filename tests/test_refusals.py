import json
import random
import time

import pytest
from transcripts import transcript

from alphaneural_nb.errors import (
    AlphaNeuralError,
    APIStatusError,
    AuthenticationError,
    BadRequestError,
    BudgetExceeded,
    ContentRefused,
    InternalServerError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    SettingsError,
)
from alphaneural_nb.service.refusals import refusal
from alphaneural_nb.show import text as show_text

KEY = "sk-canary-5f4e3d2c1b0a99887766"


def clean(text, limit=300):
    return show_text.clean(show_text.clean(text, 3000).replace(KEY, "[key]"), limit)


def read(status, content, *, headers=None, model="gpt-image-1", key="", cleaner=clean):
    body = content if isinstance(content, bytes) else content.encode()
    return refusal(
        status, headers or {}, body, model=model, request_id="4f1c", clean=cleaner, key=key
    )


def envelope(message, kind=None, code=None, param=None):
    return json.dumps({"error": {"message": message, "type": kind, "code": code, "param": param}})


@pytest.mark.parametrize(
    ("name", "error", "beginning"),
    [
        (
            "refused-response-format",
            BadRequestError,
            (
                "The service does not take response_format (--response-format) here. It says: "
                "Setting `response_format` is not supported by openai, gpt-image-1."
            ),
        ),
        (
            "refused-unknown-model",
            NotFoundError,
            "The service does not know the model gpt-image-1.",
        ),
        (
            "refused-upstream-429",
            RateLimitError,
            (
                "The service takes no more requests for now. It says: "
                "Rate limit reached for gpt-image-1 … Please try again in 12s."
            ),
        ),
        (
            "refused-cooldown",
            RateLimitError,
            "The service has paused this model for a moment. It says: No deployments available",
        ),
        (
            "refused-moderation",
            ContentRefused,
            "The service's safety system refused this prompt (violence).",
        ),
        (
            "refused-moderation-1.80.10",
            ContentRefused,
            "The service's safety system refused this prompt (violence).",
        ),
        (
            "refused-budget",
            BudgetExceeded,
            (
                "The account, the key or its quota has no money left. It says: "
                "Budget has been exceeded! Current cost: 2.5, Max budget: 1.0."
            ),
        ),
        (
            "refused-budget-1.74.9",
            BudgetExceeded,
            "The account, the key or its quota has no money left.",
        ),
        (
            "failed-stream",
            InternalServerError,
            "The service failed (500). It says: 'str' object has no attribute 'model_dump'.",
        ),
    ],
)
def test_a_recorded_refusal_says_what_happened(name, error, beginning):
    recorded = transcript(name)
    found = read(recorded.status, recorded.content, headers=recorded.headers)
    assert type(found) is error
    assert found.message.startswith(beginning)
    assert found.charged == ("maybe" if recorded.status >= 500 else "no")
    assert found.advice
    assert found.request_id == "4f1c"
    assert found.status_code == recorded.status


OLD_SUFFIX = ". Received Model Group=M\nAvailable Model Group Fallbacks=None"
NEW_SUFFIX = "\n\nLiteLLM: model group 'M' failed with the error above. No fallback was attempted."
INVALID_MODEL = (
    "400: {'error': '/image/generations: Invalid model name passed in model=X. "
    "Call `/v1/models` to view available models for your key.'}"
)
POLICY = (
    "litellm.BadRequestError: litellm.ContentPolicyViolationError: ContentPolicyViolationError: "
    "OpenAIException - Your request was rejected"
)
SAFETY = "litellm.BadRequestError: OpenAIException - rejected by the safety system"
DEAD_KEY = "AuthenticationError: OpenAIException - Incorrect API key provided: sk-up***"
BAD_SIZE = "litellm.BadRequestError: OpenAIException - Invalid value: '7x7'. Supported: '1024x1024'"
NO_PARAM = "litellm.UnsupportedParamsError: Setting `style` is not supported by openai, M."
AZURE_FILTER = "litellm.BadRequestError: AzureException BadRequestError - " + json.dumps(
    {
        "error": {
            "message": "This prompt was filtered.",
            "inner_error": {
                "code": "ResponsibleAIPolicyViolation",
                "content_filter_results": {
                    "hate": {"filtered": False, "severity": "safe"},
                    "sexual": {"filtered": True, "severity": "high"},
                },
            },
        }
    }
)

# Source: the table of refusals as measured on LiteLLM 1.74.9 (old), 1.80.10 (mid) and 1.106.2
# (new): status, message, type, param, what it has to become.
OBSERVED = [
    ("no key, all", 401, "Authentication Error, No api key passed in.", "auth_error", None,
     AuthenticationError),
    ("wrong key, all", 401, "Authentication Error, Invalid proxy server token passed.",
     "token_not_found_in_db", "key", AuthenticationError),
    ("wrong key without a database, all", 400, "No connected db.", "no_db_connection", None,
     AuthenticationError),
    ("malformed key, old", 401, f"Malformed API Key passed in. Passed in: {KEY}", "auth_error",
     "None", AuthenticationError),
    ("expired, old and mid", 400, "Authentication Error - Expired Key.", "expired_key", "None",
     AuthenticationError),
    ("expired, new", 401, "Authentication Error - Expired Key.", "expired_key", None,
     AuthenticationError),
    ("not this model, old and mid", 401, "key not allowed to access model. This key can only",
     "key_model_access_denied", "model", PermissionDeniedError),
    ("not this model, new", 403, "The requested model 'X' is not available for this API key.",
     "key_model_access_denied", "model", PermissionDeniedError),
    ("unknown model, old and mid", 400, INVALID_MODEL, "None", "None", NotFoundError),
    ("unknown model, new", 400, INVALID_MODEL, "invalid_request_error", None, NotFoundError),
    ("budget, old and mid", 400, "Budget has been exceeded! Current cost: 2", "budget_exceeded",
     None, BudgetExceeded),
    ("budget, new", 422, "Budget has been exceeded! Current cost: 2", "budget_exceeded", None,
     BudgetExceeded),
    ("budget, new, by setting", 429, "ExceededBudget: User over budget", None, None,
     BudgetExceeded),
    ("limit, old", 429, "Crossed TPM / RPM / Max Parallel Request Limit", "None", "None",
     RateLimitError),
    ("limit, new", 429, ("Rate limit exceeded for api_key: x. Limit resets at: 2026-11-22 "
     "09:52:50 UTC"), "throttling_error", None, RateLimitError),
    ("upstream quota, old", 429, "RateLimitError: OpenAIException - You exceeded your current "
     "quota, please check your plan" + OLD_SUFFIX, "throttling_error", None, BudgetExceeded),
    ("upstream billing, old and mid", 400, "OpenAIException - Billing hard limit has been reached"
     + OLD_SUFFIX, None, None, BudgetExceeded),
    ("upstream billing, new", 400, "OpenAIException - Billing hard limit has been reached"
     + NEW_SUFFIX, "billing_limit_user_error", None, BudgetExceeded),
    ("content policy, old and mid", 400, POLICY + OLD_SUFFIX, None, None, ContentRefused),
    ("content policy, new", 400, POLICY + NEW_SUFFIX, "invalid_request_error", None,
     ContentRefused),
    ("moderation, old and mid", 400, SAFETY + OLD_SUFFIX, None, None, ContentRefused),
    ("moderation, new", 400, SAFETY + NEW_SUFFIX, "image_generation_user_error", None,
     ContentRefused),
    ("moderation told by its type", 400, "No.", "image_generation_user_error", None,
     ContentRefused),
    ("azure filter, new", 400, AZURE_FILTER + NEW_SUFFIX, "invalid_request_error", None,
     ContentRefused),
    ("bad size, old and mid", 400, BAD_SIZE + OLD_SUFFIX, None, None, BadRequestError),
    ("bad size, new", 400, BAD_SIZE + NEW_SUFFIX, "invalid_request_error", "size",
     BadRequestError),
    ("missing prompt, old and mid", 500, ("Router.aimage_generation() missing 1 required "
     "positional argument: 'prompt'"), "None", "None", InternalServerError),
    ("missing prompt, new", 400, "Missing required parameter", "invalid_request_error", "prompt",
     BadRequestError),
    ("unsupported, old and mid", 400, NO_PARAM + OLD_SUFFIX, None, None, BadRequestError),
    ("unsupported, new", 400, NO_PARAM + NEW_SUFFIX, "invalid_request_error", None,
     BadRequestError),
    ("unknown field, old", 500, "AsyncImages.generate() got an unexpected keyword argument 'seed'",
     None, None, InternalServerError),
    ("operator's key, old", 401, DEAD_KEY + OLD_SUFFIX, None, None, AuthenticationError),
    ("operator's key, new", 401, DEAD_KEY + NEW_SUFFIX, "authentication_error", None,
     AuthenticationError),
    ("not verified, old and mid", 400, ("OpenAIException - Your organization must be verified to "
     "use the model"), None, None, PermissionDeniedError),
    ("not verified, new", 403, ("OpenAIException - Your organization must be verified to use the "
     "model"), None, None, PermissionDeniedError),
    ("cooldown, new", 429, "No deployments available for selected model, Try again in 5 seconds.",
     "all_deployments_in_cooldown", None, RateLimitError),
    ("upstream 500, new", 500, "OpenAIException - The server had an error" + NEW_SUFFIX,
     "internal_server_error", None, InternalServerError),
    ("upstream timeout, new", 408, "litellm.Timeout: APITimeoutError - Request timed out.",
     "invalid_request_error", None, InternalServerError),
    ("upstream 502 as HTML, mid", 502, ("litellm.BadGatewayError: OpenAIException - <html>\r\n"
     "<head><title>502 Bad Gateway</title></head>"), None, None, InternalServerError),
    ("invalid JSON, all", 400, "Invalid JSON", "invalid_request_error", "request_body",
     BadRequestError),
]  # fmt: skip


@pytest.mark.parametrize(
    ("status", "message", "kind", "param", "error"),
    [row[1:] for row in OBSERVED],
    ids=[row[0] for row in OBSERVED],
)
def test_an_observed_refusal_becomes_its_error(status, message, kind, param, error):
    found = read(status, envelope(message, kind, str(status), param))
    assert type(found) is error
    assert found.charged == ("maybe" if status >= 500 or status == 408 else "no")
    first, *more = str(found).splitlines()
    assert first.endswith(".")
    assert 1 <= len(more) <= 2
    assert KEY not in str(found)
    for decoration in ("litellm", "OpenAIException", "Received Model Group", "No fallback"):
        assert decoration not in found.message


@pytest.mark.parametrize(
    ("status", "content", "error"),
    [
        (404, '{"detail":"Not Found"}', NotFoundError),
        (405, '{"detail":"Method Not Allowed"}', NotFoundError),
        (400, '{"detail":{"error":"Budget has been exceeded"}}', BudgetExceeded),
        (500, "Internal Server Error", InternalServerError),
        (500, b"", InternalServerError),
        (502, "<html><head><title>502 Bad Gateway</title></head></html>", InternalServerError),
        (401, '{"statusCode":401,"message":"Access denied"}', AuthenticationError),
        (403, '{"error":"forbidden"}', PermissionDeniedError),
        (404, envelope("The model `x` does not exist", None, "model_not_found"), NotFoundError),
        (404, '{"error":{"code":"DeploymentNotFound","message":"No."}}', NotFoundError),
        (402, b"", BudgetExceeded),
        (409, b"", APIStatusError),
        (413, b"", BadRequestError),
        (429, b"", RateLimitError),
        (418, b"", APIStatusError),
        (503, b"", InternalServerError),
        (524, b"", InternalServerError),
        (599, b"", InternalServerError),
        (600, b"", APIStatusError),
        (199, b"", APIStatusError),
    ],
)
def test_every_envelope_and_every_status_is_read(status, content, error):
    assert type(read(status, content)) is error


def test_a_status_phrase_adds_nothing_and_is_not_repeated():
    assert read(404, '{"detail":"Not Found"}').message == (
        "The service makes no pictures at this address."
    )
    assert read(502, "<html><title>502 Bad Gateway</title>").message == "The service failed (502)."


def test_an_html_page_is_its_title_or_an_html_page():
    titled = read(524, "<!DOCTYPE html><title>alfnrl.io | 524: A timeout &amp; more</title><p>x")
    assert titled.message.endswith("It says: alfnrl.io | 524: A timeout & more.")
    assert read(503, "<html><body>billing").message == (
        "The service failed (503). It answered with an HTML page."
    )


def test_a_list_of_wrong_fields_names_the_first_and_never_shows_the_input():
    content = json.dumps(
        {
            "detail": [
                {
                    "type": "missing",
                    "loc": ["body", "size"],
                    "msg": "Field required",
                    "input": {"prompt": "a safety system made of billing clerks"},
                }
            ]
        }
    )
    found = read(422, content)
    assert type(found) is BadRequestError
    assert found.message == (
        "The service does not accept size (--size) as it is. It says: Field required."
    )
    assert found.param == "size"


def test_an_error_nested_as_text_is_found():
    inner = {"error": {"message": "Refused.", "code": "moderation_blocked", "param": "prompt"}}
    found = read(
        400, envelope(f"BadRequestError: X - {json.dumps(inner)}{NEW_SUFFIX}", None, "400")
    )
    assert type(found) is ContentRefused
    assert found.code == "moderation_blocked"
    assert found.param == "prompt"


def test_an_error_nested_twice_is_found():
    inner = json.dumps({"error": {"message": "Your credit balance is too low", "type": "x"}})
    middle = json.dumps({"error": {"message": f"Upstream: {inner}"}})
    found = read(400, envelope(f"OpenAIException - {middle}"))
    assert type(found) is BudgetExceeded
    assert "Your credit balance is too low." in found.message


def test_an_error_nested_as_a_python_dict_is_found():
    text = (
        "OpenAIException - Error code: 400 - {'error': {'message': \"Invalid value: '7x7'.\", "
        "'type': 'invalid_request_error', 'param': 'size', 'code': 'invalid_value'}}"
    )
    found = read(400, envelope(text, None, "400"))
    assert found.message.endswith("It says: Invalid value: '7x7'.")
    assert found.param == "size"


def test_the_categories_of_a_refused_prompt_are_named():
    listed = read(400, envelope("rejected by the safety system safety_violations=[sexual, minors]"))
    assert listed.message == "The service's safety system refused this prompt (sexual, minors)."
    azure = read(400, envelope(AZURE_FILTER))
    assert azure.message == "The service's safety system refused this prompt (sexual)."


def test_a_bad_size_names_its_parameter_and_the_services_words():
    found = read(400, envelope(BAD_SIZE, "invalid_request_error", "400", "size"))
    assert found.param == "size"
    assert found.message == (
        "The service does not accept size (--size) as it is. "
        "It says: Invalid value: '7x7'. Supported: '1024x1024'."
    )


def test_an_unknown_field_is_named_and_to_be_left_out():
    found = read(400, envelope("Unknown parameter: 'seed'.", None, "unknown_parameter", "seed"))
    assert found.message.startswith("The service does not take seed here.")
    assert found.advice == "Leave it out."
    assert found.param == "seed"


def test_an_old_proxy_that_fails_on_an_unknown_field_names_it_too():
    found = read(500, envelope("generate() got an unexpected keyword argument 'seed'"))
    assert found.message.startswith("The service does not take seed here, and failed.")
    assert found.advice == "Leave it out. The request may have been charged."


@pytest.mark.parametrize(
    ("status", "message", "words"),
    [
        (401, "Authentication Error, No api key passed in.", "asks for a key and got none."),
        (401, "You didn't provide an API key.", "asks for a key and got none."),
        (409, "Busy", "collides with another one. It says: Busy."),
        (418, "Short and stout!", "refused the request (418). It says: Short and stout."),
        (777, "What?", "answered with an error (777). It says: What?."),
    ],
)
def test_the_message_says_what_kind_of_refusal_it_is(status, message, words):
    assert words in read(status, envelope(message)).message


def test_an_unknown_model_points_to_the_list_of_models():
    assert "%imagine models" in read(400, envelope(INVALID_MODEL)).advice
    assert "this model" in read(400, envelope(INVALID_MODEL), model=None).message


def test_the_users_key_is_shown_masked_where_the_error_is_about_it():
    found = read(401, envelope("nope"), key="sk-…9f2, from ALPHANEURAL_API_KEY")
    assert found.message == (
        "The service does not know this key (sk-…9f2, from ALPHANEURAL_API_KEY)."
    )


def test_the_operators_key_is_not_blamed_on_the_user():
    found = read(401, envelope(DEAD_KEY + NEW_SUFFIX, None, "401"), key="sk-…9f2")
    assert found.message == "The service's own key for its provider was refused, not yours."
    assert "9f2" not in str(found)


def test_openai_itself_does_mean_the_users_key():
    found = read(401, envelope("Incorrect API key provided: sk-a***b.", None, "invalid_api_key"))
    assert found.message == "The service does not know this key."


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_says_where_to_and_keeps_its_secrets(status):
    place = "https://user:secret@h.example:8443/gateway/v1/images/generations/?sig=hush"
    found = read(status, b"", headers={"LOCATION": place})
    assert type(found) is SettingsError
    assert found.message == (
        "The service's address redirects to https://h.example:8443/gateway/v1."
    )
    assert "base URL" in found.advice


@pytest.mark.parametrize("headers", [{}, {"location": "//[bad"}, {"location": ""}])
def test_a_redirect_to_nowhere_is_an_error_all_the_same(headers):
    assert read(307, b"", headers=headers).message == (
        "The service's address redirects to another one."
    )


def test_a_refusal_inside_a_success_is_told_by_its_code_and_may_have_been_charged():
    found = read(200, envelope("Slow down.", None, "429"))
    assert type(found) is RateLimitError
    assert (found.status_code, found.charged) == (200, "maybe")
    assert type(read(200, envelope("Boom."))) is APIStatusError


def test_an_endless_message_is_cut_quickly():
    started = time.monotonic()
    for unit in ("x", "Error: ", '{"', "\\", "filtered: {", " ", "safety_violations=["):
        found = read(400, envelope(unit * (3_000_000 // len(unit))))
        assert len(found.message) <= 300
    assert time.monotonic() - started < 15


@pytest.mark.parametrize("status", [200, 307, 400, 401, 403, 404, 408, 422, 429, 500, 503])
def test_an_echoed_key_never_reaches_an_error(status):
    nested = json.dumps({"error": {"message": f"nested {KEY}", "code": KEY, "param": KEY}})
    escaped = envelope("key s\\u006b" + KEY[2:]).replace("\\\\u", "\\u")
    for content in (
        envelope(f"Passed in: {KEY}", KEY, KEY, KEY),
        envelope(f"Exception - {nested}"),
        envelope(f"Setting `{KEY}` is not supported safety_violations=[{KEY}]"),
        escaped,
        envelope(f'safety system {{"{KEY}": {{"filtered": true}}}}'),
        envelope(f"unexpected keyword argument {KEY}"),
        "<html><title>" + KEY + "</title>",
        "x" * 280 + KEY,
        json.dumps({"detail": [{"loc": ["body", KEY], "msg": KEY, "type": KEY}]}),
    ):
        found = read(status, content, headers={"Location": f"https://h/{KEY}"}, model=f"m-{KEY}")
        shown = str(found) + repr(vars(found)) + repr(found.__reduce__())
        assert KEY not in shown
        assert KEY[:14] not in shown


def test_escape_sequences_and_direction_marks_do_not_pass():
    evil = "\x1b[31mred\x1b[0m\r\nSet-Cookie: x \u202egnp.exe \u2066<script>"
    found = read(400, envelope(evil, evil, evil, evil))
    for text in (found.message, found.code, found.kind, found.param):
        assert text.isprintable()
        assert "\x1b" not in text


def test_whatever_comes_becomes_one_of_our_errors():
    chance = random.Random(7)
    samples = [transcript(name).content for name in ("refused-moderation", "refused-budget")]
    samples += [envelope(AZURE_FILTER).encode(), b"<html><title>x</title>", b"[" * 5000]
    samples += [b'{"error":' * 1500, b'{"detail":[{"loc":[]}]}', b'{"error":{"message":{"a":1}}}']
    samples += [
        b'{"error":[null]}',
        b'"\\ud800"',
        b"9" * 5000,
        b"\xff\xfe",
        b'{"error":{"code":1e999}}',
    ]
    for _ in range(2500):
        content = bytearray(chance.choice(samples))
        for _ in range(chance.randrange(4)):
            place = chance.randrange(len(content) + 1)
            content[place : place + chance.randrange(3)] = chance.randbytes(chance.randrange(3))
        status = chance.choice((200, 302, 400, 401, 404, 429, 500, 999))
        found = read(status, bytes(content[: chance.choice((None, 20, 100))]))
        assert isinstance(found, AlphaNeuralError)
        assert 0 < len(found.message) <= 300
        assert found.message.endswith(".")
        assert found.message.isprintable()
