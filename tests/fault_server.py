"""A service that plays one scripted fault for each request, and counts what it charges."""

import base64
import io
import json
import random
import re
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Self

from PIL import Image

MODEL = "gpt-image-2"
Fault = Callable[["Line"], None]


@dataclass(frozen=True)
class Asked:
    """One request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Line:
    """The connection that a fault plays on."""

    server: "FaultServer"
    socket: socket.socket
    asked: Asked | None = None
    broken: bool = False

    def charge(self, pictures: int = 1) -> None:
        self.server.charged += pictures

    def send(self, *pieces: bytes) -> None:
        for piece in pieces:
            self.socket.sendall(piece)

    def pour(self, pieces: Iterable[bytes]) -> None:
        """Send for as long as the other side takes it."""
        for piece in pieces:
            if self.server.closed.is_set():
                return
            self.send(piece)

    def drip(self, content: bytes, seconds: float) -> None:
        for byte in content:
            self.send(bytes([byte]))
            self.stall(seconds)

    def stall(self, seconds: float) -> None:
        """Say nothing; ends early when the server is closed."""
        self.server.closed.wait(seconds)

    def until_gone(self) -> None:
        """Say nothing until the client closes its side, and note when."""
        with suppress(OSError):
            while not self.server.closed.is_set() and self.socket.recv(4096):
                pass
        self.server.left_at.append(time.monotonic())
        self.broken = True

    def reset(self) -> None:
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.hang_up()

    def hang_up(self) -> None:
        self.broken = True
        self.socket.close()


@dataclass
class FaultServer:
    """Answers the k-th request for pictures with the k-th fault, the last one for ever.

    ``GET /v1/models`` is answered by `models`, and ``GET /files/<name>`` by the faults of `files`
    in turn. A fault marked by `unread` plays before anything is read.
    """

    script: list[Fault]
    models: Fault | None = None
    files: dict[str, list[Fault]] = field(default_factory=dict)
    tls: ssl.SSLContext | None = None
    deaf: bool = False
    requests: list[Asked] = field(default_factory=list)
    lists: list[Asked] = field(default_factory=list)
    downloads: list[Asked] = field(default_factory=list)
    left_at: list[float] = field(default_factory=list)
    connections: int = 0
    charged: int = 0
    closed: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Self:
        self._listener = socket.socket()
        self._listener.bind(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._lines: list[tuple[threading.Thread, Line]] = []
        self._lock = threading.Lock()
        self._acceptor = threading.Thread(target=self._accept, name="faults")
        if not self.deaf:
            self.listen()
        return self

    def listen(self) -> None:
        """Take connections; until then they are refused."""
        self._listener.listen(64)
        self._acceptor.start()

    def leave(self) -> None:
        """Take no more connections: from now on they are refused."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def __exit__(self, *_: object) -> None:
        self.closed.set()
        self.leave()
        if self._acceptor.is_alive():
            self._acceptor.join(5)
        for thread, line in self._lines:
            with suppress(OSError):
                line.socket.shutdown(socket.SHUT_RDWR)
            thread.join(5)
            assert not thread.is_alive()
            line.socket.close()

    @property
    def root(self) -> str:
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    @property
    def base_url(self) -> str:
        return f"{self.root}/v1"

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                line = Line(self, self._listener.accept()[0])
                line.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self.connections += 1
                thread = threading.Thread(target=self._serve, args=(line,), name="fault")
                self._lines.append((thread, line))
                thread.start()

    def _serve(self, line: Line) -> None:
        with suppress(OSError, ssl.SSLError):
            if self.tls:
                line.socket = self.tls.wrap_socket(line.socket, server_side=True)
            while not line.broken and not self.closed.is_set():
                if getattr(self._next(), "unread", False):
                    self._step(self.requests, Asked("", "", {}, b""), self.script)(line)
                    break
                line.asked = read_request(line.socket)
                if line.asked is None:
                    break
                self._fault_for(line.asked)(line)
                line.broken |= line.asked.headers.get("connection", "").lower() == "close"
        with suppress(OSError):
            line.socket.shutdown(socket.SHUT_RDWR)

    def _next(self) -> Fault:
        return self.script[min(len(self.requests), len(self.script) - 1)]

    def _fault_for(self, asked: Asked) -> Fault:
        if asked.path.endswith("/models"):
            return self._step(self.lists, asked, [self.models or lists(MODEL)])
        file = re.search(r"/files/([^?]+)", asked.path)
        if file:
            return self._step(self.downloads, asked, self.files[file[1]], file[1])
        return self._step(self.requests, asked, self.script)

    def _step(self, seen: list[Asked], asked: Asked, script: list[Fault], name: str = "") -> Fault:
        with self._lock:
            k = sum(name in one.path for one in seen)
            seen.append(asked)
            return script[min(k, len(script) - 1)]


def read_request(connection: socket.socket) -> Asked | None:
    """Read one request; None when the other side has gone."""
    with connection.makefile("rb") as reader:
        first = reader.readline().decode("latin-1").split()
        if len(first) != 3:
            return None
        headers: dict[str, str] = {}
        while line := reader.readline().strip().decode("latin-1"):
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        body = reader.read(int(headers.get("content-length", 0)))
    return Asked(first[0], first[1], headers, body)


# What goes over the line.


@cache
def picture(seed: int = 0, side: int = 24) -> bytes:
    """Return a PNG that compresses badly, so that half of it is no picture."""
    file = io.BytesIO()
    noise = random.Random(seed).randbytes(3 * side * side)
    Image.frombytes("RGB", (side, side), noise).save(file, "PNG")
    return file.getvalue()


def b64(content: bytes) -> str:
    return base64.b64encode(content).decode()


def images(*items: Any, **beside: Any) -> bytes:
    """Return an answer's body; bytes stand for a picture in base64."""
    data = [{"b64_json": b64(item)} if isinstance(item, bytes) else item for item in items]
    return json.dumps({"created": 1, "data": data, **beside}).encode()


def http(body: bytes, status: str = "200 OK", *headers: str, length: int | None = None) -> bytes:
    lines = [
        f"HTTP/1.1 {status}",
        "Content-Type: application/json",
        *headers,
        f"Content-Length: {len(body) if length is None else length}",
    ]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


# Faults.


def answers(body: bytes, status: str = "200 OK", *headers: str, charge: int = 0) -> Fault:
    def play(line: Line) -> None:
        line.charge(charge)
        line.send(http(body, status, *headers))

    return play


def says(status: str, message: str = "", *headers: str, charge: int = 0, **facts: Any) -> Fault:
    """Refuse in OpenAI's envelope."""
    error = {"message": message, "type": None, "param": None, "code": None, **facts}
    return answers(json.dumps({"error": error}).encode(), status, *headers, charge=charge)


def draws(n: int = 1, *headers: str, **beside: Any) -> Fault:
    """Charge for n pictures and deliver them."""
    body = images(*(picture(k) for k in range(n)), **beside)
    return answers(body, "200 OK", *headers, charge=n)


def lists(*ids: str) -> Fault:
    return answers(json.dumps({"data": [{"id": one} for one in ids]}).encode())


def raw(*pieces: bytes, charge: int = 0, then: str = "hang_up", stall: float = 0.0) -> Fault:
    """Send bytes as they are, then do what the name says."""

    def play(line: Line) -> None:
        line.charge(charge)
        line.send(*pieces)
        line.stall(stall)
        getattr(line, then)()

    return play


def drips(head: bytes, body: bytes, seconds: float, *, charge: int = 0) -> Fault:
    def play(line: Line) -> None:
        line.charge(charge)
        line.send(head)
        line.drip(body, seconds)

    return play


def pours(head: bytes, pieces: Callable[[], Iterable[bytes]], *, charge: int = 0) -> Fault:
    def play(line: Line) -> None:
        line.charge(charge)
        line.send(head)
        line.pour(pieces())

    return play


def leaves(fault: Fault) -> Fault:
    """Play a fault, while from now on no other connection is taken."""

    def play(line: Line) -> None:
        line.server.leave()
        fault(line)

    return play


def late(seconds: float, fault: Fault) -> Fault:
    def play(line: Line) -> None:
        line.stall(seconds)
        fault(line)

    return play


def hangs(*, charge: int = 0) -> Fault:
    """Say nothing until the client goes."""

    def play(line: Line) -> None:
        line.charge(charge)
        line.until_gone()

    return play


def unread(fault: Fault) -> Fault:
    """Play a fault when the request has begun to come, and before any of it is read."""

    def play(line: Line) -> None:
        line.socket.recv(1, socket.MSG_PEEK)
        fault(line)

    play.unread = True
    return play
