from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from newsletter.store.ledger.prepared import ANY_NUMBER, MOST_ROWS, portions


@given(st.integers(0, 2_000))
def test_rows_are_cut_into_portions_of_few_sizes(count: int) -> None:
    """All of them, in their order; however many there are, few statements are ever compiled."""
    cut = [*portions(range(count))]
    assert [row for portion in cut for row in portion] == [*range(count)]
    sizes = {len(portion) for portion in cut}
    assert sizes <= {*range(1, ANY_NUMBER + 1), 16, 32, MOST_ROWS}


def test_few_rows_are_one_portion() -> None:
    """On PostgreSQL each is a journey to the server and back."""
    assert [len(portion) for portion in portions(range(ANY_NUMBER))] == [ANY_NUMBER]
    assert [len(portion) for portion in portions(range(149))] == [64, 64, 16, 5]
