from __future__ import annotations

import pytest

from subscribers.blame.widespread import is_widespread


@pytest.mark.parametrize(
    ("readers", "domains", "answered", "widespread"),
    [
        (12, 6, 200, True),  # more than 5 % at many domains
        (12, 4, 200, False),  # one large host's words for its customers
        (8, 6, 200, False),  # as many dead addresses as a list may have
        (2, 2, 2, True),  # nobody was answered otherwise
        (3, 3, 4, False),
        (3, 1, 3, False),  # one domain may be gone
        (2, 2, 0, False),  # it is not known how many were answered
    ],
)
def test_how_many_alike_are_nobodys_fault(
    readers: int, domains: int, answered: int, widespread: bool
) -> None:
    """Many readers of many domains, or on a small list everybody, at more than one domain."""
    found = is_widespread(readers=readers, domains=domains, answered=answered, share=0.05)
    assert found is widespread
