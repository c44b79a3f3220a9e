"""The picture beside a link to an issue, made of whatever picture a story has."""

from __future__ import annotations

from base64 import b64decode
from io import BytesIO

import pytest
from PIL import Image as Pillow

from newsletter.articles.preview_picture import HEIGHT, WIDTH, preview_picture, still_picture


def drawn(
    size: tuple[int, int], form: str = "PNG", mode: str = "RGB", colour: object = "teal"
) -> bytes:
    """A picture of one colour."""
    file = BytesIO()
    Pillow.new(mode, size, colour).save(file, form)  # type: ignore[arg-type] # as Pillow takes it
    return file.getvalue()


def made(body: bytes) -> Pillow.Image:
    """The picture for previews."""
    preview = preview_picture(body)
    assert preview is not None
    written = b64decode(preview)
    assert len(written) < 300_000
    picture = Pillow.open(BytesIO(written))
    assert (picture.format, picture.size, picture.mode) == ("JPEG", (WIDTH, HEIGHT), "RGB")
    return picture


def near(picture: Pillow.Image, place: tuple[int, int], colour: tuple[int, int, int]) -> bool:
    """Whether the picture has nearly this colour there."""
    found = picture.getpixel(place)
    assert isinstance(found, tuple)
    return all(abs(one - other) < 12 for one, other in zip(found, colour, strict=True))


@pytest.mark.parametrize(
    ("size", "form", "mode"),
    [
        ((1600, 900), "JPEG", "RGB"),
        ((2400, 1260), "WEBP", "RGB"),
        ((800, 533), "GIF", "P"),
        ((900, 1600), "PNG", "RGB"),
        ((1, 1), "PNG", "1"),
        ((3000, 2), "PNG", "L"),
        ((700, 400), "JPEG", "CMYK"),
        ((640, 640), "PNG", "I;16"),
    ],
)
def test_any_picture_becomes_one_shape(size: tuple[int, int], form: str, mode: str) -> None:
    """Whatever its size, format and colours are."""
    made(drawn(size, form, mode, 0 if mode != "CMYK" else (0, 0, 0, 0)))


def test_a_wide_picture_fills_it_and_a_tall_one_is_whole() -> None:
    """A tall picture stands in the middle of a darker ground that is made of it."""
    wide = made(drawn((1600, 900)))
    assert near(wide, (5, 5), (0, 128, 128))
    tall = made(drawn((600, 1200)))
    assert near(tall, (WIDTH // 2, HEIGHT // 2), (0, 128, 128))
    assert near(tall, (5, HEIGHT // 2), (0, 76, 76))


def test_what_is_black_on_nothing_is_seen() -> None:
    """Transparency becomes white."""
    assert near(made(drawn((1200, 630), mode="RGBA", colour=(0, 0, 0, 0))), (5, 5), (255, 255, 255))


@pytest.mark.parametrize(
    "body",
    [b"", b"<svg/>", b"GIF89a", drawn((50, 50))[:60], b"%PDF-1.4", drawn((9, 9), "TIFF")[:30]],
)
def test_what_is_no_picture_has_none(body: bytes) -> None:
    """Nothing is raised, as the worker's caller expects."""
    assert preview_picture(body) is None
    assert still_picture(body) is None


@pytest.mark.parametrize("form", ["GIF", "WEBP", "PNG"])
def test_a_still_is_the_first_frame(form: str) -> None:
    """In the animation's size, and it does not move."""
    frames = [Pillow.new("RGB", (40, 30), colour) for colour in ("teal", "red")]
    file = BytesIO()
    frames[0].save(file, form, save_all=True, append_images=frames[1:], lossless=True)
    still = still_picture(file.getvalue())
    assert still is not None
    picture = Pillow.open(BytesIO(b64decode(still)))
    assert (picture.format, picture.size) == ("PNG", (40, 30))
    assert not getattr(picture, "is_animated", False)
    assert near(picture.convert("RGB"), (5, 5), (0, 128, 128))
