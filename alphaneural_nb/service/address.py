"""Where the service is, in any of the ways in which people write it."""

import re
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import quote, unquote, urlsplit

from alphaneural_nb.errors import SettingsError

from .hosts import PORTS, is_loopback

_GENERATIONS = "/images/generations"
_VERSION = re.compile(r"/v[0-9]+[a-z0-9.]*$", re.IGNORECASE)
_DEPLOYMENT = re.compile(r"/openai/deployments/(.+)$", re.IGNORECASE)
_PLACE = re.compile(r"\{model\}|%7Bmodel%7D", re.IGNORECASE)
_HOST = re.compile(r"[\w.-]+|[0-9a-f:.]*:[0-9a-f:.]*")


@dataclass(frozen=True)
class Address:
    """Where the service is; made by `Address.parse`.

    Parameters
    ----------
    scheme, host : str
        In lower case; the host without brackets.
    port : int
        1 to 65535, the scheme's own if none is written.
    path : str
        Up to the version or the deployment, without a slash at its end.
    query : str
        As written, without its question mark. It may hold a secret, so it is not shown.
    """

    scheme: str
    host: str
    port: int
    path: str
    query: str = field(default="", repr=False)

    @classmethod
    def parse(cls, base_url: str) -> Self:
        """Read a base URL in any of the ways in which people write it.

        Raises
        ------
        SettingsError
            It is no such URL. The error does not repeat it: it may hold a password or a key.
        """
        if not base_url.isprintable() or re.search(r"[\s\\]", base_url):
            raise _unusable("has a space or a character in it that no address has")
        try:
            parts = urlsplit(base_url)
            host, port = parts.hostname or "", parts.port
        except ValueError:
            raise _unusable("is no web address") from None
        if parts.scheme not in PORTS:
            raise _unusable("does not start with https:// or http://")
        if "@" in parts.netloc:
            raise _unusable("has a user name or a password in it, and must not")
        if not _HOST.fullmatch(host) or port == 0:
            raise _unusable("names no host, or one that cannot be")
        return cls(parts.scheme, host, port or PORTS[parts.scheme], _path(parts.path), parts.query)

    @property
    def base_url(self) -> str:
        """The one way to write this address, without its query."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{host}{port}{self.path}"

    @property
    def origin(self) -> tuple[str, str, int]:
        """Scheme, host and port."""
        return self.scheme, self.host, self.port

    @property
    def deployment(self) -> str | None:
        """The model that an Azure-style address names, else None."""
        found = _DEPLOYMENT.search(self.path)
        return unquote(found[1]) if found and not _PLACE.search(self.path) else None

    @property
    def is_loopback(self) -> bool:
        """Whether the service is on this computer."""
        return is_loopback(self.host)

    def generations(self, model: str | None) -> str:
        """Return the URL to send requests for pictures to.

        Raises
        ------
        SettingsError
            The address has a ``{model}`` in it, and there is no model.
        """
        if _PLACE.search(self.path) and not model:
            raise SettingsError(
                "The base URL has a place for the model, and no model is set.",
                advice="Name one: -m ID, or ALPHANEURAL_IMAGE_MODEL in the environment.",
            )
        name = quote(model or "", safe="", errors="replace")
        return self._url(_PLACE.sub(lambda _: name, self.base_url) + _GENERATIONS)

    def models(self) -> str | None:
        """Return the URL of the list of models; None where an address is for one model."""
        if _DEPLOYMENT.search(self.path) or _PLACE.search(self.path):
            return None
        return self._url(self.base_url + "/models")

    def _url(self, text: str) -> str:
        return f"{text}?{self.query}" if self.query else text


def _path(path: str) -> str:
    bare = re.sub(r"/{2,}", "/", path).rstrip("/").removesuffix(_GENERATIONS)
    whole = _DEPLOYMENT.search(bare) or _VERSION.search(bare)
    return bare if whole else bare + "/v1"


def _unusable(reason: str) -> SettingsError:
    return SettingsError(
        f"The base URL {reason}.",
        advice="A base URL looks like https://proxy.example.com or https://proxy.example.com/v1.",
    )
