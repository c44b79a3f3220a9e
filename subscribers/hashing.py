"""Salted hashes of addresses, for people whose address may not be kept."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable

import sqlalchemy as sa

from subscribers import tables
from subscribers.sql import insert_once


def hashed(connection: sa.Connection, key: str) -> str:
    """The hash of an address key; the first call creates the database's salt."""
    if _salt(connection) is None:
        insert_once(connection, tables.erasure_salt, {"id": 1, "salt": secrets.token_hex(32)})
    return hashed_all(connection, [key])[0]


def hashed_all(connection: sa.Connection, keys: Iterable[str]) -> list[str]:
    """The hashes of many keys; empty if the database has no salt yet, when nothing can match."""
    salt = _salt(connection)
    if salt is None:
        return []
    return [hmac.new(salt, key.encode(), hashlib.sha256).hexdigest() for key in keys]


def _salt(connection: sa.Connection) -> bytes | None:
    salt = connection.scalar(sa.select(tables.erasure_salt.c.salt))
    return bytes.fromhex(salt) if salt else None
