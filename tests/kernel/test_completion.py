"""Tab in a real kernel."""

import pytest


def complete(kernel, code):
    return kernel.complete(code)


@pytest.fixture(scope="module")
def ipython(kernel):
    return int(kernel.run("import IPython; print(IPython.version_info[0])").text)


def test_flags_are_offered(kernel, ipython):
    offered = complete(kernel, "%%imagine --qu")
    assert {"--quality", "--quiet"} <= set(offered)
    assert len(offered) == 2 or ipython < 8
    assert "--size" in complete(kernel, "%imagine --s")


def test_models_are_offered_before_any_were_listed(kernel):
    assert "gpt-image-2" in complete(kernel, "%%imagine --model gpt-im")


def test_models_come_from_the_last_list_and_not_from_the_network(kernel, sandbox):
    kernel.run("%imagine --quiet -s 256x256 -m dall-e-2 a fox\n%imagine models")
    asked = len(sandbox.ledger()["requests"])
    assert complete(kernel, "%%imagine --model flux") == ["flux-schnell"]
    assert len(sandbox.ledger()["requests"]) == asked


def test_values_are_offered_after_their_flag(kernel, ipython):
    if ipython < 8:
        # IPython 7 cuts words at hyphens and has no way to say otherwise.
        assert "wide" in complete(kernel, "%imagine --size wi")
        return
    assert complete(kernel, "%imagine --size wi") == ["wide"]
    assert complete(kernel, "%imagine -n 2 --size=la") == ["landscape"]
    assert complete(kernel, "pictures = %imagine -q hi") == ["high"]


def test_nothing_of_ours_is_offered_inside_a_prompt(kernel):
    assert "--size" not in complete(kernel, "%imagine a red ")
    assert "status" not in complete(kernel, "%imagine a st")


def test_python_is_completed_as_ever_elsewhere(kernel):
    assert "print" in complete(kernel, "x = 1\npri")


def test_commands_are_offered_first(kernel, ipython):
    if ipython >= 8:
        assert "status" in complete(kernel, "%imagine st")
