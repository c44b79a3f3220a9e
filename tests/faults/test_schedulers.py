"""Two `serve` and two crons on one database: each issue once."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from functools import partial
from pathlib import Path

from newsletter.issues.issue import State
from newsletter.site.site import Site
from newsletter.store.newsletters import passed
from tests.factories.nodes import end, start_cron, start_serve, until
from tests.factories.runs import HOUR, MONDAY, THURSDAY, WEEK, states
from tests.factories.site import READERS, make_site, publish
from tests.faults import page
from tests.faults.rounds import DUE_TIMES
from tests.servers.fast_smtp import FastCatcher, fast_server


async def test_each_issue_goes_out_once(tmp_path: Path, postgres_url: str) -> None:
    """Week after week all four find it due at the same moment."""
    clock = tmp_path / "clock"

    def turn(week: int) -> None:
        (tmp_path / "next").write_text((MONDAY + week * WEEK).isoformat())
        (tmp_path / "next").rename(clock)

    clock.write_text(THURSDAY.isoformat())
    async with fast_server(FastCatcher()) as catcher:
        site = make_site(tmp_path, now=THURSDAY, port=catcher.port, database=postgres_url)
        processes = [start(site, clock) for start in (start_serve, start_cron) for _ in range(2)]
        try:
            await until(lambda: _looked(site) == THURSDAY)
            for week in range(DUE_TIMES):
                publish(tmp_path, THURSDAY + week * WEEK + HOUR, THURSDAY + week * WEEK + 2 * HOUR)
                turn(week)
                await until(partial(_is_sent, site, week + 1))
        finally:
            await end(*processes)
    assert catcher.copies == Counter(dict.fromkeys(READERS, DUE_TIMES))
    site.database.close()
    page.due_times["postgresql"] = DUE_TIMES


def _looked(site: Site) -> datetime | None:
    """Up to when somebody has looked what is due."""
    with site.database.transaction(read_only=True) as connection:
        return passed(connection, "weekly")


def _is_sent(site: Site, issues: int) -> bool:
    return states(site) == [State.SENT] * issues
