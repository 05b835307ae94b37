"""What a cell shows, binds and refuses, in a real kernel in front of a real server."""

import base64
import json

import pytest

SMALL = "--quiet -m dall-e-2 -s 256x256"
"""Flags of a picture that is there at once, for tests that only look at what is sent."""


def pictures(execution):
    return [one for one in execution.outputs if _image_types(one)]


def _image_types(output):
    return [mime for mime in output.get("data", {}) if mime.startswith("image/")]


def captions(execution):
    return [one["data"]["text/plain"] for one in execution.outputs if "text/html" in one["data"]]


def sent(sandbox):
    return [one for one in sandbox.ledger()["requests"] if one["method"] == "POST"]


def test_a_cell_shows_its_caption_then_one_light_picture(kernel):
    done = kernel.run("%%imagine\na red fox asleep on a stack of old books\n")
    assert done.status == "ok"
    caption, picture = done.outputs
    assert "gpt-image-2 · 1024×1024 · " in caption["data"]["text/plain"]
    assert "kept in " in caption["data"]["text/plain"]
    assert _image_types(picture) == ["image/jpeg"]
    assert len(base64.b64decode(picture["data"]["image/jpeg"])) <= 270_000
    assert picture["metadata"]["image/jpeg"].keys() == {"width", "height"}


def test_the_prompt_can_be_read_in_the_caption_and_means_nothing_there(kernel):
    done = kernel.run("%%imagine\n<script>alert(1)</script> & a fox\n")
    html = done.outputs[0]["data"]["text/html"]
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; a fox" in html
    assert "<script" not in html


def test_several_pictures_are_one_contact_sheet(kernel):
    done = kernel.run("%imagine -n 4 --size landscape a fox")
    assert len(pictures(done)) == 1
    assert "4 pictures · 1536×1024" in captions(done)[0]
    assert pictures(done)[0]["data"]["text/plain"] == "[4 pictures · a fox]"


@pytest.mark.parametrize(
    "code",
    [
        "%imagine a fox",
        "x = %imagine a fox",
        "x = %imagine a fox\nx",
        "x = %imagine a fox\nx.images[0].size\nNone",
        "for _i in range(1):\n    %imagine a fox",
        "%%imagine\na fox",
        "%%imagine name =<<\na fox",
        "%imagine name =<< a fox",
        "from alphaneural_nb import imagine\nimagine('a fox')",
    ],
)
def test_a_picture_is_on_screen_exactly_once(kernel, code):
    done = kernel.run(code)
    assert done.status == "ok"
    assert len(pictures(done)) == 1
    assert len(captions(done)) == 1


def test_each_round_of_a_loop_shows_its_picture(kernel):
    done = kernel.run("for what in ('fox', 'cat', 'owl'):\n    %imagine a {{what}}")
    assert len(pictures(done)) == 3


@pytest.mark.parametrize(
    "code",
    [
        "%%imagine name <<\na fox",
        "%imagine name << a fox",
        "%imagine --quiet a fox",
        "x = %imagine --quiet a fox",
        "y = imagine('a fox')",
    ],
)
def test_a_silent_form_shows_nothing(kernel, code):
    kernel.run("from alphaneural_nb import imagine")
    assert kernel.run(code).outputs == []


def test_a_bound_name_is_shown_whenever_a_later_cell_asks(kernel):
    kernel.run("%imagine kept << a fox")
    for _ in range(2):
        assert len(pictures(kernel.run("kept"))) == 1
    assert len(pictures(kernel.run("_"))) == 1


def test_the_last_result_is_at_hand_as_underscore(kernel):
    kernel.run("%imagine a fox")
    done = kernel.run("type(_).__name__, _[0].size")
    assert "('Generation', (1024, 1024))" in done.text


def test_one_picture_as_a_last_line_is_one_light_image(kernel):
    kernel.run("%imagine g << -n 2 a fox")
    done = kernel.run("g[0]")
    assert [_image_types(one) for one in done.outputs] == [["image/jpeg"]]
    assert len(base64.b64decode(done.outputs[0]["data"]["image/jpeg"])) <= 270_000


def test_what_is_made_from_a_picture_is_plain_pil(kernel):
    kernel.run("%imagine g << a fox")
    done = kernel.run("small = g[0].resize((8, 8)); '_repr_mimebundle_' in vars(small)")
    assert "False" in done.text


def test_transparency_is_a_png_in_the_notebook(kernel):
    done = kernel.run("%imagine --background transparent -m gpt-image-1 a minimal owl logo")
    assert [_image_types(one) for one in pictures(done)] == [["image/png"]]


def test_original_bytes_pass_through_untouched_when_asked_for(kernel):
    kernel.run("%config ImagineMagics.inline = 'original'")
    done = kernel.run("g = %imagine a fox")
    kernel.run("%config ImagineMagics.inline = None")
    shown = base64.b64decode(pictures(done)[0]["data"]["image/png"])
    digest = kernel.run("import hashlib; print(g.items[0].sha256)").text.strip()
    import hashlib

    assert hashlib.sha256(shown).hexdigest() == digest


@pytest.mark.parametrize(
    "prompt",
    [
        "what is this?",
        "what is this??",
        "a fox's tail",
        'a "quoted" fox and \\n a backslash',
        '{"a": [1, {"b": 2}]} as a poster',
        "{x} and $HOME and %d",
        "models on a catwalk",
        "help me draw a cat",
        "a cat; a dog;",
        "naïve café, 狐, 🦊",
        "#hashtag",
        "a = b",
    ],
)
@pytest.mark.parametrize(
    "how", [f"%imagine {SMALL} {{}}", f"x = %imagine {SMALL} {{}}", f"%%imagine {SMALL}\n{{}}"]
)
def test_a_prompt_arrives_as_it_is_written(kernel, sandbox, how, prompt):
    done = kernel.run(how.replace("{}", prompt))
    assert done.status == "ok", done.text
    assert sent(sandbox)[-1]["prompt"] == prompt


def test_a_prompt_in_an_indented_block_may_be_a_question(kernel, sandbox):
    kernel.run(f"if True:\n    %imagine {SMALL} who goes there?\n    after = 1")
    assert sent(sandbox)[-1]["prompt"] == "who goes there?"
    assert "1" in kernel.run("after").text


def test_a_question_mark_alone_still_asks_for_help(kernel, sandbox):
    before = len(sent(sandbox))
    done = kernel.run("%imagine?")
    assert done.status == "ok"
    assert len(sent(sandbox)) == before


def test_help_shows_flags_and_examples(kernel):
    text = kernel.run(
        "from IPython.core.oinspect import getdoc\n"
        "print(getdoc(get_ipython().find_cell_magic('imagine')))"
    ).text
    assert "--quality" in text
    assert "%%imagine foxes =<< -n 4 -s wide" in text
    assert "--quality" in kernel.run("%imagine help").text
    assert "--quality" in kernel.run("%imagine --help").text


def test_an_expression_is_replaced_once_by_its_value(kernel, sandbox):
    kernel.run("colour = 'red {{1/0}}'; animals = ['fox', 'owl']")
    kernel.run(f"%%imagine {SMALL}\na " + "{{colour}} {{animals[1].upper()}} {single}")
    assert sent(sandbox)[-1]["prompt"] == "a red {{1/0}} OWL {single}"


def test_an_expression_in_a_flag_and_in_a_function_sees_local_names(kernel, sandbox):
    kernel.run(f"def draw(animal, count):\n    %imagine {SMALL} " + "-n {{count}} a {{animal}}\n")
    kernel.run("draw('heron', 2)")
    assert sent(sandbox)[-1]["prompt"] == "a heron"
    assert sent(sandbox)[-1]["n"] == 2


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("%imagine --sise wide a fox", "--size"),
        ("%imagine --qual low a fox", "--quality"),
        ("%imagine a fox -n 2", "before"),
        ("%imagine a fox --size=wide", "--"),
        ("%imagine -n 0 a fox", "1 or more"),
        ("%imagine -n two a fox", "whole number"),
        ("%imagine -n", "needs a value"),
        ('%imagine --param a={"b": a fox', "not JSON"),
        ("%imagine --param seed=euler a fox", '"euler"'),
        ("%imagine --timeout -1 a fox", "--timeout"),
        ("%imagine", "prompt is empty"),
        ("%%imagine -n 2\n   \n", "prompt is empty"),
        ("%%imagine a fox\nin the snow", "below its line"),
        ("%imagine history", "later version"),
        ("%imagine status -n 2", "takes no flags"),
        ("%imagine form --quiet", "not --quiet"),
    ],
)
def test_a_bad_line_is_a_usage_error_before_anything_is_sent(kernel, sandbox, code, says):
    before = len(sent(sandbox))
    done = kernel.run(code)
    assert done.status == "error"
    assert "UsageError" in done.text
    assert says in done.text
    assert len(done.text.strip().splitlines()) == 1
    assert len(sent(sandbox)) == before


def test_an_unknown_variable_is_an_error_that_names_a_near_one(kernel, sandbox):
    kernel.run("colour = 'red'")
    before = len(sent(sandbox))
    done = kernel.run("%imagine a {{color}} fox")
    assert done.error.ename == "TemplateError"
    assert "colour" in done.error.evalue
    assert len(sent(sandbox)) == before


def test_flags_after_two_dashes_are_prompt(kernel, sandbox):
    kernel.run(f"%imagine {SMALL} -- --size is a flag -n")
    assert sent(sandbox)[-1]["prompt"] == "--size is a flag -n"


@pytest.mark.parametrize(
    ("flag", "value"),
    [
        ('--param tag="a {{what}}"', "a fox"),
        ("--param seed={{number}}", 7),
        ("--param tag={{what}}", "fox"),
        ('--param deep={"a": ["{{what}}", 1]}', {"a": ["fox", 1]}),
        ("--param some={{ {'a': [1]}['a'] }}", [1]),
    ],
)
def test_an_expression_in_a_parameter_is_replaced(kernel, flag, value):
    kernel.run("what, number = 'fox', 7")
    text = kernel.run(f"%imagine --dry-run {flag} a fox").text
    body = json.loads(text[text.index("{") : text.rindex("}") + 1])
    assert list(body.values())[-1] == value


def test_only_what_the_user_set_is_sent(kernel):
    done = kernel.run('%imagine --dry-run -m gpt-image-1 -n 2 --param moderation="low" a fox')
    body = done.text[done.text.index("{") : done.text.rindex("}") + 1]
    assert json.loads(body) == {
        "model": "gpt-image-1",
        "prompt": "a fox",
        "n": 2,
        "moderation": "low",
    }


def test_a_dry_run_sends_nothing(kernel, sandbox):
    before = len(sent(sandbox))
    assert "Nothing was sent." in kernel.run("%imagine --dry-run -s wide a fox").text
    assert len(sent(sandbox)) == before


@pytest.mark.parametrize(
    ("prompt", "flags", "ename", "says"),
    [
        ("[moderated] a fox", "", "ContentRefused", "safety system"),
        ("a fox", "-m no-such-model", "NotFoundError", "no-such-model"),
        ("a fox", "-m dall-e-3 -s 7x7", "BadRequestError", "Nearest: 1024x1024"),
        ("a fox", "-m gpt-image-1 --style vivid", "BadRequestError", "--style"),
        ("a fox", "-m gpt-image-1 --response-format url", "BadRequestError", "--response-format"),
        ("a fox", "-m dall-e-3 -n 2", "BadRequestError", "n"),
        ("[filtered] a fox", "", "NoImageReturned", "filtered"),
        ("[broken] a fox", "", "InternalServerError", "may have been charged"),
    ],
)
def test_a_refusal_is_a_real_error_in_two_or_three_lines(kernel, prompt, flags, ename, says):
    done = kernel.run(f"%imagine {flags} {prompt}")
    assert done.status == "error"
    assert done.error.ename == ename
    shown = "\n".join(done.error.traceback)
    assert says in shown
    assert 2 <= len(shown.splitlines()) <= 3
    assert "request " in shown
    assert pictures(done) == []


def test_a_named_size_is_turned_into_pixels_and_said_so(kernel):
    done = kernel.run("%imagine -m dall-e-3 -s wide a fox")
    assert "wide is 1792×1024 here" in captions(done)[0]


def test_a_revised_prompt_is_in_the_caption(kernel):
    done = kernel.run("%imagine -m dall-e-3 a fox")
    assert "revised prompt" in done.outputs[0]["data"]["text/html"]


def test_loading_twice_registers_once_and_unloading_takes_all_back(kernel):
    kernel.run("%reload_ext alphaneural_nb\n%load_ext alphaneural_nb")
    once = kernel.run(
        "ip = get_ipython()\n"
        "print(len([c for c in ip.configurables if type(c).__name__ == 'ImagineMagics']),"
        " sum(t.__name__ == 'ImagineQuestion'"
        " for t in ip.input_transformer_manager.token_transformers))"
    )
    assert once.text.split() == ["1", "1"]
    kernel.run("%unload_ext alphaneural_nb")
    assert "not found" in kernel.run("%imagine a fox").text
    kernel.run("%load_ext alphaneural_nb")
    assert len(pictures(kernel.run("%imagine a fox"))) == 1


def test_config_lists_defaults_and_never_a_key(kernel, sandbox):
    text = kernel.run("%config ImagineMagics").text
    assert "ImagineMagics.quality" in text
    assert sandbox.api_key not in text
    kernel.run("%config ImagineMagics.size = 'portrait'")
    done = kernel.run("%imagine a fox")
    kernel.run("%config ImagineMagics.size = None")
    assert "1024×1536" in captions(done)[0]


def test_status_names_the_masked_key_and_where_it_came_from(kernel, sandbox):
    text = kernel.run("%imagine status").text
    assert "ALPHANEURAL_API_KEY" in text
    assert sandbox.base_url in text
    assert sandbox.api_key not in text


def test_models_lists_image_models_only(kernel):
    text = kernel.run("%imagine models").text
    assert "gpt-image-2" in text
    assert "gpt-4o-mini" not in text


def test_the_form_starts_with_the_flags_and_the_defaults(kernel):
    kernel.run("%config ImagineMagics.quality = 'low'")
    done = kernel.run("f = %imagine form -n 4 -s wide")
    kernel.run("%config ImagineMagics.quality = None")
    assert done.status == "ok", done.text
    kernel.run("f.prompt = 'a fox'; f.generate()")
    kernel.wait_until(lambda: kernel.run("f.is_running").text == "False", 20)
    asked = kernel.run("f.generation.request.options")
    assert asked.text == "{'n': 4, 'size': '1536x864', 'quality': 'low'}"


def test_await_works_in_a_cell(kernel):
    done = kernel.run("from alphaneural_nb import aimagine\nr = await aimagine('a fox')\nr")
    assert done.status == "ok"
    assert len(pictures(done)) == 1
