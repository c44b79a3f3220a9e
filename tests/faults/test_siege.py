"""Two minutes of everything at once: nothing is lost, and whoever leaves has left."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from tests.faults import page
from tests.faults.rounds import IS_LONG
from tests.faults.siege import Siege, besiege

SIEGE = (
    Siege(readers=2_000, leaving=200, idle=5_000, rate="20/s", seconds=120)
    if IS_LONG
    else Siege(readers=60, leaving=6, idle=200, rate="100/s", seconds=0)
)
MOST_MEMORY = 300_000_000
SLOWEST_CLICK = 200
"""Milliseconds for 99 of 100 clicks, in the long form on an otherwise idle machine."""


@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
def test_nothing_is_lost_while_strangers_do_everything_at_once(tmp_path: Path) -> None:
    """Hostile feeds and mails, idle connections, what is not HTTP, and a flood of passwords."""
    end = asyncio.run(besiege(tmp_path, SIEGE))
    assert "Traceback" not in end.log
    assert set(end.attacks) == {"idle connections", "passwords", "not HTTP", "mails"}
    assert end.left == SIEGE.leaving
    assert set(end.states) <= {"accepted", "suppressed"}
    assert sum(end.states.values()) == SIEGE.readers
    assert end.states.get("suppressed", 0) <= SIEGE.leaving
    assert (end.copies, end.repeated) == (end.states["accepted"], 0)
    assert end.mails_recorded >= end.attacks["mails"]
    assert end.peak <= MOST_MEMORY
    print(page.siege_line(end))
    if IS_LONG:
        page.sieges.append(end)
        assert end.click_at(0.99) <= SLOWEST_CLICK
