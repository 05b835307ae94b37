"""The sandbox's server: a real process, reached over HTTP and with the openai SDK."""

import base64
import io
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import openai
import pytest
from conftest import posix_only
from PIL import Image

ROOT = Path(__file__).parents[1]
COMMAND = [sys.executable, "-m", "alphaneural_nb.sandbox"]
DEADLINE = 10


class Server:
    """A sandbox process, its address and its key."""

    def __init__(self, process):
        self.process = process
        self.line = process.stdout.readline()
        self.announced = json.loads(self.line)
        self.root = self.announced["base_url"].removesuffix("/v1")
        self.key = self.announced["api_key"]

    def get(self, path, **headers):
        return self.send(urllib.request.Request(self.root + path, headers=headers))

    def post(self, path, body, **headers):
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = headers or {"Authorization": f"Bearer {self.key}"}
        return self.send(urllib.request.Request(self.root + path, content, headers))

    def send(self, request):
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), NoRedirect())
        try:
            with opener.open(request, timeout=DEADLINE) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.headers, error.read()

    def ledger(self):
        return json.loads(self.get("/ledger")[2])


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


@contextmanager
def running(*options):
    process = subprocess.Popen(
        [*COMMAND, "--lifeline", *options],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
    )
    try:
        yield Server(process)
    finally:
        process.stdin.close()
        process.wait(DEADLINE)
        process.stdout.close()


@pytest.fixture(scope="module")
def server():
    with running() as sandbox:
        yield sandbox


@pytest.fixture
def client(server, monkeypatch):
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    with openai.OpenAI(**server.announced, max_retries=0) as sdk:
        yield sdk


def until(state):
    """Return the first true value of `state`, or fail at the deadline."""
    deadline = time.monotonic() + DEADLINE
    while time.monotonic() < deadline:
        if value := state():
            return value
        time.sleep(0.01)
    pytest.fail("the state did not come")


def body(**fields):
    return {"model": "gpt-image-2", "prompt": "a tree"} | fields


def error_of(answer):
    return json.loads(answer[2])["error"]


def decoded(picture):
    with Image.open(io.BytesIO(base64.b64decode(picture.b64_json))) as image:
        image.load()
        return image


# Starting and ending


def test_it_announces_its_address_and_its_own_key_in_one_line():
    with running() as one, running() as two:
        assert set(one.announced) == {"base_url", "api_key"}
        assert one.key.startswith("sk-sandbox-")
        assert one.key != two.key
        one.get("/v1/nothing")
        one.process.stdin.close()
        assert one.process.stdout.read() == b""


def test_it_ends_at_once_when_its_standard_input_ends():
    with running() as sandbox:
        start = time.monotonic()
        sandbox.process.stdin.close()
        assert sandbox.process.wait(DEADLINE) == 0
        assert time.monotonic() - start < 2


def test_it_ends_when_its_parent_is_killed():
    code = (
        "import subprocess, sys; from subprocess import PIPE;"
        f"child = subprocess.Popen([*{COMMAND!r}, '--lifeline'], stdin=PIPE, stdout=PIPE);"
        "line = child.stdout.readline(); sys.stdout.buffer.write(line); sys.stdout.flush();"
        "child.wait()"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, cwd=ROOT)
    with parent:
        address = json.loads(parent.stdout.readline())["base_url"]
        parent.kill()
        killed = time.monotonic()
        until(lambda: not reachable(address))
        assert time.monotonic() - killed < 2


def reachable(address):
    try:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        opener.open(address.removesuffix("/v1") + "/ledger", timeout=1).close()
    except OSError:
        return False
    return True


def test_without_a_lifeline_it_outlives_its_standard_input():
    process = subprocess.Popen(COMMAND, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, cwd=ROOT)
    with process:
        sandbox = Server(process)
        assert sandbox.get("/ledger")[0] == 200
        process.terminate()


@posix_only
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_quietly(number):
    process = subprocess.Popen(COMMAND, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT)
    with process:
        Server(process)
        process.send_signal(number)
        assert process.wait(DEADLINE) == 0
        assert process.stderr.read() == b""


def test_a_port_in_use_is_one_plain_line():
    with running() as sandbox:
        port = sandbox.root.rpartition(":")[2]
        second = subprocess.run(
            [*COMMAND, "--port", port], capture_output=True, text=True, check=False, cwd=ROOT
        )
    assert second.returncode == 1
    assert second.stdout == ""
    assert port in second.stderr
    assert len(second.stderr.splitlines()) == 1


def test_a_port_that_cannot_exist_is_refused():
    started = subprocess.run(
        [*COMMAND, "--port", "70000"], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert started.returncode == 2
    assert "70000" in started.stderr


# With the SDK


def test_the_sdk_lists_the_models_with_a_mode_where_the_proxy_knows_one(client):
    modes = {model.id: getattr(model, "mode", None) for model in client.models.list()}
    assert modes["gpt-image-2"] == "image_generation"
    assert modes["dall-e-3"] is None
    assert modes["gpt-4o-mini"] == "chat"


def test_the_sdk_gets_pictures_inline_from_a_gpt_model(client):
    answer = client.images.generate(
        model="gpt-image-1", prompt="a red fox", n=2, size="1536x1024", quality="low"
    )
    assert [decoded(picture).size for picture in answer.data] == [(1536, 1024)] * 2
    assert answer.data[0].b64_json != answer.data[1].b64_json
    assert answer.data[0].url is None
    assert answer.data[0].revised_prompt is None
    assert (answer.size, answer.quality) == ("1536x1024", "low")
    assert (answer.background, answer.output_format) == ("opaque", "png")
    assert answer.usage.total_tokens == answer.usage.input_tokens + answer.usage.output_tokens > 0


@pytest.mark.parametrize("output_format", ["png", "jpeg", "webp"])
def test_the_sdk_gets_the_format_it_asks_for(client, output_format):
    answer = client.images.generate(
        model="gpt-image-2", prompt="a tree", output_format=output_format
    )
    assert decoded(answer.data[0]).format == output_format.upper()


def test_the_sdk_gets_a_transparent_picture(client):
    answer = client.images.generate(
        model="gpt-image-2", prompt="an apple", background="transparent"
    )
    assert decoded(answer.data[0]).mode == "RGBA"
    assert answer.background == "transparent"


def test_a_dall_e_3_picture_is_a_link_and_its_prompt_is_revised(client, server):
    answer = client.images.generate(model="dall-e-3", prompt="a red fox")
    (picture,) = answer.data
    assert picture.b64_json is None
    assert "a red fox" in picture.revised_prompt
    assert picture.revised_prompt != "a red fox"
    assert answer.usage.total_tokens == 0
    assert answer.size is None
    status, headers, content = server.get(picture.url.removeprefix(server.root))
    assert (status, headers["Content-Type"]) == (200, "image/png")
    assert content.startswith(b"\x89PNG")


def test_a_dall_e_picture_is_inline_when_asked(client):
    answer = client.images.generate(
        model="dall-e-2", prompt="a fox", size="256x256", n=2, response_format="b64_json"
    )
    assert [decoded(picture).size for picture in answer.data] == [(256, 256)] * 2


def test_flux_answers_with_links_only(client):
    answer = client.images.generate(model="flux-schnell", prompt="a fox")
    assert answer.data[0].url
    with pytest.raises(openai.BadRequestError, match="UnsupportedParamsError"):
        client.images.generate(model="flux-schnell", prompt="a fox", response_format="b64_json")


def test_a_wrong_key_is_an_authentication_error_in_the_openai_sdk(client):
    with pytest.raises(openai.AuthenticationError) as caught:
        client.with_options(api_key="sk-wrong").models.list()
    assert "sk-wrong" not in str(caught.value)


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"size": "1000x1000"}, "size"),
        ({"size": "3856x1280"}, "size"),
        ({"size": "512x512"}, "size"),
        ({"size": "3200x1024"}, "size"),
        ({"size": 7}, "size"),
        ({"model": "gpt-image-1", "size": "1024x1792"}, "size"),
        ({"model": "dall-e-3", "size": "auto"}, "size"),
        ({"quality": "hd"}, "quality"),
        ({"quality": ["low"]}, "quality"),
        ({"n": 0}, "n"),
        ({"n": 11}, "n"),
        ({"n": 1.5}, "n"),
        ({"n": True}, "n"),
        ({"model": "dall-e-3", "n": 2}, "n"),
        ({"prompt": ""}, "prompt"),
        ({"prompt": None}, "prompt"),
        ({"prompt": "x" * 32001}, "prompt"),
        ({"model": "dall-e-2", "prompt": "x" * 1001}, "prompt"),
        ({"background": "transparent", "output_format": "jpeg"}, "background"),
        ({"stream": True}, "stream"),
        ({"model": "gpt-4o-mini"}, "model"),
        ({"model": "no-such-model"}, None),
        ({"response_format": "url"}, None),
        ({"style": "vivid"}, None),
    ],
)
def test_a_value_the_model_does_not_take_is_a_bad_request(client, fields, param):
    with pytest.raises(openai.BadRequestError) as caught:
        client.post("/images/generations", body=body(**fields), cast_to=object)
    assert caught.value.param == param
    assert caught.value.code == "400"
    assert caught.value.type == "invalid_request_error"


def test_a_bad_size_is_answered_with_the_supported_ones(client):
    with pytest.raises(openai.BadRequestError, match="1024x1536"):
        client.images.generate(model="gpt-image-1", prompt="a fox", size="7x7")


def test_a_moderated_prompt_is_refused_as_the_service_does(client):
    with pytest.raises(openai.BadRequestError, match="safety_violations") as caught:
        client.images.generate(model="gpt-image-2", prompt="a fight [moderated]")
    assert caught.value.type == "image_generation_user_error"


def test_a_rate_limited_prompt_is_a_rate_limit_error_with_a_hint(client):
    for _ in range(2):
        with pytest.raises(openai.RateLimitError, match=r"try again in 1s") as caught:
            client.images.generate(model="gpt-image-2", prompt="a fox [rate-limited]")
        assert caught.value.type == "throttling_error"


def test_a_prompt_rate_limited_once_succeeds_the_second_time(client):
    prompt = "a fox [rate-limited once]"
    with pytest.raises(openai.RateLimitError):
        client.images.generate(model="gpt-image-2", prompt=prompt)
    assert client.images.generate(model="gpt-image-2", prompt=prompt).data


def test_a_broken_prompt_is_an_internal_server_error(client):
    with pytest.raises(openai.InternalServerError):
        client.images.generate(model="gpt-image-2", prompt="a fox [broken]")


def test_a_filtered_prompt_is_a_success_without_pictures(client):
    assert client.images.generate(model="gpt-image-2", prompt="a fox [filtered]").data == []


# Over HTTP


@pytest.mark.parametrize("path", ["/v1/images/generations", "/images/generations"])
def test_both_routes_make_pictures(server, path):
    status, headers, content = server.post(path, body())
    assert status == 200
    assert headers["x-litellm-response-cost"] == "0.0"
    assert "x-litellm-version" not in headers
    (picture,) = json.loads(content)["data"]
    assert set(picture) == {"b64_json", "url", "revised_prompt", "provider_specific_fields"}


@pytest.mark.parametrize("header", ["api-key", "x-api-key"])
def test_the_azure_style_route_takes_the_model_from_its_path(server, header):
    path = "/openai/deployments/gpt-image-1.5/images/generations?api-version=2025-04-01-preview"
    status, _, _ = server.post(path, body(model="dall-e-3"), **{header: server.key})
    assert status == 200
    assert server.ledger()["requests"][-1]["model"] == "gpt-image-1.5"


@pytest.mark.parametrize(
    ("headers", "words"),
    [
        ({"X-Nothing": "1"}, "No api key"),
        ({"Authorization": "Bearer sk-other"}, "Invalid proxy server token"),
        ({"Authorization": "Bearer "}, "No api key"),
        ({"api-key": "schlüssel"}, "Invalid proxy server token"),
    ],
)
def test_a_missing_or_wrong_key_gets_the_envelope(server, headers, words):
    answer = server.post("/v1/images/generations", body(), **headers)
    assert answer[0] == 401
    error = error_of(answer)
    assert words in error["message"]
    assert error["code"] == "401"
    assert "other" not in error["message"].replace("another", "")


@pytest.mark.parametrize("content", [b"{", b"[1]", b"\xff", b'"text"'])
def test_a_body_that_is_no_json_object_is_a_bad_request(server, content):
    answer = server.post("/v1/images/generations", content)
    assert answer[0] == 400
    assert error_of(answer)["param"] == "request_body"


def test_unknown_fields_and_nulls_are_accepted(server):
    fields = body(seed=7, foo={"bar": 1}, size=None, user="someone", response_format=None)
    assert server.post("/v1/images/generations", fields)[0] == 200


def test_the_call_id_of_the_client_is_echoed_and_otherwise_made(server):
    key = {"Authorization": f"Bearer {server.key}"}
    for path in ("/v1/models", "/v1/nothing"):
        assert server.get(path, **key, **{"x-litellm-call-id": "mine"})[1]["x-litellm-call-id"] == (
            "mine"
        )
        assert len(server.get(path, **key)[1]["x-litellm-call-id"]) == 36


def test_unknown_routes_slashes_and_methods_are_answered_as_the_proxy_does(server):
    assert server.get("/v1/v1/models")[::2] == (404, b'{"detail": "Not Found"}')
    assert server.get("/v1/images/generations")[::2] == (405, b'{"detail": "Method Not Allowed"}')
    status, headers, _ = server.post("/v1/images/generations/?a=1", body())
    assert status == 307
    assert headers["Location"] == f"{server.root}/v1/images/generations?a=1"


def test_a_link_works_until_it_expires_and_only_as_it_was_signed():
    with running("--url-life", "0.5") as sandbox:
        _, _, content = sandbox.post("/v1/images/generations", body(model="dall-e-2"))
        path = json.loads(content)["data"][0]["url"].removeprefix(sandbox.root)
        assert sandbox.get(path)[0] == 200
        name, _, query = path.partition("?")
        assert sandbox.get(f"{name}?{query}0")[0] == 403
        assert sandbox.get(name)[0] == 403
        status, _, content = until(
            lambda: (answer := sandbox.get(path))[0] == 403 and answer,
        )
        assert (status, content[:5]) == (403, b"<?xml")


def test_the_ledger_shows_what_was_asked_but_not_the_key(server):
    before = server.ledger()
    headers = {"Authorization": f"Bearer {server.key}", "Idempotency-Key": "once"}
    headers |= {"x-litellm-call-id": "this one"}
    server.post("/v1/images/generations", body(n=2), **headers)
    after = server.ledger()
    entry = after["requests"][-1]
    assert after["pictures"] == before["pictures"] + 2
    assert entry["path"] == "/v1/images/generations"
    assert (entry["model"], entry["n"], entry["prompt"]) == ("gpt-image-2", 2, "a tree")
    assert (entry["call_id"], entry["idempotency_key"]) == ("this one", "once")
    assert (entry["status"], entry["outcome"], entry["closed_at"]) == (200, "answered", None)
    assert entry["started"] <= entry["ended"] <= after["now"]
    assert server.key not in json.dumps(after)


def test_the_ledger_shows_at_once_that_a_client_went_away(client, server):
    before = server.ledger()
    with pytest.raises(openai.APITimeoutError):
        client.with_options(timeout=0.3).images.generate(
            model="gpt-image-2", prompt="a slow fox [slow 20]"
        )
    gone = time.monotonic()
    until(lambda: server.ledger()["closed"] == before["closed"] + 1)
    assert time.monotonic() - gone < 0.5
    after = server.ledger()
    entry = after["requests"][-1]
    assert (entry["outcome"], entry["status"]) == ("closed by client", None)
    assert entry["closed_at"] - entry["started"] < 5
    assert (after["open"], after["pictures"]) == (0, before["pictures"])


def test_the_delay_holds_an_answer_back_but_not_other_requests():
    with running("--delay", "0.4") as sandbox:
        start = time.monotonic()
        assert sandbox.get("/v1/models", **{"api-key": sandbox.key})[0] == 200
        assert time.monotonic() - start < 0.4
        sandbox.post("/v1/images/generations", body(model="dall-e-2"))
        assert time.monotonic() - start >= 0.4


def test_answers_are_given_while_pictures_are_painted(server):
    code = """
import sys, urllib.request as web
request = web.Request(sys.argv[1], sys.argv[2].encode(), {"api-key": sys.argv[3]})
web.build_opener(web.ProxyHandler({})).open(request).read()
"""
    fields = json.dumps(body(n=10, size="1536x1024"))
    arguments = [f"{server.root}/v1/images/generations", fields, server.key]
    with subprocess.Popen([sys.executable, "-c", code, *arguments]) as asking:
        until(lambda: server.ledger()["open"] == 1)
        start = time.monotonic()
        server.ledger()
        assert time.monotonic() - start < 0.5
    assert asking.returncode == 0
