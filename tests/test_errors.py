import copy
import pickle
import re

import pytest

import alphaneural_nb
from alphaneural_nb import errors
from alphaneural_nb.errors import (
    AlphaNeuralError,
    APIStatusError,
    APITimeoutError,
    ContentRefused,
    Interrupted,
    LibraryError,
    OptionsError,
)

CLASSES = {
    name: kind
    for name, kind in vars(errors).items()
    if isinstance(kind, type) and issubclass(kind, (AlphaNeuralError, Interrupted))
}


def made(kind):
    """An error with everything that its class can carry."""
    if issubclass(kind, Interrupted):
        return kind("stopped after 6 s")
    common = {"advice": "Do that.", "request_id": "4f1c", "charged": "maybe"}
    if issubclass(kind, APIStatusError):
        common |= {"status_code": 400, "code": "c", "kind": "k", "param": "size"}
    return kind("It happened.", **common)


def drawn():
    """Each class of the docstring's tree, with its parent there."""
    parents, found = [], {}
    for line in errors.__doc__.splitlines():
        row = re.match(r"    ([│├└─ ]*)([A-Z][A-Za-z]+)(?: +\S|$)", line)
        if row:
            depth = len(row[1]) // 4
            parents[depth:] = [row[2]]
            found[row[2]] = parents[depth - 1] if depth else None
    return found


def test_the_tree_in_the_docstring_is_the_tree_of_the_classes():
    tree = drawn()
    assert tree.keys() == CLASSES.keys()
    for name, parent in tree.items():
        if parent:
            assert CLASSES[parent] in CLASSES[name].__bases__
        else:
            assert not any(base in CLASSES.values() for base in CLASSES[name].__bases__)


@pytest.mark.parametrize("name", CLASSES)
def test_every_error_is_a_public_name(name):
    assert name in alphaneural_nb.__all__
    assert getattr(alphaneural_nb, name) is CLASSES[name]


def test_public_names_are_unique_and_sorted_and_each_one_is_there():
    names = alphaneural_nb.__all__
    assert len(set(names)) == len(names)
    # As ruff sorts them: constants, classes, functions.
    assert names == sorted(names, key=lambda name: (name.islower(), not name[:3].isupper(), name))
    for name in names:
        assert getattr(alphaneural_nb, name) is not None
    assert set(names) <= set(dir(alphaneural_nb))


def test_an_unknown_name_of_the_package_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'imagin'"):
        alphaneural_nb.imagin  # noqa: B018 - the access is the test


@pytest.mark.parametrize(
    "again", [copy.copy, copy.deepcopy, lambda e: pickle.loads(pickle.dumps(e))]
)
@pytest.mark.parametrize("kind", CLASSES.values(), ids=CLASSES)
def test_a_pickled_or_copied_error_keeps_everything(kind, again):
    error = made(kind)
    restored = again(error)
    assert type(restored) is kind
    assert str(restored) == str(error)
    known = ("message", "advice", "request_id", "charged", "status_code", "code", "kind", "param")
    for fact in known:
        assert getattr(restored, fact, None) == getattr(error, fact, None)


@pytest.mark.parametrize("kind", CLASSES.values(), ids=CLASSES)
def test_a_notebook_shows_one_to_three_lines_that_begin_with_the_class(kind):
    lines = made(kind)._render_traceback_()
    assert 1 <= len(lines) <= 3
    assert lines[0].startswith(f"{kind.__name__}: ")
    assert not any("\n" in line for line in lines)


@pytest.mark.parametrize(
    ("facts", "text"),
    [
        ({}, "It happened."),
        ({"advice": "Do that."}, "It happened.\nDo that."),
        ({"request_id": "4f1c"}, "It happened.\nrequest 4f1c"),
        ({"advice": "Do that.", "request_id": "4f1c"}, "It happened.\nDo that.\nrequest 4f1c"),
    ],
)
def test_the_text_is_what_happened_then_what_to_do_and_the_id(facts, text):
    assert str(AlphaNeuralError("It happened.", **facts)) == text


@pytest.mark.parametrize(
    ("kind", "builtin"),
    [
        (OptionsError, ValueError),
        (LibraryError, OSError),
        (APITimeoutError, TimeoutError),
        (Interrupted, KeyboardInterrupt),
    ],
)
def test_errors_are_also_what_python_calls_them(kind, builtin):
    with pytest.raises(builtin):
        raise made(kind)


def test_run_all_stops_at_an_interrupt_for_it_is_no_exception():
    assert not issubclass(Interrupted, Exception)


def test_an_error_says_by_itself_that_nothing_was_charged():
    assert AlphaNeuralError("x").charged == "no"
    assert ContentRefused("x", status_code=400).charged == "no"
