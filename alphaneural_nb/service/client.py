"""The service's client: one request out, one answer back, within one deadline."""

import asyncio
import itertools
import logging
import time
from dataclasses import dataclass

import httpx

from alphaneural_nb.errors import (
    APIResponseError,
    APITimeoutError,
    AuthenticationError,
    NoImageReturned,
    PermissionDeniedError,
    RateLimitError,
    SettingsError,
)
from alphaneural_nb.request import ImageRequest
from alphaneural_nb.settings import Settings

from . import refusals, retry, wire
from .address import Address
from .bounded import read_bounded
from .exchange import Exchange, Failure
from .headers import cost, request_id, wait_hint
from .job import Progress
from .listing import ModelRow, read_models
from .models import size_advice

_log = logging.getLogger("alphaneural_nb")

_MOST_FOR_ONE = 48_000_000
"""Bytes of one picture in an answer; a 4K PNG has 27 MB as base64."""

_MOST_OF_A_REFUSAL = 1_000_000
_MOST_OF_A_LIST = 20_000_000
_LIST_SECONDS = 30.0

WITHOUT_LIST = (
    "It was about the list of models; nothing was charged. A request that names its model needs "
    "no list: -m ID, imagine(…, model=…), or ALPHANEURAL_IMAGE_MODEL."
)
"""Advice when the list cannot be had."""

_ABOUT_THE_ACCOUNT = (AuthenticationError, PermissionDeniedError, SettingsError)


@dataclass(frozen=True)
class Reply:
    """An answer with what its headers say of it."""

    answer: wire.Answer
    request_id: str
    cost_usd: float | None


class UnreadableAnswer(Exception):  # noqa: N818 - it carries bytes to the studio, no further
    """An answer that came whole, was paid for, and cannot be read."""

    def __init__(self, error: APIResponseError, content: bytes) -> None:
        super().__init__()
        self.error = error
        self.content = content


class Client:
    """One account's connection to its service; lives on the background loop.

    Parameters
    ----------
    address : Address
        Where the service is.
    settings : Settings
        The key, and what cleans the service's texts of it.
    """

    def __init__(self, address: Address, settings: Settings) -> None:
        self.address = address
        self._settings = settings
        self._exchange = Exchange(address, settings)

    async def generate(
        self, request: ImageRequest, model: str | None, deadline: float, progress: Progress
    ) -> Reply:
        """Ask for pictures; asked again only when nothing can have been charged.

        Parameters
        ----------
        request : ImageRequest
        model : str, optional
        deadline : float, seconds on the monotonic clock
            Only bounds how long a wait may be; the caller ends the call.
        progress : Progress
            Its id is the one that is sent.

        Raises
        ------
        AlphaNeuralError
            One of `alphaneural_nb.errors`, with `charged` set.
        """
        for tries in itertools.count(1):
            progress.sent = False
            try:
                return await self._generate_once(request, model, progress)
            except Failure as caught:
                failure = caught
            pause = retry.pause(
                failure.error,
                sent=progress.sent,
                tries=tries,
                hint=failure.hint,
                left=deadline - time.monotonic(),
            )
            if pause is None:
                break
            reason = "too many requests" if isinstance(failure.error, RateLimitError) else "busy"
            reason = reason if progress.sent else "no connection"
            progress.sent = False
            progress.doing = f"{reason}, asking again in {pause:.0f} s"
            _log.info("%s: %s", self.address.host, progress.doing)
            await asyncio.sleep(pause)
            progress.doing = ""
        raise failure.error

    async def _generate_once(
        self, request: ImageRequest, model: str | None, progress: Progress
    ) -> Reply:
        headers = {
            "Content-Type": "application/json",
            "x-litellm-call-id": progress.request_id,
            "Idempotency-Key": progress.request_id,
            # One request would else be nine behind such a proxy, each of them billable.
            "x-litellm-num-retries": "0",
        }
        url, content = self.address.generations(model), wire.body(request, model)
        exchange = self._exchange.ask("POST", url, progress, content=content, headers=headers)
        async with exchange as response:
            request_id = self._request_id(response, progress.request_id)
            if not response.is_success:
                raise await self._refused(response, model, request_id, request.size)
            content = await read_bounded(response, _MOST_FOR_ONE * (request.n or 1))
        # From here on nothing waits until the pictures are on disk, so that no stop loses them.
        answer = self._read_answer(content, response)
        return Reply(answer, request_id, cost(response.headers))

    def _read_answer(self, content: bytes, response: httpx.Response) -> wire.Answer:
        status, headers, clean = response.status_code, response.headers, self._settings.clean
        try:
            return wire.read_answer(content, status, headers, clean)
        except NoImageReturned:
            raise
        except APIResponseError as error:
            raise UnreadableAnswer(error, content) from None

    async def list_models(self) -> list[ModelRow]:
        """Return what ``GET /v1/models`` lists for this key; free, and bounded to 30 s.

        Raises
        ------
        AlphaNeuralError
            The list cannot be had.
        """
        url, progress = self.address.models(), Progress()
        if url is None:
            return []
        try:
            async with (
                asyncio.timeout(_LIST_SECONDS),
                self._exchange.ask("GET", url, progress) as response,
            ):
                if response.is_success:
                    return read_models(await read_bounded(response, _MOST_OF_A_LIST))
                raise await self._refused(response, None, self._request_id(response, ""))
        except Failure as failure:
            error = failure.error
        except APIResponseError as unreadable:
            error = unreadable
        except TimeoutError:
            error = APITimeoutError(
                f"The list of models did not come within {_LIST_SECONDS:.0f} s."
            )
        error.charged = "no"
        if progress.sent and not isinstance(error, _ABOUT_THE_ACCOUNT):
            error.advice = WITHOUT_LIST
        raise error

    def _request_id(self, response: httpx.Response, sent: str) -> str:
        return self._settings.clean(request_id(response.headers, sent), limit=80)

    async def _refused(
        self, response: httpx.Response, model: str | None, request_id: str, size: str | None = None
    ) -> Failure:
        try:
            content = await read_bounded(response, _MOST_OF_A_REFUSAL, charged="no")
        except (APIResponseError, httpx.HTTPError):
            content = b""  # the status alone says enough
        error = refusals.refusal(
            response.status_code,
            response.headers,
            content,
            model=model,
            request_id=request_id,
            clean=self._settings.clean,
            key=self._settings.key_label,
        )
        if getattr(error, "param", None) == "size":
            error.advice = size_advice(size, model) or error.advice
        hint = wait_hint(response.headers, error.message, time.time())
        busy = response.status_code == httpx.codes.SERVICE_UNAVAILABLE
        if busy and hint is not None and hint <= retry.LONGEST_WAIT:
            # Who names a short wait has not begun: it is asked again, so it was not charged.
            error.charged, error.advice = "no", "Nothing was charged. Ask again in a while."
        return Failure(error, hint)
