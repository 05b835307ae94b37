"""Answers of LiteLLM 1.106.2 (1.80.10 and 1.74.9 where the name says so), as recorded.

The base64 of the recorded picture, cut in the record, stands for a 2 x 2 PNG here; ids, clocks
and what LiteLLM puts around a message are filled in where the record has an ellipsis.
"""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Transcript:
    status: int
    headers: dict[str, str]
    content: bytes


def transcript(name: str) -> Transcript:
    text = Path(__file__).with_name(f"{name}.http").read_text(encoding="utf-8")
    head, _, content = text.partition("\n\n")
    first, *rest = head.splitlines()
    pairs = (line.partition(": ") for line in rest)
    headers = {key: value for key, _, value in pairs}
    return Transcript(int(first.split()[1]), headers, content.rstrip("\n").encode())
