"""The permanent record of who did what."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from newsletter.store.audit_chain import REDACTED, digest_of, extend_chain
from newsletter.store.database import before_commit
from newsletter.store.tables import audit

ERASED = "(erased)"
"""Stands in a detail for the address of a reader who is erased."""
OPERATOR = "operator"
"""Who does what is done on the command line."""
ITSELF = "newsletter"
"""Who does what nobody asks for by name."""

MAX_DETAIL = 500
"""Characters of a detail; longer ones are cut."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AuditEntry:
    """One line of the record. `who` is an address or OPERATOR."""

    id: int
    at: datetime
    who: str
    what: str
    detail: str


def record(connection: sa.Connection, *, who: str, what: str, detail: str, now: datetime) -> None:
    """Record an action in its own transaction; `what` is a verb, `detail` its object.

    The transaction must be of `Database.transaction`, at whose end the entry is chained.
    """
    before_commit(connection, extend_chain)
    connection.execute(
        sa.insert(audit).values(at=now, who=who, what=what, detail=detail[:MAX_DETAIL])
    )


def has_entry(connection: sa.Connection, *, what: str, detail: str) -> bool:
    """Whether somebody has done this already."""
    query = sa.select(audit.c.id).where(audit.c.what == what, audit.c.detail == detail).limit(1)
    return connection.execute(query).first() is not None


def entries(
    connection: sa.Connection, *, limit: int, before: int | None = None
) -> Sequence[AuditEntry]:
    """Up to `limit` entries, newest first, of those older than the entry with the id `before`."""
    query = sa.select(audit).order_by(audit.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(audit.c.id < before)
    return [
        AuditEntry(id=row.id, at=row.at, who=row.who, what=row.what, detail=row.detail)
        for row in connection.execute(query)
    ]


def forget_address(connection: sa.Connection, address: str, *, now: datetime) -> None:
    """Replace a reader's address in all details, because the reader is erased.

    An entry for each says that it was changed, and into what, so that no other change passes for one.
    """
    held = sa.func.lower(audit.c.detail).contains(address.lower(), autoescape=True)
    for row in connection.execute(sa.select(audit).where(held)).all():
        detail = re.sub(re.escape(address), ERASED, row.detail, flags=re.IGNORECASE)
        salt = secrets.token_hex(16) if row.hash else None
        connection.execute(
            sa.update(audit).where(audit.c.id == row.id).values(detail=detail, salt=salt)
        )
        if salt:
            changed = f"{row.id} {digest_of(salt, detail)}"
            record(connection, who=ITSELF, what=REDACTED, detail=changed, now=now)


def has_entry_about(connection: sa.Connection, *, what: str, begins: str) -> bool:
    """Whether somebody has done this to something whose name begins so."""
    is_it = audit.c.detail.startswith(begins, autoescape=True)
    query = sa.select(audit.c.id).where(audit.c.what == what, is_it).limit(1)
    return connection.execute(query).first() is not None


def details_of(connection: sa.Connection, *, who: str, what: str) -> Sequence[str]:
    """The details of all that somebody has done of one kind, each once."""
    query = sa.select(audit.c.detail).where(audit.c.who == who, audit.c.what == what).distinct()
    return connection.scalars(query).all()


def has_happened(connection: sa.Connection, what: str) -> bool:
    """Whether anybody has ever done that."""
    found = connection.execute(sa.select(audit.c.id).where(audit.c.what == what).limit(1))
    return found.first() is not None
