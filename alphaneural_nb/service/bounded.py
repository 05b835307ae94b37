"""Clients that trust nobody, and answers read within a limit."""

import functools
import io
import os
import ssl
import zlib
from collections.abc import Callable
from importlib import metadata
from urllib.request import getproxies

import httpx

from alphaneural_nb.errors import APIResponseError, Charged, SettingsError

from .hosts import is_literal, is_loopback

_PIECE = 2**16  # bytes inflated at once
_GZIP = 31  # zlib's wbits for a gzip wrapper
_MEGABYTE = 1_000_000
_CONNECT_SECONDS = 10.0  # a host that takes no connection in this time is taken for absent
# More than any batch has under way: a request that waits for a connection loses its own time.
_LIMITS = httpx.Limits(max_connections=64, max_keepalive_connections=8)
_PROXY_VARIABLES = ("http_proxy", "https_proxy", "all_proxy")


async def read_bounded(
    response: httpx.Response, limit: int, *, charged: Charged = "maybe"
) -> bytes:
    """Read an answer to its end, but never more than a limit.

    httpx 0.28 inflates without a limit (CVE-2026-84382, fixed in httpx2 only), so it is never let:
    the bytes are taken as they come, and one layer of gzip is inflated here, piece by piece.

    Parameters
    ----------
    response : httpx.Response
        Open, its body not read yet. It stays open if this fails.
    limit : int
        Most bytes, 1 or more, on the wire and inflated. Memory peaks at about 1.2 times this.
    charged : {"no", "maybe", "yes"}, default "maybe"
        What an error says about the bill.

    Raises
    ------
    APIResponseError
        If the body is larger than `limit`, or not plain and not one whole layer of gzip. For
        damaged gzip the cause is a `zlib.error`.
    httpx.TransportError
        If the connection breaks, or ends before the announced length.
    """
    announced = response.headers.get("Content-Length", "")
    if announced.isdecimal() and int(announced) > limit:
        raise _too_large(limit, charged)
    unpack = _Gzip(limit) if _is_gzip(response, charged) else None
    body = io.BytesIO()  # its getvalue() does not copy, bytes(bytearray) would
    received = 0
    try:
        # No chunk size: it would hold bytes back, from the caller and from its deadline.
        async for piece in response.aiter_raw():
            received += len(piece)
            if unpack:
                unpack.inflate(piece, body)
            else:
                body.write(piece)
            if max(received, body.tell()) > limit:
                raise _too_large(limit, charged)
        if unpack and received:
            unpack.finish()
    except zlib.error as problem:
        message = "The answer is damaged: its compression cannot be undone."
        raise APIResponseError(message, charged=charged) from problem
    return body.getvalue()


class _Gzip:
    """One layer of gzip, undone in pieces until one byte more than a limit."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._inflater = zlib.decompressobj(wbits=_GZIP)

    def inflate(self, piece: bytes, body: io.BytesIO) -> None:
        room = self._limit + 1 - body.tell()
        while room and piece:
            room -= body.write(self._inflater.decompress(piece, min(room, _PIECE)))
            piece = self._inflater.unconsumed_tail
        if self._inflater.unused_data:
            raise zlib.error("bytes after the end")

    def finish(self) -> None:
        if not self._inflater.eof:
            raise zlib.error("no end")


def _is_gzip(response: httpx.Response, charged: Charged) -> bool:
    named = response.headers.get_list("Content-Encoding", split_commas=True)
    layers = [
        name for name in (raw.strip().lower() for raw in named) if name not in ("", "identity")
    ]
    if len(layers) > 1 or not set(layers) <= {"gzip", "x-gzip"}:
        message = "The answer is packed in a way that was not asked for."
        raise APIResponseError(message, charged=charged)
    return bool(layers)


def _too_large(limit: int, charged: Charged) -> APIResponseError:
    message = f"The answer is larger than {limit / _MEGABYTE:.4g} MB, so it was not read further."
    return APIResponseError(message, charged=charged)


def make_client(*, direct: bool, target: str | None = None) -> httpx.AsyncClient:
    """Make a client without credentials, redirects and decoding.

    It waits 10 s for a connection, and without end for all else: the caller limits that with
    `asyncio.timeout`.

    Parameters
    ----------
    direct : bool
        Connect directly, whatever the environment says: httpx would send 127.0.0.1 to a proxy.
    target : str, optional
        The one URL that the client is for. Its way is then what `proxy_for` says, to the letter.

    Raises
    ------
    SettingsError
        If a proxy or a certificate file that the environment names cannot be used.
    """
    proxy = None if direct or target is None else _environment_proxy(httpx.URL(target))
    try:
        return httpx.AsyncClient(
            follow_redirects=False,
            timeout=httpx.Timeout(None, connect=_CONNECT_SECONDS),
            headers={"Accept-Encoding": "identity", "User-Agent": _user_agent()},
            trust_env=not direct and target is None,
            proxy=proxy,
            verify=_certificates(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")),
            limits=_LIMITS,
        )
    except ImportError:
        error = _no_socks()
    except (ValueError, httpx.InvalidURL):
        error = _unusable_proxy()
    raise error  # here, not above: httpx's own error would come along, and may quote a password


def is_untrusted(problem: BaseException) -> bool:
    """Whether a connection failed because the other side's certificate is not trusted."""
    cause: BaseException | None = problem
    while cause is not None and not isinstance(cause, ssl.SSLCertVerificationError):
        cause = cause.__cause__ or cause.__context__
    return cause is not None


@functools.lru_cache(maxsize=4)
def _certificates(_file: str | None, _folder: str | None) -> ssl.SSLContext:
    # Reading a system's certificates takes some 20 ms: once, and again when a variable changes.
    try:
        return httpx.create_ssl_context()
    except OSError as problem:
        message = "The certificates that SSL_CERT_FILE names cannot be read."
        raise SettingsError(message, advice="Correct or unset SSL_CERT_FILE.") from problem


@functools.cache
def _user_agent() -> str:
    try:
        return f"alphaneural-nb/{metadata.version('alphaneural-nb')}"
    except metadata.PackageNotFoundError:  # run from a checkout
        return "alphaneural-nb"


def proxy_for(url: str) -> str | None:
    """Which proxy the environment names for a URL, without user name and password.

    Parameters
    ----------
    url : str
        An http or https URL.

    Returns
    -------
    str or None
        The proxy's URL, fit to be shown; None for a direct connection. Loopback is always direct.

    Notes
    -----
    Reads HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY, where these are not set the system's
    settings, with the rules of httpx 0.28.
    """
    proxy = _environment_proxy(httpx.URL(url))
    if proxy is None:
        return None
    scheme, _, rest = proxy.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}"


def _environment_proxy(url: httpx.URL) -> str | None:
    named = getproxies()
    proxy = named.get(url.scheme) or named.get("all")
    exceptions = [entry.strip().lower() for entry in named.get("no", "").split(",")]
    if not proxy or is_loopback(url.host) or any(_covers(entry, url) for entry in exceptions):
        return None
    return proxy if "://" in proxy else f"http://{proxy}"


def _covers(entry: str, url: httpx.URL) -> bool:
    """Whether one entry of NO_PROXY is meant for a URL; httpx knows no address ranges."""
    scheme, _, place = entry.rpartition("://")
    if entry in ("", "*"):
        return entry == "*"
    if not scheme and is_literal(place.partition("/")[0]):
        return url.host == place.partition("/")[0]
    name, _, port = place.partition(":")
    if not scheme and name != "localhost":
        name = f"*{name}"
    domain = name.removeprefix("*")
    below = url.host.endswith(f".{domain.removeprefix('.')}")
    same = url.host == domain or (below and name != domain)
    return same and scheme in ("", "all", url.scheme) and port in ("", str(url.port))


def _no_socks() -> SettingsError:
    variable = _proxy_variable(lambda proxy: proxy.startswith("socks"))
    return SettingsError(
        f"{variable} names a SOCKS proxy, and the package for these is not installed.",
        advice=f'Run: pip install "httpx[socks]", or unset {variable}.',
    )


def _unusable_proxy() -> SettingsError:
    def unusable(proxy: str) -> bool:
        try:
            httpx.Proxy(proxy if "://" in proxy else f"http://{proxy}")
        except (ValueError, httpx.InvalidURL):
            return True
        return False

    variable = _proxy_variable(unusable)
    return SettingsError(
        f"The proxy setting {variable} cannot be understood.",
        advice=f"Correct it (http://host:port), or unset {variable}.",
    )


def _proxy_variable(fits: Callable[[str], bool]) -> str:
    for name, proxy in os.environ.items():
        if name.lower() in _PROXY_VARIABLES and proxy and fits(proxy):
            return name
    return "NO_PROXY"
