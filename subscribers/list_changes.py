"""Makes, renames, merges and closes lists. No change brings back a person who left (rule 18)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa

from subscribers import tables
from subscribers.errors import ListExistsError
from subscribers.growth import Happening, count_many, rename_in_growth
from subscribers.history import MAX_DETAIL, Event, Way
from subscribers.lists import list_id
from subscribers.private_feeds import forget_ended_feeds, move_feeds
from subscribers.sql import insert_once
from subscribers.subscriber import Status

STRICTNESS = (
    Status.ACTIVE,
    Status.PENDING,
    Status.UNSUBSCRIBED,
    Status.BOUNCED,
    Status.COMPLAINED,
)
"""The statuses in ascending order: of two subscriptions of a person, the stricter one stays."""


class Made(StrEnum):
    """What `make_list` did."""

    MADE = "made"
    REOPENED = "reopened"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, kw_only=True, slots=True)
class Merged:
    """What a merge did, or would do.

    `moved` are the people who were on the merged list only, by their status. `met` are those on
    both lists, by their status there and here; the stricter one stays.
    """

    moved: Mapping[Status, int] = field(default_factory=dict)
    met: Mapping[tuple[Status, Status], int] = field(default_factory=dict)

    @property
    def people(self) -> int:
        """Everybody who was on the merged list."""
        return sum(self.moved.values()) + sum(self.met.values())

    @property
    def meetings(self) -> list[tuple[tuple[Status, Status], Status, int]]:
        """The statuses there and here, the one that stays, and how many people have them."""
        return [((there, here), stricter(there, here), n) for (there, here), n in self.met.items()]

    @property
    def no_longer_active(self) -> int:
        """Active readers of this list whom the other list's status ended or suspended."""
        return sum(
            n
            for (there, here), n in self.met.items()
            if here is Status.ACTIVE and there is not Status.ACTIVE
        )


def stricter(one: Status, other: Status) -> Status:
    """The stricter of two statuses (pure)."""
    return max(one, other, key=STRICTNESS.index)


def make_list(connection: sa.Connection, slug: str) -> Made:
    """Make a list, or open a closed one again.

    Raises ListExistsError for the former name of another list.
    """
    lists = tables.lists
    if owner := _owner_of_former_name(connection, slug):
        raise ListExistsError(
            f"{slug!r} is a former name of the list {owner!r}, and links in sent mails contain it",
            field="list",
            fix="choose another name",
        )
    if insert_once(connection, lists, {"slug": slug}):
        return Made.MADE
    opened = connection.execute(
        sa.update(lists)
        .where(lists.c.slug == slug, lists.c.closed_at.is_not(None))
        .values(closed_at=None)
    )
    return Made.REOPENED if opened.rowcount else Made.UNCHANGED


def close_list(connection: sa.Connection, slug: str, now: datetime) -> bool:
    """Close the list: nobody joins it and nothing is sent to it. Its people and record stay.

    Returns False if it was closed before. Raises UnknownListError.
    """
    number, lists = list_id(connection, slug), tables.lists
    closed = connection.execute(
        sa.update(lists)
        .where(lists.c.id == number, lists.c.closed_at.is_(None))
        .values(closed_at=now)
    )
    return closed.rowcount > 0


def rename_list(connection: sa.Connection, old: str, new: str) -> None:
    """Give the list another name. Links and addresses in sent mails, with the old one, still work.

    Raises UnknownListError, and ListExistsError if people are on a list of that name, or it is a
    former name of another list.
    """
    number = list_id(connection, old)
    old = _owner_of_former_name(connection, old) or old
    owner = _owner_of_former_name(connection, new)
    if owner not in (None, old) or not _drop_empty(connection, new):
        raise ListExistsError(
            f"there is a list {new!r} already"
            if owner is None
            else f"{new!r} is a former name of the list {owner!r}",
            field="list",
            fix=f"merge them: newsletter lists merge {old} --into {owner or new}",
        )
    lists, former = tables.lists, tables.former_list_names
    connection.execute(sa.delete(former).where(former.c.slug == new))
    connection.execute(sa.update(lists).where(lists.c.id == number).values(slug=new))
    connection.execute(sa.insert(former).values(slug=old, list_id=number))
    rename_in_growth(connection, old, new)
    _rename_in_bounces(connection, old, new)


def merge_lists(
    connection: sa.Connection, slug: str, *, into: str, now: datetime, dry_run: bool = False
) -> Merged:
    """Move everybody on the list `slug` to the list `into`, and remove the former.

    Of a person's two subscriptions the stricter stays: who left, bounced, complained or never
    confirmed on either list is not mailed by the merged one. Each person's record says so. Links
    in sent mails still work. With `dry_run`, only counts. Raises UnknownListError.
    """
    source, target = list_id(connection, slug), list_id(connection, into)
    if source == target:
        raise ListExistsError(
            f"{slug!r} and {into!r} are the same list", field="into", fix="name two lists"
        )
    slug, into = (_owner_of_former_name(connection, one) or one for one in (slug, into))
    merged = _counted(connection, source, target)
    if dry_run:
        return merged
    _record(connection, source, target, slug, into, now)
    _make_stricter(connection, source, target, now)
    move_feeds(connection, source, target)
    _move(connection, source, target)
    forget_ended_feeds(connection, target)
    _remove(connection, source, target, slug)
    _count_growth(connection, merged, into, now)
    return merged


_theirs = tables.subscriptions.alias("theirs")
_ours = tables.subscriptions.alias("ours")


def _pairs(source: int, target: int) -> sa.Join:
    """The subscriptions of the merged list, each with that of the same person to the other one."""
    same = sa.and_(_ours.c.subscriber_id == _theirs.c.subscriber_id, _ours.c.list_id == target)
    return _theirs.outerjoin(_ours, same)


def _counted(connection: sa.Connection, source: int, target: int) -> Merged:
    rows = connection.execute(
        sa.select(_theirs.c.status, _ours.c.status.label("here"), sa.func.count().label("n"))
        .select_from(_pairs(source, target))
        .where(_theirs.c.list_id == source)
        .group_by(_theirs.c.status, _ours.c.status)
    ).all()
    return Merged(
        moved={Status(row.status): row.n for row in rows if row.here is None},
        met={(Status(row.status), Status(row.here)): row.n for row in rows if row.here is not None},
    )


def _record(
    connection: sa.Connection, source: int, target: int, slug: str, into: str, now: datetime
) -> None:
    """One entry for each person: the status there, and the one here if there was one."""
    table = tables.history
    there = sa.literal(f"{slug}, where it was ") + _theirs.c.status
    here = sa.case(
        (_ours.c.status.is_(None), ""), else_=sa.literal("; here it was ") + _ours.c.status
    )
    assert len(slug) + 100 < MAX_DETAIL  # noqa: S101 - a slug is short
    connection.execute(
        sa.insert(table).from_select(
            ["subscriber_id", "at", "event", "list_slug", "way", "detail"],
            sa.select(
                _theirs.c.subscriber_id,
                sa.literal(now, table.c.at.type),
                sa.literal(Event.MERGE.value),
                sa.literal(into),
                sa.literal(Way.OPERATOR.value),
                there + here,
            )
            .select_from(_pairs(source, target))
            .where(_theirs.c.list_id == source)
            .order_by(_theirs.c.subscriber_id),
        )
    )


def _make_stricter(connection: sa.Connection, source: int, target: int, now: datetime) -> None:
    table = tables.subscriptions
    for place, status in enumerate(STRICTNESS):
        stricter_there = sa.select(_theirs.c.subscriber_id).where(
            _theirs.c.list_id == source, _theirs.c.status == status.value
        )
        weaker = [other.value for other in STRICTNESS[:place]]
        if weaker:
            connection.execute(
                sa.update(table)
                .where(
                    table.c.list_id == target,
                    table.c.status.in_(weaker),
                    table.c.subscriber_id.in_(stricter_there),
                )
                .values(status=status.value, changed_at=now)
            )


def _move(connection: sa.Connection, source: int, target: int) -> None:
    table = tables.subscriptions
    there = sa.select(_ours.c.subscriber_id).where(_ours.c.list_id == target)
    connection.execute(
        sa.update(table)
        .where(table.c.list_id == source, table.c.subscriber_id.not_in(there))
        .values(list_id=target)
    )


def _remove(connection: sa.Connection, source: int, target: int, slug: str) -> None:
    """Remove the list, whose name stays as a former name of the other one."""
    lists, former = tables.lists, tables.former_list_names
    table = tables.subscriptions
    connection.execute(sa.delete(table).where(table.c.list_id == source))
    connection.execute(sa.update(former).where(former.c.list_id == source).values(list_id=target))
    connection.execute(sa.delete(lists).where(lists.c.id == source))
    connection.execute(sa.insert(former).values(slug=slug, list_id=target))


def _count_growth(connection: sa.Connection, merged: Merged, into: str, now: datetime) -> None:
    def happening(event: Event, way: str) -> Happening:
        return Happening(at=now, list_slug=into, event=event.value, way=way)

    count_many(
        connection,
        Counter(
            {
                happening(Event.MERGE, Event.MERGE.value): merged.moved.get(Status.ACTIVE, 0),
                happening(Event.UNSUBSCRIBE, Event.MERGE.value): merged.no_longer_active,
            }
        ),
    )


def _owner_of_former_name(connection: sa.Connection, slug: str) -> str | None:
    """The present name of the list that had this name before; None if there is none."""
    former = tables.former_list_names
    return connection.scalar(
        sa.select(tables.lists.c.slug)
        .join(former, former.c.list_id == tables.lists.c.id)
        .where(former.c.slug == slug)
    )


def _drop_empty(connection: sa.Connection, slug: str) -> bool:
    """Remove a list that nobody was ever on; False if there are people on it."""
    lists, table = tables.lists, tables.subscriptions
    number = connection.scalar(sa.select(lists.c.id).where(lists.c.slug == slug))
    if number is None:
        return True
    if connection.scalar(sa.select(sa.exists().where(table.c.list_id == number))):
        return False
    former = tables.former_list_names
    if connection.scalar(sa.select(sa.exists().where(former.c.list_id == number))):
        return False
    connection.execute(sa.delete(lists).where(lists.c.id == number))
    return True


def _rename_in_bounces(connection: sa.Connection, old: str, new: str) -> None:
    """Bounces count by list and issue, so they follow the list."""
    table, same = tables.bounces, tables.bounces.alias()
    taken = sa.exists().where(
        same.c.list_slug == new,
        same.c.subscriber_id == table.c.subscriber_id,
        same.c.number == table.c.number,
    )
    connection.execute(
        sa.update(table).where(table.c.list_slug == old, ~taken).values(list_slug=new)
    )
