"""Stopping a request: at once, with its connection closed, and with the queue stopped."""

import json
import re

import pytest
from conftest import until
from kernel_client import Kernel


def in_flight(sandbox):
    return until(lambda: [one for one in sandbox.ledger()["requests"] if one["ended"] is None])


def closed(sandbox):
    """Return how long the last request was open after the client went, by the server's clock."""
    return until(
        lambda: [
            one for one in sandbox.ledger()["requests"] if one["outcome"] == "closed by client"
        ]
    )[-1]


@pytest.mark.parametrize(
    "code",
    [
        "%%imagine\na red fox",
        "for i in range(3):\n    %imagine a red fox",
        "from alphaneural_nb import imagine\nimagine('a red fox')",
        "from alphaneural_nb import aimagine\nawait aimagine('a red fox')",
    ],
)
def test_an_interrupt_ends_the_cell_and_the_connection_within_half_a_second(
    slow_kernel, slow_sandbox, code
):
    running = slow_kernel.start(code)
    in_flight(slow_sandbox)
    before = slow_sandbox.ledger()["now"]
    slow_kernel.interrupt()
    done = running.wait(10)
    after = slow_sandbox.ledger()["now"]
    assert done.status == "error"
    assert after - before < 0.5
    assert closed(slow_sandbox)["closed_at"] - before < 0.5
    assert len(slow_sandbox.ledger()["requests"]) <= 2


def test_an_interrupt_leaves_one_line_and_the_next_cell_works(slow_kernel, slow_sandbox, tmp_path):
    running = slow_kernel.start("%%imagine\na red fox")
    in_flight(slow_sandbox)
    slow_kernel.interrupt()
    done = running.wait(10)
    visible = [one for one in done.outputs if one.get("data", {}).get("text/plain") != ""]
    assert [one["output_type"] for one in visible] == ["error"]
    (line,) = done.error.traceback
    assert line.startswith("Interrupted: stopped after ")
    assert "may have been charged (id " in line
    notes = [json.loads(path.read_text()) for path in (tmp_path / "intents").glob("*.json")]
    assert [note["state"] for note in notes] == ["may have been charged"]
    assert notes[0]["id"] in line
    assert slow_kernel.run("1 + 1").status == "ok"


def test_cells_queued_by_run_all_do_not_run_after_an_interrupt(slow_kernel, slow_sandbox):
    cells = [slow_kernel.start(code) for code in ("%%imagine\na fox", "ran = True", "ran = True")]
    in_flight(slow_sandbox)
    slow_kernel.interrupt()
    assert [cell.wait(10).status for cell in cells] == ["error", "aborted", "aborted"]
    assert "NameError" in slow_kernel.run("ran").error.ename


def test_an_interrupt_before_anything_was_sent_says_so(slow_kernel, tmp_path):
    # A listener that never accepts: the connection is made by the system, the answer never comes,
    # so the address has to be one that swallows the first packet; a full backlog does.
    slow_kernel.run(
        "import socket\n"
        "full = socket.socket(); full.bind(('127.0.0.1', 0)); full.listen(0)\n"
        "others = [socket.socket() for _ in range(4)]\n"
        "for one in others:\n"
        "    one.setblocking(False)\n"
        "    one.connect_ex(full.getsockname())\n"
        "url = f'http://127.0.0.1:{full.getsockname()[1]}'\n"
        "get_ipython().run_line_magic('config', f'ImagineMagics.base_url = {url!r}')"
    )
    running = slow_kernel.start("print('asking', flush=True)\n%imagine -m gpt-image-2 a fox")
    running.wait_for_text("asking")
    slow_kernel.wait_until(lambda: any((tmp_path / "intents").glob("*.json")), 10)
    slow_kernel.interrupt()
    done = running.wait(10)
    assert "nothing was sent" in done.error.evalue
    assert list((tmp_path / "intents").glob("*.json")) == []


def test_while_it_runs_one_line_counts_the_seconds(slow_kernel, slow_sandbox):
    running = slow_kernel.start("%imagine -s wide -m gpt-image-2 a fox")
    running.wait_for_text("gpt-image-2 · 1536×864 · 1 s", 10)
    running.wait_for_text("gpt-image-2 · 1536×864 · 2 s", 10)
    done = running.wait(20)
    assert len(done.outputs) == 2
    assert " · 1 s" not in done.text


def test_an_awaited_request_that_is_stopped_says_so_in_one_line(slow_kernel, slow_sandbox):
    running = slow_kernel.start("from alphaneural_nb import aimagine\nawait aimagine('a fox')")
    in_flight(slow_sandbox)
    slow_kernel.interrupt()
    (line,) = running.wait(10).error.traceback
    assert "may have been charged (id " in line


def test_a_timeout_of_asyncio_ends_an_awaited_request(slow_kernel, slow_sandbox):
    done = slow_kernel.run(
        "import asyncio\nfrom alphaneural_nb import aimagine\n"
        "async with asyncio.timeout(0.5):\n    await aimagine('a fox')"
    )
    assert done.error.ename == "TimeoutError"
    assert closed(slow_sandbox)


@pytest.fixture
def bare_kernel(tmp_path):
    """A kernel without a key and a base URL: the sandbox inside the package draws."""
    with Kernel({"ALPHANEURAL_HOME": str(tmp_path)}) as running:
        running.run("%load_ext alphaneural_nb\nfrom alphaneural_nb import ImagineForm")
        yield running


def wait_for_drawing(kernel, home, line):
    """Wait until the sandbox draws: its request is noted, and a second or more has gone by."""
    kernel.wait_until(lambda: any((home / "sandbox" / "intents").glob("*.json")), 20)
    seen = set()
    kernel.wait_until(lambda: seen.add(line()) or len(seen) > 2, 10)


def check_stopped(line, home):
    assert re.search(r"stopped after \d+ s · nothing was charged", line), line
    assert "may have been charged" not in line
    until(lambda: not any((home / "sandbox" / "intents").iterdir()))


def test_what_the_sandbox_draws_costs_nothing_when_it_is_stopped(bare_kernel, tmp_path):
    running = bare_kernel.start("%imagine [slow 20] a fox")
    wait_for_drawing(bare_kernel, tmp_path, lambda: running.text)
    bare_kernel.interrupt()
    done = running.wait(10)
    (line,) = done.error.traceback
    assert line.startswith("Interrupted: ")
    check_stopped(line, tmp_path)


def test_what_the_sandbox_draws_for_a_form_costs_nothing_when_it_is_stopped(bare_kernel, tmp_path):
    def status():
        return bare_kernel.run("print(form.status)").text

    bare_kernel.run("form = ImagineForm('[slow 20] a fox')\nform.generate()")
    wait_for_drawing(bare_kernel, tmp_path, status)
    bare_kernel.run("form.cancel()")
    bare_kernel.wait_until(lambda: "stopped" in status(), 5)
    check_stopped(status(), tmp_path)
