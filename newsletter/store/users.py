"""Editors: who may sign in, and what each of them may do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from newsletter.errors import UnknownNameError
from newsletter.store.account_tables import (
    api_tokens,
    authenticator_apps,
    passkeys,
    recovery_codes,
    sessions,
    sign_in_links,
    users,
)
from subscribers.addresses import parse_address


class Role(StrEnum):
    """The role of an editor, which decides what they may do."""

    EDITOR = "editor"  # shape an issue
    PUBLISHER = "publisher"  # also approve and send it


@dataclass(frozen=True, kw_only=True, slots=True)
class Editor:
    """A person who may sign in."""

    id: int
    address: str
    name: str
    role: Role

    @property
    def is_publisher(self) -> bool:
        """Whether they may approve and send."""
        return self.role is Role.PUBLISHER


def save_user(
    connection: sa.Connection,
    address: str,
    *,
    name: str,
    role: Role,
    now: datetime,
    password_hash: str | None = None,
) -> tuple[Editor, bool]:
    """Add an editor, or change one's name, role or password; the bool tells whether they are new.

    An editor whose role or password changes is signed out everywhere, and a new password ends the
    API keys. Raises AddressError.
    """
    parsed = parse_address(address)
    known = connection.execute(sa.select(users).where(users.c.address_key == parsed.key)).first()
    if known is None:
        connection.execute(
            sa.insert(users).values(
                address=parsed.text,
                address_key=parsed.key,
                name=name,
                role=role,
                password_hash=password_hash or "",
                created_at=now,
            )
        )
    else:
        values = {"name": name or known.name, "role": role}
        if password_hash is not None:
            values["password_hash"] = password_hash
        connection.execute(sa.update(users).where(users.c.id == known.id).values(values))
        if role != known.role or password_hash is not None:
            sign_out_everywhere(connection, known.id)
        if password_hash is not None:
            connection.execute(sa.delete(api_tokens).where(api_tokens.c.user_id == known.id))
    return find_user(connection, parsed.text), known is None


def find_user(connection: sa.Connection, address: str) -> Editor:
    """The editor with that address; raises UnknownNameError and AddressError."""
    return find_credentials(connection, address)[0]


def find_credentials(connection: sa.Connection, address: str) -> tuple[Editor, str]:
    """The editor with that address and the hash of their password, like `password_hash_of`.

    One statement, whether there is such an editor or not. Raises UnknownNameError and AddressError.
    """
    row = connection.execute(
        sa.select(users).where(users.c.address_key == parse_address(address).key)
    ).first()
    if row is None:
        raise UnknownNameError(
            f"{address} is not a user", fix="see `newsletter users list`, or add them"
        )
    return editor_of_row(row), str(row.password_hash)


def user_numbered(connection: sa.Connection, number: int) -> Editor:
    """The editor with that number; raises UnknownNameError."""
    row = connection.execute(sa.select(users).where(users.c.id == number)).first()
    if row is None:
        raise UnknownNameError("that person may not sign in any more")
    return editor_of_row(row)


def user_by_id(connection: sa.Connection, user_id: int) -> Editor | None:
    """The editor with that id; None when they have been removed."""
    row = connection.execute(sa.select(users).where(users.c.id == user_id)).first()
    return editor_of_row(row) if row is not None else None


def all_users(connection: sa.Connection) -> Sequence[Editor]:
    """All who may sign in, by address."""
    return [
        editor_of_row(row)
        for row in connection.execute(sa.select(users).order_by(users.c.address_key))
    ]


def remove_user(connection: sa.Connection, editor: Editor) -> None:
    """Remove an editor with all sessions, links, keys and codes; the audit record stays."""
    owned = (sessions, sign_in_links, api_tokens, passkeys, authenticator_apps, recovery_codes)
    for table in owned:
        connection.execute(sa.delete(table).where(table.c.user_id == editor.id))
    connection.execute(sa.delete(users).where(users.c.id == editor.id))


def password_hash_of(connection: sa.Connection, editor: Editor) -> str:
    """The hash to check a password against; "" for an editor who signs in by e-mail only."""
    return str(
        connection.execute(
            sa.select(users.c.password_hash).where(users.c.id == editor.id)
        ).scalar_one()
    )


def set_password_hash(connection: sa.Connection, editor: Editor, password_hash: str) -> None:
    """Store a new hash without ending sessions."""
    connection.execute(
        sa.update(users).where(users.c.id == editor.id).values(password_hash=password_hash)
    )


def sign_out_everywhere(
    connection: sa.Connection, user_id: int, *, except_session: int | None = None
) -> None:
    """End the editor's sessions and invalidate the sign-in links that are not used yet."""
    ended = sa.delete(sessions).where(sessions.c.user_id == user_id)
    if except_session is not None:
        ended = ended.where(sessions.c.id != except_session)
    connection.execute(ended)
    connection.execute(sa.delete(sign_in_links).where(sign_in_links.c.user_id == user_id))


def editor_of_row(row: sa.Row[Any]) -> Editor:
    """The editor in a row with the columns of `users`."""
    return Editor(id=row.id, address=row.address, name=row.name, role=Role(row.role))
