"""What strangers ask for by a form, kept until it is done: the answer does not wait for that.

How long the work takes tells whether an address is known, so it begins after the answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from newsletter.store.tables import form_requests
from subscribers.addresses import parse_address

GIVE_UP_AFTER = timedelta(days=7)

RETRY_AFTER = timedelta(hours=1)
"""How long a request waits whose handling failed."""


class FormKind(StrEnum):
    """What is asked for."""

    JOIN = "join"
    LINKS = "links"
    SUGGEST = "suggest"


@dataclass(frozen=True, kw_only=True, slots=True)
class FormRequest:
    """A request that is due; `content` is what its kind needs, as JSON holds it."""

    id: int
    kind: FormKind
    content: Mapping[str, Any]


def keep_request(
    connection: sa.Connection, kind: FormKind, content: Mapping[str, Any], now: datetime
) -> None:
    """Add a request, which is handled once the transaction is committed."""
    connection.execute(
        sa.insert(form_requests).values(kind=kind, content=content, created_at=now, due_at=now)
    )


def due_requests(connection: sa.Connection, now: datetime) -> Sequence[FormRequest]:
    """The requests to handle now, oldest first."""
    rows = connection.execute(
        sa.select(form_requests).where(form_requests.c.due_at <= now).order_by(form_requests.c.id)
    )
    return [FormRequest(id=row.id, kind=FormKind(row.kind), content=row.content) for row in rows]


def requests_about(connection: sa.Connection, key: str) -> Sequence[FormRequest]:
    """The requests that wait for the address with this key."""
    rows = connection.execute(sa.select(form_requests).order_by(form_requests.c.id))
    requests = (
        FormRequest(id=row.id, kind=FormKind(row.kind), content=row.content) for row in rows
    )
    named = (one for one in requests if one.content["address"])
    return [one for one in named if parse_address(one.content["address"]).key == key]


def take_request(connection: sa.Connection, request: FormRequest) -> bool:
    """Delete the request; False if another process has taken it."""
    taken = sa.delete(form_requests).where(form_requests.c.id == request.id)
    return connection.execute(taken).rowcount > 0


def postpone_request(connection: sa.Connection, request: FormRequest, now: datetime) -> None:
    """Have the request wait, after its handling failed."""
    connection.execute(
        sa.update(form_requests)
        .where(form_requests.c.id == request.id)
        .values(due_at=now + RETRY_AFTER)
    )


def forget_form_requests(connection: sa.Connection, now: datetime) -> None:
    """Delete requests that could not be handled for a week."""
    connection.execute(
        sa.delete(form_requests).where(form_requests.c.created_at < now - GIVE_UP_AFTER)
    )
