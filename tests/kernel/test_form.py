"""The form in a real kernel: it never blocks, never raises unseen, and leaves its pictures."""

import base64
import json

import pytest
from conftest import until
from fault_server import FaultServer, draws
from kernel_client import Kernel
from PIL import Image

from alphaneural_nb.show.sheet import MOST_EARLIER, with_filmstrip

OPEN = """
from alphaneural_nb import ImagineForm
def control(name, *boxes):
    boxes = boxes or form.children
    if boxes:
        found = [one for one in boxes if getattr(one, "description", "") == name]
        below = [child for one in boxes for child in getattr(one, "children", ())]
        return found[0] if found else control(name, *below) if below else None
form = ImagineForm('a red fox', {options})
form
"""
"""Also finds a control of the form by what its user reads beside it."""
STATES = """
import json
from ipywidgets.widgets import widget
all_widgets = getattr(widget, "_instances", None) or widget.Widget.widgets
print(repr(form), str(form), [repr(one) for one in all_widgets.values()])
print(json.dumps([one.get_state() for one in all_widgets.values()], default=repr))
"""


def open_form(kernel, options=""):
    return kernel.run(OPEN.format(options=options))


def ended(kernel):
    """Wait for the form's request as a user does: by looking, while the kernel stays free."""
    kernel.wait_until(lambda: kernel.run("form.is_running").text == "False", 20)


def status(kernel):
    return kernel.run("print(form.status)").text.strip()


def asked(sandbox):
    return [one for one in sandbox.ledger()["requests"] if one["method"] == "POST"]


def test_a_cell_shows_the_form_then_a_quiet_line_and_a_place_for_pictures(kernel):
    shown = open_form(kernel)
    form, caption, picture = (output["data"] for output in shown.outputs)
    assert form["text/plain"] == "AlphaNeural form: run this cell to use it."
    assert "application/vnd.jupyter.widget-view+json" in form
    assert "stay in the notebook" in caption["text/plain"]
    assert picture == {"text/plain": ""}


def test_the_pictures_become_outputs_of_the_forms_own_cell(kernel):
    shown = open_form(kernel)
    other = kernel.run("form.generate()")
    ended(kernel)
    _form, caption, picture = (output["data"] for output in shown.outputs)
    assert "gpt-image-2 · 1024×1024" in caption["text/plain"]
    assert [mime for mime in picture if mime.startswith("image/")] == ["image/jpeg"]
    assert len(base64.b64decode(picture["image/jpeg"])) <= 270_000
    assert other.outputs == []
    assert kernel.run("form.generation.image.size, form.error").text == "((1024, 1024), None)"


def test_the_newest_stands_large_and_earlier_ones_stay_below_it(kernel):
    shown = open_form(kernel)
    sizes = []
    for prompt in ("a red fox", "a <b>blue</b> whale"):
        kernel.run(f"form.prompt = {prompt!r}\nform.generate()")
        ended(kernel)
        sizes.append(shown.outputs[2]["metadata"]["image/jpeg"])
    assert sizes[1]["width"] == sizes[0]["width"]
    assert sizes[1]["height"] > sizes[0]["height"]
    details = shown.outputs[1]["data"]["text/html"]
    assert "earlier: a red fox · " in details
    assert "<b>" not in details
    assert len(shown.outputs) == 3
    assert kernel.run("[one.request.prompt for one in form.generations]").text == (
        "['a red fox', 'a <b>blue</b> whale']"
    )


def test_show_in_another_cell_shows_what_was_made_and_follows(kernel):
    open_form(kernel)
    kernel.run("form.generate()")
    ended(kernel)
    again = kernel.run("form.show()")
    assert "image/jpeg" in again.outputs[2]["data"]
    before = again.outputs[2]["data"]
    kernel.run("form.generate()")
    ended(kernel)
    assert again.outputs[2]["data"] != before


def test_the_kernel_answers_at_once_while_the_form_waits(slow_kernel, slow_sandbox):
    open_form(slow_kernel)
    assert slow_kernel.run("form.generate()").seconds < 0.5
    until(lambda: asked(slow_sandbox))
    other = slow_kernel.run("6 * 7")
    assert (other.text, len(other.outputs)) == ("42", 1)
    assert other.seconds < 0.5
    slow_kernel.wait_until(lambda: status(slow_kernel) == "gpt-image-2 · 1 s", 10)
    assert slow_kernel.run("form.is_running, form.generation").text == "(True, None)"
    ended(slow_kernel)
    assert status(slow_kernel).startswith("1 picture in ")


ROUNDS = """
import json, sys, time
from pathlib import Path
wrong = []
before = sys.getswitchinterval()
sys.setswitchinterval(1e-5)  # so that threads meet between any two lines
for k in range({rounds}):
    form.generate()
    looking = time.monotonic() + 0.01
    while time.monotonic() < looking:
        seen = control("Generate").disabled, control("Cancel").disabled, form.status
        if seen[:2] != (True, False) or " in " in seen[2]:
            wrong.append([k, *seen])
            break
    Path({folder!r}, str(k)).touch()
    while form.is_running: pass
sys.setswitchinterval(before)
print(json.dumps([wrong, len(form.generations), str(form.error)]))
"""


def test_an_order_at_the_very_end_of_the_last_one_finds_its_buttons_as_they_should_be(tmp_path):
    rounds = 60

    def when_looked_at(line):
        seen = tmp_path / str(len(line.server.requests) - 1)
        while not (seen.exists() or line.server.closed.is_set()):
            line.stall(0.002)
        draws()(line)

    with FaultServer([when_looked_at]) as server:
        environment = {
            "ALPHANEURAL_BASE_URL": server.base_url,
            "ALPHANEURAL_API_KEY": "sk-rounds-Zp3Wd8Ym2Qz6",
            "ALPHANEURAL_HOME": str(tmp_path / "library"),
        }
        with Kernel(environment) as kernel:
            open_form(kernel, "model='gpt-image-2'")
            told = kernel.run(ROUNDS.format(rounds=rounds, folder=str(tmp_path)))
            assert told.status == "ok", told
            buttons = "control('Generate').disabled, control('Cancel').disabled"
            kernel.wait_until(lambda: kernel.run(buttons).text == "(False, True)", 5)
            kernel.wait_until(lambda: status(kernel).startswith("1 picture in "), 5)
    wrong, made, error = json.loads(told.text.strip().splitlines()[-1])
    assert (wrong, made, error) == ([], rounds, "None")
    assert len(server.requests) == rounds


def test_a_second_order_while_one_runs_sends_nothing(slow_kernel, slow_sandbox):
    open_form(slow_kernel)
    slow_kernel.run("form.generate(); form.generate()")
    ended(slow_kernel)
    assert len(asked(slow_sandbox)) == 1


@pytest.mark.parametrize("way", ["form.cancel()", "control('Cancel').click()", "form.close()"])
def test_cancel_closes_the_connection_within_half_a_second(slow_kernel, slow_sandbox, way):
    open_form(slow_kernel)
    slow_kernel.run("form.generate()")
    until(lambda: asked(slow_sandbox))
    before = slow_sandbox.ledger()["now"]
    slow_kernel.run(way)
    closed = until(lambda: [one for one in asked(slow_sandbox) if one["closed_at"]])[0]
    assert closed["closed_at"] - before < 0.5
    ended(slow_kernel)
    line = status(slow_kernel)
    assert line.startswith("stopped after ")
    assert f"may have been charged (id {closed['call_id']})" in line
    assert slow_kernel.run("form.error, form.generations").text == "(None, [])"


def test_after_a_cancel_the_form_can_be_used_again(slow_kernel, slow_sandbox):
    shown = open_form(slow_kernel)
    slow_kernel.run("form.generate()")
    until(lambda: asked(slow_sandbox))
    slow_kernel.run("form.cancel()")
    ended(slow_kernel)
    slow_kernel.run("form.generate()")
    ended(slow_kernel)
    assert "image/jpeg" in shown.outputs[2]["data"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("form.prompt = '  '", "The prompt is empty.\nSay what to draw."),
        ("control('Pictures').value = 0", "n must be a whole number of 1 or more, not 0."),
    ],
)
def test_what_cannot_be_sent_is_told_and_not_sent(kernel, sandbox, change, words):
    before = len(asked(sandbox))
    open_form(kernel)
    assert kernel.run(f"{change}\nform.generate()").outputs == []
    assert status(kernel) == words
    assert kernel.run("form.is_running, type(form.error).__name__").text == (
        "(False, 'OptionsError')"
    )
    assert len(asked(sandbox)) == before


def test_a_refusal_is_told_in_the_status_with_advice_and_id(kernel):
    open_form(kernel, "model='no-such-model'")
    assert kernel.run("form.generate()").outputs == []
    ended(kernel)
    lines = status(kernel).splitlines()
    assert "no-such-model" in lines[0]
    assert lines[-1].startswith("request ")
    assert 2 <= len(lines) <= 3
    assert kernel.run("type(form.error).__name__").text == "'NotFoundError'"
    # The next success takes the error back.
    kernel.run("control('Model').value = ''\nform.generate()")
    ended(kernel)
    assert kernel.run("form.error").outputs == []


def test_the_key_is_in_no_state_and_no_repr(kernel, sandbox):
    wrong = "sk-this-key-is-not-known-to-anyone-0123456789"
    kernel.run(f"import alphaneural_nb\nalphaneural_nb.configure(api_key={wrong!r})")
    try:
        open_form(kernel)
        kernel.run("form.generate()")
        ended(kernel)
        assert kernel.run("type(form.error).__name__").text == "'AuthenticationError'"
        states = kernel.run(STATES).text
    finally:
        kernel.run(f"alphaneural_nb.configure(api_key={sandbox.api_key!r})")
    assert "ImagineForm" in states
    assert wrong not in states
    kernel.run("form.generate()")
    ended(kernel)
    states = kernel.run(STATES).text
    assert sandbox.api_key not in states
    # Nor are there pictures: the whole state of a form with one is small.
    assert kernel.run("len(form.generations)").text == "1"
    assert len(states) < 400_000


def test_the_models_are_suggested_once_the_service_has_listed_them(kernel):
    open_form(kernel)
    options = "print(control('Model').options)"
    kernel.wait_until(lambda: "gpt-image-2" in kernel.run(options).text, 10)


def test_a_list_that_does_not_come_is_told_only_where_no_model_is_named(kernel, sandbox):
    kernel.run("import alphaneural_nb\nalphaneural_nb.configure(api_key='sk-nobody-knows-this')")
    try:
        open_form(kernel, "model='gpt-image-2'")
        kernel.run("named = form")
        open_form(kernel)
        kernel.wait_until(lambda: "does not know this key" in status(kernel), 10)
        assert kernel.run("print(named.status)").text.strip() == ""
    finally:
        kernel.run(f"alphaneural_nb.configure(api_key={sandbox.api_key!r})")
    assert kernel.run("form.error").outputs == []


def test_the_magic_opens_the_form_with_options_as_text(kernel):
    shown = kernel.run("form = %imagine form -n 4 -s wide --user ada --timeout 60\nform")
    assert len(shown.outputs) == 3
    kernel.run("form.prompt = 'a red fox'\nform.generate()")
    ended(kernel)
    sent = "form.generation.request.changed(size=None).options, len(form.generation)"
    assert kernel.run(sent).text == "({'n': 4, 'user': 'ada'}, 4)"


def test_only_what_was_set_is_sent(kernel):
    open_form(kernel, "background='opaque', user=None, size=(1024, 1024)")
    kernel.run("form.generate()")
    ended(kernel)
    assert kernel.run("form.generation.request.options").text == (
        "{'size': '1024x1024', 'background': 'opaque'}"
    )


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ("seed=1, colour=2", "TypeError: ImagineForm has no option colour, seed."),
        ("n='many'", "OptionsError: n must be a whole number of 1 or more, not 'many'."),
        ("timeout='soon'", "SettingsError: timeout must be a number of seconds"),
    ],
)
def test_what_the_form_does_not_know_is_refused_by_name(kernel, options, error):
    refused = open_form(kernel, options)
    assert f"{refused.error.ename}: {refused.error.evalue}".startswith(error)


def test_a_filmstrip_is_as_wide_as_its_sheet_and_has_room_for_twelve():
    sheet = Image.new("RGB", (1024, 700), "white")
    assert with_filmstrip(sheet, []) is sheet
    twelve = with_filmstrip(sheet, [Image.new("RGB", (150, 100), "red")] * MOST_EARLIER)
    more = with_filmstrip(sheet, [Image.new("RGB", (150, 100), "red")] * 40)
    assert (twelve.width, twelve.size) == (1024, more.size)
    assert twelve.crop((0, 0, 1024, 700)).tobytes() == sheet.tobytes()
    assert twelve.getpixel((10, 710)) == (255, 0, 0)


def test_a_transparent_sheet_stays_transparent_above_its_filmstrip():
    sheet = Image.new("RGBA", (600, 600), (0, 0, 0, 0))
    whole = with_filmstrip(sheet, [Image.new("RGB", (90, 60), "red")])
    assert whole.getpixel((5, 5))[3] == whole.getpixel((599, 610))[3] == 0
    assert whole.getpixel((10, 610)) == (255, 0, 0, 255)
