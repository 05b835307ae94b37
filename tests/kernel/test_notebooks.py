"""Notebooks as files: they run from top to bottom, stay light, and stop at a failure."""

import json
import time
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat.v4 import new_code_cell, new_notebook

QUICKSTART = Path(__file__).parents[2] / "notebooks" / "quickstart.ipynb"


@pytest.fixture(autouse=True)
def _kernel_environment(monkeypatch, tmp_path):
    # With it ipykernel would not capture what child processes print.
    monkeypatch.delenv("PYTEST_CURRENT_TEST", raising=False)
    for name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))


def run(notebook, folder):
    from kernel_client import ThisPython

    client = NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(folder)}})
    client.create_kernel_manager()
    client.km.kernel_spec_manager = ThisPython()
    return client.execute()


def cells(*sources):
    return new_notebook(cells=[new_code_cell(source) for source in sources])


def weight(notebook, tmp_path):
    path = tmp_path / "saved.ipynb"
    nbformat.write(notebook, path)
    return path.stat().st_size


def test_the_quickstart_runs_from_top_to_bottom_in_under_thirty_seconds(tmp_path):
    notebook = nbformat.read(QUICKSTART, as_version=4)
    started = time.monotonic()
    run(notebook, tmp_path)
    assert time.monotonic() - started < 30
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert not [output for output in outputs if output["output_type"] == "error"]
    pictures = [one for one in outputs if "image/jpeg" in one.get("data", {})]
    assert len(pictures) == 6
    assert "sandbox (no key set, nothing was sent)" in json.dumps(outputs)


def test_the_quickstart_is_committed_without_outputs():
    notebook = nbformat.read(QUICKSTART, as_version=4)
    assert not [cell for cell in notebook.cells if cell.get("outputs")]


def test_a_cell_with_one_picture_adds_at_most_400_kb(in_sandbox, tmp_path):
    notebook = run(cells("%load_ext alphaneural_nb", "%imagine a fox in the snow"), tmp_path)
    assert weight(notebook, tmp_path) <= 400_000


def test_a_cell_with_four_pictures_adds_at_most_600_kb(in_sandbox, tmp_path):
    notebook = run(cells("%load_ext alphaneural_nb", "%imagine -n 4 a fox in the snow"), tmp_path)
    assert weight(notebook, tmp_path) <= 600_000


@pytest.mark.parametrize(
    "failing",
    ["%imagine [moderated] a fox", "%imagine -m no-such-model a fox", "%imagine a {{nothing}}"],
)
def test_a_failure_stops_the_notebook(in_sandbox, tmp_path, failing):
    notebook = cells("%load_ext alphaneural_nb", failing, "after = 1")
    with pytest.raises(CellExecutionError):
        run(notebook, tmp_path)
    assert notebook.cells[2].get("execution_count") is None


def test_the_caption_is_stored_before_its_picture(in_sandbox, tmp_path):
    notebook = run(cells("%load_ext alphaneural_nb\n%imagine a fox"), tmp_path)
    caption, picture = notebook.cells[0].outputs
    assert "text/html" in caption.data
    assert "image/jpeg" in picture.data
