"""Makes of a story's picture the one that is shown beside a link to its issue, or its first frame."""

from __future__ import annotations

import warnings
from base64 import b64encode
from collections.abc import Callable
from io import BytesIO
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from PIL.Image import Image

Used = TypeVar("Used")

WIDTH, HEIGHT = 1200, 630
"""What Apple, Facebook, LinkedIn, Slack and Mastodon show whole (Open Graph asks for 1.91 to 1)."""
PREVIEW_TYPE, STILL_TYPE = "image/jpeg", "image/png"
SECONDS = 10.0

_QUALITY = 82  # below 300 kB, above which WhatsApp shows no picture
_MOST_CUT = 0.35
"""The share of a picture that may be cut away to fill the shape; else all of it is shown."""


def preview_picture(body: bytes) -> str | None:
    """The picture as a JPEG of WIDTH × HEIGHT, in base64, without what its file says of its maker and place.

    A picture of another shape, or a small one, is shown whole on a blurred enlargement of itself.
    None for what Pillow cannot read.
    """
    return made(body, _in_shape)


def still_picture(body: bytes) -> str | None:
    """The first frame as a PNG of the same size, in base64, or None for what Pillow cannot read."""
    return made(body, _first_frame)


def _first_frame(picture: Image) -> bytes:
    written = BytesIO()
    picture.convert("RGBA" if "transparency" in picture.info else "RGB").save(written, "PNG")
    return written.getvalue()


def _in_shape(picture: Image) -> bytes:
    picture.draft("RGB", (WIDTH * 2, HEIGHT * 2))
    written = BytesIO()
    shaped = _shaped(_on_white(picture))
    shaped.save(written, "JPEG", quality=_QUALITY, optimize=True, progressive=True)
    return written.getvalue()


def made(body: bytes, make: Callable[[Image], bytes]) -> str | None:
    """What `make` makes of the picture, in base64; None for what Pillow cannot read."""
    octets = opened(body, make)
    return None if octets is None else b64encode(octets).decode("ascii")


def opened(
    body: bytes, use: Callable[[Image], Used], *, formats: tuple[str, ...] | None = None
) -> Used | None:
    """What `use` gives for the picture; None for what Pillow cannot read, or is not of these formats."""
    from PIL import Image as Pillow
    from PIL import UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Pillow.open(BytesIO(body), formats=formats) as picture:
                return use(picture)
    except (
        UnidentifiedImageError,
        Pillow.DecompressionBombError,
        OSError,
        ValueError,
        SyntaxError,
        EOFError,
        IndexError,
        TypeError,
        KeyError,
        OverflowError,
    ):
        return None


def upright(picture: Image, most: tuple[int, int]) -> Image:
    """The first frame as its file says it is to be turned, at most so wide and high."""
    from PIL import ImageOps

    whole = ImageOps.exif_transpose(picture)
    whole.thumbnail(most)
    return whole


def is_animation(picture: Image) -> bool:
    """Whether it moves; an MPO has several pictures of one scene, which nothing plays."""
    return picture.format != "MPO" and getattr(picture, "is_animated", False)


def is_transparent(picture: Image) -> bool:
    """Whether parts of the picture may show what is behind it."""
    return "transparency" in picture.info or "A" in picture.getbands()


def _on_white(picture: Image) -> Image:
    """The first frame, upright and without transparency."""
    from PIL import Image as Pillow

    whole = upright(picture, (WIDTH * 2, WIDTH * 2))
    if not is_transparent(whole):
        return whole.convert("RGB")
    layer = whole.convert("RGBA")
    ground = Pillow.new("RGBA", layer.size, "white")
    return Pillow.alpha_composite(ground, layer).convert("RGB")


def _shaped(picture: Image) -> Image:
    from PIL import ImageFilter, ImageOps

    width, height = picture.size
    shape = (width / height) / (WIDTH / HEIGHT)
    filled = ImageOps.fit(picture, (WIDTH, HEIGHT), centering=(0.5, 0.4))
    if 1 - min(shape, 1 / shape) <= _MOST_CUT and width >= WIDTH // 2:
        return filled
    filled = filled.filter(ImageFilter.GaussianBlur(40)).point(lambda light: light * 0.6)
    whole = ImageOps.contain(picture, (min(WIDTH, width * 2), min(HEIGHT, height * 2)))
    filled.paste(whole, ((WIDTH - whole.width) // 2, (HEIGHT - whole.height) // 2))
    return filled
