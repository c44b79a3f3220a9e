"""API keys, each of which belongs to an editor. Only their hashes are stored."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
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
    METRICS = "metrics"  # the site's metrics, and nothing of the API


EVERY_SCOPE = frozenset(ApiScope)

USE_NOTED_EVERY = timedelta(hours=1)
"""How exactly a key's last use is kept, so that not every request writes to the database."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ApiToken:
    """An API key, named for its purpose; the key itself is not stored."""

    name: str
    created_at: datetime
    scopes: frozenset[ApiScope] = EVERY_SCOPE
    expires_at: datetime | None = None
    last_used_at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ApiKey:
    """Whose key it is, what it may be used for, and until when; None means for ever."""

    id: int
    editor: Editor
    scopes: frozenset[ApiScope]
    expires_at: datetime | None
    last_used_at: datetime | None

    def is_expired(self, now: datetime) -> bool:
        """Whether the key no longer works."""
        return self.expires_at is not None and self.expires_at <= now


def make_api_token(
    connection: sa.Connection,
    editor: Editor,
    *,
    name: str,
    now: datetime,
    scopes: Collection[ApiScope] = EVERY_SCOPE,
    lasts: timedelta | None = None,
) -> str:
    """Make an API key for the editor; it replaces one of the same name.

    Without `lasts` it does not expire.
    """
    revoke_api_token(connection, editor, name)
    token = f"nl_{secrets.token_urlsafe(32)}"
    connection.execute(
        sa.insert(api_tokens).values(
            token_hash=hash_of(token),
            user_id=editor.id,
            name=name,
            created_at=now,
            expires_at=now + lasts if lasts is not None else None,
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


def revoke_api_tokens(connection: sa.Connection, user_id: int) -> int:
    """Delete all of the editor's keys; returns how many there were."""
    return connection.execute(sa.delete(api_tokens).where(api_tokens.c.user_id == user_id)).rowcount


def api_tokens_of(connection: sa.Connection, editor: Editor) -> Sequence[ApiToken]:
    """The editor's keys, by name."""
    rows = connection.execute(
        sa.select(api_tokens).where(api_tokens.c.user_id == editor.id).order_by(api_tokens.c.name)
    )
    return [
        ApiToken(
            name=row.name,
            created_at=row.created_at,
            scopes=_scopes(row.scopes),
            expires_at=row.expires_at,
            last_used_at=row.last_used_at,
        )
        for row in rows
    ]


def all_api_tokens(connection: sa.Connection) -> Sequence[tuple[Editor, ApiToken]]:
    """Everybody's keys, each with its editor."""
    rows = connection.execute(
        sa.select(
            users,
            api_tokens.c.name.label("key_name"),
            api_tokens.c.created_at.label("made_at"),
            api_tokens.c.scopes,
            api_tokens.c.expires_at,
            api_tokens.c.last_used_at,
        )
        .join(api_tokens, api_tokens.c.user_id == users.c.id)
        .order_by(users.c.address_key, api_tokens.c.name)
    )
    return [
        (
            editor_of_row(row),
            ApiToken(
                name=row.key_name,
                created_at=row.made_at,
                scopes=_scopes(row.scopes),
                expires_at=row.expires_at,
                last_used_at=row.last_used_at,
            ),
        )
        for row in rows
    ]


def valid_api_key(connection: sa.Connection, token: str, now: datetime) -> ApiKey | None:
    """The same as `api_key_of`, but None for a key that has expired."""
    key = api_key_of(connection, token)
    return key if key is not None and not key.is_expired(now) else None


def api_key_of(connection: sa.Connection, token: str) -> ApiKey | None:
    """Whose key this is, what it may be used for, and until when."""
    row = connection.execute(
        sa.select(
            users,
            api_tokens.c.id.label("key_id"),
            api_tokens.c.scopes,
            api_tokens.c.expires_at,
            api_tokens.c.last_used_at,
        )
        .join(api_tokens, api_tokens.c.user_id == users.c.id)
        .where(api_tokens.c.token_hash == hash_of(token))
    ).first()
    if row is None:
        return None
    return ApiKey(
        id=row.key_id,
        editor=editor_of_row(row),
        scopes=_scopes(row.scopes),
        expires_at=row.expires_at,
        last_used_at=row.last_used_at,
    )


def is_use_to_note(key: ApiKey, now: datetime) -> bool:
    """Whether the key's last use is old enough to be written anew."""
    return key.last_used_at is None or now - key.last_used_at >= USE_NOTED_EVERY


def note_use(connection: sa.Connection, key: ApiKey, now: datetime) -> None:
    """Keep that the key was used now."""
    connection.execute(
        sa.update(api_tokens).where(api_tokens.c.id == key.id).values(last_used_at=now)
    )


def _scopes(stored: str) -> frozenset[ApiScope]:
    return frozenset(map(ApiScope, stored.split())) or EVERY_SCOPE
