"""Addresses and domains that are never mailed, whatever a list says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from subscribers import tables
from subscribers.addresses import Address, parse_address
from subscribers.hashing import hashed, hashed_all
from subscribers.history import Event, HistoryEntry, Way, record
from subscribers.private_feeds import forget_feeds_of
from subscribers.sql import among, insert_once


@dataclass(frozen=True, kw_only=True, slots=True)
class Suppression:
    """An entry of the suppression list that matches an address."""

    pattern: str
    reason: str

    @property
    def is_domain(self) -> bool:
        """Whether it applies to a whole domain."""
        return self.pattern.startswith("@")


def parse_pattern(text: str) -> str:
    """Normalise `@Example.ORG` or an address as the table stores it; raises AddressError."""
    text = text.strip()
    if text.startswith("@"):
        return f"@{parse_address(f'anyone{text}').domain}"
    return parse_address(text).key


def suppress(
    connection: sa.Connection,
    pattern: str,
    reason: str,
    now: datetime,
    way: Way = Way.OPERATOR,
) -> bool:
    """Never mail this address, or exactly this domain (`@example.org`); False if already suppressed."""
    pattern = parse_pattern(pattern)
    row = {"pattern": pattern, "reason": reason, "at": now}
    if not insert_once(connection, tables.suppressions, row):
        return False
    forget_feeds_of(connection, pattern)
    _record(connection, pattern, Event.SUPPRESS, way, reason, now)
    return True


def lift(
    connection: sa.Connection,
    pattern: str,
    reason: str,
    now: datetime,
    way: Way = Way.OPERATOR,
) -> bool:
    """Remove a suppression, including that of an erased address; False if there was none."""
    pattern = parse_pattern(pattern)
    patterns = [pattern]
    patterns += [f"#{digest}" for digest in hashed_all(connection, [pattern])]
    table = tables.suppressions
    if not connection.execute(sa.delete(table).where(table.c.pattern.in_(patterns))).rowcount:
        return False
    _record(connection, pattern, Event.LIFT, way, reason, now)
    return True


def is_suppressed(connection: sa.Connection, address: str) -> bool:
    """Whether the address is suppressed: itself, by its domain, or because its owner was erased."""
    parsed = parse_address(address)
    return parsed.key in suppressed(connection, [parsed])


def suppressed(connection: sa.Connection, addresses: Sequence[Address]) -> dict[str, Suppression]:
    """The suppressions that match these addresses, by address key; one query."""
    patterns = {address.key: address.key for address in addresses}
    keys = list(patterns)
    hashes = hashed_all(connection, keys)
    patterns |= {f"#{digest}": key for key, digest in zip(keys, hashes, strict=False)}
    domains = {f"@{address.domain}" for address in addresses}
    table = tables.suppressions
    rows = connection.execute(
        sa.select(table.c.pattern, table.c.reason).where(
            among(connection, table.c.pattern, [*patterns, *domains])
        )
    )
    found = {row.pattern: Suppression(pattern=row.pattern, reason=row.reason) for row in rows}
    matched = {patterns[pattern]: one for pattern, one in found.items() if pattern in patterns}
    for address in addresses if found else ():
        if one := found.get(f"@{address.domain}"):
            matched[address.key] = one
    return matched


def erased_pattern(connection: sa.Connection, key: str) -> str:
    """`#` and a hash of an address key: all that is kept of a person who asked to be erased."""
    return f"#{hashed(connection, key)}"


def _record(
    connection: sa.Connection, pattern: str, event: Event, way: Way, reason: str, now: datetime
) -> None:
    person = connection.scalar(
        sa.select(tables.subscribers.c.id).where(tables.subscribers.c.address_key == pattern)
    )
    if person is not None:
        entry = HistoryEntry(subscriber_id=person, at=now, event=event, way=way, detail=reason)
        record(connection, [entry])
