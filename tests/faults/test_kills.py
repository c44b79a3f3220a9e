"""kill -9 at random moments: lost 0, repeated 0, unknown at most one per connection."""

from __future__ import annotations

from random import Random

import pytest

from newsletter.store.database import Database
from tests.factories.ledger import NOW, address_of, ledger_on, plant_issue
from tests.faults import page
from tests.faults.kills import CONNECTIONS, Kill, kill_once
from tests.faults.rounds import KILLS, READERS
from tests.faults.tables import empty_tables


@pytest.mark.parametrize("database_url", ["sqlite", "postgres"], indirect=True)
async def test_whoever_is_killed_loses_nobody_and_repeats_nobody(
    database: Database, database_url: str
) -> None:
    """A real process dies at a random moment, again and again; each time another finishes."""
    random = Random(11)  # noqa: S311 - where to kill, the same each time
    seen: list[Kill] = []
    for round_number in range(KILLS):
        empty_tables(database)
        issue = plant_issue(database, [address_of(n) for n in range(1, READERS + 1)])
        ledger = ledger_on(database, issue)
        ledger.plan({}, issue.edition_id, NOW)
        is_far = round_number % 2 == 1
        kill = await kill_once(
            database, database_url, ledger, issue, READERS, random, is_far=is_far
        )
        assert kill.end.is_honest, kill
        assert kill.unknown <= CONNECTIONS, kill
        seen.append(kill)
    page.kills[database.engine.dialect.name] = seen
