"""One exchange with the service: the key goes in last, and only our own errors come out."""

import math
from collections.abc import AsyncIterator, Generator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx

from alphaneural_nb.errors import AlphaNeuralError, APIConnectionError, SettingsError
from alphaneural_nb.secret import Secret
from alphaneural_nb.settings import Settings

from .address import Address
from .bounded import is_untrusted, make_client
from .hosts import is_trusted
from .job import Progress
from .logs import clean_log


class Failure(Exception):  # noqa: N818 - it never leaves this room
    """A failure with the wait that the service named, if it did; infinite where no repeat helps.

    Our error travels inside and is raised in the open only: raised here, it would drag along
    httpx's own error, and with that the request and its key.
    """

    def __init__(self, error: AlphaNeuralError, hint: float | None = None) -> None:
        super().__init__()
        self.error = error
        self.hint = hint


class Exchange:
    """What carries one account's requests; lives on the background loop.

    Parameters
    ----------
    address : Address
        Where the service is.
    settings : Settings
        The key, and what cleans the service's texts of it.
    """

    def __init__(self, address: Address, settings: Settings) -> None:
        self._host = address.host
        self._clean = settings.clean
        self._http = make_client(direct=address.is_loopback)
        self._auth = _Bearer(settings.api_key)

    @asynccontextmanager
    async def ask(
        self,
        method: str,
        url: str,
        progress: Progress,
        *,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> AsyncIterator[httpx.Response]:
        """Send a request and give its answer, the body not read yet.

        Raises
        ------
        Failure
            The connection failed, here or while the body was read.
        """
        clean_log(self._clean)  # for the rest of this task, which is one request
        watch = _Watch(progress)
        try:
            request = self._http.build_request(
                method,
                url,
                content=content,
                # A connection for each: on a kept one, which the service may close at any
                # moment, nobody could tell whether a request was lost or paid for.
                headers={"Connection": "close", **(headers or {})},
                extensions={"trace": watch},
            )
            response = await self._http.send(request, auth=self._auth, stream=True)
            try:
                yield response
            finally:
                await response.aclose()
        except (httpx.HTTPError, httpx.InvalidURL, OSError, UnicodeError) as error:
            hint = math.inf if is_untrusted(error) else None
            raise Failure(self._broken(error, progress), hint) from None
        finally:
            # httpcore 1.0 leaves the socket open when a TLS handshake is cancelled.
            if watch.stream:
                await watch.stream.aclose()

    def _broken(self, error: Exception, progress: Progress) -> APIConnectionError:
        """Say which side of the sending a connection failed on."""
        why = self._clean(str(error).rstrip(".") or "it was reset", limit=160)
        if not progress.sent:
            return APIConnectionError(
                f"{self._host} cannot be reached: {why}.",
                advice="Nothing was sent. Check the network, and the base URL: %imagine status.",
            )
        return APIConnectionError(
            f"The connection to {self._host} broke before the answer was whole: {why}.",
            advice="The request may have been charged; it is not repeated by itself.",
            request_id=progress.request_id,
            charged="maybe",
        )


def check_encryption(address: Address, settings: Settings) -> None:
    """Refuse to send a key where everybody on the way can read it.

    Raises
    ------
    SettingsError
        The address is not https, not this machine, and the user has not vouched for its host.
    """
    private = address.scheme == "https" or address.is_loopback or settings.api_key is None
    if not private and not is_trusted(httpx.URL(address.base_url), settings.trusted_hosts):
        raise SettingsError(
            f"The key would go to {address.host} unencrypted, by http://.",
            advice="Use https://; or vouch for the way there: "
            f'configure(trusted_hosts=["{address.host}"]), or ALPHANEURAL_TRUSTED_HOSTS.',
        )


class _Bearer(httpx.Auth):
    """Puts the key into a request at the last moment, so that no header dict holds it."""

    def __init__(self, key: Secret | None) -> None:
        self._key = key

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        if self._key is not None:
            request.headers["Authorization"] = f"Bearer {self._key.reveal()}"
        yield request


class _Watch:
    """Notes the connection, and the moment in which a request begins to leave this machine."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self.stream: Any = None

    async def __call__(self, event: str, facts: Mapping[str, Any]) -> None:
        if event == "connection.connect_tcp.complete":
            self.stream = facts["return_value"]
        # A proxy is first asked for a tunnel, which says nothing and costs nothing.
        if event == "http11.send_request_headers.started" and facts["request"].method != b"CONNECT":
            self._progress.sent = True
