import errno
import hashlib
import io
import json
import os
import random
import signal
import stat
import subprocess
import sys
import zlib
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from conftest import posix_only
from PIL import Image

from alphaneural_nb.errors import LibraryError
from alphaneural_nb.generation import Generation
from alphaneural_nb.library import store
from alphaneural_nb.library.library import Library
from alphaneural_nb.outcome import Cost, Problem, Usage
from alphaneural_nb.request import ImageRequest

ID = "4f1c" * 8
URL = "https://x.example/v1"
REQUEST = ImageRequest(prompt="a fox, né 🦊 \u202e\ud800", n=2, param={"seed": [1]})
NOW = datetime(2026, 11, 3, 23, 59, tzinfo=UTC)


def painted(seed=7, kind="PNG", size=(80, 60), mode="RGB"):
    chance, output = random.Random(seed), io.BytesIO()
    Image.frombytes("RGB", size, chance.randbytes(size[0] * size[1] * 3)).convert(mode).save(
        output, kind
    )
    return output.getvalue()


def files(root):
    return sorted(path for path in root.rglob("*") if not path.is_dir())


def names(root):
    return [path.relative_to(root).as_posix() for path in files(root)]


def named_by(content):
    sha256 = hashlib.sha256(content).hexdigest()
    return f"{sha256[:2]}/{sha256}"


def made(library, *contents, **facts):
    kept = [library.keep_picture(content, at, "revised") for at, content in enumerate(contents)]
    known = {
        "id": ID,
        "request": REQUEST,
        "model": "m",
        "items": tuple(item for item, _ in kept if item),
        "problems": tuple(problem for _, problem in kept if problem),
        "created": NOW,
        "seconds": 12.34567,
        "request_id": "req-1",
        "base_url": URL,
    }
    return Generation(**{**known, **facts})


@pytest.fixture
def library(tmp_path):
    return Library(tmp_path / "library")


# -- A request, note, answer, record --------------------------------------------------------


def test_a_request_is_noted_before_it_is_sent_and_the_record_takes_the_note_s_place(library):
    library.intend(ID, REQUEST, URL)
    assert names(library.root) == [f"intents/{ID}.json"]
    picture = painted()
    assert library.keep_record(made(library, picture)) is None
    assert names(library.root) == [
        f"generations/2026/11/{ID}.json",
        f"images/{named_by(picture)}.png",
        f"thumbs/{named_by(picture)}.jpg",
    ]


def test_a_note_says_what_was_asked_where_and_that_it_was_sent(library):
    library.intend(ID, REQUEST, URL)
    note = json.loads((library.root / "intents" / f"{ID}.json").read_text())
    asked = datetime.fromisoformat(note.pop("asked"))
    assert abs((datetime.now(UTC) - asked).total_seconds()) < 60
    assert note == {
        "id": ID,
        "base_url": URL,
        "prompt": REQUEST.prompt,
        "options": {"n": 2, "param": {"seed": [1]}},
        "state": "sent, not yet answered",
    }


def test_a_request_that_was_never_sent_leaves_nothing(library):
    library.intend(ID, REQUEST, URL)
    library.forget(ID)
    library.forget(ID)
    assert names(library.root) == []


def test_a_doubtful_request_stays_with_its_reason(library):
    library.intend(ID, REQUEST, URL)
    library.doubt(ID, "stopped after 6 s")
    note = json.loads((library.root / "intents" / f"{ID}.json").read_text())
    assert (note["state"], note["reason"]) == ("may have been charged", "stopped after 6 s")
    assert note["prompt"] == REQUEST.prompt


@pytest.mark.parametrize("damage", [None, b"", b"{", b"\xff\xfe", b"x" * 99])
def test_doubt_about_a_note_that_is_gone_or_damaged_raises_nothing(library, damage):
    library.intend(ID, REQUEST, URL)
    path = library.root / "intents" / f"{ID}.json"
    path.write_bytes(damage) if damage is not None else path.unlink()
    library.doubt(ID, "x")


def test_the_record_is_complete_and_can_be_read_without_us(library):
    problem = Problem("not fetched", 1, "https://x.example/1.png?sig=1")
    pictures = made(library, painted(1), painted(2, "JPEG"))
    generation = replace(
        pictures,
        problems=(problem,),
        usage=Usage(1, 2, 3),
        cost=Cost(0.21, "service"),
        notes=("wide is 1536x864 here",),
    )
    assert library.keep_record(generation) is None
    text = (library.root / "generations" / "2026" / "11" / f"{ID}.json").read_bytes()
    assert text.isascii()
    record = json.loads(text)
    assert record == {
        "id": ID,
        "created": "2026-11-03T23:59:00+00:00",
        "fingerprint": REQUEST.fingerprint(URL),
        "prompt": REQUEST.prompt,
        "options": {"n": 2, "param": {"seed": [1]}},
        "model": "m",
        "base_url": URL,
        "request_id": "req-1",
        "seconds": 12.346,
        "usage": {"input_tokens": 1, "output_tokens": 2, "total_tokens": 3},
        "cost_usd": 0.21,
        "cost_source": "service",
        "notes": ["wide is 1536x864 here"],
        "images": record["images"],
        "problems": [
            {"message": "not fetched", "index": 1, "url": problem.url, "file": None},
        ],
    }
    for image, item in zip(record["images"], generation.items, strict=True):
        assert (library.root / image["file"]).read_bytes() == item.bytes
        assert hashlib.sha256(item.bytes).hexdigest() == image["sha256"] == item.sha256
        assert (image["format"], image["width"], image["height"]) == (item.format, 80, 60)
        assert image["revised_prompt"] == "revised"


def test_the_record_names_files_from_the_library_s_folder_so_that_it_may_move(library, tmp_path):
    generation = made(library, painted(), b"no picture")
    library.keep_record(generation)
    library.root.rename(tmp_path / "moved")
    (path,) = (tmp_path / "moved" / "generations").rglob("*.json")
    record = json.loads(path.read_text())
    for entry in (*record["images"], *record["problems"]):
        assert (tmp_path / "moved" / entry["file"]).is_file()


# -- Pictures -------------------------------------------------------------------------------

KINDS = {
    "PNG": painted(),
    "JPEG": painted(kind="JPEG"),
    "WEBP": painted(kind="WEBP"),
    "GIF": painted(kind="GIF"),
    "PNG with alpha": painted(mode="RGBA"),
    "palette": painted(mode="P"),
    "1 bit": painted(mode="1"),
    "16 bits": painted(mode="I;16"),
    "CMYK": painted(kind="JPEG", mode="CMYK"),
    "1 pixel": painted(size=(1, 1)),
    "a line": painted(size=(1, 5000)),
    "large": painted(kind="JPEG", size=(900, 700)),
    "a PNG with a page behind it": painted() + b"<script>alert(1)</script>",
}


@pytest.mark.parametrize("name", KINDS)
def test_a_picture_is_kept_byte_for_byte_with_a_small_one(library, name):
    content = KINDS[name]
    item, problem = library.keep_picture(content, 0, "revised")
    assert problem is None
    assert item.path.read_bytes() == item.bytes == content
    assert item.path.stem == item.sha256 == hashlib.sha256(content).hexdigest()
    assert item.content is None
    assert item.revised_prompt == "revised"
    small = Image.open(library.root / "thumbs" / f"{named_by(content)}.jpg")
    small.load()
    assert (small.format, small.mode) == ("JPEG", "RGB")
    assert max(small.size) <= 384


def test_a_small_picture_of_sixteen_bits_is_not_white(library):
    output = io.BytesIO()
    Image.new("I;16", (500, 500), 0x4000).save(output, "PNG")
    library.keep_picture(output.getvalue(), 0, None)
    small = Image.open(library.root / "thumbs" / f"{named_by(output.getvalue())}.jpg")
    assert abs(small.getpixel((9, 9))[0] - 0x40) <= 2


NO_PICTURES = {
    "text": b"a fox",
    "HTML": b"<!doctype html>x",
    "SVG": b"<svg/>",
    "nothing": b"",
    "EPS": b"%!PS-Adobe-3.0 EPSF-3.0\n",
}


@pytest.mark.parametrize("name", NO_PICTURES)
def test_bytes_that_are_no_picture_are_kept_and_the_problem_says_where(library, name):
    content = NO_PICTURES[name]
    item, problem = library.keep_picture(content, 3, None)
    assert item is None
    assert problem.path == library.root / "images" / f"{named_by(content)}.bin"
    assert problem.path.read_bytes() == content
    assert problem.index == 3
    assert str(problem.path) in problem.message
    assert library.keep_bytes(content) == problem.path


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_a_torn_picture_is_kept_under_its_kind_and_the_problem_says_so(library, kind):
    content = painted(kind=kind, size=(200, 200))[:700]
    item, problem = library.keep_picture(content, 0, None)
    assert item is None
    assert problem.message.startswith("What came is not a whole picture: it ")
    assert problem.path.read_bytes() == content
    assert problem.path.suffix in {".png", ".jpg", ".webp", ".gif"}


def test_a_picture_that_breaks_the_decoder_in_its_own_way_is_kept_and_a_problem(library):
    # Pillow raises an IndexError for a colour profile without a byte.
    odd = painted()[:-12] + chunk(b"iCCP", b"") + painted()[-12:]
    item, problem = library.keep_picture(odd, 0, None)
    assert item is None
    assert problem.path.read_bytes() == odd
    assert "not a whole picture" in problem.message


def chunk(kind, data):
    return len(data).to_bytes(4) + kind + data + zlib.crc32(kind + data).to_bytes(4)


PNG_CHUNKS = b"IHDR PLTE IDAT IEND tRNS gAMA cHRM sRGB iCCP tEXt zTXt iTXt pHYs eXIf acTL fcTL fdAT"


def with_a_chunk(content, chance):
    """Insert a chunk with a good checksum between two others, or in the place of one."""
    at, bounds = 8, [8]
    while at < len(content):
        at += 12 + int.from_bytes(content[at : at + 4])
        bounds.append(at)
    k = chance.randrange(len(bounds))
    start = bounds[k]
    end = start if chance.random() < 0.7 or k + 1 == len(bounds) else bounds[k + 1]
    new = chunk(
        chance.choice(PNG_CHUNKS.split()), chance.randbytes(chance.choice((0, 0, 1, 4, 13)))
    )
    return content[:start] + new + content[end:]


def with_a_segment(content, chance):
    """Insert a JPEG segment of any kind behind the first marker."""
    data = chance.choice((b"", b"Exif\0\0", b"ICC_PROFILE\0", b"MPF\0", b"Adobe"))
    data += chance.randbytes(chance.choice((0, 1, 8, 20)))
    return (
        content[:2]
        + bytes([0xFF, chance.randrange(0xC0, 0xFF)])
        + bytes((len(data) + 2).to_bytes(2))
        + data
        + content[2:]
    )


def with_other_bytes(content, chance):
    found = bytearray(content)
    for _ in range(chance.randrange(1, 8)):
        found[chance.randrange(min(len(found), chance.choice((40, 400, 10**6))))] = (
            chance.randrange(256)
        )
    return bytes(found)


def cut(content, chance):
    return content[: chance.randrange(len(content))]


def with_a_hole(content, chance):
    start = chance.randrange(len(content))
    return content[:start] + content[start + chance.randrange(1, 40) :]


def mutated(content, kind, chance):
    changes = [with_other_bytes, cut, with_a_hole]
    own = {"PNG": with_a_chunk, "JPEG": with_a_segment}.get(kind)
    changes += [own] * 4 if own else []
    for change in chance.choices(changes, k=chance.choice((1, 1, 2))):
        content = change(content, chance) or content
    return content


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_no_damage_to_a_picture_raises_anything_or_loses_its_bytes(library, kind):
    chance, outcomes = random.Random(kind), set()
    whole = [painted(seed, kind, size=(24, 20)) for seed in range(4)]
    for k in range(500):
        content = mutated(whole[k % 4], kind, chance)
        try:
            item, problem = library.keep_picture(content, 0, None)
        except Exception as error:  # noqa: BLE001 - whatever it is, the bytes that raise it are needed
            pytest.fail(f"{type(error).__name__}: {error} for round {k}: {content.hex()}")
        outcomes.add(item is None)
        assert (item is None) is (problem is not None)
        assert (item or problem).path.read_bytes() == content
    assert outcomes == {True, False}


def test_the_same_picture_twice_is_one_file_that_is_not_written_again(library):
    item, _ = library.keep_picture(painted(), 0, None)
    before = item.path.stat().st_ino
    again, problem = library.keep_picture(painted(), 1, None)
    assert problem is None
    assert again == item
    assert again.path.stat().st_ino == before


@pytest.mark.parametrize("damage", [b"", b"torn", bytes(len(painted())), painted() + b"more"])
def test_a_kept_file_that_was_damaged_is_written_anew(library, damage):
    item, _ = library.keep_picture(painted(), 0, None)
    item.path.write_bytes(damage)
    again, _ = library.keep_picture(painted(), 0, None)
    assert again.path.read_bytes() == painted()


# -- The disk refuses -----------------------------------------------------------------------


def blocked(path):
    """Put a file where a folder should be; also root cannot write below it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("in the way")


@pytest.mark.parametrize("where", ["", "intents"])
def test_a_library_that_cannot_be_written_is_an_error_before_anything_is_sent(library, where):
    blocked(library.root / where if where else library.root)
    with pytest.raises(LibraryError) as caught:
        library.intend(ID, REQUEST, URL)
    assert "The library cannot be written" in caught.value.message
    assert "Nothing was sent." in caught.value.advice
    assert caught.value.charged == "no"


@posix_only
def test_a_root_that_no_disk_can_have_is_the_same_error(tmp_path):
    for root in (Path("/proc/nowhere"), tmp_path / ("x" * 300), tmp_path / "a\nb" / ("y" * 4200)):
        with pytest.raises(LibraryError):
            Library(root).intend(ID, REQUEST, URL)


def test_a_disk_without_room_for_the_pictures_is_an_error_before_anything_is_sent(library):
    room = store.room(library.root.parent)
    greedy = ImageRequest(prompt="a fox", n=room // 30_000_000 + 100)
    with pytest.raises(LibraryError, match=r"only \d+ MB are free"):
        library.intend(ID, greedy, URL)
    assert names(library.root) == []


def test_a_picture_that_no_disk_takes_is_handed_over_with_its_bytes(library):
    blocked(library.root / "images")
    item, problem = library.keep_picture(painted(), 2, None)
    assert (item.path, item.content) == (None, painted())
    assert item.open().size == (80, 60)
    assert problem.index == 2
    assert problem.message.startswith("not kept, the disk refused it (Not a directory)")


def test_what_is_no_picture_and_no_disk_takes_is_a_problem_all_the_same(library):
    blocked(library.root / "images")
    item, problem = library.keep_picture(b"a fox", 2, None)
    assert item is None
    assert problem.path is None
    assert "the disk refused it" in problem.message
    assert library.keep_bytes(b"a fox") is None


def test_a_thumbnail_that_no_disk_takes_is_no_problem(library):
    blocked(library.root / "thumbs")
    item, problem = library.keep_picture(painted(), 0, None)
    assert problem is None
    assert item.bytes == painted()


def test_a_record_that_no_disk_takes_is_a_problem_and_the_note_stays(library):
    library.intend(ID, REQUEST, URL)
    blocked(library.root / "generations")
    problem = library.keep_record(made(library, painted()))
    assert problem.message == "Its record could not be written (Not a directory)"
    assert (library.root / "intents" / f"{ID}.json").is_file()


def test_pictures_without_a_file_have_a_record_all_the_same(library):
    blocked(library.root / "images")
    assert library.keep_record(made(library, painted())) is None
    (path,) = (library.root / "generations").rglob("*.json")
    assert json.loads(path.read_text())["images"][0]["file"] is None


KEEP = """
import json, os, resource, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from alphaneural_nb.generation import Generation
from alphaneural_nb.library.library import Library
from alphaneural_nb.request import ImageRequest

def keep(root, content, id="4f1c" * 8):
    library, request = Library(Path(root)), ImageRequest(prompt="a fox")
    library.intend(id, request, "u")
    item, problem = library.keep_picture(content, 0, None)
    unrecorded = library.keep_record(Generation(
        id=id, request=request, model=None, items=(item,), created=datetime.now(UTC),
        seconds=1, request_id="r", base_url="u"))
    return item, problem, unrecorded
"""

FAIL_AT = """
watched = {"open", "os.mkdir", "os.rename", "os.remove", "os.listdir", "os.scandir"}
content, count = Path(sys.argv[2]).read_bytes(), 0

def watch(event, arguments):
    # The interpreter itself tells of each file operation, and an error raised here is its error.
    global count
    reads = event == "open" and not (arguments[2] or 0) & (os.O_WRONLY | os.O_RDWR)
    if event in watched and root in str(arguments) and not reads:
        count += 1
        if count == k:
            raise OSError(error, os.strerror(error))

keep(f"{sys.argv[1]}/first", content)  # everything is imported once
for error in map(int, sys.argv[3:]):
    for k in range(1, 100):
        root = f"{sys.argv[1]}/{error}-{k}"
        child = os.fork()
        if child:
            if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]):
                break
            continue
        sys.addaudithook(watch)
        try:
            item, problem, unrecorded = keep(root, content)
            facts = [item.bytes == content, bool(item.path), str(problem), str(unrecorded)]
        except Exception as failure:
            facts = [type(failure).__name__, False, "", ""]
        print(json.dumps([root, *facts]), flush=True)
        os._exit(count < k)
"""


@posix_only
def test_a_failure_of_any_one_file_operation_loses_and_tears_nothing(tmp_path):
    (tmp_path / "picture").write_bytes(painted())
    errors = (errno.ENOSPC, errno.EIO, errno.EDQUOT, errno.EROFS, errno.EMFILE, errno.EACCES)
    command = [sys.executable, "-c", KEEP + FAIL_AT, tmp_path, tmp_path / "picture"]
    done = subprocess.run([*command, *map(str, errors)], capture_output=True, text=True, check=True)
    outcomes = []
    for root, handed, is_kept, problem, unrecorded in map(json.loads, done.stdout.splitlines()):
        check_whole(Path(root))
        records = list(Path(root, "generations").rglob("[!.]*.json"))
        has_note = Path(root, "intents", f"{ID}.json").is_file()
        if handed == "LibraryError":
            outcomes.append("not sent")
            assert not has_note
            continue
        outcomes.append((is_kept, bool(records)))
        assert handed is True
        assert is_kept == (problem == "None")
        assert records or (has_note and "could not be written" in unrecorded)
    assert len(outcomes) >= len(errors) * 12
    assert set(outcomes) == {"not sent", (False, True), (True, False), (True, True)}


def check_whole(root):
    """Every file under its own name is whole."""
    for path in files(root):
        if path.name.startswith("."):
            continue
        content = path.read_bytes()
        if path.suffix == ".json":
            assert json.loads(content)["id"]
        elif path.parent.parent.name == "images":
            assert hashlib.sha256(content).hexdigest() == path.stem
        else:
            Image.open(io.BytesIO(content)).load()


FULL = """
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), int(sys.argv[3])))
content = Path(sys.argv[2]).read_bytes()
try:
    item, problem, unrecorded = keep(sys.argv[1], content)
    print(json.dumps([item.bytes == content, bool(item.path), str(problem), str(unrecorded)]))
except Exception as error:
    print(json.dumps([type(error).__name__]))
"""


@posix_only
@pytest.mark.parametrize(
    ("room", "expected"),
    [
        (0, ["LibraryError"]),
        (100, ["LibraryError"]),
        (
            1_500,
            [True, False, "not kept, the disk refused it (File too large); save it now", "None"],
        ),
        (100_000, [True, True, "None", "None"]),
    ],
)
def test_a_full_disk_tears_no_file_and_loses_no_picture(tmp_path, room, expected):
    (tmp_path / "picture").write_bytes(painted())
    command = [sys.executable, "-c", KEEP + FULL, tmp_path / "l", tmp_path / "picture", str(room)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == expected
    check_whole(tmp_path / "l")
    assert not [name for name in names(tmp_path / "l") if Path(name).name.startswith(".")]


# -- Kills ----------------------------------------------------------------------------------

STORM = """
import random, time
content, chance = Path(sys.argv[2]).read_bytes(), random.Random(7)
keep(sys.argv[1], content)  # everything is imported once

def write():
    for turn in range(10**9):
        new = content + f"{os.getpid()} {turn // 2}".encode()  # each picture twice
        keep(sys.argv[1], new, f"{os.getpid():016x}{turn:016x}")

def count(pattern):
    return len(list(Path(sys.argv[1]).rglob(pattern)))

rounds, deadline = 0, time.monotonic() + 60
while rounds < 40 or count("generations/**/*.json") <= 80 or count("intents/*.json") <= 10:
    assert time.monotonic() < deadline
    rounds += 1
    writers = [os.fork() or write() for _ in range(2)]
    for writer in writers:
        time.sleep(chance.uniform(0, 0.03))  # the moment of the kill, at random
        os.kill(writer, signal.SIGKILL)
        os.waitpid(writer, 0)
"""


@posix_only
def test_a_storm_of_kills_leaves_every_file_whole_or_absent(tmp_path):
    root = tmp_path / "library"
    (tmp_path / "picture").write_bytes(painted())
    command = [sys.executable, "-c", KEEP + STORM, root, tmp_path / "picture"]
    subprocess.run(command, check=True)
    check_whole(root)
    records = {path.stem for path in (root / "generations").rglob("[!.]*.json")}
    notes = {path.stem for path in (root / "intents").glob("[!.]*.json")}
    assert len(records) > 80
    assert len(notes) > 10
    for path in (root / "intents").glob("[!.]*.json"):
        assert json.loads(path.read_text())["state"] == "sent, not yet answered"
    for path in (root / "generations").rglob("[!.]*.json"):
        (image,) = json.loads(path.read_text())["images"]
        assert (root / image["file"]).is_file()


TWO = """
content = Path(sys.argv[2]).read_bytes()
print("ready", flush=True)
sys.stdin.readline()
for turn in range(50):
    new = content + str(turn).encode()
    item, problem, unrecorded = keep(sys.argv[1], new, f"{os.getpid():016x}{turn:016x}")
    assert (problem, unrecorded) == (None, None)
    assert item.bytes == new
"""


def test_two_kernels_that_keep_the_same_pictures_do_not_disturb_each_other(tmp_path):
    root = tmp_path / "library"
    (tmp_path / "picture").write_bytes(painted())
    command = [sys.executable, "-c", KEEP + TWO, root, tmp_path / "picture"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    kernels = [subprocess.Popen(command, **pipes) for _ in range(2)]
    assert [kernel.stdout.readline() for kernel in kernels] == [b"ready\n"] * 2
    for kernel in kernels:
        kernel.stdin.write(b"\n")
        kernel.stdin.flush()
    for kernel in kernels:
        kernel.communicate()
    assert [kernel.returncode for kernel in kernels] == [0, 0]
    check_whole(root)
    counts = {name: len(files(root / name)) for name in ("generations", "images", "intents")}
    assert counts == {"generations": 100, "images": 50, "intents": 0}


# -- Other people of the same machine -------------------------------------------------------


@posix_only
@pytest.mark.parametrize("umask", [0, 0o022, 0o077])
def test_folders_and_files_are_for_the_user_alone_whatever_the_umask(tmp_path, umask):
    before = os.umask(umask)
    try:
        library = Library(tmp_path / "new" / "library")
        library.intend(ID, REQUEST, URL)
        library.keep_record(made(library, painted(), b"no picture"))
        library.intend("5" * 32, REQUEST, URL)
    finally:
        os.umask(before)
    found = [tmp_path / "new", *(tmp_path / "new").rglob("*")]
    modes = {(path.is_dir(), stat.S_IMODE(path.stat().st_mode)) for path in found}
    assert modes == {(True, 0o700), (False, 0o600)}


@posix_only
def test_a_planted_link_is_replaced_and_its_victim_stays(library, tmp_path):
    victim = tmp_path / "victim"
    victim.write_text("mine")
    picture = painted()
    planted = [
        library.root / "images" / f"{named_by(picture)}.png",
        library.root / "thumbs" / f"{named_by(picture)}.jpg",
        library.root / "intents" / f"{ID}.json",
        library.root / "generations" / "2026" / "11" / f"{ID}.json",
    ]
    for link in planted:
        link.parent.mkdir(parents=True)
        link.symlink_to(victim)
    library.intend(ID, REQUEST, URL)
    assert not planted[2].is_symlink()
    assert library.keep_record(made(library, picture)) is None
    assert victim.read_text() == "mine"
    assert not any(link.is_symlink() for link in planted)
    check_whole(library.root)


@posix_only
def test_a_temporary_file_is_never_written_through_a_link(tmp_path):
    victim, link = tmp_path / "victim", tmp_path / "link"
    victim.write_text("mine")
    link.symlink_to(victim)
    for path in (link, victim):
        with pytest.raises(FileExistsError):
            store._write_new(path, b"theirs")
    assert victim.read_text() == "mine"


@posix_only
def test_a_planted_pipe_stops_nobody(library):
    path = library.root / "images" / f"{named_by(painted())}.png"
    path.parent.mkdir(parents=True)
    os.mkfifo(path)
    item, problem = library.keep_picture(painted(), 0, None)
    assert problem is None
    assert item.bytes == painted()


def test_a_folder_in_a_file_s_place_is_a_problem_and_no_bytes_are_lost(library):
    (library.root / "images" / f"{named_by(painted())}.png").mkdir(parents=True)
    item, problem = library.keep_picture(painted(), 0, None)
    assert item.bytes == painted()
    assert "the disk refused it" in problem.message
    assert names(library.root / "images") == []


# -- Writing one file -----------------------------------------------------------------------


@posix_only
def test_a_failed_write_leaves_the_old_file_and_no_other(tmp_path):
    import resource

    path = tmp_path / "a"
    store.write(path, b"old")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, before[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            store.write(path, bytes(1000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)
    assert [(entry.name, entry.read_bytes()) for entry in tmp_path.iterdir()] == [("a", b"old")]


@posix_only
def test_a_file_is_replaced_at_once(tmp_path):
    path = tmp_path / "deep" / "er" / "a"
    store.write(path, b"old")
    reader = path.open("rb")
    store.write(path, b"new")
    with reader:
        assert reader.read() == b"old"
    assert path.read_bytes() == b"new"


def test_removing_what_is_gone_is_no_error_and_what_cannot_be_removed_is(tmp_path):
    store.remove(tmp_path / "nothing")
    with pytest.raises(OSError, match=r"directory|permitted"):
        store.remove(tmp_path)


def test_the_room_of_a_disk_is_a_number_of_bytes(tmp_path):
    assert store.room(tmp_path) > 1_000_000


# -- The key --------------------------------------------------------------------------------


def test_the_key_is_in_no_file_of_a_library(in_sandbox, tmp_path):
    import alphaneural_nb

    alphaneural_nb.imagine("a fox", n=2, user="me", param={"seed": 7})
    found = files(tmp_path / "library")
    assert len(found) == 5
    for path in found:
        assert in_sandbox.api_key.encode() not in path.read_bytes()
        assert in_sandbox.api_key not in str(path)
