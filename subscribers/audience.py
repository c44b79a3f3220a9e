"""The audience of a list: who is to be mailed at a moment, and their tag selections (rule 1).

Every send takes its addresses from here and queries them each time.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from subscribers import tables
from subscribers.sql import at_domain, in_default_collation
from subscribers.subscriber import Frequency, Status


class ReaderGroup(NamedTuple):
    """Readers who get the same items of any issue.

    `follows` is their tag selection. `sees` has a digit for each part of the issue that is for
    some readers only: "1" if they are among them.
    """

    follows: str = ""
    sees: str = ""


def audience(
    list_slug: str,
    now: datetime,
    *,
    frequency: Frequency | None = None,
    segment: Iterable[sa.ColumnElement[bool]] = (),
    parts: Sequence[sa.ColumnElement[bool]] = (),
) -> sa.Select[Any]:
    """Select whom to mail at `now`: subscriber_id, address, name, follows, sees, links_since, mail_format,
    time_zone.

    That is: they have an active subscription to the list, which is not closed, neither their
    address nor its domain is suppressed, and they have not paused, nor chosen to read by their
    private feed alone. With `frequency`, only readers
    who chose it, and with `segment`, only those for whom these conditions hold. `parts` are the
    conditions of `ReaderGroup.sees`. The select may be joined, counted, or be the source of an
    INSERT. Erased people have no row, and suppression.py ensures that they get none.
    """
    people, subscriptions = tables.subscribers, tables.subscriptions
    by_frequency = [] if frequency is None else [people.c.frequency == frequency.value]
    return (
        sa.select(
            people.c.id.label("subscriber_id"),
            people.c.address,
            people.c.name,
            people.c.follows,
            people.c.links_since,
            people.c.mail_format,
            people.c.time_zone,
            sees(parts).label("sees"),
        )
        .select_from(
            tables.lists.join(subscriptions, subscriptions.c.list_id == tables.lists.c.id).join(
                people, people.c.id == subscriptions.c.subscriber_id
            )
        )
        .where(
            tables.lists.c.slug == list_slug,
            tables.lists.c.closed_at.is_(None),
            subscriptions.c.status == Status.ACTIVE.value,
            sa.or_(people.c.paused_until.is_(None), people.c.paused_until <= now),
            *not_suppressed(),
            sa.not_(_reads_by_feed_alone()),
            *by_frequency,
            *segment,
        )
    )


def sees(parts: Sequence[sa.ColumnElement[bool]]) -> sa.ColumnElement[str]:
    """One digit for each of the conditions: "1" if it holds for the reader."""
    whole: sa.ColumnElement[str] = sa.literal("", sa.String)
    for part in parts:
        whole = whole + sa.case((part, "1"), else_="0")
    return whole


def count_groups(connection: sa.Connection, audience: sa.Select[Any]) -> dict[ReaderGroup, int]:
    """Number of readers in this audience by group."""
    readers = audience.subquery()
    found = connection.execute(
        sa.select(readers.c.follows, readers.c.sees, sa.func.count()).group_by(
            readers.c.follows, readers.c.sees
        )
    )
    return {ReaderGroup(follows, sees): count for follows, sees, count in found.all()}


def parse_follows(text: str) -> frozenset[str]:
    """`"|ai|security|"` as a set of tag slugs; `""` is the empty set, which follows everything."""
    return frozenset(slug for slug in text.split("|") if slug)


def format_follows(slugs: Iterable[str]) -> str:
    """The canonical string of a set of tag slugs: equal sets give equal strings."""
    chosen = sorted({slug for slug in slugs if slug})
    if any("|" in slug for slug in chosen):
        raise ValueError(f"a tag slug cannot contain a bar: {chosen}")
    return f"|{'|'.join(chosen)}|" if chosen else ""


def not_suppressed() -> tuple[sa.ColumnElement[bool], ...]:
    """The conditions that neither the subscriber's address nor its domain is suppressed.

    Two, not one IN: each is answered by one look into an index, or on PostgreSQL by hashing the
    suppressions once.
    """
    key = tables.subscribers.c.address_key
    return ~_suppressed_as(key), ~_suppressed_as(at_domain(key))


def feed_lives() -> sa.ColumnElement[bool]:
    """That a private feed works: its reader is subscribed, and has been ever since it was made.

    Who left and comes back makes a new one.
    """
    feeds, subscriptions = tables.private_feeds, tables.subscriptions
    return sa.and_(
        feeds.c.list_id == subscriptions.c.list_id,
        feeds.c.subscriber_id == subscriptions.c.subscriber_id,
        subscriptions.c.status == Status.ACTIVE.value,
        feeds.c.subscribed_at == subscriptions.c.changed_at,
    )


def _reads_by_feed_alone() -> sa.ColumnElement[bool]:
    """That the reader gets no issues by mail. Where nobody reads so, no reader is looked up."""
    anybody = sa.exists().select_from(tables.private_feeds).where(tables.is_feed_alone)
    reader = sa.exists().select_from(tables.private_feeds).where(feed_lives(), tables.is_feed_alone)
    return sa.and_(anybody, reader.correlate(tables.subscriptions))


def _suppressed_as(pattern: sa.ColumnElement[str]) -> sa.Exists:
    table = tables.suppressions.alias()
    return sa.exists().where(table.c.pattern == in_default_collation(pattern))
