"""The harness itself: a real kernel and a real JupyterLab do what the tests rely on."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from jupyter_lab import Lab, chromium_or_skip, write_notebook
from kernel_client import Kernel

SLEEPER = "print('asleep', flush=True)\nimport time\ntime.sleep(30)"
BUTTON = """
import ipywidgets
button = ipywidgets.Button(description="Press")
line = ipywidgets.Label("not yet")
record = display("empty", display_id=True)
def press(_):
    line.value = "was pressed"
    record.update("was pressed")
button.on_click(press)
ipywidgets.VBox([button, line])
"""


@pytest.fixture(scope="module")
def kernel() -> Iterator[Kernel]:
    with Kernel(env={"HARNESS": "kernel"}) as running:
        yield running


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    chromium_or_skip()
    with Lab(tmp_path_factory.mktemp("lab"), env={"HARNESS": "lab"}) as running:
        yield running


def test_a_cell_runs_in_this_python_with_the_given_environment(kernel: Kernel):
    ran = kernel.run("import os, sys\nprint(os.environ['HARNESS'])\nsys.executable")
    assert (ran.status, ran.error) == ("ok", None)
    assert ran.text == f"kernel\n{sys.executable!r}"
    assert [output["output_type"] for output in ran.outputs] == ["stream", "execute_result"]
    assert 0 < ran.seconds < 30


def test_child_processes_are_heard(kernel: Kernel):
    child = "import subprocess, sys\nsubprocess.run([sys.executable, '-c', 'print(6 * 7)'])"
    ran = kernel.run(f"{child};")
    kernel.wait_until(lambda: "42" in ran.text, 10)


def test_a_display_update_changes_the_earlier_output(kernel: Kernel):
    first = kernel.run("shown = display('first', display_id=True)\nshown.update('second')")
    assert first.kinds().count("update_display_data") == 1
    assert first.text == "'second'"
    kernel.run("shown.update('third')")
    assert [output["data"]["text/plain"] for output in first.outputs] == ["'third'"]


def test_an_update_after_the_cell_has_ended_is_seen(kernel: Kernel):
    ran = kernel.run(
        "import threading\ngate = threading.Event()\nlate = display('early', display_id=True)\n"
        "threading.Thread(target=lambda: (gate.wait(30), late.update('late'))).start()"
    )
    seconds = ran.seconds
    assert ran.text == "'early'"
    kernel.run("gate.set()")
    kernel.wait_until(lambda: ran.text == "'late'", 10)
    assert ran.seconds == seconds


def test_clear_output_waits_for_the_next_output(kernel: Kernel):
    clear = "from IPython.display import clear_output\nprint(1)\nclear_output(wait=True)"
    assert kernel.run(clear).text == "1\n"
    assert kernel.run(f"{clear}\nprint(2)").text == "2\n"


def test_an_interrupt_ends_the_cell_and_aborts_the_queue(kernel: Kernel):
    sleeper, waiting = kernel.start(SLEEPER), kernel.start("print('not reached')")
    sleeper.wait_for_text("asleep")
    begun = time.monotonic()
    kernel.interrupt()
    ended = sleeper.wait(10)
    assert time.monotonic() - begun < 5
    assert ended.error is not None
    assert (ended.status, ended.error.ename) == ("error", "KeyboardInterrupt")
    assert waiting.wait(10).status == "aborted"
    assert waiting.so_far.outputs == []
    assert kernel.run("1 + 1").text == "2"


def test_a_cell_sent_right_after_an_error_is_not_aborted(kernel: Kernel):
    for _ in range(20):
        assert kernel.run("1 / 0").status == "error"
        assert kernel.run("1").status == "ok"


def test_completion_says_what_it_replaces(kernel: Kernel):
    kernel.run("harness_name = 1")
    code = "print(harness_na) + 1"
    offered = kernel.completion(code, cursor=len("print(harness_na"))
    assert offered.matches == ["harness_name"]
    assert code[offered.start : offered.end] == "harness_na"
    assert kernel.complete("harness_na") == ["harness_name"]


def test_inspection_shows_the_docstring(kernel: Kernel):
    kernel.run("def tool():\n    '''Cuts wood.'''")
    assert "Cuts wood." in kernel.inspect("tool")
    assert kernel.inspect("no_such_name") == ""


def test_the_cell_id_is_sent_as_jupyterlab_sends_it(kernel: Kernel):
    asked = "get_ipython().kernel.get_parent()['metadata'].get('cellId')"
    assert kernel.run(asked, cell_id="cell-7").text == "'cell-7'"
    assert kernel.run(asked).text == ""


def test_a_missed_deadline_tells_what_was_seen(kernel: Kernel):
    kernel.run("print('a sign')")
    with pytest.raises(TimeoutError, match=r"(?s)No flood within 0\.1 s.*a sign"):
        kernel.wait_until(lambda: False, 0.1, "flood")


def test_a_kernel_that_dies_is_noticed():
    with Kernel() as dying, pytest.raises(RuntimeError, match="The kernel died"):
        dying.run("import os\nos._exit(3)", timeout=30)


@pytest.mark.parametrize(
    ("ci", "outcome"), [("true", pytest.fail.Exception), ("", pytest.skip.Exception)]
)
def test_a_missing_browser_skips_but_fails_in_ci(ci, outcome, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CHROMIUM", "no-such-browser")
    monkeypatch.setenv("CI", ci)
    with pytest.raises(outcome, match="install one, or set CHROMIUM"):
        chromium_or_skip()


def test_lab_runs_a_widget_saves_and_reopens(lab: Lab, tmp_path: Path):
    environment = "import os, sys\nprint(os.environ['HARNESS'], sys.executable)"
    write_notebook(lab.root / "button.ipynb", [environment, BUTTON])
    notebook = lab.open("button.ipynb")
    assert notebook.cell_count() == 2
    assert notebook.run_cell(0)[0]["text"] == f"lab {sys.executable}\n"

    notebook.run_cell(1)
    notebook.locator("button.jupyter-button", has_text="Press").click()
    notebook.locator(".widget-label", has_text="was pressed").wait_for()
    notebook.wait_until(lambda: "was pressed" in str(notebook.outputs(1)[0]), 10)
    notebook.set_theme("dark")
    notebook.screenshot(tmp_path / "page.png")
    assert notebook.console_errors == []

    notebook.save()
    saved = notebook.saved()["cells"][1]["outputs"][0]
    assert saved["data"]["text/plain"] == ["'was pressed'"]
    notebook.reopen()
    assert notebook.outputs(1)[0]["data"]["text/plain"] == "'was pressed'"
    assert notebook.outside_requests == []
    notebook.close_and_shutdown()


@pytest.mark.parametrize("width", [1280, 240])  # a narrow toolbar hides the button in a menu
def test_lab_stop_button_ends_the_cell_and_the_queue(width, lab: Lab):
    write_notebook(lab.root / "sleeper.ipynb", [SLEEPER, "print('not reached')"])
    notebook = lab.open("sleeper.ipynb", viewport=(width, 700))
    notebook.start_all()
    notebook.wait_until(lambda: "asleep" in str(notebook.outputs(0)), 30)
    notebook.interrupt()
    notebook.wait_idle(10)
    assert notebook.outputs(0)[-1]["ename"] == "KeyboardInterrupt"
    assert notebook.outputs(1) == []
    notebook.close_and_shutdown()


def test_two_labs_and_a_kernel_work_side_by_side(lab: Lab, tmp_path: Path):
    with Lab(tmp_path) as other, Kernel(cwd=tmp_path) as kernel:
        assert kernel.run("from pathlib import Path\nPath.cwd()").text == repr(tmp_path)
        for running in (lab, other):
            write_notebook(running.root / "one.ipynb", ["print('one')"])
            notebook = running.open("one.ipynb")
            notebook.run_all()
            assert notebook.output_text(0).strip() == "one"
        assert kernel.run("1 + 1").text == "2"
