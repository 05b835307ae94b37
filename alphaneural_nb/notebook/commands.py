"""The words that are no prompts: ``%imagine help``, ``status``, ``models``, ``form``."""

import json
import platform
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

from IPython.core.error import UsageError

from alphaneural_nb.account import studio
from alphaneural_nb.errors import OptionsError, SettingsError
from alphaneural_nb.request import ImageRequest
from alphaneural_nb.service import models, wire
from alphaneural_nb.service.bounded import proxy_for
from alphaneural_nb.show.words import place

from .grammar import CALL_OPTIONS, SWITCHES
from .help import help_text


def run(command: str, options: dict[str, Any]) -> Any:
    """Carry out a command.

    Raises
    ------
    IPython.core.error.UsageError
        The command takes no flags, or is only reserved.
    """
    if command == "form":
        return _form(options)
    if options:
        raise UsageError(f"%imagine {command} takes no flags.")
    if command not in _TEXTS:
        raise UsageError(
            f"%imagine {command} is for a later version. As a prompt: %imagine -- {command}"
        )
    print(_TEXTS[command]())  # noqa: T201 - the command's answer
    return None


def dry_run(request: ImageRequest) -> None:
    """Print the request that would be sent, and send nothing."""
    account = studio()
    model, fitted, note = account.planned(request)
    lines = [
        f"POST {account.generations_url(model)}",
        json.dumps(json.loads(wire.body(fitted, model)), indent=2, ensure_ascii=False),
        "" if model else "model: chosen from the service's list when it is sent",
        note,
        "Nothing was sent.",
    ]
    print("\n".join(filter(None, lines)))  # noqa: T201 - the command's answer


def _form(options: dict[str, Any]) -> Any:
    from .form import ImagineForm

    meaningless = SWITCHES.intersection(options)
    if meaningless:
        flag = CALL_OPTIONS[min(meaningless)].flags[0]
        raise UsageError(f"%imagine form takes the flags of a request, not {flag}.")
    try:
        return ImagineForm(**options)
    except (OptionsError, SettingsError) as error:
        raise UsageError(error.message) from None


def _status() -> str:
    from PIL import __version__ as pillow

    rows = {
        **_account_rows(),
        "versions": f"alphaneural-nb {version('alphaneural-nb')}, httpx {version('httpx')},"
        f" Pillow {pillow}, Python {platform.python_version()}",
    }
    if int(pillow.split(".")[0]) < 13:  # noqa: PLR2004 - the first without the fault
        rows["advice"] = "Pillow before 13 has a fault in its JPEG decoder (CVE-2026-112403)"
    return "\n".join(f"{name:<9} {text}" for name, text in rows.items())


def _account_rows() -> dict[str, str]:
    try:
        account = studio()
    except SettingsError as error:
        return {"settings": f"{error.message} {error.advice}"}
    settings = account.settings
    proxy = proxy_for(account.base_url)
    return {
        "base URL": f"{account.base_url} ({settings.sources.get('base_url', '')})",
        "API key": settings.key_label or "none",
        "model": settings.model or "the first that the key may use and the catalogue knows",
        "library": place(account.library.root),
        # Behind a proxy an address cannot be pinned; of a picture's address the name is checked.
        **({"proxy": f"{proxy}; of downloads only the names can be checked"} if proxy else {}),
    }


def _models() -> str:
    ids = studio().models()
    if not ids:
        return "The service lists no image models for this key."
    width = max(map(len, ids))
    return "\n".join(f"{model:<{width}}  {_sizes(model)}".rstrip() for model in ids)


def _sizes(model: str) -> str:
    family = models.family(model)
    return ", ".join(family.sizes) if family else ""


_TEXTS: dict[str, Callable[[], str]] = {
    "help": help_text,
    "status": _status,
    "models": _models,
}
