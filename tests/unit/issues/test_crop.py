"""The part of a picture that is shown: inside the picture, of its shape, whatever is asked for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.errors import InputError
from newsletter.issues.crop import WHOLE, Box, Crop, Shape, box_of, proportions, read_crop

SIDES = st.integers(1, 5000)
SHARES = st.floats(0, 100)
CROPS = st.builds(
    Crop, shape=st.sampled_from(Shape), size=st.floats(10, 100), across=SHARES, down=SHARES
)


@given(crop=CROPS, width=SIDES, height=SIDES)
def test_every_part_lies_within_its_picture(crop: Crop, width: int, height: int) -> None:
    """And has at least one pixel."""
    box = box_of(crop, width, height)
    assert 0 <= box.left <= box.left + box.width <= width
    assert 0 <= box.top <= box.top + box.height <= height
    assert box.width >= 1
    assert box.height >= 1


@given(crop=CROPS, width=st.integers(200, 5000), height=st.integers(200, 5000))
def test_every_part_has_its_shape(crop: Crop, width: int, height: int) -> None:
    """Within half a pixel of either side."""
    box = box_of(crop, width, height)
    across, down = proportions(crop.shape, width, height)
    assert abs(box.width * down - box.height * across) <= (across + down) / 2 + 1e-6


@given(width=SIDES, height=SIDES)
def test_a_picture_that_is_not_cropped_is_whole(width: int, height: int) -> None:
    """Wherever its part would lie."""
    assert box_of(WHOLE, width, height) == Box(left=0, top=0, width=width, height=height)


@given(crop=CROPS, width=SIDES, height=SIDES)
def test_the_ends_of_the_room_are_its_edges(crop: Crop, width: int, height: int) -> None:
    """0 is at the left and the top, 100 at the right and the bottom."""
    first = box_of(Crop(shape=crop.shape, size=crop.size, across=0, down=0), width, height)
    last = box_of(Crop(shape=crop.shape, size=crop.size, across=100, down=100), width, height)
    assert (first.left, first.top) == (0, 0)
    assert (last.left + last.width, last.top + last.height) == (width, height)


def test_known_parts() -> None:
    """Of a picture of 1600 × 1200 pixels."""
    wide = Crop(shape=Shape.WIDE)
    assert box_of(wide, 1600, 1200) == Box(left=0, top=150, width=1600, height=900)
    square = Crop(shape=Shape.SQUARE, size=50, across=100, down=0)
    assert box_of(square, 1600, 1200) == Box(left=1000, top=0, width=600, height=600)


def test_a_form_names_a_crop() -> None:
    """What it leaves out is as it is without a crop."""
    assert read_crop({}) == WHOLE
    fields = {"shape": "wide", "size": "55.5", "across": "0", "down": " 100 "}
    assert read_crop(fields) == Crop(shape=Shape.WIDE, size=55.5, across=0, down=100)


@pytest.mark.parametrize(
    "fields",
    [
        {"shape": "round"},
        {"size": "9"},
        {"size": "101"},
        {"across": "-1"},
        {"down": "nan"},
        {"down": "inf"},
        {"across": "left"},
    ],
)
def test_anything_else_is_refused(fields: dict[str, str]) -> None:
    """And the field is named."""
    with pytest.raises(InputError) as refused:
        read_crop(fields)
    assert refused.value.problem.field in fields
