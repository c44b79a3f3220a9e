"""Which part of a picture is shown: a shape, how much of the picture, and where. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from newsletter.errors import InputError


class Shape(StrEnum):
    """The proportions of the part that is shown."""

    AS_IS = "as-is"
    WIDE = "wide"
    CLASSIC = "classic"
    SQUARE = "square"


_PROPORTIONS = {Shape.WIDE: (16, 9), Shape.CLASSIC: (3, 2), Shape.SQUARE: (1, 1)}

SMALLEST_SIZE = 10.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Crop:
    """A part of a picture, by percentages, so that every one lies within every picture.

    `size` is of the largest part of that shape; `across` and `down` are of the room that is left
    beside it and above it.
    """

    shape: Shape = Shape.AS_IS
    size: float = 100.0
    across: float = 50.0
    down: float = 50.0


WHOLE = Crop()


@dataclass(frozen=True, kw_only=True, slots=True)
class Box:
    """A part of a picture in its pixels."""

    left: int
    top: int
    width: int
    height: int


def proportions(shape: Shape, width: int, height: int) -> tuple[int, int]:
    """Width to height of the shape, in a picture of this size."""
    return _PROPORTIONS.get(shape, (width, height))


def box_of(crop: Crop, width: int, height: int) -> Box:
    """The part of a picture of `width` × `height` pixels; at least one pixel, and inside it."""
    across, down = proportions(crop.shape, width, height)
    if width * down > height * across:
        largest = (height * across / down, float(height))
    else:
        largest = (float(width), width * down / across)
    share = crop.size / 100
    part = [
        min(max(1, round(most * share)), side)
        for most, side in zip(largest, (width, height), strict=True)
    ]
    return Box(
        left=round((width - part[0]) * crop.across / 100),
        top=round((height - part[1]) * crop.down / 100),
        width=part[0],
        height=part[1],
    )


def read_crop(fields: Mapping[str, str]) -> Crop:
    """The crop that a form, or another program, names. Raises InputError."""
    shape = fields.get("shape") or Shape.AS_IS
    if shape not in set(Shape):
        raise InputError(
            f"{shape[:20]!r} is not a shape of a picture",
            field="shape",
            fix=f"use one of {', '.join(Shape)}",
        )
    return Crop(
        shape=Shape(shape),
        size=_percentage(fields, "size", SMALLEST_SIZE, 100.0),
        across=_percentage(fields, "across", 0.0, 50.0),
        down=_percentage(fields, "down", 0.0, 50.0),
    )


def _percentage(fields: Mapping[str, str], name: str, least: float, usual: float) -> float:
    text = fields.get(name, "").strip()
    if not text:
        return usual
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not least <= value <= 100:  # also false for "nan"
        raise InputError(
            f"{text[:20]!r} is not a percentage for a picture",
            field=name,
            fix=f"give a number from {least:g} to 100",
        )
    return value
