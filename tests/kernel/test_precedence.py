"""What the magics, the form and Tab go by: %config, then configure(), then the environment."""

import base64

import pytest
from fault_server import FaultServer, draws, lists, picture
from kernel_client import Kernel


@pytest.fixture
def services():
    """One service for each way to name one; each lists a model of its own."""
    models = {"environment": "dall-e-2", "configure": "dall-e-3", "config": "gpt-image-1"}
    with (
        FaultServer([draws()], models=lists(models["environment"])) as first,
        FaultServer([draws()], models=lists(models["configure"])) as second,
        FaultServer([draws()], models=lists(models["config"])) as third,
    ):
        yield dict(zip(models, (first, second, third), strict=True))


@pytest.fixture
def kernel(services, tmp_path):
    environment = {
        "ALPHANEURAL_BASE_URL": services["environment"].base_url,
        "ALPHANEURAL_API_KEY": "sk-precedence-Zp3Wd8Ym2Qz6",
        "ALPHANEURAL_HOME": str(tmp_path),
    }
    with Kernel(environment) as running:
        running.run("%load_ext alphaneural_nb\nimport alphaneural_nb as an")
        yield running


def asked(services):
    """Return how many requests each service got since the start."""
    return {name: len(server.requests) for name, server in services.items()}


def works(kernel, code):
    done = kernel.run(code)
    assert done.status == "ok", done
    return done


def configure(kernel, services):
    works(kernel, f"an.configure(base_url={services['configure'].base_url!r})")


def config(kernel, services):
    works(kernel, f"%config ImagineMagics.base_url = {services['config'].base_url!r}")


def draw_with_form(kernel):
    works(kernel, "form = %imagine form\nform.prompt = 'a fox'\nform.generate()")
    kernel.wait_until(lambda: kernel.run("form.is_running").text == "False", 10)
    assert kernel.run("len(form.generations)").text == "1"


def test_magics_go_where_configure_says(kernel, services):
    works(kernel, "%imagine a fox")
    assert asked(services) == {"environment": 1, "configure": 0, "config": 0}
    configure(kernel, services)
    works(kernel, "%imagine a fox")
    works(kernel, "%%imagine\na fox")
    draw_with_form(kernel)
    assert asked(services) == {"environment": 1, "configure": 3, "config": 0}
    works(kernel, "an.configure(base_url=None)\n%imagine a fox")
    assert asked(services) == {"environment": 2, "configure": 3, "config": 0}


def test_config_wins_over_configure_for_magics_and_their_form(kernel, services):
    configure(kernel, services)
    config(kernel, services)
    works(kernel, "%imagine a fox")
    works(kernel, "%%imagine\na fox")
    draw_with_form(kernel)
    assert asked(services) == {"environment": 0, "configure": 0, "config": 3}
    assert services["config"].base_url in works(kernel, "%imagine status").text


def test_tab_offers_the_models_of_the_service_that_config_names(kernel, services):
    configure(kernel, services)
    works(kernel, "%imagine models")
    assert "dall-e-3" in kernel.complete("%imagine --model ")
    config(kernel, services)
    works(kernel, "%imagine models")
    offered = kernel.complete("%imagine --model ")
    assert "gpt-image-1" in offered
    assert "dall-e-3" not in offered


@pytest.mark.parametrize(
    ("way", "back"),
    [
        ("an.configure(inline='original')", "an.configure(inline=None)"),
        ("%config ImagineMagics.inline = 'original'", "%config ImagineMagics.inline = None"),
    ],
)
@pytest.mark.parametrize("code", ["%imagine a fox", "%%imagine\na fox"])
def test_magics_store_the_original_bytes_when_that_is_set(kernel, way, back, code):
    def shown():
        outputs = works(kernel, code).outputs
        return [output["data"]["image/png"] for output in outputs if "image/png" in output["data"]]

    assert shown() == []
    works(kernel, way)
    assert [base64.b64decode(one) for one in shown()] == [picture()]
    works(kernel, back)
    assert shown() == []
