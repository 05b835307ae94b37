"""One account: its settings, its service, its library; where a request becomes a generation."""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime

from .errors import (
    AlphaNeuralError,
    APIResponseError,
    APITimeoutError,
    NoImageReturned,
)
from .generation import Generation
from .harvest import Harvest, Trusted
from .library.library import Library
from .outcome import Cost, Usage
from .request import ImageRequest
from .secret import Secret
from .service import embedded, models
from .service.address import Address
from .service.client import WITHOUT_LIST, Client, Reply, UnreadableAnswer
from .service.exchange import check_encryption
from .service.job import Job, Progress
from .service.listing import ModelRow
from .service.loop import background_loop
from .settings import SANDBOX, Settings, deadline
from .show.words import place

_CHOOSING = "choosing a model"

_LIST_LASTS = 600.0
"""Seconds for which a list of models is taken for true."""


class Studio:
    """One account's way from a request to a generation.

    Parameters
    ----------
    settings : Settings
        Who asks, and where.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        root = settings.home / "sandbox" if settings.is_sandbox else settings.home
        self.library = Library(root)
        # A wrong address is told before anything starts.
        self._address = None if settings.is_sandbox else Address.parse(settings.base_url)
        if self._address:
            check_encryption(self._address, settings)
        self._client: tuple[object, Client] | None = None
        self._models: tuple[float, list[ModelRow]] | None = None

    def generations_url(self, model: str | None) -> str:
        """Return where a request goes, for people: without its query, which may hold a key."""
        return self._address.generations(model).partition("?")[0] if self._address else SANDBOX

    @property
    def base_url(self) -> str:
        """Where the service is, for people: without its query, which may hold a key."""
        return self._address.base_url if self._address else SANDBOX

    def submit(self, request: ImageRequest, timeout: float | None = None) -> Job[Generation]:
        """Start a request on the background loop and return at once."""
        seconds = self.settings.timeout if timeout is None else deadline(timeout)
        return Job(lambda progress: self._generate(request, seconds, progress))

    def imagine(self, request: ImageRequest, timeout: float | None = None) -> Generation:
        """Make pictures; blocks, and can be interrupted."""
        return self.submit(request, timeout).wait()

    async def aimagine(
        self,
        request: ImageRequest,
        timeout: float | None = None,  # noqa: ASYNC109 - the deadline of a call on another loop
    ) -> Generation:
        """Make pictures; the awaitable twin of `imagine`."""
        return await self.submit(request, timeout).join()

    def models(self) -> list[str]:
        """Return the ids of the image models that the key may use, asking at most every 10 min."""
        return self.list_models().wait()

    def list_models(self) -> Job[list[str]]:
        """Start asking for the image models that the key may use, and return at once."""

        async def work(_progress: Progress) -> list[str]:
            return _image_ids(await self._listed())

        return Job(work)

    def known_models(self) -> list[str]:
        """Return what the last answer listed, without asking anybody; empty before the first."""
        return _image_ids(self._models[1]) if self._models else []

    async def _generate(
        self, request: ImageRequest, seconds: float, progress: Progress
    ) -> Generation:
        progress.request_id = uuid.uuid4().hex
        progress.free = self.settings.is_sandbox
        ends = progress.started + seconds
        async with _deadline(seconds, progress):
            client = await self._connected()
            model = await self._model(request, progress)
            fitted, note = _fitted(request, model)
            progress.size = fitted.size or ""
            self.library.intend(progress.request_id, fitted, client.address.base_url)
            reply = await self._asked(client, fitted, model, ends, progress)
        trusted: Trusted = (*self.settings.trusted_hosts, client.address.origin)
        harvest = Harvest(reply, fitted, self.library, trusted, progress, self.settings.redact)
        try:
            await harvest.bring_in(ends)
        finally:
            # Also when the user stops a download: what is paid for is on record.
            generation = self._generation(harvest, note, client)
        if not generation.items:
            raise _nothing_usable(generation)
        return generation

    async def _asked(
        self,
        client: Client,
        request: ImageRequest,
        model: str,
        ends: float,
        progress: Progress,
    ) -> Reply:
        """Send the request, and settle its note in the library if it fails."""
        try:
            return await client.generate(request, model, ends, progress)
        except UnreadableAnswer as unreadable:
            error: AlphaNeuralError = unreadable.error
            content = self.settings.redact(unreadable.content)
            path = self.library.keep_bytes(content) if content else None
            kept = f"What came is kept in {place(path)}." if path else ""
            error.advice = f"{error.advice} {kept}".strip()
        except AlphaNeuralError as known:
            error = known
        except BaseException:
            self._settle(progress, charged=progress.at_stake, reason=progress.stopped())
            raise
        charged = error.charged != "no"
        self._settle(progress, charged=charged, reason=error.message)
        if charged:
            error.advice = error.advice or "The request may have been charged."
            error.request_id = error.request_id or progress.request_id
        raise error  # here, not above: what it came from would come along

    def _settle(self, progress: Progress, *, charged: bool, reason: str) -> None:
        if charged:
            self.library.doubt(progress.request_id, reason)
        else:
            self.library.forget(progress.request_id)

    def _generation(self, harvest: Harvest, note: str, client: Client) -> Generation:
        """Put a generation together, and its record on disk."""
        reply, progress = harvest.reply, harvest.progress
        usage, usd = reply.answer.usage, reply.cost_usd
        generation = Generation(
            id=progress.request_id,
            request=harvest.request,
            model=progress.model or None,
            items=harvest.items,
            problems=harvest.problems,
            created=datetime.now(UTC),
            seconds=progress.seconds,
            usage=Usage(**usage) if usage else None,
            cost=Cost(usd, "service") if usd is not None else Cost(),
            request_id=reply.request_id,
            base_url=client.address.base_url,
            sandbox=self._sandbox_words(),
            notes=(note,) if note else (),
            kept_in=self.library.root,
            inline=self.settings.inline,
        )
        unrecorded = self.library.keep_record(generation)
        if unrecorded:
            return replace(generation, problems=(*generation.problems, unrecorded))
        return generation

    def _sandbox_words(self) -> str:
        if not self.settings.is_sandbox:
            return ""
        asked = self.settings.sources.get("base_url", "")
        return f"sandbox ({f'{asked}, ' if asked == 'no key set' else ''}nothing was sent)"

    def planned(self, request: ImageRequest) -> tuple[str | None, ImageRequest, str]:
        """Return the model that would be asked, the request as it would be sent, and a note.

        The model is None when it depends on a list that nobody has asked for yet.
        """
        known = self.known_models()
        model = self._named_model(request) or (models.default_model(known) if known else None)
        return model, *_fitted(request, model)

    def _named_model(self, request: ImageRequest) -> str | None:
        deployment = self._address.deployment if self._address else None
        return request.model or self.settings.model or deployment

    async def _model(self, request: ImageRequest, progress: Progress) -> str:
        model = self._named_model(request)
        if model is None:
            progress.doing = _CHOOSING
            rows = await self._listed()
            # Where none is known as an image model, the error should list them all.
            model = models.default_model(_image_ids(rows) or [row.id for row in rows])
        progress.model, progress.doing = model, ""
        return model

    async def _listed(self) -> list[ModelRow]:
        client = await self._connected()
        if self._models is None or time.monotonic() - self._models[0] > _LIST_LASTS:
            self._models = (time.monotonic(), await client.list_models())
        return self._models[1]

    async def _connected(self) -> Client:
        """Return a client of this process's loop; a forked child, a new sandbox get their own."""
        settings = self.settings
        if settings.is_sandbox:
            account = await asyncio.to_thread(embedded.account)
            settings = replace(settings, base_url=account.base_url, api_key=Secret(account.api_key))
        place = (background_loop(), settings)
        if self._client is None or self._client[0] != place:
            self._client = place, Client(Address.parse(settings.base_url), settings)
        return self._client[1]


@asynccontextmanager
async def _deadline(seconds: float, progress: Progress) -> AsyncIterator[None]:
    """End what is inside at the deadline, with an error that says what may have been charged."""
    try:
        async with asyncio.timeout(max(0.0, seconds - progress.seconds)):
            yield
    except APITimeoutError:
        raise
    except TimeoutError:
        sent = progress.at_stake
        unsent = WITHOUT_LIST if progress.doing == _CHOOSING else "Nothing was sent."
        raise APITimeoutError(
            f"No answer within {seconds:g} s.",
            advice="The request may have been charged." if sent else unsent,
            request_id=progress.request_id if sent else None,
            charged="maybe" if sent else "no",
        ) from None


def _fitted(request: ImageRequest, model: str | None) -> tuple[ImageRequest, str]:
    size, note = models.fit_size(request.size, model)
    return (request.changed(size=size) if note else request), note


def _image_ids(rows: list[ModelRow]) -> list[str]:
    return [row.id for row in rows if models.is_image_model(row.id, row.mode)]


def _nothing_usable(generation: Generation) -> APIResponseError:
    first = generation.problems[0]
    kind = NoImageReturned if first.url else APIResponseError
    where = "Its address is in the record. " if first.url else ""
    return kind(
        f"No picture of the answer can be used: {str(first).rstrip('.')}.",
        advice=f"{where}The request may have been charged.",
        request_id=generation.request_id,
        charged="maybe",
    )
