import re
import time

import pytest

from alphaneural_nb.notebook.grammar import (
    CALL_OPTIONS,
    COMMANDS,
    FLAGS,
    SWITCHES,
    GrammarError,
    Order,
    parse,
)
from alphaneural_nb.request import OPTIONS


def refused(line, body=None):
    with pytest.raises(GrammarError) as caught:
        parse(line, body)
    return str(caught.value)


# -- The prompt arrives as it is written ----------------------------------------------------

PROMPTS = [
    "a fox",
    "l'été d'une reine",
    "it's a dog's life",
    'a sign that says "OPEN',
    "'''",
    '"a quoted prompt"',
    "what is this?",
    "what??",
    "{animal}",
    "{{animal}} and {{ d['a b'] }}",
    '{"a": {"b": [1, 2]}, "prompt": "x"}',
    "a \\ b \\n c\\",
    "$HOME $(reboot) `id` !ls %timeit",
    "a | b > c & d ; e # f",
    "a  b\t c",
    "50% off, 3-4 -1 - -- ---",
    "-1 degree",
    "- a list",
    "— a dash",
    "models on a catwalk",
    "form follows function",
    "help is on its way",
    "history of art, usage of colour",
    "status: calm",
    "models\ton a catwalk",
    "help - a painting",
    "a -not-a-flag --neither",
    "e-mail -nine --sizes",
    "狐狸 🦊 \u202eabc",
    "\ud800",
    "<script>alert(1)</script>",
    "fox<<x",
    "<< a",
    "=<< a",
    "1x << a",
    "a.b << c",
    "a b << c",
    "<<",
    "x == << y",
]


@pytest.mark.parametrize("prompt", PROMPTS)
def test_a_line_that_is_a_prompt_arrives_as_it_is_written(prompt):
    assert parse(prompt) == Order(prompt)
    assert parse(f"  {prompt} ") == Order(prompt)
    assert parse(f"-n 2 {prompt}") == Order(prompt, {"n": "2"})
    assert parse(f"-n 2 -- {prompt}") == Order(prompt, {"n": "2"})


@pytest.mark.parametrize(
    "prompt", [*PROMPTS, "models", "help", "x << y", "two\n\n  lines", "-n", "--"]
)
def test_a_cell_is_a_prompt_whatever_stands_in_it(prompt):
    assert parse("--", f"\n{prompt}\n").prompt == prompt
    if "-n" not in prompt.split():
        assert parse("", f"\n{prompt}\n") == Order(prompt)


def test_an_empty_prompt_is_left_to_the_request():
    assert parse("") == parse("", " \n") == parse("--") == parse("  ") == Order("")


# -- Flags ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "flag", [flag for flag in FLAGS if FLAGS[flag] not in {"param", *SWITCHES}]
)
def test_every_flag_takes_its_value_after_a_blank_or_an_equals_sign(flag):
    name = FLAGS[flag]
    for line in (
        f"{flag} v a fox",
        f"{flag}=v a fox",
        f"  {flag}   v   a fox",
        f"{flag}\tv\ta fox",
    ):
        assert parse(line) == Order("a fox", {name: "v"})
    assert parse(flag + " v", "a fox") == Order("a fox", {name: "v"})


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("16:9", "16:9"),
        ('"a b"', "a b"),
        ("'a b'", "a b"),
        ('"it\'s"', "it's"),
        ('"{{ x }}"', "{{ x }}"),
        ("{{ d['a b'] }}", "{{ d['a b'] }}"),
        ("{{a}}x{{ b }}", "{{a}}x{{ b }}"),
        ("a{{ b }}", "a{{ b }}"),
        ("{{open", "{{open"),
        ("{single}", "{single}"),
        ('"open', '"open'),
        ("it's", "it's"),
        ('a"b"', 'a"b"'),
        ("-4", "-4"),
        ("-", "-"),
        ("a=b", "a=b"),
        ("a\\b", "a\\b"),
        ("é", "é"),
    ],
)
def test_a_value_is_one_word_or_quoted_or_has_an_expression(written, value):
    assert parse(f"-m {written} a fox") == Order("a fox", {"model": value})
    assert parse(f"--model={written} a fox") == Order("a fox", {"model": value})


def test_flags_may_come_in_any_order_before_the_prompt():
    line = "-s wide --quiet -n 4 --param seed=7 --dry-run -m m a fox"
    assert parse(line).options == {
        "size": "wide",
        "quiet": True,
        "n": "4",
        "param": {"seed": 7},
        "dry_run": True,
        "model": "m",
    }


@pytest.mark.parametrize("flag", FLAGS)
def test_a_known_flag_after_the_prompt_is_an_error_unless_flags_are_ended(flag):
    for prompt in (f"a fox {flag} 4", f"a fox {flag}=4", f"a fox {flag}", f"a\n{flag}\nb"):
        for line, body in ((prompt, None), ("", prompt), ("-n 2", prompt)):
            message = refused(line, body)
            assert message.startswith(f"{flag} stands after the prompt; flags go before it.")
            assert "--" in message
        assert parse(f"-- {prompt}") == Order(prompt)
        assert parse("--", prompt) == Order(prompt)


@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_help_is_a_flag_too(flag):
    assert parse(flag) == parse(f" {flag} ") == Order(command="help")
    assert parse(flag, "a fox") == Order(command="help")
    assert refused(f"a fox {flag}").startswith(f"{flag} stands after the prompt")
    assert f"There is no flag {flag}" in refused(f"-n 2 {flag}")


@pytest.mark.parametrize("flag", [flag for flag in FLAGS if FLAGS[flag] not in SWITCHES])
def test_a_flag_without_its_value_is_an_error(flag):
    for line in (flag, f"{flag}=", f"{flag}= a fox", f"{flag} ", f"{flag} -m x", f"{flag} --quiet"):
        assert refused(line).startswith(f"{flag} needs ")


@pytest.mark.parametrize("value", ["''", '""'])
def test_an_empty_value_is_no_value(value):
    assert refused(f"-m {value} a fox") == "-m needs a value: -m ID."


@pytest.mark.parametrize("flag", ["--quiet", "--dry-run"])
def test_a_switch_takes_no_value(flag):
    for line in (f"{flag}=1 a", f"{flag}=", f"{flag}, a"):
        assert refused(line) == f"{flag} takes no value."
    assert parse(f"{flag} 1") == Order("1", {FLAGS[flag]: True})


@pytest.mark.parametrize(
    "line", ["-n 1 -n 2 a", "-n 1 --n 2 a", "--quiet --quiet a", "-m=a --model b c"]
)
def test_a_flag_that_is_there_twice_is_an_error(line):
    assert refused(line).endswith("is there twice.")


@pytest.mark.parametrize(
    ("flag", "hint"),
    [
        ("--qual", "Did you mean --quality?"),
        ("--mod", "Did you mean --model?"),
        ("--size16:9", "Did you mean --size?"),
        ("--respons-format", "Did you mean --response-format?"),
        ("-user", "Did you mean --user?"),
        ("--Size", "Did you mean --size?"),
        ("-n4", "Did you mean -n 4?"),
        ("-s1024x1024", "Did you mean -s 1024x1024?"),
        ("-x", "%imagine help lists them."),
        ("-S", "%imagine help lists them."),
    ],
)
def test_an_unknown_or_shortened_flag_is_an_error_with_a_hint(flag, hint):
    message = refused(f"{flag} high a fox")
    assert f". {hint} " in message
    assert "goes after --." in message


@pytest.mark.parametrize("name", [*OPTIONS, *CALL_OPTIONS])
def test_no_shortened_long_flag_is_accepted(name):
    for flag in {**OPTIONS, **CALL_OPTIONS}[name].flags:
        for length in range(3, len(flag)):
            if flag.startswith("--") and flag[:length] not in FLAGS:
                assert "There is no flag" in refused(f"{flag[:length]} 1 a fox")


# -- Reserved words -------------------------------------------------------------------------


@pytest.mark.parametrize("word", COMMANDS)
def test_a_reserved_word_is_a_command_alone_and_before_flags(word):
    assert parse(word) == parse(f"  {word}  ") == Order(command=word)
    assert parse(f"{word} -m x") == Order("", {"model": "x"}, command=word)
    assert parse(f"{word} --quiet").command == word
    assert parse(f"{word} --").command == word


@pytest.mark.parametrize("word", COMMANDS)
def test_a_reserved_word_is_a_prompt_before_anything_else(word):
    for prompt in (f"{word} on a catwalk", f"{word} - x", f"a {word}"):
        assert parse(prompt) == Order(prompt)
    assert parse(f"-- {word}") == Order(word)
    assert parse(f"-n 2 {word}") == Order(word, {"n": "2"})
    assert parse(f"x << {word}") == Order(word, name="x", silent=True)
    assert parse("", word) == Order(word)


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        ("hlep", "%imagine help"),
        ("Models", "%imagine models"),
        ("forms", "%imagine form"),
        ("statsu", "%imagine status"),
        ("—n 2 a cat", "-n with a plain hyphen"),
        ("–size wide a cat", "-size with a plain hyphen"),
        ("n=2 a cat", "-n 2"),
        ("-q low size=wide a cat", "-s wide"),
    ],
)
def test_what_was_meant_for_a_command_or_a_flag_is_not_drawn(line, meant):
    with pytest.raises(GrammarError, match=re.escape(f"Did you mean {meant}?")):
        parse(line)
    assert parse(f"-- {line}").prompt == line


@pytest.mark.parametrize("line", ["statue", "modesty", "form follows function", "x=1 on a board"])
def test_what_only_looks_like_a_command_is_drawn(line):
    assert parse(line).prompt == line


@pytest.mark.parametrize("word", COMMANDS)
def test_a_command_with_text_after_its_flags_is_an_error(word):
    for line in (f"{word} -m x a fox", f"{word} -- a fox"):
        assert refused(line) == f"%imagine {word} takes no text: 'a fox'."
    assert "There is no flag -z" in refused(f"{word} -z")


# -- Names ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["fox", "_", "_1", "é", "Fox2", "match"])
def test_a_name_binds_silently_and_with_an_equals_sign_shows_too(name):
    assert parse(f"{name} << a fox") == Order("a fox", name=name, silent=True)
    assert parse(f"{name} =<< -n 2 a fox") == Order("a fox", {"n": "2"}, name)
    assert parse(f" {name}<< a fox") == Order("a fox", name=name, silent=True)
    assert parse(f"{name}=<<", "a fox") == Order("a fox", name=name)
    assert parse(f"{name} <<") == Order("", name=name, silent=True)


@pytest.mark.parametrize("name", ["class", "None", "lambda", "True"])
def test_a_word_of_python_is_no_name(name):
    assert refused(f"{name} << a fox").startswith(f"{name} is a word of Python's own")


# -- A line above a cell --------------------------------------------------------------------


@pytest.mark.parametrize("line", ["a fox", "-n 2 a fox", "gpt-image-2", "models", "-- x", "# note"])
def test_a_prompt_on_the_line_of_a_cell_is_an_error(line):
    assert "goes below its line" in refused(line, "a hare")


# -- --param --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("7", 7),
        ("-0.5e3", -500.0),
        ("true", True),
        ("null", None),
        ('"a b"', "a b"),
        ('"it\'s"', "it's"),
        ('"\\u00e9 \\" }"', 'é " }'),
        ("[1, 2]", [1, 2]),
        ('{"a": {"b": [1, {"c": "d e"}]}}', {"a": {"b": [1, {"c": "d e"}]}}),
        ("{}", {}),
    ],
)
def test_a_param_is_json_with_blanks_where_json_has_them(source, value):
    assert parse(f"--param key={source} a fox") == Order("a fox", {"param": {"key": value}})
    assert parse(f"--param=key={source}", "a fox").options == {"param": {"key": value}}


def test_params_may_be_repeated_for_other_keys_only():
    line = '--param seed=7 --param tags=["a"] --param x-y.z=1 a fox'
    assert parse(line).options == {"param": {"seed": 7, "tags": ["a"], "x-y.z": 1}}
    assert refused("--param seed=7 --param seed=8 a") == "--param seed is there twice."


@pytest.mark.parametrize(
    "source",
    [
        "",
        " 7",
        "abc",
        "'abc'",
        "7x",
        '"open',
        "{a: 1}",
        "{'a': 1}",
        '{"a": 1',
        "[1,]",
        "NaN",
        "Infinity",
        "-Infinity",
        "True",
        "None",
        "01",
        "+1",
        ".5",
        "0x7",
        '"a""b"',
        "[" * 100_000,
        '{"a":' * 100_000,
    ],
    ids=lambda source: source[:20],
)
def test_broken_json_is_a_short_error_that_shows_how_text_is_written(source):
    message = refused(f"--param key={source} a fox")
    assert message.startswith("--param key=")
    assert 'Text goes in double quotes: --param key="' in message
    assert len(message) < 200


@pytest.mark.parametrize(
    "written", ["", "seed", "seed 7", "=7", "7=7", '"seed"=7', "{}", "--quiet"]
)
def test_a_param_without_its_key_is_an_error(written):
    assert refused(f"--param {written}") == "--param needs KEY=JSON, such as --param seed=7."


# -- Large lines ----------------------------------------------------------------------------

LARGE = {
    "flags": "--param " + " --param ".join(f"k{n}={n}" for n in range(3_000)) + " a",
    "braces": "-m " + "{" * 100_000,
    "open expressions": "-m " + "{{x" * 30_000,
    "open expressions and an end": "-m " + "{{" * 30_000 + "}}",
    "quotes": "-m " + "'\"" * 50_000,
    "words": "a " * 50_000,
    "dashes": "-" * 100_000,
    "dashes apart": "- " * 50_000,
    "a long flag": "--" + "a" * 100_000,
    "names": "a" * 100_000 + " <<",
    "keys": "--param " + "a" * 100_000,
}


@pytest.mark.parametrize("name", LARGE)
def test_a_hundred_kilobytes_of_line_take_no_time(name):
    started = time.perf_counter()
    try:
        parse(LARGE[name])
    except GrammarError:
        assert name in {"a long flag", "keys"}
    assert time.perf_counter() - started < 2
