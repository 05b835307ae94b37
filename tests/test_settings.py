import base64
import copy
import dataclasses
import io
import json
import pickle
import pprint
import string
import sys
import time
import traceback
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from urllib.parse import quote

import pytest
from IPython.core.ultratb import AutoFormattedTB

from alphaneural_nb.errors import AlphaNeuralError, SettingsError
from alphaneural_nb.secret import Secret
from alphaneural_nb.settings import DEFAULT_BASE_URL, SANDBOX, Settings

CANARY = 'sk-Zq7+Vw2/kP9=Lm4%Tr8~Xb1"Nd6'


def pieces(text, length=12):
    return [text[at : at + length] for at in range(len(text) - length + 1)]


def forms(key):
    """The key in the spellings that a page, a log or a record might give it."""
    raw = key.encode()
    return {
        key,
        quote(key, safe=""),
        json.dumps(key)[1:-1],
        raw.hex(),
        base64.b64encode(raw).decode().rstrip("="),
        base64.urlsafe_b64encode(raw).decode().rstrip("="),
    }


def leaks(text, key=CANARY):
    return [piece for form in forms(key) for piece in pieces(form) if piece in text]


def resolve(**given):
    return Settings.resolve(given)


# -- A secret -------------------------------------------------------------------------------

SECRET = Secret(CANARY)
SETTINGS = Settings(api_key=SECRET, base_url="https://x.example/v1", model=None, home=Path("/h"))

SINKS = {
    "repr": repr,
    "str": str,
    "f-string": lambda value: f"{value} {value!r} {value!s} {value!a}",
    "percent": lambda value: "%s %r" % (value, value),  # noqa: UP031 - one more way to write it
    "format": "{0} {0!r}".format,
    "pprint": pprint.pformat,
    "list": lambda value: str([value, {"key": value}]),
    "dir": lambda value: str(dir(value)),
    "pickle": lambda value: pickle.dumps(value).decode("latin-1"),
    "pickle 0": lambda value: pickle.dumps(value, 0).decode("latin-1"),
    "copy": lambda value: repr(copy.copy(value)),
    "deepcopy": lambda value: repr(copy.deepcopy(value)),
    "json default": lambda value: json.dumps([value], default=str),
    "bytes": lambda value: str(repr(value).encode()),
}


@pytest.mark.parametrize("sink", SINKS)
@pytest.mark.parametrize("value", [SECRET, SETTINGS], ids=["Secret", "Settings"])
def test_a_key_is_in_no_text_made_of_it(sink, value):
    assert leaks(SINKS[sink](value)) == []


def test_a_key_is_in_no_view_of_settings():
    assert leaks(str(vars(SETTINGS))) == []
    assert leaks(str(dataclasses.asdict(SETTINGS))) == []
    assert leaks(str(dataclasses.astuple(SETTINGS))) == []


def test_a_secret_has_no_vars_and_is_no_json():
    with pytest.raises(TypeError):
        vars(SECRET)
    with pytest.raises(TypeError) as caught:
        json.dumps(SECRET)
    assert leaks(str(caught.value)) == []


def test_a_secret_shows_itself_when_asked_by_name():
    assert SECRET.reveal() == CANARY


def test_a_pickled_key_is_left_out():
    assert pickle.loads(pickle.dumps(SECRET)) is None
    assert pickle.loads(pickle.dumps(SETTINGS)).api_key is None


def test_secrets_are_equal_by_their_key():
    assert Secret(CANARY) == Secret(f" {CANARY} ")
    assert hash(Secret(CANARY)) == hash(Secret(CANARY))
    assert Secret("a") != Secret("b")
    assert Secret(CANARY) != CANARY


@pytest.mark.parametrize(
    "written",
    ["sk-abc", " sk-abc\n", "Bearer sk-abc", "bearer  sk-abc ", "\tBEARER\tsk-abc", "\r\nsk-abc"],
)
def test_blanks_and_bearer_around_a_key_are_taken_off(written):
    assert Secret(written).reveal() == "sk-abc"


@pytest.mark.parametrize(
    "written",
    [
        "",
        "   ",
        "\n",
        CANARY + "\nX-Header: 1",
        "sk-Zq7Vw2 kP9Lm4Tr8",
        CANARY + "\0x",
        "sk-Zq7Vw2kP9Lm4é",
        "“sk-Zq7Vw2kP9Lm4”",
        "sk-Zq7Vw2kP9Lm4…",
        CANARY.encode(),
        None,
        7,
        ["sk-Zq7Vw2kP9Lm4"],
    ],
)
def test_a_key_that_no_header_can_carry_is_refused_without_being_shown(written):
    with pytest.raises(SettingsError) as caught:
        Secret(written)
    assert "sk-Zq7" not in str(caught.value)


@pytest.mark.parametrize(
    ("key", "masked"),
    [(CANARY, "sk-…Nd6"), ("sk-1234567890", "sk-…890"), ("sk-123456789", "…"), ("x", "…")],
)
def test_a_masked_key_shows_its_ends_or_less_when_it_is_short(key, masked):
    assert Secret(key).masked == masked
    assert repr(Secret(key)) == f"Secret('{masked}')"


# -- Redaction ------------------------------------------------------------------------------


@pytest.mark.parametrize("form", sorted(forms(CANARY)))
def test_every_spelling_of_a_key_is_redacted(form):
    shown = SECRET.redact(f"no such key: {form}; try again")
    assert leaks(shown) == []
    assert shown.startswith("no such key: …")
    assert shown.endswith("; try again")


@pytest.mark.parametrize("before", ["", "u", "us", "user:", "Bearer "])
@pytest.mark.parametrize("after", ["", "x", "xy", "\n"])
def test_a_key_inside_of_something_in_base64_is_redacted(before, after):
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        encoded = encode(f"{before}{CANARY}{after}".encode()).decode()
        shown = SECRET.redact(f"Basic {encoded}.")
        at = len(base64.b64encode(before.encode())) + 4
        assert not any(piece in shown for piece in pieces(encoded[at : at + 36]))


@pytest.mark.parametrize("length", range(12, len(CANARY) + 1))
def test_a_piece_of_a_key_is_redacted_to_its_last_character(length):
    for piece in pieces(CANARY, length):
        assert SECRET.redact(f"<{piece}>") == "<…>"


def test_a_key_that_is_echoed_twice_and_cut_is_redacted_everywhere():
    shown = SECRET.redact(f"{CANARY}{CANARY[:20]} and {CANARY[5:25]}")
    assert leaks(shown) == []
    assert set(shown) <= set("… and")


@pytest.mark.parametrize("key", ["ollama", "sk-1", "abcdefghijk"])
def test_a_short_key_is_redacted_as_a_whole(key):
    assert Secret(key).redact(f"key {key}!") == "key …!"


def test_text_without_the_key_stays():
    text = "".join(map(chr, range(32, 2000)))
    assert SECRET.redact(text) == text
    assert SECRET.redact("") == ""


def test_a_megabyte_is_redacted_quickly():
    key = Secret("sk-" + string.ascii_letters * 4)
    for text in ("x" * 1_000_000, string.ascii_letters * 20_000, key.reveal() * 5_000):
        started = time.perf_counter()
        key.redact(text)
        assert time.perf_counter() - started < 3


@pytest.mark.parametrize(
    "text",
    [
        f"Incorrect API key provided: {CANARY}.",
        f"Incorrect\x1b[31m {CANARY[:9]}\x1b[0m{CANARY[9:]}",
        f"{CANARY[:9]}\u200b{CANARY[9:]}",
        "x" * 290 + CANARY,
        "x " * 600 + CANARY,
        json.dumps({"error": {"message": CANARY}}),
    ],
)
def test_a_service_s_text_is_cleaned_before_anyone_sees_it(text):
    shown = SETTINGS.clean(text)
    assert leaks(shown) == []
    assert len(shown) <= 300
    assert shown.isprintable()


def test_keys_of_others_are_masked_too():
    settings = resolve()
    assert settings.clean("key sk-proj-abcdef*****wxyz is wrong") == "key sk-… is wrong"


# -- Tracebacks -----------------------------------------------------------------------------


BAD = {
    "a bad key in the environment": {},
    "another bad setting": {"timeout": -1},
    "a bad home": {"home": "a\0b"},
    "bad hosts": {"trusted_hosts": 7},
    "an unknown inline": {"inline": "huge"},
    "a key given, another bad setting": {"api_key": SECRET, "model": ""},
}


def raised(monkeypatch, which):
    """A real error of our frames, in whose own frame no key is."""
    broken = "\nx" if which == "a bad key in the environment" else ""
    monkeypatch.setenv("ALPHANEURAL_API_KEY", CANARY + broken)
    return error_of(BAD[which])


def error_of(given):
    try:
        Settings.resolve(given)
    except AlphaNeuralError:
        return sys.exc_info()
    raise AssertionError("nothing was raised")


@pytest.mark.parametrize("mode", ["Plain", "Context", "Verbose", "Minimal", "Docs"])
@pytest.mark.parametrize("which", BAD)
def test_the_key_is_in_no_traceback_of_ipython(monkeypatch, which, mode):
    error = raised(monkeypatch, which)
    shown = io.StringIO()
    AutoFormattedTB(mode=mode, theme_name="nocolor", ostream=shown)(*error)
    assert "SettingsError" in shown.getvalue()
    assert leaks(shown.getvalue()) == []


@pytest.mark.parametrize("which", BAD)
def test_the_key_is_in_no_local_variable_of_our_frames(monkeypatch, which):
    error = raised(monkeypatch, which)
    shown = "".join(traceback.TracebackException(*error, capture_locals=True).format())
    assert "settings.py" in shown
    assert leaks(shown) == []


def test_an_error_about_a_key_brings_no_chain_and_no_key_along(monkeypatch):
    _, error, _ = raised(monkeypatch, "a bad key in the environment")
    assert error.__cause__ is None
    assert error.__context__ is None
    assert leaks(pickle.dumps(error).decode("latin-1") + str(vars(error)) + str(error.args)) == []


# -- Where settings come from ---------------------------------------------------------------

VARIABLES = {
    "api_key": ("ALPHANEURAL_API_KEY", "sk-environment"),
    "base_url": ("ALPHANEURAL_BASE_URL", "https://environment.example"),
    "model": ("ALPHANEURAL_IMAGE_MODEL", "environment-model"),
    "home": ("ALPHANEURAL_HOME", "/environment"),
    "trusted_hosts": ("ALPHANEURAL_TRUSTED_HOSTS", "Environment.Example"),
}
GIVEN = {
    "api_key": "sk-given",
    "base_url": "https://given.example",
    "model": "given-model",
    "home": "/given",
    "trusted_hosts": ["Given.Example"],
}


def plain(settings, name):
    value = getattr(settings, name)
    if name == "trusted_hosts":
        return list(value)
    return value.reveal() if name == "api_key" else str(value)


@pytest.mark.parametrize("name", VARIABLES)
def test_an_argument_wins_over_the_environment(monkeypatch, name):
    variable, value = VARIABLES[name]
    monkeypatch.setenv(variable, value)
    from_environment, given = resolve(), resolve(**{name: GIVEN[name]})
    expected = [["environment.example"], ["given.example"]]
    values = expected if name == "trusted_hosts" else [value, GIVEN[name]]
    assert [plain(from_environment, name), plain(given, name)] == values
    assert from_environment.sources[name] == variable
    assert given.sources[name] == f"configure({name}=…)"


@pytest.mark.parametrize("blank", ["", " ", "\t\n"])
@pytest.mark.parametrize("name", VARIABLES)
def test_a_blank_environment_value_counts_as_unset(monkeypatch, name, blank):
    monkeypatch.delenv(VARIABLES[name][0], raising=False)
    unset = resolve()
    monkeypatch.setenv(VARIABLES[name][0], blank)
    assert resolve() == unset
    assert resolve().sources == unset.sources


def test_with_neither_key_nor_base_url_the_sandbox_draws():
    settings = resolve()
    assert (settings.base_url, settings.is_sandbox) == (SANDBOX, True)
    assert settings.api_key is None
    assert settings.sources["base_url"] == "no key set"
    assert settings.key_label == ""


def test_a_key_alone_goes_to_the_default_address(monkeypatch):
    monkeypatch.setenv("ALPHANEURAL_API_KEY", CANARY)
    settings = resolve()
    assert settings.base_url == DEFAULT_BASE_URL
    assert not settings.is_sandbox
    assert settings.key_label == "sk-…Nd6, from ALPHANEURAL_API_KEY"


def test_a_base_url_without_a_key_has_none():
    settings = resolve(base_url="http://127.0.0.1:8000")
    assert settings.api_key is None
    assert settings.base_url == "http://127.0.0.1:8000"


def test_the_sandbox_can_be_asked_for_with_a_key():
    assert resolve(api_key=CANARY, base_url=SANDBOX).is_sandbox


def test_the_keys_of_other_vendors_are_never_read(monkeypatch):
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_API_BASE", "API_KEY"):
        monkeypatch.setenv(name, CANARY)
    assert resolve().api_key is None
    assert resolve().is_sandbox


def test_the_default_home_is_the_user_s_data_folder(monkeypatch):
    monkeypatch.delenv("ALPHANEURAL_HOME")
    home = resolve().home
    assert home.is_absolute()
    assert home.name == "alphaneural_nb"


def test_a_home_below_the_user_s_and_a_relative_one_become_absolute(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert resolve(home="~/pictures").home == Path.home() / "pictures"
    assert resolve(home="pictures").home == tmp_path / "pictures"
    assert resolve(home=Path("pictures")).home == tmp_path / "pictures"


@pytest.mark.parametrize("home", [7, b"/tmp", ["/tmp"], "", " ", "a\0b", "~nobody-of-this-name/x"])
def test_a_home_that_is_no_folder_s_name_is_a_settings_error(home):
    with pytest.raises(SettingsError):
        resolve(home=home)


@pytest.mark.parametrize("name", ["base_url", "model", "api_key"])
@pytest.mark.parametrize("value", ["", "  ", 7, b"x", True, ["x"]])
def test_a_text_setting_that_is_blank_or_no_text_is_a_settings_error(name, value):
    with pytest.raises(SettingsError):
        resolve(**{name: value})


@pytest.mark.parametrize(
    ("hosts", "expected"),
    [
        ("A.example, b.example", ("a.example", "b.example")),
        ("a b\nc", ("a", "b", "c")),
        (["A.example"], ("a.example",)),
        (("a",), ("a",)),
        ([], ()),
        (",,", ()),
    ],
)
def test_trusted_hosts_are_a_list_or_names_with_commas_or_blanks(hosts, expected):
    assert resolve(trusted_hosts=hosts).trusted_hosts == expected


@pytest.mark.parametrize("hosts", [7, True, [7], [""], {"a": 1}, b"a", object()])
def test_other_trusted_hosts_are_a_settings_error(hosts):
    with pytest.raises(SettingsError):
        resolve(trusted_hosts=hosts)


@pytest.mark.parametrize("timeout", [1, 0.5, 86_400, Fraction(1, 2)])
def test_a_timeout_is_a_number_of_seconds(timeout):
    assert resolve(timeout=timeout).timeout == float(timeout)
    assert resolve().timeout == 600.0


@pytest.mark.parametrize(
    "timeout",
    [0, -1, 86_401, 10**400, float("nan"), float("inf"), True, False, "60", Decimal(60), [60], 1j],
)
def test_any_other_timeout_is_a_settings_error(timeout):
    with pytest.raises(SettingsError, match="timeout must be a number of seconds"):
        resolve(timeout=timeout)


@pytest.mark.parametrize("inline", ["", "Preview", "none", 1, True, [], b"preview"])
def test_an_unknown_inline_is_a_settings_error(inline):
    with pytest.raises(SettingsError, match='inline is "preview" or "original"'):
        resolve(inline=inline)
    assert resolve(inline="original").inline == "original"
    assert resolve().inline == "preview"


def test_equal_settings_are_one_account_wherever_they_came_from(monkeypatch):
    monkeypatch.setenv("ALPHANEURAL_API_KEY", CANARY)
    from_environment = resolve()
    monkeypatch.delenv("ALPHANEURAL_API_KEY")
    assert resolve(api_key=CANARY) == from_environment
    assert len({resolve(api_key=CANARY), from_environment, resolve(), resolve(model="m")}) == 3
