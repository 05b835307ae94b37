"""The answers to a request for pictures."""

import base64
import hashlib
import time
from collections.abc import Sequence
from typing import Any

from .orders import Order

# Output tokens of one picture of 1024x1024 pixels, by quality.
OUTPUT_TOKENS = {"low": 272, "medium": 1056, "high": 4160}
REVISIONS = (
    "A quiet painting of {prompt}, in soft layered light with a plain, calm background.",
    "A small gouache picture that shows {prompt}, seen from a little distance in gentle light.",
    "A carefully composed scene: {prompt}, with muted colours and a wide, open sky above it.",
)


def images_reply(
    order: Order, painted: Sequence[bytes] = (), links: Sequence[str] = ()
) -> dict[str, Any]:
    """Return the answer with each picture inline, or as a link, or with none at all."""
    revised = _revise(order.prompt) if order.family.revises else None
    contents = [
        {"b64_json": base64.b64encode(content).decode(), "url": None} for content in painted
    ]
    contents += [{"b64_json": None, "url": link} for link in links]
    return {
        "created": int(time.time()),
        **_echoes(order),
        "data": [
            content | {"revised_prompt": revised, "provider_specific_fields": None}
            for content in contents
        ],
        "usage": _usage(order, len(contents)),
    }


def _echoes(order: Order) -> dict[str, str | None]:
    if not order.family.gpt:
        return dict.fromkeys(("background", "output_format", "quality", "size"))
    return {
        "background": "transparent" if order.transparent else "opaque",
        "output_format": order.output_format,
        "quality": _settled_quality(order),
        "size": "{}x{}".format(*order.size),
    }


def _settled_quality(order: Order) -> str:
    return "medium" if order.quality == "auto" else order.quality


def _usage(order: Order, count: int) -> dict[str, Any]:
    text = picture = 0
    if order.family.gpt:
        text = 7 + len(order.prompt) // 4
        area = order.size[0] * order.size[1] / 1024**2
        picture = round(OUTPUT_TOKENS[_settled_quality(order)] * area) * count
    return {
        "total_tokens": text + picture,
        "input_tokens": text,
        "input_tokens_details": {"image_tokens": 0, "text_tokens": text},
        "output_tokens": picture,
        "output_tokens_details": {"image_tokens": picture, "text_tokens": 0},
    }


def _revise(prompt: str) -> str:
    pick = hashlib.sha256(prompt.encode("utf-8", "surrogatepass")).digest()[0] % len(REVISIONS)
    return REVISIONS[pick].format(prompt=prompt.strip().rstrip(".").replace("\n", " "))
