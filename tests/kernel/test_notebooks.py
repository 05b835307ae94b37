"""Notebooks as files: they run from top to bottom, stay light, and stop at a failure."""

import io
import json
import random
import time
from pathlib import Path

import nbformat
import pytest
from fault_server import MODEL, FaultServer, answers, images
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat.v4 import new_code_cell, new_notebook
from PIL import Image

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


def images_in(notebook):
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    mimes = [mime for output in outputs for mime in output.get("data", {})]
    return [mime for mime in mimes if mime.startswith("image/")]


AT_MOST = {1: 400_000, 4: 600_000}
"""Bytes of a saved notebook by pictures in its cell."""


@pytest.mark.parametrize("n", AT_MOST)
def test_a_cell_has_one_image_and_adds_at_most_400_kb_or_600_kb(in_sandbox, tmp_path, n):
    notebook = run(cells("%load_ext alphaneural_nb", f"%imagine -n {n} a fox in snow"), tmp_path)
    assert images_in(notebook) == ["image/jpeg"]
    assert weight(notebook, tmp_path) <= AT_MOST[n]


def noise(mode):
    """Return a PNG of 1024x1024 random pixels: no picture is heavier."""
    file, size = io.BytesIO(), (1024, 1024)
    content = random.Random(7).randbytes(len(mode) * size[0] * size[1])
    Image.frombytes(mode, size, content).save(file, "PNG", compress_level=1)
    return file.getvalue()


@pytest.mark.parametrize(("mode", "mime"), [("RGB", "image/jpeg"), ("RGBA", "image/png")])
@pytest.mark.parametrize("n", AT_MOST)
def test_the_heaviest_pictures_add_no_more(monkeypatch, tmp_path, n, mode, mime):
    body = images(*[noise(mode)] * n)
    with FaultServer([answers(body, charge=n)]) as server:
        monkeypatch.setenv("ALPHANEURAL_BASE_URL", server.base_url)
        monkeypatch.setenv("ALPHANEURAL_API_KEY", "sk-noise-Zp3Wd8Ym2Qz6")
        code = f"%load_ext alphaneural_nb\n%imagine -m {MODEL} -n {n} a storm"
        notebook = run(cells(code), tmp_path)
    assert images_in(notebook) == [mime]
    assert 100_000 < weight(notebook, tmp_path) <= AT_MOST[n]


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
