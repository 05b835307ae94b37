"""What was asked before it was paid for: one small file until the answer is kept."""

import json
from datetime import UTC, datetime
from pathlib import Path

from alphaneural_nb.request import ImageRequest

from . import store


def write(root: Path, request_id: str, request: ImageRequest, base_url: str) -> None:
    """Note a request that is about to be sent.

    A file that stays tells of a request whose answer never came: the id in it is the one that
    was sent, to be shown to the service's support.

    Raises
    ------
    OSError
        The library cannot be written; nothing should be sent.
    """
    _write(
        root,
        request_id,
        {
            "id": request_id,
            "asked": datetime.now(UTC).isoformat(),
            "base_url": base_url,
            "prompt": request.prompt,
            "options": request.options,
            "state": "sent, not yet answered",
        },
    )


def doubt(root: Path, request_id: str, reason: str) -> None:
    """Note that a request failed after it was sent, so that it may have been charged."""
    path = _path(root, request_id)
    intent = json.loads(path.read_text(encoding="utf-8"))
    _write(root, request_id, {**intent, "state": "may have been charged", "reason": reason})


def remove(root: Path, request_id: str) -> None:
    """Forget a request that is answered, or was never sent."""
    store.remove(_path(root, request_id))


def _write(root: Path, request_id: str, intent: dict[str, object]) -> None:
    text = json.dumps(intent, ensure_ascii=True, indent=1)
    store.write(_path(root, request_id), text.encode())


def _path(root: Path, request_id: str) -> Path:
    return root / "intents" / f"{request_id}.json"
