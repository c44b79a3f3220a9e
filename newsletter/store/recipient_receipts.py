"""The recipients of an issue, and the issues and mails of one reader, with their receipts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from newsletter.delivery.receipt import DeliveryState
from newsletter.store.sending_tables import welcome_issues
from newsletter.store.tables import deliveries, editions, issues, receipts
from subscribers.tables import subscribers


@dataclass(frozen=True, kw_only=True, slots=True)
class Recipient:
    """One reader's delivery. `address` is "" for a reader who has been erased since.

    `at` and the fields after it are the last receipt's; None and empty if there was no attempt.
    """

    subscriber_id: int
    address: str
    state: DeliveryState
    at: datetime | None
    relay: str
    code: int
    enhanced: str
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ReceivedIssue:
    """One issue's delivery to a reader; `issue` is the issue's name, such as `weekly/12`."""

    issue: str
    state: DeliveryState
    at: datetime | None
    relay: str
    code: int
    enhanced: str
    text: str


def received_document(issue: ReceivedIssue) -> dict[str, Any]:
    """The delivery as JSON. By hand, because `asdict` takes longer than reading the row."""
    return {
        "issue": issue.issue,
        "state": issue.state,
        "at": issue.at.isoformat() if issue.at else None,
        "relay": issue.relay,
        "code": issue.code,
        "enhanced": issue.enhanced,
        "text": issue.text,
    }


def recipients(
    connection: sa.Connection, issue_id: int, state: DeliveryState, *, after: int, limit: int
) -> list[Recipient]:
    """Up to `limit` deliveries in that state, ordered by subscriber id, with ids above `after`."""
    rows = connection.execute(
        sa.select(
            deliveries.c.subscriber_id,
            sa.func.coalesce(subscribers.c.address, "").label("address"),
            deliveries.c.state,
            *_RECEIPT,
        )
        .select_from(
            _with_last_receipt().outerjoin(
                subscribers, subscribers.c.id == deliveries.c.subscriber_id
            )
        )
        .where(
            deliveries.c.issue_id == issue_id,
            deliveries.c.state == state,
            deliveries.c.subscriber_id > after,
        )
        .order_by(deliveries.c.subscriber_id)
        .limit(limit)
    )
    return [Recipient(**_read(row)) for row in rows.mappings()]


def issues_of(connection: sa.Connection, subscriber_id: int) -> list[ReceivedIssue]:
    """Every issue that was planned for the reader, oldest first."""
    found = issues_by_reader(connection, subscriber_id, subscriber_id)
    return found.get(subscriber_id, [])


def issues_by_reader(
    connection: sa.Connection, first: int, last: int
) -> dict[int, list[ReceivedIssue]]:
    """Every issue that was planned for each reader with an id from `first` to `last`, oldest first.

    Before them the issue that they got as a welcome.
    """
    rows = connection.execute(
        sa.select(deliveries.c.subscriber_id, _NAME, deliveries.c.state, *_RECEIPT)
        .select_from(_with_last_receipt().join(issues, issues.c.id == deliveries.c.issue_id))
        # The issue ids let the query use the primary key: subscriber ids alone have no index.
        .where(
            deliveries.c.issue_id.in_(sa.select(issues.c.id)),
            deliveries.c.subscriber_id == first
            if first == last
            else deliveries.c.subscriber_id.between(first, last),
        )
        .order_by(issues.c.window_end, issues.c.id)
    )
    found = _welcomes(connection, first, last)
    for row in rows.mappings():
        values = _read(row)
        found.setdefault(values.pop("subscriber_id"), []).append(ReceivedIssue(**values))
    return found


def _welcomes(connection: sa.Connection, first: int, last: int) -> dict[int, list[ReceivedIssue]]:
    rows = connection.execute(
        sa.select(welcome_issues.c.subscriber_id, _NAME, welcome_issues.c.at)
        .join(issues, issues.c.id == welcome_issues.c.issue_id)
        .where(welcome_issues.c.subscriber_id.between(first, last))
        .order_by(welcome_issues.c.at)
    )
    found: dict[int, list[ReceivedIssue]] = {}
    for row in rows:
        welcome = ReceivedIssue(
            issue=row.issue,
            state=DeliveryState.ACCEPTED,
            at=row.at,
            relay="",
            code=0,
            enhanced="",
            text=AS_WELCOME,
        )
        found.setdefault(row.subscriber_id, []).append(welcome)
    return found


AS_WELCOME = "sent as a welcome"

_NAME = (issues.c.newsletter + "/" + sa.cast(issues.c.number, sa.String)).label("issue")

_RECEIPT = (
    receipts.c.at,
    sa.func.coalesce(receipts.c.relay, "").label("relay"),
    sa.func.coalesce(receipts.c.code, 0).label("code"),
    sa.func.coalesce(receipts.c.enhanced, "").label("enhanced"),
    sa.func.coalesce(receipts.c.text, "").label("text"),
)


def _with_last_receipt() -> sa.Join:
    theirs = receipts.alias()
    last = (
        sa.select(sa.func.max(theirs.c.id))
        .where(
            theirs.c.issue_id == deliveries.c.issue_id,
            theirs.c.subscriber_id == deliveries.c.subscriber_id,
        )
        .correlate(deliveries)
        .scalar_subquery()
    )
    return deliveries.outerjoin(receipts, receipts.c.id == last)


def _read(row: sa.RowMapping) -> dict[str, Any]:
    return {**row, "state": DeliveryState(row["state"])}


@dataclass(frozen=True, kw_only=True, slots=True)
class SentMail:
    """An issue as it was sent to a reader: the subject, the edition's key, and every attempt."""

    issue: str
    subject: str
    edition: str
    attempts: tuple[dict[str, Any], ...]


def mails_to(connection: sa.Connection, subscriber_id: int) -> list[SentMail]:
    """Every issue that was attempted for the reader, oldest first, after their welcome."""
    query: sa.Select[Any] = (
        sa.select(
            issues.c.newsletter,
            issues.c.number,
            editions.c.subject,
            editions.c.key,
            receipts.c.at,
            receipts.c.state,
            receipts.c.relay,
            receipts.c.code,
            receipts.c.enhanced,
            receipts.c.text,
        )
        .select_from(
            receipts.join(
                deliveries,
                (deliveries.c.issue_id == receipts.c.issue_id)
                & (deliveries.c.subscriber_id == receipts.c.subscriber_id),
            )
            .join(issues, issues.c.id == receipts.c.issue_id)
            .join(editions, editions.c.id == deliveries.c.edition_id)
        )
        # The issue ids let the query use the index: subscriber ids alone have none.
        .where(
            receipts.c.issue_id.in_(sa.select(issues.c.id)),
            receipts.c.subscriber_id == subscriber_id,
        )
        .order_by(issues.c.window_end, issues.c.id, receipts.c.id)
    )
    mails: dict[tuple[str, int], list[sa.Row[Any]]] = {}
    for row in connection.execute(query):
        mails.setdefault((row.newsletter, row.number), []).append(row)
    return _welcome_mails(connection, subscriber_id) + [
        SentMail(
            issue=f"{newsletter}/{number}",
            subject=attempts[0].subject,
            edition=attempts[0].key,
            attempts=tuple(_attempt(row) for row in attempts),
        )
        for (newsletter, number), attempts in mails.items()
    ]


def _welcome_mails(connection: sa.Connection, subscriber_id: int) -> list[SentMail]:
    rows = connection.execute(
        sa.select(_NAME, editions.c.subject, editions.c.key, welcome_issues.c.at)
        .join(issues, issues.c.id == welcome_issues.c.issue_id)
        .join(editions, editions.c.id == welcome_issues.c.edition_id)
        .where(welcome_issues.c.subscriber_id == subscriber_id)
        .order_by(welcome_issues.c.at)
    )
    return [
        SentMail(
            issue=row.issue,
            subject=row.subject,
            edition=row.key,
            attempts=({"at": row.at.isoformat(), "state": "accepted", "text": AS_WELCOME},),
        )
        for row in rows
    ]


def _attempt(row: sa.Row[Any]) -> dict[str, Any]:
    return {
        "at": row.at.isoformat(),
        "state": row.state,
        "relay": row.relay,
        "code": row.code,
        "enhanced": row.enhanced,
        "text": row.text,
    }
