"""A real JupyterLab server with a headless Chromium in front of it.

``Lab`` starts the server in a folder, ``Lab.open`` opens one of its notebooks in the browser.
Nothing outside 127.0.0.1 is reached. No browser is downloaded: an installed one is used.
"""

from __future__ import annotations

import contextlib
import http.client
import importlib.util
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote, urlsplit

import nbformat
import pytest
from kernel_client import clean_environment, kernel_command

if TYPE_CHECKING:
    # A kernel-only environment has no playwright; this module must still import there.
    from playwright.sync_api import Browser, BrowserContext, Locator, Page

CHROMIUM_NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "microsoft-edge",
    "msedge",
)
CHROMIUM_PLACES = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
)
CHROMIUM_FLAGS = (
    "--no-sandbox",  # its sandbox does not work for root, nor in most containers
    "--disable-dev-shm-usage",  # containers have a small /dev/shm, and pictures fill it
    "--disable-gpu",  # headless machines have none
    "--disable-quic",
    "--disable-extensions",
    "--no-first-run",
    # No calls home, no proxy between the browser and loopback, no name but loopback resolved.
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-proxy-server",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
LAB_FLAGS = (
    "--no-browser",  # the tests open their own
    "--ServerApp.ip=127.0.0.1",
    "--IdentityProvider.token=",  # no login page; the server is on loopback, and short-lived
    "--LabApp.expose_app_in_browser=True",  # gives window.jupyterapp: commands and models
    # No look-ups for new versions and extensions.
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    "--LabApp.extension_manager=readonly",
)
LAB_SETTINGS: dict[str, dict[str, Any]] = {
    # The question "do you want news?" would lie over the page, and an answer goes to the net.
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    # A test says when it saves.
    "docmanager-extension/plugin": {"autosave": False},
}
# What a page needs to find its notebook in JupyterLab, and to know when its runs have ended.
PAGE_SCRIPT = """
window.harness = {
  pending: {cells: 0, saves: 0},
  panel(path) {
    const app = window.jupyterapp;
    const widgets = app && app.shell ? [...app.shell.widgets('main')] : [];
    return widgets.find(w => w.sessionContext && w.context && w.context.path === path);
  },
  kernel(path) {
    const panel = this.panel(path);
    const session = panel && panel.sessionContext.session;
    return session && session.kernel ? session.kernel.status : 'no kernel';
  },
  opened(path) {
    const panel = this.panel(path);
    return panel && panel.context.isReady && panel.sessionContext.isReady
      && window.jupyterapp.shell.currentWidget === panel;
  },
  idle(path) {
    const prompts = [...this.panel(path).node.querySelectorAll('.jp-InputPrompt')];
    return this.pending.cells === 0 && this.kernel(path) === 'idle'
      && !prompts.some(prompt => prompt.textContent.includes('*'));
  },
  cell(path, index) { return this.panel(path).content.widgets[index]; },
  run(command, what) {
    this.pending[what] += 1;
    const ended = () => { this.pending[what] -= 1; };
    window.jupyterapp.commands.execute(command).then(ended, ended);
  },
};
"""


def find_chromium() -> str | None:
    """Return an installed Chromium, Chrome or Edge; CHROMIUM in the environment comes first."""
    chosen = os.environ.get("CHROMIUM")
    if chosen:
        return shutil.which(chosen)
    on_path = (shutil.which(name) for name in CHROMIUM_NAMES)
    usual = (place for place in CHROMIUM_PLACES if Path(place).is_file())
    return next((found for found in (*on_path, *usual) if found), None)


def chromium_or_skip() -> str:
    """Return the browser to use; without one skip the test, or fail it where CI is "true"."""
    chromium = find_chromium()
    missing = [name for name in ("playwright", "jupyterlab") if not importlib.util.find_spec(name)]
    if chromium and not missing:
        return chromium
    if not chromium:
        missing.append("Chromium (install one, or set CHROMIUM to it)")
    reason = f"Browser tests need what was not found: {', '.join(missing)}."
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def write_notebook(path: Path, sources: list[str]) -> Path:
    """Write a notebook of code cells that asks for the ``python3`` kernel, and return its path."""
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    # With a kernel named, JupyterLab does not ask which one to start.
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
    nbformat.write(notebook, path)
    return path


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class SharedBrowser:
    """One Chromium for all who use it at the same time.

    Playwright's sync API may be started only once in a thread, so two Labs must share it.
    """

    _users = 0
    _stack = contextlib.ExitStack()
    _browser: Browser | None = None

    @classmethod
    @contextlib.contextmanager
    def use(cls) -> Iterator[Browser]:
        """Give the running browser, or start it; the last user's exit stops it."""
        if cls._browser is None:
            cls._browser = cls._start()
        cls._users += 1
        try:
            yield cls._browser
        finally:
            cls._users -= 1
            if not cls._users:
                cls._browser = None
                cls._stack.close()

    @classmethod
    def _start(cls) -> Browser:
        from playwright.sync_api import sync_playwright

        chromium = chromium_or_skip()
        with contextlib.ExitStack() as stack:
            playwright = stack.enter_context(sync_playwright())
            browser = playwright.chromium.launch(
                executable_path=chromium, args=list(CHROMIUM_FLAGS), timeout=60_000
            )
            stack.callback(browser.close)
            cls._stack = stack.pop_all()
        return browser


class Lab:
    """A JupyterLab server in ``root``; ``env`` reaches its kernels (None removes a variable)."""

    def __init__(self, root: Path, env: Mapping[str, str | None] | None = None):
        self.root = root
        self.url = ""
        self._env = env
        self._folder: Path
        self._server: subprocess.Popen[bytes]
        self._workspaces = count()
        self._cleanup = contextlib.ExitStack()
        self._browser: Browser | None = None

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as stack:
            # On Windows a file may stay locked for a moment after the server has left.
            folder = stack.enter_context(
                tempfile.TemporaryDirectory(prefix="lab-", ignore_cleanup_errors=True)
            )
            self._folder = Path(folder)
            self._launch(stack)
            self._cleanup = stack.pop_all()
        return self

    def __exit__(self, *exception: object) -> None:
        self._cleanup.close()

    def open(
        self, path: str, *, viewport: tuple[int, int] = (1280, 900), timeout: float = 60
    ) -> NotebookPage:
        """Open a notebook of ``root`` in a new browser profile and wait for its kernel."""
        if self._browser is None:
            self._browser = self._cleanup.enter_context(SharedBrowser.use())
        width, height = viewport
        context = self._browser.new_context(viewport={"width": width, "height": height})
        self._cleanup.callback(context.close)
        # A workspace of its own: JupyterLab would reopen the tabs of another page's.
        url = f"{self.url}lab/workspaces/test-{next(self._workspaces)}/tree/{quote(path)}?reset"
        notebook = NotebookPage(self, context, url, path)
        notebook.load(timeout)
        return notebook

    def log(self) -> str:
        """Return what the server has printed."""
        return (self._folder / "lab.log").read_text(encoding="utf-8", errors="replace")

    def _launch(self, stack: contextlib.ExitStack) -> None:
        environment = clean_environment(self._folder, {**self._write_own_setup(), **self._changes})
        command = [sys.executable, "-m", "jupyterlab", *LAB_FLAGS]
        command += [f"--ServerApp.root_dir={self.root}", f"--ServerApp.port={_free_port()}"]
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            command.append("--allow-root")  # the server refuses to run as root without it
        log = stack.enter_context((self._folder / "lab.log").open("wb"))
        self._server = subprocess.Popen(
            command,
            env=environment,
            cwd=self.root,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,  # its own process group: it can be ended with its helpers
        )
        stack.callback(self._stop)
        self._wait_for_server(60)

    @property
    def _changes(self) -> Mapping[str, str | None]:
        return self._env or {}

    def _write_own_setup(self) -> dict[str, str]:
        """Write settings and a kernel spec of our own; return the variables that name them."""
        settings = self._folder / "settings"
        for plugin, values in LAB_SETTINGS.items():
            file = settings / "@jupyterlab" / f"{plugin}.jupyterlab-settings"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(values), encoding="utf-8")
        spec = self._folder / "share" / "kernels" / "python3" / "kernel.json"
        spec.parent.mkdir(parents=True)
        # An installed spec may say "python", which can be any.
        kernel = {"argv": kernel_command(), "display_name": "Python 3", "language": "python"}
        spec.write_text(json.dumps(kernel), encoding="utf-8")
        return {
            "JUPYTERLAB_SETTINGS_DIR": str(settings),
            "JUPYTERLAB_WORKSPACES_DIR": str(self._folder / "workspaces"),
            "JUPYTER_PATH": str(self._folder / "share"),  # is looked at before all other folders
        }

    def _wait_for_server(self, timeout: float) -> None:
        # The server takes another port where the one it was given is in use, and writes which.
        info = self._folder / "runtime" / f"jpserver-{self._server.pid}.json"
        deadline = time.monotonic() + timeout
        while not (info.is_file() and self._answers(info)):
            if self._server.poll() is not None:
                raise RuntimeError(f"JupyterLab ended at once.\n{self.log()}")
            if time.monotonic() > deadline:
                raise TimeoutError(f"JupyterLab did not answer in {timeout:g} s.\n{self.log()}")
            time.sleep(0.05)

    def _answers(self, info: Path) -> bool:
        # http.client uses no proxy, whatever the environment says.
        try:
            self.url = json.loads(info.read_text(encoding="utf-8"))["url"]
            address = urlsplit(self.url)
            connection = http.client.HTTPConnection(
                address.hostname or "", address.port, timeout=10
            )
            with contextlib.closing(connection):
                connection.request("GET", f"{address.path}api")
                return connection.getresponse().status == 200
        except (ValueError, OSError, http.client.HTTPException):
            return False

    def _stop(self) -> None:
        # At SIGTERM the server shuts its kernels down. Where it is killed instead, they notice
        # that their parent is gone and leave by themselves.
        self._server.terminate()
        try:
            self._server.wait(timeout=10)
        except subprocess.TimeoutExpired:
            if hasattr(os, "killpg"):
                os.killpg(self._server.pid, signal.SIGKILL)
            else:
                self._server.kill()
            self._server.wait(timeout=10)


class NotebookPage:
    """One notebook in the browser. ``page`` is playwright's, for keyboard, mouse and the rest."""

    def __init__(self, lab: Lab, context: BrowserContext, url: str, path: str):
        self.lab = lab
        self.path = path
        self.console_errors: list[str] = []
        self.outside_requests: list[str] = []
        self._context = context
        self._url = url
        context.add_init_script(PAGE_SCRIPT)
        self.page: Page = context.new_page()
        self.page.on("console", self._note_console)
        self.page.on("pageerror", lambda error: self.console_errors.append(str(error)))
        self.page.on("request", self._note_request)
        # "Leave the page with unsaved changes?": yes.
        self.page.on("dialog", lambda dialog: dialog.accept())

    def load(self, timeout: float = 60) -> None:
        """Load the page and wait until the notebook is open and its kernel idle."""
        self.page.goto(self._url, timeout=timeout * 1000)
        self._wait_for("harness.opened(path)", timeout, "the notebook to open")
        # The file browser would take a third of the page's width.
        self._do("jupyterapp.shell.collapseLeft()")
        self.wait_idle(timeout)

    def run_cell(self, index: int, timeout: float = 60) -> list[dict[str, Any]]:
        """Run a cell to its end and return its outputs."""
        self.start_cell(index)
        self.wait_idle(timeout)
        return self.outputs(index)

    def start_cell(self, index: int) -> None:
        """Select a cell, run it, and do not wait for its end."""
        self.select_cell(index)
        self._do("harness.run('notebook:run-cell', 'cells')")

    def run_all(self, timeout: float = 60) -> None:
        """Run all cells, as "Run All Cells" does, and wait for the end."""
        self.start_all()
        self.wait_idle(timeout)

    def start_all(self) -> None:
        """Send all cells to the kernel and do not wait."""
        self._do("harness.run('notebook:run-all-cells', 'cells')")

    def select_cell(self, index: int) -> None:
        """Make a cell the active one, in command mode, and bring it into view."""
        self._do(
            "const notebook = harness.panel(path).content; notebook.deselectAll();"
            "notebook.activeCellIndex = value; notebook.mode = 'command';"
            "return notebook.scrollToItem(value)",
            index,
        )

    def interrupt(self) -> None:
        """Click the toolbar's stop button."""
        button = self.page.locator("[data-command='notebook:interrupt-kernel']:visible")
        if not button.count():
            # A narrow toolbar keeps what does not fit behind its "..." button.
            self.locator(".jp-Toolbar-responsive-opener:visible").click()
        button.click()

    def wait_idle(self, timeout: float = 60) -> None:
        """Wait until no cell is running or queued and the kernel says that it is idle."""
        self._wait_for("harness.idle(path)", timeout, "the kernel to be idle")

    def wait_until(
        self, predicate: Callable[[], Any], timeout: float = 60, what: str = "a state"
    ) -> Any:
        """Let the page go on until ``predicate()`` is true, and return its value."""
        deadline = time.monotonic() + timeout
        while not (value := predicate()):
            if time.monotonic() > deadline:
                raise TimeoutError(f"No {what} within {timeout:g} s.\n{self._seen()}")
            self.page.wait_for_timeout(50)
        return value

    def outputs(self, index: int) -> list[dict[str, Any]]:
        """Return a cell's outputs as the notebook's model has them."""
        return list(self._do("return harness.cell(path, value).model.outputs.toJSON()", index))

    def output_text(self, index: int) -> str:
        """Return the text that a cell's output area shows."""
        return str(self._do("return harness.cell(path, value).outputArea.node.innerText", index))

    def cell_count(self) -> int:
        """Return how many cells the notebook has."""
        return int(self._do("return harness.panel(path).content.widgets.length"))

    def save(self, timeout: float = 30) -> None:
        """Save the notebook to its file."""
        self._do("harness.run('docmanager:save', 'saves')")
        self._wait_for("harness.pending.saves === 0", timeout, "the notebook to be saved")

    def saved(self) -> dict[str, Any]:
        """Return the notebook file's content."""
        return dict(json.loads((self.lab.root / self.path).read_text(encoding="utf-8")))

    def close_and_shutdown(self) -> None:
        """Shut the kernel down and close the page; unsaved changes are lost."""
        self._shut_kernel_down()
        self._context.close()

    def reopen(self, *, fresh_kernel: bool = True, timeout: float = 60) -> None:
        """Load the page anew, with a new kernel or with the one that is running."""
        if fresh_kernel:
            self._shut_kernel_down()
        self.load(timeout)

    def screenshot(self, path: Path) -> None:
        """Write a picture of the visible page."""
        self.page.screenshot(path=path)

    def set_theme(self, theme: str) -> None:
        """Change to the "dark" or the "light" theme; the Lab's later pages keep it."""
        name = f"JupyterLab {theme.capitalize()}"
        self._do(
            "return jupyterapp.commands.execute('apputils:change-theme', {theme: value})", name
        )
        shown = "document.body.dataset.jpThemeName === value"
        self._wait_for(shown, 30, f"the theme {name}", name)

    def locator(self, selector: str, **filters: Any) -> Locator:
        """Find elements in this notebook's panel: its toolbar, cells, outputs and widgets.

        ``filters`` are those of playwright's ``Locator.locator``, such as ``has_text``.
        """
        panel = self.page.locator(".jp-NotebookPanel:not(.lm-mod-hidden)")
        return panel.locator(selector, **filters)

    def _shut_kernel_down(self) -> None:
        self._do("return harness.panel(path).sessionContext.shutdown()")

    def _do(self, body: str, value: Any = None) -> Any:
        return self.page.evaluate(f"({{path, value}}) => {{ {body} }}", self._named(value))

    def _wait_for(self, expression: str, timeout: float, what: str, value: Any = None) -> None:
        from playwright.sync_api import TimeoutError as PageTimeoutError

        try:
            self.page.wait_for_function(
                f"({{path, value}}) => {expression}",
                arg=self._named(value),
                timeout=timeout * 1000,
            )
        except PageTimeoutError as error:
            message = f"Waited {timeout:g} s for {what}.\n{self._seen()}"
            raise TimeoutError(message) from error

    def _named(self, value: Any) -> dict[str, Any]:
        return {"path": self.path, "value": value}

    def _seen(self) -> str:
        kernel = self._do("return harness.kernel(path)")
        dialogs = self.page.locator(".jp-Dialog").all_inner_texts()
        shown = self.page.locator(".jp-OutputArea").all_inner_texts()
        return (
            f"Kernel: {kernel}. Dialogs: {dialogs}. Outputs: {shown}.\n"
            f"Console errors: {self.console_errors}\nServer's log:\n{self.lab.log()[-2000:]}"
        )

    def _note_console(self, message: Any) -> None:
        if message.type == "error":
            self.console_errors.append(f"{message.text} ({message.location.get('url', '')})")

    def _note_request(self, request: Any) -> None:
        address = urlsplit(request.url)
        if address.scheme in {"http", "https", "ws", "wss"} and address.hostname != "127.0.0.1":
            self.outside_requests.append(request.url)
