"""What a service can do to a request, and what the user has afterwards."""

import base64
import gc
import gzip
import itertools
import json
import logging
import pickle
import socket
import ssl
import struct
import threading
import time
import traceback
import tracemalloc
import zlib
from dataclasses import dataclass, field
from email.utils import formatdate
from functools import cache
from pathlib import Path
from urllib.parse import quote

import pytest
from conftest import until
from fault_server import (
    MODEL,
    Fault,
    FaultServer,
    answers,
    b64,
    draws,
    drips,
    hangs,
    http,
    images,
    late,
    picture,
    pours,
    raw,
    read_request,
    says,
    unread,
)

from alphaneural_nb.errors import (
    AlphaNeuralError,
    APIConnectionError,
    APIResponseError,
    APITimeoutError,
    AuthenticationError,
    BadRequestError,
    BudgetExceeded,
    ContentRefused,
    InternalServerError,
    NoImageReturned,
    NotFoundError,
    RateLimitError,
    SettingsError,
)
from alphaneural_nb.generation import Generation
from alphaneural_nb.request import ImageRequest
from alphaneural_nb.settings import Settings
from alphaneural_nb.studio import Studio

KEY = "sk-canary-Zq7Xw2Lp9Rt4Vb8Nc3Md6"
CERTIFICATES = Path(__file__).parent / "certificates"
DONE = draws()
GOOD = images(picture())
EVIL = "<script>alert(1)</script>\x1b[31mred\x1b[0m\r\nSet-Cookie: a=b\u202etxt.exe\x00\u200b\x9b2J"


@dataclass(frozen=True)
class Row:
    """A fault, and what must be left of it."""

    name: str
    script: list[Fault]
    error: type[AlphaNeuralError] | None = None
    charged: str = "no"
    requests: int = 1
    n: int | None = None
    pictures: int = 1
    problems: int = 0
    waits: float = 0.0
    timeout: float = 5.0
    kept: bytes | None = None
    words: str = ""
    files: dict[str, list[Fault]] = field(default_factory=dict)


def failing(name: str, fault: Fault, error: type[AlphaNeuralError], **more) -> Row:
    """One fault, after which a second request would have drawn: it must not be made."""
    return Row(name, [fault, DONE], error, **{"pictures": 0, "charged": "maybe", **more})


def link(name: str) -> dict[str, str]:
    """Stand for a picture that the fault server itself has, by its address."""
    return {"url": f"/files/{name}"}


def linked(*items, charge: int) -> Fault:
    """Answer with addresses on the server that is asked."""

    def play(line) -> None:
        whole = [
            {"url": line.server.root + item["url"]} if isinstance(item, dict) else item
            for item in items
        ]
        answers(images(*whole), charge=charge)(line)

    return play


def chunk(content: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(content), content)


CHUNKED = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
SPACES = chunk(b" " * 65536)


def endless():
    return itertools.repeat(SPACES)


@cache
def gzip_of_zeros(megabytes: int) -> bytes:
    packer = zlib.compressobj(9, wbits=31)
    zeros = bytes(2**20)
    return b"".join(packer.compress(zeros) for _ in range(megabytes)) + packer.flush()


def gzipped(layers: int) -> Fault:
    def play(line) -> None:
        body = gzip_of_zeros(1024)
        if layers == 2:
            body = gzip.compress(body)
        names = ", ".join(["gzip"] * layers)
        answers(body, "200 OK", f"Content-Encoding: {names}", charge=1)(line)

    return play


def half(content: bytes) -> bytes:
    return content[: len(content) // 2]


def png_with(width: int, height: int, extra: bytes = b"") -> bytes:
    """Return a PNG whose header promises this size, with other chunks after the header."""

    def part(kind: bytes, content: bytes) -> bytes:
        crc = struct.pack(">I", zlib.crc32(kind + content))
        return struct.pack(">I", len(content)) + kind + content + crc

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    pixels = zlib.compress(bytes((width + 1) * min(height, 64)))
    parts = [part(b"IHDR", head), extra and part(b"zTXt", extra), part(b"IDAT", pixels)]
    return b"\x89PNG\r\n\x1a\n" + b"".join(filter(None, parts)) + part(b"IEND", b"")


ZTXT = png_with(16, 16, b"note\0\0" + zlib.compress(bytes(2**27)))
HALF_PNG = half(picture(0, 200))
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HTML = b"<!doctype html><html><title>Sign in</title><body>hotel wifi</body></html>"
CUT_B64 = b64(picture(1, 64))[:-7]
CUT_JSON = GOOD[: len(GOOD) - 40]
CUT_B64_ITEM = {"b64_json": CUT_B64}

CONTROL = [
    Row("ok", [DONE]),
    Row("ok-n4", [draws(4)], n=4, pictures=4),
    Row("ok-url", [linked(link("a"), charge=1)], files={"a": [answers(picture())]}),
    Row("slow-but-fine", [late(0.5, DONE)]),
]
RESET_MID_BODY = half(http(GOOD))
TRANSPORT = [
    failing("reset-before-headers", raw(then="reset"), APIConnectionError),
    failing("reset-after-gen", raw(then="reset", charge=1), APIConnectionError),
    failing("reset-mid-headers", raw(b"HTTP/1.1 20", then="reset"), APIConnectionError),
    failing("reset-mid-body", raw(RESET_MID_BODY, then="reset", charge=1), APIConnectionError),
    failing("short-content-length", raw(RESET_MID_BODY, charge=1), APIConnectionError),
    failing("closed-without-a-word", raw(), APIConnectionError),
    failing("reset-unread", unread(raw(then="reset")), APIConnectionError),
    failing("not-http", raw(b"SSH-2.0-OpenSSH_9.6\r\n"), APIConnectionError),
    failing("not-http-unread", unread(raw(b"220 mail ready\r\n")), APIConnectionError),
    failing("stall-before-headers", hangs(charge=1), APITimeoutError, timeout=1),
    failing("stall-mid-body", drips(half(http(GOOD)), b" ", 9), APITimeoutError, timeout=1),
    failing(
        "slowloris-body", drips(http(b"", length=90), b" " * 90, 0.1), APITimeoutError, timeout=1
    ),
    failing(
        "slowloris-headers",
        drips(b"HTTP/1.1 200 OK\r\nX: ", b"x" * 90, 0.1),
        APITimeoutError,
        timeout=1,
    ),
    failing("slowloris-chunks", drips(CHUNKED, chunk(b" ") * 90, 0.02), APITimeoutError, timeout=1),
    failing("bad-chunk", raw(CHUNKED + b"zz\r\n"), APIConnectionError),
    failing("infinite-body", pours(CHUNKED, endless, charge=1), APIResponseError),
    failing("huge-content-length", raw(http(b"{", length=10**12), charge=1), APIResponseError),
    failing(
        "two-content-lengths", raw(http(GOOD, "200 OK", "Content-Length: 3")), APIConnectionError
    ),
    failing("negative-length", raw(http(GOOD, length=-5)), APIConnectionError),
    failing("gzip-bomb", gzipped(1), APIResponseError, timeout=20),
    failing("gzip-bomb-2x", gzipped(2), APIResponseError, timeout=20),
    failing(
        "gzip-corrupt",
        answers(gzip.compress(GOOD)[:-9], "200 OK", "Content-Encoding: gzip", charge=1),
        APIResponseError,
    ),
    Row(
        "gzip-unasked", [answers(gzip.compress(GOOD), "200 OK", "Content-Encoding: gzip", charge=1)]
    ),
    failing("brotli", answers(GOOD, "200 OK", "Content-Encoding: br", charge=1), APIResponseError),
    failing(
        "header-bomb",
        pours(
            b"HTTP/1.1 200 OK\r\n", lambda: (b"X-%d: %s\r\n" % (k, b"y" * 900) for k in range(2500))
        ),
        APIConnectionError,
    ),
    failing(
        "header-line-bomb",
        pours(b"HTTP/1.1 200 OK\r\nX: ", lambda: itertools.repeat(b"y" * 65536)),
        APIConnectionError,
    ),
    failing("http-0.9", raw(GOOD), APIConnectionError),
    failing("status-999", answers(GOOD, "999 What", charge=1), AlphaNeuralError),
    failing(
        "switches-protocols",
        raw(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"),
        AlphaNeuralError,
    ),
    Row("100-continue-first", [raw(b"HTTP/1.1 100 Continue\r\n\r\n" * 3 + http(GOOD), charge=1)]),
    Row("keep-alive-lie", [raw(http(GOOD, "200 OK", "Connection: keep-alive"), charge=1)]),
    Row("http-1.0-without-length", [raw(b"HTTP/1.0 200 OK\r\n\r\n" + GOOD, charge=1)]),
]
LATER = formatdate(time.time() + 3600, usegmt=True)


def in_two_seconds(line) -> None:
    says("429 Slow", "", f"Retry-After: {formatdate(time.time() + 2, usegmt=True)}")(line)


REFUSED = {"charged": "no", "pictures": 0}
STATUS = [
    Row("429-seconds", [says("429 Slow", "", "Retry-After: 1"), DONE], requests=2, waits=0.9),
    Row("429-date", [in_two_seconds, DONE], requests=2, waits=0.9),
    Row("429-ms", [says("429 Slow", "", "retry-after-ms: 600"), DONE], requests=2, waits=0.5),
    Row("429-words", [says("429 Slow", "Try again in 0.5 seconds."), DONE], requests=2, waits=0.4),
    Row(
        "429-garbage",
        [says("429 Slow", "", "Retry-After: soon", "retry-after-ms: nan"), DONE],
        requests=2,
        waits=1.9,
    ),
    Row("429-twice", [says("429 Slow", "", "Retry-After: 0")] * 2 + [DONE], requests=3),
    Row(
        "429-always",
        [says("429 Slow", "", "Retry-After: 0")],
        RateLimitError,
        requests=3,
        pictures=0,
    ),
    failing("429-hour", says("429 Slow", "", "Retry-After: 3600"), RateLimitError, **REFUSED),
    failing(
        "429-beyond-deadline",
        says("429 Slow", "", "Retry-After: 3"),
        RateLimitError,
        **REFUSED,
        timeout=2,
    ),
    failing(
        "429-negative",
        says("429 Slow", "", "Retry-After: -1"),
        RateLimitError,
        **REFUSED,
        timeout=1.5,
    ),
    failing(
        "429-date-tomorrow",
        says("429 Slow", "", f"Retry-After: {LATER}"),
        RateLimitError,
        **REFUSED,
    ),
    failing(
        "429-quota",
        says("429 Slow", "You exceeded your current quota.", code="insufficient_quota"),
        BudgetExceeded,
        **REFUSED,
    ),
    failing(
        "402-no-credit", says("402 Payment Required", "No credit left."), BudgetExceeded, **REFUSED
    ),
    failing(
        "422-budget",
        says("422 No", "Budget has been exceeded! Current cost: 2.5", type="budget_exceeded"),
        BudgetExceeded,
        **REFUSED,
    ),
    failing("500-once", says("500 Oops", "boom"), InternalServerError),
    failing("500-wait", says("500 Oops", "boom", "Retry-After: 0"), InternalServerError),
    failing("502-html", answers(HTML, "502 Bad Gateway"), InternalServerError),
    Row("503-retry-after", [says("503 Busy", "", "Retry-After: 1"), DONE], requests=2, waits=0.9),
    failing("503-without-wait", says("503 Busy", "busy"), InternalServerError),
    failing("503-hour", says("503 Busy", "busy", "Retry-After: 3600"), InternalServerError),
    failing("504-after-gen", answers(HTML, "504 Gateway Timeout", charge=1), InternalServerError),
    failing(
        "524-after-gen", answers(HTML, "524 A Timeout Occurred", charge=1), InternalServerError
    ),
    failing("408-once", says("408 Timeout", "upstream"), InternalServerError),
    failing(
        "400-policy",
        says(
            "400 Bad",
            "rejected by the safety system. safety_violations=[violence]",
            code="moderation_blocked",
        ),
        ContentRefused,
        **REFUSED,
    ),
    failing("400-size", says("400 Bad", "Invalid size", param="size"), BadRequestError, **REFUSED),
    failing(
        "401-echo-key",
        says("401 No", f"Malformed API Key. Passed in: {KEY}"),
        AuthenticationError,
        **REFUSED,
    ),
    failing(
        "500-echo-key-html",
        answers(f"<html><title>{KEY}</title>{quote(KEY)}".encode(), "500 Oops"),
        InternalServerError,
    ),
    failing(
        "400-echo-key-base64",
        says("400 Bad", base64.b64encode(f"Bearer {KEY}".encode()).decode()),
        BadRequestError,
        **REFUSED,
    ),
    failing(
        "401-echo-key-in-headers",
        says(
            "401 No",
            "no",
            f"x-litellm-call-id: {KEY}",
            f"Set-Cookie: k={KEY}",
            f"X-Echo: Bearer {KEY}",
        ),
        AuthenticationError,
        **REFUSED,
    ),
    failing(
        "404-model",
        says("404 No", "no such model", code="model_not_found"),
        NotFoundError,
        **REFUSED,
    ),
    failing(
        "evil-error",
        says("400 Bad", EVIL, code=EVIL, param=EVIL, type=EVIL),
        BadRequestError,
        **REFUSED,
    ),
    failing(
        "error-bomb", says("400 Bad", "x" * 40_000_000), BadRequestError, **REFUSED, timeout=20
    ),
    failing(
        "refusal-cut-off-in-its-headers",
        raw(half(http(b"{}", "400 Bad")), then="reset"),
        APIConnectionError,
    ),
    failing(
        "401-cut-off-in-its-body",
        raw(http(b'{"error"', "401 No", length=900), then="reset"),
        AuthenticationError,
        **REFUSED,
    ),
    failing(
        "refusal-gzip-corrupt",
        answers(b"junk", "400 Bad", "Content-Encoding: gzip"),
        BadRequestError,
        **REFUSED,
    ),
    failing(
        "301",
        answers(b"", "301 Moved", "Location: https://images.example/v1"),
        SettingsError,
        **REFUSED,
    ),
    failing("304", raw(b"HTTP/1.1 304 Not Modified\r\n\r\n"), SettingsError, **REFUSED),
]
UNREADABLE = {"charged": "maybe", "pictures": 0}
BODY = [
    failing("200-html", answers(HTML), APIResponseError, kept=HTML, words="Sign in"),
    failing("200-empty", answers(b"", charge=1), APIResponseError),
    failing("204", raw(b"HTTP/1.1 204 No Content\r\n\r\n", charge=1), APIResponseError),
    failing("200-error-object", answers(b'{"error": {"message": "no"}}'), AlphaNeuralError),
    failing("200-null", answers(b"null", charge=1), APIResponseError, kept=b"null"),
    failing("200-number", answers(b"1e999", charge=1), APIResponseError, kept=b"1e999"),
    failing("200-no-data", answers(b'{"created": 1}'), APIResponseError, kept=b'{"created": 1}'),
    failing("200-data-empty", answers(b'{"data": []}'), NoImageReturned),
    failing(
        "200-data-nulls", answers(b'{"data": [{"b64_json": null, "url": null}]}'), NoImageReturned
    ),
    failing("200-cut-json", answers(CUT_JSON, charge=1), APIResponseError, kept=CUT_JSON),
    failing("200-deep-json", answers(b"[" * 200_000), APIResponseError, kept=b"[" * 200_000),
    Row("200-text-plain", [raw(http(GOOD).replace(b"application/json", b"text/plain"), charge=1)]),
    Row("200-byte-order-mark", [answers(b"\xef\xbb\xbf" + GOOD, charge=1)]),
    Row(
        "200-unknown-fields",
        [
            answers(
                images(
                    {"b64_json": b64(picture()), "seed": [None]},
                    usage="many",
                    size=7,
                    created="now",
                    x={"y": []},
                ),
                charge=1,
            )
        ],
    ),
    failing("200-wrong-types", answers(images({"b64_json": 17})), APIResponseError, kept=b"17"),
    failing("200-data-is-text", answers(b'{"data": "soon"}'), APIResponseError),
]
N4 = {"n": 4, "pictures": 3, "problems": 1}
ITEMS = [
    Row(
        "n4-one-broken",
        [answers(images(picture(), CUT_B64_ITEM, picture(2), picture(3)), charge=4)],
        **N4,
        kept=CUT_B64.encode(),
    ),
    Row("n4-one-null", [answers(images({}, picture(1), picture(2), picture(3)), charge=3)], **N4),
    Row(
        "n4-one-not-image",
        [answers(images(picture(), HTML, picture(2), picture(3)), charge=4)],
        **N4,
        kept=HTML,
    ),
    Row(
        "n4-mixed-url",
        [linked(picture(), link("a"), picture(2), link("b"), charge=4)],
        n=4,
        pictures=4,
        files={"a": [answers(picture(5))], "b": [answers(picture(6))]},
    ),
    Row(
        "n4-one-url-dead",
        [linked(picture(), link("a"), picture(2), link("b"), charge=4)],
        **N4,
        files={"a": [answers(picture(5))], "b": [answers(b"", "410 Gone")]},
    ),
    Row("n4-fewer", [draws(2)], n=4, pictures=2, problems=2),
    Row("n1-more", [draws(4)], pictures=4),
    Row("n4-same-twice", [answers(images(*[picture()] * 4), charge=4)], n=4, pictures=4),
    Row(
        "data-is-one-object",
        [answers(json.dumps({"data": {"b64_json": b64(picture())}}).encode(), charge=1)],
    ),
    Row(
        "b64-data-uri",
        [answers(images({"b64_json": "data:image/png;base64," + b64(picture())}), charge=1)],
    ),
    Row(
        "b64-urlsafe-nopad",
        [
            answers(
                images({"b64_json": base64.urlsafe_b64encode(picture()).decode().rstrip("=")}),
                charge=1,
            )
        ],
    ),
    failing(
        "b64-truncated",
        answers(images(CUT_B64_ITEM), charge=1),
        APIResponseError,
        kept=CUT_B64.encode(),
    ),
    failing("png-truncated", answers(images(HALF_PNG), charge=1), APIResponseError, kept=HALF_PNG),
    failing("svg-b64", answers(images(SVG), charge=1), APIResponseError, kept=SVG),
    failing("html-b64", answers(images(HTML), charge=1), APIResponseError, kept=HTML),
    failing(
        "png-bomb",
        answers(images(png_with(30_000, 30_000)), charge=1),
        APIResponseError,
        kept=png_with(30_000, 30_000),
    ),
    failing("png-ztxt-bomb", answers(images(ZTXT), charge=1), APIResponseError, kept=ZTXT),
    Row(
        "evil-revised-prompt",
        [
            answers(
                images({"b64_json": b64(picture()), "revised_prompt": EVIL}, model=EVIL), charge=1
            )
        ],
    ),
    failing(
        "url-nonsense",
        answers(
            images(
                *(
                    {"url": one}
                    for one in [
                        "http://a..b/x",
                        "http://[::1/x",
                        "https://\u2100.example/",
                        "http://h:99999/",
                        "https://" + "a" * 70 + ".example/x",
                        "file:///etc/passwd",
                    ]
                )
            ),
            charge=1,
        ),
        APIResponseError,
        n=6,
    ),
    failing(
        "url-secret",
        answers(images({"url": "https://127.0.0.1:9/x?sig=private"}), charge=1),
        NoImageReturned,
    ),
    failing(
        "url-private",
        answers(images({"url": "http://127.0.0.1:9/x?sig=private"}), charge=1),
        NoImageReturned,
    ),
]


def rows(*groups: list[Row]) -> pytest.MarkDecorator:
    every = [row for group in groups for row in group]
    return pytest.mark.parametrize("row", every, ids=[row.name for row in every])


@dataclass
class Played:
    """What is left after a request."""

    result: Generation | AlphaNeuralError
    seconds: float
    home: Path

    @property
    def intents(self) -> list[dict]:
        found = sorted(self.home.glob("intents/*.json"))
        return [json.loads(path.read_bytes()) for path in found]

    @property
    def records(self) -> list[dict]:
        found = sorted(self.home.glob("generations/*/*/*.json"))
        return [json.loads(path.read_bytes()) for path in found]


def account(base_url: str, tmp_path: Path, **settings) -> Studio:
    given = {"api_key": KEY, "base_url": base_url, "model": MODEL, "home": tmp_path / "home"}
    return Studio(Settings.resolve({**given, **settings}))


def play(
    server: FaultServer | str, tmp_path: Path, timeout: float = 5.0, n=None, **settings
) -> Played:
    url = server if isinstance(server, str) else server.base_url
    studio = account(url, tmp_path, **settings)
    started = time.monotonic()
    try:
        result = studio.imagine(ImageRequest(prompt="a fox", n=n), timeout)
    except AlphaNeuralError as error:
        result = error
    return Played(result, time.monotonic() - started, studio.library.root)


@rows(CONTROL, TRANSPORT, STATUS, BODY, ITEMS)
def test_fault(row: Row, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with FaultServer(row.script, files=row.files) as server:
        played = play(server, tmp_path, row.timeout, row.n)
    assert len(server.requests) == row.requests, played.result
    assert row.waits <= played.seconds <= row.timeout + 1
    if row.error:
        check_error(row, played)
    else:
        check_pictures(row, played)
    if row.kept:
        check_kept(row.kept, played)
    check_ids(row, server, played)
    check_secrecy(played, caplog)


def check_error(row: Row, played: Played) -> None:
    error = played.result
    assert isinstance(error, row.error), error
    assert error.charged == row.charged, error
    assert row.words in str(error)
    assert len(str(error)) < 800
    assert all(line.isprintable() for line in str(error).splitlines()), str(error)
    assert len(str(error).splitlines()) <= 3
    assert "\u202e" not in str(error)
    assert type(pickle.loads(pickle.dumps(error))) is type(error)
    if error.charged == "no":
        assert played.intents == played.records == []
    else:
        assert error.request_id
        assert "charged" in str(error), str(error)
        assert played.records or [one["state"] for one in played.intents] == [
            "may have been charged"
        ]


def check_pictures(row: Row, played: Played) -> None:
    generation = played.result
    assert isinstance(generation, Generation), generation
    assert len(generation.items) == row.pictures, generation.problems
    assert len(generation.problems) == row.problems
    assert [image.size for image in generation] == [(24, 24)] * row.pictures
    assert played.intents == []
    [record] = played.records
    assert [image["sha256"] for image in record["images"]] == [i.sha256 for i in generation.items]
    assert len(record["problems"]) == row.problems
    for item in generation.items:
        assert item.path.read_bytes() == item.bytes
        assert (item.revised_prompt or "x").isprintable()


def check_kept(content: bytes, played: Played) -> None:
    [path] = [one for one in played.home.glob("images/*/*") if one.read_bytes() == content]
    if isinstance(played.result, Generation):
        assert path in [problem.path for problem in played.result.problems]
    else:
        assert path.name in str(played.result), str(played.result)


def check_ids(row: Row, server: FaultServer, played: Played) -> None:
    """Every request carries the id under which the library knows it."""
    sent = [one.headers for one in server.requests if one.headers]
    ids = {headers["x-litellm-call-id"] for headers in sent}
    assert ids == {headers["idempotency-key"] for headers in sent}
    known = {one["id"] for one in [*played.intents, *played.records]}
    assert len(ids) <= 1
    assert not (ids and known) or ids == known


def check_secrecy(played: Played, caplog: pytest.LogCaptureFixture) -> None:
    result = played.result
    shown = [str(result), repr(result), str(pickle.dumps(result)), caplog.text]
    shown += [json.dumps([vars(one) for one in caplog.records], default=repr)]
    if isinstance(result, AlphaNeuralError):
        shown += ["".join(traceback.format_exception(result)), repr(chain(result))]
    files = [path for path in played.home.rglob("*") if path.is_file()]
    shown += [*map(str, files), *(path.read_bytes().decode("latin-1") for path in files)]
    for text in shown:
        for spelling in spellings():
            assert spelling not in text
    assert not [one for one in caplog.records if one.levelno > logging.INFO]


def spellings() -> list[str]:
    coded = [base64.b64encode(b" " * k + KEY.encode()).decode()[4:-4] for k in range(3)]
    return [KEY, KEY[:14], KEY[-14:], KEY.encode().hex(), *coded]


def chain(error: BaseException | None) -> list:
    """Return what hangs on an error: its causes and contexts, with what they hold."""
    found = []
    while error is not None:
        found.append({name: str(vars(value)) for name, value in held(error)})
        error = error.__cause__ or error.__context__
    return found


def held(error: BaseException) -> list[tuple[str, object]]:
    named = {**vars(error), "request": getattr(error, "_request", None)}
    found = [(name, value) for name, value in named.items() if hasattr(value, "__dict__")]
    headers = [
        (f"{name}.headers", value.headers) for name, value in found if hasattr(value, "headers")
    ]
    return found + headers


def test_a_partial_answer_names_what_is_missing(tmp_path):
    script = [linked(picture(), link("a"), charge=2)]
    with FaultServer(script, files={"a": [answers(b"", "410 Gone")]}) as server:
        played = play(server, tmp_path, n=2)
    [problem] = played.result.problems
    assert problem.url == f"{server.root}/files/a"
    assert played.records[0]["problems"][0]["url"] == problem.url


@pytest.mark.parametrize("fault", [pours(CHUNKED, endless, charge=1), gzipped(1), gzipped(2)])
def test_memory_stays_bounded(fault, tmp_path):
    with FaultServer([fault]) as server:
        gc.collect()
        tracemalloc.start()
        try:
            play(server, tmp_path, 60)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert peak < 150_000_000


# What is sent.


def test_the_headers_that_are_sent(tmp_path):
    with FaultServer([hangs()]) as server:
        played = play(server, tmp_path, 0.5)
    [asked] = server.requests
    [intent] = played.intents
    assert asked.headers["authorization"] == f"Bearer {KEY}"
    assert asked.headers["x-litellm-call-id"] == asked.headers["idempotency-key"] == intent["id"]
    assert asked.headers["x-litellm-num-retries"] == "0"
    assert asked.headers["accept-encoding"] == "identity"
    assert asked.headers["connection"] == "close"
    assert asked.headers["content-type"] == "application/json"
    assert asked.json == {"prompt": "a fox", "model": MODEL}
    assert played.result.request_id == intent["id"]


def test_the_intent_is_on_disk_before_anything_is_sent(tmp_path):
    seen = []

    def looks(line):
        seen.extend(path.read_text() for path in tmp_path.glob("home/intents/*.json"))
        DONE(line)

    with FaultServer([looks]) as server:
        play(server, tmp_path)
    assert [json.loads(text)["state"] for text in seen] == ["sent, not yet answered"]


def test_without_a_key_no_authorization_is_sent(tmp_path):
    with FaultServer([DONE]) as server:
        play(server, tmp_path, api_key=None)
    assert "authorization" not in server.requests[0].headers


def test_a_redirect_to_another_host_is_not_followed(tmp_path):
    with FaultServer([DONE]) as other:
        location = f"Location: {other.base_url}/images/generations?token=abc"
        with FaultServer([answers(b"", "307 Temporary Redirect", location)]) as server:
            played = play(server, tmp_path)
        assert isinstance(played.result, SettingsError)
        assert played.result.charged == "no"
        assert other.root in str(played.result)
        assert "token" not in str(played.result)
        assert other.connections == 0


# Connecting.


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def refused_before_sending(played: Played) -> str:
    """Return what an error says that cost nothing and left nothing."""
    error = played.result
    assert isinstance(error, AlphaNeuralError), error
    assert error.charged == "no"
    assert played.intents == played.records == []
    assert KEY not in str(error)
    return str(error)


def test_nobody_listens(tmp_path):
    played = play(f"http://127.0.0.1:{closed_port()}", tmp_path)
    assert "cannot be reached" in refused_before_sending(played)
    assert type(played.result) is APIConnectionError


def test_a_service_that_appears_is_found_by_the_repeat(tmp_path):
    with FaultServer([DONE], deaf=True) as server:
        job = account(server.base_url, tmp_path).submit(ImageRequest(prompt="a fox"), 5)
        until(lambda: "no connection" in job.progress.doing)
        server.listen()
        assert len(job.wait()) == 1
    assert len(server.requests) == server.charged == 1


@pytest.mark.parametrize("host", ["a" * 64 + ".example", "a..b.example", "xn--zzzzzz-9.example"])
def test_a_host_name_that_cannot_be(host, tmp_path):
    assert refused_before_sending(play(f"https://{host}", tmp_path))


@pytest.fixture(scope="module")
def certified() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    name = CERTIFICATES / "pictures.example"
    context.load_cert_chain(f"{name}.pem", f"{name}.key.pem")
    return context


def test_an_untrusted_certificate_gets_no_request(certified, tmp_path):
    with FaultServer([DONE], tls=certified) as server:
        played = play(server, tmp_path)
        assert server.requests == []
        assert server.connections == 1  # no repeat makes it trusted
    assert "certificate" in refused_before_sending(played)
    assert type(played.result) is APIConnectionError


def test_a_handshake_that_hangs_ends_at_the_deadline(tmp_path):
    with FaultServer([unread(hangs())]) as server:
        played = play(f"https://127.0.0.1:{server.port}", tmp_path, 0.5)
        until(lambda: server.left_at, 0.5)
    refused_before_sending(played)
    assert type(played.result) is APITimeoutError
    assert played.seconds < 1.5


def test_tls_notes_what_was_sent(certified, tmp_path, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATES / "pictures.example.pem"))
    # The certificate is for another name, so a proxy's tunnel leads there.
    with FaultServer([tunnel(certified, raw(then="reset"))]) as server:
        monkeypatch.setenv("HTTPS_PROXY", server.root)
        played = play("https://pictures.example", tmp_path)
    assert played.result.charged == "maybe", played.result
    assert len(played.intents) == 1


def tunnel(context: ssl.SSLContext, fault: Fault) -> Fault:
    """Be a proxy, and at once the service at the other end."""

    def play(line) -> None:
        line.send(b"HTTP/1.1 200 Connection established\r\n\r\n")
        line.socket = context.wrap_socket(line.socket, server_side=True)
        line.asked = read_request(line.socket)
        line.server.requests.append(line.asked)
        fault(line)

    return play


def test_a_proxy_that_opens_no_tunnel_was_sent_nothing(tmp_path, monkeypatch):
    with FaultServer([answers(b"", "502 Bad Gateway")]) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.root)
        played = play("https://images.example", tmp_path)
        assert {one.method for one in proxy.requests} == {"CONNECT"}
        assert not any("authorization" in one.headers for one in proxy.requests)
    refused_before_sending(played)


def test_a_tunnel_that_leads_nowhere_was_sent_nothing(tmp_path, monkeypatch):
    with FaultServer([hangs()]) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.root)
        played = play("https://images.example", tmp_path, 0.5)
    refused_before_sending(played)
    assert type(played.result) is APITimeoutError


def test_a_proxy_is_not_asked_for_this_machine(tmp_path, monkeypatch):
    with FaultServer([DONE]) as proxy, FaultServer([DONE]) as server:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.root)
        assert len(play(server, tmp_path).result) == 1
        assert proxy.connections == 0


def test_a_socks_proxy_without_its_package_is_a_settings_error(tmp_path, monkeypatch):
    monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:9")
    played = play("https://images.example", tmp_path)
    assert isinstance(played.result, SettingsError)
    assert "ALL_PROXY" in refused_before_sending(played)


def test_a_key_goes_to_no_other_machine_unencrypted(tmp_path, monkeypatch):
    with FaultServer([DONE]) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.root)
        with pytest.raises(SettingsError, match="unencrypted") as caught:
            play("http://images.example", tmp_path)
        assert 'trusted_hosts=["images.example"]' in str(caught.value)
        assert caught.value.charged == "no"
        assert proxy.connections == 0


@pytest.mark.parametrize("more", [{"trusted_hosts": ["images.example"]}, {"api_key": None}])
def test_plain_http_goes_where_it_is_trusted_or_holds_no_key(more, tmp_path, monkeypatch):
    with FaultServer([DONE]) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.root)
        assert len(play("http://images.example", tmp_path, **more).result) == 1
    [asked] = proxy.requests
    assert ("authorization" in asked.headers) == ("api_key" not in more)


def test_each_request_has_a_connection_of_its_own(tmp_path):
    """A kept one may be closed just as it is used, and then nobody knows what was paid for."""
    with FaultServer([answers(GOOD, "200 OK", "Connection: keep-alive")]) as server:
        studio = account(server.base_url, tmp_path, model=None)
        for _ in range(3):
            assert len(studio.imagine(ImageRequest(prompt="a fox"), 5)) == 1
    assert server.connections == 1 + 3
    assert len(server.lists) == 1


def test_many_requests_at_once_wait_for_no_connection(tmp_path):
    together = threading.Barrier(30, timeout=10)

    def meet(line) -> None:
        together.wait()
        DONE(line)

    with FaultServer([meet]) as server:
        studio = account(server.base_url, tmp_path)
        jobs = [studio.submit(ImageRequest(prompt=f"fox {k}"), 15) for k in range(30)]
        assert [len(job.wait()) for job in jobs] == [1] * 30
    assert server.charged == len(server.requests) == 30
