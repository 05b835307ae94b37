"""A server on loopback whose every byte a test decides."""

import asyncio
import contextlib
import socket
import struct

UNTIL_CLOSE = "Connection: close"


class Server:
    """A server on loopback whose every byte a test decides; it runs in the test's own loop.

    Each answer, bytes or an async function of reader and writer, is for one connection; the last
    one is for all that follow.
    """

    def __init__(self, *answers, host="127.0.0.1", port=0, tls=None):
        self._answers = answers
        self._where = {"host": host, "port": port, "ssl": tls}
        self._handlers = set()
        self.requests = []
        self.connections = 0

    async def __aenter__(self):
        self._server = await asyncio.start_server(self._handle, **self._where)
        self.port = self._server.sockets[0].getsockname()[1]
        self.url = f"http://{self._where['host']}:{self.port}/v1"
        return self

    async def __aexit__(self, *_):
        self._server.close()
        for handler in self._handlers:
            handler.cancel()
        await asyncio.gather(*self._handlers, return_exceptions=True)

    async def _handle(self, reader, writer):
        self._handlers.add(asyncio.current_task())
        self.connections += 1
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            try:
                request = await reader.readuntil(b"\r\n\r\n")
                self.requests.append(request.decode("ascii"))
                await self._answer(reader, writer)
            finally:
                writer.close()
                await writer.wait_closed()

    async def _answer(self, reader, writer):
        answer = self._answers[min(len(self.requests), len(self._answers)) - 1]
        if isinstance(answer, bytes):
            writer.write(answer)
            await writer.drain()
        else:
            await answer(reader, writer)


def http(body, *headers):
    lines = ["HTTP/1.1 200 OK", *headers]
    if not any(line.startswith(("Content-Length", "Transfer", UNTIL_CLOSE)) for line in headers):
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


async def endless(_, writer):
    writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
    while True:
        writer.write(b" " * 65536)
        await writer.drain()


async def reset(_, writer):
    writer.write(http(b"half", "Content-Length: 100"))
    await writer.drain()
    linger = struct.pack("ii", 1, 0)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    writer.transport.abort()
