"""The form in a real JupyterLab: typed text, shortcuts, what is saved, and small screens."""

import pytest
from conftest import run_sandbox
from jupyter_lab import Lab, chromium_or_skip, write_notebook

OPEN = "from alphaneural_nb import ImagineForm\nform = ImagineForm({options})\nform"
READY = ".an-form textarea[data-lm-suppress-shortcuts]"
CONTROLS = ".an-form :is(textarea, input, button)"
OVERFLOWING = """
() => [...document.querySelectorAll('.an-form, .an-form *')].filter(one => {
  const area = one.closest('.jp-OutputArea-output').getBoundingClientRect();
  const box = one.getBoundingClientRect();
  return box.width && (box.right > area.right + 1 || box.left < area.left - 3);
}).map(one => one.className || one.tagName)
"""


@pytest.fixture(scope="module")
def lab(sandbox, tmp_path_factory):
    chromium_or_skip()
    root = tmp_path_factory.mktemp("notebooks")
    library = tmp_path_factory.mktemp("library")
    with Lab(root, env={**sandbox.environment, "ALPHANEURAL_HOME": str(library)}) as running:
        yield running


@pytest.fixture(scope="module")
def slow_lab(tmp_path_factory):
    chromium_or_skip()
    root = tmp_path_factory.mktemp("notebooks")
    library = tmp_path_factory.mktemp("library")
    with run_sandbox("--delay", "3") as sandbox:
        environment = {**sandbox.environment, "ALPHANEURAL_HOME": str(library)}
        with Lab(root, env=environment) as running:
            yield running, sandbox


@pytest.fixture
def open_form(request):
    """Open a notebook with a form in its first cell, and wait until the form is alive."""
    opened = []

    def open_in(lab, options="", viewport=(1100, 900)):
        name = f"{request.node.name}.ipynb"
        write_notebook(lab.root / name, [OPEN.format(options=options), "x = 1", "form.show()"])
        notebook = lab.open(name, viewport=viewport)
        opened.append(notebook)
        notebook.run_cell(0)
        notebook.locator(READY).wait_for()
        return notebook

    yield open_in
    for notebook in opened:
        notebook.close_and_shutdown()


def image(notebook, cell=0):
    """Return the picture output of a cell, once there is one."""
    found = [one for one in notebook.outputs(cell) if "image/jpeg" in one.get("data", {})]
    return found[0]["data"]["image/jpeg"] if found else None


def wait_for_image(notebook, cell=0):
    return notebook.wait_until(lambda: image(notebook, cell), 20, "a picture")


def asked(sandbox):
    return [one for one in sandbox.ledger()["requests"] if one["method"] == "POST"]


def prompts(sandbox):
    return [one["prompt"] for one in asked(sandbox)]


def test_generate_right_after_typing_sends_the_whole_prompt(lab, sandbox, open_form):
    notebook = open_form(lab)
    prompt = "a teal kettle on a checked cloth, seen from above, in the light of a late afternoon"
    notebook.locator(".an-prompt textarea").press_sequentially(prompt)
    notebook.locator(".an-generate").click()
    wait_for_image(notebook)
    assert prompts(sandbox)[-1] == prompt
    form, caption, picture = notebook.outputs(0)
    assert form["data"]["text/plain"] == "AlphaNeural form: run this cell to use it."
    assert "gpt-image-2" in caption["data"]["text/plain"]
    assert set(picture["data"]) == {"image/jpeg", "text/plain"}
    notebook.locator(".an-status", has_text="1 picture in").wait_for()
    assert notebook.console_errors == []
    assert notebook.outside_requests == []


@pytest.mark.parametrize("chord", ["Control+Enter", "Meta+Enter"])
def test_ctrl_enter_sends_what_stands_in_the_fields_at_that_moment(lab, sandbox, open_form, chord):
    notebook = open_form(lab)
    notebook.locator(".an-size input").press_sequentially("512x512")
    notebook.locator(".an-model input").press_sequentially("dall-e-2")
    notebook.locator(".an-prompt textarea").press_sequentially("a paper boat on a puddle, at dusk")
    notebook.page.keyboard.press(chord)
    wait_for_image(notebook)
    last = asked(sandbox)[-1]
    assert (last["prompt"], last["model"]) == ("a paper boat on a puddle, at dusk", "dall-e-2")
    assert "512×512" in notebook.outputs(0)[1]["data"]["text/plain"]
    assert notebook.cell_count() == 3


def test_keys_pressed_on_any_control_neither_add_nor_delete_cells(lab, open_form):
    notebook = open_form(lab, "'a red fox'")
    notebook.select_cell(0)
    for control in notebook.locator(CONTROLS).all():
        if control.is_disabled():
            continue
        control.focus()
        for key in ("a", "b", "d", "d", "x", "Escape", "a", "d", "d"):
            notebook.page.keyboard.press(key)
        assert notebook.cell_count() == 3


def test_keys_pressed_after_a_click_on_generate_do_no_harm(slow_lab, open_form):
    lab, _sandbox = slow_lab
    notebook = open_form(lab, "'a red fox'")
    notebook.select_cell(0)
    notebook.locator(".an-generate").click()
    notebook.locator(".an-generate:disabled").wait_for()
    for key in ("a", "b", "d", "d", "x"):
        notebook.page.keyboard.press(key)
    assert notebook.cell_count() == 3


def test_pictures_stay_after_save_and_reopen_in_a_fresh_kernel(lab, open_form):
    notebook = open_form(lab, "'a lighthouse at dawn'")
    notebook.locator(".an-generate").click()
    picture = wait_for_image(notebook)
    notebook.save()
    notebook.reopen()
    assert image(notebook).strip() == picture.strip()
    notebook.locator(".jp-OutputArea img").wait_for()
    assert "a lighthouse at dawn" in notebook.output_text(0)
    saved = str(notebook.saved())
    assert "sk-" not in saved
    assert "widget-state" not in saved


def test_cancel_stops_the_request_and_says_what_it_may_have_cost(slow_lab, open_form):
    lab, sandbox = slow_lab
    notebook = open_form(lab, "'a castle'")
    assert notebook.locator(".an-actions button", has_text="Cancel").is_disabled()
    notebook.locator(".an-generate").click()
    notebook.wait_until(lambda: "a castle" in prompts(sandbox), 10)
    before = sandbox.ledger()["now"]
    notebook.locator(".an-actions button", has_text="Cancel").click()
    notebook.locator(".an-status", has_text="the request may have been charged (id ").wait_for()
    last = asked(sandbox)[-1]
    assert last["outcome"] == "closed by client"
    assert last["closed_at"] - before < 0.5
    assert notebook.locator(".an-generate").is_enabled()
    assert image(notebook) is None


def test_an_error_is_text_and_nothing_else(lab, open_form):
    notebook = open_form(lab, "'a fox', model='<img src=x onerror=alert(1)>'")
    notebook.locator(".an-generate").click()
    notebook.locator(".an-failed .an-status", has_text="<img src=x").wait_for()
    assert notebook.locator(".an-form img").count() == 0


def test_after_a_page_reload_the_form_shows_its_pictures_itself(lab, open_form):
    notebook = open_form(lab, "'a green boat'")
    notebook.locator(".an-generate").click()
    wait_for_image(notebook)
    notebook.save()
    notebook.reopen(fresh_kernel=False)
    notebook.locator(".an-note", has_text="The page was reloaded").wait_for()
    notebook.locator(".an-picture img").wait_for()
    first = notebook.locator(".an-picture img").get_attribute("src")
    notebook.locator(".an-generate").click()
    notebook.wait_until(
        lambda: notebook.locator(".an-picture img").get_attribute("src") != first, 20
    )
    notebook.run_cell(2)
    wait_for_image(notebook, 2)
    notebook.wait_until(lambda: notebook.locator(".an-picture img").count() == 0, 10)
    assert notebook.locator(".an-note").all_inner_texts() == ["", ""]


def test_in_voila_the_form_shows_its_pictures_itself_and_asks_for_nothing(lab, open_form):
    # Voila names itself in its kernels' environment, and brings no output up to date.
    notebook = open_form(lab, "__import__('os').environ.setdefault('VOILA_BASE_URL', '/')")
    notebook.locator(".an-prompt textarea").fill("a green boat")
    notebook.locator(".an-generate").click()
    notebook.locator(".an-picture img").wait_for()
    assert notebook.locator(".an-note").inner_text() == ""


def test_showing_a_form_twice_on_one_page_is_no_reload(lab, open_form):
    notebook = open_form(lab, "'a green boat'")
    notebook.run_cell(2)
    notebook.locator(READY).nth(1).wait_for()
    notebook.locator(".an-generate").last.click()
    wait_for_image(notebook, 0)
    wait_for_image(notebook, 2)
    assert notebook.locator(".an-note").all_inner_texts() == ["", ""]
    assert notebook.locator(".an-picture img").count() == 0


def test_the_models_can_be_chosen_and_every_control_has_a_label(lab, open_form):
    notebook = open_form(lab)
    notebook.locator(".an-model datalist option[value='gpt-image-2']").wait_for(state="attached")
    form = notebook.locator(".an-form")
    for label in ("Prompt", "Model", "Size", "Quality", "Style", "Pictures"):
        assert form.get_by_label(label).is_visible()
    assert notebook.locator(".an-status").get_attribute("aria-live") == "polite"


def test_on_a_narrow_page_the_options_go_below_and_nothing_overflows(lab, open_form):
    notebook = open_form(lab, "'a fox'", viewport=(400, 900))
    prompt = notebook.locator(".an-prompt textarea").bounding_box()
    model = notebook.locator(".an-model input").bounding_box()
    assert model["y"] > prompt["y"] + prompt["height"]
    notebook.locator(".an-generate").click()
    wait_for_image(notebook)
    assert notebook.page.evaluate(OVERFLOWING) == []
