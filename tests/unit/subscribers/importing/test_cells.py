"""What stands in single cells of a file of people."""

from __future__ import annotations

import pytest

from subscribers.importing.cells import labels_in


@pytest.mark.parametrize(
    ("cell", "labels"),
    [
        ("boats; tides", ["boats", "tides"]),
        ("boats, tides", ["boats", "tides"]),
        ('"boats","tides, high"', ["boats", "tides, high"]),
        ('"boats"\n,"tides"', ["boats", "tides"]),
        ('boats\r\n, 3" pipes', ["boats", '3" pipes']),
        ('"boats', ["boats"]),
        ('"', []),
        ("", []),
    ],
)
def test_the_tags_of_a_cell(cell: str, labels: list[str]) -> None:
    """In each way that tools write several; a line break among them ends nothing."""
    assert labels_in(cell) == labels


def test_a_cell_longer_than_a_field_may_be_is_read() -> None:
    """A file of one cell is not an error of ours."""
    assert labels_in('"' + "x" * 200_000) == ["x" * 200_000]
