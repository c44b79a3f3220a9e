"""Subscribers with defaults, for tests."""

from __future__ import annotations

import io
from collections.abc import Callable, Collection, Iterable
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from newsletter.store.database import Database
from subscribers import people, tables
from subscribers.csv_file import import_subscribers
from subscribers.history import Event, Way
from subscribers.importing.options import ImportOptions
from subscribers.importing.report import ImportReport, Rejected
from subscribers.lists import list_id
from subscribers.search import people_page
from subscribers.subscriber import Status

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
LIST = "weekly"


def join(
    connection: sa.Connection,
    address: str = "jo@example.org",
    *,
    list_slug: str = LIST,
    now: datetime = NOW,
    name: str = "",
    follows: Iterable[str] | None = None,
) -> int:
    """Put somebody on a list; their number."""
    people.add(connection, address, list_slug=list_slug, now=now, name=name, follows=follows)
    return people.find(connection, address).id


def listing(
    connection: sa.Connection, list_slug: str = LIST, status: Status | None = None
) -> list[dict[str, Any]]:
    """Everybody on a list: address, name, tags and status."""
    found = people_page(
        connection, list_id=list_id(connection, list_slug), status=status, limit=1000
    )
    return [
        {
            "address": one.address,
            "name": one.name,
            "tags": list(one.tags),
            "status": one.subscriptions[list_slug],
        }
        for one in found
    ]


def set_status(connection: sa.Connection, subscriber_id: int, status: Status) -> None:
    """Put a subscription where no door would put it so easily."""
    table = tables.subscriptions
    connection.execute(
        sa.update(table)
        .where(table.c.subscriber_id == subscriber_id)
        .values(status=status.value, changed_at=NOW)
    )


def import_text(
    database: Database,
    text: str | bytes,
    *,
    offered: Collection[str] = (),
    on_rejected: Callable[[Rejected], None] | None = None,
    progress: Callable[[int], None] | None = None,
    **options: Any,
) -> ImportReport:
    """Import a file that holds this text."""
    content = text if isinstance(text, bytes) else text.encode()
    defaults: dict[str, Any] = {
        "list_slug": LIST,
        "source_name": "readers.csv",
        "now": NOW,
    }
    return import_subscribers(
        database.transaction,
        io.BytesIO(content),
        ImportOptions(**{**defaults, **options}),
        slug_of=lambda label: label.strip().lower().replace(" ", "-"),
        offered=offered,
        on_rejected=on_rejected,
        progress=progress,
    )


def events(connection: sa.Connection, subscriber_id: int) -> list[tuple[Event, Way]]:
    """What the consent record says, in order."""
    table = tables.history
    rows = connection.execute(
        sa.select(table.c.event, table.c.way)
        .where(table.c.subscriber_id == subscriber_id)
        .order_by(table.c.id)
    )
    return [(Event(event), Way(way)) for event, way in rows]
