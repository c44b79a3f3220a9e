"""Dated letters to many: killed again and again, and by two processes at once."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from newsletter.delivery.classify import Stage
from newsletter.pipeline.letter_decisions import serve_letters
from newsletter.site.site import Site
from newsletter.store import letter_ledger
from tests.factories.dated_letters import confirm, counts, letters_site, of, serve, write
from tests.factories.runs import DAY, HOUR, THURSDAY
from tests.servers.fast_smtp import FastCatcher, fast_server, slow_at

ROOT = Path(__file__).parents[2]
SUNDAY = datetime(2026, 3, 8, 7, tzinfo=THURSDAY.tzinfo)
READERS, BATCH, CONNECTIONS = 120, 25, 4


async def start(site: Site) -> asyncio.subprocess.Process:
    """A process that decides and sends for ever."""
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.factories.dated_letters"),
        *(str(site.folder), SUNDAY.isoformat(), str(BATCH)),
        cwd=ROOT,
    )


async def test_killed_again_and_again_it_loses_nobody_and_repeats_nobody(
    tmp_path: Path, database_url: str
) -> None:
    """Two processes at a time; what a kill leaves unknown is at most the open connections."""
    expected = {f"r{n}@example.org" for n in range(READERS)}
    async with fast_server(FastCatcher(plan=slow_at(Stage.DOT, 0.01))) as catcher:
        site = await asyncio.to_thread(
            letters_site,
            tmp_path,
            port=catcher.port,
            database=database_url,
            relay=f"connections = {CONNECTIONS}",
        )
        number = write(site)
        confirm(site, *expected)
        kills = (20, 50, 80)
        for moment in kills:
            senders = [await start(site) for _ in range(2)]
            async with asyncio.timeout(300):
                await catcher.has_caught(moment)
            for sender in senders:
                sender.kill()
                await sender.wait()
        async with asyncio.timeout(300):
            while {"waiting", "queued"} & set(counts(site, number)):
                await asyncio.to_thread(serve, site, SUNDAY)
        found = counts(site, number)
    assert {one: count for one, count in catcher.copies.items() if count > 1} == {}
    assert set(catcher.copies) <= expected
    unknown = found.get("unknown", 0)
    assert len(expected - set(catcher.copies)) <= unknown <= 2 * len(kills) * CONNECTIONS
    assert found == of(
        **{"accepted": READERS - unknown} | ({"unknown": unknown} if unknown else {})
    )
    site.database.close()


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


async def test_a_minute_costs_the_same_few_statements(tmp_path: Path) -> None:
    """However many readers wait; and a batch is decided and queued with as few whatever its size."""
    site, stop = await asyncio.to_thread(letters_site, tmp_path), threading.Event()
    number = write(site)
    idle, deciding = [], []
    for day, readers in ((0, 10), (4, 200)):
        joined = THURSDAY + day * DAY
        confirm(site, *(f"r{day}-{n}@example.org" for n in range(readers)), at=joined)
        serve_letters(site, lambda at=joined: at, stop)
        with statements(site) as counted:
            serve_letters(site, lambda at=joined: at + HOUR, stop)
        idle.append(counted.total())
        with statements(site) as counted:
            serve_letters(site, lambda day=day: SUNDAY + day * DAY, stop)
        deciding.append(counted.total())
    assert idle[1] <= idle[0] <= 12
    assert deciding[1] <= deciding[0] <= 60
    assert counts(site, number) == of(queued=210)
    site.database.close()


async def test_no_more_are_queued_than_a_batch_while_a_relay_is_down(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rest waits where nothing ages."""
    monkeypatch.setattr(letter_ledger, "BATCH", 20)
    site = letters_site(tmp_path)
    number = write(site)
    confirm(site, *(f"r{n}@example.org" for n in range(60)))
    for _ in range(3):
        await asyncio.to_thread(serve, site, SUNDAY)
    found = counts(site, number)
    assert found["queued"] <= 40
    assert found["queued"] + found["waiting"] == 60
    site.database.close()
