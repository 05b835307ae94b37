"""The key appears nowhere: not in outputs, tracebacks, variables, records or saved notebooks."""

import base64
from contextlib import contextmanager

import pytest
from conftest import run_sandbox
from kernel_client import Kernel

CANARY = "sk-canary-7Hq2vXk9LmPz4RtWb8Ye3Nc6"


def pieces(key):
    return [key[at : at + 12] for at in range(len(key) - 11)]


def assert_absent(text):
    assert CANARY not in text
    assert base64.b64encode(CANARY.encode()).decode().rstrip("=") not in text
    assert not [piece for piece in pieces(CANARY) if piece in text]


@contextmanager
def refused_kernel(home):
    # The sandbox knows another key, so that every call with the canary is refused.
    with run_sandbox() as sandbox:
        environment = {
            "ALPHANEURAL_BASE_URL": sandbox.base_url,
            "ALPHANEURAL_API_KEY": CANARY,
            "ALPHANEURAL_HOME": str(home),
        }
        with Kernel(environment) as running:
            running.run("%load_ext alphaneural_nb\nimport alphaneural_nb as an")
            yield running


@pytest.fixture(scope="module")
def kernel(tmp_path_factory):
    with refused_kernel(tmp_path_factory.mktemp("library")) as running:
        yield running


@pytest.fixture(scope="module")
def telling_kernel(tmp_path_factory):
    """A kernel whose user types the key into cells, so that its history holds it."""
    with refused_kernel(tmp_path_factory.mktemp("library")) as running:
        yield running


FAILURES = {
    "a wrong key": "%imagine a fox",
    "a wrong key, with a model": "%imagine -m gpt-image-2 a fox",
    "no network": "an.configure(base_url='http://127.0.0.1:9/v1')\nan.imagine('a fox')",
    "a key with a line break": f"an.configure(api_key='{CANARY}\\n{CANARY}')",
    "a key in the base URL": f"an.configure(base_url='http://user:{CANARY}@127.0.0.1/v1')",
    "a fault of our own": (
        "import tempfile\n"
        "from alphaneural_nb.account import studio\n"
        "an.configure(home=tempfile.mkdtemp())\n"  # another studio than that of the others
        "class Broken(type(studio().library)):\n"
        "    def intend(self, *args): raise ZeroDivisionError('a fault')\n"
        "studio().library.__class__ = Broken\n"
        "an.imagine('a fox', model='gpt-image-2')"
    ),
}


@pytest.mark.parametrize("mode", ["Plain", "Context", "Verbose", "Minimal"])
@pytest.mark.parametrize("code", FAILURES.values(), ids=FAILURES)
def test_no_traceback_shows_the_key(telling_kernel, mode, code):
    kernel = telling_kernel
    kernel.run(f"%xmode {mode}")
    done = kernel.run(code)
    kernel.run("an.configure(api_key=None, base_url=None, home=None)")
    assert done.status == "error"
    shown = [str(output) for output in done.outputs]
    assert_absent("\n".join(shown))


@pytest.mark.parametrize(
    "code",
    [
        "%imagine status",
        "%config ImagineMagics",
        "from alphaneural_nb.account import studio\nstudio().settings",
        "print(studio().settings, vars(studio().settings), vars(studio()))",
        "import dataclasses; dataclasses.asdict(studio().settings)",
        "import pickle, dataclasses; pickle.dumps(studio().settings)",
        "%whos",
        "studio?",
        (
            "try:\n    an.imagine('a fox')\nexcept Exception as e:\n"
            "    print(repr(e), vars(e), e.__cause__, e.__context__, pickle.dumps(e))"
        ),
        (
            "import logging; logging.basicConfig(level=logging.DEBUG)\n"
            "try:\n    an.imagine('a fox')\nexcept Exception: pass"
        ),
        (
            "import traceback, sys\ntry:\n    an.imagine('a fox')\nexcept Exception as e:\n"
            "    t = traceback.TracebackException.from_exception(e, capture_locals=True)\n"
            "    print(''.join(t.format()))"
        ),
    ],
)
def test_no_output_shows_the_key(kernel, code):
    done = kernel.run("from alphaneural_nb.account import studio; import pickle\n" + code)
    assert_absent(str(done.outputs))


def test_an_interrupt_does_not_show_the_key(slow_sandbox, tmp_path):
    environment = {
        "ALPHANEURAL_BASE_URL": slow_sandbox.base_url,
        "ALPHANEURAL_API_KEY": slow_sandbox.api_key,
        "ALPHANEURAL_HOME": str(tmp_path),
    }
    with Kernel(environment) as kernel:
        kernel.run("%load_ext alphaneural_nb\n%xmode Verbose")
        for code in ("%imagine a fox", "import alphaneural_nb as an\nawait an.aimagine('a fox')"):
            running = kernel.start(code)
            kernel.wait_until(lambda: slow_sandbox.ledger()["open"], 10)
            kernel.interrupt()
            done = running.wait(10)
            assert done.status == "error"
            assert slow_sandbox.api_key not in str(done.outputs)
        for path in tmp_path.rglob("*"):
            assert not path.is_file() or slow_sandbox.api_key.encode() not in path.read_bytes()


def test_no_file_of_the_library_holds_the_key(sandbox, tmp_path):
    environment = {**sandbox.environment, "ALPHANEURAL_HOME": str(tmp_path)}
    with Kernel(environment) as kernel:
        kernel.run("%load_ext alphaneural_nb")
        assert kernel.run("%imagine -n 2 a fox").status == "ok"
        assert kernel.run("%imagine [broken] a fox").status == "error"
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) >= 5
    assert not [path for path in files if sandbox.api_key.encode() in path.read_bytes()]
