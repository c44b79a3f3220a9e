"""A long list's readers are counted beside the pages that show their number."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from newsletter.site import kept_audiences
from newsletter.site.kept_audiences import AGAIN_AFTER, CountedAudience, KeptAudiences
from newsletter.site.site import Site
from newsletter.store.database import Database
from tests.factories.desk import NOW, drafted, make_site, subscribe


@pytest.fixture
def site(sqlite_database: Database, tmp_path: Path) -> Site:
    """A list with three readers."""
    site = make_site(sqlite_database, tmp_path)
    subscribe(site, *(f"reader{number}@example.net" for number in range(3)))
    return site


def total(counted: CountedAudience | None) -> int | None:
    """How many readers were counted; None while they are counted for the first time."""
    return None if counted is None else sum(counted.groups.values())


def test_a_short_list_is_counted_each_time(site: Site) -> None:
    """Its number is always right."""
    issue, kept = drafted(site), KeptAudiences()
    assert total(kept.of(site, issue, now=NOW)) == 3
    subscribe(site, "another@example.net")
    assert total(kept.of(site, issue, now=NOW)) == 4


def test_a_long_list_shows_the_last_count_while_it_is_counted(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No page waits for the count; it is made anew after a minute, by one thread at a time."""
    counts: list[int] = []
    count = kept_audiences._count
    monkeypatch.setattr(kept_audiences, "LONG", 2)
    monkeypatch.setattr(kept_audiences, "_count", lambda *given: counts.append(1) or count(*given))
    issue, kept = drafted(site), KeptAudiences()
    assert kept.of(site, issue, now=NOW) is None
    kept.wait()
    subscribe(site, "another@example.net")
    assert total(kept.of(site, issue, now=NOW + timedelta(seconds=59))) == 3
    kept.wait()
    assert len(counts) == 1
    assert total(kept.of(site, issue, now=NOW + AGAIN_AFTER)) == 3
    kept.wait()
    assert total(kept.of(site, issue, now=NOW + AGAIN_AFTER)) == 4
    assert len(counts) == 2
