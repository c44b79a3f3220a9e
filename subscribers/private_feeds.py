"""The feed that a reader makes of a list: beside the mail, or instead of it.

Only a hash of its token is stored. A feed ends with the subscription, whatever ended that, and does
not come back with it.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from subscribers import tables
from subscribers.audience import feed_lives, not_suppressed, parse_follows
from subscribers.history import Event, HistoryEntry, Way, record
from subscribers.lists import numbered
from subscribers.sql import at_domain
from subscribers.subscriber import FeedUse, Frequency, Status

_SHAPE = re.compile(r"[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]\Z")
"""43 characters of base64, of which the last has two unused bits."""

_feeds = tables.private_feeds


@dataclass(frozen=True, kw_only=True, slots=True)
class PrivateFeed:
    """A reader's feed of one list."""

    list_slug: str
    use: FeedUse
    made_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class FeedReader:
    """Whose feed it is, and what the reader chose; `changed_at` is the last change of that."""

    subscriber_id: int
    list_slug: str
    follows: frozenset[str]
    frequency: Frequency
    changed_at: datetime


def new_feed_token() -> str:
    """A token that opens a private feed, once its hash is stored. It is shown once and kept nowhere."""
    return secrets.token_urlsafe(32)


def looks_like_feed_token(text: str) -> bool:
    """Whether the text has the form of a token."""
    return _SHAPE.match(text) is not None


def make_feed(
    connection: sa.Connection, subscriber_id: int, list_slug: str, token_hash: str, now: datetime
) -> bool:
    """Make the reader's feed, or give it a new token, which ends the old one.

    False if the reader has no active subscription to the list, or is never mailed.
    """
    people, subscriptions = tables.subscribers, tables.subscriptions
    row = connection.execute(
        sa.select(subscriptions.c.list_id, subscriptions.c.changed_at)
        .join(people, people.c.id == subscriptions.c.subscriber_id)
        .where(
            people.c.id == subscriber_id,
            subscriptions.c.list_id == numbered(list_slug),
            subscriptions.c.status == Status.ACTIVE.value,
            *not_suppressed(),
        )
    ).one_or_none()
    if row is None:
        return False
    before = feed_of(connection, subscriber_id, list_slug)
    forget_feed(connection, subscriber_id, list_slug)
    connection.execute(
        sa.insert(_feeds).values(
            list_id=row.list_id,
            subscriber_id=subscriber_id,
            token_hash=token_hash,
            made_at=now,
            subscribed_at=row.changed_at,
            use=(before.use if before else FeedUse.BESIDE).value,
        )
    )
    detail = "makes a new address of the private feed" if before else "makes a private feed"
    _record(connection, subscriber_id, list_slug, Way.PAGE, now, detail)
    return True


def end_feed(
    connection: sa.Connection,
    subscriber_id: int,
    list_slug: str,
    *,
    way: Way,
    now: datetime,
    by: str = "",
) -> bool:
    """End the reader's feed, after which issues come by mail; False if there is none."""
    if feed_of(connection, subscriber_id, list_slug) is None:
        return False
    forget_feed(connection, subscriber_id, list_slug)
    _record(connection, subscriber_id, list_slug, way, now, f"ends the private feed {by}".rstrip())
    return True


def set_use(
    connection: sa.Connection, subscriber_id: int, list_slug: str, use: FeedUse, now: datetime
) -> bool:
    """Set whether issues come by mail too; False if nothing changed or the reader has none."""
    feed = feed_of(connection, subscriber_id, list_slug)
    if feed is None or feed.use is use:
        return False
    connection.execute(
        sa.update(_feeds).where(_is_feed(subscriber_id, list_slug)).values(use=use.value)
    )
    detail = "reads by feed alone" if use is FeedUse.ALONE else "reads by mail and by feed"
    _record(connection, subscriber_id, list_slug, Way.PAGE, now, detail)
    return True


def feed_of(connection: sa.Connection, subscriber_id: int, list_slug: str) -> PrivateFeed | None:
    """The reader's feed of the list, if there is one that works."""
    found = feeds_of(connection, subscriber_id)
    return next((feed for feed in found if feed.list_slug == list_slug), None)


def feeds_of(connection: sa.Connection, subscriber_id: int) -> list[PrivateFeed]:
    """The reader's feeds, by list."""
    return feeds_by_person(connection, subscriber_id, subscriber_id).get(subscriber_id, [])


def feeds_by_person(
    connection: sa.Connection, first: int, last: int
) -> dict[int, list[PrivateFeed]]:
    """The feeds of each reader with an id from `first` to `last`, both included."""
    rows = connection.execute(
        sa.select(_feeds.c.subscriber_id, tables.lists.c.slug, _feeds.c.use, _feeds.c.made_at)
        .select_from(
            _feeds.join(tables.subscriptions, feed_lives()).join(
                tables.lists, tables.lists.c.id == _feeds.c.list_id
            )
        )
        .where(_feeds.c.subscriber_id.between(first, last))
        .order_by(tables.lists.c.slug)
    )
    found: dict[int, list[PrivateFeed]] = {}
    for row in rows:
        feed = PrivateFeed(list_slug=row.slug, use=FeedUse(row.use), made_at=row.made_at)
        found.setdefault(row.subscriber_id, []).append(feed)
    return found


def feed_document(feed: PrivateFeed) -> dict[str, Any]:
    """The feed as JSON, without anything that opens it."""
    return {"list": feed.list_slug, "use": feed.use.value, "made_at": feed.made_at.isoformat()}


def feed_counts(connection: sa.Connection) -> dict[tuple[str, FeedUse], int]:
    """How many readers have a feed, by list and use. Nobody counts how often one is read.

    No subscription is looked at: a feed is deleted with its subscription's end.
    """
    rows = connection.execute(
        sa.select(tables.lists.c.slug, _feeds.c.use, sa.func.count())
        .join(tables.lists, tables.lists.c.id == _feeds.c.list_id)
        .group_by(tables.lists.c.slug, _feeds.c.use)
        .order_by(tables.lists.c.slug, _feeds.c.use)
    )
    return {(row[0], FeedUse(row[1])): row[2] for row in rows}


def by_feed_alone(counts: Mapping[tuple[str, FeedUse], int], list_slug: str) -> int:
    """How many of the list's readers get no issues by mail, of the counts of all lists."""
    return counts.get((list_slug, FeedUse.ALONE), 0)


def feed_reader(connection: sa.Connection, token_hash: str) -> FeedReader | None:
    """Whose feed a token opens; None for one that was ended, and for one that never was."""
    people, history = tables.subscribers, tables.history
    changed = (
        sa.select(sa.func.max(history.c.at, type_=history.c.at.type))
        .where(history.c.subscriber_id == people.c.id)
        .scalar_subquery()
    )
    row = connection.execute(
        sa.select(
            people.c.id,
            tables.lists.c.slug,
            people.c.follows,
            people.c.frequency,
            _feeds.c.made_at,
            changed.label("changed_at"),
        )
        .select_from(
            _feeds.join(tables.subscriptions, feed_lives())
            .join(tables.lists, tables.lists.c.id == _feeds.c.list_id)
            .join(people, people.c.id == _feeds.c.subscriber_id)
        )
        .where(_feeds.c.token_hash == token_hash, *not_suppressed())
    ).one_or_none()
    if row is None:
        return None
    return FeedReader(
        subscriber_id=row.id,
        list_slug=row.slug,
        follows=parse_follows(row.follows),
        frequency=Frequency(row.frequency),
        changed_at=max(row.made_at, row.changed_at or row.made_at),
    )


def forget_feed(connection: sa.Connection, subscriber_id: int, list_slug: str) -> None:
    """Delete the reader's feed of the list."""
    connection.execute(sa.delete(_feeds).where(_is_feed(subscriber_id, list_slug)))


def forget_feeds(connection: sa.Connection, subscriber_id: int) -> None:
    """Delete all of the reader's feeds."""
    connection.execute(sa.delete(_feeds).where(_feeds.c.subscriber_id == subscriber_id))


def forget_feeds_on(connection: sa.Connection, list_id: int, subscriber_ids: Sequence[int]) -> None:
    """Delete the feeds that these readers have of the list."""
    if subscriber_ids:
        is_theirs = _feeds.c.subscriber_id.in_(subscriber_ids)
        connection.execute(sa.delete(_feeds).where(_feeds.c.list_id == list_id, is_theirs))


def forget_ended_feeds(connection: sa.Connection, list_id: int) -> None:
    """Delete the list's feeds whose readers are no longer subscribed."""
    lives = sa.exists().select_from(tables.subscriptions).where(feed_lives()).correlate(_feeds)
    connection.execute(sa.delete(_feeds).where(_feeds.c.list_id == list_id, ~lives))


def forget_feeds_of(connection: sa.Connection, pattern: str) -> None:
    """Delete the feeds of the address, or of everybody at the `@domain`."""
    people = tables.subscribers
    key = people.c.address_key
    matched = at_domain(key) == pattern if pattern.startswith("@") else key == pattern
    readers = sa.select(people.c.id).where(matched)
    connection.execute(sa.delete(_feeds).where(_feeds.c.subscriber_id.in_(readers)))


def move_feeds(connection: sa.Connection, source: int, target: int) -> None:
    """Move the feeds of a list that is merged into another.

    Who got the other list by mail goes on getting it so, and a feed that they had of it stays.
    """
    here, other = tables.subscriptions.alias("here"), _feeds.alias("other")
    there = sa.select(other.c.subscriber_id).where(other.c.list_id == target)
    is_source = _feeds.c.list_id == source
    since = (
        sa.select(here.c.changed_at)
        .where(here.c.list_id == target, here.c.subscriber_id == _feeds.c.subscriber_id)
        .scalar_subquery()
    )
    connection.execute(sa.delete(_feeds).where(is_source, _feeds.c.subscriber_id.in_(there)))
    connection.execute(
        sa.update(_feeds)
        .where(is_source, since.is_not(None))
        .values(use=FeedUse.BESIDE.value, subscribed_at=since)
    )
    connection.execute(sa.update(_feeds).where(is_source).values(list_id=target))


def _is_feed(subscriber_id: int, list_slug: str) -> sa.ColumnElement[bool]:
    return sa.and_(_feeds.c.subscriber_id == subscriber_id, _feeds.c.list_id == numbered(list_slug))


def _record(
    connection: sa.Connection,
    subscriber_id: int,
    list_slug: str,
    way: Way,
    now: datetime,
    detail: str,
) -> None:
    entry = HistoryEntry(
        subscriber_id=subscriber_id,
        at=now,
        event=Event.FEED,
        way=way,
        list_slug=list_slug,
        detail=detail,
    )
    record(connection, [entry])
