"""What loading the extension costs, in a fresh IPython."""

import json
import subprocess
import sys

import pytest

MEASURE = """
import json, sys, time
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
before = set(sys.modules)
started = time.process_time()
shell.run_line_magic("load_ext", "alphaneural_nb")
spent = time.process_time() - started
print(json.dumps({"ms": spent * 1000, "modules": sorted(set(sys.modules) - before)}))
"""

HEAVY = {"httpx", "PIL", "ipywidgets", "pandas", "asyncio", "tornado", "importlib.metadata"}


@pytest.fixture
def load(monkeypatch, tmp_path):
    # An installed package is compiled; a checkout under test need not be.
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    monkeypatch.setenv("PYTHONPYCACHEPREFIX", str(tmp_path))

    def measured():
        done = subprocess.run(
            [sys.executable, "-c", MEASURE], capture_output=True, text=True, check=True, timeout=60
        )
        return json.loads(done.stdout)

    measured()  # compiles
    return measured


def test_loading_imports_nothing_heavy(load):
    assert HEAVY.isdisjoint(load()["modules"])


def test_loading_costs_at_most_ten_milliseconds_over_bare_ipython(load):
    costs = sorted(load()["ms"] for _ in range(7))
    assert costs[3] <= 10, costs


def test_importing_the_package_alone_imports_nothing_heavy():
    code = "import sys; b = set(sys.modules); import alphaneural_nb; print(*set(sys.modules) - b)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert HEAVY.isdisjoint(done.stdout.split())
