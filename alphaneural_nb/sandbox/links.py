"""Links to pictures that stop working after a while."""

import hashlib
import hmac
import secrets
import time
from collections import OrderedDict
from urllib.parse import urlencode

from .orders import Picture

KEPT = 1000


class Links:
    """Signed, expiring links; a link keeps what to paint, not the painted bytes."""

    def __init__(self, root: str, life: float) -> None:
        self._root = root
        self._life = life
        self._secret = secrets.token_bytes(32)
        self._pictures: OrderedDict[str, Picture] = OrderedDict()

    def add(self, picture: Picture) -> str:
        """Return a new link to `picture`."""
        name = f"{secrets.token_urlsafe(12)}.png"
        self._pictures[name] = picture
        while len(self._pictures) > KEPT:
            self._pictures.popitem(last=False)
        expiry = str(round((time.time() + self._life) * 1000))
        query = urlencode({"se": expiry, "sig": self._sign(name, expiry)})
        return f"{self._root}/files/{name}?{query}"

    def find(self, name: str, expiry: str, signature: str) -> Picture | None:
        """Return what the link leads to, or None if it is expired or not ours."""
        genuine = hmac.compare_digest(signature.encode(), self._sign(name, expiry).encode())
        if not genuine or time.time() * 1000 > int(expiry):
            return None
        return self._pictures.get(name)

    def _sign(self, name: str, expiry: str) -> str:
        return hmac.new(self._secret, f"{name}\n{expiry}".encode(), hashlib.sha256).hexdigest()
