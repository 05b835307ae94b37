"""A real IPython kernel, driven over its own protocol as a front end drives it.

``Kernel`` starts ``python -m ipykernel_launcher`` with the Python that runs the tests, sends
cells to it and keeps their outputs the way a notebook keeps them: streams are joined, a display
update changes the output it belongs to, even when it comes after the cell has ended.
"""

from __future__ import annotations

import contextlib
import os
import queue
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from jupyter_client import KernelManager
from jupyter_client.blocking import BlockingKernelClient
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager

# How long one look at the message queue may block. It only bounds how late a deadline is
# noticed: a message ends the look at once.
LOOK = 0.02
# How long the kernel may take to leave by itself before it is killed.
GOODBYE = 4.0


@dataclass(frozen=True)
class Error:
    """The exception a cell ended with."""

    ename: str
    evalue: str
    traceback: list[str]


@dataclass(frozen=True)
class Message:
    """One IOPub message, and how many seconds after the request it was seen."""

    kind: str
    content: dict[str, Any]
    after: float


@dataclass(frozen=True)
class Completion:
    """What a completion request returned: ``matches`` replace ``code[start:end]``."""

    matches: list[str]
    start: int
    end: int
    metadata: dict[str, Any]


@dataclass
class Execution:
    """One cell's run. ``outputs`` is live: later display updates still change it."""

    code: str
    status: str = "pending"  # then "ok", "error" or "aborted"
    outputs: list[dict[str, Any]] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    error: Error | None = None
    seconds: float = 0.0
    execution_count: int | None = None

    @property
    def text(self) -> str:
        """All stream text and every output's ``text/plain``, in order."""
        return "".join(_text_of(output) for output in self.outputs)

    def kinds(self) -> list[str]:
        """Return the kinds of the IOPub messages, in the order in which they came."""
        return [message.kind for message in self.messages]

    def __str__(self) -> str:
        outputs = "\n".join(f"    {str(output)[:400]}" for output in self.outputs)
        return f"[{self.status}] {self.code[:120]!r}\n{outputs or '    no outputs'}"


def _text_of(output: dict[str, Any]) -> str:
    if output["output_type"] == "stream":
        return str(output["text"])
    return str(output.get("data", {}).get("text/plain", ""))


class OutputArea:
    """Turns IOPub messages into a cell's outputs, as a notebook file stores them.

    ``displays`` is shared by all cells of a kernel: a display id may be updated from any of them.
    """

    def __init__(self, outputs: list[dict[str, Any]], displays: dict[str, list[dict[str, Any]]]):
        self._outputs = outputs
        self._displays = displays
        self._clear_before_next = False

    def take(self, kind: str, content: dict[str, Any]) -> None:
        """Apply one message; kinds that are no output are ignored."""
        handler = getattr(self, f"_take_{kind}", None)
        if handler:
            handler(content)

    def _add(self, output: dict[str, Any]) -> None:
        if self._clear_before_next:
            self._outputs.clear()
            self._clear_before_next = False
        self._outputs.append(output)

    def _take_stream(self, content: dict[str, Any]) -> None:
        last = self._outputs[-1] if self._outputs and not self._clear_before_next else {}
        if last.get("name") == content["name"]:
            last["text"] += content["text"]
        else:
            self._add({"output_type": "stream", "name": content["name"], "text": content["text"]})

    def _take_display_data(self, content: dict[str, Any]) -> None:
        output = {"output_type": "display_data", **_bundle(content)}
        display_id = content.get("transient", {}).get("display_id")
        if display_id:
            # A second display with the same id also updates the first, as in JupyterLab.
            update_displays(self._displays, content)
            self._displays.setdefault(display_id, []).append(output)
        self._add(output)

    def _take_execute_result(self, content: dict[str, Any]) -> None:
        count = content["execution_count"]
        self._add({"output_type": "execute_result", "execution_count": count, **_bundle(content)})

    def _take_error(self, content: dict[str, Any]) -> None:
        wanted = {name: content[name] for name in ("ename", "evalue", "traceback")}
        self._add({"output_type": "error", **wanted})

    def _take_clear_output(self, content: dict[str, Any]) -> None:
        if content["wait"]:
            self._clear_before_next = True
        else:
            self._outputs.clear()


def _bundle(content: dict[str, Any]) -> dict[str, Any]:
    return {"data": content["data"], "metadata": content["metadata"]}


def update_displays(displays: dict[str, list[dict[str, Any]]], content: dict[str, Any]) -> None:
    """Give every output shown under the message's display id the new content."""
    for output in displays.get(content.get("transient", {}).get("display_id", ""), []):
        output.update(_bundle(content))


class PendingExecution:
    """A cell that was sent; ``so_far`` fills while messages are read."""

    def __init__(self, kernel: Kernel, code: str):
        self.so_far = Execution(code)
        self._kernel = kernel
        self._area = OutputArea(self.so_far.outputs, kernel.displays)
        self._sent = time.monotonic()
        self._replied = False
        self._idle = False

    @property
    def done(self) -> bool:
        """Whether both the reply and the idle state have been seen."""
        return self._replied and self._idle

    @property
    def text(self) -> str:
        """The text so far."""
        return self.so_far.text

    def wait(self, timeout: float = 60) -> Execution:
        """Read messages until the cell is done."""
        self._kernel.wait_until(lambda: self.done, timeout, f"the end of {self.so_far.code!r}")
        return self.so_far

    def wait_for_text(self, text: str, timeout: float = 60) -> None:
        """Read messages until the cell has shown ``text``: its code is known to be running."""
        self._kernel.wait_until(lambda: text in self.text, timeout, f"the text {text!r}")

    def take_output(self, kind: str, content: dict[str, Any]) -> None:
        """Apply an IOPub message of this cell."""
        after = time.monotonic() - self._sent
        self.so_far.messages.append(Message(kind, content, after))
        self._area.take(kind, content)
        if kind == "status" and content["execution_state"] == "idle":
            self._idle = True
            self._note_time()

    def take_reply(self, content: dict[str, Any]) -> None:
        """Apply the shell channel's answer."""
        self._replied = True
        self.so_far.status = content["status"]
        self.so_far.execution_count = content.get("execution_count")
        if content["status"] == "error":
            self.so_far.error = Error(content["ename"], content["evalue"], content["traceback"])
        self._note_time()

    def _note_time(self) -> None:
        # Late display updates must not make the cell look slower than it was.
        self.so_far.seconds = time.monotonic() - self._sent


class ThisPython(KernelSpecManager):
    """Knows one kernel, whose interpreter is the one that runs the tests."""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """Return the kernel spec; no installed one is looked up."""
        return KernelSpec(argv=kernel_command(), display_name=kernel_name, language="python")


def kernel_command() -> list[str]:
    """Return the command line of a kernel in the current environment."""
    return [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]


def clean_environment(folder: Path, changes: Mapping[str, str | None] | None) -> dict[str, str]:
    """Return this process's environment without the user's IPython and Jupyter profiles.

    A change to None takes the variable away.
    """
    own_folders = {
        "IPYTHONDIR": str(folder / "ipython"),
        "JUPYTER_CONFIG_DIR": str(folder / "config"),
        "JUPYTER_DATA_DIR": str(folder / "data"),
        "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
        # With this variable set ipykernel stops capturing what child processes print.
        "PYTEST_CURRENT_TEST": None,
    }
    wanted = {**os.environ, **own_folders, **(changes or {})}
    return {name: value for name, value in wanted.items() if value is not None}


class Kernel:
    """A running kernel and its one client; use it as a context manager."""

    def __init__(self, env: Mapping[str, str | None] | None = None, cwd: Path | None = None):
        self.displays: dict[str, list[dict[str, Any]]] = {}
        self._env = env
        self._cwd = cwd
        self._cells: dict[str, PendingExecution] = {}
        self._replies: dict[str, dict[str, Any]] = {}
        self._cleanup = contextlib.ExitStack()
        self._manager: KernelManager
        self._client: BlockingKernelClient
        self._log: Path

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as stack:
            # On Windows a file may stay locked for a moment after the kernel has left.
            folder = stack.enter_context(
                tempfile.TemporaryDirectory(prefix="kernel-", ignore_cleanup_errors=True)
            )
            self._launch(Path(folder), stack)
            self._cleanup = stack.pop_all()
        return self

    def __exit__(self, *exception: object) -> None:
        self._cleanup.close()

    def _launch(self, folder: Path, stack: contextlib.ExitStack) -> None:
        self._log = folder / "kernel.log"
        log = stack.enter_context(self._log.open("wb"))
        self._manager = KernelManager(
            kernel_spec_manager=ThisPython(),
            connection_file=str(folder / "connection.json"),
            shutdown_wait_time=GOODBYE,
        )
        stack.callback(self._stop_kernel)
        self._manager.start_kernel(
            env=clean_environment(folder, self._env),
            cwd=str(self._cwd or folder),
            stdout=log,
            stderr=log,
        )
        self._client = self._manager.client()
        stack.callback(self._close_client)
        # The heartbeat is a thread that only repeats what the process itself tells.
        self._client.start_channels(hb=False)
        try:
            self._client.wait_for_ready(timeout=60)
        except RuntimeError as error:
            raise RuntimeError(f"The kernel did not start.\n{self._seen()}") from error

    def _stop_kernel(self) -> None:
        if self._manager.has_kernel:
            self._manager.shutdown_kernel()
        self._manager.cleanup_resources()

    def _close_client(self) -> None:
        self._client.stop_channels()
        if not self._client.context.closed:
            self._client.context.destroy(linger=0)

    def run(self, code: str, *, timeout: float = 60, cell_id: str | None = None) -> Execution:
        """Run a cell to its end."""
        return self.start(code, cell_id=cell_id).wait(timeout)

    def start(self, code: str, *, cell_id: str | None = None) -> PendingExecution:
        """Send a cell and return at once; several may wait in the kernel's queue."""
        content = {
            "code": code,
            "silent": False,
            "store_history": True,
            "user_expressions": {},
            "allow_stdin": False,
            "stop_on_error": True,
        }
        # JupyterLab names the cell in the request's metadata; other front ends do not.
        metadata = {"cellId": cell_id} if cell_id else {}
        request = self._client.session.msg("execute_request", content, metadata=metadata)
        cell = self._cells[request["header"]["msg_id"]] = PendingExecution(self, code)
        self._client.shell_channel.send(request)
        return cell

    def interrupt(self) -> None:
        """Interrupt the running cell as the stop button does.

        Wait for a text of the cell first: the kernel ignores a signal that comes before the
        cell has begun.
        """
        self._manager.interrupt_kernel()

    def complete(self, code: str, cursor: int | None = None) -> list[str]:
        """Return what Tab offers at ``cursor`` (default: the end)."""
        return self.completion(code, cursor).matches

    def completion(self, code: str, cursor: int | None = None) -> Completion:
        """Return what Tab offers, and which part of the code it replaces."""
        reply = self._ask(self._client.complete(code, len(code) if cursor is None else cursor))
        start, end = reply["cursor_start"], reply["cursor_end"]
        return Completion(reply["matches"], start, end, reply["metadata"])

    def inspect(self, code: str, cursor: int | None = None) -> str:
        """Return the plain text that Shift+Tab shows, or an empty text."""
        reply = self._ask(self._client.inspect(code, len(code) if cursor is None else cursor))
        return str(reply["data"].get("text/plain", ""))

    def wait_until(
        self, predicate: Callable[[], Any], timeout: float = 60, what: str = "a state"
    ) -> Any:
        """Read messages until ``predicate()`` is true, and return its value."""
        deadline = time.monotonic() + timeout
        while not (value := predicate()):
            if not self._read() and not self._manager.is_alive():
                raise RuntimeError(f"The kernel died while waiting for {what}.\n{self._seen()}")
            if time.monotonic() > deadline:
                raise TimeoutError(f"No {what} within {timeout:g} s.\n{self._seen()}")
        return value

    def _ask(self, message_id: str) -> dict[str, Any]:
        self.wait_until(lambda: message_id in self._replies, 60, "reply")
        return self._replies.pop(message_id)

    def _read(self) -> bool:
        """Take the messages that are there; return whether there were any."""
        output = _next_message(self._client.get_iopub_msg, LOOK)
        if output:
            self._take_output(output)
        reply = _next_message(self._client.get_shell_msg, 0)
        if reply:
            self._take_reply(reply)
        return bool(output or reply)

    def _take_output(self, message: dict[str, Any]) -> None:
        kind, content = message["header"]["msg_type"], message["content"]
        if kind == "update_display_data":
            update_displays(self.displays, content)
        cell = self._cells.get(message["parent_header"].get("msg_id", ""))
        if cell:
            cell.take_output(kind, content)

    def _take_reply(self, message: dict[str, Any]) -> None:
        request = message["parent_header"].get("msg_id", "")
        cell = self._cells.get(request)
        if cell:
            cell.take_reply(message["content"])
        else:
            self._replies[request] = message["content"]

    def _seen(self) -> str:
        cells = "\n".join(str(cell.so_far) for cell in self._cells.values())
        log = self._log.read_text(encoding="utf-8", errors="replace")[-2000:]
        return f"Cells so far:\n{cells}\nThe kernel's own log:\n{log}"


def _next_message(get: Callable[..., dict[str, Any]], timeout: float) -> dict[str, Any] | None:
    try:
        return get(timeout=timeout)
    except queue.Empty:
        return None
