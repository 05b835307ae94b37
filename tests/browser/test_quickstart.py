"""The quickstart as a newcomer meets it: a real JupyterLab, a real browser, no key."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from jupyter_lab import Lab, NotebookPage, chromium_or_skip

QUICKSTART = Path(__file__).parents[2] / "notebooks" / "quickstart.ipynb"
PICTURES = ".jp-OutputArea-output img"


@pytest.fixture
def notebook(tmp_path) -> Iterator[NotebookPage]:
    chromium_or_skip()
    folder = tmp_path / "notebooks"
    folder.mkdir()
    shutil.copy(QUICKSTART, folder)
    with Lab(folder, env={"ALPHANEURAL_HOME": str(tmp_path / "library")}) as lab:
        yield lab.open(QUICKSTART.name)


CELLS = nbformat.read(QUICKSTART, as_version=4).cells


def cell_with(text):
    return next(index for index, cell in enumerate(CELLS) if text in cell.source)


def has_picture(notebook, index):
    return any("image/jpeg" in output.get("data", {}) for output in notebook.outputs(index))


def test_magic_and_form_draw_and_their_pictures_are_there_after_save_and_reopen(notebook):
    magic, form = cell_with("%%imagine"), cell_with("ImagineForm(")
    notebook.run_all()
    errors = [
        output
        for index, cell in enumerate(CELLS)
        if cell.cell_type == "code"
        for output in notebook.outputs(index)
        if output["output_type"] == "error"
    ]
    assert errors == []
    assert has_picture(notebook, magic)
    assert not has_picture(notebook, form)

    notebook.locator(".an-generate").click()
    notebook.wait_until(lambda: has_picture(notebook, form), 20, "the form's picture")

    notebook.save()
    notebook.reopen(fresh_kernel=True)
    assert has_picture(notebook, magic)
    assert has_picture(notebook, form)
    shown = notebook.locator(f".jp-Cell:has-text('ImagineForm') {PICTURES}").last
    shown.scroll_into_view_if_needed()
    assert shown.evaluate("image => image.complete && image.naturalWidth > 0")
    assert notebook.outside_requests == []
