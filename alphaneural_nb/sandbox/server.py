"""The sandbox's HTTP server: the Images API of an OpenAI-compatible proxy, on loopback."""

import asyncio
import json
import sys
from typing import Any
from xml.sax.saxutils import escape

from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application, HTTPError, RequestHandler

from .handler import Handler, Sandbox, paint_now
from .links import Links
from .orders import Order, Picture, list_models, read_order
from .refusals import Refusal, slowness
from .replies import images_reply

HOST = "127.0.0.1"


def serve(port: int, delay: float, url_life: float) -> None:
    """Print the address and the key as one JSON line, then serve for ever.

    Parameters
    ----------
    port : int
        Port on 127.0.0.1; 0 takes a free one.
    delay : float
        Seconds to wait before painting, for every request.
    url_life : float
        Seconds that the link to a picture works.

    Raises
    ------
    OSError
        If the port cannot be had.
    """
    asyncio.run(_serve(port, delay, url_life))


async def _serve(port: int, delay: float, url_life: float) -> None:
    sockets = bind_sockets(port, HOST)
    root = f"http://{HOST}:{sockets[0].getsockname()[1]}"
    sandbox = Sandbox(Links(root, url_life), delay)
    server = HTTPServer(_application(sandbox))
    server.add_sockets(sockets)
    sys.stdout.write(json.dumps({"base_url": f"{root}/v1", "api_key": sandbox.api_key}) + "\n")
    sys.stdout.flush()
    # Pillow is loaded after the line is out, so that it does not delay it.
    sandbox.painters.submit(_warm_up)
    await asyncio.Event().wait()


def _application(sandbox: Sandbox) -> Application:
    shared = {"sandbox": sandbox}
    routes: dict[str, type[RequestHandler]] = {
        r"(?:/v1)?/models": Models,
        r"(?:/v1)?/images/generations": Generations,
        r"/openai/deployments/(.+)/images/generations": Generations,
        r"/files/([^/]+)": Files,
        r"/ledger": LedgerPage,
    }
    handlers = [(path, handler, shared) for path, handler in routes.items()]
    handlers += [(f"(?:{path})/", Redirect, shared) for path in routes]
    return Application(
        handlers,
        default_handler_class=Unknown,
        default_handler_args=shared,
        log_function=lambda _handler: None,
    )


class Unknown(Handler):
    """Any path the service does not have."""

    def prepare(self) -> None:
        """Answer 404, whatever the method."""
        super().prepare()
        raise HTTPError(404)


class Redirect(Handler):
    """A known path with a slash too many."""

    def prepare(self) -> None:
        """Point to the path without the slash, with the method kept."""
        super().prepare()
        url = f"http://{self.request.host}{self.request.path.rstrip('/')}"
        query = f"?{self.request.query}" if self.request.query else ""
        self.redirect(url + query, status=307)


class Models(Handler):
    """The list of models."""

    def get(self) -> None:
        """List the models."""
        self.check_key()
        self.answer({"data": list_models(), "object": "list"})


class Generations(Handler):
    """Pictures from a prompt."""

    work: "asyncio.Task[dict[str, Any]] | None" = None

    async def post(self, model_in_path: str | None = None) -> None:
        """Check the request, then wait and paint for as long as the client does."""
        self.check_key()
        body = self._body()
        self.entry.model = _text(model_in_path or body.get("model"))
        self.entry.prompt = _text(body.get("prompt"))
        order = read_order(body, model_in_path)
        self.entry.n = order.n
        self.work = asyncio.ensure_future(self._make(order))
        try:
            reply = await self.work
        except asyncio.CancelledError:
            return
        self.set_header("x-litellm-response-cost", "0.0")
        self.answer(reply)

    def on_connection_close(self) -> None:
        """Leave whatever is not done yet undone."""
        super().on_connection_close()
        if self.work is not None:
            self.work.cancel()

    def _body(self) -> dict[str, Any]:
        try:
            body = json.loads(self.request.body or b"{}")
        except ValueError:
            body = None
        if not isinstance(body, dict):
            raise Refusal(400, "The request body is not a JSON object.", param="request_body")
        return body

    async def _make(self, order: Order) -> dict[str, Any]:
        await asyncio.sleep(self.sandbox.delay + slowness(order.prompt))
        self.sandbox.plays.check(order.prompt, order.model)
        if "[filtered]" in order.prompt:
            return images_reply(order)
        if order.linked:
            reply = images_reply(order, links=[*map(self.sandbox.links.add, order.pictures())])
        else:
            painted = await asyncio.gather(*map(self.paint, order.pictures()))
            reply = images_reply(order, painted)
        self.sandbox.ledger.pictures += order.n
        return reply


class Files(Handler):
    """The pictures that links lead to."""

    async def get(self, name: str) -> None:
        """Paint the linked picture while its link is valid."""
        picture = self.sandbox.links.find(
            name, self.get_query_argument("se", "0"), self.get_query_argument("sig", "")
        )
        if picture is None:
            self.set_status(403)
            self.set_header("Content-Type", "application/xml")
            message = f"The link to {name} has expired, or its signature does not match."
            self.finish(
                '<?xml version="1.0" encoding="utf-8"?><Error><Code>AuthenticationFailed</Code>'
                f"<Message>{escape(message)}</Message></Error>"
            )
            return
        content = await self.paint(picture)
        self.set_header("Content-Type", "image/png")
        self.finish(content)


class LedgerPage(Handler):
    """The ledger itself, which does not count as a request."""

    def prepare(self) -> None:
        """Open no entry."""

    def on_finish(self) -> None:
        """Close no entry."""

    def on_connection_close(self) -> None:
        """Close no entry."""

    def get(self) -> None:
        """Show the ledger."""
        self.answer(self.sandbox.ledger.report())


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _warm_up() -> None:
    paint_now(Picture("a tree", (64, 64)))
