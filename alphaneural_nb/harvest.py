"""An answer's pictures brought to safety: written first, then looked at."""

import asyncio
import time
from collections.abc import Callable, Collection

from .errors import AlphaNeuralError
from .library.library import Library
from .outcome import GeneratedImage, Problem
from .request import ImageRequest
from .service.client import Reply
from .service.download import download
from .service.job import Progress
from .service.pictures import WirePicture
from .show.picture import sniff
from .show.words import place

_MOST_OF_A_DOWNLOAD = 48_000_000
"""Bytes; a 4K PNG has about 20 MB."""

Trusted = Collection[str | tuple[str, str, int]]


class Harvest:
    """What of an answer is safe so far.

    Parameters
    ----------
    reply : Reply
        The service's answer.
    request : ImageRequest
        What was asked.
    library : Library
        Where pictures are kept.
    trusted : collection
        Hosts and origins from which pictures may be fetched though they are not public.
    progress : Progress
    redact : callable
        Takes the key out of bytes that are no picture.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - what an answer and its safety need
        self,
        reply: Reply,
        request: ImageRequest,
        library: Library,
        trusted: Trusted,
        progress: Progress,
        redact: Callable[[bytes], bytes],
    ) -> None:
        self.reply = reply
        self._redact = redact
        self.request = request
        self.progress = progress
        self._library = library
        self._trusted = trusted
        self._items: dict[int, GeneratedImage] = {}
        self._problems: list[Problem] = []

    @property
    def items(self) -> tuple[GeneratedImage, ...]:
        """The pictures that are safe, in the service's order."""
        return tuple(self._items[index] for index in sorted(self._items))

    @property
    def problems(self) -> tuple[Problem, ...]:
        """One for each picture that was asked for and is not there."""
        came, asked = len(self.reply.answer.pictures), self.request.n or 1
        missing = [Problem(f"the service sent {came} of {asked}")] * (asked - came)
        known = sorted(self._problems, key=lambda problem: problem.index or 0)
        return (*known, *missing)

    async def bring_in(self, deadline: float) -> None:
        """Write what came, then fetch what came as an address.

        Parameters
        ----------
        deadline : float, seconds on the monotonic clock
        """
        # All are written before any is looked at: looking takes time, and a kill may come.
        for picture in self.reply.answer.pictures:
            if picture.content is not None:
                self._library.keep_bytes(self._without_key(picture.content))
        waiting = []
        for index, picture in enumerate(self.reply.answer.pictures):
            if picture.content is not None:
                self._keep(index, picture.content, picture.revised_prompt)
            elif picture.url is not None:
                waiting.append(self._fetch(index, picture.url, picture, deadline))
            else:
                self._problems.append(self._unreadable(index, picture))
        self.progress.doing = "fetching" if waiting else ""
        await asyncio.gather(*waiting)

    def _keep(self, index: int, content: bytes, revised_prompt: str | None) -> None:
        content = self._without_key(content)
        item, problem = self._library.keep_picture(content, index, revised_prompt)
        if item:
            self._items[index] = item
        if problem:
            self._problems.append(problem)
        self.progress.kept = len(self._items)

    def _without_key(self, content: bytes) -> bytes:
        return content if sniff(content) else self._redact(content)

    def _problem(self, why: str, index: int, url: str) -> Problem:
        return Problem(f"not fetched: {why}", index, self._redact(url.encode()).decode())

    def _unreadable(self, index: int, picture: WirePicture) -> Problem:
        path = self._library.keep_bytes(self._redact(picture.raw)) if picture.raw else None
        where = f"; what came is kept in {place(path)}" if path else ""
        why = picture.problem or "nothing came"
        return Problem(f"{why.rstrip('.')}{where}", index, None, path)

    async def _fetch(self, index: int, url: str, picture: WirePicture, deadline: float) -> None:
        try:
            # A picture that is paid for gets a second even when the deadline has come.
            async with asyncio.timeout(max(deadline - time.monotonic(), 1.0)):
                content = await download(url, trusted=self._trusted, limit=_MOST_OF_A_DOWNLOAD)
        except asyncio.CancelledError:
            self._problems.append(self._problem("stopped", index, url))
            raise
        except Exception as error:  # noqa: BLE001 - one address must not cost the other pictures
            self._problems.append(self._problem(_why(error), index, url))
        else:
            self._keep(index, content, picture.revised_prompt)


def _why(error: Exception) -> str:
    if isinstance(error, AlphaNeuralError):
        return f"{error.message} {error.advice}".strip()
    return "it took too long." if isinstance(error, TimeoutError) else f"{type(error).__name__}."
