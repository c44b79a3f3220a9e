"""The data of claims: the readers as they are now, and their previous attempts."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from newsletter.delivery.ledger import Claim
from newsletter.delivery.receipt import DeliveryState
from newsletter.store.audience import Audience, present_readers
from newsletter.store.tables import receipts
from subscribers.subscriber import MailFormat


def claims_of(
    connection: sa.Connection,
    issue_id: int,
    rows: Sequence[tuple[int, int, int]],
    audience: Audience,
    now: datetime,
) -> tuple[Claim, ...]:
    """The claims for `rows` (subscriber, edition, attempts) whose reader is still in the audience."""
    readers = present_readers(connection, [number for number, _, _ in rows], audience, now)
    before = _attempts_before(connection, issue_id, [n for n, _, attempts in rows if attempts])
    return tuple(
        Claim(
            subscriber_id=number,
            address=readers[number].address,
            name=readers[number].name,
            links_since=readers[number].links_since,
            form=MailFormat(readers[number].mail_format),
            edition_id=edition,
            attempts=attempts,
            first_attempt=before[number].first if number in before else None,
            was_refused_by_policy=number in before and bool(before[number].refused),
        )
        for number, edition, attempts in sorted(rows)
        if number in readers
    )


def _attempts_before(
    connection: sa.Connection, issue_id: int, subscriber_ids: Collection[int]
) -> dict[int, Any]:
    """The time of the first attempt, and whether one was refused by policy, by subscriber id."""
    if not subscriber_ids:
        return {}
    # Only a refusal by policy, which paused a run, has a reply and leaves the delivery pending.
    paused_us = (receipts.c.state == DeliveryState.PENDING) & (receipts.c.code > 0)
    refused = sa.case((paused_us, 1), else_=0)
    rows = connection.execute(
        sa.select(
            receipts.c.subscriber_id,
            sa.func.min(receipts.c.at).label("first"),
            sa.func.max(refused).label("refused"),
        )
        .where(receipts.c.issue_id == issue_id, receipts.c.subscriber_id.in_(subscriber_ids))
        .group_by(receipts.c.subscriber_id)
    )
    return {row.subscriber_id: row for row in rows}
