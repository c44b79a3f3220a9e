"""The letters of corrections: who gets one, and how they reach the outbox a batch at a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from newsletter.delivery.receipt import DeliveryState
from newsletter.store.audience import Audience
from newsletter.store.issues import insert_rows
from newsletter.store.sending_tables import corrections, deliveries, outbox, welcome_issues
from newsletter.store.tables import editions, issues

BATCH = 1000
"""Readers of the issue that one batch looks at; about as many letters wait at a time."""

SOON = timedelta(minutes=1)

_IS_OPEN = sa.and_(corrections.c.approved_at.is_not(None), corrections.c.all_queued.is_(False))


@dataclass(frozen=True, kw_only=True, slots=True)
class CorrectionProgress:
    """How far a correction's letters are.

    `queued` are those written so far, of which `waiting` wait for a relay or their next attempt,
    and `unknown` have an unknown outcome. `is_whole` once all are written.
    """

    is_whole: bool
    queued: int
    accepted: int
    waiting: int
    unknown: int

    @property
    def not_accepted(self) -> int:
        """How many were refused or given up, or were for readers who had left meanwhile."""
        return self.queued - self.accepted - self.waiting - self.unknown


def count_readers(
    connection: sa.Connection, issue_id: int, story: str, audience: Audience, now: datetime
) -> int:
    """How many readers got the story by this issue and may be written to now."""
    carrying = _editions_with(connection, issue_id, story)
    got = _who_got(issue_id, audience, now)
    rows = connection.execute(
        sa.select(got.c.edition_id, sa.func.count()).group_by(got.c.edition_id)
    )
    return sum(count for edition_id, count in rows if edition_id in carrying)


def open_corrections(connection: sa.Connection) -> dict[int, str]:
    """The approved corrections not all of whose letters are in the outbox, and their newsletters."""
    rows = connection.execute(
        sa.select(corrections.c.id, issues.c.newsletter)
        .select_from(corrections.join(issues))
        .where(_IS_OPEN)
        .order_by(corrections.c.id)
    )
    return {row.id: row.newsletter for row in rows}


def is_any_unfinished(connection: sa.Connection) -> bool:
    """Whether a correction's letter is in the outbox, or still has to be written."""
    in_outbox = sa.select(outbox.c.id).where(outbox.c.correction_id.is_not(None)).limit(1)
    return bool(open_corrections(connection)) or connection.scalar(in_outbox) is not None


def has_room(connection: sa.Connection, now: datetime) -> bool:
    """Whether so few letters of corrections are due soon that another batch may be written.

    While a relay is down, what it did not take is due again within a minute: the rest waits here.
    """
    count = sa.select(sa.func.count()).where(
        outbox.c.state == DeliveryState.PENDING,
        outbox.c.retry_at <= now + SOON,
        outbox.c.correction_id.is_not(None),
    )
    return (connection.scalar(count) or 0) < BATCH


def queue_batch(
    connection: sa.Connection, correction_id: int, audience: Audience, now: datetime
) -> bool:
    """Put the letters to the next readers into the outbox, in the order of their ids.

    Each reader is passed once: what was passed is written in the same transaction as the letters.
    Returns whether there may be more.
    """
    one = connection.execute(
        sa.select(corrections).where(corrections.c.id == correction_id, _IS_OPEN).with_for_update()
    ).one_or_none()
    if one is None:  # another process has done it
        return False
    carrying = _editions_with(connection, one.issue_id, one.article_key)
    got = _who_got(one.issue_id, audience, now)
    rows = connection.execute(
        sa.select(got)
        .where(got.c.subscriber_id > one.passed)
        .order_by(got.c.subscriber_id)
        .limit(BATCH)
    ).all()
    readers = [row.subscriber_id for row in rows if row.edition_id in carrying]
    letter = {"recipient": "", "envelope_sender": "", "message": b"", "created_at": now}
    insert_rows(
        connection,
        outbox,
        (
            {**letter, "retry_at": now, "correction_id": one.id, "subscriber_id": reader}
            for reader in readers
        ),
    )
    connection.execute(
        sa.update(corrections)
        .where(corrections.c.id == one.id)
        .values(
            passed=rows[-1].subscriber_id if rows else one.passed,
            all_queued=len(rows) < BATCH,
            queued=corrections.c.queued + len(readers),
        )
    )
    return len(rows) == BATCH


def progress_of(connection: sa.Connection, issue_id: int) -> dict[int, CorrectionProgress]:
    """How far the letters of each of the issue's corrections are, by its id."""
    is_unknown = sa.case((outbox.c.state == DeliveryState.UNKNOWN, 1), else_=0)
    rows = connection.execute(
        sa.select(
            corrections.c.id,
            corrections.c.all_queued,
            corrections.c.queued,
            corrections.c.accepted,
            sa.func.count(outbox.c.id).label("kept"),
            sa.func.coalesce(sa.func.sum(is_unknown), 0).label("unknown"),
        )
        .select_from(corrections.outerjoin(outbox, outbox.c.correction_id == corrections.c.id))
        .where(corrections.c.issue_id == issue_id)
        .group_by(corrections.c.id)
    )
    return {
        row.id: CorrectionProgress(
            is_whole=row.all_queued,
            queued=row.queued,
            accepted=row.accepted,
            waiting=row.kept - int(row.unknown),
            unknown=int(row.unknown),
        )
        for row in rows
    }


def add_accepted(connection: sa.Connection, correction_id: int, count: int) -> None:
    """Note that relays accepted so many more of the correction's letters."""
    connection.execute(
        sa.update(corrections)
        .where(corrections.c.id == correction_id)
        .values(accepted=corrections.c.accepted + count)
    )


def _who_got(issue_id: int, audience: Audience, now: datetime) -> sa.Subquery:
    """The readers who got the issue, by its send or as a welcome, and may be written to now (rule 1).

    Each with the id of their edition.
    """
    sent = sa.select(deliveries.c.subscriber_id, deliveries.c.edition_id).where(
        deliveries.c.issue_id == issue_id, deliveries.c.state == DeliveryState.ACCEPTED
    )
    welcomed = sa.select(welcome_issues.c.subscriber_id, welcome_issues.c.edition_id).where(
        welcome_issues.c.issue_id == issue_id
    )
    got, readers = sent.union_all(welcomed).subquery(), audience(now).subquery()
    return (
        sa.select(got.c.subscriber_id, got.c.edition_id)
        .join(readers, readers.c.subscriber_id == got.c.subscriber_id)
        .subquery()
    )


def _editions_with(connection: sa.Connection, issue_id: int, story: str) -> set[int]:
    """The ids of the issue's editions that carry the story."""
    rows = connection.execute(
        sa.select(editions.c.id, editions.c.item_keys).where(editions.c.issue_id == issue_id)
    )
    return {row.id for row in rows if story in row.item_keys}
