"""What every test stands on: a clean environment, a folder of its own, a sandbox."""

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

posix_only = pytest.mark.skipif(os.name != "posix", reason="uses what only POSIX has")


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.startswith("ALPHANEURAL_") or name.upper().endswith("_PROXY"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("ALPHANEURAL_HOME", str(tmp_path / "library"))


@dataclass
class RunningSandbox:
    """A sandbox in a process of its own."""

    base_url: str
    api_key: str

    @property
    def environment(self) -> dict[str, str]:
        return {"ALPHANEURAL_BASE_URL": self.base_url, "ALPHANEURAL_API_KEY": self.api_key}

    def ledger(self) -> dict[str, Any]:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(self.base_url.removesuffix("/v1") + "/ledger", timeout=5) as answer:
            return json.load(answer)


@contextmanager
def run_sandbox(*arguments: str) -> Iterator[RunningSandbox]:
    process = subprocess.Popen(
        [sys.executable, "-m", "alphaneural_nb.sandbox", "--lifeline", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        facts = json.loads(process.stdout.readline())
        yield RunningSandbox(facts["base_url"], facts["api_key"])
    finally:
        process.stdin.close()
        process.wait(timeout=5)
        process.stdout.close()


@pytest.fixture(scope="session")
def sandbox() -> Iterator[RunningSandbox]:
    """One sandbox that answers at once."""
    with run_sandbox() as running:
        yield running


@pytest.fixture
def slow_sandbox() -> Iterator[RunningSandbox]:
    """A sandbox of the test's own that takes 3 s for each request."""
    with run_sandbox("--delay", "3") as running:
        yield running


@pytest.fixture
def in_sandbox(sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch) -> RunningSandbox:
    """Point this process at the running sandbox, as at any service."""
    for name, value in sandbox.environment.items():
        monkeypatch.setenv(name, value)
    return sandbox


def until(claim: Callable[[], Any], seconds: float = 5.0) -> Any:
    """Return the first true value of a claim, or fail after some seconds."""
    deadline = time.monotonic() + seconds
    while not (value := claim()):
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.01)
    return value
