"""Fetching the pictures that a service names by their URL.

The URL is the server's word: it may lead to the user's own network, to a cloud's metadata, or to
nowhere. Every hop is checked, and the address that was checked is the one connected to.
"""

import asyncio
import contextlib
import socket
import zlib
from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import NamedTuple

import httpx

from alphaneural_nb.errors import AlphaNeuralError, APIConnectionError, APIResponseError

from .bounded import is_untrusted, make_client, proxy_for, read_bounded
from .hosts import (
    Origin,
    ascii_host,
    check_url,
    is_literal,
    is_public,
    is_public_name,
    is_trusted,
    port_of,
)
from .logs import cut_queries

Resolve = Callable[[str, int], Awaitable[list[str]]]

_REDIRECTS = 5
# 403 and 404 too: a picture just stored may not have reached every server of its host yet.
_PASSING = frozenset({403, 404, 408, 429, *range(500, 600)})
_EXPIRED = (403, 404, 410)


async def _system_addresses(host: str, port: int) -> list[str]:
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


class Network(NamedTuple):
    """What a download takes for true of the network around it.

    Parameters
    ----------
    resolve : callable
        Gives the addresses of a name and port.
    is_public : callable
        Whether an IP literal may be connected to.
    """

    resolve: Resolve = _system_addresses
    is_public: Callable[[str], bool] = is_public


_NETWORK = Network()


class _FailedError(Exception):
    """One try failed, with the error to raise if it was the last."""

    def __init__(self, error: AlphaNeuralError, *, passing: bool = True) -> None:
        super().__init__()
        self.error = error
        self.passing = passing


async def download(  # noqa: PLR0913 - what is fetched, and in which world
    url: str,
    *,
    trusted: Collection[str | Origin],
    limit: int,
    tries: int = 3,
    pause: float = 0.5,
    network: Network = _NETWORK,
) -> bytes:
    """Fetch one picture, without credentials.

    It is free to ask again, so passing failures (a broken connection, a short body, 403, 404,
    408, 429, 5xx) are tried again. There is no time limit: wrap it in
    `asyncio.timeout`.

    Parameters
    ----------
    url : str
        As the service sent it.
    trusted : collection
        What may be fetched from although it is not public: origins ``(scheme, host, port)`` and
        hosts (``name``, ``name:port`` or IP literals).
    limit : int
        Most bytes, 1 or more.
    tries : int, default 3
        Most tries, 1 or more.
    pause : float, seconds, default 0.5
        Before the second try; doubled for each further one.
    network : Network, optional
        The system's own when left out.

    Returns
    -------
    bytes
        The body as it came. Whether it is a picture is not judged here.

    Raises
    ------
    APIConnectionError
        If the host was not reached, or the connection broke, in each try.
    APIResponseError
        If the address must not be fetched from, the host refuses, or the body is too large.
    SettingsError
        If the environment names an unusable proxy or certificate file.
    """
    with cut_queries():
        for k in range(tries):
            if k:
                await asyncio.sleep(pause * 2 ** (k - 1))
            try:
                return await _follow(url, trusted, limit, network)
            except _FailedError as failed:
                error = failed.error
                if not failed.passing:
                    break
    raise error  # here, not above: httpx's own error, with the whole URL, would come along


async def _follow(
    url: str, trusted: Collection[str | Origin], limit: int, network: Network
) -> bytes:
    target = check_url(url)
    for _ in range(_REDIRECTS + 1):
        answer = await _hop(target, trusted, limit, network)
        if isinstance(answer, bytes):
            return answer
        before, target = target, check_url(answer, base=target)
        if before.scheme == "https" != target.scheme and not is_trusted(target, trusted):
            message = f"{ascii_host(before)} sends the download on without encryption."
            raise APIResponseError(message, charged="maybe")
    message = f"{ascii_host(target)} redirects the download of the picture too often."
    raise APIResponseError(message, charged="maybe")


async def _hop(
    target: httpx.URL, trusted: Collection[str | Origin], limit: int, network: Network
) -> bytes | str:
    *others, last = await _addresses(target, trusted, network)
    try:
        for address in others:
            with contextlib.suppress(httpx.ConnectError, httpx.ConnectTimeout):
                return await _open(target, address, limit)
        return await _open(target, last, limit)
    except (httpx.TransportError, httpx.InvalidURL) as problem:  # httpx reads Location, too
        raise _broken(ascii_host(target), problem) from None
    except APIResponseError as problem:
        if isinstance(problem.__cause__, zlib.error):
            raise _FailedError(problem) from None
        raise


async def _open(url: httpx.URL, address: str | None, limit: int) -> bytes | str:
    """Ask one address for a URL; give the body, or the place where it redirects to.

    Without an address, connect to the host as it is named, through a proxy if there is one. With
    one, connect there and nowhere else; TLS still checks the certificate against the name.
    """
    place, extensions = url, {}
    if address is not None:
        place = url.copy_with(host=address)
        extensions = {"sni_hostname": ascii_host(url)}
    headers = {"Host": url.netloc.decode("ascii")}
    async with (
        make_client(direct=address is not None, target=str(url)) as client,
        client.stream("GET", place, headers=headers, extensions=extensions) as response,
    ):
        if response.has_redirect_location:
            return response.headers["Location"]
        if response.status_code != httpx.codes.OK:
            raise _status_error(ascii_host(url), response.status_code)
        return await read_bounded(response, limit)


async def _addresses(
    url: httpx.URL, trusted: Collection[str | Origin], network: Network
) -> Sequence[str | None]:
    """Where to connect to, checked; None is the host as it is named."""
    if is_trusted(url, trusted):
        return [None]
    host = ascii_host(url)
    proxied = proxy_for(str(url)) is not None
    if is_literal(host):
        found = [host]
    elif proxied:  # the proxy resolves the name, so that only the name can be checked
        found = []
        if not is_public_name(host):
            raise _private(host, host)
    else:
        found = await _resolved(host, port_of(url), network.resolve)
    for address in found:
        if not network.is_public(address):
            raise _private(host, address)
    return [None] if proxied else found


async def _resolved(host: str, port: int, resolve: Resolve) -> list[str]:
    try:
        found = await resolve(host, port)
    except OSError:
        found = []
    if not found:
        message = f"The host of the picture, {host}, was not found."
        raise _FailedError(APIConnectionError(message, charged="maybe"))
    return found


def _private(host: str, address: str) -> APIResponseError:
    return APIResponseError(
        f"The picture's address leads to a private network ({address}); it was not fetched.",
        advice=f"Trust the host with ALPHANEURAL_TRUSTED_HOSTS={host} if that is right.",
        charged="maybe",
    )


def _status_error(host: str, status: int) -> _FailedError:
    message = f"{host} answers the download of the picture with status {status}."
    advice = "Such addresses often expire after an hour." if status in _EXPIRED else ""
    error = APIResponseError(message, advice=advice, charged="maybe")
    return _FailedError(error, passing=status in _PASSING)


def _broken(host: str, problem: Exception) -> _FailedError:
    untrusted = is_untrusted(problem)
    if untrusted:
        message = f"{host} has no valid certificate, so the picture was not fetched."
    elif isinstance(problem, httpx.ConnectError | httpx.ConnectTimeout):
        message = f"{host} was not reached for the download of the picture."
    else:
        message = f"{host} broke the download of the picture off, or did not answer in HTTP."
    return _FailedError(APIConnectionError(message, charged="maybe"), passing=not untrusted)
