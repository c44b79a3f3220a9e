"""What strangers cause is logged, but does not fill the log."""

from __future__ import annotations

import logging

import pytest

from subscribers.quiet_log import INTERVAL, LONGEST, QuietLog


def test_a_flood_is_one_line_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    """The next line says how many there were; another message is not kept back."""
    now = [0.0]
    quiet = QuietLog(logging.getLogger("newsletter"), clock=lambda: now[0])
    with caplog.at_level(logging.WARNING):
        for number in range(1000):
            quiet.warning("a sender is unknown: %s", number)
        quiet.warning("a report is refused: %s", "none")
        now[0] = INTERVAL - 1
        quiet.warning("a sender is unknown: %s", "again")
        now[0] = INTERVAL
        quiet.warning("a sender is unknown: %s", "last")
    assert [record.getMessage() for record in caplog.records] == [
        "a sender is unknown: 0",
        "a report is refused: none",
        "a sender is unknown: last (and 1000 more before)",
    ]


def test_a_long_value_is_cut(caplog: pytest.LogCaptureFixture) -> None:
    """As of a header with a hundred thousand characters."""
    quiet = QuietLog(logging.getLogger("newsletter"))
    with caplog.at_level(logging.WARNING):
        quiet.warning("a sender is unknown: %s", "x" * 100_000)
    (record,) = caplog.records
    assert len(record.getMessage()) == LONGEST + 1
