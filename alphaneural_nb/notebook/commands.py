"""The words that are no prompts: ``%imagine help``, ``status``, ``models``, ``form``."""

import json
import platform
from collections.abc import Callable
from typing import Any

from IPython.core.error import UsageError

from alphaneural_nb.request import ImageRequest
from alphaneural_nb.service import models
from alphaneural_nb.show.bundle import place
from alphaneural_nb.studio import Studio

from .grammar import CALL_OPTIONS, SWITCHES, Order
from .help import help_text


def run(order: Order, studio: Studio) -> Any:
    """Carry out a command.

    Raises
    ------
    IPython.core.error.UsageError
        The command takes no flags, or is only reserved.
    """
    word = order.command or ""
    if word == "form":
        return _form(order)
    if order.options:
        raise UsageError(f"%imagine {word} takes no flags.")
    if word not in _TEXTS:
        raise UsageError(
            f"%imagine {word} is reserved for a later version. As a prompt: %imagine -- {word}"
        )
    print(_TEXTS[word](studio))  # noqa: T201 - the command's answer
    return None


def _form(order: Order) -> Any:
    from .form import ImagineForm

    meaningless = SWITCHES.intersection(order.options)
    if meaningless:
        flag = CALL_OPTIONS[min(meaningless)].flags[0]
        raise UsageError(f"%imagine form takes the flags of a request, not {flag}.")
    return ImagineForm(**order.options)


def dry_run(request: ImageRequest, studio: Studio) -> None:
    """Print the request that would be sent, and send nothing."""
    known = studio.known_models()
    model = (
        request.model or studio.settings.model or (models.default_model(known) if known else None)
    )
    size, note = models.fit_size(request.size, model)
    sent = {"model": model, "prompt": request.prompt, **request.changed(size=size).options}
    sent = {name: value for name, value in sent.items() if value is not None}
    sent |= sent.pop("param", {})
    lines = [
        f"POST {studio.generations_url(model)}",
        json.dumps(sent, indent=2, ensure_ascii=False),
        "" if model else "model: chosen from the service's list when it is sent",
        note,
        "Nothing was sent.",
    ]
    print("\n".join(filter(None, lines)))  # noqa: T201 - the command's answer


def _status(studio: Studio) -> str:
    from importlib.metadata import version

    from PIL import __version__ as pillow

    settings = studio.settings
    sources = settings.sources
    rows = {
        "base URL": f"{studio.base_url} ({sources.get('base_url', '')})",
        "API key": settings.key_label or "none",
        "model": settings.model or "the first that the key may use and the catalogue knows",
        "library": place(studio.library.root),
        "versions": f"alphaneural-nb {version('alphaneural-nb')}, httpx {version('httpx')},"
        f" Pillow {pillow}, Python {platform.python_version()}",
    }
    if int(pillow.split(".")[0]) < 13:  # noqa: PLR2004 - the first without the fault
        rows["advice"] = "Pillow before 13 has a fault in its JPEG decoder (CVE-2026-112403)"
    return "\n".join(f"{name:<9} {text}" for name, text in rows.items())


def _models(studio: Studio) -> str:
    ids = studio.models()
    if not ids:
        return "The service lists no image models for this key."
    width = max(map(len, ids))
    return "\n".join(f"{model:<{width}}  {_sizes(model)}".rstrip() for model in ids)


def _sizes(model: str) -> str:
    family = models.family(model)
    return ", ".join(family.sizes) if family else ""


_TEXTS: dict[str, Callable[[Studio], str]] = {
    "help": lambda _studio: help_text(),
    "status": _status,
    "models": _models,
}
