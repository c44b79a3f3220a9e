"""Makes of a picture one that every mail program shows, without what its file says of its maker and place."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

from newsletter.articles.preview_picture import is_animation, is_transparent, made, upright

if TYPE_CHECKING:
    from PIL.Image import Image

MOST_WIDTH = 1200
"""Twice the width of an issue, for sharp screens."""
_QUALITY = 85


def mail_picture(body: bytes) -> str | None:
    """The picture as a JPEG, or a PNG if parts of it are transparent, in base64.

    "" for an animation, which stays as it is; None for what Pillow cannot read.
    """
    return made(body, _for_mail)


def _for_mail(picture: Image) -> bytes:
    if is_animation(picture):
        return b""
    whole = upright(picture, (MOST_WIDTH, MOST_WIDTH * 4))
    written = BytesIO()
    if is_transparent(whole):
        whole.convert("RGBA").save(written, "PNG", optimize=True)
    else:
        whole.convert("RGB").save(
            written, "JPEG", quality=_QUALITY, optimize=True, progressive=True
        )
    return written.getvalue()
