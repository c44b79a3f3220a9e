"""Uploaded pictures are drawn anew: upright, small enough for mail, without what their files say."""

from __future__ import annotations

from base64 import b64decode
from io import BytesIO

import pytest
from PIL import Image as Pillow
from PIL import ImageCms

from newsletter.articles import uploaded_picture
from newsletter.articles.uploaded_picture import (
    MOST_SHOWN,
    ORIGINAL_SIDE,
    MadePicture,
    Unusable,
    cut_picture,
    read_upload,
)
from tests.factories.drawn import drawn, moving, photographed, pixel


def made(body: bytes) -> MadePicture:
    """The original that is kept of the file."""
    original = read_upload(body)
    assert isinstance(original, MadePicture)
    return original


def octets(picture: MadePicture | None) -> bytes:
    """The octets of the picture."""
    assert picture is not None
    return b64decode(picture.data)


@pytest.mark.parametrize("form", ["JPEG", "WEBP", "AVIF", "PNG"])
def test_nothing_but_the_pixels_is_kept(form: str) -> None:
    """It stands upright, and camera, place and what follows the picture's end are gone."""
    original = made(photographed(form=form))
    assert (original.width, original.height) == (400, 600)
    for body in (octets(original), octets(cut_picture(octets(original), 0, 0, 400, 600))):
        assert b"script" not in body
        assert b"A maker" not in body
        with Pillow.open(BytesIO(body)) as picture:
            assert not picture.getexif()
            assert "icc_profile" not in picture.info


@pytest.mark.parametrize(
    ("form", "mode", "media_type"),
    [
        ("JPEG", "RGB", "image/jpeg"),
        ("JPEG", "L", "image/jpeg"),
        ("JPEG", "CMYK", "image/jpeg"),
        ("PNG", "RGB", "image/png"),
        ("PNG", "RGBA", "image/png"),
        ("PNG", "LA", "image/png"),
        ("PNG", "1", "image/png"),
        ("PNG", "I;16", "image/png"),
        ("GIF", "P", "image/png"),
        ("WEBP", "RGB", "image/jpeg"),
        ("WEBP", "RGBA", "image/png"),
        ("AVIF", "RGB", "image/jpeg"),
    ],
)
def test_every_usual_kind_becomes_one_that_mail_shows(
    form: str, mode: str, media_type: str
) -> None:
    """A photo becomes a JPEG; a drawing, and what is transparent, a PNG."""
    original = made(_plain(form, mode))
    assert original.media_type == media_type
    cut = cut_picture(octets(original), 0, 0, original.width, original.height)
    assert cut is not None
    assert cut.media_type == media_type


def _plain(form: str, mode: str) -> bytes:
    file = BytesIO()
    Pillow.new(mode, (600, 400)).save(file, form)
    return file.getvalue()


@pytest.mark.parametrize("form", ["GIF", "WEBP", "PNG"])
def test_an_animation_gives_its_first_frame(form: str) -> None:
    """And says that it moved."""
    original = made(moving(form))
    assert original.moved
    assert pixel(octets(original), (10, 10)) == pytest.approx((0, 128, 128), abs=6)
    assert not made(drawn("GIF", mode="P")).moved


def test_a_large_picture_becomes_small_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """The original fits its side, the part shown is 1,200 pixels wide and has few enough octets."""
    noise = Pillow.effect_noise((3000, 2000), 200).convert("RGB")
    file = BytesIO()
    noise.save(file, "PNG")
    original = made(file.getvalue())
    assert max(original.width, original.height) == ORIGINAL_SIDE
    cut = cut_picture(octets(original), 0, 0, original.width, original.height)
    assert cut is not None
    assert cut.width <= 1200
    assert len(octets(cut)) <= MOST_SHOWN
    monkeypatch.setattr(uploaded_picture, "MOST_SHOWN", 20_000)
    smaller = cut_picture(octets(original), 0, 0, original.width, original.height)
    assert len(octets(smaller)) <= 20_000


def test_a_small_picture_is_not_enlarged() -> None:
    """Of any kind."""
    original = made(drawn(size=(90, 60)))
    assert (original.width, original.height) == (90, 60)


def test_a_part_is_cut_where_it_is_asked_for() -> None:
    """The left half is red, the right half blue."""
    original = octets(made(drawn("PNG")))
    left, right = cut_picture(original, 0, 0, 300, 400), cut_picture(original, 300, 0, 300, 400)
    assert pixel(octets(left), (150, 200)) == (255, 0, 0)
    assert pixel(octets(right), (150, 200)) == (0, 0, 255)


def test_colours_are_turned_into_those_of_the_web() -> None:
    """A profile that cannot be used changes nothing, and is gone as well."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for given in (profile, b"not a profile"):
        file = BytesIO()
        Pillow.new("RGB", (60, 40), (10, 120, 200)).save(file, "PNG", icc_profile=given)
        body = octets(made(file.getvalue()))
        assert pixel(body, (5, 5)) == pytest.approx((10, 120, 200), abs=2)
        assert b"iCCP" not in body


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", Unusable.NO_PICTURE),
        (b"<html><body>Not found</body></html>", Unusable.NO_PICTURE),
        (b"%PDF-1.7", Unusable.NO_PICTURE),
        (drawn("BMP"), Unusable.NO_PICTURE),
        (drawn("TIFF"), Unusable.NO_PICTURE),
        (drawn()[:200], Unusable.NO_PICTURE),
        (b"", Unusable.NO_PICTURE),
        (drawn(size=(8, 900)), Unusable.TOO_SMALL),
    ],
)
def test_what_is_no_picture_for_mail_is_refused(body: bytes, problem: Unusable) -> None:
    """Scripts, documents, kinds that no browser shows, and pictures that break off."""
    assert read_upload(body) is problem


def test_a_picture_of_too_many_pixels_is_refused_by_its_header(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Before it is unpacked."""
    monkeypatch.setattr(uploaded_picture, "MOST_PIXELS", 1000)
    monkeypatch.setattr(
        "PIL.ImageFile.ImageFile.load", lambda _self: pytest.fail("it was unpacked")
    )
    assert read_upload(drawn("PNG")) is Unusable.TOO_LARGE
