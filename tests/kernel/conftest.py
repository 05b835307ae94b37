"""A kernel with the extension loaded, in front of the running sandbox."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from kernel_client import Kernel


@pytest.fixture(scope="module")
def kernel(sandbox, tmp_path_factory) -> Iterator[Kernel]:
    home: Path = tmp_path_factory.mktemp("library")
    with Kernel({**sandbox.environment, "ALPHANEURAL_HOME": str(home)}) as running:
        assert running.run("%load_ext alphaneural_nb").outputs == []
        yield running


@pytest.fixture
def slow_kernel(slow_sandbox, tmp_path) -> Iterator[Kernel]:
    environment = {**slow_sandbox.environment, "ALPHANEURAL_HOME": str(tmp_path)}
    with Kernel(environment) as running:
        running.run("%load_ext alphaneural_nb")
        # Everything that a first request imports is there before anything is timed.
        running.run("import alphaneural_nb.account, alphaneural_nb.studio, httpx, PIL.Image")
        yield running
