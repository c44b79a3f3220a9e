"""Letters and killed senders, and thousands of them beside an issue at a far relay."""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from pathlib import Path

import pytest

from newsletter.delivery.classify import Stage
from newsletter.delivery.receipt import DeliveryState
from newsletter.pipeline.approve import approve
from newsletter.pipeline.draft import draft
from newsletter.pipeline.gather import gather
from tests.factories.letters import letters_by_state, put_letters, send_letters_with_kills
from tests.factories.runs import HOUR, MONDAY, THURSDAY
from tests.factories.site import make_site, publish
from tests.faults.rounds import IS_LONG, LETTER_KILLS, LETTERS
from tests.servers.fast_smtp import FastCatcher, Spoilt, fast_server, slow_at

COMMAND = Path(sys.executable).parent / "newsletter"
S = DeliveryState
BOUND = 10.0
"""Seconds that a stop may take (the contract of every command)."""


@pytest.mark.parametrize("database_url", ["sqlite", "postgres"], indirect=True)
async def test_killed_again_and_again_no_letter_is_lost_and_none_goes_twice(
    tmp_path: Path, database_url: str
) -> None:
    """What was at its dot is unknown, and nothing else."""
    async with fast_server(FastCatcher(plan=slow_at(Stage.DOT, 0.002))) as catcher:
        site = make_site(
            tmp_path,
            now=THURSDAY,
            port=catcher.port,
            database=database_url,
            relay="connections = 8",
        )
        await send_letters_with_kills(
            site, catcher, letters=40 * LETTER_KILLS, kills=LETTER_KILLS, now=MONDAY, seed=5
        )
    site.database.close()


@pytest.mark.parametrize("database_url", ["sqlite", "postgres"], indirect=True)
async def test_an_issue_and_thousands_of_letters_leave_side_by_side(
    tmp_path: Path, database_url: str
) -> None:
    """To a relay 100 ms away; SIGTERM ends both commands in time, and nothing is sent twice."""
    first_reader = asyncio.Event()

    def far(stage: Stage, recipient: str) -> Spoilt | None:
        if stage is Stage.DOT and recipient.startswith("reader"):
            first_reader.set()
        return Spoilt(delay=0.1) if stage is Stage.DOT else None

    readers = tuple(f"reader{number}@example.org" for number in range(LETTERS))
    async with fast_server(FastCatcher(plan=far)) as catcher:
        site = make_site(
            tmp_path,
            now=THURSDAY,
            port=catcher.port,
            database=database_url,
            readers=readers,
            approval="hold",
            relay="connections = 8",
        )
        publish(tmp_path, MONDAY - 3 * HOUR, MONDAY - 2 * HOUR)
        await asyncio.to_thread(gather, site, "weekly", now=MONDAY)
        issue = draft(site, "weekly", now=MONDAY)
        approve(site, "weekly", issue.number, now=MONDAY)
        put_letters(site, LETTERS, MONDAY)
        now = MONDAY.isoformat()
        posting = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.factories.letters", tmp_path, now)
        )
        await catcher.has_caught(4)
        sending = await asyncio.create_subprocess_exec(
            *(COMMAND, "-C", tmp_path, "send", issue.name, "--now", now)
        )
        began = time.monotonic()
        await first_reader.wait()
        waited = time.monotonic() - began
        assert letters_by_state(site).keys() & {S.PENDING, S.CLAIMED}
        began = time.monotonic()
        for process in (posting, sending):
            process.send_signal(signal.SIGTERM)
        await asyncio.gather(posting.wait(), sending.wait())
        stopped = time.monotonic() - began
        print(f"the issue's first message after {waited:.1f} s, the end after {stopped:.1f} s")
        if IS_LONG:  # the suite's machines may be slow
            assert stopped < BOUND
    assert set(catcher.copies.values()) == {1}
    assert S.TRANSMITTING not in letters_by_state(site)
    site.database.close()
