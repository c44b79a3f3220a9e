"""Makes of a picture that somebody uploads the original that is kept, and cuts the part that is shown.

Both are drawn anew, upright and in sRGB: nothing that the file says beside its pixels is kept.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from io import BytesIO
from typing import TYPE_CHECKING

from newsletter.articles.mail_picture import MOST_WIDTH
from newsletter.articles.preview_picture import is_animation, is_transparent, opened, upright

if TYPE_CHECKING:
    from PIL.Image import Image

FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "AVIF")
"""What may be uploaded. SVG is a document with scripts, and no mail program shows it."""
MOST_PIXELS = 50_000_000
SMALLEST = 16
"""Pixels of a side."""
ORIGINAL_SIDE = 2400
MOST_SHOWN, MOST_ORIGINAL = 500_000, 4_000_000
"""Octets of a picture in a mail, and of the original that it is cut from."""
SECONDS = 20.0
"""Of CPU time, for one picture."""

_LOSSLESS = frozenset({"PNG", "GIF"})
_QUALITIES = (88, 80, 70, 60)
_SMALLER = 0.8


class Unusable(StrEnum):
    """Why a file cannot be used."""

    NO_PICTURE = "no-picture"
    TOO_LARGE = "too-large"  # in pixels
    TOO_SMALL = "too-small"


@dataclass(frozen=True, kw_only=True, slots=True)
class MadePicture:
    """A picture that was drawn anew; `data` is in base64. `moved` if it is the first frame of an animation."""

    media_type: str
    width: int
    height: int
    data: str
    moved: bool = False


def read_upload(body: bytes) -> MadePicture | Unusable:
    """The original to keep, or why the file cannot be used."""
    return opened(body, _original, formats=FORMATS) or Unusable.NO_PICTURE


def cut_picture(body: bytes, left: int, top: int, width: int, height: int) -> MadePicture | None:
    """That part of the original, at most as large as mails show it; None if it cannot be read."""

    def cut(picture: Image) -> MadePicture:
        part = picture.crop((left, top, left + width, top + height))
        part.thumbnail((MOST_WIDTH, MOST_WIDTH * 4))
        return _written(part, MOST_SHOWN, lossless=picture.format in _LOSSLESS)

    return opened(body, cut, formats=FORMATS)


def _original(picture: Image) -> MadePicture | Unusable:
    width, height = picture.size
    if width * height > MOST_PIXELS:
        return Unusable.TOO_LARGE
    if min(width, height) < SMALLEST:
        return Unusable.TOO_SMALL
    moved, lossless = is_animation(picture), picture.format in _LOSSLESS
    picture.draft("RGB", (ORIGINAL_SIDE, ORIGINAL_SIDE))
    profile = picture.info.get("icc_profile")
    drawn = upright(_in_full_colour(picture), (ORIGINAL_SIDE, ORIGINAL_SIDE))
    drawn = _in_srgb(drawn, profile if isinstance(profile, bytes) else b"")
    return _written(drawn, MOST_ORIGINAL, lossless=lossless, moved=moved)


def _in_full_colour(picture: Image) -> Image:
    """The first frame in colours that can be blended when it is made smaller."""
    if picture.mode.startswith("I"):  # 16 bits for a grey
        return picture.point(lambda grey: grey / 256).convert("L")
    if picture.mode in ("RGB", "RGBA", "CMYK", "L"):
        return picture
    turned = picture.getexif()
    whole = picture.convert("RGBA" if is_transparent(picture) else "RGB")
    whole.info["exif"] = turned.tobytes()
    return whole


def _in_srgb(picture: Image, profile: bytes) -> Image:
    """The picture in the colours of the web; one whose profile cannot be used keeps its numbers."""
    from PIL import ImageCms

    if not profile or picture.mode not in ("RGB", "RGBA", "CMYK", "L"):
        return picture
    try:
        own, web = ImageCms.ImageCmsProfile(BytesIO(profile)), ImageCms.createProfile("sRGB")
        mode = "RGBA" if picture.mode == "RGBA" else "RGB"
        return ImageCms.profileToProfile(picture, own, web, outputMode=mode) or picture
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return picture


def _written(picture: Image, most: int, *, lossless: bool, moved: bool = False) -> MadePicture:
    """The picture in the first way to write it that has at most so many octets, made smaller if need be."""
    while True:
        octets = b""
        for octets in _ways(picture, lossless=lossless):
            if len(octets) <= most:
                break
        if len(octets) <= most or max(picture.size) < 100:
            break
        width, height = (max(1, int(side * _SMALLER)) for side in picture.size)
        picture = picture.resize((width, height))
    return MadePicture(
        media_type="image/png" if octets.startswith(b"\x89PNG") else "image/jpeg",
        width=picture.width,
        height=picture.height,
        data=b64encode(octets).decode("ascii"),
        moved=moved,
    )


def _ways(picture: Image, *, lossless: bool) -> Iterator[bytes]:
    """The picture as it can be written, the best first; drawings stay sharp as PNG."""
    if is_transparent(picture):
        layer = _clean(picture.convert("RGBA"))
        yield _saved(layer, "PNG")
        yield _saved(layer.quantize(256), "PNG")
        return
    whole = _clean(picture.convert("RGB"))
    if lossless:
        yield _saved(whole, "PNG")
    for quality in _QUALITIES:
        yield _saved(whole, "JPEG", quality=quality, optimize=True, progressive=True)


def _clean(picture: Image) -> Image:
    """The pixels alone: some writers copy what a file says beside them."""
    picture.info.clear()
    picture.getexif().clear()
    return picture


def _saved(picture: Image, kind: str, **options: int | bool) -> bytes:
    written = BytesIO()
    picture.save(written, kind, **options)
    return written.getvalue()
