"""API keys, each of which belongs to an editor. Only their hashes are stored."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from newsletter.store.tables import api_tokens, users
from newsletter.store.token_hash import hash_of
from newsletter.store.users import Editor, editor_of_row


@dataclass(frozen=True, kw_only=True, slots=True)
class ApiToken:
    """An API key, named for its purpose; the key itself is not stored."""

    name: str
    created_at: datetime


def make_api_token(connection: sa.Connection, editor: Editor, *, name: str, now: datetime) -> str:
    """Make an API key for the editor; it replaces one of the same name."""
    revoke_api_token(connection, editor, name)
    token = f"nl_{secrets.token_urlsafe(32)}"
    connection.execute(
        sa.insert(api_tokens).values(
            token_hash=hash_of(token), user_id=editor.id, name=name, created_at=now
        )
    )
    return token


def revoke_api_token(connection: sa.Connection, editor: Editor, name: str) -> bool:
    """Delete the key; returns whether there was one of that name."""
    revoked = connection.execute(
        sa.delete(api_tokens).where(api_tokens.c.user_id == editor.id, api_tokens.c.name == name)
    )
    return revoked.rowcount > 0


def api_tokens_of(connection: sa.Connection, editor: Editor) -> Sequence[ApiToken]:
    """The editor's keys, by name."""
    rows = connection.execute(
        sa.select(api_tokens.c.name, api_tokens.c.created_at)
        .where(api_tokens.c.user_id == editor.id)
        .order_by(api_tokens.c.name)
    )
    return [ApiToken(name=row.name, created_at=row.created_at) for row in rows]


def editor_of_api_token(connection: sa.Connection, token: str) -> Editor | None:
    """The editor that this key belongs to."""
    row = connection.execute(
        sa.select(users)
        .join(api_tokens, api_tokens.c.user_id == users.c.id)
        .where(api_tokens.c.token_hash == hash_of(token))
    ).first()
    return editor_of_row(row) if row is not None else None
