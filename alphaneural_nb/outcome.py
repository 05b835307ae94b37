"""The parts of what came back: a picture's record, a problem, tokens, money."""

import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any, Literal

from PIL import Image

from .errors import LibraryError
from .show import bundle, words
from .show.picture import decode, open_picture
from .show.preview import LONGEST, Preview, preview


@dataclass(frozen=True)
class Usage:
    """Tokens, as the service counted them; never money."""

    input_tokens: int
    output_tokens: int
    total_tokens: int


@dataclass(frozen=True)
class Cost:
    """What a request cost.

    Parameters
    ----------
    usd : float, US dollars, optional
        None when nobody said.
    source : {"service", "unknown"}
        ``service`` is the service's own estimate, sent with its answer.
    """

    usd: float | None = None
    source: Literal["service", "unknown"] = "unknown"

    def __str__(self) -> str:
        if self.usd is None:
            return "cost unknown"
        is_small = 0 < self.usd < 0.1  # noqa: PLR2004 - US dollars
        dollars = f"{Decimal(f'{self.usd:.2g}'):f}" if is_small else f"{self.usd:.2f}"
        return f"${dollars} ({self.source})"


@dataclass(frozen=True)
class Problem:
    """Why a picture that was asked for is not there.

    Parameters
    ----------
    message : str
        One sentence.
    index : int, optional
        The place of the picture in the service's answer, from 0.
    url : str, optional
        Where the service says the picture is, for as long as it lasts.
    path : pathlib.Path, optional
        Where what came instead is kept.
    """

    message: str
    index: int | None = None
    url: str | None = None
    path: Path | None = None

    def __str__(self) -> str:
        return self.message


@dataclass(frozen=True)
class GeneratedImage:
    """One picture's record.

    Parameters
    ----------
    format : {"PNG", "JPEG", "WEBP", "GIF"}
    width, height : int, pixels
    sha256 : str, hex
        Of the bytes as they came.
    path : pathlib.Path, optional
        The library's file; None when it could not be written.
    content : bytes, optional
        The bytes themselves, only when there is no file.
    revised_prompt : str, optional
        The prompt the model really used, where the service tells.
    """

    format: str
    width: int
    height: int
    sha256: str
    path: Path | None
    content: bytes | None = field(default=None, repr=False)
    revised_prompt: str | None = None

    @property
    def bytes(self) -> bytes:
        """The picture's file, exactly as it came.

        Raises
        ------
        LibraryError
            The file is no longer there.
        """
        if self.content is not None or self.path is None:
            return self.content or b""
        try:
            return self.path.read_bytes()
        except OSError as error:
            place = words.place(self.path)
            raise LibraryError(
                f"The picture's file cannot be read ({error.strerror}): {place}."
            ) from None

    def open(self) -> Image.Image:
        """Open the picture; a new image each time, light when a cell shows it.

        Raises
        ------
        LibraryError
            The file is no longer there, or is damaged.
        """
        with _library_errors():
            image = open_picture(self.bytes)
        # A PIL image shows itself as PNG and as JPEG at full size, some 3 MB in the notebook.
        light: Any = image
        light._repr_mimebundle_ = partial(_show_light, weakref.proxy(image))
        light._repr_png_ = light._repr_jpeg_ = _show_nothing
        return image

    def decoded(self) -> Image.Image:
        """Return the picture with its pixels, reduced towards a preview where that is cheap.

        Raises
        ------
        LibraryError
            The file is no longer there, or is damaged.
        """
        with _library_errors():
            return decode(self.bytes, LONGEST)

    def preview(self) -> Preview:
        """Return the picture as a notebook stores it."""
        return preview(self.decoded())


@contextmanager
def _library_errors() -> Iterator[None]:
    try:
        yield
    except ValueError as error:
        raise LibraryError(f"The picture's file cannot be used: {error}.") from None


def _show_light(image: Image.Image, **_: Any) -> tuple[bundle.Bundle, dict[str, Any]]:
    # What is drawn on the picture is there too.
    return bundle.picture(preview(image), f"[picture · {image.width}×{image.height}]")


def _show_nothing() -> None:
    """Stand for a display method that has nothing to show."""
