"""What the sandbox was asked and how each request ended."""

import time
from collections import deque
from dataclasses import asdict, dataclass
from typing import Any, Literal

KEPT = 1000


@dataclass
class Entry:
    """One request; times are seconds on this process's monotonic clock."""

    id: int
    method: str
    path: str
    call_id: str | None
    idempotency_key: str | None
    started: float
    model: str | None = None
    n: int | None = None
    prompt: str | None = None
    status: int | None = None
    ended: float | None = None
    closed_at: float | None = None
    outcome: Literal["answered", "closed by client"] | None = None


class Ledger:
    """The last requests, and totals over all of them."""

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque(maxlen=KEPT)
        self._count = 0
        self._open = 0
        self._closed = 0
        self.pictures = 0

    def open(
        self, method: str, path: str, call_id: str | None, idempotency_key: str | None
    ) -> Entry:
        """Note that a request has begun."""
        self._count += 1
        self._open += 1
        entry = Entry(self._count, method, path, call_id, idempotency_key, time.monotonic())
        self._entries.append(entry)
        return entry

    def answered(self, entry: Entry, status: int) -> None:
        """Note the answer, unless the client had already gone."""
        if entry.outcome is None:
            entry.status = status
            entry.outcome = "answered"
            self._end(entry)

    def closed(self, entry: Entry) -> None:
        """Note that the client closed the connection before the answer."""
        if entry.outcome is None:
            entry.outcome = "closed by client"
            self._closed += 1
            self._end(entry)
            entry.closed_at = entry.ended

    def _end(self, entry: Entry) -> None:
        entry.ended = time.monotonic()
        self._open -= 1

    def report(self) -> dict[str, Any]:
        """Everything as one JSON object; ``now`` is on the same clock as the times."""
        return {
            "now": time.monotonic(),
            "open": self._open,
            "closed": self._closed,
            "pictures": self.pictures,
            "requests": [asdict(entry) for entry in self._entries],
        }
