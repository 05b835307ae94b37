"""The README keeps its promises: its table is the options', its code runs, it stays short."""

import re
from pathlib import Path

from kernel_client import Kernel

from alphaneural_nb.request import OPTIONS
from alphaneural_nb.settings import ENVIRONMENT

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def options_table():
    rows = ["| flag | parameter | what it is |", "|---|---|---|"]
    for name, option in OPTIONS.items():
        flags = ", ".join(f"`{flag}`" for flag in option.flags)
        values = f": {', '.join(f'`{value}`' for value in option.values)}" if option.values else ""
        rows.append(f"| {flags} | `{name}` | {option.help}{values} |")
    return "\n".join(rows)


def test_the_options_table_is_made_from_the_options():
    table = re.search(r"<!-- options -->\n(.*?)<!-- /options -->", README, re.DOTALL)[1].strip()
    assert table == options_table(), f"put this into the README:\n{options_table()}"


def test_every_environment_variable_is_explained():
    for setting, variable in ENVIRONMENT.items():
        assert f"| `{variable}` | `{setting}` |" in README


def test_it_is_short():
    assert len(README.splitlines()) <= 150


def test_its_python_cells_run(tmp_path):
    blocks = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    assert len(blocks) == 3
    with Kernel({"ALPHANEURAL_HOME": str(tmp_path)}) as kernel:
        for block in blocks:
            assert kernel.run(block).status == "ok"


def test_what_it_links_to_is_there():
    for target in re.findall(r"\]\((?!https?:)([^)]+)\)", README):
        assert (ROOT / target).exists(), target
