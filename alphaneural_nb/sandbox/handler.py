"""What all routes of the sandbox have in common: the key, call ids, envelopes, the ledger."""

import asyncio
import hmac
import json
import os
import secrets
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from tornado.web import RequestHandler

from .ledger import Ledger
from .links import Links
from .orders import Picture
from .refusals import Plays, Refusal, unauthorized

DETAILS = {404: "Not Found", 405: "Method Not Allowed"}


@dataclass
class Sandbox:
    """Everything the handlers of one server share."""

    links: Links
    delay: float
    api_key: str = field(default_factory=lambda: f"sk-sandbox-{secrets.token_urlsafe(24)}")
    ledger: Ledger = field(default_factory=Ledger)
    plays: Plays = field(default_factory=Plays)
    painters: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(os.cpu_count(), "painter")
    )


class Handler(RequestHandler):
    """A route; its entry in the ledger is open for as long as its request."""

    def initialize(self, sandbox: Sandbox) -> None:
        """Take what the server shares."""
        self.sandbox = sandbox

    @cached_property
    def call_id(self) -> str:
        """The id the client sent, or a new one."""
        return self.request.headers.get("x-litellm-call-id") or str(uuid.uuid4())

    def set_default_headers(self) -> None:
        """Give every answer its call id."""
        self.set_header("Server", "sandbox")
        self.set_header("x-litellm-call-id", self.call_id)

    def compute_etag(self) -> None:
        """Make no ETag: the service has none."""

    def prepare(self) -> None:
        """Open the ledger's entry."""
        headers = self.request.headers
        self.entry = self.sandbox.ledger.open(
            self.request.method or "",
            self.request.path,
            headers.get("x-litellm-call-id"),
            headers.get("idempotency-key"),
        )

    def on_finish(self) -> None:
        """Close the ledger's entry."""
        self.sandbox.ledger.answered(self.entry, self.get_status())

    def on_connection_close(self) -> None:
        """Note at once that the client has gone."""
        self.sandbox.ledger.closed(self.entry)

    def check_key(self) -> None:
        """Refuse the request if it does not carry this server's key."""
        headers = self.request.headers
        scheme, _, bearer = headers.get("authorization", "").partition(" ")
        given = [headers.get(name, "") for name in ("api-key", "x-api-key")]
        given.append(bearer.strip() if scheme.lower() == "bearer" else scheme)
        expected = self.sandbox.api_key.encode()
        if not any(hmac.compare_digest(key.encode(), expected) for key in given):
            raise unauthorized(key_given=any(given))

    def answer(self, content: dict[str, Any]) -> None:
        """Finish with a JSON object."""
        self.set_header("Content-Type", "application/json")
        self.finish(json.dumps(content))

    def write_error(self, status_code: int, **details: Any) -> None:
        """Give the refusal's envelope, or the bare detail of an unknown route."""
        error = details.get("exc_info", (None, None))[1]
        if isinstance(error, Refusal):
            self.answer(error.envelope)
        elif status_code in DETAILS:
            self.answer({"detail": DETAILS[status_code]})
        else:
            self.set_header("Content-Type", "text/plain; charset=utf-8")
            self.finish("Internal Server Error")

    async def paint(self, picture: Picture) -> bytes:
        """Paint in a thread, so that other requests are answered meanwhile."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self.sandbox.painters, paint_now, picture)


def paint_now(picture: Picture) -> bytes:
    """Paint in this thread; the first call loads Pillow."""
    from .painter import paint

    return paint(
        picture.prompt,
        picture.size,
        picture.index,
        output_format=picture.output_format,
        transparent=picture.transparent,
    )
