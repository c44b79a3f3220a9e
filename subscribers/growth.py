"""How a list grows: joins, confirmations, leaves and bounces, kept as counts.

Each count is written in the transaction of what it counts, as a row of its own, so that writers
on PostgreSQL do not wait for each other; `fold_growth` adds the rows up. Counts say nothing about
a person, and outlive erasure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from subscribers import tables

QUARTER = timedelta(minutes=15)
"""The grain of the counts. The offsets of all time zones are multiples of it."""

FOLDED_AFTER = timedelta(minutes=30)
"""Rows of a quarter of an hour are added up some time after it ended."""

ERASURE = "erasure"
"""The way of a leave by a reader who had everything erased."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Happening:
    """Something that is counted. `event` and `way` are those of the consent record, or "bounce"
    with the bounce's verdict.
    """

    at: datetime
    list_slug: str
    event: str
    way: str


@dataclass(frozen=True, kw_only=True, slots=True)
class DayOfGrowth:
    """What happened on one day. Mappings are by way; `bounces` is by verdict.

    `asked` people still had to confirm. `added` were put on the list by an editor, a program or a
    file, and `returned` came back after leaving.
    """

    day: date
    asked: int = 0
    confirmed: int = 0
    added: Mapping[str, int] = field(default_factory=dict)
    returned: int = 0
    left: Mapping[str, int] = field(default_factory=dict)
    bounces: Mapping[str, int] = field(default_factory=dict)

    @property
    def joined(self) -> int:
        """Everybody who became an active reader."""
        return self.confirmed + sum(self.added.values()) + self.returned

    @property
    def gone(self) -> int:
        """Everybody who left."""
        return sum(self.left.values())


_ASKED, _CONFIRMED = "subscribe", "confirm"
_ADDED = frozenset({"add", "import", "merge"})
_RETURNED = frozenset({"undo", "restore"})
_LEFT, _BOUNCE = "unsubscribe", "bounce"
COUNTED = frozenset({_ASKED, _CONFIRMED, *_ADDED, *_RETURNED, _LEFT, _BOUNCE})


def count(connection: sa.Connection, happenings: Iterable[Happening]) -> None:
    """Count what happened to lists; events that change no list's size are left out."""
    count_many(connection, Counter(happenings))


def count_many(connection: sa.Connection, happenings: Mapping[Happening, int]) -> None:
    """Count what happened to lists several times."""
    counts: Counter[tuple[Any, ...]] = Counter()
    for one, n in happenings.items():
        if one.list_slug and one.event in COUNTED and n:
            counts[_quarter(one.at), one.list_slug, one.event, one.way] += n
    _insert(connection, counts)


def growth_of(
    connection: sa.Connection, *, since: date, until: date, zone: ZoneInfo, list_slug: str | None
) -> list[DayOfGrowth]:
    """What happened on each day from `since` to `until` (both included), oldest first.

    `zone` is the time zone of the days. Without a list, of all lists together.
    """
    table = tables.growth
    start, end = (datetime.combine(day, time(), zone) for day in (since, until + timedelta(days=1)))
    query = (
        sa.select(table.c.at, table.c.event, table.c.way, sa.func.sum(table.c.n).label("n"))
        .where(table.c.at >= start, table.c.at < end)
        .group_by(table.c.at, table.c.event, table.c.way)
    )
    if list_slug is not None:
        query = query.where(table.c.list_slug == list_slug)
    days: dict[date, Counter[tuple[str, str]]] = {
        since + timedelta(days=number): Counter() for number in range((until - since).days + 1)
    }
    for row in connection.execute(query):
        days[row.at.astimezone(zone).date()][row.event, row.way] += int(row.n)
    return [day_of_growth(day, counts) for day, counts in days.items()]


def day_of_growth(day: date, counts: Mapping[tuple[str, str], int]) -> DayOfGrowth:
    """The day's numbers from counts by event and way (pure)."""

    def total(*events: str) -> int:
        return sum(n for (event, _way), n in counts.items() if event in events)

    def by_way(*events: str) -> dict[str, int]:
        ways: Counter[str] = Counter()
        for (event, way), n in sorted(counts.items()):
            if event in events:
                ways[way] += n
        return dict(ways)

    return DayOfGrowth(
        day=day,
        asked=total(_ASKED),
        confirmed=total(_CONFIRMED),
        added=by_way(*_ADDED),
        returned=total(*_RETURNED),
        left=by_way(_LEFT),
        bounces=by_way(_BOUNCE),
    )


def growth_document(day: DayOfGrowth) -> dict[str, Any]:
    """The day as JSON."""
    return {
        **asdict(day),
        "day": day.day.isoformat(),
        "joined": day.joined,
        "left_in_all": day.gone,
    }


def rename_in_growth(connection: sa.Connection, old: str, new: str) -> None:
    """Give a list's counts its new name."""
    table = tables.growth
    connection.execute(sa.update(table).where(table.c.list_slug == old).values(list_slug=new))


def fold_growth(connection: sa.Connection, now: datetime) -> None:
    """Add up the rows of each quarter of an hour that has ended, where there are several."""
    table = tables.growth
    keys = (table.c.at, table.c.list_slug, table.c.event, table.c.way)
    ended = table.c.at < now - FOLDED_AFTER - QUARTER
    several = (
        sa.select(table.c.at)
        .where(ended, table.c.at >= now - timedelta(days=2))
        .group_by(*keys)
        .having(sa.func.count() > 1)
    )
    counts: Counter[tuple[Any, ...]] = Counter()
    # Rows that another process folds now are locked; once it commits, they no longer exist.
    for *key, n in connection.execute(
        sa.delete(table).where(table.c.at.in_(several)).returning(*keys, table.c.n)
    ):
        counts[tuple(key)] += n
    _insert(connection, counts)


def _insert(connection: sa.Connection, counts: Mapping[tuple[Any, ...], int]) -> None:
    rows = [
        {"at": at, "list_slug": slug, "event": event, "way": way, "n": n}
        for (at, slug, event, way), n in counts.items()
    ]
    if rows:
        connection.execute(sa.insert(tables.growth), rows)


def _quarter(moment: datetime) -> datetime:
    moment = moment.astimezone(UTC)
    return moment.replace(minute=moment.minute // 15 * 15, second=0, microsecond=0)
