"""The form: a prompt, the usual options and the pictures, without writing code."""

import asyncio
import contextlib
import threading
from collections.abc import Mapping
from concurrent.futures import Future
from typing import Any

import ipywidgets
from IPython.display import display

from alphaneural_nb.account import studio
from alphaneural_nb.errors import AlphaNeuralError
from alphaneural_nb.generation import Generation
from alphaneural_nb.request import OPTIONS, ImageRequest
from alphaneural_nb.service.job import Job, Progress
from alphaneural_nb.service.loop import background_loop
from alphaneural_nb.settings import Settings, deadline
from alphaneural_nb.show.cell import in_notebook
from alphaneural_nb.show.words import count, duration

from .controls import VISIBLE, Controls, whole, written
from .progress import running_line
from .record import Page, Record

_FALLBACK = "AlphaNeural form: run this cell to use it."
_LAST_WORDS = 0.3
"""Seconds that a stopped request gets to note what it knows."""


class ImagineForm(ipywidgets.VBox):
    """A form that makes pictures while the kernel stays free.

    Below it, its cell shows the newest pictures and, small, those before them; they stay in the
    notebook. After a page reload `show` in a new cell goes on.

    Parameters
    ----------
    prompt : str
        What stands in the prompt at first.
    model, size, quality, style : str, optional
        First values of the fields, as in `imagine`; an empty field leaves it to the service.
    n : int, 1 or more
        Number of pictures.
    **others
        ``user``, ``background``, ``output_format``, ``response_format``, ``param`` and
        ``timeout`` as in `imagine`; they go with every request of this form.

    Attributes
    ----------
    generations : list of Generation
        What this form made, oldest first.
    error : AlphaNeuralError or None
        Why the last request failed.

    Raises
    ------
    TypeError
        An option has a name that is not listed here.
    OptionsError, SettingsError
        ``n`` is no whole number, or ``timeout`` no number of seconds.

    Examples
    --------
    >>> form = ImagineForm("a teal kettle", size="landscape")
    >>> form.generate()
    """

    _job: Job[Generation] | None = None

    def __init__(  # noqa: PLR0913 - the options are the parameters
        self,
        prompt: str = "",
        *,
        model: str | None = None,
        n: int | str = 1,
        size: str | tuple[int, int] | None = None,
        quality: str | None = None,
        style: str | None = None,
        **others: Any,
    ) -> None:
        self._timeout = _seconds(others.pop("timeout", None))
        self._others = _known(others)
        self.generations: list[Generation] = []
        self.error: AlphaNeuralError | None = None
        self._is_running = False
        self._has_listed = False
        self._lock = threading.Lock()
        self._record = Record()
        self._page = Page()
        texts = {"model": model, "size": size, "quality": quality, "style": style}
        self._controls = Controls(
            prompt, whole(n), {name: written(value) for name, value in texts.items()}
        )
        self._status = self._controls.status
        super().__init__(self._controls.arranged())
        self.add_class("an-form")
        self._controls.generate.on_click(lambda _button: self.generate())
        self._controls.cancel.on_click(lambda _button: self.cancel())
        self._status.on_msg(self._on_message)

    @property
    def prompt(self) -> str:
        """What stands in the prompt."""
        return str(self._controls.prompt.value)

    @prompt.setter
    def prompt(self, text: str) -> None:
        self._controls.prompt.value = text

    @property
    def generation(self) -> Generation | None:
        """What was made last, or None."""
        return self.generations[-1] if self.generations else None

    @property
    def is_running(self) -> bool:
        """Whether a request is under way."""
        return self._is_running

    @property
    def status(self) -> str:
        """What the status line says."""
        return str(self._status.text)

    def generate(self) -> None:
        """Ask for what the form says and return at once; does nothing while a request runs.

        Nothing is raised: what goes wrong stands in the status line and in `error`.
        """
        with self._lock:
            if self._is_running:
                return
            self.error = None
            try:
                account = studio()
                request = self._controls.request(self._others)
                job = account.submit(request, self._timeout)
            except AlphaNeuralError as error:
                self.error = error
                self._status.say(str(error), failed=True)
                return
            self._is_running, self._job = True, job
            self._controls.run(running=True)
            self._status.say(running_line(request, job.progress), busy=True)
        background_loop().submit(self._follow(job, request, account.settings))

    def cancel(self) -> None:
        """Stop the request that is under way, if there is one, and close its connection."""
        if self._job is not None:
            self._job.cancel()

    def close(self) -> None:
        """Stop what runs and take the form away; the pictures below it stay."""
        self.cancel()
        super().close()

    def show(self) -> None:
        """Show the form in the running cell, and below it what it made and will make."""
        self._ipython_display_()

    def _ipython_display_(self, **_: Any) -> None:
        if not in_notebook():
            print("The form needs a notebook. Here: %imagine a red fox")  # noqa: T201
            return
        self._page.expect()
        self._tell_page()
        view = {"version_major": 2, "version_minor": 0, "model_id": self.model_id}
        bundle = {"text/plain": _FALLBACK, "application/vnd.jupyter.widget-view+json": view}
        display(bundle, raw=True)
        self._record.show()
        self._list_models()

    def __repr__(self) -> str:
        state = "running" if self.is_running else "idle"
        return f"<ImagineForm: {state}, {count(sum(map(len, self.generations)))}>"

    async def _follow(
        self, job: Job[Generation], request: ImageRequest, settings: Settings
    ) -> None:
        """Wait for the request and say how it goes and ends; on the background loop."""
        ticker = asyncio.create_task(self._count_seconds(job.progress, request))
        try:
            generation = await job.join()
            self.generations.append(generation)
            await asyncio.to_thread(self._record.add, generation)
            text, failed = _came(generation), False
            self._show_in_page()
        except asyncio.CancelledError:
            await asyncio.to_thread(job.progress.ended.wait, _LAST_WORDS)
            text, failed = job.progress.stopped(), False
        except AlphaNeuralError as error:
            self.error = error
            text, failed = str(error), True
        except Exception as error:  # noqa: BLE001 - on this thread nobody would ever see it
            text, failed = settings.clean(f"{type(error).__name__}: {error}"), True
        finally:
            ticker.cancel()
        with self._lock:  # whoever sees that it has ended sees the rest of it, too
            self._controls.run(running=False)
            self._status.say(text, failed=failed)
            self._is_running = False

    async def _count_seconds(self, progress: Progress, request: ImageRequest) -> None:
        while True:
            await asyncio.sleep(1 - progress.seconds % 1)
            self._status.say(running_line(request, progress), busy=True)

    def _list_models(self) -> None:
        """Fill the model's suggestions in the background, unless that is done."""
        if self._has_listed:
            return
        self._has_listed = True
        try:
            account = studio()
        except AlphaNeuralError as error:
            self._status.say(str(error), failed=True)
            return
        field = self._controls.texts["model"]
        field.placeholder = account.settings.model or VISIBLE["model"]
        account.list_models().future.add_done_callback(self._suggest)

    def _suggest(self, listed: Future[list[str]]) -> None:
        field = self._controls.texts["model"]
        if listed.cancelled():
            return
        error = listed.exception()
        self._has_listed = error is None
        if error is None:
            field.options = tuple(listed.result())
        elif isinstance(error, AlphaNeuralError) and not field.value and not self._status.text:
            # Without a model in the field a request would end the same way.
            self._status.say(str(error), failed=True)

    def _on_message(self, _widget: Any, content: Mapping[str, Any], _buffers: Any) -> None:
        if content.get("kind") == "generate":
            self._controls.take(content.get("fields", {}))
            self.generate()
        elif content.get("kind") == "ready":
            self._page.is_ready(content.get("page"))
            self._tell_page()
            self._show_in_page()
            self._list_models()

    def _tell_page(self) -> None:
        self._status.note = self._page.note
        if self._page.has_outputs:
            self._status.send({"kind": "nothing"}, [])

    def _show_in_page(self) -> None:
        """Show the newest pictures in the form itself where its outputs do not follow."""
        if self._record.newest is None or self._page.has_outputs:
            return
        shown, text = self._record.newest
        size = {"width": shown.width, "height": shown.height}
        message = {"kind": "picture", "mime": shown.mime, "alt": text, **size}
        self._status.send(message, [shown.content])


def _known(others: Mapping[str, Any]) -> dict[str, Any]:
    allowed = OPTIONS.keys() - VISIBLE.keys() - {"n"}
    if unknown := sorted(others.keys() - allowed):
        raise TypeError(f"ImagineForm has no option {', '.join(unknown)}.")
    return {name: value for name, value in others.items() if value is not None}


def _seconds(timeout: float | str | None) -> float | None:
    if timeout is None:
        return None
    # What is no number is refused in the settings' own words.
    with contextlib.suppress(ValueError):
        timeout = float(timeout)
    return deadline(timeout)


def _came(generation: Generation) -> str:
    line = f"{count(len(generation))} in {duration(generation.seconds)}"
    return "\n".join([line, *(str(problem) for problem in generation.problems[:1])])
