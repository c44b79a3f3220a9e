"""Editors' passkeys: public keys that sign them in (WebAuthn), and how often each has signed."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from newsletter.store.account_tables import passkeys, users
from newsletter.store.users import Editor, editor_of_row


@dataclass(frozen=True, kw_only=True, slots=True)
class NewPasskey:
    """What a device has made: the id in base64url, the public key in COSE."""

    credential_id: str
    public_key: bytes
    sign_count: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Passkey:
    """A passkey that is kept. `sign_count` is 0 for a device that does not count."""

    id: int
    editor: Editor
    credential_id: str
    user_handle: str
    public_key: bytes
    sign_count: int
    name: str
    created_at: datetime
    last_used_at: datetime | None


def user_handle_of(connection: sa.Connection, editor: Editor) -> str:
    """The name under which devices keep the editor, in base64url: random, as the standard asks.

    A new one where no passkey has one yet.
    """
    known = connection.scalar(
        sa.select(passkeys.c.user_handle).where(passkeys.c.user_id == editor.id).limit(1)
    )
    return known or secrets.token_urlsafe(32)


def add_passkey(
    connection: sa.Connection,
    editor: Editor,
    made: NewPasskey,
    *,
    user_handle: str,
    name: str,
    now: datetime,
) -> bool:
    """Keep a passkey; returns False when it is known already."""
    if find_passkey(connection, made.credential_id) is not None:
        return False
    connection.execute(
        sa.insert(passkeys).values(
            user_id=editor.id,
            credential_id=made.credential_id,
            user_handle=user_handle,
            public_key=made.public_key,
            sign_count=made.sign_count,
            name=name,
            created_at=now,
        )
    )
    return True


def find_passkey(connection: sa.Connection, credential_id: str) -> Passkey | None:
    """The passkey with this id."""
    row = connection.execute(_passkeys().where(passkeys.c.credential_id == credential_id)).first()
    return _passkey(row) if row is not None else None


def passkeys_of(connection: sa.Connection, editor: Editor) -> Sequence[Passkey]:
    """The editor's passkeys, oldest first."""
    rows = connection.execute(
        _passkeys().where(passkeys.c.user_id == editor.id).order_by(passkeys.c.id)
    )
    return [_passkey(row) for row in rows]


def note_use(
    connection: sa.Connection, passkey: Passkey, *, sign_count: int, now: datetime
) -> bool:
    """Keep the count of a use; False when it has been used or removed since it was read."""
    noted = connection.execute(
        sa.update(passkeys)
        .where(passkeys.c.id == passkey.id, passkeys.c.sign_count == passkey.sign_count)
        .values(sign_count=sign_count, last_used_at=now)
    )
    return noted.rowcount > 0


def remove_passkey(connection: sa.Connection, editor: Editor, passkey_id: int) -> str | None:
    """Remove one of the editor's passkeys; returns its name."""
    return connection.scalar(
        sa.delete(passkeys)
        .where(passkeys.c.id == passkey_id, passkeys.c.user_id == editor.id)
        .returning(passkeys.c.name)
    )


def remove_passkeys(connection: sa.Connection, editor: Editor) -> int:
    """Remove all of the editor's passkeys; returns how many there were."""
    removed = connection.execute(sa.delete(passkeys).where(passkeys.c.user_id == editor.id))
    return removed.rowcount


def _passkeys() -> sa.Select[Any]:
    return sa.select(
        users,
        passkeys.c.id.label("passkey_id"),
        passkeys.c.credential_id,
        passkeys.c.user_handle,
        passkeys.c.public_key,
        passkeys.c.sign_count,
        passkeys.c.name.label("passkey_name"),
        passkeys.c.created_at.label("made_at"),
        passkeys.c.last_used_at,
    ).join(passkeys, passkeys.c.user_id == users.c.id)


def _passkey(row: sa.Row[Any]) -> Passkey:
    return Passkey(
        id=row.passkey_id,
        editor=editor_of_row(row),
        credential_id=row.credential_id,
        user_handle=row.user_handle,
        public_key=row.public_key,
        sign_count=row.sign_count,
        name=row.passkey_name,
        created_at=row.made_at,
        last_used_at=row.last_used_at,
    )
