"""What came back: one request's pictures, with everything known about them."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, overload

from PIL import Image

from .errors import LibraryError
from .outcome import Cost, GeneratedImage, Problem, Usage
from .request import ImageRequest
from .show import bundle, cell, words
from .show.picture import FORMATS
from .show.preview import LONGEST, Preview, fit, preview
from .show.sheet import contact_sheet
from .show.text import clean


@dataclass(frozen=True, kw_only=True)
class Generation(Sequence[Image.Image]):
    """One request and everything that came back: a sequence of PIL images.

    Indexing opens a picture, a slice or `images` gives a plain list; `items` are the records.
    Pixels stay on disk until a picture is opened. Two generations are equal when all of their
    records are.

    Parameters
    ----------
    id : str
        Our own id of the request, 32 hex digits, sent with it.
    request : ImageRequest
        What was sent.
    model : str, optional
        The model that was asked.
    items : tuple of GeneratedImage
        In the service's order.
    problems : tuple of Problem
        Pictures that were asked for and are not there.
    created : datetime.datetime, aware
        When the answer was whole.
    seconds : float
        From asking to the last byte.
    usage : Usage, optional
    cost : Cost
    request_id : str
        The id to show to the service's support.
    base_url : str
        Who answered.
    sandbox : str
        Why the sandbox answered, in words for the caption; empty when a service did.
    notes : tuple of str
        What was changed before asking, in words: ``wide became 1536x1024``.
    kept_in : pathlib.Path, optional
        The library's folder.
    inline : {"preview", "original"}
        What a notebook stores of it.
    """

    id: str
    request: ImageRequest
    model: str | None
    items: tuple[GeneratedImage, ...]
    created: datetime
    seconds: float
    request_id: str
    base_url: str
    problems: tuple[Problem, ...] = ()
    usage: Usage | None = None
    cost: Cost = field(default_factory=Cost)
    sandbox: str = ""
    notes: tuple[str, ...] = ()
    kept_in: Path | None = None
    inline: str = "preview"

    def __len__(self) -> int:
        return len(self.items)

    @overload
    def __getitem__(self, index: int) -> Image.Image: ...
    @overload
    def __getitem__(self, index: slice) -> list[Image.Image]: ...
    def __getitem__(self, index: int | slice) -> Image.Image | list[Image.Image]:
        if isinstance(index, slice):
            return [item.open() for item in self.items[index]]
        return self.items[index].open()

    def __iter__(self) -> Iterator[Image.Image]:
        return (item.open() for item in self.items)

    def __hash__(self) -> int:
        return hash(self.id)

    @property
    def prompt(self) -> str:
        """What was asked."""
        return self.request.prompt

    @property
    def images(self) -> list[Image.Image]:
        """Every picture, opened, as a plain list."""
        return self[:]

    @property
    def image(self) -> Image.Image:
        """The only picture.

        Raises
        ------
        ValueError
            There are several, or none.
        """
        if len(self.items) != 1:
            raise ValueError(f"There are {len(self.items)} pictures: take one by its index.")
        return self[0]

    def save(self, folder: str | Path = ".") -> list[Path]:
        """Write the pictures as files, byte for byte as they came; nothing is overwritten.

        Parameters
        ----------
        folder : str or pathlib.Path
            Made when it is not there.

        Returns
        -------
        list of pathlib.Path
            One file for each picture, named by the prompt's first words, in order.

        Raises
        ------
        LibraryError
            The folder cannot be written, or a picture is no longer in the library.
        """
        folder = Path(folder).expanduser()
        if folder.suffix[1:].lower() in _SUFFIXES and not folder.is_dir():
            raise LibraryError(f"save takes a folder; {folder.name} names a file.")
        slug = "-".join(re.findall(r"[a-z0-9]+", self.request.prompt.lower()))
        stem = slug[:48].strip("-") or "picture"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            return [
                _write_new(folder, f"{stem}-{index}", item) for index, item in enumerate(self.items)
            ]
        except LibraryError:
            raise
        except OSError as error:
            place, why = words.place(folder), error.strerror or error
            raise LibraryError(f"The pictures cannot be written to {place}: {why}.") from None

    def sheet(self) -> Image.Image:
        """Return all pictures as one, each with its index in a corner."""
        return contact_sheet([fit(item.decoded(), LONGEST) for item in self.items])

    @property
    def caption(self) -> bundle.Caption:
        """What stands above the pictures in a notebook."""
        facts = [
            self.sandbox,
            self.model or "",
            self._counted(),
            " and ".join(dict.fromkeys(f"{item.width}×{item.height}" for item in self.items)),
            words.duration(self.seconds),
            "" if self.sandbox else str(self.cost),
            *self.notes,
            self._whereabouts(),
        ]
        files = [str(words.place(item.path)) for item in self.items if item.path]
        details = [
            *(("revised prompt", text) for text in self._revised()),
            *(("file", name) for name in files),
            *(("problem", str(problem)) for problem in self.problems),
            ("request", self.request_id),
        ]
        return bundle.Caption(" · ".join(filter(None, facts)), self.request.prompt, details)

    def _counted(self) -> str:
        came = len(self.items)
        asked = max(came, self.request.n or 1)
        counted = words.count(asked) if came == asked else f"{came} of {words.count(asked)}"
        if self.problems:
            return f"{counted} · {self.problems[0]}"
        return counted if asked > 1 else ""

    def _whereabouts(self) -> str:
        if self.kept_in is None or not any(item.path for item in self.items):
            return "not kept"
        return f"kept in {words.place(self.kept_in)}"

    def _revised(self) -> list[str]:
        texts = (item.revised_prompt for item in self.items)
        return list(dict.fromkeys(text for text in texts if text))

    @property
    def alternative(self) -> str:
        """What a front end without pictures shows in their place; a terminal names the files."""
        files = [words.place(item.path) for item in self.items if item.path]
        if files and not cell.in_notebook():
            return "\n".join(files)
        return f"[{words.count(len(self.items))} · {clean(self.request.prompt, 200)}]"

    def outputs(self) -> list[tuple[bundle.Bundle, dict[str, Any]]]:
        """Return the notebook outputs: one light picture, or the originals when asked for."""
        text = self.alternative
        if not self.items:
            return []
        if self.inline == "original":
            return [bundle.picture(_original(item), text) for item in self.items]
        shown = self.items[0].preview() if len(self.items) == 1 else self._sheet_preview()
        return [bundle.picture(shown, text)]

    def _sheet_preview(self) -> Preview:
        sheet = self.sheet()
        return preview(sheet, longest=max(sheet.size))

    def note_shown(self) -> None:
        """Note that the running cell has shown this, so that it does not show it again."""
        object.__setattr__(self, "_shown_by", cell.execution())

    def _ipython_display_(self) -> None:
        running = cell.execution()
        if running is None or getattr(self, "_shown_by", None) != running:
            cell.show(self.caption, self.outputs())

    def __repr__(self) -> str:
        prompt = clean(self.request.prompt, 60)
        return f"<Generation {self.id[:8]}: {words.count(len(self))} of {prompt!r}>"


_SUFFIXES = {"jpeg", *(suffix for _, suffix in FORMATS.values())}


def _original(item: GeneratedImage) -> Preview:
    """Return the bytes as they came where every front end shows them, else a preview."""
    if item.format in {"PNG", "JPEG"}:
        return Preview(FORMATS[item.format][0], item.bytes, item.width, item.height)
    return item.preview()


def _write_new(folder: Path, stem: str, item: GeneratedImage) -> Path:
    content, suffix = item.bytes, FORMATS[item.format][1]
    for copy in range(1, 100_000):
        path = folder / (f"{stem}.{suffix}" if copy == 1 else f"{stem}-{copy}.{suffix}")
        try:
            file = path.open("xb")
        except FileExistsError:
            continue
        try:
            with file:
                file.write(content)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        return path
    raise FileExistsError(f"too many files named {stem}")
