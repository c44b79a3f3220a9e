"""The chain of hashes over the audit record, by which a changed, removed or moved entry is found.

Each entry's hash covers the hash of the entry before it, its position, and its content. The detail
counts by a salted digest, so that a reader's address can be removed from it: then the salt is
replaced, and a later entry, REDACTED, states the digest of what remains.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from newsletter.store.account_tables import audit, audit_chain

REDACTED = "redact"
"""What an entry records that states the new digest of another: "ID DIGEST"."""

FIRST = "0" * 64
"""Stands for the hash before the first entry."""

_CHUNK_ROWS = 1000
_IS_UNCHAINED = audit.c.hash.is_(None) | audit.c.position.is_(None)


class Break(StrEnum):
    """How an entry shows that the record is not what was written."""

    CHANGED = "changed"
    MISSING = "missing"
    UNCHAINED = "unchained"


@dataclass(frozen=True, kw_only=True, slots=True)
class BrokenEntry:
    """Where the chain breaks. `position` counts entries from 1; `id` is 0 for a missing one."""

    position: int
    id: int
    kind: Break


@dataclass(frozen=True, kw_only=True, slots=True)
class ChainEnd:
    """The last entry of the chain."""

    position: int = 0
    hash: str = FIRST


def digest_of(salt: str, detail: str) -> str:
    """The digest that stands for a detail."""
    return hashlib.sha256(f"{salt} {detail}".encode()).hexdigest()


def hash_of(row: Any, position: int, digest: str, previous: str) -> str:
    """The hash of one entry at its position, after the entry whose hash is `previous`."""
    moment: datetime = row.at
    content = [
        previous,
        position,
        row.id,
        moment.astimezone(UTC).isoformat(timespec="microseconds"),
        row.who,
        row.what,
        digest,
    ]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()


def extend_chain(connection: sa.Connection) -> None:
    """Add the entries that are not in the chain yet, in the order of their ids.

    It locks the chain, so it is called at the end of a transaction (`before_commit`).
    """
    end = _lock(connection)
    position, previous = end.position, end.hash
    new = sa.select(audit).where(audit.c.hash.is_(None)).order_by(audit.c.id)
    for row in connection.execute(new).all():
        position += 1
        salt = secrets.token_hex(16)
        digest = digest_of(salt, row.detail)
        previous = hash_of(row, position, digest, previous)
        connection.execute(
            sa.update(audit)
            .where(audit.c.id == row.id)
            .values(position=position, salt=salt, digest=digest, hash=previous)
        )
    connection.execute(sa.update(audit_chain).values(position=position, hash=previous))


def untold_entries(connection: sa.Connection, limit: int) -> Sequence[Any]:
    """The next rows, in order, that the log of the audit record does not have yet."""
    told = sa.select(sa.func.coalesce(sa.func.max(audit_chain.c.told), 0)).scalar_subquery()
    query = sa.select(audit).where(audit.c.position > told).order_by(audit.c.position).limit(limit)
    return connection.execute(query).all()


def mark_told(connection: sa.Connection, position: int) -> None:
    """Note that the log has all entries up to `position`."""
    connection.execute(sa.update(audit_chain).values(told=position))


def hash_at(connection: sa.Connection, position: int) -> str | None:
    """The hash of the entry at a position; None if there is none."""
    query = sa.select(audit.c.hash).where(audit.c.position == position)
    start = sa.select(audit_chain.c.start_hash).where(audit_chain.c.start_position == position)
    found: str | None = connection.scalar(query) or connection.scalar(start)
    return found


def chain_end(connection: sa.Connection) -> ChainEnd:
    """The last entry that was chained."""
    row = connection.execute(sa.select(audit_chain)).one_or_none()
    return ChainEnd(position=row.position, hash=row.hash) if row else ChainEnd()


def prune(connection: sa.Connection, before: datetime) -> int:
    """Delete the entries older than `before`; returns how many.

    Where they ended is kept, so that the rest still proves to be whole.
    """
    end = _lock(connection)
    kept = connection.scalar(sa.select(sa.func.min(audit.c.position)).where(audit.c.at >= before))
    last = end.position if kept is None else kept - 1
    start = connection.execute(sa.select(audit).where(audit.c.position == last)).one_or_none()
    if start is None:  # nothing is old, or its last entry is missing, which `doctor` reports
        return 0
    connection.execute(sa.update(audit_chain).values(start_position=last, start_hash=start.hash))
    return connection.execute(sa.delete(audit).where(audit.c.position <= last)).rowcount


def breaks(connection: sa.Connection) -> Iterator[BrokenEntry]:
    """Every place where the record is not what was written, in no particular order."""
    chain = connection.execute(sa.select(audit_chain)).one_or_none()
    position, previous, end = 0, FIRST, 0
    if chain is not None:
        position, previous, end = chain.start_position, chain.start_hash, chain.position
    unproven: dict[int, tuple[int, str]] = {}  # by id: an entry whose detail is not the first one
    rows = connection.execute(
        sa.select(audit).where(~_IS_UNCHAINED).order_by(audit.c.position),
        execution_options={"yield_per": _CHUNK_ROWS},
    )
    for row in rows:
        for missing in range(position + 1, row.position):
            yield BrokenEntry(position=missing, id=0, kind=Break.MISSING)
        follows = row.position == position + 1
        if row.hash != hash_of(row, row.position, row.digest, previous) and follows:
            yield BrokenEntry(position=row.position, id=row.id, kind=Break.CHANGED)
        elif (now := digest_of(row.salt, row.detail)) != row.digest:
            unproven[row.id] = (row.position, now)
        if row.what == REDACTED:
            changed, _, digest = row.detail.partition(" ")
            if changed.isdecimal() and unproven.get(int(changed), (0, ""))[1] == digest:
                del unproven[int(changed)]
        position, previous = row.position, row.hash
    for missing in range(position + 1, end + 1):
        yield BrokenEntry(position=missing, id=0, kind=Break.MISSING)
    for entry, (where, _) in unproven.items():
        yield BrokenEntry(position=where, id=entry, kind=Break.CHANGED)
    if chain is not None and end == position and chain.hash != previous:
        yield BrokenEntry(position=position, id=0, kind=Break.CHANGED)
    for entry in connection.scalars(sa.select(audit.c.id).where(_IS_UNCHAINED)):
        yield BrokenEntry(position=0, id=entry, kind=Break.UNCHAINED)


def _lock(connection: sa.Connection) -> ChainEnd:
    """Wait until no other transaction extends the chain; returns its end."""
    if connection.scalar(sa.select(audit_chain.c.id).with_for_update()) is None:
        # Two first entries at once: the second waits here for the first.
        connection.execute(
            sa.text(
                "INSERT INTO audit_chain (id, start_position, start_hash, position, hash, told) "
                "VALUES (1, 0, :first, 0, :first, 0) ON CONFLICT (id) DO NOTHING"
            ),
            {"first": FIRST},
        )
        connection.scalar(sa.select(audit_chain.c.id).with_for_update())
    return chain_end(connection)
