"""Every door refuses the same bad input in plain words: at once, typed, and without the key."""

import json
import re
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from fault_server import MODEL, FaultServer, Line, answers, images, says
from kernel_client import Execution, Kernel

CANARY = "sk-canary-4Tn8Wq2ZkRm6VbXy9Lc3Hs7D"
NO_HANG = 10
"""Seconds."""


@dataclass(frozen=True)
class Bad:
    """One bad input, and what every door has to make of it.

    Parameters
    ----------
    error : str
        Class of the error; a magic's bad line is a UsageError where `in_line` is set.
    words : str
        Pattern of what the user reads.
    sent : int
        Requests that reach the service.
    kept : bool
        Whether what came is kept, because it is paid for.
    """

    error: str
    words: str
    prompt: str = "a fox"
    options: dict[str, int] = field(default_factory=dict)
    place: str = "service"
    in_line: bool = False
    sent: int = 0
    kept: bool = False


INPUTS = {
    "empty prompt": Bad("OptionsError", "prompt is empty", prompt="", in_line=True),
    "n of 0": Bad("OptionsError", "1 or more, not 0", options={"n": 0}, in_line=True),
    "non-image bytes": Bad(
        "APIResponseError",
        r"not a whole picture.*kept in.*\.bin",
        prompt="bytes",
        sent=1,
        kept=True,
    ),
    "HTML": Bad(
        "APIResponseError",
        r"a web page instead of pictures.*kept in.*\.bin",
        prompt="html",
        sent=1,
        kept=True,
    ),
    "no network": Bad("APIConnectionError", "cannot be reached.*Nothing was sent", place="nowhere"),
    "wrong key": Bad("AuthenticationError", "does not know this key", prompt="key", sent=1),
    "unwritable library": Bad(
        "LibraryError", "library cannot be written.*Nothing was sent", place="no library"
    ),
}


def what_came(door: str, prompt: str) -> bytes:
    """Return what the service sends to one door, so that each door's file can be told."""
    if prompt == "html":
        return f"<html><title>Hotel</title>Sign in ({door}), {CANARY}</html>".encode()
    return f"These are no picture ({door}, {prompt}).".encode()


def bad_service(line: Line) -> None:
    """Answer as the prompt and the user, which is the door, say."""
    asked = line.asked.json
    prompt, content = asked["prompt"], what_came(asked["user"], asked["prompt"])
    if prompt == "html":
        play = answers(content, charge=1)
    elif prompt == "bytes":
        play = answers(images(content), charge=1)
    else:
        told = f"Incorrect API key provided: {CANARY}."
        play = says("401 Unauthorized", told, code="invalid_api_key")
    play(line)


@dataclass
class Place:
    """A kernel somewhere, and the service that it can or cannot reach."""

    kernel: Kernel
    server: FaultServer
    home: Path

    def files(self) -> list[bytes]:
        found = self.home.rglob("*") if self.home.is_dir() else []
        return [path.read_bytes() for path in found if path.is_file()]


def start(stack: ExitStack, home: Path, base_url: str = "") -> Place:
    server = stack.enter_context(FaultServer([bad_service]))
    environment = {
        "ALPHANEURAL_BASE_URL": base_url or server.base_url,
        "ALPHANEURAL_API_KEY": CANARY,
        "ALPHANEURAL_IMAGE_MODEL": MODEL,
        "ALPHANEURAL_HOME": str(home),
    }
    kernel = stack.enter_context(Kernel(environment))
    kernel.run("%load_ext alphaneural_nb\nfrom alphaneural_nb import *\nimport json")
    return Place(kernel, server, home)


@pytest.fixture(scope="module")
def places(tmp_path_factory) -> Iterator[dict[str, Place]]:
    folder = tmp_path_factory.mktemp("doors")
    (folder / "file").write_text("no folder")
    with ExitStack() as stack:
        closed = stack.enter_context(socket.socket())
        closed.bind(("127.0.0.1", 0))  # nobody listens there
        nowhere = f"http://127.0.0.1:{closed.getsockname()[1]}/v1"
        yield {
            "service": start(stack, folder / "service"),
            "nowhere": start(stack, folder / "nowhere", nowhere),
            "no library": start(stack, folder / "file"),
        }


@dataclass(frozen=True)
class Outcome:
    """What a user sees of a failure."""

    error: str
    shown: str
    outputs: str


def of_cell(done: Execution) -> Outcome:
    """Return what a cell ended with; a usage error is printed, the others are errors."""
    assert done.status == "error", done
    assert done.seconds < NO_HANG
    streams = [one["text"] for one in done.outputs if one["output_type"] == "stream"]
    errors = [line for one in done.outputs for line in one.get("traceback", [])]
    shown = re.sub(r"\x1b\[[0-9;]*m", "", "\n".join([*streams, *errors])).strip()
    left = [one for one in done.outputs if one.get("data", {}).get("text/plain")]
    assert left == []
    return Outcome(re.match(r"\w*", shown)[0], shown, str(done.messages))


def flags(options: dict[str, object]) -> str:
    return " ".join(
        f"--{name} {value}" if len(name) > 1 else f"-{name} {value}"
        for name, value in options.items()
    )


def by_line(place: Place, prompt: str, options: dict[str, object]) -> Outcome:
    return of_cell(place.kernel.run(f"%imagine {flags(options)} {prompt}", timeout=NO_HANG))


def by_cell(place: Place, prompt: str, options: dict[str, object]) -> Outcome:
    return of_cell(place.kernel.run(f"%%imagine {flags(options)}\n{prompt}\n", timeout=NO_HANG))


def by_function(place: Place, prompt: str, options: dict[str, object]) -> Outcome:
    return of_cell(place.kernel.run(f"imagine({prompt!r}, **{options!r})", timeout=NO_HANG))


def by_await(place: Place, prompt: str, options: dict[str, object]) -> Outcome:
    return of_cell(place.kernel.run(f"await aimagine({prompt!r}, **{options!r})", timeout=NO_HANG))


def by_form(place: Place, prompt: str, options: dict[str, object]) -> Outcome:
    kernel = place.kernel
    started = kernel.run(f"form = ImagineForm({prompt!r}, **{options!r})\nform.generate()")
    assert (started.status, started.outputs) == ("ok", [])
    kernel.wait_until(lambda: kernel.run("form.is_running").text == "False", NO_HANG)
    kernel.wait_until(lambda: kernel.run("form.status == str(form.error)").text == "True", NO_HANG)
    told = kernel.run("print(json.dumps([type(form.error).__name__, form.status]))")
    name, status = json.loads(told.text)
    return Outcome(name, status, str([started.messages, told.messages]))


DOORS: dict[str, Callable[[Place, str, dict[str, object]], Outcome]] = {
    "line": by_line,
    "cell": by_cell,
    "imagine": by_function,
    "aimagine": by_await,
    "form": by_form,
}
MAGICS = ("line", "cell")


def check_words(outcome: Outcome, error: str, words: str) -> None:
    assert outcome.error == error, outcome.shown
    assert re.search(words, outcome.shown, re.DOTALL), outcome.shown
    assert len(outcome.shown.splitlines()) <= 3, outcome.shown
    for text in (outcome.shown, outcome.outputs):
        assert not [at for at in range(len(CANARY) - 11) if CANARY[at : at + 12] in text]


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("name", INPUTS)
def test_a_bad_input_is_told_in_plain_words_at_every_door(places, name, door):
    bad = INPUTS[name]
    place = places[bad.place]
    before = len(place.server.requests), place.server.charged
    outcome = DOORS[door](place, bad.prompt, {"user": door, **bad.options})
    usage = bad.in_line and door in MAGICS
    check_words(outcome, "UsageError" if usage else bad.error, bad.words)
    after = len(place.server.requests), place.server.charged
    assert (after[0] - before[0], after[1] - before[1]) == (bad.sent, int(bad.kept))
    paid = what_came(door, bad.prompt).split(CANARY.encode())[0]
    assert any(content.startswith(paid) for content in place.files()) is bad.kept
    assert not [content for content in place.files() if CANARY.encode() in content]


@pytest.mark.parametrize("door", MAGICS)
@pytest.mark.parametrize(
    ("option", "words"),
    [
        ({"sise": "wide"}, "--sise.*--size"),
        ({"param": 'seed={"a": 1'}, "not JSON"),
    ],
    ids=["unknown flag", "broken JSON"],
)
def test_a_bad_flag_is_a_usage_error_of_both_magics(places, door, option, words):
    place = places["service"]
    before = len(place.server.requests)
    check_words(DOORS[door](place, "a fox", option), "UsageError", words)
    assert len(place.server.requests) == before


@pytest.mark.parametrize("name", ["service", "nowhere", "no library"])
def test_after_all_refusals_a_kernel_still_works(places, name):
    assert places[name].kernel.run("6 * 7").text == "42"
