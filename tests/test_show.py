import base64
import io
import random
import struct
import zlib
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from PIL import Image, ImageChops, PngImagePlugin

from alphaneural_nb.show.bundle import Caption, nothing, picture
from alphaneural_nb.show.picture import (
    FORMATS,
    MOST_PIXELS,
    decode,
    has_transparency,
    open_picture,
    sniff,
)
from alphaneural_nb.show.preview import LONGEST, MOST_BYTES, Preview, fit, preview
from alphaneural_nb.show.sheet import contact_sheet
from alphaneural_nb.show.text import clean, escape
from alphaneural_nb.show.words import count, duration, place

CHANNELS = {"RGB": 3, "RGBA": 4, "L": 1, "LA": 2, "CMYK": 4, "P": 1, "I;16": 2}
RANDOM = random.Random(7)


def noise(mode, width, height=None):
    """The picture that compresses worst."""
    height = height or width
    return Image.frombytes(mode, (width, height), RANDOM.randbytes(width * height * CHANNELS[mode]))


def encoded(image, kind="PNG", **options):
    output = io.BytesIO()
    image.save(output, kind, **options)
    return output.getvalue()


def opened(shown):
    image = Image.open(io.BytesIO(shown.content))
    image.load()
    assert image.size == (shown.width, shown.height)
    assert Image.MIME[image.format] == shown.mime
    return image


def previewed(content):
    return preview(decode(content, LONGEST))


def chunk(kind, content):
    size, check = len(content), zlib.crc32(kind + content)
    return struct.pack(">I", size) + kind + content + struct.pack(">I", check)


def packed(size):
    """A megabyte and more of zeros in a kilobyte."""
    return zlib.compress(bytes(size), 9)


def png(width, height, *chunks, depth=8, colour=2):
    """A PNG by hand, whatever it claims."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(chunks) + chunk(b"IEND", b"")


def pixels(width, height, channels=3):
    return chunk(b"IDAT", zlib.compress((b"\0" + b"\0" * width * channels) * height, 9))


def animated(kind, *frames, **options):
    return encoded(frames[0], kind, save_all=True, append_images=frames[1:], **options)


# -- Previews -------------------------------------------------------------------------------

PALETTE = noise("RGB", 700).quantize(200)

WORST = {
    "noise, 1024": lambda: encoded(noise("RGB", 1024), compress_level=0),
    "noise, 4096": lambda: encoded(noise("RGB", 4096), compress_level=0),
    "noise with alpha, 1024": lambda: encoded(noise("RGBA", 1024), compress_level=0),
    "noise with alpha, 1600": lambda: encoded(noise("RGBA", 1600), compress_level=0),
    "grey": lambda: encoded(noise("L", 720)),
    "grey with alpha": lambda: encoded(noise("LA", 720)),
    "16 bits": lambda: encoded(noise("I;16", 720)),
    "1 bit": lambda: encoded(noise("L", 720).convert("1")),
    "palette": lambda: encoded(PALETTE),
    "palette, one colour transparent": lambda: encoded(PALETTE, transparency=3),
    "palette, every colour half": lambda: encoded(PALETTE, transparency=bytes(range(200))),
    "a transparent colour": lambda: encoded(Image.new("RGB", (720, 600)), transparency=(0, 0, 0)),
    "JPEG": lambda: encoded(noise("RGB", 2400), "JPEG", quality=100),
    "JPEG, CMYK": lambda: encoded(noise("CMYK", 720), "JPEG", quality=95),
    "JPEG, grey": lambda: encoded(noise("L", 720), "JPEG", quality=95),
    "JPEG, progressive": lambda: encoded(noise("RGB", 720), "JPEG", progressive=True),
    "JPEG of several pictures": lambda: animated("MPO", noise("RGB", 600), noise("RGB", 600)),
    "WebP": lambda: encoded(noise("RGB", 720), "WEBP", lossless=True, method=0),
    "WebP with alpha": lambda: encoded(noise("RGBA", 720), "WEBP", lossless=True, method=0),
    "WebP, animated": lambda: animated("WEBP", noise("RGBA", 300), noise("RGBA", 300)),
    "GIF": lambda: encoded(PALETTE, "GIF"),
    "GIF, animated": lambda: animated("GIF", PALETTE, PALETTE.rotate(90), transparency=0),
    "PNG, animated": lambda: animated("PNG", noise("RGB", 400), noise("RGB", 400)),
    "1 pixel": lambda: encoded(noise("RGB", 1)),
    "1 clear pixel": lambda: encoded(Image.new("RGBA", (1, 1))),
    "a line down": lambda: encoded(noise("RGB", 1, 5000)),
    "a line across": lambda: encoded(noise("RGBA", 60_000, 1)),
}  # fmt: skip
CLEAR = {"noise with alpha, 1024", "noise with alpha, 1600", "grey with alpha", "WebP with alpha",
         "palette, one colour transparent", "palette, every colour half", "a transparent colour",
         "WebP, animated", "GIF, animated", "1 clear pixel", "a line across"}  # fmt: skip


@pytest.mark.parametrize("name", WORST)
def test_a_preview_of_any_picture_is_small_and_jpeg_or_png_where_it_is_transparent(name):
    shown = previewed(WORST[name]())
    assert shown.mime == ("image/png" if name in CLEAR else "image/jpeg")
    assert len(shown.content) <= MOST_BYTES
    assert max(shown.width, shown.height) <= LONGEST
    assert has_transparency(opened(shown)) == (name in CLEAR)


def test_the_limit_in_base64_leaves_room_for_a_caption_in_400_kb():
    assert len(base64.b64encode(bytes(MOST_BYTES))) <= 365_000


def test_a_preview_leaves_its_picture_as_it_is():
    image = noise("RGBA", 1200)
    image.info["comment"] = b"mine"
    before = image.tobytes()
    preview(image)
    assert (image.tobytes(), image.size, image.info) == (before, (1200, 1200), {"comment": b"mine"})


def test_a_small_picture_is_not_enlarged_and_keeps_its_colours():
    red = Image.new("RGB", (300, 200), (200, 30, 40))
    shown = opened(preview(red))
    assert shown.size == (300, 200)
    assert all(abs(a - b) < 4 for a, b in zip(shown.getpixel((9, 9)), (200, 30, 40), strict=True))


@pytest.mark.parametrize("quality", [85, 75, 60])
def test_quality_gives_way_before_size(quality):
    smooth = noise("RGB", 200).resize((1024, 1024))
    expected = encoded(smooth, "JPEG", quality=quality)
    assert preview(smooth, most=len(expected)).content == expected


def test_size_gives_way_last():
    smooth = noise("RGB", 200).resize((1024, 1024))
    worst = len(encoded(smooth, "JPEG", quality=60))
    assert preview(smooth, most=worst - 1).width == 819


def test_every_limit_is_kept_or_the_preview_is_as_small_as_it_gets():
    assert len(preview(noise("RGBA", 512), most=20_000).content) <= 20_000
    assert max(preview(noise("RGB", 512), most=1).width, 64) == 64


@pytest.mark.parametrize("size", [256, 1500])
def test_sixteen_bits_of_grey_stay_grey(size):
    middle = encoded(Image.new("I;16", (size, size), 0x8000))
    shown = opened(previewed(middle)).convert("L")
    assert all(124 <= grey <= 132 for grey in shown.getextrema())
    sheet = contact_sheet([decode(middle, LONGEST)] * 2).convert("L")
    assert 124 <= sheet.getpixel((sheet.width // 4, sheet.height // 2)) <= 132


def test_the_transparency_of_a_preview_is_that_of_the_picture():
    image = Image.new("RGBA", (400, 400), (255, 0, 0, 255))
    image.paste((0, 0, 0, 0), (0, 0, 200, 400))
    shown = opened(preview(image)).convert("RGBA")
    assert shown.getpixel((50, 200))[3] == 0
    assert shown.getpixel((350, 200)) == (255, 0, 0, 255)


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_what_a_file_carries_beside_its_pixels_does_not_reach_a_notebook(mode):
    profile, note = RANDOM.randbytes(900_000), b"do-not-show-this" * 99
    info = PngImagePlugin.PngInfo()
    info.add_text("prompt", note.decode())
    contents = [encoded(Image.new(mode, (64, 64)), icc_profile=profile, pnginfo=info, exif=note)]
    if mode == "RGB":
        contents.append(
            encoded(Image.new(mode, (64, 64)), "JPEG", icc_profile=profile, comment=note, xmp=note)
        )
    for content in contents:
        shown = previewed(content)
        assert len(shown.content) < 2_000
        assert b"do-not-show-this" not in shown.content


def test_fitting_keeps_the_shape_and_never_enlarges():
    assert fit(Image.new("RGB", (3000, 1500)), 1024).size == (1024, 512)
    assert fit(Image.new("P", (5000, 1)), 100).size == (100, 1)
    small = Image.new("RGB", (10, 20))
    assert fit(small, 1024) is small


# -- Opening --------------------------------------------------------------------------------

PICTURES = {
    "PNG": encoded(noise("RGB", 20)),
    "JPEG": encoded(noise("RGB", 20), "JPEG"),
    "WEBP": encoded(noise("RGB", 20), "WEBP"),
    "GIF": encoded(noise("L", 20), "GIF"),
}


@pytest.mark.parametrize("kind", FORMATS)
def test_the_four_formats_are_told_by_their_first_bytes_and_opened(kind):
    assert sniff(PICTURES[kind]) == kind
    assert open_picture(PICTURES[kind]).format == kind
    assert decode(PICTURES[kind], 1024).size == (20, 20)


FOREIGN = {
    "nothing": b"",
    "text": b"a fox",
    "HTML": b"<!doctype html><script>window.__pwn = 1</script>",
    "SVG": b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
    "PDF": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n",
    "EPS": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n(x) run\n%%EOF\n",
    "BMP": encoded(noise("RGB", 20), "BMP"),
    "TIFF": encoded(noise("RGB", 20), "TIFF"),
    "ICO": encoded(noise("RGB", 32), "ICO"),
    "PPM": encoded(noise("RGB", 20), "PPM"),
    "AVIF": b"\0\0\0\x20ftypavif\0\0\0\0avifmif1miafMA1B",
    "a PNG behind a space": b" " + PICTURES["PNG"],
    "a gzip of a PNG": zlib.compress(PICTURES["PNG"]),
    "another RIFF": b"RIFF\x24\0\0\0WAVEfmt " + bytes(99),
}


@pytest.mark.parametrize("name", FOREIGN)
def test_any_other_format_stays_closed(name):
    assert sniff(FOREIGN[name]) is None
    with pytest.raises(ValueError, match="it is no picture that can be opened"):
        open_picture(FOREIGN[name])


@pytest.mark.parametrize("kind", FORMATS)
def test_a_picture_cut_anywhere_is_a_value_error_or_a_picture(kind):
    content = PICTURES[kind]
    whole = 0
    for length in range(len(content)):
        try:
            whole += decode(content[:length], 1024).size == (20, 20)
        except ValueError:
            continue
    assert whole <= 20  # a missing end mark is no harm


@pytest.mark.parametrize("kind", FORMATS)
def test_a_picture_with_wrong_bytes_is_a_value_error_or_a_picture(kind):
    chance = random.Random(11)
    for _ in range(400):
        content = bytearray(PICTURES[kind])
        for _ in range(chance.choice((1, 2, 9))):
            content[chance.randrange(len(content))] = chance.randrange(256)
        try:
            preview(decode(bytes(content), 1024))
        except ValueError as error:
            assert len(str(error)) < 100  # noqa: PT017 - most do not raise


BOMBS = {
    "30 000 a side": png(30_000, 30_000, chunk(b"IDAT", packed(9_000_000))),
    "100 million pixels": png(10_000, 10_000, chunk(b"IDAT", packed(9_000_000))),
    "a little over the limit": png(8001, 8000, pixels(1, 1)),
    "the largest number": png(2**31 - 1, 2**31 - 1, pixels(1, 1)),
    "a GIF of 65 535 a side": b"GIF89a\xff\xff\xff\xff\xf0\0\0" + bytes(6) + b",\0\0\0\0;",
    "a text of 20 MB": png(9, 9, chunk(b"zTXt", b"a\0\0" + packed(20_000_000)), pixels(9, 9)),
    "a profile of 20 MB": png(9, 9, chunk(b"iCCP", b"a\0\0" + packed(20_000_000)), pixels(9, 9)),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_picture_bomb_is_not_decoded(name):
    with pytest.raises(ValueError, match=r"^it (is no|has) .* (opened|to open)"):
        decode(BOMBS[name], 1024)


def test_a_picture_with_as_many_pixels_as_allowed_is_opened():
    assert open_picture(png(8000, 8000, pixels(1, 1))).size == (8000, 8000)
    assert MOST_PIXELS == 8000 * 8000


def test_only_the_first_of_two_thousand_million_frames_is_looked_at():
    frames = chunk(b"acTL", struct.pack(">II", 2**31 - 1, 0))
    assert previewed(png(9, 9, frames, pixels(9, 9))).width == 9


def test_a_picture_without_its_pixels_is_no_whole_picture():
    with pytest.raises(ValueError, match="it cannot be decoded"):
        decode(png(40, 40), 1024)


def test_a_large_jpeg_is_reduced_while_it_is_read():
    assert max(decode(encoded(noise("RGB", 2400), "JPEG"), 384).size) <= 1200


# -- Contact sheets -------------------------------------------------------------------------

SIZES = [(1024, 1024), (1536, 1024), (300, 900), (1, 1), (64, 2), (2, 1500), (900, 900)]


@pytest.mark.parametrize("n", [*range(1, 18), 25, 40])
def test_a_sheet_of_many_sizes_stays_within_its_longest_side(n):
    images = [Image.new("RGB", SIZES[at % len(SIZES)], "teal") for at in range(n)]
    sheet = contact_sheet(images)
    assert sheet.mode == "RGB"
    assert max(sheet.size) <= (LONGEST if n <= 16 else 1600)


def test_a_sheet_shows_every_picture_in_reading_order():
    colours = [(210, 20, 20), (20, 160, 20), (20, 20, 210), (200, 190, 20)]
    sheet = contact_sheet([Image.new("RGB", (512, 512), colour) for colour in colours])
    middles = [(sheet.width * x // 4, sheet.height * y // 4) for y in (1, 3) for x in (1, 3)]
    assert [sheet.getpixel(middle) for middle in middles] == colours


def test_each_picture_of_a_sheet_has_another_label_in_its_corner():
    sheet = contact_sheet([Image.new("RGB", (512, 512), "gray")] * 2)
    left, right = (sheet.crop((x, 0, x + 60, 40)) for x in (0, (sheet.width + 6) // 2))
    assert len(left.getcolors(2400)) > 2
    assert ImageChops.difference(left, right).getbbox()


@pytest.mark.parametrize("mode", ["L", "LA", "P", "RGBA", "CMYK", "1", "RGB"])
def test_a_sheet_takes_pictures_of_every_mode(mode):
    sheet = contact_sheet([Image.new(mode, (200, 100)), Image.new("RGB", (100, 200))])
    assert sheet.mode == ("RGBA" if mode in {"LA", "RGBA"} else "RGB")


@pytest.mark.parametrize(("n", "mode"), [(2, "RGB"), (4, "RGB"), (20, "RGB"), (4, "RGBA")])
def test_a_sheet_of_noise_is_as_light_as_one_picture(n, mode):
    sheet = contact_sheet([noise(mode, 700) for _ in range(n)])
    shown = preview(sheet, longest=max(sheet.size))
    assert len(shown.content) <= MOST_BYTES


# -- Texts ----------------------------------------------------------------------------------


class Page(HTMLParser):
    """The elements, attributes and text of a piece of HTML."""

    def __init__(self, html):
        super().__init__(convert_charrefs=True)
        self.elements, self.text = [], []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, tuple(name for name, _ in attrs)))

    def handle_data(self, data):
        self.text.append(data)

    def handle_comment(self, data):
        self.elements.append(("comment", ()))

    handle_decl = handle_pi = unknown_decl = handle_comment


PAYLOADS = [
    "<script>alert(1)</script>",
    "</div></details><script src=//x.example>",
    "<img src=x onerror=alert(1)>",
    '" onmouseover="alert(1)',
    "' onmouseover='alert(1)",
    "<svg/onload=alert(1)>",
    "</summary><iframe srcdoc='&lt;script&gt;'>",
    "<!-- ",
    "]]><![CDATA[ <b>",
    "<?php echo 1 ?>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;b&#62;",
    "<\0script>alert(1)</script>",
    "<\u202escript>",
    "\x1b]8;;javascript:alert(1)\x07x\x1b]8;;\x07",
    "${alert(1)} {{ 7*7 }} $x^2$ `b`",
    "\uff1cscript\uff1e",
    "<math><mtext></style><img src onerror=alert(1)>",
    "\ud800<b>",
]
PLAIN_CAPTION = Caption("line", "prompt", [("revised prompt", "r"), ("problem", "p")])
ELEMENTS = Page(PLAIN_CAPTION.bundle()["text/html"]).elements


@pytest.mark.parametrize("payload", PAYLOADS)
def test_foreign_text_in_a_caption_makes_no_element_and_no_attribute(payload):
    caption = Caption(f"model {payload}", payload, [(payload, payload), ("problem", payload)])
    page = Page(caption.named(payload).bundle()["text/html"])
    assert page.elements == ELEMENTS
    assert {name for _, names in page.elements for name in names} <= {"style"}


@pytest.mark.parametrize("payload", [p for p in PAYLOADS if p.isprintable()])
def test_foreign_text_in_a_caption_is_shown_as_it_is_written(payload):
    page = Page(Caption("line", payload).bundle()["text/html"])
    assert "".join(page.text).endswith(f"prompt: {payload}")


EVIL = {
    "a colour": ("a\x1b[31mred\x1b[0m", "ared"),
    "a title": ("a\x1b]0;title\x07b\x1b]8;;http://x\x1b\\c", "abc"),
    "a cleared screen": ("\x1b[2J\x1b[Ha\x1bc\x1b(B\x1b7", "a"),
    "an escape left open": ("a\x1b[", "a["),
    "a bell and a backspace": ("a\x07\x08b", "ab"),
    "C1": ("a\x9b31mb\x85c", "a31mb c"),
    "line breaks": ("a\r\nb\rc\u2028d\u2029e\vf\fg\th", "a b c d e f g h"),
    "direction": ("a\u202eb\u2066c\u200fd\u2069", "abcd"),
    "zero width": ("a\u200bb\u2060c\ufeffd\u00ade", "abcde"),
    "tags": ("a\U000e0041b", "ab"),
    "null": ("a\0b", "ab"),
    "half a character": ("a\ud800b\udfffc", "abc"),
    "private use": ("a\ue000b", "ab"),
    "blanks": ("  a \n\n  b  ", "a b"),
}


@pytest.mark.parametrize("name", EVIL)
def test_cleaned_text_is_one_line_without_control_characters(name):
    text, cleaned = EVIL[name]
    assert clean(text) == cleaned


@pytest.mark.parametrize("name", EVIL)
def test_neither_the_html_nor_the_text_of_a_caption_has_control_characters(name):
    text, _ = EVIL[name]
    bundle = Caption(text, text, [("revised prompt", text)]).bundle()
    assert bundle["text/plain"].isprintable()
    for value in bundle.values():
        value.encode()  # a notebook is UTF-8
        assert not set(value) & set("\0\x07\x08\x1b\x7f\x85\x9b\u202e\u2066\u2069")


@pytest.mark.parametrize("limit", [1, 2, 10, 300])
def test_a_long_text_is_cut_with_an_ellipsis(limit):
    assert clean("x" * limit, limit) == "x" * limit
    assert clean("x" * 500_000, limit) == "x" * (limit - 1) + "…"


def test_forty_megabytes_of_text_are_cleaned_at_once():
    assert len(clean("\x1b[" * 20_000_000)) <= 300


def test_escaped_text_ends_no_element_and_no_attribute():
    assert escape("<b a=\"c\" d='e'>&amp;") == (
        "&lt;b a=&quot;c&quot; d=&#x27;e&#x27;&gt;&amp;amp;"
    )


def test_lines_joined_emoji_and_writing_to_the_left_stay_as_they_are():
    text = "two\nlines 👩‍🚀 שלום می‌خواهم"
    assert escape(text) == text


# -- Captions -------------------------------------------------------------------------------


def test_a_caption_without_a_prompt_is_one_line():
    bundle = Caption("model · 12 s").bundle()
    assert bundle["text/plain"] == "model · 12 s"
    assert [name for name, _ in Page(bundle["text/html"]).elements] == ["div", "div"]


def test_a_caption_ends_with_the_name_of_its_variable():
    caption = Caption("model", "a fox")
    assert caption.named("foxes").bundle()["text/plain"] == "model · as foxes"
    assert caption.named(None) == caption
    assert caption.named("") == caption


def test_a_caption_has_its_prompt_and_details_to_open_with_their_line_breaks():
    html = Caption("model", "a\nfox", [("file", "~/x.png")]).bundle()["text/html"]
    assert "prompt: a\nfox" in html
    assert "file: ~/x.png" in html
    assert ">a fox</summary>" in html


def test_a_caption_of_a_huge_prompt_stays_light():
    huge = "fox " * 250_000
    html = Caption(huge, huge, [("revised prompt", huge)]).bundle()["text/html"]
    assert len(html) < 15_000


def test_a_cleared_line_takes_no_room():
    assert nothing() == {"text/plain": ""}


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (0.01, "0.1 s"),
        (0.44, "0.4 s"),
        (0.999, "1.0 s"),
        (1, "1 s"),
        (1.4, "1 s"),
        (59.4, "59 s"),
        (59.6, "1 min"),
        (60, "1 min"),
        (80, "1 min 20 s"),
        (3600, "60 min"),
    ],
)
def test_times_are_as_a_person_says_them(seconds, text):
    assert duration(seconds) == text


@pytest.mark.parametrize(("n", "text"), [(0, "0 pictures"), (1, "1 picture"), (2, "2 pictures")])
def test_pictures_are_counted_in_words(n, text):
    assert count(n) == text


def test_a_place_below_home_does_not_name_the_user(monkeypatch, tmp_path):
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(tmp_path))
    assert place(tmp_path / "pictures" / "a.png") == "~/pictures/a.png"
    assert place(tmp_path.parent / "elsewhere") == str(tmp_path.parent / "elsewhere")
    assert place(Path(f"{tmp_path}-two") / "a") == f"{tmp_path}-two/a"


# -- Bundles --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "shown"),
    [
        ((1024, 1024), (640, 640)),
        ((1536, 1024), (640, 427)),
        ((300, 200), (300, 200)),
        ((1, 1024), (1, 1024)),
        ((60_000, 2), (640, 1)),
    ],
)
def test_a_picture_s_bundle_has_one_type_its_bytes_and_its_place_on_the_page(size, shown):
    bundle, metadata = picture(Preview("image/png", b"\x89PNG", *size), "[1 picture]")
    assert bundle == {
        "image/png": base64.b64encode(b"\x89PNG").decode(),
        "text/plain": "[1 picture]",
    }
    assert metadata == {"image/png": dict(zip(("width", "height"), shown, strict=True))}


def test_a_preview_is_a_value():
    one = preview(Image.new("RGB", (9, 9)))
    assert replace(one) == one
