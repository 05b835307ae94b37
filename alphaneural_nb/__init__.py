"""Pictures in the notebook: a ``%%imagine`` magic, a form, and functions that return PIL images.

>>> from alphaneural_nb import imagine
>>> pictures = imagine("a lighthouse at dawn")
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .account import aimagine, configure, imagine
    from .errors import (
        AlphaNeuralError,
        APIConnectionError,
        APIResponseError,
        APIStatusError,
        APITimeoutError,
        AuthenticationError,
        BadRequestError,
        BudgetExceeded,
        ContentRefused,
        InternalServerError,
        Interrupted,
        LibraryError,
        NoImageReturned,
        NotFoundError,
        OptionsError,
        PermissionDeniedError,
        RateLimitError,
        SettingsError,
        TemplateError,
    )
    from .generation import Generation
    from .notebook.form import ImagineForm
    from .outcome import Cost, GeneratedImage, Problem, Usage
    from .request import ImageRequest
    from .settings import Settings
    from .studio import Studio

__all__ = [
    "APIConnectionError",
    "APIResponseError",
    "APIStatusError",
    "APITimeoutError",
    "AlphaNeuralError",
    "AuthenticationError",
    "BadRequestError",
    "BudgetExceeded",
    "ContentRefused",
    "Cost",
    "GeneratedImage",
    "Generation",
    "ImageRequest",
    "ImagineForm",
    "InternalServerError",
    "Interrupted",
    "LibraryError",
    "NoImageReturned",
    "NotFoundError",
    "OptionsError",
    "PermissionDeniedError",
    "Problem",
    "RateLimitError",
    "Settings",
    "SettingsError",
    "Studio",
    "TemplateError",
    "Usage",
    "aimagine",
    "configure",
    "imagine",
]

__version__ = "0.1.0"

_ROOMS = {
    "account": ("aimagine", "configure", "imagine"),
    "generation": ("Generation",),
    "notebook.form": ("ImagineForm",),
    "outcome": ("Cost", "GeneratedImage", "Problem", "Usage"),
    "request": ("ImageRequest",),
    "settings": ("Settings",),
    "studio": ("Studio",),
}
"""The room of each public name that is no error; heavy rooms are imported on first use."""


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    room = next((room for room, names in _ROOMS.items() if name in names), "errors")
    return getattr(import_module(f".{room}", __name__), name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]


def load_ipython_extension(ipython: Any) -> None:
    """Give a shell ``%%imagine`` and ``%imagine``; says nothing, and may be called again."""
    from .notebook import magics

    magics.load(ipython)


def unload_ipython_extension(ipython: Any) -> None:
    """Take back everything that loading changed in a shell."""
    from .notebook import magics

    magics.unload(ipython)
