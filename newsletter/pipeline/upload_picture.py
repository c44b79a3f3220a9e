"""upload_picture: keeps a picture that an editor gives, cuts the part that is shown, and sets it."""

from __future__ import annotations

import asyncio
from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from newsletter.articles.article import Image
from newsletter.articles.uploaded_picture import (
    MOST_PIXELS,
    SECONDS,
    SMALLEST,
    MadePicture,
    Unusable,
    cut_picture,
    read_upload,
)
from newsletter.errors import InputError, ParserCrashedError, ParsingError, UnavailableError
from newsletter.issues.crop import WHOLE, Crop, box_of
from newsletter.rendering.safe_text import one_line
from newsletter.sandbox import HANDED_IN, Limits
from newsletter.site.site import Site
from newsletter.site.uploaded_pictures import PictureNote

MOST_OCTETS = 10_000_000
LIMITS = Limits(seconds=SECONDS)
USABLE = "use a JPEG, PNG, GIF, WebP or AVIF file"
HEIC = "save it as JPEG first: it is a photo in HEIC, which few mail programs can show"
SMALLER = f"use a smaller one, of at most {MOST_OCTETS // 1_000_000} MB"

Made = TypeVar("Made")


@dataclass(frozen=True, kw_only=True, slots=True)
class KeptPicture:
    """A picture as it is to be shown. `moved` if it is the first frame of an animation."""

    image: Image
    moved: bool = False


def keep_upload(
    site: Site, body: bytes, *, alt: str, now: datetime, crop: Crop = WHOLE
) -> KeptPicture:
    """Keep the picture and its original. Raises InputError for a file that cannot be used.

    Names come from the octets and the site's secret, never from the uploaded file's name.
    """
    if not body:
        raise InputError("there is no picture", field="picture", fix="choose a file")
    if len(body) > MOST_OCTETS:
        raise InputError("this file is too large", field="picture", fix=SMALLER)
    original = _within_limits(lambda: HANDED_IN.run(read_upload, body, limits=LIMITS))
    if isinstance(original, Unusable):
        fix = HEIC if _is_heic(body) else _fix(original)
        raise InputError(_why(original), field="picture", fix=fix)
    uploads = site.uploaded_pictures
    name = _kept(site, original)
    note = PictureNote(original=name, width=original.width, height=original.height)
    _written(lambda: uploads.note(name, note, now))
    image = _cut(site, note, crop, alt, now)
    return KeptPicture(image=image, moved=original.moved)


def crop_picture(site: Site, image: Image, crop: Crop, *, now: datetime) -> Image:
    """The picture with another part of its original. Raises InputError if that is not kept."""
    note = site.uploaded_pictures.note_at(image.url)
    if note is None:
        raise InputError(
            "this picture is not kept here, so it cannot be cropped",
            field="picture",
            fix="copy it here first, or upload it",
        )
    return _cut(site, note, crop, image.alt, now)


def copy_picture(site: Site, image: Image, *, now: datetime) -> Image:
    """The picture, fetched from its publisher and kept here. Raises InputError."""
    own = site.hosted_pictures.name_at(image.url)
    kept = site.hosted_pictures.read(own) if own else None
    if kept is not None:
        return keep_upload(site, kept[1], alt=image.alt, now=now).image
    # Only then: it loads the HTTP client.
    from newsletter.articles.picture_fetch import fetch_picture

    fetched = asyncio.run(fetch_picture(image.url, site.settings.fetch, now=now))
    return keep_upload(site, fetched.body, alt=image.alt, now=now).image


def _cut(site: Site, note: PictureNote, crop: Crop, alt: str, now: datetime) -> Image:
    found = site.hosted_pictures.read(note.original)
    if found is None:
        raise InputError(
            "the original of this picture is no longer kept",
            field="picture",
            fix="upload it again",
        )
    box = box_of(crop, note.width, note.height)
    part = (box.left, box.top, box.width, box.height)
    cut = _within_limits(lambda: HANDED_IN.run(cut_picture, found[1], *part, limits=LIMITS))
    if cut is None:
        raise InputError("the original cannot be read", field="picture", fix="upload it again")
    name = _kept(site, cut)
    noted = PictureNote(original=note.original, width=note.width, height=note.height, crop=crop)
    _written(lambda: site.uploaded_pictures.note(name, noted, now))
    return Image(
        url=site.hosted_pictures.address_of(name),
        alt=one_line(alt),
        width=cut.width,
        height=cut.height,
        type=cut.media_type,
        octets=len(b64decode(cut.data)),
        answers=True,
    )


def _within_limits(read: Callable[[], Made]) -> Made:
    """What a worker process made. Raises InputError if it took too much, or the worker ended."""
    try:
        return read()
    except ParserCrashedError as error:
        # The system may have ended the worker, as when it is short of memory: no fault of the file.
        raise InputError(
            "this picture could not be read",
            field="picture",
            fix="upload it again; if that fails too, save it anew in a picture editor first",
        ) from error
    except ParsingError as error:
        raise InputError(
            "this picture takes too long to read", field="picture", fix="use a smaller one"
        ) from error


def _kept(site: Site, made: MadePicture) -> str:
    return _written(lambda: site.hosted_pictures.put(made.media_type, b64decode(made.data)))


def _written(write: Callable[[], Made]) -> Made:
    try:
        return write()
    except OSError as error:
        raise UnavailableError(
            f"the picture could not be kept: {error.strerror}", fix="ask who runs the site"
        ) from error


def _is_heic(body: bytes) -> bool:
    """Whether a file that cannot be used is a photo as some phones store it."""
    return body[4:8] == b"ftyp" and body[8:12] in (b"heic", b"heix", b"hevc", b"mif1", b"msf1")


def _why(problem: Unusable) -> str:
    match problem:
        case Unusable.TOO_LARGE:
            return f"this picture has more than {MOST_PIXELS // 1_000_000} million pixels"
        case Unusable.TOO_SMALL:
            return f"this picture has fewer than {SMALLEST} pixels on a side"
        case Unusable.NO_PICTURE:
            return "this file is not a picture that mail programs can show"


def _fix(problem: Unusable) -> str:
    match problem:
        case Unusable.TOO_LARGE:
            return "make it smaller: mails show at most 1,200 pixels in a line"
        case Unusable.TOO_SMALL:
            return "use a larger one"
        case Unusable.NO_PICTURE:
            return USABLE
