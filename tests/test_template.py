import time

import pytest

from alphaneural_nb.errors import AlphaNeuralError, TemplateError
from alphaneural_nb.notebook.template import render


class Text:
    """A value whose text is itself a trap."""

    def __init__(self, text):
        self.text = text

    def __str__(self):
        return self.text


class Broken:
    def __str__(self):
        raise RuntimeError("no text")


def fails():
    raise KeyError("colour")


SECRET = "do not show"
NAMES = {
    "animal": "fox",
    "colour": "red",
    "n": 3,
    "d": {"a b": {"c": [1, 2]}},
    "row": Text("a row"),
    "secret": SECRET,
    "fails": fails,
    "broken": Broken(),
    "price": 2.5,
}


def refused(text, namespace=NAMES):
    with pytest.raises(TemplateError) as caught:
        render(text, namespace)
    return caught.value


# -- What is replaced -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "rendered"),
    [
        ("{{animal}}", "fox"),
        ("{{ animal }}", "fox"),
        ("{{\n animal\n}}", "fox"),
        ("a {{colour}} {{animal}}.", "a red fox."),
        ("{{colour}}{{animal}}", "redfox"),
        ("{{n}} and {{n + 1}}", "3 and 4"),
        ("{{row}}", "a row"),
        ("{{None}}", "None"),
        ("{{''}}|", "|"),
        ("{{ d['a b']['c'][0] }}", "1"),
        ("{{ {'x': {'y': n}}['x']['y'] }}", "3"),
        ("{{{'x': {'y': {n}}}}}", "{'x': {'y': {3}}}"),
        ("{{ {n} }}", "{3}"),
        ("{{ f'{animal:>5}' }}", "  fox"),
        ("{{ f\"{d['a b']}\" }}", "{'c': [1, 2]}"),
        ("{{ f'{{{n}}}' }}", "{3}"),
        ("{{ '}}' }}", "}}"),
        ("{{ '{{' }}", "{{"),
        ('{{ "{{" }}x{{ "}}" }}', "{{x}}"),
        ("{{ (lambda x: {x: {x}})(n) }}", "{3: {3}}"),
        ("{{ [x\n for x in range(n)] }}", "[0, 1, 2]"),
        ("{{ ', '.join(k for k in d) }}", "a b"),
        ("{{ [n for _ in range(2)] }}", "[3, 3]"),
        ("{{ 'a' if n > 2 else 'b' }}", "a"),
        ("{{ n  # how many\n}}", "3"),
        ("{{ f'{price:.2f} €' }}", "2.50 €"),
        ("{{ animal }}}", "fox}"),
        ("{{ len(animal) }}", "3"),
        ("{{ animal, colour }}", "('fox', 'red')"),
    ],
)
def test_an_expression_is_replaced_by_the_text_of_its_value(text, rendered):
    assert render(text, NAMES) == rendered


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a fox",
        "{animal}",
        "{",
        "}",
        "{{",
        "}}",
        "}}{{",
        "{{ animal",
        "{{animal}",
        "{{a}{{b}",
        '{"a": {"b": {}}}',
        "{ {animal} }",
        "$animal ${animal} %(animal)s %s <animal>",
        "l'été, “quoted” \\n \\{",
        "\ud800 {",
    ],
)
def test_single_braces_and_what_is_not_closed_stay_as_they_are(text):
    assert render(text, NAMES) == text


PAYLOADS = [
    "{{secret}}",
    "{{ secret }}",
    "{{",
    "}}",
    "{{sec",
    "ret}}",
    "{secret}",
    "{{{{secret}}}}",
    "{% secret %}",
    "${secret}",
    "$secret",
    "%(secret)s",
    "{0}",
    "{{ ''.__class__.__mro__ }}",
    "{{ __import__('os').environ }}",
    "{{ globals() }}",
    "`secret`",
    "'}} {{secret}} {{'",
    "\\{{secret}}",
    "{{\nsecret\n}}",
    "\0{{secret}}\0",
    "\u202e{{secret}}",
]


@pytest.mark.parametrize("value", PAYLOADS)
def test_the_text_of_a_value_is_never_looked_at_again(value):
    assert render("{{x}}", {"x": value, "secret": SECRET}) == value
    assert render("a{{x}}b{{x}}c", {"x": value, "secret": SECRET}) == f"a{value}b{value}c"
    assert render("{{x}}", {"x": Text(value), "secret": SECRET}) == value


@pytest.mark.parametrize(("left", "right"), [("{{sec", "ret}}"), ("{", "{secret}}"), ("{{", "}}")])
def test_two_values_side_by_side_make_no_expression(left, right):
    names = {"left": left, "right": right, "secret": SECRET}
    assert render("{{left}}{{right}}", names) == left + right


def test_a_value_next_to_braces_of_the_text_makes_no_expression():
    assert render("{{x}}secret}}", {"x": "{{", "secret": SECRET}) == "{{secret}}"


def test_an_expression_leaves_the_namespace_as_it_is():
    names = dict(NAMES)
    assert render("{{ (made := n) }}", names) == "3"
    assert names == NAMES
    assert "made" in str(refused("{{ (made := n) }}{{ made }}", names))


# -- What is refused ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "{{}}",
        "{{ }}",
        "{{ n = 1 }}",
        "{{ import os }}",
        "{{ n; n }}",
        "{{ n +\n n }}",
        "{{ animal!r }}",
        "{{ price:.2f }}",
        "{{ a b }}",
        "{{ for }}",
        "{{ yield }}",
        "{{ await n }}",
        "{{ *n }}",
        "{{ 'open }}",
        "{{ (n }}",
        "{{ n) }}",
        "{{ \0 }}",
        "{{ \ud800 }}",
        "{{ été le soir }}",
        "{{" + "(" * 5_000 + "}}",
        "{{" + "-" * 100_000 + "1}}",
        "{{" + "[" * 300 + "]" * 300 + "}}",
    ],
)
def test_what_is_no_expression_is_a_short_error_that_says_how_braces_are_written(text):
    error = refused(f"a fox {text} asleep")
    assert error.message.startswith("{{")
    assert error.message.endswith("is no Python expression.")
    assert len(error.message) < 100
    assert error.message.isprintable()
    assert '{{ "{{" }}' in error.advice


@pytest.mark.parametrize(
    ("text", "unknown", "hint"),
    [
        ("{{ anmal }}", "anmal", " Did you mean animal?"),
        ("{{ color }}", "color", " Did you mean colour?"),
        ("{{ Animal }}", "Animal", " Did you mean animal?"),
        ("{{ zzz }}", "zzz", ""),
        ("{{ anmal.name }}", "anmal", " Did you mean animal?"),
        ("{{ [anmal for _ in d] }}", "anmal", " Did you mean animal?"),
        ("a {{ animal }} {{ anmal }}", "anmal", " Did you mean animal?"),
    ],
)
def test_an_unknown_name_is_an_error_that_names_near_misses(text, unknown, hint):
    error = refused(text)
    assert error.message.endswith(f"there is no variable {unknown}.{hint}")
    assert error.advice == "Nothing was sent."


def test_names_that_nobody_wrote_are_no_near_misses():
    names = {"_anmal": 1, "__anmal__": 1, "_": 1, "": 1}
    assert "Did you mean" not in str(refused("{{ anmal }}", names))


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("d['x']", "KeyError: 'x'"),
        ("fails()", "KeyError: 'colour'"),
        ("animal.colour", "AttributeError: 'str' object has no attribute 'colour'"),
        ("n + animal", "TypeError: unsupported operand"),
        ("broken", "RuntimeError: no text"),
        ("int('x')", "ValueError: invalid literal"),
        ("(lambda f: f(f))(lambda f: f(f))", "RecursionError: maximum recursion depth"),
    ],
)
def test_an_expression_that_fails_is_an_error_with_its_cause(expression, why):
    error = refused(f"a {{{{ {expression} }}}}")
    assert f"failed: {why}" in error.message
    assert error.advice == "Nothing was sent."
    assert isinstance(error.__cause__, Exception)
    assert len(error._render_traceback_()) == 2


def test_an_error_is_one_of_ours_and_a_value_error_whatever_stands_in_it():
    evil = "{{ '\x1b[31m\u202e' + x }}"
    error = refused(evil)
    assert isinstance(error, AlphaNeuralError)
    assert isinstance(error, ValueError)
    assert error.message.isprintable()


def test_an_interrupt_inside_of_an_expression_is_an_interrupt():
    def stop():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        render("{{ stop() }}", {"stop": stop})


def test_the_first_wrong_expression_is_told_before_the_others_are_worked_out():
    asked = []
    refused("{{ nope }} {{ asked.append(1) }}", {"asked": asked})
    assert asked == []


# -- Large texts ----------------------------------------------------------------------------

LARGE = {
    "open": "{{" * 50_000,
    "closed": "}}" * 50_000,
    "open, then closed": "{{" * 25_000 + "}}" * 25_000,
    "one open, many closed": "{{" + "}}" * 50_000,
    "a quote": "{{'" + "}}" * 50_000,
    "a parenthesis": "{{(" + "}} x " * 20_000,
    "open with blanks": "{{ " * 16_000 + "}}" * 16_000,
    "open words": "{{a" * 30_000 + "}}",
    "nested quotes": "{{ '" * 20_000 + "' }}" * 20_000,
    "plain": "a fox " * 16_000,
}


@pytest.mark.parametrize("name", LARGE)
def test_a_hundred_kilobytes_of_braces_take_no_time(name):
    started = time.perf_counter()
    try:
        render(LARGE[name], {})
    except TemplateError as error:
        assert len(str(error)) < 300  # noqa: PT017 - some are plain text
    assert time.perf_counter() - started < 2


def test_ten_thousand_expressions_take_little_time():
    names = {**NAMES, **{f"name_{n}": n for n in range(1_000)}}
    started = time.perf_counter()
    assert render("{{animal}} " * 10_000, names) == "fox " * 10_000
    assert time.perf_counter() - started < 2
