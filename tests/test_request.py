import hashlib
import inspect
import json
import math
import operator
import pickle
import subprocess
import sys
from dataclasses import fields
from decimal import Decimal

import pytest

import alphaneural_nb
from alphaneural_nb.errors import OptionsError
from alphaneural_nb.request import OPTIONS, ImageRequest

URL = "https://proxy.example.com/v1"


class Whole:
    """A whole number of another library's, such as numpy's."""

    def __init__(self, value):
        self.value = value

    def __index__(self):
        return self.value


def asked(**options):
    return ImageRequest(prompt="a fox", **options)


def refused(**options):
    with pytest.raises(OptionsError) as caught:
        ImageRequest(**{"prompt": "a fox", **options})
    return str(caught.value)


def nested(depth):
    value = []
    for _ in range(depth):
        value = [value]
    return value


def circular():
    value = {}
    value["again"] = value
    return value


# -- The prompt -----------------------------------------------------------------------------


@pytest.mark.parametrize("prompt", ["", " ", "\n\t", "\u200b", "\ufeff \u2060", "\xa0\u3000", "\0"])
def test_a_prompt_that_is_blank_is_an_options_error(prompt):
    assert refused(prompt=prompt).startswith("The prompt is empty.")


@pytest.mark.parametrize("prompt", [None, 7, b"a fox", ["a fox"], {"prompt": "a fox"}])
def test_a_prompt_that_is_no_text_is_an_options_error_that_names_its_type(prompt):
    assert type(prompt).__name__ in refused(prompt=prompt)


@pytest.mark.parametrize(
    "prompt", ["?", "  a fox  ", 'l\'été {a} {"b": 1}', "a\\nb", "👩‍🚀", "\U0001fae8", "\ud800 fox"]
)
def test_a_prompt_stays_as_it_is_written(prompt):
    assert ImageRequest(prompt=prompt).prompt == prompt


# -- n --------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [1, 10**30, Whole(3)])
def test_whole_numbers_of_any_kind_are_counts(n):
    assert asked(n=n).n == operator.index(n)
    assert type(asked(n=n).n) is int


@pytest.mark.parametrize(
    "n", [0, -1, True, False, 1.0, math.nan, math.inf, "2", "", b"2", [2], Whole(0), Decimal(2)]
)
def test_anything_else_is_no_count(n):
    assert "n must be a whole number of 1 or more" in refused(n=n)


# -- Sizes ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "sent"),
    [
        ("1024x768", "1024x768"),
        ("1024×768", "1024x768"),
        (" 1024 X 768 ", "1024x768"),
        ("1024*768", "1024x768"),
        ("0512x0512", "512x512"),
        ((1024, 768), "1024x768"),
        ([Whole(1024), 768], "1024x768"),
        ("wide", "wide"),
        (" 16:9 ", "16:9"),
        ("auto", "auto"),
        ("4K", "4K"),
        ("1024x1024x3", "1024x1024x3"),
        ("100000x1", "100000x1"),
    ],
)
def test_sizes_are_written_in_one_way(size, sent):
    assert asked(size=size).size == sent


@pytest.mark.parametrize(
    "size",
    ["", " ", 1024, 1.5, (1024,), (1, 2, 3), (0, 1), (1.5, 2), ("a", "b"), (True, 2), (None, 1),
     "0x0", "1024x0", {3, 4}, b"1024x768", {"width": 1}],
)  # fmt: skip
def test_a_size_of_the_wrong_form_is_an_options_error(size):
    assert "size must be" in refused(size=size)


# -- Texts ----------------------------------------------------------------------------------

TEXTS = [name for name in OPTIONS if name not in {"n", "size", "param"}]


@pytest.mark.parametrize("value", ["", "  ", 3, True, b"hd", ["hd"], math.nan])
@pytest.mark.parametrize("name", TEXTS)
def test_a_text_option_that_is_no_text_is_an_options_error(name, value):
    assert refused(**{name: value}).startswith(f"{name} must be text")


@pytest.mark.parametrize("name", TEXTS)
def test_a_value_that_nobody_knows_is_sent_as_given_without_blanks_around_it(name):
    assert asked(**{name: " new-one "}).options == {name: "new-one"}


def test_the_message_about_a_huge_value_is_short():
    huge = "x" * 1_000_000
    for options in ({"quality": [huge]}, {"n": huge}, {"param": huge}, {"size": (huge, 1)}):
        assert len(refused(**options)) < 200


# -- param ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["prompt", *OPTIONS])
def test_a_field_with_an_option_of_its_own_is_no_param(name):
    assert f"{name} has an option of its own." in refused(param={"seed": 1, name: 1})


@pytest.mark.parametrize("value", [True, False, None])
def test_streams_are_refused(value):
    assert "Streams" in refused(param={"stream": value})


@pytest.mark.parametrize(
    "param",
    [
        "seed=1",
        7,
        [("seed", 1)],
        {1: 2},
        {"": 1},
        {None: 1},
        {"a": math.nan},
        {"a": [math.inf]},
        {"a": {1, 2}},
        {"a": b"x"},
        {"a": object()},
        {"a": Whole(1)},
        {"a": nested(100_000)},
        {"a": circular()},
        {"a": {(1, 2): 3}},
    ],
    ids=lambda param: type(param).__name__,
)
def test_a_param_that_is_no_json_object_is_an_options_error(param):
    assert refused(param=param).startswith("param ")


def test_a_param_is_copied_so_that_later_changes_do_not_reach_it():
    given = {"seed": 1, "tags": ["a"]}
    request = asked(param=given)
    given["tags"].append("b")
    assert request.param == {"seed": 1, "tags": ["a"]}


def test_an_empty_param_is_as_if_it_were_not_set():
    assert asked(param={}) == asked()


# -- The value ------------------------------------------------------------------------------


def test_options_are_what_was_set_in_the_order_of_the_fields():
    request = asked(quality="high", model="m", param={"seed": 1}, n=2)
    assert list(request.options) == ["model", "n", "quality", "param"]
    assert asked().options == {}


def test_a_request_cannot_be_changed_but_a_changed_one_is_checked_too():
    request = asked(n=2)
    with pytest.raises(AttributeError):
        request.n = 3
    assert request.changed(n=4).options == {"n": 4}
    assert request.changed(n=None).options == {}
    with pytest.raises(OptionsError):
        request.changed(n=0)


def test_equal_requests_have_equal_hashes_also_with_a_param():
    one, two = (asked(n=2, param=param) for param in ({"a": 1, "b": 2}, {"b": 2, "a": 1}))
    assert one == two
    assert hash(one) == hash(two)
    assert len({one, two, asked()}) == 2


def test_a_request_survives_a_pickle():
    request = asked(n=2, size="wide", param={"seed": [1, {"a": None}]})
    assert pickle.loads(pickle.dumps(request)) == request


# -- The fingerprint ------------------------------------------------------------------------


def test_the_fingerprint_does_not_depend_on_the_order_of_params():
    one, two = (asked(param=param) for param in ({"a": 1, "b": 2}, {"b": 2, "a": 1}))
    assert one.fingerprint(URL) == two.fingerprint(URL)


@pytest.mark.parametrize(
    "other",
    [
        asked(n=1),
        asked(size="1024x1024"),
        asked(quality="1024x1024"),
        asked(param={"seed": 1}),
        asked(param={"seed": "1"}),
        asked(param={"seed": [1]}),
        ImageRequest(prompt="a fox "),
    ],
)
def test_the_fingerprint_tells_requests_apart(other):
    assert other.fingerprint(URL) != asked().fingerprint(URL)


def test_the_fingerprint_tells_services_apart():
    assert asked().fingerprint(URL) != asked().fingerprint(f"{URL}/")


def test_the_fingerprint_of_an_option_in_param_and_beside_it_differ():
    assert asked(user="a").fingerprint(URL) != asked(param={"User": "a"}).fingerprint(URL)


def test_the_fingerprint_is_the_sha256_of_sorted_json():
    text = '{"base_url":"u","n":2,"param":{"a":{"x":1,"y":[2.5]},"b":null},"prompt":"\\u00e9"}'
    request = ImageRequest(prompt="é", n=2, param={"b": None, "a": {"y": [2.5], "x": 1}})
    assert request.fingerprint("u") == hashlib.sha256(text.encode()).hexdigest()


def test_the_fingerprint_is_the_same_in_every_process():
    code = (
        "from alphaneural_nb.request import ImageRequest;"
        "print(ImageRequest(prompt='a fox', n=2, param={'b': 'é', 'a': {'d': 1, 'c': 2}})"
        f".fingerprint({URL!r}))"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONHASHSEED": seed},
        ).stdout.strip()
        for seed in ("1", "2")
    }
    request = asked(n=2, param={"a": {"c": 2, "d": 1}, "b": "é"})
    assert found == {request.fingerprint(URL)}


def test_a_prompt_with_half_a_character_has_a_fingerprint_too():
    assert len(ImageRequest(prompt="\ud800").fingerprint(URL)) == 64


# -- One list of options --------------------------------------------------------------------


@pytest.mark.parametrize("function", ["imagine", "aimagine"])
def test_the_functions_take_what_a_request_takes_and_a_timeout(function):
    parameters = inspect.signature(getattr(alphaneural_nb, function)).parameters
    assert list(parameters) == [*(entry.name for entry in fields(ImageRequest)), "timeout"]
    kinds = {name: parameter.kind.name for name, parameter in parameters.items()}
    assert kinds.pop("prompt") == "POSITIONAL_OR_KEYWORD"
    assert set(kinds.values()) == {"KEYWORD_ONLY"}
    assert all(parameters[name].default is None for name in kinds)


def test_every_option_is_described_for_people_and_no_flag_is_there_twice():
    assert list(OPTIONS) == [entry.name for entry in fields(ImageRequest)][1:]
    flags = [flag for option in OPTIONS.values() for flag in option.flags]
    assert len(set(flags)) == len(flags)
    for option in OPTIONS.values():
        assert option.flags[-1].startswith("--")
        assert option.metavar
        assert option.help
        assert not option.help.endswith(".")


@pytest.mark.parametrize("name", OPTIONS)
def test_every_suggested_value_is_accepted(name):
    for value in OPTIONS[name].values:
        given = int(value) if name == "n" else value
        assert asked(**{name: given}).options == {name: given}


def test_options_can_be_written_as_json():
    request = asked(n=Whole(2), size=(512, 512), param={"tags": ("a", "b")})
    assert json.loads(json.dumps(request.options)) == request.options
