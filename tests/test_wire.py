import base64
import json
import random
import time

import pytest
from transcripts import transcript

from alphaneural_nb.errors import (
    AlphaNeuralError,
    APIResponseError,
    BudgetExceeded,
    ContentRefused,
    NoImageReturned,
    SettingsError,
)
from alphaneural_nb.request import ImageRequest
from alphaneural_nb.service import wire
from alphaneural_nb.service.address import Address
from alphaneural_nb.service.headers import cost, request_id
from alphaneural_nb.service.listing import ModelRow, read_models
from alphaneural_nb.service.pictures import decode_base64
from alphaneural_nb.show import text as show_text

KEY = "sk-canary-5f4e3d2c1b0a99887766"


def clean(text, limit=300):
    return show_text.clean(show_text.clean(text, 40_000).replace(KEY, "[key]"), limit)


def read(answer, *, status=200, headers=None):
    content = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    return wire.read_answer(content, status, headers or {}, clean)


# -- Addresses


@pytest.mark.parametrize(
    ("written", "base_url"),
    [
        ("https://h", "https://h/v1"),
        ("https://h/", "https://h/v1"),
        ("https://h/v1", "https://h/v1"),
        ("https://h/v1/", "https://h/v1"),
        ("https://h//v1//", "https://h/v1"),
        ("HTTPS://H.Example/v1", "https://h.example/v1"),
        ("https://h:443", "https://h/v1"),
        ("http://h:80/v1", "http://h/v1"),
        ("https://h:8443", "https://h:8443/v1"),
        ("https://h/gateway", "https://h/gateway/v1"),
        ("https://h/api/v3", "https://h/api/v3"),
        ("https://h/v1beta/", "https://h/v1beta"),
        ("https://h/v1/images/generations", "https://h/v1"),
        ("https://h/v1/images/generations/", "https://h/v1"),
        ("https://h/images/generations", "https://h/v1"),
        ("https://h/openai/v1", "https://h/openai/v1"),
        ("https://h/v1?secret=x#top", "https://h/v1"),
        ("http://[::1]:8000", "http://[::1]:8000/v1"),
        ("https://bücher.example", "https://bücher.example/v1"),
        ("https://h/openai/deployments/d", "https://h/openai/deployments/d"),
        ("https://h/openai/deployments/{model}", "https://h/openai/deployments/{model}"),
    ],
)
def test_every_way_to_write_a_base_url_comes_to_one(written, base_url):
    assert Address.parse(written).base_url == base_url
    assert Address.parse(base_url).base_url == base_url


@pytest.mark.parametrize("written", ["https://h", "https://h/", "https://h/v1", "https://h/v1/"])
def test_the_requests_go_to_the_version_without_a_trailing_slash(written):
    address = Address.parse(written)
    assert address.generations("any/model") == "https://h/v1/images/generations"
    assert address.generations(None) == "https://h/v1/images/generations"
    assert address.models() == "https://h/v1/models"
    assert address.deployment is None
    assert address.origin == ("https", "h", 443)


def test_a_deployment_address_is_used_as_it_is():
    query = "?api-version=2025-04-01-preview"
    for suffix in ("", "/", "/images/generations"):
        address = Address.parse(f"https://h/x/openai/deployments/team%2Fpic{suffix}{query}")
        assert address.generations("other") == (
            f"https://h/x/openai/deployments/team%2Fpic/images/generations{query}"
        )
        assert address.deployment == "team/pic"
        assert address.models() is None
        assert "api-version" not in address.base_url + repr(address)
    assert Address.parse("https://h/openai/deployments/team/pic").deployment == "team/pic"


@pytest.mark.parametrize("place", ["{model}", "%7Bmodel%7D"])
def test_a_place_for_the_model_is_filled_with_it(place):
    address = Address.parse(f"https://h/openai/deployments/{place}?api-version=1")
    assert address.generations("team/my pic?#\\1\ud800") == (
        "https://h/openai/deployments/team%2Fmy%20pic%3F%23%5C1%3F/images/generations?api-version=1"
    )
    assert address.deployment is None
    assert address.models() is None
    with pytest.raises(SettingsError, match="place for the model"):
        address.generations(None)


@pytest.mark.parametrize(
    ("written", "loopback"),
    [
        ("http://localhost:4000", True),
        ("http://proxy.localhost", True),
        ("http://localhost.", True),
        ("http://127.0.0.1", True),
        ("http://127.8.9.1:80", True),
        ("http://[::1]", True),
        ("http://localhost.example.com", False),
        ("http://127.0.0.1.example.com", False),
        ("http://10.0.0.1", False),
        ("http://[::2]", False),
    ],
)
def test_this_computer_is_known(written, loopback):
    assert Address.parse(written).is_loopback is loopback


@pytest.mark.parametrize(
    "written",
    [
        "",
        "h",
        "h.example/v1",
        "ftp://h",
        "file:///etc/passwd",
        "https://",
        "https:///v1",
        "https://:443/v1",
        "https://h:99999",
        "https://h:0",
        "https://h:x",
        "https://[::1",
        "https://[nope]/v1",
        "https://user:hunter2@h/v1",
        "https://hunter2@h/v1",
        "user:hunter2@h",
        "https://h\\@hunter2.example",
        "https://h/v1 ",
        " https://h",
        "https://h/v1\n",
        "https://h\t/v1",
        "https://h\x00",
        "https://h\u202e/v1",
        "https://h\u00a0x",
        "https://a b",
        "https://h%00",
        f"{KEY}",
    ],
)
def test_what_is_no_base_url_is_told_and_never_repeated(written):
    with pytest.raises(SettingsError) as caught:
        Address.parse(written)
    shown = str(caught.value)
    assert "looks like https://" in shown
    assert caught.value.message.endswith(".")
    assert "hunter2" not in shown
    assert KEY not in shown


# -- A request


def test_a_request_holds_what_was_set_and_no_more():
    assert json.loads(wire.body(ImageRequest(prompt="a fox"), None)) == {"prompt": "a fox"}
    request = ImageRequest(
        prompt="a fox", n=2, size="1024x1024", param={"seed": 7, "foo": None, "bar": {"a": None}}
    )
    assert json.loads(wire.body(request, "m")) == {
        "model": "m",
        "prompt": "a fox",
        "n": 2,
        "size": "1024x1024",
        "seed": 7,
        "bar": {"a": None},
    }


def test_the_model_that_is_given_goes_before_the_requests_own():
    request = ImageRequest(prompt="a fox", model="own")
    assert json.loads(wire.body(request, "given"))["model"] == "given"
    assert json.loads(wire.body(request, None))["model"] == "own"


def test_a_prompt_is_sent_as_utf8_even_with_halves_of_characters():
    content = wire.body(ImageRequest(prompt="füchse 🦊 \ud83e\udd8a \ud800 ende"), None)
    assert json.loads(content.decode("utf-8"))["prompt"] == "füchse 🦊 🦊 \ufffd ende"


# -- base64


def test_base64_is_read_in_every_way_in_which_services_write_it():
    chance = random.Random(1)
    for _ in range(3000):
        expected = chance.randbytes(chance.randrange(1, 200))
        text = base64.b64encode(expected).decode()
        if chance.random() < 0.5:
            text = text.replace("+", "-").replace("/", "_")
        if chance.random() < 0.5:
            text = text.rstrip("=")
        if chance.random() < 0.5:
            step = chance.randrange(1, 80)
            pieces = [text[place : place + step] for place in range(0, len(text), step)]
            text = chance.choice(("\n", "\r\n", " ", "\t")).join(pieces)
        if chance.random() < 0.5:
            text = (
                chance.choice(("data:image/png;base64,", "DATA:;BASE64,", " data:a;b;base64,"))
                + text
            )
        assert decode_base64(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n",
        "data:image/png;base64,",
        "data:image/png,iVBO",
        "data:",
        "A",
        "AAAAA",
        "AA=A",
        "A===",
        "AA===",
        "AAAA=",
        "AAAA====",
        "====",
        "AA==AA==",
        "AA!A",
        "AA\x00A",
        "AAA\u00e9",
        "\uff21\uff21\uff21\uff21",
        "\ufeffAAAA",
        "\ud800",
        "<html>",
        "https://h/x.png",
    ],
)
def test_what_is_no_base64_is_refused(text):
    with pytest.raises(ValueError, match=r"base64|empty"):
        decode_base64(text)


def test_damaged_base64_never_gives_other_bytes_in_silence():
    chance = random.Random(2)
    for _ in range(3000):
        text = base64.b64encode(chance.randbytes(60)).decode()
        place = chance.randrange(len(text))
        bad = text[:place] + chance.choice("!@#$%^&*(){}\x00é\"'<>.,;:") + text[place:]
        with pytest.raises(ValueError, match="base64"):
            decode_base64(bad)


def test_a_large_picture_is_decoded_quickly():
    content = random.Random(3).randbytes(15_000_000)
    plain = base64.b64encode(content).decode()
    broken_up = "\n".join(plain[place : place + 76] for place in range(0, len(plain), 76))
    started = time.monotonic()
    assert decode_base64(plain) == content
    assert decode_base64("data:image/png;base64," + broken_up.rstrip("=")) == content
    assert time.monotonic() - started < 2


# -- An answer


def test_a_recorded_answer_gives_its_picture():
    recorded = transcript("success-gpt-image-1")
    found = wire.read_answer(recorded.content, recorded.status, recorded.headers, clean)
    (picture,) = found.pictures
    assert picture.content.startswith(b"\x89PNG")
    assert (picture.url, picture.problem, picture.raw) == (None, None, None)
    assert found.usage == {"input_tokens": 19, "output_tokens": 272, "total_tokens": 291}
    assert cost(recorded.headers) == 0.010975
    assert request_id(recorded.headers, "ours") == "e5a17221-0c3f-4b7e-9f3a-5d8c2b1a4e60"


def test_a_recorded_url_is_handed_on_and_zeros_are_unknown():
    recorded = transcript("success-dall-e-3-url")
    found = wire.read_answer(recorded.content, recorded.status, recorded.headers, clean)
    (picture,) = found.pictures
    assert picture.url.endswith("/img-0.png?st=2026-11-22&se=2026-11-23&sig=abc%3D")
    assert picture.revised_prompt == "A revised…"
    assert found.usage is None
    assert cost(recorded.headers) is None


@pytest.mark.parametrize("name", ["empty-gemini-safety-block", "empty-imagen-filtered"])
def test_a_recorded_success_without_a_picture_is_an_error(name):
    recorded = transcript(name)
    with pytest.raises(NoImageReturned, match="probably filtered") as caught:
        wire.read_answer(recorded.content, recorded.status, recorded.headers, clean)
    assert caught.value.charged == "maybe"
    assert caught.value.request_id.startswith("e5a17221")


@pytest.mark.parametrize(
    "data", [[], None, {}, [None], [{}, None], [{"b64_json": "", "url": None}]]
)
def test_an_answer_of_nothing_is_an_error_of_its_own(data):
    with pytest.raises(NoImageReturned):
        read({"data": data})


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b" \n ", "is empty"),
        (b"null", "not an object"),
        (b"[]", "not an object"),
        (b"17", "not an object"),
        (b'{"created": 1}', "no list of pictures"),
        (b'{"data": 7}', "no list of pictures"),
        (b'{"data": "x"}', "no list of pictures"),
        (b'{"data":[{"b64_json":"iVBOR', "breaks off in the middle"),
        (b"OK", "is not JSON"),
        (b"\x89PNG\r\n\x1a\n", "is not JSON"),
        (b'{"data":' * 100_000, "breaks off"),
        (b"[" * 100_000 + b"]" * 100_000, "is not JSON"),
        (b"<!DOCTYPE html><title>Sign in &amp; pay</title>", "web page .*: Sign in & pay[.]"),
        (b"<html><body>hello", "web page .*: an HTML page[.]"),
    ],
)
def test_an_unreadable_answer_says_how_and_may_have_been_charged(content, words):
    with pytest.raises(APIResponseError, match=words) as caught:
        read(content, headers={"x-litellm-call-id": f"call-{KEY}"})
    assert caught.value.charged == "maybe"
    assert caught.value.message.endswith(".")
    assert caught.value.request_id == "call-[key]"


def test_a_refusal_inside_a_success_is_a_refusal():
    with pytest.raises(BudgetExceeded) as caught:
        read({"error": {"message": f"Budget has been exceeded {KEY}", "code": "400"}})
    assert caught.value.charged == "maybe"
    assert KEY not in str(caught.value)
    with pytest.raises(ContentRefused):
        read({"data": [None], "error": {"message": "safety system"}})


def test_a_picture_beside_an_error_is_kept():
    assert read({"data": [{"b64_json": "QUJD"}], "error": {"message": "x"}}).pictures


def test_one_bad_item_does_not_take_the_others_with_it():
    found = read(
        {
            "data": [
                {"b64_json": "QUJD"},
                {"b64_json": "QUJ!"},
                {},
                {"b64_json": 17},
                {"url": "https://h/a.png"},
            ]
        }
    )
    first, broken, empty, wrong, linked = found.pictures
    assert first.content == b"ABC"
    assert "cannot be decoded" in broken.problem
    assert broken.raw == b"QUJ!"
    assert "filtered" in empty.problem
    assert empty.raw is None
    assert wrong.problem.endswith(".")
    assert wrong.raw == b"17"
    assert linked.url == "https://h/a.png"
    assert linked.problem is None


def test_an_answer_of_broken_items_alone_keeps_what_came():
    text = "QUJD" * 1_000_000 + "Q"
    (picture,) = read({"data": [{"b64_json": text}]}).pictures
    assert picture.content is None
    assert picture.raw == text.encode()


@pytest.mark.parametrize(
    ("item", "content", "url"),
    [
        ({"b64_json": "QUJD", "url": "https://h/a"}, b"ABC", None),
        ({"b64_json": None, "url": "https://h/a"}, None, "https://h/a"),
        ({"b64_json": "https://h/a"}, None, "https://h/a"),
        ({"b64_json": " HTTP://h/a "}, None, "HTTP://h/a"),
        ({"b64_json": "!!", "url": "https://h/a"}, None, "https://h/a"),
        ({"b64_json": "data:image/png;base64,QUJD"}, b"ABC", None),
        ({"url": "data:image/png;base64,QUJD"}, b"ABC", None),
        ("QUJD", b"ABC", None),
        ("https://h/a", None, "https://h/a"),
    ],
)
def test_a_picture_is_found_wherever_a_service_puts_it(item, content, url):
    (picture,) = read({"data": [item]}).pictures
    assert (picture.content, picture.url, picture.problem) == (content, url, None)


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "//h/a",
        "/a",
        "javascript:x",
        "https://h/a b",
        "https://",
        "https://h/\x00",
        "https://h/\ud800",
        "https://h/" + "a" * 9000,
        7,
        ["https://h"],
        True,
    ],
)
def test_an_address_that_nothing_can_be_fetched_from_is_a_problem(url):
    found = read({"data": [{"url": url}, {"b64_json": "QUJD"}]})
    bad = found.pictures[0]
    assert bad.url is None
    assert bad.problem.endswith(".")
    assert bad.raw


def test_damage_beside_a_picture_does_not_lose_it():
    content = (
        b'\xef\xbb\xbf{"created":' + b"9" * 5000 + b',"x":NaN,"data":[{"b64_json":"QU\nJD",'
        b'"revised_prompt":"caf\xe9 \\ud800"}],"usage":"none","size":{"w":1}}'
    )
    found = read(content)
    assert found.pictures[0].content == b"ABC"
    assert found.usage is None


def test_foreign_words_are_cleaned_and_long_prompts_kept():
    prompt = "a fox \x1b[31m\u202e" + "and a hen " * 1000 + KEY
    found = read({"data": [{"b64_json": "QUJD", "revised_prompt": prompt}]})
    revised = found.pictures[0].revised_prompt
    assert revised.startswith("a fox and a hen")
    assert revised.endswith("[key]")
    assert revised.isprintable()


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        ({"input_tokens": 1, "output_tokens": 2, "total_tokens": 3}, (1, 2, 3)),
        ({"input_tokens": 1, "output_tokens": 2}, (1, 2, 3)),
        ({"total_tokens": 5, "input_tokens": None}, (0, 0, 5)),
        ({"input_tokens": 0, "output_tokens": 0, "total_tokens": 0}, None),
        ({}, None),
        (None, None),
        ([1], None),
        ({"input_tokens": -1, "total_tokens": 3}, None),
        ({"input_tokens": "1", "total_tokens": 3}, None),
        ({"input_tokens": True, "total_tokens": 3}, None),
        ({"input_tokens": 1.5, "total_tokens": 3}, None),
        ({"total_tokens": 10**15}, None),
    ],
)
def test_usage_is_three_counts_or_unknown(usage, expected):
    found = read({"data": [{"b64_json": "QUJD"}], "usage": usage}).usage
    assert (tuple(found.values()) if found else None) == expected


def test_whatever_comes_is_an_answer_or_one_of_our_errors():
    chance = random.Random(11)
    samples = [
        transcript(name).content
        for name in ("success-gpt-image-1", "success-dall-e-3-url", "empty-imagen-filtered")
    ]
    samples += [b'{"data":[{"b64_json":[[[[]]]],"url":{"a":1}}]}', b'{"error":{"message":[1]}}']
    values = [b"null", b"[]", b"{}", b"true", b"-1", b"1e999", b'"\\ud800"', b"NaN", b'"x"']
    read_whole = 0
    for _ in range(5000):
        content = bytearray(chance.choice(samples))
        for _ in range(chance.randrange(3)):
            place = chance.randrange(len(content))
            put = chance.choice((chance.randbytes(chance.randrange(3)), chance.choice(values)))
            content[place : place + chance.randrange(5)] = put
        try:
            found = read(bytes(content[: chance.choice((None, None, 50, 200))]))
        except AlphaNeuralError as error:
            assert error.message.endswith(".")  # noqa: PT017 - either is right
        else:
            read_whole += 1
            for picture in found.pictures:
                assert (picture.problem is None) == bool(picture.content or picture.url)
    assert read_whole > 1000


# -- Beside the pictures


def test_the_recorded_list_of_models_is_read():
    assert read_models(transcript("models").content) == [
        ModelRow("gpt-image-1", "image_generation"),
        ModelRow("dall-e-3"),
        ModelRow("team/alias-no-info"),
    ]


def test_odd_rows_are_left_out_and_order_is_kept():
    rows = [{"id": "b"}, {"id": "a", "mode": 7}, {"id": "b", "mode": "chat"}, {"id": 3}, {"id": ""}]
    rows += [None, "c", {"id": "x\x1b[0m"}, {"id": "y" * 400}, {"name": "z"}]
    expected = [ModelRow("b"), ModelRow("a")]
    assert read_models(json.dumps({"data": rows}).encode()) == expected
    assert read_models(json.dumps(rows).encode()) == expected
    assert read_models(b'{"data":[]}') == []


@pytest.mark.parametrize(
    "content", [b"", b"null", b"{}", b"<html>", b'{"data":{}}', b"\xff", b"[" * 100_000]
)
def test_an_unreadable_list_of_models_is_an_error(content):
    with pytest.raises(APIResponseError, match="list of models cannot be read"):
        read_models(content)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"X-LiteLLM-Call-Id": "a", "x-request-id": "b"}, "a"),
        ({"x-alphaneural-call-id": "a"}, "a"),
        ({"x-request-id": "b"}, "b"),
        ({"apim-request-id": "c"}, "c"),
        ({"x-litellm-call-id": " \x1b\u202e", "x-request-id": "b"}, "b"),
        ({"x-litellm-call-id": "a b\x00c" + "d" * 100}, "abc" + "d" * 77),
        ({}, "ours"),
    ],
)
def test_the_id_is_the_services_else_ours(headers, expected):
    assert request_id(headers, "ours") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("0.0419", 0.0419), ("1e-05", 1e-05), ("0", 0.0)]
    + [(text, None) for text in ("", "nan", "inf", "-1", "free", "None", "1e999")],
)
def test_the_cost_is_a_number_of_dollars_or_unknown(text, expected):
    assert cost({"X-LiteLLM-Response-Cost": text}) == expected
    assert cost({}) is None
