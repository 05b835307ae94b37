"""The service's list of models."""

from dataclasses import dataclass

from alphaneural_nb.errors import APIResponseError

from .envelopes import read_json

_LONGEST_NAME = 300  # characters


@dataclass(frozen=True)
class ModelRow:
    """One model of the service's list; ``mode`` is what it is for, where the service says so."""

    id: str
    mode: str | None = None


def read_models(content: bytes) -> list[ModelRow]:
    """Read the list of models, in its order, each once.

    Rows without an id that a person could type are left out.

    Raises
    ------
    APIResponseError
        The answer is no such list.
    """
    try:
        answer = read_json(content)
    except ValueError:
        answer = None
    rows = answer.get("data") if isinstance(answer, dict) else answer
    if not isinstance(rows, list):
        raise APIResponseError(
            "The service's list of models cannot be read.",
            advice="A model can be named all the same: -m ID.",
        )
    found: dict[str, ModelRow] = {}
    for row in rows:
        name = _name(row.get("id")) if isinstance(row, dict) else None
        if name:
            found.setdefault(name, ModelRow(name, _name(row.get("mode"))))
    return list(found.values())


def _name(value: object) -> str | None:
    if not isinstance(value, str) or len(value) > _LONGEST_NAME:
        return None
    return value if value.strip() and value.isprintable() else None
