"""Whose mail to a source is read at once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from newsletter.issues.source_mail import HeldReason, held_reason, is_due


@pytest.mark.parametrize(
    ("sender", "authenticated", "is_disowned", "expected"),
    [
        ("daily@digest.example", True, False, None),
        ("daily@digest.example", None, False, None),
        ("anybody@town.example", True, False, None),
        ("daily@digest.example", False, False, HeldReason.UNPROVEN),
        ("daily@digest.example", None, True, HeldReason.UNPROVEN),
        ("other@digest.example", True, False, HeldReason.UNCONFIRMED),
        ("anybody@sub.town.example", True, False, HeldReason.UNCONFIRMED),
        ("other@digest.example", False, True, HeldReason.DOUBTFUL),
        ("other@digest.example", None, True, HeldReason.DOUBTFUL),
    ],
)
def test_held_reason(
    sender: str, authenticated: bool | None, is_disowned: bool, expected: HeldReason | None
) -> None:
    """Confirmed addresses and domains are read unless they are not proven."""
    confirmed = ("daily@digest.example", "town.example")
    assert (
        held_reason(sender, confirmed, authenticated=authenticated, is_disowned=is_disowned)
        is expected
    )


@pytest.mark.parametrize(
    ("tries", "hours", "expected"),
    [(0, 0, True), (1, 0.9, False), (1, 1, True), (2, 1.9, False), (2, 2, True)],
)
def test_a_mail_is_tried_again_after_hours(tries: int, hours: float, expected: bool) -> None:
    """A site that is down for a while loses none of its links."""
    came = datetime(2026, 3, 8, 7, tzinfo=UTC)
    assert is_due(came, tries, came + timedelta(hours=hours)) is expected
