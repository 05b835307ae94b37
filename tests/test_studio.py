"""From a request to a generation: models, accounts, processes, interrupts, deadlines, disks."""

import asyncio
import hashlib
import json
import os
import signal
import subprocess
import sys
import textwrap
import time
import urllib.error
import urllib.request
import zlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from conftest import posix_only, until
from fault_server import (
    MODEL,
    FaultServer,
    answers,
    b64,
    draws,
    hangs,
    http,
    images,
    late,
    leaves,
    lists,
    picture,
    raw,
    says,
)

from alphaneural_nb.errors import AlphaNeuralError, LibraryError, SettingsError
from alphaneural_nb.request import ImageRequest
from alphaneural_nb.service.loop import background_loop
from alphaneural_nb.settings import Settings
from alphaneural_nb.studio import Studio

KEY = "sk-studio-Kp4Wd8Ym2Qz6"
FOX = ImageRequest(prompt="a fox")


def account(server: FaultServer, tmp_path: Path, **more) -> Studio:
    given = {"api_key": KEY, "base_url": server.base_url, "model": MODEL, "home": tmp_path / "home"}
    return Studio(Settings.resolve({**given, **more}))


def files(home: Path, pattern: str) -> list[dict]:
    return [json.loads(path.read_bytes()) for path in sorted(home.glob(pattern))]


def intents(home: Path) -> list[dict]:
    return files(home, "intents/[!.]*.json")  # no temporary file that is about to be renamed


def records(home: Path) -> list[dict]:
    return files(home, "generations/*/*/*")


# Which model.


def test_the_first_model_of_the_catalogues_order_is_taken_and_the_list_is_kept(tmp_path):
    models = lists("gpt-4o", "dall-e-2", "gpt-image-2", "text-embedding-3-small")
    with FaultServer([draws()], models=models) as server:
        studio = account(server, tmp_path, model=None)
        assert studio.imagine(FOX, 5).model == "gpt-image-2"
        assert studio.imagine(FOX, 5).model == "gpt-image-2"
        assert studio.models() == studio.known_models() == ["dall-e-2", "gpt-image-2"]
    assert [asked.json["model"] for asked in server.requests] == ["gpt-image-2"] * 2
    assert len(server.lists) == 1
    assert server.lists[0].headers["authorization"] == f"Bearer {KEY}"


def test_a_model_that_is_named_needs_no_list(tmp_path):
    with FaultServer([draws()]) as server:
        account(server, tmp_path).imagine(ImageRequest(prompt="a fox", model="own/one"), 5)
    assert server.requests[0].json["model"] == "own/one"
    assert server.lists == []


def test_a_list_without_a_known_image_model_names_the_candidates(tmp_path):
    models = lists("gpt-4o", "house/painter")
    with (
        FaultServer([draws()], models=models) as server,
        pytest.raises(SettingsError, match="house/painter"),
    ):
        account(server, tmp_path, model=None).imagine(FOX, 5)
    assert server.requests == []


@pytest.mark.parametrize(
    "fault",
    [
        says("404 Not Found", "Not Found"),
        says("500 Oops", "boom"),
        says("429 Slow", "too many"),
        answers(b"<html><title>Hotel</title></html>"),
        answers(b'{"data": "none"}'),
        raw(then="reset"),
        raw(http(b"", length=10**10)),
        hangs(),
    ],
    ids=["404", "500", "429", "html", "no-list", "reset", "huge", "hangs"],
)
def test_a_list_that_fails_costs_nothing_and_says_what_to_do(fault, tmp_path):
    with FaultServer([draws()], models=fault) as server:
        started = time.monotonic()
        with pytest.raises(AlphaNeuralError) as caught:
            account(server, tmp_path, model=None).imagine(FOX, 0.5)
        assert time.monotonic() - started < 1.5
    assert caught.value.charged == "no"
    assert "may have been charged" not in str(caught.value)
    assert "-m ID" in str(caught.value), str(caught.value)
    assert "model" in str(caught.value)
    assert server.requests == []
    assert not (tmp_path / "home").exists()


def test_a_key_that_is_refused_for_the_list_is_told_as_such(tmp_path):
    with (
        FaultServer([draws()], models=says("401 No", f"Bad key {KEY}")) as server,
        pytest.raises(AlphaNeuralError, match="key") as caught,
    ):
        account(server, tmp_path, model=None).imagine(FOX, 5)
    assert KEY not in str(caught.value)
    assert server.requests == []


# Accounts.


def test_two_accounts_mix_neither_keys_nor_libraries(tmp_path):
    with FaultServer([draws()]) as one, FaultServer([draws(2)]) as two:
        first = account(one, tmp_path / "1", api_key="sk-first-123456789")
        second = account(two, tmp_path / "2", api_key="sk-second-123456789")
        jobs = [studio.submit(FOX, 5) for studio in (first, second) * 4]
        for job in jobs:
            job.wait()
    keys = [{asked.headers["authorization"] for asked in server.requests} for server in (one, two)]
    assert keys == [{"Bearer sk-first-123456789"}, {"Bearer sk-second-123456789"}]
    for server, folder, each in ((one, "1", 1), (two, "2", 2)):
        home = tmp_path / folder / "home"
        sent = {asked.headers["idempotency-key"] for asked in server.requests}
        assert {record["id"] for record in records(home)} == sent
        assert {len(record["images"]) for record in records(home)} == {each}
        assert intents(home) == []


# Child processes, as a user's Python is one.


def start(code: str, stdin: int = subprocess.DEVNULL, **environment: str) -> subprocess.Popen:
    """Start a Python that complains about whatever is not closed."""
    return subprocess.Popen(
        [sys.executable, "-W", "default", "-c", textwrap.dedent(code)],
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | environment,
        text=True,
    )


def run(code: str, seconds: float = 20, **environment: str) -> list[str]:
    """Run Python code that must leave its standard error empty, and return what it prints."""
    with start(code, **environment) as process:
        try:
            output, errors = process.communicate(timeout=seconds)
        finally:
            process.kill()
    assert errors == ""
    assert process.returncode == 0
    return output.splitlines()


def of(server: FaultServer) -> dict[str, str]:
    return {
        "ALPHANEURAL_BASE_URL": server.base_url,
        "ALPHANEURAL_API_KEY": KEY,
        "ALPHANEURAL_IMAGE_MODEL": MODEL,
    }


def answering(base_url: str) -> bool:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        opener.open(f"{base_url}/models", timeout=1).close()
    except urllib.error.HTTPError:
        return True  # it asks for the key
    except OSError:
        return False
    return True


def test_settings_take_effect_on_the_next_call():
    code = """
    import os
    from alphaneural_nb import configure, imagine

    imagine("one")
    configure(api_key="sk-configured-123456", model="dall-e-2")
    imagine("two")
    os.environ["ALPHANEURAL_BASE_URL"] = os.environ["OTHER"]
    imagine("three")
    try:
        configure(model="dall-e-3", timeout=-1)
    except Exception as error:
        print(type(error).__name__)
    imagine("four")
    configure(base_url=os.environ["FIRST"])
    imagine("five")
    """
    with FaultServer([draws()]) as first, FaultServer([draws()]) as other:
        printed = run(code, **of(first), FIRST=first.base_url, OTHER=other.base_url)
    assert printed == ["SettingsError"]
    asked = {one.json["prompt"]: one for one in [*first.requests, *other.requests]}
    assert [one.json["prompt"] for one in first.requests] == ["one", "two", "five"]
    assert [one.json["prompt"] for one in other.requests] == ["three", "four"]
    assert asked["one"].headers["authorization"] == f"Bearer {KEY}"
    assert asked["two"].headers["authorization"] == "Bearer sk-configured-123456"
    assert {asked[name].json["model"] for name in ("two", "three", "four")} == {"dall-e-2"}


def test_none_takes_a_setting_back_to_the_environment_and_to_its_default():
    code = """
    import os, sys
    from alphaneural_nb import configure
    from alphaneural_nb.account import studio
    from alphaneural_nb.settings import ENVIRONMENT

    def value(name):
        found = getattr(studio().settings, name)
        return found.reveal() if name == "api_key" and found else found

    given = {
        "api_key": ("sk-argument-123456", "sk-environment-123456"),
        "base_url": ("https://argument.example/v1", "https://environment.example/v1"),
        "model": ("argument", "environment"),
        "home": (os.path.abspath("argument"), os.path.abspath("environment")),
        "trusted_hosts": (["argument.example"], "environment.example"),
        "timeout": (12.0, None),
        "inline": ("original", None),
    }
    wrong = []
    for name, (argument, environment) in given.items():
        def expect(what, expected):
            found = value(name)
            same = list(found) == expected if name == "trusted_hosts" else (
                str(found) == str(expected))
            if not same:
                wrong.append((name, what, found, expected))
        os.environ.pop(ENVIRONMENT.get(name, ""), None)
        first = list(value(name)) if name == "trusted_hosts" else value(name)
        default = first
        configure(**{name: argument})
        expect("argument over default", argument)
        configure()
        expect("nothing named", argument)
        configure(**{name: None})
        expect("back to default", default)
        if environment is None:
            continue
        os.environ[ENVIRONMENT[name]] = environment
        of_environment = [environment] if name == "trusted_hosts" else environment
        expect("environment over default", of_environment)
        configure(**{name: argument})
        expect("argument over environment", argument)
        configure(**{name: None})
        expect("back to environment", of_environment)
        del os.environ[ENVIRONMENT[name]]
        expect("default again", default)
    print(wrong)
    """
    assert run(code) == ["[]"]


def test_a_base_url_that_is_taken_back_leaves_the_next_call_to_the_environment():
    code = """
    import os
    from alphaneural_nb import configure, imagine

    imagine("one")
    configure(base_url=os.environ["OTHER"])
    imagine("two")
    configure(base_url=None)
    imagine("three")
    """
    with FaultServer([draws()]) as first, FaultServer([draws()]) as other:
        assert run(code, **of(first), OTHER=other.base_url) == []
    assert [one.json["prompt"] for one in first.requests] == ["one", "three"]
    assert [one.json["prompt"] for one in other.requests] == ["two"]


def test_with_nothing_set_one_sandbox_draws_for_all_calls_and_ends_with_the_process():
    code = """
    import sys
    from alphaneural_nb import imagine

    places = set()
    for prompt in ("a fox", "a kettle", "a boat"):
        generation = imagine(prompt)
        assert generation.sandbox, generation
        places.add(generation.base_url)
    print(*places, flush=True)
    sys.stdin.readline()
    """
    with start(code, stdin=subprocess.PIPE) as process:
        [place] = process.stdout.readline().split()
        assert answering(place)
        _, errors = process.communicate("end\n", timeout=10)
    assert errors == ""
    until(lambda: not answering(place))


CHILDREN = """
import gc, subprocess
def children():
    every = [one for one in gc.get_objects() if isinstance(one, subprocess.Popen)]
    return [one for one in every if one.poll() is None]
"""


def test_a_sandbox_that_is_gone_is_started_again():
    code = """
    from alphaneural_nb import imagine

    imagine("a fox")
    [sandbox] = children()
    sandbox.kill()
    sandbox.wait()
    print(len(imagine("a fox")), len(children()))
    """
    assert run(CHILDREN + textwrap.dedent(code)) == ["1 1"]


def test_a_sandbox_that_does_not_start_is_an_error_and_leaves_no_process(tmp_path):
    broken = tmp_path / "sitecustomize.py"
    broken.write_text("import sys\nif '--lifeline' in sys.orig_argv: sys.exit('broken')\n")
    code = """
    from alphaneural_nb import imagine

    try:
        imagine("a fox")
    except Exception as error:
        print(type(error).__name__, error.charged, children())
    """
    printed = run(CHILDREN + textwrap.dedent(code), PYTHONPATH=str(tmp_path))
    assert printed == ["APIConnectionError no []"]


@posix_only
def test_a_forked_child_imagines_by_itself():
    code = """
    import os, sys, warnings
    from alphaneural_nb import imagine

    parents = imagine("a fox").base_url
    warnings.simplefilter("ignore", DeprecationWarning)  # of forking with threads
    child = os.fork()
    if not child:
        boat = imagine("a boat")
        assert len(boat) == 1
        assert boat.base_url != parents
        sys.stdout.write(f"{boat.base_url}\\n")
        sys.exit()
    assert os.waitpid(child, 0)[1] == 0
    assert imagine("a kettle").base_url == parents
    print(parents)
    """
    places = run(code)
    assert len(places) == 2
    for place in places:
        until(lambda place=place: not answering(place))


@posix_only
def test_a_forked_child_asks_a_service_over_connections_of_its_own():
    code = """
    import os, sys, warnings
    from alphaneural_nb import imagine

    assert len(imagine("before")) == 1
    warnings.simplefilter("ignore", DeprecationWarning)
    child = os.fork()
    assert len(imagine("after")) == 1
    if child:
        assert os.waitpid(child, 0)[1] == 0
    """
    with FaultServer([draws()]) as server:
        assert run(code, **of(server)) == []
    assert len({asked.headers["idempotency-key"] for asked in server.requests}) == 3


def test_eight_threads_at_once_share_one_sandbox():
    code = """
    import threading
    from alphaneural_nb import imagine

    found = []
    draw = lambda k: found.append(imagine(f"{k} foxes"))
    threads = [threading.Thread(target=draw, args=(k,)) for k in range(8)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
    print(*(len({getattr(one, name) for one in found}) for name in ("id", "base_url")))
    """
    assert run(code) == ["8 1"]


# What a service says of money, and what it echoes.


@pytest.mark.parametrize("status", ["503 Busy", "429 Slow"])
def test_a_wait_that_a_gone_service_asked_for_cost_nothing(tmp_path, status):
    busy = leaves(says(status, "later", "Retry-After: 0.2", "Connection: close"))
    with FaultServer([busy]) as server, pytest.raises(AlphaNeuralError) as caught:
        account(server, tmp_path).imagine(FOX, 10)
    assert len(server.requests) == 1
    assert caught.value.charged == "no"
    assert caught.value.charged == "no"
    assert "may have been charged" not in str(caught.value)
    assert intents(tmp_path / "home") == []


ECHOES = {
    "page": f"<html>Hotel for {KEY}</html>".encode(),
    "page in base64": f"<html>Hotel {b64(KEY.encode())}</html>".encode(),
    "cut JSON": f'{{"data": [{{"b64_json": "Hotel {KEY}'.encode(),
    "its prompt": images({"b64_json": b64(picture()), "revised_prompt": f"Hotel {KEY}"}),
}


@pytest.mark.parametrize("body", ECHOES.values(), ids=ECHOES)
def test_a_key_that_the_service_echoes_is_in_no_file_of_the_library(tmp_path, body):
    with FaultServer([answers(body, charge=1)]) as server, suppress(AlphaNeuralError):
        account(server, tmp_path).imagine(FOX, 5)
    kept = [path.read_bytes() for path in (tmp_path / "home").rglob("*") if path.is_file()]
    assert any(b"Hotel" in content for content in kept)
    for form in (KEY.encode(), b64(KEY.encode()).rstrip("=").encode(), KEY[:16].encode()):
        assert not [content for content in kept if form in content]


# Pictures that are none.


def chunk(kind: bytes, data: bytes = b"") -> bytes:
    return len(data).to_bytes(4) + kind + data + zlib.crc32(kind + data).to_bytes(4)


def test_a_picture_that_breaks_the_decoder_is_a_problem_beside_the_good_ones(tmp_path):
    # Pillow raises an IndexError for a colour profile without a byte.
    odd = picture(2)[:-12] + chunk(b"iCCP") + picture(2)[-12:]
    body = images(picture(0), odd, picture(1))
    with FaultServer([answers(body, charge=3)]) as server:
        generation = account(server, tmp_path).imagine(ImageRequest(prompt="a fox", n=3), 5)
    assert [item.path.read_bytes() for item in generation.items] == [picture(0), picture(1)]
    assert [image.size for image in generation] == [(24, 24)] * 2
    [problem] = generation.problems
    assert problem.index == 1
    assert problem.path.read_bytes() == odd
    assert "not a whole picture" in str(problem)
    [record] = records(tmp_path / "home")
    assert (len(record["images"]), len(record["problems"])) == (2, 1)
    assert intents(tmp_path / "home") == []


# Event loops.


def test_it_works_inside_a_running_loop(in_sandbox):
    from alphaneural_nb import aimagine, imagine

    async def main():
        here = await aimagine("a fox")
        there = await asyncio.to_thread(imagine, "a fox")
        blocking = imagine("a fox")
        several = await asyncio.gather(*(aimagine("a fox") for _ in range(4)))
        return [len(one) for one in (here, there, blocking, *several)]

    assert asyncio.run(main()) == [1] * 7


def test_imagine_on_the_loops_own_thread_raises_instead_of_waiting_for_ever(tmp_path):
    with FaultServer([draws()]) as server:
        studio = account(server, tmp_path)

        async def wrong():
            studio.imagine(FOX, 5)

        with pytest.raises(RuntimeError, match="await it"):
            background_loop().submit(wrong()).result(5)
    assert server.requests == []


# Interrupts.


def test_cancelling_aimagine_closes_the_connection(tmp_path):
    with FaultServer([hangs(charge=1)]) as server:
        studio = account(server, tmp_path)

        async def main():
            task = asyncio.create_task(studio.aimagine(FOX, 30))
            await asyncio.to_thread(until, lambda: server.requests)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            return time.monotonic()

        cancelled = asyncio.run(main())
        until(lambda: server.left_at)
    assert server.left_at[0] - cancelled < 0.5
    [intent] = until(lambda: [one for one in intents(tmp_path / "home") if "reason" in one])
    assert intent["state"] == "may have been charged"


def test_cancelling_in_the_sandbox_stops_the_painting(slow_sandbox, monkeypatch):
    from alphaneural_nb import aimagine

    for name, value in slow_sandbox.environment.items():
        monkeypatch.setenv(name, value)

    def closed():
        return [one for one in slow_sandbox.ledger()["requests"] if one["closed_at"]]

    async def main():
        await asyncio.wait_for(aimagine("a fox", model=MODEL), 0.5)

    with pytest.raises(TimeoutError):
        asyncio.run(main())
    until(closed, 0.5)
    assert slow_sandbox.ledger()["pictures"] == 0


@posix_only
def test_an_interrupt_closes_the_connection_and_says_what_may_have_been_charged(tmp_path):
    code = """
    from alphaneural_nb import imagine

    try:
        imagine("a fox")
    except KeyboardInterrupt as error:
        print(type(error).__name__, error)
    """
    with FaultServer([hangs(charge=1)]) as server, start(code, **of(server)) as process:
        until(lambda: server.requests, 10)
        interrupted = time.monotonic()
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=5)
        until(lambda: server.left_at)
    assert server.left_at[0] - interrupted < 0.5
    assert output.startswith("Interrupted stopped after")
    assert "may have been charged" in output
    assert errors == ""
    [intent] = intents(tmp_path / "library")
    assert intent["state"] == "may have been charged"
    assert intent["id"] == server.requests[0].headers["idempotency-key"]
    assert intent["id"] in output


WHOLE = 0.05
"""Seconds after the last byte in which a process has surely read it."""


@dataclass
class InterruptingServer(FaultServer):
    """Answers each request with the same body, and interrupts the client at moments around it.

    A moment is a number of seconds after the last byte; or, negative, the part of the body that
    is held back, -1 being all of it.
    """

    moments: Sequence[float] = ()
    process: subprocess.Popen | None = None
    whole: dict[str, float] = field(default_factory=dict)

    def plays(self, body: bytes) -> list:
        return [self._interrupts(body, moment) for moment in self.moments]

    def _interrupts(self, body: bytes, moment: float):
        def play(line):
            line.charge()
            line.send(body[: len(body) + int(min(moment, 0) * len(body))])
            sent = time.monotonic()
            line.stall(max(moment, 0.02))
            self.process.send_signal(signal.SIGINT)
            if moment >= 0:
                name = line.asked.headers["idempotency-key"]
                self.whole[name] = time.monotonic() - sent
            line.until_gone()

        return play


@posix_only
@pytest.mark.parametrize(
    ("side", "n", "moments"),
    [
        (150, 2, [-1, -0.9, -0.5, -0.01, 0, 0.002, 0.004, 0.008, 0.016, *[0.03, 0.06, 0.1] * 3]),
        # 24 MB of pictures take about half a second to be read, decoded and written.
        (1414, 4, [-1, -0.5, -0.01, 0.01, *(0.05 * k for k in range(1, 13))]),
    ],
    ids=["small", "large"],
)
def test_an_interrupt_at_any_moment_loses_no_picture(tmp_path, side, n, moments):
    code = f"""
    import sys, time
    from alphaneural_nb import imagine

    outcomes = []
    for k in range({len(moments)}):
        outcome = ""
        try:
            imagine(f"fox {{k}}", n={n})
            outcome = "drawn"
            time.sleep(30)
        except KeyboardInterrupt as error:
            outcome = outcome or type(error).__name__
        outcomes.append(outcome)
    print(*outcomes)
    """
    body = http(images(*(picture(k, side) for k in range(n))))
    with InterruptingServer([], moments=moments) as server:
        server.script = server.plays(body)
        with start(code, **of(server)) as server.process:
            try:
                output, errors = server.process.communicate(timeout=60)
            finally:
                server.process.kill()
    assert errors == ""
    assert len(output.split()) == len(moments)
    assert {"Interrupted", "drawn"} == set(output.split()), output
    home = tmp_path / "library"
    recorded = {one["id"] for one in records(home)}
    doubted = {one["id"] for one in intents(home) if one["state"] == "may have been charged"}
    assert {asked.headers["idempotency-key"] for asked in server.requests} == recorded | doubted
    assert recorded.isdisjoint(doubted)
    arrived = {name for name, seconds in server.whole.items() if seconds >= WHOLE}
    assert len(arrived) == sum(moment >= WHOLE for moment in moments)
    assert arrived - recorded == set()
    check_files(home, n)


def check_files(home: Path, n: int) -> None:
    """Every file is whole: no temporary one, and each picture is what its name says."""
    assert [path for path in home.rglob(".*") if path.is_file()] == []
    for path in home.glob("images/*/*"):
        assert hashlib.sha256(path.read_bytes()).hexdigest() == path.stem
    for record in records(home):
        assert [(home / image["file"]).is_file() for image in record["images"]] == [True] * n


def test_the_process_ends_at_once_and_quietly_with_a_request_in_flight(tmp_path):
    code = """
    from alphaneural_nb.account import studio
    from alphaneural_nb.request import ImageRequest
    import time

    job = studio().submit(ImageRequest(prompt="a fox"))
    while not job.progress.sent:
        time.sleep(0.01)
    print(flush=True)
    """
    with FaultServer([hangs(charge=1)]) as server, start(code, **of(server)) as process:
        process.stdout.readline()
        leaving = time.monotonic()
        _, errors = process.communicate(timeout=10)
        assert time.monotonic() - leaving < 2
    assert errors == ""
    assert process.returncode == 0
    [intent] = intents(tmp_path / "library")
    assert intent["state"] == "may have been charged"


def test_a_kill_leaves_the_note_of_what_was_asked(tmp_path):
    code = """
    from alphaneural_nb import imagine

    imagine("a fox")
    """
    with FaultServer([hangs(charge=1)]) as server, start(code, **of(server)) as process:
        until(lambda: server.requests, 10)
        process.kill()
        process.communicate()
    [intent] = intents(tmp_path / "library")
    assert intent["id"] == server.requests[0].headers["idempotency-key"]
    assert intent["state"] == "sent, not yet answered"


# Deadlines and disks.


def linked(*names: str):
    def play(line):
        links = [{"url": f"{line.server.root}/files/{name}?sig=s"} for name in names]
        answers(images(picture(), *links), charge=1 + len(names))(line)

    return play


def test_the_deadline_ends_downloads_and_what_came_is_returned(tmp_path):
    files = {"a": [answers(picture(1))], "b": [hangs()], "c": [late(60, draws())]}
    with FaultServer([linked("a", "b", "c")], files=files) as server:
        started = time.monotonic()
        generation = account(server, tmp_path).imagine(ImageRequest(prompt="a fox", n=4), 1)
        assert time.monotonic() - started < 3
        missing = [f"{server.root}/files/{name}?sig=s" for name in "bc"]
    assert [item.path.read_bytes() for item in generation.items] == [picture(0), picture(1)]
    assert [problem.url for problem in generation.problems] == missing
    [record] = records(tmp_path / "home")
    assert [problem["url"] for problem in record["problems"]] == missing
    assert intents(tmp_path / "home") == []


def test_a_download_that_is_interrupted_leaves_a_record_with_its_address(tmp_path):
    with FaultServer([linked("b")], files={"b": [hangs()]}) as server:
        job = account(server, tmp_path).submit(ImageRequest(prompt="a fox", n=2), 30)
        until(lambda: server.downloads)
        job.cancel()
        with pytest.raises(KeyboardInterrupt, match="1 of its pictures kept"):
            job.wait()
        address = f"{server.root}/files/b?sig=s"
    [record] = records(tmp_path / "home")
    assert len(record["images"]) == 1
    assert [problem["url"] for problem in record["problems"]] == [address]


def breaks(home: Path, *names: str):
    """Draw, and make folders of the library unusable just before the answer."""

    def play(line):
        for name in names:
            (home / name).write_text("in the way")
        draws(2)(line)

    return play


def test_disk_trouble_after_payment_leaves_the_pictures_in_hand(tmp_path):
    home = tmp_path / "home"
    with FaultServer([breaks(home, "images", "thumbs", "generations")]) as server:
        generation = account(server, tmp_path).imagine(ImageRequest(prompt="a fox", n=2), 5)
    assert [item.bytes for item in generation.items] == [picture(0), picture(1)]
    assert [image.size for image in generation] == [(24, 24)] * 2
    assert [item.path for item in generation.items] == [None, None]
    assert len(generation.problems) == 3
    assert "save it now" in str(generation.problems[0])
    assert generation.save(tmp_path)[0].read_bytes() == picture(0)
    [intent] = intents(home)
    assert intent["id"] == generation.id


def test_thumbnails_that_cannot_be_written_are_no_problem(tmp_path):
    with FaultServer([breaks(tmp_path / "home", "thumbs")]) as server:
        generation = account(server, tmp_path).imagine(ImageRequest(prompt="a fox", n=2), 5)
    assert len(generation.items) == 2
    assert generation.problems == ()


@pytest.mark.parametrize("blocked", ["home", "home/intents"])
def test_a_library_that_cannot_be_written_costs_nothing(blocked, tmp_path):
    (tmp_path / blocked).parent.mkdir(exist_ok=True)
    (tmp_path / blocked).write_text("in the way")
    with (
        FaultServer([draws()]) as server,
        pytest.raises(LibraryError, match="cannot be written") as caught,
    ):
        account(server, tmp_path).imagine(FOX, 5)
    assert server.requests == []
    assert caught.value.charged == "no"
