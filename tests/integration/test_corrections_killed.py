"""A correction to many: killed again and again, in batches, with few statements."""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from newsletter.delivery.classify import Stage
from newsletter.pipeline.addressed_letters import AddressedLetters
from newsletter.pipeline.correct import sent_issue, shown_corrections
from newsletter.pipeline.correction_letters import queue_letters
from newsletter.pipeline.flush_letters import flush
from newsletter.site.site import Site
from newsletter.store import correction_letters
from newsletter.store.correction_letters import CorrectionProgress
from newsletter.store.outbox_ledger import OutboxLedger
from tests.factories.corrections import (
    AFTER,
    correct,
    everything_reader,
    sea_reader,
    send_two_stories,
    site_with_two_stories,
)
from tests.factories.letters import put_letters, stranger
from tests.factories.runs import HOUR
from tests.servers.fast_smtp import FastCatcher, fast_server, slow_at

ROOT = Path(__file__).parents[2]
OF_EACH, BATCH = 60, 25
CONNECTIONS = 4


def progress(site: Site) -> CorrectionProgress:
    """How far the letters of the only correction are."""
    (shown,) = shown_corrections(site, sent_issue(site, "weekly", None), now=AFTER)
    return shown.progress


async def send_and_die(site: Site, catcher: FastCatcher, after: int) -> None:
    """A process of its own sends, until it is killed when so many have come."""
    sender = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.factories.corrections"),
        *(str(site.folder), AFTER.isoformat(), str(BATCH)),
        cwd=ROOT,
    )
    async with asyncio.timeout(300):
        await catcher.has_caught(after)
    sender.kill()
    await sender.wait()


async def test_killed_again_and_again_it_loses_nobody_and_repeats_nobody(
    tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a kill leaves unknown is never more than the open connections. Batches are small here."""
    monkeypatch.setattr(correction_letters, "BATCH", BATCH)
    expected = {reader(n) for n in range(OF_EACH) for reader in (sea_reader, everything_reader)}
    async with fast_server(FastCatcher(plan=slow_at(Stage.DOT, 0.01))) as catcher:
        site = await asyncio.to_thread(
            site_with_two_stories,
            tmp_path,
            of_each=OF_EACH,
            port=catcher.port,
            database=database_url,
            relay=f"connections = {CONNECTIONS}",
        )
        await asyncio.to_thread(send_two_stories, site)
        copies = len(catcher.copies)
        assert copies == 3 * OF_EACH
        catcher.copies.clear()
        correct(site)
        kills = (15, 60, 95)
        for moment in kills:
            await send_and_die(site, catcher, copies + moment)
        async with asyncio.timeout(300):
            while progress(site).waiting or not progress(site).is_whole:
                await asyncio.to_thread(flush, site, lambda: AFTER)
    told = progress(site)
    site.database.close()
    assert {one: count for one, count in catcher.copies.items() if count > 1} == {}
    assert set(catcher.copies) <= expected
    assert len(expected - set(catcher.copies)) <= told.unknown <= len(kills) * CONNECTIONS
    assert told.queued == told.accepted + told.unknown == len(expected)


@contextmanager
def statements(site: Site) -> Iterator[Counter[str]]:
    """Counts the statements that reach the database, by their first word."""
    seen: Counter[str] = Counter()

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen[statement.split()[0]] += 1

    with site.database.transaction(read_only=True) as connection:
        engine = connection.engine
    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)


async def test_a_batch_costs_the_same_few_statements_whatever_its_size(
    tmp_path: Path, database_url: str
) -> None:
    """Nothing is done for each reader when letters are written or claimed."""
    async with fast_server(FastCatcher()) as catcher:
        site = await asyncio.to_thread(
            site_with_two_stories, tmp_path, of_each=50, port=catcher.port, database=database_url
        )
        await asyncio.to_thread(send_two_stories, site)
    ledger = OutboxLedger(site.database, AddressedLetters(site, lambda: AFTER).audience_of)
    with ledger.on_duty():
        correct(site)
        with statements(site) as writing:
            queue_letters(site, AFTER)
        with statements(site) as for_few:
            assert len(ledger.claim(10, AFTER).claims) == 10
        with statements(site) as for_many:
            assert len(ledger.claim(500, AFTER).claims) == 90
    assert progress(site).queued == 100
    assert writing.total() <= 9
    assert for_few == for_many
    assert for_many.total() <= 5
    site.database.close()


async def test_other_letters_do_not_wait_for_a_correction(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sign-in link that is asked for later goes first, and only a batch waits in the outbox."""
    monkeypatch.setattr(correction_letters, "BATCH", 20)
    async with fast_server(FastCatcher()) as catcher:
        site = await asyncio.to_thread(
            site_with_two_stories, tmp_path, of_each=50, port=catcher.port
        )
        await asyncio.to_thread(send_two_stories, site)
    correct(site)
    queue_letters(site, AFTER)
    assert 1 <= progress(site).queued < 40
    put_letters(site, 1, AFTER + HOUR)
    ledger = OutboxLedger(site.database, AddressedLetters(site, lambda: AFTER).audience_of)
    with ledger.on_duty():
        (first,) = ledger.claim(1, AFTER + HOUR).claims
    assert first.address == stranger(0)
    site.database.close()


async def test_a_relay_that_is_down_is_not_asked_for_each_batch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it did not take waits a minute, and the rest is not even written."""
    monkeypatch.setattr(correction_letters, "BATCH", 20)
    async with fast_server(FastCatcher()) as catcher:
        site = await asyncio.to_thread(
            site_with_two_stories, tmp_path, of_each=50, port=catcher.port
        )
        await asyncio.to_thread(send_two_stories, site)
    correct(site)
    for _ in range(3):
        await asyncio.to_thread(flush, site, lambda: AFTER)
    assert progress(site).queued == progress(site).waiting < 40
    site.database.close()
