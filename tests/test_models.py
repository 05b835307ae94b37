import math
import re
from itertools import product

import pytest

from alphaneural_nb.errors import SettingsError
from alphaneural_nb.service.models import (
    NAMED_RATIOS,
    _catalogue,
    default_model,
    families,
    family,
    fit_size,
    is_image_model,
    size_advice,
)

EXAMPLES = {
    "dall-e-2": ["dall-e-2", "openai/dall-e-2", "DALL-E-2"],
    "dall-e-3": ["dall-e-3", "azure/dall-e-3", "azure/standard/dall-e-3", "dall-e-3-hd"],
    "gpt-image-1": ["gpt-image-1", "gpt-image-1-mini", "gpt-image-1.5", "chatgpt-image-latest",
                    "openai/gpt-image-1"],
    "gpt-image-2": ["gpt-image-2", "gpt-image-2-2026-04-21", "azure_ai/gpt-image-2",
                    "gpt-image-2.5-pro"],
    "imagen": ["imagen-4.0-generate-001", "vertex_ai/imagen-4.0-ultra-generate-001", "imagen"],
}  # fmt: skip
UNKNOWN = ["flux-1", "my-own-model", "sdxl", "gemini-3-pro-image", "", None, "x/", "/", "né"]


def said_of(size, pixels):
    """Return the note: a size that is another shape than was asked for is only the nearest."""
    names = {"square": "1:1", "landscape": "3:2", "portrait": "2:3", "wide": "16:9", "tall": "9:16"}
    across, down = map(int, names.get(size.lower(), size).split(":"))
    width, height = map(int, pixels.split("x"))
    is_it = abs(math.log(width / height / (across / down))) < 0.05
    return (
        f"{size} is {shown(pixels)} here" if is_it else f"nearest to {size}: {shown(pixels)} here"
    )


def shown(pixels):
    return pixels.replace("x", "×")


# -- Families -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "model"), [(name, model) for name, models in EXAMPLES.items() for model in models]
)
def test_a_model_belongs_to_its_family_by_the_last_part_of_its_id(name, model):
    assert family(model).name == name


@pytest.mark.parametrize("model", UNKNOWN)
def test_an_unknown_model_has_no_family(model):
    assert family(model) is None


def test_every_family_of_the_catalogue_has_sizes_and_an_example():
    assert [one.name for one in families()] == list(EXAMPLES)
    for one in families():
        assert all(size == "auto" or re.fullmatch(r"\d+x\d+", size) for size in one.sizes)
        assert one.pixel_sizes


# -- Sizes ----------------------------------------------------------------------------------

SIZES = {
    "dall-e-2": {"square": "1024x1024", "landscape": "1024x1024", "portrait": "1024x1024",
                 "wide": "1024x1024", "tall": "1024x1024", "1:1": "1024x1024"},
    "dall-e-3": {"square": "1024x1024", "landscape": "1792x1024", "portrait": "1024x1792",
                 "wide": "1792x1024", "tall": "1024x1792", "16:9": "1792x1024", "5:4": "1024x1024",
                 "1:10": "1024x1792"},
    "gpt-image-1": {"square": "1024x1024", "landscape": "1536x1024", "portrait": "1024x1536",
                    "wide": "1536x1024", "tall": "1024x1536", "3:2": "1536x1024"},
    "gpt-image-2": {"square": "1024x1024", "landscape": "1536x1024", "portrait": "1024x1536",
                    "wide": "1536x864", "tall": "864x1536", "16:9": "1536x864", "21:9": "1536x656",
                    "1:1": "1024x1024", "4:3": "1536x1152", "9:1": "1536x512", "1:99": "512x1536"},
    "imagen": {"square": "1024x1024", "landscape": "1280x896", "portrait": "896x1280",
               "wide": "1792x1024", "tall": "1024x1792", "16:9": "1792x1024"},
}  # fmt: skip
TABLE = [(model, size, to) for model, sizes in SIZES.items() for size, to in sizes.items()]


@pytest.mark.parametrize(("model", "size", "to"), TABLE)
def test_a_named_size_or_ratio_becomes_what_the_model_takes_and_is_said(model, size, to):
    assert fit_size(size, model) == (to, said_of(size, to))
    listed = family(model)
    assert listed.any_size or to in listed.sizes


@pytest.mark.parametrize("name", NAMED_RATIOS)
@pytest.mark.parametrize("model", EXAMPLES)
def test_every_family_has_a_size_for_every_name_in_any_writing(model, name):
    pixels, said = fit_size(name, model)
    assert fit_size(name.upper(), model)[0] == pixels
    assert said == said_of(name, pixels)
    across, down = NAMED_RATIOS[name]
    width, height = map(int, pixels.split("x"))
    assert (width - height) * (across - down) >= 0  # never lying for standing


@pytest.mark.parametrize(
    "size",
    [None, "auto", "1024x1024", "7x7", "4K", "", "16:0", "0:9", "1:1:1", "16/9", "wider", "16:9000",
     "a:b", "-1:2"],
)  # fmt: skip
@pytest.mark.parametrize("model", [*EXAMPLES, "my-own-model", None])
def test_any_other_size_is_sent_as_it_is_and_nothing_is_said(model, size):
    assert fit_size(size, model) == (size, "")


@pytest.mark.parametrize(("size", "to"), SIZES["gpt-image-2"].items())
def test_for_an_unknown_model_the_size_is_a_guess_and_said_to_be_one(size, to):
    pixels, said = fit_size(size, "my-own-model")
    assert pixels == to
    guess = ", a guess: the sizes of my-own-model are not known"
    assert said == said_of(size, to) + guess
    assert fit_size(size, None)[1].endswith("the sizes of this model are not known")


def test_a_computed_size_is_one_that_gpt_image_2_takes():
    for across, down in product(range(1, 60), repeat=2):
        pixels, _ = fit_size(f"{across}:{down}", "gpt-image-2")
        width, height = map(int, pixels.split("x"))
        assert width % 16 == height % 16 == 0
        assert 655_360 <= width * height <= 8_294_400
        assert 1 / 3 <= width / height <= 3
        assert (width - height) * (across - down) >= 0


def test_advice_lists_what_a_model_takes_and_the_nearest_size():
    assert size_advice("7x7", "dall-e-3") == (
        "dall-e-3 makes 1024x1024, 1792x1024 or 1024x1792. Nearest: 1024x1024."
    )
    assert size_advice("1000x500", "dall-e-3").endswith("Nearest: 1792x1024.")
    assert size_advice("100x101", "gpt-image-2") == (
        "gpt-image-2 makes any size in steps of 16 pixels. Nearest: 1520x1536."
    )
    assert size_advice("0x7", "dall-e-2") == "dall-e-2 makes 256x256, 512x512 or 1024x1024."
    assert size_advice(None, "dall-e-2") == size_advice("huge", "dall-e-2")
    assert size_advice("7x7", "my-own-model") == ""


# -- Which models make pictures -------------------------------------------------------------

PICTURES = [
    *(model for models in EXAMPLES.values() for model in models),
    "gemini-2.5-flash-image", "gemini/gemini-3-pro-image-preview", "nano-banana", "flux-1.1-pro",
    "black-forest-labs/FLUX.1-schnell", "fal_ai/fal-ai/flux-pro/v1.1", "stability/sd3-large",
    "stable-diffusion-xl-base-1.0", "bedrock/stability.stable-image-ultra-v1:0", "sdxl-turbo",
    "doubao-seedream-4-0", "qwen-image", "z-image-turbo", "recraft/recraftv3", "ideogram-v3",
    "grok-imagine-image", "xai/grok-2-image", "amazon.titan-image-generator-v2:0",
    "amazon.nova-canvas-v1:0", "cogview-4", "kolors", "hidream-i1",
]  # fmt: skip
OTHERS = [
    "gpt-5.2", "gpt-4o", "gpt-4o-mini", "claude-opus-4-5", "gemini-3-pro", "llama-4-maverick",
    "text-embedding-3-large", "whisper-1", "tts-1-hd", "gpt-4o-audio-preview", "gpt-realtime",
    "omni-moderation-latest", "sora-2", "veo-3.1-generate-001", "vertex_ai/veo-2.0",
    "multimodal-embedding-image-1", "rerank-v3.5", "gpt-4-vision", "mistral-ocr-latest",
    "imagine", "influx-chat", "reflux", "my-own-model", "", "wan2.5-t2i-video",
]  # fmt: skip
ROWS = [
    "*", "openai/*", "dall-e-*", "gpt-image-1*", "1024-x-1024/dall-e-2", "hd/1024-x-1792/dall-e-3",
    "low/1024-x-1024/gpt-image-1", "azure/high/1536-x-1024/gpt-image-1.5",
    "aiml/standard/512-x-512/flux", "1024-x-1024/50-steps/stability.stable-diffusion-xl-v1",
    "512-x-512/max-steps/stability.stable-diffusion-xl-v0", "max-x-max/50-steps/stability.sdxl",
]  # fmt: skip


@pytest.mark.parametrize("model", PICTURES)
def test_an_image_model_is_known_by_its_name(model):
    assert is_image_model(model)
    assert is_image_model(model, "image_generation")
    assert is_image_model(model, "chat")  # LiteLLM calls some Flux deployments chat models


@pytest.mark.parametrize("model", OTHERS)
def test_a_model_for_something_else_is_no_image_model(model):
    assert not is_image_model(model)
    assert not is_image_model(model, "chat")


def test_a_model_of_any_name_is_an_image_model_when_the_service_says_so():
    assert is_image_model("my-own-model", "image_generation")


@pytest.mark.parametrize("row", ROWS)
def test_a_row_of_a_price_table_or_a_wildcard_is_no_model(row):
    assert not is_image_model(row)
    assert not is_image_model(row, "image_generation")


# -- The default ----------------------------------------------------------------------------

ORDER = [
    "gpt-image-2", "gpt-image-2.5", "gpt-image-1.5", "gpt-image-1", "chatgpt-image-latest",
    "gemini-3-pro-image", "imagen-4", "flux-1", "qwen-image", "dall-e-3", "dall-e-2",
]  # fmt: skip


@pytest.mark.parametrize("first", range(len(ORDER)))
def test_the_default_is_the_first_of_the_catalogue_s_order_that_the_key_may_use(first):
    allowed = ["gpt-5.2", "*", *reversed(ORDER[first:]), "sora-2"]
    assert default_model(allowed) == ORDER[first]
    assert default_model(iter(allowed)) == ORDER[first]


def test_every_place_of_the_order_is_tested():
    assert len(_catalogue()["order"]) == len(ORDER)


@pytest.mark.parametrize(
    ("models", "chosen"),
    [
        (["gpt-image-2-2026-04-21", "gpt-image-2.5"], "gpt-image-2-2026-04-21"),
        (["openai/gpt-image-2", "gpt-image-1"], "openai/gpt-image-2"),
        (["GPT-Image-2"], "GPT-Image-2"),
        (["dall-e-2", "1024-x-1024/dall-e-3", "gpt-image-*"], "dall-e-2"),
        (["influx-chat", "flux-dev"], "flux-dev"),
    ],
)
def test_the_default_is_named_as_the_service_names_it(models, chosen):
    assert default_model(models) == chosen


@pytest.mark.parametrize("models", [OTHERS, ROWS, ["gpt-5.2"], ["hidream-i1"]])
def test_without_a_known_image_model_the_error_lists_the_candidates(models):
    with pytest.raises(SettingsError) as caught:
        default_model(models)
    assert ", ".join(models[:12]) in caught.value.message
    assert "-m ID" in caught.value.advice
    assert "ALPHANEURAL_IMAGE_MODEL" in caught.value.advice


def test_an_empty_list_of_models_is_said_to_be_empty():
    with pytest.raises(SettingsError, match="none at all"):
        default_model([])


def test_a_list_of_thousands_is_cut():
    with pytest.raises(SettingsError) as caught:
        default_model([f"chat-{n}" for n in range(5_000)])
    assert len(str(caught.value)) < 400
