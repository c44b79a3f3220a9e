"""API keys, each of which belongs to an editor. Only their hashes are stored."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa

from newsletter.store.tables import api_tokens, users
from newsletter.store.token_hash import hash_of
from newsletter.store.users import Editor, editor_of_row


class ApiScope(StrEnum):
    """What a key may be used for, within what its editor may do."""

    READ = "read"  # newsletters, issues, lists and growth, but nobody's data
    PEOPLE = "people"  # subscribers and suppressions, to see and to change
    ISSUES = "issues"  # to change and send issues
    ADMIN = "admin"  # the record of who did what


EVERY_SCOPE = frozenset(ApiScope)


@dataclass(frozen=True, kw_only=True, slots=True)
class ApiToken:
    """An API key, named for its purpose; the key itself is not stored."""

    name: str
    created_at: datetime
    scopes: frozenset[ApiScope] = EVERY_SCOPE


@dataclass(frozen=True, kw_only=True, slots=True)
class ApiKey:
    """Whose key it is, and what it may be used for."""

    editor: Editor
    scopes: frozenset[ApiScope]


def make_api_token(
    connection: sa.Connection,
    editor: Editor,
    *,
    name: str,
    now: datetime,
    scopes: Collection[ApiScope] = EVERY_SCOPE,
) -> str:
    """Make an API key for the editor; it replaces one of the same name."""
    revoke_api_token(connection, editor, name)
    token = f"nl_{secrets.token_urlsafe(32)}"
    connection.execute(
        sa.insert(api_tokens).values(
            token_hash=hash_of(token),
            user_id=editor.id,
            name=name,
            created_at=now,
            scopes="" if set(scopes) == EVERY_SCOPE else " ".join(sorted(set(scopes))),
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
        sa.select(api_tokens.c.name, api_tokens.c.created_at, api_tokens.c.scopes)
        .where(api_tokens.c.user_id == editor.id)
        .order_by(api_tokens.c.name)
    )
    return [
        ApiToken(name=row.name, created_at=row.created_at, scopes=_scopes(row.scopes))
        for row in rows
    ]


def editor_of_api_token(connection: sa.Connection, token: str) -> Editor | None:
    """The editor that this key belongs to."""
    key = api_key_of(connection, token)
    return key.editor if key is not None else None


def api_key_of(connection: sa.Connection, token: str) -> ApiKey | None:
    """Whose key this is, and what it may be used for."""
    row = connection.execute(
        sa.select(users, api_tokens.c.scopes)
        .join(api_tokens, api_tokens.c.user_id == users.c.id)
        .where(api_tokens.c.token_hash == hash_of(token))
    ).first()
    if row is None:
        return None
    return ApiKey(editor=editor_of_row(row), scopes=_scopes(row.scopes))


def _scopes(stored: str) -> frozenset[ApiScope]:
    return frozenset(map(ApiScope, stored.split())) or EVERY_SCOPE
