"""Pictures fetched by URL: from where they may be, as often as it helps, and from nowhere else."""

import asyncio
import contextlib
import gzip
import logging
import pickle
import socket
import ssl
import struct
import sys
import time
import traceback
from pathlib import Path

import httpx
import pytest
from hostile_urls import INSIDE, NOT_PUBLIC, UNUSABLE
from wire_server import Server, endless, http, reset

from alphaneural_nb.errors import APIConnectionError, APIResponseError
from alphaneural_nb.service.download import Network, _open
from alphaneural_nb.service.download import download as fetch_picture
from alphaneural_nb.service.hosts import check_url, is_public
from alphaneural_nb.service.logs import clean_log

PICTURE = b"\x89PNG\r\n\x1a\n and the rest"
SECRET = "sig=0123456789abcdef"
CERTIFICATE = Path(__file__).parent / "certificates" / "pictures.example.pem"
LOOPBACK = ["127.0.0.1"]


_playing_public: set[str] = set()


async def download(url, *, resolve=None, pause=0.001, **options):
    """Download in a world where nothing is far away and some loopback addresses are public."""
    network = Network(
        *filter(None, [resolve]),
        is_public=lambda address: address in _playing_public or is_public(address),
    )
    return await fetch_picture(url, pause=pause, network=network, **options)


async def unasked(host, port):
    raise AssertionError(f"{host}:{port} was resolved")


def answering(*addresses):
    """Make a resolver that gives each list of addresses in turn, the last one for ever."""
    turns = list(addresses)

    async def resolve(host, port):
        return turns.pop(0) if len(turns) > 1 else turns[0]

    return resolve


def fetch(*answers, path="/picture.png", trusted=LOOPBACK, limit=1_000_000, **options):
    """Download from a server with these answers; give the bytes and the server."""

    async def scenario():
        async with Server(*answers) as server:
            url = f"http://127.0.0.1:{server.port}{path}"
            return await download(url, trusted=trusted, limit=limit, **options), server

    return asyncio.run(asyncio.wait_for(scenario(), 20))


def failing(kind, *answers, requests, **options):
    """Download in vain; give the error, having counted the server's requests."""

    async def scenario():
        async with Server(*answers) as server:
            url = f"http://127.0.0.1:{server.port}/picture.png?{SECRET}"
            with pytest.raises(kind) as caught:
                await download(url, trusted=LOOPBACK, limit=1_000_000, **options)
            assert len(server.requests) == requests
            return caught.value

    return asyncio.run(asyncio.wait_for(scenario(), 20))


def redirect(location, *headers):
    lines = ["HTTP/1.1 302 Found", f"Location: {location}", "Content-Length: 0", *headers]
    return "\r\n".join([*lines, "", ""]).encode()


def status(code):
    return f"HTTP/1.1 {code} Status\r\nContent-Length: 4\r\n\r\ntext".encode()


def refused(url, resolve=unasked, trusted=()):
    begun = time.monotonic()
    with pytest.raises(APIResponseError) as caught:
        asyncio.run(download(url, trusted=trusted, limit=1000, resolve=resolve))
    assert time.monotonic() - begun < 2
    return str(caught.value)


@pytest.mark.parametrize("url", UNUSABLE, ids=lambda url: ascii(url)[:50])
def test_an_unusable_url_is_refused_without_a_look_up(url):
    message = refused(url)
    assert message.startswith("The address of the picture cannot be used: it")
    assert message.endswith(".")


@pytest.mark.parametrize("url", INSIDE, ids=ascii)
def test_a_url_that_leads_inside_is_refused_without_a_look_up(url):
    refused(url)


@pytest.mark.parametrize("address", [a for a in NOT_PUBLIC if ":" in a or a.count(".") == 3])
def test_a_name_that_leads_inside_is_refused(address):
    message = refused("https://pictures.example/x", answering([address]))
    assert "leads to a private network" in message
    assert "ALPHANEURAL_TRUSTED_HOSTS=pictures.example" in message


def test_one_private_address_among_public_ones_is_enough_to_refuse():
    assert "10.0.0.5" in refused("https://pictures.example/", answering(["8.8.8.8", "10.0.0.5"]))


def test_localhost_is_refused_by_what_the_system_resolves_it_to():
    assert "private network" in refused("http://localhost:9/", resolve=None)


# The wire.


def test_a_picture_comes_as_it_was_sent():
    assert fetch(http(PICTURE))[0] == PICTURE


def test_a_trusted_origin_is_fetched_from():
    async def scenario():
        async with Server(http(PICTURE)) as server:
            trusted = {("http", "127.0.0.1", server.port)}
            return await download(server.url, trusted=trusted, limit=1000)

    assert asyncio.run(scenario()) == PICTURE


def test_another_port_of_a_trusted_origin_is_refused_without_a_connection():
    async def scenario():
        async with Server(http(PICTURE)) as server:
            trusted = {("http", "127.0.0.1", server.port + 1)}
            with pytest.raises(APIResponseError, match=r"private network \(127\.0\.0\.1\)"):
                await download(server.url, trusted=trusted, limit=1000)
            return server.connections

    assert asyncio.run(scenario()) == 0


def test_gzip_that_was_not_asked_for_is_undone():
    assert fetch(http(gzip.compress(PICTURE), "Content-Encoding: gzip"))[0] == PICTURE


def test_no_credentials_go_along(monkeypatch, tmp_path):
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login someone password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    _, server = fetch(redirect("/x", "Set-Cookie: a=b; Path=/"), http(PICTURE))
    assert len(server.requests) == 2
    for request in server.requests:
        assert "authorization" not in request.lower()
        assert "cookie" not in request.lower()


async def refusing(_, writer):
    """Reset before a byte of the answer."""
    linger = struct.pack("ii", 1, 0)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    writer.transport.abort()


@pytest.mark.parametrize(
    "failure",
    [
        *(status(code) for code in (403, 404, 408, 429, 500, 502, 503, 504, 524)),
        http(b"half", "Content-Length: 100"),
        reset,
        refusing,
        b"220 mail.example\r\n",
        b"",
        http(gzip.compress(PICTURE)[:-3], "Content-Encoding: gzip"),
        http(b"plain", "Content-Encoding: gzip"),
    ],
    ids=lambda failure: getattr(failure, "__name__", str(failure)[2:16]),
)
def test_a_passing_failure_is_followed_by_the_picture(failure):
    picture, server = fetch(failure, http(PICTURE))
    assert picture == PICTURE
    assert len(server.requests) == 2


def test_two_passing_failures_are_followed_by_the_picture():
    assert fetch(status(403), status(500), http(PICTURE))[0] == PICTURE


def test_pauses_double():
    begun = time.monotonic()
    fetch(status(500), status(500), http(PICTURE), pause=0.1)
    assert 0.3 <= time.monotonic() - begun < 1.5


def test_a_picture_that_stays_expired_is_an_error():
    error = failing(APIResponseError, status(403), requests=3)
    assert "127.0.0.1" in str(error)
    assert "403" in str(error)
    assert "expire" in str(error)
    assert error.charged == "maybe"


def test_a_connection_that_keeps_breaking_is_an_error():
    error = failing(APIConnectionError, reset, requests=3)
    assert "127.0.0.1" in str(error)


@pytest.mark.parametrize("tries", [1, 2, 4])
def test_as_many_tries_as_asked_for(tries):
    failing(APIResponseError, status(500), tries=tries, requests=tries)


@pytest.mark.parametrize("code", [204, 206, 304, 400, 401, 410, 451])
def test_a_lasting_refusal_is_not_tried_again(code):
    assert str(code) in str(failing(APIResponseError, status(code), requests=1))


def test_a_packing_that_nobody_asked_for_is_not_tried_again():
    failing(APIResponseError, http(PICTURE, "Content-Encoding: br"), requests=1)


def test_a_picture_over_the_limit_is_not_tried_again():
    failing(APIResponseError, http(b"", "Content-Length: 1000001"), requests=1)


def test_an_endless_body_stops_at_the_limit():
    failing(APIResponseError, endless, requests=1)


@pytest.mark.parametrize("layers", [1, 2])
def test_a_gzip_bomb_is_refused(layers):
    bomb = gzip.compress(bytes(20_000_000))
    if layers == 2:
        bomb = gzip.compress(bomb)
    names = ", ".join(["gzip"] * layers)
    failing(APIResponseError, http(bomb, f"Content-Encoding: {names}"), requests=1)


def test_a_host_where_nobody_listens_is_an_error():
    async def scenario():
        async with Server(b"") as server:
            url = server.url
        with pytest.raises(APIConnectionError, match=r"127\.0\.0\.1 was not reached"):
            await download(url, trusted=LOOPBACK, limit=1000)

    asyncio.run(scenario())


@pytest.mark.parametrize("found", [[], OSError("no such name")], ids=["nothing", "error"])
def test_a_name_that_does_not_resolve_is_tried_again(found):
    asked = []

    async def resolve(host, port):
        asked.append((host, port))
        if isinstance(found, OSError):
            raise found
        return found

    with pytest.raises(APIConnectionError, match=r"pictures\.example, was not found"):
        asyncio.run(download("https://pictures.example/", trusted=(), limit=9, resolve=resolve))
    assert asked == [("pictures.example", 443)] * 3


# Redirects.


def test_redirects_are_followed():
    picture, server = fetch(redirect("/b?c"), redirect("d"), http(PICTURE), path="/a/a")
    assert picture == PICTURE
    assert [request.split()[1] for request in server.requests] == ["/a/a", "/b?c", "/d"]


def test_five_redirects_are_followed_and_a_sixth_is_not():
    assert fetch(*[redirect("/next")] * 5, http(PICTURE))[0] == PICTURE
    error = failing(APIResponseError, redirect("/next"), requests=6)
    assert "too often" in str(error)


def test_a_redirect_to_a_private_host_is_refused():
    async def scenario():
        async with Server(http(b"inside")) as inside, Server(redirect(inside.url)) as server:
            trusted = {("http", "127.0.0.1", server.port)}
            with pytest.raises(APIResponseError, match="private network"):
                await download(server.url, trusted=trusted, limit=1000)
            return inside.connections, server.connections

    assert asyncio.run(scenario()) == (0, 1)


@pytest.mark.parametrize(
    "location",
    ["file:///etc/passwd", "http://2130706433/", "http://u:p@127.0.0.1/", "http://[bad/"],
)
def test_a_redirect_to_an_unusable_url_is_refused(location):
    error = failing(APIResponseError, redirect(location), requests=1)
    assert "cannot be used" in str(error)


@pytest.mark.parametrize("location", ["http:\\\\127.0.0.1", "http://a:b/"])
def test_a_redirect_to_a_url_that_httpx_cannot_read_is_an_error(location):
    failing(APIConnectionError, redirect(location), requests=3)


def test_a_redirect_without_a_place_is_an_error():
    failing(APIResponseError, status(302), requests=1)


# Pinning. Nothing outside 127.0.0.0/8 may be asked here, so some loopback addresses play public.


several_loopbacks = pytest.mark.skipif(
    sys.platform == "darwin", reason="macOS has 127.0.0.1 alone until told otherwise"
)


@pytest.fixture
def playing_public():
    yield _playing_public.update
    _playing_public.clear()


@several_loopbacks
def test_the_address_that_was_checked_is_the_one_connected_to(playing_public):
    playing_public({"127.0.0.2"})

    async def scenario():
        async with (
            Server(http(PICTURE), host="127.0.0.2") as public,
            Server(http(b"inside"), host="127.0.0.3", port=public.port) as inside,
        ):
            url = f"http://rebinding.example:{public.port}/x"
            resolve = answering(["127.0.0.2"], ["127.0.0.3"])
            picture = await download(url, trusted=(), limit=1000, resolve=resolve)
            return picture, public, inside

    picture, public, inside = asyncio.run(scenario())
    assert picture == PICTURE
    assert f"host: rebinding.example:{public.port}\r\n" in public.requests[0].lower()
    assert inside.connections == 0


@several_loopbacks
def test_each_hop_is_resolved_and_checked_anew(playing_public):
    playing_public({"127.0.0.2"})

    async def scenario():
        async with (
            Server(redirect("/again"), host="127.0.0.2") as public,
            Server(http(b"inside"), host="127.0.0.3", port=public.port) as inside,
        ):
            url = f"http://rebinding.example:{public.port}/x"
            resolve = answering(["127.0.0.2"], ["127.0.0.3"])
            with pytest.raises(APIResponseError, match=r"private network \(127\.0\.0\.3\)"):
                await download(url, trusted=(), limit=1000, resolve=resolve)
            return inside.connections

    assert asyncio.run(scenario()) == 0


@several_loopbacks
def test_the_next_address_is_tried_when_the_first_does_not_answer(playing_public):
    playing_public({"127.0.0.2", "127.0.0.4"})

    async def scenario():
        async with Server(http(PICTURE), host="127.0.0.2") as server:
            url = f"http://pictures.example:{server.port}/x"
            resolve = answering(["127.0.0.4", "127.0.0.2"])
            return await download(url, trusted=(), limit=1000, resolve=resolve, tries=1)

    assert asyncio.run(scenario()) == PICTURE


def secure():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE, CERTIFICATE.with_suffix(".key.pem"))
    names = []
    context.sni_callback = lambda _socket, name, _context: names.append(name)
    return context, names


@pytest.fixture
def known_certificate(monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))


@pytest.mark.usefixtures("known_certificate")
def test_tls_to_a_pinned_address_is_checked_against_the_name():
    async def scenario():
        context, names = secure()
        async with Server(http(PICTURE), tls=context) as server:
            url = check_url(f"https://pictures.example:{server.port}/x")
            return await _open(url, "127.0.0.1", 1000), names

    assert asyncio.run(scenario()) == (PICTURE, ["pictures.example"])


def test_a_download_over_tls_is_pinned(playing_public, known_certificate):
    playing_public({"127.0.0.1"})

    async def scenario():
        async with Server(http(PICTURE), tls=secure()[0]) as server:
            url = f"https://pictures.example:{server.port}/x"
            return await download(url, trusted=(), limit=1000, resolve=answering(LOOPBACK))

    assert asyncio.run(scenario()) == PICTURE


def refused_certificate(name):
    async def scenario():
        context, names = secure()
        async with Server(http(PICTURE), tls=context) as server:
            url = f"https://{name}:{server.port}/x?{SECRET}"
            with pytest.raises(APIConnectionError, match="no valid certificate") as caught:
                await download(url, trusted=(), limit=1000, resolve=answering(LOOPBACK))
            assert caught.value.__context__ is None
            assert names == [name]  # asked once: another try would not make it valid
            return server

    return asyncio.run(scenario())


def test_a_certificate_for_another_name_is_refused(playing_public, known_certificate):
    playing_public({"127.0.0.1"})
    assert refused_certificate("other.example").requests == []


def test_an_unknown_certificate_is_refused(playing_public, monkeypatch):
    playing_public({"127.0.0.1"})
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    assert refused_certificate("pictures.example").requests == []


@pytest.mark.parametrize("trusted", [[], ["127.0.0.1"]], ids=["refused", "trusted"])
def test_a_redirect_away_from_tls_is_for_trusted_hosts(playing_public, known_certificate, trusted):
    playing_public({"127.0.0.1"})

    async def scenario():
        async with Server(http(PICTURE)) as plain:
            moved = redirect(f"{plain.url}?{SECRET}")
            async with Server(moved, tls=secure()[0]) as server:
                url = f"https://pictures.example:{server.port}/x"
                try:
                    return await download(
                        url, trusted=trusted, limit=1000, resolve=answering(LOOPBACK)
                    )
                except APIResponseError as error:
                    assert plain.connections == 0
                    return str(error)

    ended = asyncio.run(scenario())
    assert ended == PICTURE if trusted else "without encryption" in ended


# Proxies.


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "ALL_PROXY"])
def test_a_trusted_host_on_loopback_is_asked_directly(monkeypatch, variable):
    monkeypatch.setenv(variable, "http://127.0.0.1:9")
    assert fetch(http(PICTURE))[0] == PICTURE


def through_proxy(monkeypatch, url, *answers, trusted=()):
    async def scenario():
        async with Server(*answers) as proxy:
            monkeypatch.setenv("HTTP_PROXY", f"http://someone:secret@127.0.0.1:{proxy.port}")
            monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
            try:
                return await download(url, trusted=trusted, limit=1000, resolve=unasked), proxy
            except APIResponseError as error:
                return error, proxy

    return asyncio.run(scenario())


def test_a_public_name_goes_through_the_proxy_unresolved(monkeypatch):
    url = "http://pictures.example/x.png?sig=1"
    picture, proxy = through_proxy(monkeypatch, url, http(PICTURE))
    assert picture == PICTURE
    assert proxy.requests[0].startswith(f"GET {url} HTTP/1.1\r\n")
    assert "host: pictures.example\r\n" in proxy.requests[0].lower()
    assert "\nproxy-authorization: basic" in proxy.requests[0].lower()
    assert "\nauthorization" not in proxy.requests[0].lower()


def test_tls_through_a_proxy_asks_for_a_tunnel_to_the_name(monkeypatch):
    async def scenario():
        async with Server(status(502)) as proxy:
            monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
            url = f"https://pictures.example/?{SECRET}"
            with pytest.raises(APIConnectionError):
                await download(url, trusted=(), limit=9, resolve=unasked)
            return proxy.requests

    requests = asyncio.run(scenario())
    assert len(requests) == 3
    assert requests[0].startswith("CONNECT pictures.example:443 HTTP/1.1\r\n")


@pytest.mark.parametrize(
    "url",
    [
        *("http://metadata/", "http://metadata.google.internal/", "http://printer.local/"),
        *("http://10.0.0.5/", "http://169.254.169.254/", "http://[fd00::1]/", "http://0x7f.1/"),
        *("https://nas.lan/", "https://router.home.arpa./", "http://intranet/"),
    ],
)
def test_a_name_that_leads_inside_never_reaches_the_proxy(monkeypatch, url):
    error, proxy = through_proxy(monkeypatch, url, http(b"inside"))
    assert isinstance(error, APIResponseError)
    assert proxy.connections == 0


def test_a_trusted_inside_name_goes_through_the_proxy(monkeypatch):
    url = "http://pictures.internal/x"
    picture, _ = through_proxy(monkeypatch, url, http(PICTURE), trusted=["pictures.internal"])
    assert picture == PICTURE


def test_a_redirect_through_the_proxy_is_checked(monkeypatch):
    moved = redirect("http://169.254.169.254/latest/meta-data/")
    error, proxy = through_proxy(monkeypatch, "http://pictures.example/x", moved)
    assert "private network" in str(error)
    assert proxy.connections == 1


@several_loopbacks
def test_a_host_that_needs_no_proxy_is_pinned(monkeypatch, playing_public):
    playing_public({"127.0.0.2"})
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "pictures.example")

    async def scenario():
        async with Server(http(PICTURE), host="127.0.0.2") as server:
            url = f"http://pictures.example:{server.port}/x"
            return await download(url, trusted=(), limit=99, resolve=answering(["127.0.0.2"]))

    assert asyncio.run(scenario()) == PICTURE


# Time.


class Held:
    """An answer that begins and never ends, and knows when the client has gone."""

    def __init__(self):
        self.begun = asyncio.Event()
        self.gone = asyncio.Event()

    async def __call__(self, reader, writer):
        writer.write(http(b"", "Content-Length: 1000"))
        await writer.drain()
        self.begun.set()
        with contextlib.suppress(ConnectionError):
            await reader.read()  # until the client closes
        self.gone.set()


async def drip(_, writer):
    writer.write(http(b"", "Content-Length: 1000000"))
    while True:
        writer.write(b".")
        await writer.drain()
        await asyncio.sleep(0.005)


@pytest.mark.parametrize("kind", ["drip", "silence"])
def test_a_body_that_never_ends_is_ended_by_the_callers_deadline(kind):
    async def scenario():
        async with Server(drip if kind == "drip" else Held()) as server:
            begun = time.monotonic()
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.2):
                    await download(server.url, trusted=LOOPBACK, limit=1_000_000)
            return time.monotonic() - begun

    assert asyncio.run(scenario()) < 1


def test_cancelling_closes_the_connection_at_once():
    async def scenario():
        held = Held()
        async with Server(held) as server:
            task = asyncio.create_task(download(server.url, trusted=LOOPBACK, limit=1_000_000))
            await held.begun.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await asyncio.wait_for(held.gone.wait(), 0.5)
            return len(server.requests)

    assert asyncio.run(scenario()) == 1


def test_cancelling_ends_the_pause_between_tries():
    async def scenario():
        async with Server(status(500)) as server:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.2):
                    await download(server.url, trusted=LOOPBACK, limit=1000, pause=60)
            return len(server.requests)

    assert asyncio.run(scenario()) == 1


# Signed URLs.


@pytest.mark.parametrize(
    "answer",
    [
        status(403),
        status(410),
        reset,
        redirect("file:///x?" + SECRET),
        redirect(f"//[bad?{SECRET}"),
        redirect(f"/{SECRET}?{SECRET}"),
    ],
)
def test_an_error_never_holds_the_query(answer):
    error = failing(
        (APIResponseError, APIConnectionError), answer, requests=pytest.approx(3, abs=3)
    )
    assert "0123456789abcdef" not in "".join(traceback.format_exception(error))
    assert b"0123456789abcdef" not in pickle.dumps(error)
    while error is not None:
        assert not hasattr(error, "request")
        error = error.__context__


def test_no_log_holds_the_query(caplog):
    caplog.set_level(logging.DEBUG)
    fetch(redirect(f"/b?{SECRET}"), status(500), http(PICTURE), path=f"/a?{SECRET}")
    assert "GET http://127.0.0.1" in caplog.text
    assert "HTTP/1.1 200" in caplog.text
    assert "?..." in caplog.text
    assert SECRET not in caplog.text


def test_the_log_of_everybody_else_stays_whole(caplog):
    caplog.set_level(logging.INFO)

    async def scenario():
        async with Server(http(PICTURE)) as server, httpx.AsyncClient(trust_env=False) as client:
            await download(f"{server.url}?ours=1", trusted=LOOPBACK, limit=1000)
            await client.get(f"{server.url}?mine=1")

    asyncio.run(scenario())
    assert "?mine=1" in caplog.text
    assert "?ours=1" not in caplog.text


def test_a_download_keeps_out_of_the_log_what_its_request_did(caplog):
    caplog.set_level(logging.DEBUG)

    async def scenario():
        clean_log(lambda text, *, limit: text.replace("canary", "[key]")[:limit])
        async with Server(http(PICTURE)) as server:
            await download(f"{server.url}canary?canary", trusted=LOOPBACK, limit=1000)

    asyncio.run(scenario())
    assert "[key]?..." in caplog.text
    assert "canary" not in caplog.text


def test_many_downloads_leave_one_filter():
    for _ in range(3):
        fetch(http(PICTURE))
    assert len(logging.getLogger("httpx").filters) == 1
