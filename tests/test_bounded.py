"""Reading answers within a limit, and clients that heed the environment where they should."""

import asyncio
import gzip
import importlib.util
import io
import random
import tracemalloc
import zlib

import httpx
import pytest
from wire_server import UNTIL_CLOSE, Server, endless, http, reset

from alphaneural_nb.errors import APIResponseError, SettingsError
from alphaneural_nb.service.bounded import _Gzip, make_client, proxy_for, read_bounded

MEGABYTE = 1_000_000


def read(answer, limit=MEGABYTE, **options):
    async def scenario():
        async with (
            Server(answer) as server,
            make_client(direct=True) as client,
            client.stream("GET", server.url) as response,
        ):
            return await read_bounded(response, limit, **options)

    return asyncio.run(asyncio.wait_for(scenario(), 20))


def peak_of(answer, limit):
    """Read until the error; the most memory that was taken, in bytes."""
    make_client(direct=True)  # certificates are read once in a process, not for each answer
    tracemalloc.start()
    try:
        with pytest.raises(APIResponseError):
            read(answer, limit)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_body_comes_as_it_was_sent():
    body = random.Random(1).randbytes(300_000)
    assert read(http(body)) == body


def test_an_empty_body_is_empty():
    assert read(http(b"")) == b""


def test_a_chunked_body_comes_whole():
    assert read(http(b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", "Transfer-Encoding: chunked")) == b"abcde"


@pytest.mark.parametrize("size", [0, 1, 999, 1000])
def test_a_body_up_to_the_limit_is_read(size):
    assert len(read(http(b"x" * size), 1000)) == size


def test_a_body_one_byte_over_the_limit_is_refused():
    with pytest.raises(APIResponseError, match=r"larger than 0\.001 MB"):
        read(http(b"x" * 1001, UNTIL_CLOSE), 1000)


def test_an_announced_length_over_the_limit_is_refused_before_the_body():
    async def only_headers(_, writer):
        writer.write(http(b"", "Content-Length: 1001"))
        await writer.drain()
        await asyncio.Event().wait()

    with pytest.raises(APIResponseError, match="larger"):
        read(only_headers, 1000)


def test_the_error_says_what_the_caller_knows_about_the_bill():
    with pytest.raises(APIResponseError) as caught:
        read(http(b"x" * 11), 10)
    assert caught.value.charged == "maybe"
    with pytest.raises(APIResponseError) as caught:
        read(http(b"x" * 11), 10, charged="yes")
    assert caught.value.charged == "yes"


def test_an_endless_body_stops_at_the_limit():
    assert peak_of(endless, 4 * MEGABYTE) < 5.5 * MEGABYTE


def test_a_close_before_the_announced_length_is_an_error():
    with pytest.raises(httpx.RemoteProtocolError):
        read(http(b"half", "Content-Length: 100"))


def test_a_close_before_the_last_chunk_is_an_error():
    with pytest.raises(httpx.RemoteProtocolError):
        read(http(b"3\r\nabc\r\n", "Transfer-Encoding: chunked"))


def test_a_reset_is_an_error():
    with pytest.raises(httpx.ReadError):
        read(reset)


def test_two_lengths_are_an_error():
    with pytest.raises(httpx.RemoteProtocolError):
        read(http(b"half", "Content-Length: 4", "Content-Length: 5"))


@pytest.mark.parametrize("name", ["gzip", "GZIP", "x-gzip", "identity, gzip"])
def test_one_layer_of_gzip_is_undone(name):
    body = random.Random(2).randbytes(200_000) + bytes(200_000)
    assert read(http(gzip.compress(body), f"Content-Encoding: {name}")) == body


def test_gzip_that_comes_byte_by_byte_is_undone():
    async def drip(_, writer):
        packed = gzip.compress(b"a picture")
        writer.write(http(b"", f"Content-Length: {len(packed)}", "Content-Encoding: gzip"))
        for byte in packed:
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(0)

    assert read(drip) == b"a picture"


def test_gzip_that_comes_in_two_pieces_is_undone_wherever_it_is_cut():
    body = bytes(200_000) + random.Random(4).randbytes(50)
    packed = gzip.compress(body)
    for cut in range(len(packed)):
        whole, unpack = io.BytesIO(), _Gzip(MEGABYTE)
        unpack.inflate(packed[:cut], whole)
        unpack.inflate(packed[cut:], whole)
        unpack.finish()
        assert whole.getvalue() == body


@pytest.mark.parametrize("size", [65535, 65536, 65537, 131072, 999_999, MEGABYTE])
def test_gzip_is_undone_at_every_size_up_to_the_limit(size):
    assert read(http(gzip.compress(bytes(size)), "Content-Encoding: gzip")) == bytes(size)


def test_gzip_that_inflates_to_one_byte_over_the_limit_is_refused():
    with pytest.raises(APIResponseError, match="larger"):
        read(http(gzip.compress(bytes(MEGABYTE + 1)), "Content-Encoding: gzip"))


def test_an_empty_body_that_calls_itself_gzip_is_empty():
    assert read(http(b"", "Content-Encoding: gzip")) == b""


def test_a_name_for_a_plain_body_is_no_encoding():
    assert read(http(b"abc", "Content-Encoding: identity")) == b"abc"


def _flip_a_bit(packed):
    return packed[:20] + bytes([packed[20] ^ 1]) + packed[21:]


@pytest.mark.parametrize(
    "damage",
    [
        _flip_a_bit,
        lambda packed: packed[: len(packed) // 2],
        lambda packed: packed[:-1],
        lambda packed: packed[:-8] + bytes(8),
        lambda packed: packed + b"more",
        lambda packed: packed + packed,
        lambda packed: b"<html>" + packed,
        lambda packed: zlib.compress(gzip.decompress(packed)),
    ],
    ids=["bit", "half", "short", "checksum", "tail", "twice", "plain", "zlib"],
)
def test_damaged_gzip_is_an_error_with_its_cause(damage):
    packed = gzip.compress(random.Random(3).randbytes(1000))
    with pytest.raises(APIResponseError, match="damaged") as caught:
        read(http(damage(packed), "Content-Encoding: gzip"))
    assert isinstance(caught.value.__cause__, zlib.error)


@pytest.mark.parametrize(
    "headers",
    [
        ["Content-Encoding: gzip, gzip"],
        ["Content-Encoding: gzip", "Content-Encoding: gzip"],
        ["Content-Encoding: br"],
        ["Content-Encoding: deflate"],
        ["Content-Encoding: zstd, gzip"],
        ["Content-Encoding: anything"],
    ],
)
def test_every_other_packing_is_refused(headers):
    with pytest.raises(APIResponseError, match="not asked for"):
        read(http(gzip.compress(gzip.compress(b"x")), *headers))


def test_a_gzip_bomb_takes_no_more_memory_than_the_limit():
    bomb = gzip.compress(bytes(400 * MEGABYTE), 9)
    peak = peak_of(http(bomb, "Content-Encoding: gzip"), 8 * MEGABYTE)
    assert peak < 8 * MEGABYTE * 1.25 + MEGABYTE + len(bomb)


def test_a_small_gzip_bomb_takes_no_more_memory_than_the_limit():
    bomb = gzip.compress(bytes(5 * MEGABYTE), 9)
    assert len(bomb) < 5200
    assert peak_of(http(bomb, "Content-Encoding: gzip"), MEGABYTE) < 2 * MEGABYTE


def test_a_double_gzip_bomb_takes_no_memory():
    bomb = gzip.compress(gzip.compress(bytes(400 * MEGABYTE), 9), 9)
    assert peak_of(http(bomb, "Content-Encoding: gzip, gzip"), 8 * MEGABYTE) < MEGABYTE


def test_gzip_that_never_gives_a_byte_stops_at_the_limit():
    async def empty_blocks(_, writer):
        writer.write(http(b"", UNTIL_CLOSE, "Content-Encoding: gzip"))
        start = gzip.compress(b"")[:10]
        writer.write(start)
        while True:  # stored blocks of length 0, for ever
            writer.write(b"\x00\x00\x00\xff\xff" * 10_000)
            await writer.drain()

    with pytest.raises(APIResponseError, match="larger"):
        read(empty_blocks, MEGABYTE)


# Clients.


def ask(**options):
    async def scenario():
        async with Server(http(b"ok")) as server, make_client(**options) as client:
            await client.get(server.url)
        return server.requests[0].lower()

    return asyncio.run(scenario())


def test_a_client_asks_for_plain_bytes_under_our_name():
    request = ask(direct=True)
    assert "accept-encoding: identity" in request
    assert "user-agent: alphaneural-nb" in request


def test_netrc_gives_no_credentials(tmp_path, monkeypatch):
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login someone password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setenv("no_proxy", "*")
    assert "authorization" not in ask(direct=False)


def test_a_client_for_loopback_ignores_proxies(monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert ask(direct=True).startswith("get /v1 ")


def test_a_client_does_not_follow_redirects():
    async def scenario():
        moved = b"HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n"
        async with Server(moved) as server, make_client(direct=True) as client:
            return (await client.get(server.url)).status_code, len(server.requests)

    assert asyncio.run(scenario()) == (302, 1)


def test_clients_share_their_certificates():
    first, second = make_client(direct=True), make_client(direct=False)
    assert first._transport._pool._ssl_context is second._transport._pool._ssl_context


def test_an_unreadable_certificate_file_is_a_settings_error(monkeypatch, tmp_path):
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "missing.pem"))
    with pytest.raises(SettingsError, match="SSL_CERT_FILE"):
        make_client(direct=False)


def test_certificates_are_read_again_when_the_variable_changes(monkeypatch, tmp_path):
    make_client(direct=True)
    (tmp_path / "broken.pem").write_text("no certificate")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "broken.pem"))
    with pytest.raises(SettingsError):
        make_client(direct=True)


@pytest.mark.skipif(importlib.util.find_spec("socksio") is not None, reason="SOCKS is installed")
@pytest.mark.parametrize("variable", ["ALL_PROXY", "all_proxy", "HTTPS_PROXY"])
def test_a_socks_proxy_without_its_package_is_a_settings_error(monkeypatch, variable):
    monkeypatch.setenv(variable, "socks5://someone:secret@127.0.0.1:1080")
    with pytest.raises(SettingsError) as caught:
        make_client(direct=False)
    text = str(caught.value)
    assert variable in text
    assert 'pip install "httpx[socks]"' in text
    assert "secret" not in text
    assert caught.value.__context__ is None


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("HTTP_PROXY", "ftp://someone:secret@127.0.0.1:21"),
        ("HTTPS_PROXY", "socks4://someone:secret@127.0.0.1"),
        ("http_proxy", "http://someone:secret@127.0.0.1:port"),
        ("ALL_PROXY", "http://[::g]:1"),
        ("NO_PROXY", "[::1"),
    ],
)
def test_an_unusable_proxy_is_a_settings_error(monkeypatch, variable, value):
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsError) as caught:
        make_client(direct=False)
    assert variable in str(caught.value)
    assert "secret" not in str(caught.value)
    assert caught.value.__context__ is None


PROXIES = [
    {},
    {"HTTP_PROXY": "http://p:1"},
    {"HTTPS_PROXY": "http://p:1"},
    {"ALL_PROXY": "http://p:1"},
    {"HTTP_PROXY": "http://p:1", "ALL_PROXY": "http://p:2"},
    {"http_proxy": "p:1"},
    {"HTTP_PROXY": ""},
]
EXCEPTIONS = [
    "",
    "*",
    "example.com",
    ".example.com",
    "*.example.com",
    "EXAMPLE.com",
    "www.example.com, other.org",
    "xample.com",
    "example.com:8080",
    "http://example.com",
    "https://example.com",
    "all://example.com",
    "https://*.example.com",
    "https://*example.com:8080",
    "93.184.216.34",
    "93.184.216.0/24",
    "2606:4700::1111",
    "localhost",
    "other.org,*",
]
URLS = [
    "http://example.com/",
    "https://example.com/x",
    "https://www.example.com/",
    "http://example.com:8080/",
    "https://badexample.com/",
    "http://93.184.216.34/",
    "https://[2606:4700::1111]/",
]


@pytest.mark.parametrize("exceptions", EXCEPTIONS)
@pytest.mark.parametrize("proxies", PROXIES, ids=str)
def test_proxy_for_agrees_with_httpx(monkeypatch, proxies, exceptions):
    for name, value in {**proxies, "NO_PROXY": exceptions}.items():
        monkeypatch.setenv(name, value)
    client = make_client(direct=False)
    for url in URLS:
        pool = client._transport_for_url(httpx.URL(url))._pool
        theirs = getattr(pool, "_proxy_url", None)
        expected = theirs and f"http://{theirs.host.decode()}:{theirs.port}"
        assert proxy_for(url) == expected, url


def test_a_proxy_is_shown_without_its_password(monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://someone:sec@ret/@proxy.example:3128")
    assert proxy_for("https://example.com/") == "http://proxy.example:3128"


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8000/", "http://localhost/", "http://[::1]/", "http://a.localhost./"]
)
def test_loopback_never_goes_through_a_proxy(monkeypatch, url):
    monkeypatch.setenv("ALL_PROXY", "http://proxy.example:3128")
    assert proxy_for(url) is None


def test_a_client_for_one_url_goes_its_way_and_no_other(monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "example.com")
    direct = make_client(direct=False, target="http://example.com/")
    assert not direct._mounts
    proxied = make_client(direct=False, target="http://example.org/")
    assert len(proxied._mounts) == 1
