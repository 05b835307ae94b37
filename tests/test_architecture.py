"""The house: a room imports only the rooms above it."""

import ast
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "alphaneural_nb"

# From the ground up: each room may import from those before it. Rooms in one set stand beside
# each other and may import one another only inside a folder.
ROOMS = [
    "errors",
    "request",
    "show",
    "outcome",
    "generation",
    "secret",
    "settings",
    "service",
    "library",
    "harvest",
    "studio",
    "account",
    "notebook",
    "__init__",
]
ALONE = "sandbox"

# Libraries that only one room may know.
ONLY_IN = {
    "httpx": "service",
    "ipywidgets": "notebook",
    "anywidget": "notebook",
    "tornado": "sandbox",
    "platformdirs": "settings",
}


def imports(path):
    """Return (room or library) names that a file imports, wherever in the file it does."""
    here = path.relative_to(PACKAGE.parent).with_suffix("").parts
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(here[: len(here) - node.level]) if node.level else ""
            module = ".".join(filter(None, [base, node.module]))
            if module == PACKAGE.name:
                yield from (f"{module}.{alias.name}" for alias in node.names)
            else:
                yield module


def room_of(module):
    parts = module.split(".")
    return parts[1] if parts[0] == PACKAGE.name and len(parts) > 1 else None


def files():
    for path in PACKAGE.rglob("*.py"):
        yield path.relative_to(PACKAGE).with_suffix("").parts[0], path


def test_every_file_belongs_to_a_room_of_the_map():
    assert {room for room, _ in files()} == {*ROOMS, ALONE}


def test_a_room_imports_only_rooms_above_it():
    wrong = [
        f"{path.name} imports {module}"
        for room, path in files()
        for module in imports(path)
        if (other := room_of(module)) and other != room and not _is_above(other, room)
    ]
    assert wrong == []


def _is_above(other, room):
    if ALONE in {other, room}:
        return False
    return ROOMS.index(other) < ROOMS.index(room)


def test_a_library_is_known_only_in_its_room():
    wrong = [
        f"{path.name} imports {module}"
        for room, path in files()
        for module in imports(path)
        if (library := module.split(".")[0]) in ONLY_IN and ONLY_IN[library] != room
    ]
    assert wrong == []


def test_names_of_rooms_say_what_they_are():
    refused = {"utils", "helpers", "common", "core", "base", "manager", "misc"}
    assert refused.isdisjoint(path.stem for _, path in files())
