"""A generation as JSON that can be read without this package."""

from pathlib import Path
from typing import Any

from alphaneural_nb.generation import Generation
from alphaneural_nb.outcome import GeneratedImage, Problem


def record(generation: Generation, root: Path) -> dict[str, Any]:
    """Return what the library keeps of a generation, with files named from `root`."""
    request = generation.request
    return {
        "id": generation.id,
        "created": generation.created.isoformat(),
        "fingerprint": request.fingerprint(generation.base_url),
        "prompt": request.prompt,
        "options": request.options,
        "model": generation.model,
        "base_url": generation.base_url,
        "request_id": generation.request_id,
        "seconds": round(generation.seconds, 3),
        "usage": vars(generation.usage) if generation.usage else None,
        "cost_usd": generation.cost.usd,
        "cost_source": generation.cost.source,
        "notes": list(generation.notes),
        "images": [_image(item, root) for item in generation.items],
        "problems": [_problem(problem, root) for problem in generation.problems],
    }


def _image(item: GeneratedImage, root: Path) -> dict[str, Any]:
    return {
        "file": _name(item.path, root),
        "sha256": item.sha256,
        "format": item.format,
        "width": item.width,
        "height": item.height,
        "revised_prompt": item.revised_prompt,
    }


def _problem(problem: Problem, root: Path) -> dict[str, Any]:
    return {
        "message": problem.message,
        "index": problem.index,
        "url": problem.url,
        "file": _name(problem.path, root),
    }


def _name(path: Path | None, root: Path) -> str | None:
    return path.relative_to(root).as_posix() if path else None
