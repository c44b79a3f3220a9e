"""Pictures as files, drawn by Pillow."""

from __future__ import annotations

from io import BytesIO

from PIL import Image as Pillow

CAMERA, TURNED, PLACE = 271, 274, 0x8825
"""The EXIF tags of the camera's maker, of how the picture is to be turned, and of where it was taken."""


def drawn(form: str = "JPEG", *, mode: str = "RGB", size: tuple[int, int] = (600, 400)) -> bytes:
    """A picture in this format, whose left half is red and whose right half is blue."""
    picture = Pillow.new(mode, size, _colour(mode, "red"))
    half = Pillow.new(mode, (size[0] // 2, size[1]), _colour(mode, "blue"))
    picture.paste(half, (size[0] - size[0] // 2, 0))
    return _saved(picture, form)


def photographed(*, size: tuple[int, int] = (600, 400), form: str = "JPEG") -> bytes:
    """A photo that lies on its side, and says who took it and where; a script follows its end."""
    exif = Pillow.Exif()
    exif[CAMERA], exif[TURNED] = "A maker", 6
    exif[PLACE] = {1: "N", 2: (51.0, 30.0, 0.0)}
    return _saved(Pillow.new("RGB", size, "teal"), form, exif=exif) + b"<script>alert(1)</script>"


def moving(form: str = "GIF") -> bytes:
    """An animation of two frames, the first in teal."""
    frames = [Pillow.new("RGB", (600, 400), colour) for colour in ("teal", "navy")]
    return _saved(frames[0], form, save_all=True, append_images=frames[1:], duration=100)


def pixel(body: bytes, at: tuple[int, int]) -> tuple[int, ...]:
    """The colour there."""
    with Pillow.open(BytesIO(body)) as picture:
        found = picture.convert("RGB").getpixel(at)
    assert isinstance(found, tuple)
    return tuple(int(value) for value in found)


def _colour(mode: str, name: str) -> str | int:
    return name if mode in ("RGB", "RGBA", "CMYK") else {"red": 0, "blue": 200}.get(name, 0)


def _saved(picture: Pillow.Image, form: str, **options: object) -> bytes:
    file = BytesIO()
    picture.save(file, form, **options)
    return file.getvalue()
