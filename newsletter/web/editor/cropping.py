"""What the pages on which a picture is cropped show: its original, and the part that is chosen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from newsletter.errors import InputError
from newsletter.issues.crop import SMALLEST_SIZE, Box, Crop, Shape, box_of, proportions, read_crop
from newsletter.site.site import Site

SHAPES = {
    Shape.AS_IS: "As it is",
    Shape.WIDE: "Wide, 16 to 9",
    Shape.CLASSIC: "Photo, 3 to 2",
    Shape.SQUARE: "Square",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class ShapeChoice:
    """A shape by the name editors know it by, and its width to its height."""

    shape: Shape
    label: str
    across: int
    down: int


@dataclass(frozen=True, kw_only=True, slots=True)
class CropView:
    """The original at `url`, `width` × `height` pixels, with the `box` of the crop."""

    url: str
    width: int
    height: int
    crop: Crop
    box: Box
    shapes: tuple[ShapeChoice, ...]
    smallest: float = SMALLEST_SIZE


def crop_view(site: Site, url: str, asked: Mapping[str, str]) -> CropView | None:
    """The picture at `url` with its crop, or with the one that is tried; None if it is not kept here."""
    note = site.uploaded_pictures.note_at(url)
    if note is None:
        return None
    crop = note.crop
    if "shape" in asked:
        try:
            crop = read_crop(asked)
        except InputError:
            crop = note.crop
    return CropView(
        url=site.hosted_pictures.address_of(note.original),
        width=note.width,
        height=note.height,
        crop=crop,
        box=box_of(crop, note.width, note.height),
        shapes=tuple(
            ShapeChoice(
                shape=shape,
                label=label,
                across=proportions(shape, note.width, note.height)[0],
                down=proportions(shape, note.width, note.height)[1],
            )
            for shape, label in SHAPES.items()
        ),
    )
