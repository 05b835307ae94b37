import base64
import copy
import gc
import io
import pickle
import random
import subprocess
import sys
import weakref
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from conftest import posix_only
from IPython.core.formatters import DisplayFormatter
from PIL import Image, ImageDraw

from alphaneural_nb.errors import LibraryError
from alphaneural_nb.generation import Generation
from alphaneural_nb.library.library import Library
from alphaneural_nb.outcome import Cost, GeneratedImage, Problem, Usage
from alphaneural_nb.request import ImageRequest
from alphaneural_nb.show.preview import MOST_BYTES
from alphaneural_nb.show.words import place

COLOURS = [(210, 20, 20), (20, 160, 20), (20, 20, 210), (200, 190, 20)]
ID = "4f1c" * 8


def painted(colour, kind="PNG", size=(64, 48), mode="RGB"):
    output = io.BytesIO()
    Image.new("RGB", size, colour).convert(mode).save(output, kind)
    return output.getvalue()


def noise(size):
    output = io.BytesIO()
    pixels = random.Random(7).randbytes(size * size * 3)
    Image.frombytes("RGB", (size, size), pixels).save(output, "PNG", compress_level=0)
    return output.getvalue()


@pytest.fixture
def library(tmp_path):
    return Library(tmp_path / "library")


@pytest.fixture
def made(library):
    """Return what makes a generation of pictures that are kept."""

    def make(*contents, prompt="a fox", n=None, **facts):
        kept = [library.keep_picture(content, at, None) for at, content in enumerate(contents)]
        assert all(problem is None for _, problem in kept)
        known = {
            "id": ID,
            "request": ImageRequest(prompt=prompt, n=n),
            "model": "model-1",
            "items": tuple(item for item, _ in kept),
            "created": datetime(2026, 11, 3, tzinfo=UTC),
            "seconds": 12.3,
            "request_id": "req-1",
            "base_url": "https://x.example/v1",
            "kept_in": library.root,
        }
        return Generation(**{**known, **facts})

    return make


@pytest.fixture
def four(made):
    return made(*map(painted, COLOURS), n=4)


def colour(image):
    return image.convert("RGB").getpixel((0, 0))


# -- A sequence -----------------------------------------------------------------------------


def test_a_generation_is_a_sequence_of_pil_images(four):
    assert isinstance(four, Sequence)
    assert len(four) == 4
    assert bool(four)
    assert [colour(image) for image in four] == COLOURS
    assert [colour(image) for image in reversed(four)] == COLOURS[::-1]
    assert [colour(four[index]) for index in (0, 3, -1, -4)] == [COLOURS[at] for at in (0, 3, 3, 0)]
    assert all(isinstance(image, Image.Image) for image in four)


@pytest.mark.parametrize("index", [4, -5, 10**9])
def test_an_index_beyond_the_pictures_is_an_index_error(four, index):
    with pytest.raises(IndexError):
        four[index]


@pytest.mark.parametrize("index", ["0", 0.0, None, (0, 1)])
def test_an_index_that_is_no_number_is_a_type_error(four, index):
    with pytest.raises(TypeError):
        four[index]


@pytest.mark.parametrize(
    "part", [slice(1, 3), slice(None), slice(None, None, -1), slice(-2, 99), slice(9, 10)]
)
def test_a_slice_is_a_plain_list(four, part):
    images = four[part]
    assert type(images) is list
    assert [colour(image) for image in images] == COLOURS[part]


def test_images_is_the_whole_as_a_plain_list(four):
    assert type(four.images) is list
    assert [colour(image) for image in four.images] == COLOURS


def test_the_only_picture_is_image_and_of_several_none_is(made, four):
    assert colour(made(painted(COLOURS[0])).image) == COLOURS[0]
    with pytest.raises(ValueError, match="There are 4 pictures: take one by its index"):
        four.image  # noqa: B018 - the access is the test


def test_each_access_opens_a_picture_of_its_own(four):
    one, two = four[0], four[0]
    ImageDraw.Draw(one).rectangle((0, 0, 9, 9), "black")
    assert (colour(one), colour(two)) == ((0, 0, 0), COLOURS[0])


def test_pixels_stay_on_disk_until_a_picture_is_opened(made):
    generation = made(noise(600))
    assert len(pickle.dumps(generation)) < 3_000


# -- A value --------------------------------------------------------------------------------


def test_generations_with_equal_records_are_equal_and_share_a_hash(made):
    one, two = made(painted("red")), made(painted("red"))
    assert one == two
    assert hash(one) == hash(two)
    assert one != replace(one, seconds=1.0)
    assert one != made(painted("blue"))
    assert one != "a fox"
    assert len({one, two}) == 1


def test_a_generation_survives_a_pickle_and_a_copy(four):
    four.note_shown()
    for again in (pickle.loads(pickle.dumps(four)), copy.copy(four), copy.deepcopy(four)):
        assert again == four
        assert [colour(image) for image in again] == COLOURS


def test_a_generation_cannot_be_changed(four):
    with pytest.raises(AttributeError):
        four.items = ()


def test_the_repr_is_one_short_line_whatever_the_prompt(made):
    generation = made(painted("red"), prompt="a \x1b[31m\n" + "fox " * 1_000)
    assert repr(generation).startswith("<Generation 4f1c4f1c: 1 picture of 'a fox fox")
    assert repr(generation).isprintable()
    assert len(repr(generation)) < 120


def test_bytes_are_not_part_of_a_record_s_repr():
    item = GeneratedImage("PNG", 1, 1, "0", None, content=b"abcdef")
    assert "abcdef" not in repr(item)


# -- Saving ---------------------------------------------------------------------------------


def test_saved_files_are_byte_for_byte_as_they_came(four, tmp_path):
    paths = four.save(tmp_path / "a" / "b")
    assert [path.name for path in paths] == [f"a-fox-{index}.png" for index in range(4)]
    assert [path.read_bytes() for path in paths] == [item.bytes for item in four.items]


@pytest.mark.parametrize(
    ("kind", "suffix"), [("PNG", "png"), ("JPEG", "jpg"), ("WEBP", "webp"), ("GIF", "gif")]
)
def test_the_suffix_is_that_of_the_real_format(made, tmp_path, kind, suffix):
    generation = replace(made(painted("red", kind)), request=ImageRequest(prompt="x.exe"))
    assert generation.save(tmp_path)[0].name == f"x-exe-0.{suffix}"


def test_a_jpeg_of_several_pictures_is_a_jpeg(made, tmp_path):
    output = io.BytesIO()
    frame = Image.new("RGB", (64, 64))
    frame.save(output, "MPO", save_all=True, append_images=[frame])
    generation = made(output.getvalue())
    assert generation.items[0].format == "JPEG"
    assert generation.save(tmp_path)[0].suffix == ".jpg"
    assert replace(generation, inline="original").outputs()[0][0].keys() == {
        "image/jpeg",
        "text/plain",
    }


@posix_only
def test_saving_never_overwrites(made, tmp_path):
    generation = made(painted("red"))
    (tmp_path / "a-fox-0.png").write_bytes(b"mine")
    (tmp_path / "a-fox-0-2.png").symlink_to(tmp_path / "nowhere")
    names = [generation.save(tmp_path)[0].name for _ in range(2)]
    assert names == ["a-fox-0-3.png", "a-fox-0-4.png"]
    assert (tmp_path / "a-fox-0.png").read_bytes() == b"mine"
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize(
    ("prompt", "stem"),
    [
        ("A Fox, asleep!", "a-fox-asleep"),
        ("../../etc/passwd", "etc-passwd"),
        ("..\\..\\windows\\win.ini", "windows-win-ini"),
        ("/abs/olute", "abs-olute"),
        ("C:\\x:stream", "c-x-stream"),
        ("...", "picture"),
        (".hidden", "hidden"),
        ("狐狸", "picture"),
        ("été", "t"),
        ("CON", "con"),
        ("nul.png", "nul-png"),
        ("a\0b", "a-b"),
        ("a\nb", "a-b"),
        ("--rm -rf", "rm-rf"),
        ("%2e%2e%2f", "2e-2e-2f"),
        ("~root", "root"),
        ("$(reboot)", "reboot"),
        ("x" * 10_000, "x" * 48),
        ("word " * 2_000, "word-" * 9 + "wor"),
        ("x" * 47 + " y", "x" * 47),
    ],
)
def test_names_come_from_the_prompt_and_stay_in_the_folder(made, tmp_path, prompt, stem):
    folder = tmp_path / "out"
    (path,) = made(painted("red"), prompt=prompt).save(folder)
    assert path == folder / f"{stem}-0.png"
    assert list(folder.iterdir()) == [path]


def test_a_folder_may_be_text_with_a_tilde(four, monkeypatch, tmp_path):
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(tmp_path))
    assert four.save("~/out")[0].parent == tmp_path / "out"


@pytest.mark.parametrize("name", ["file", "file/below", "x" * 300])
def test_a_folder_that_cannot_be_written_is_a_library_error(four, tmp_path, name):
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(LibraryError, match=r"The pictures cannot be written to .*: [A-Z]"):
        four.save(tmp_path / name)


def test_an_error_about_a_folder_does_not_name_the_user(four, monkeypatch, tmp_path):
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(tmp_path))
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(LibraryError) as caught:
        four.save(tmp_path / "file")
    assert "to ~/file:" in str(caught.value)
    assert str(tmp_path) not in str(caught.value)


SAVE_ON_A_FULL_DISK = """
import pickle, resource, signal, sys
from pathlib import Path
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
generation = pickle.loads(Path(sys.argv[1]).read_bytes())
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
try:
    generation.save(sys.argv[2])
except OSError as error:
    print(type(error).__name__, error)
"""


@posix_only
def test_a_full_disk_leaves_no_torn_file(made, tmp_path):
    generation = made(painted("red"), noise(200))
    (tmp_path / "pickle").write_bytes(pickle.dumps(generation))
    command = [sys.executable, "-c", SAVE_ON_A_FULL_DISK, tmp_path / "pickle", tmp_path / "out"]
    answer = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert answer.startswith("LibraryError The pictures cannot be written to")
    (saved,) = (tmp_path / "out").iterdir()
    assert saved.read_bytes() == generation.items[0].bytes


# -- The library's file is gone or damaged --------------------------------------------------

USES = {
    "bytes": lambda generation: generation.items[0].bytes,
    "index": lambda generation: generation[0],
    "list": lambda generation: generation.images,
    "preview": lambda generation: generation.items[0].preview(),
    "sheet": lambda generation: generation.sheet(),
    "notebook": lambda generation: generation.outputs(),
    "original": lambda generation: replace(generation, inline="original").outputs(),
    "save": lambda generation: generation.save(generation.kept_in.parent / "out"),
}


@pytest.mark.parametrize("use", USES)
def test_a_picture_whose_file_is_gone_is_a_library_error_that_names_it(four, use):
    path = four.items[0].path
    path.unlink()
    with pytest.raises(LibraryError, match=f"cannot be read .*{path.name}"):
        USES[use](four)


def test_what_cannot_be_read_leaves_no_empty_file(four, tmp_path):
    four.items[0].path.unlink()
    with pytest.raises(LibraryError):
        four.save(tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize("damage", [b"", b"not a picture", painted("red")[:-40]])
@pytest.mark.parametrize("use", ["preview", "sheet", "notebook"])
def test_a_damaged_picture_is_a_library_error(four, use, damage):
    four.items[0].path.write_bytes(damage)
    with pytest.raises(LibraryError, match="The picture's file cannot be used: it "):
        USES[use](four)


def test_a_picture_that_no_disk_took_is_there_all_the_same(tmp_path):
    content = painted("red")
    item = GeneratedImage("PNG", 64, 48, "0", None, content)
    assert item.bytes == content
    assert colour(item.open()) == (255, 0, 0)


# -- In a notebook --------------------------------------------------------------------------


def displayed(value):
    return DisplayFormatter().format(value)


def images_in(data):
    return [kind for kind in data if kind.startswith("image/")]


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (noise(1100), "image/jpeg"),
        (painted("red", "JPEG"), "image/jpeg"),
        (painted("red", "WEBP"), "image/jpeg"),
        (painted("red", "GIF"), "image/jpeg"),
        (painted((9, 9, 9), mode="LA"), "image/jpeg"),
    ],
)
def test_a_picture_as_a_last_line_is_one_light_image(made, content, kind):
    data, metadata = displayed(made(content)[0])
    assert images_in(data) == [kind]
    assert len(base64.b64decode(data[kind])) <= MOST_BYTES
    assert metadata[kind].keys() == {"width", "height"}
    assert data["text/plain"].startswith("[picture · ")


def test_what_is_drawn_on_a_picture_is_shown(four):
    image = four[0]
    ImageDraw.Draw(image).rectangle((0, 0, 64, 48), (0, 0, 255))
    image.thumbnail((32, 32))
    data, _ = displayed(image)
    shown = Image.open(io.BytesIO(base64.b64decode(data["image/jpeg"])))
    assert shown.size == (32, 24)
    assert colour(shown)[2] > 250
    assert data["text/plain"] == "[picture · 32×24]"


DERIVED = {
    "resize": lambda image: image.resize((9, 9)),
    "crop": lambda image: image.crop((0, 0, 9, 9)),
    "convert": lambda image: image.convert("L"),
    "copy": lambda image: image.copy(),
    "copy.copy": copy.copy,
    "rotate": lambda image: image.rotate(9),
    "pickle": lambda image: pickle.loads(pickle.dumps(image)),
}


@pytest.mark.parametrize("derive", DERIVED)
def test_what_is_derived_from_a_picture_is_plain_pil(four, derive):
    data, _ = displayed(DERIVED[derive](four[0]))
    assert "image/png" in data
    assert not data["text/plain"].startswith("[picture")


def test_a_picture_is_freed_with_its_last_name(four):
    image = four[0]
    image.load()
    displayed(image)
    gone = weakref.ref(image)
    gc.disable()
    try:
        del image
        assert gone() is None
    finally:
        gc.enable()


def test_several_pictures_are_one_contact_sheet(four):
    ((data, _),) = four.outputs()
    assert images_in(data) == ["image/jpeg"]
    # Outside of a notebook nothing can be shown, so the files are named.
    assert data["text/plain"].splitlines() == [place(item.path) for item in four.items]
    assert max(four.sheet().size) <= 1024


def test_four_pictures_of_noise_make_a_cell_of_at_most_400_kb(made):
    content = noise(1024)
    generation = made(*[content + bytes([n]) for n in range(4)], n=4)
    outputs = [generation.caption.bundle(), *(data for data, _ in generation.outputs())]
    assert sum(len(value) for output in outputs for value in output.values()) < 400_000


def test_the_original_bytes_are_shown_when_asked_for(made):
    contents = [painted("red"), painted("blue", "JPEG"), painted("teal", "WEBP")]
    generation = made(*contents, inline="original")
    shown = [data for data, _ in generation.outputs()]
    assert [images_in(data) for data in shown] == [["image/png"], ["image/jpeg"], ["image/jpeg"]]
    for data, content in zip(shown[:2], contents[:2], strict=True):
        assert base64.b64decode(data[images_in(data)[0]]) == content


def test_a_generation_without_pictures_shows_none(made):
    assert made().outputs() == []
    assert "0 of 2 pictures" in made(n=2).caption.line


def test_outside_of_ipython_it_still_displays_when_asked(four, capsys):
    four._ipython_display_()
    assert "model-1 · 4 pictures" in capsys.readouterr().out


# -- The caption ----------------------------------------------------------------------------


def test_the_caption_says_what_was_asked_what_came_and_what_it_cost(four, library):
    generation = replace(four, cost=Cost(0.21, "service"), notes=("wide is 64x48 here",))
    assert generation.caption.line == (
        "model-1 · 4 pictures · 64×48 · 12 s · $0.21 (service) · wide is 64x48 here"
        f" · kept in {library.root}"
    )
    assert generation.caption.prompt == "a fox"


def test_one_picture_is_not_counted_and_an_unknown_cost_is_said(made):
    line = made(painted("red")).caption.line
    assert line.startswith("model-1 · 64×48 · 12 s · cost unknown · kept in ")


def test_the_sandbox_is_named_first_and_costs_nothing(made):
    words = "sandbox (no key set, nothing was sent)"
    line = made(painted("red"), sandbox=words).caption.line
    assert line.startswith(f"{words} · model-1 · 64×48 · 12 s · kept in")


@pytest.mark.parametrize(
    ("came", "asked", "problems", "counted"),
    [
        (3, 4, ["refused"], "3 of 4 pictures · refused"),
        (1, 1, ["not kept, the disk refused it"], "1 picture · not kept, the disk refused it"),
        (4, 4, ["Its record could not be written"], "4 pictures · Its record could not be written"),
        (0, 1, ["refused"], "0 of 1 picture · refused"),
        (2, None, [], "2 pictures"),
        (2, 4, ["one", "two"], "2 of 4 pictures · one"),
    ],
)
def test_what_is_missing_is_counted_and_said(made, came, asked, problems, counted):
    contents = [painted(colour) for colour in COLOURS[:came]]
    generation = made(*contents, n=asked, problems=tuple(map(Problem, problems)))
    assert f"model-1 · {counted} · " in generation.caption.line


def test_the_details_have_revised_prompts_once_files_problems_and_the_request(four):
    items = tuple(replace(item, revised_prompt="a red fox") for item in four.items)
    generation = replace(four, items=items, problems=(Problem("a pity", 1, "https://x"),))
    labels = [label for label, _ in generation.caption.details]
    assert labels == ["revised prompt", "file", "file", "file", "file", "problem", "request"]
    assert ("request", "req-1") in generation.caption.details
    assert ("problem", "a pity") in generation.caption.details


def test_pictures_that_no_disk_took_are_not_said_to_be_kept(made):
    generation = made(painted("red"))
    lost = tuple(replace(item, path=None, content=item.bytes) for item in generation.items)
    assert generation.caption.line.endswith(f"kept in {generation.kept_in}")
    for other in (replace(generation, items=lost), replace(generation, kept_in=None)):
        assert other.caption.line.endswith("not kept")


@pytest.mark.parametrize(
    ("cost", "text"),
    [
        (Cost(), "cost unknown"),
        (Cost(0.0, "service"), "$0.00 (service)"),
        (Cost(0.211, "service"), "$0.21 (service)"),
        (Cost(0.042, "service"), "$0.042 (service)"),
        (Cost(0.00021, "service"), "$0.00021 (service)"),
        (Cost(0.0000123, "service"), "$0.000012 (service)"),
        (Cost(12, "service"), "$12.00 (service)"),
        (Cost(1234.5, "service"), "$1234.50 (service)"),
    ],
)
def test_a_cost_is_written_in_dollars_with_its_source(cost, text):
    assert str(cost) == text


def test_usage_is_tokens():
    assert Usage(1, 2, 3).total_tokens == 3


def test_a_problem_is_its_sentence():
    assert str(Problem("a pity", 1, "https://x", Path("/x"))) == "a pity"


@posix_only
def test_memory_is_needed_for_one_bomb_at_a_time(library):
    import resource

    output = io.BytesIO()
    Image.new("L", (7000, 7000)).save(output, "PNG")
    kept = [library.keep_picture(output.getvalue() + bytes([n]), n, None)[0] for n in range(6)]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    generation = Generation(
        id=ID,
        request=ImageRequest(prompt="x", n=6),
        model=None,
        items=tuple(kept),
        created=datetime.now(UTC),
        seconds=1,
        request_id="",
        base_url="",
    )
    generation.outputs()
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 150_000
