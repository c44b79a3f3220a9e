"""Browser sessions, and sign-in links that work once. Only hashes of their secrets are stored."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from newsletter.store.tables import sessions, sign_in_links, users
from newsletter.store.token_hash import hash_of
from newsletter.store.users import Editor, editor_of_row

SESSION_LASTS = timedelta(days=30)
LINK_LASTS = timedelta(minutes=20)


@dataclass(frozen=True, kw_only=True, slots=True)
class BrowserSession:
    """One browser that is signed in."""

    id: int
    editor: Editor
    started_at: datetime
    expires_at: datetime
    browser: str
    has_second_factor: bool


def start_session(
    connection: sa.Connection,
    editor: Editor,
    *,
    browser: str,
    now: datetime,
    second_factor: bool = False,
) -> str:
    """Sign the editor in; returns the secret for the browser's cookie."""
    connection.execute(sa.delete(sessions).where(sessions.c.expires_at <= now))
    token = secrets.token_urlsafe(32)
    connection.execute(
        sa.insert(sessions).values(
            token_hash=hash_of(token),
            user_id=editor.id,
            started_at=now,
            expires_at=now + SESSION_LASTS,
            browser=browser[:200],
            second_factor=second_factor,
        )
    )
    return token


def note_second_factor(connection: sa.Connection, session: BrowserSession) -> None:
    """Keep that the editor has shown a second factor in this session."""
    connection.execute(
        sa.update(sessions).where(sessions.c.id == session.id).values(second_factor=True)
    )


def session_of(connection: sa.Connection, token: str, now: datetime) -> BrowserSession | None:
    """The unexpired session with this secret."""
    row = connection.execute(
        _sessions().where(sessions.c.token_hash == hash_of(token), sessions.c.expires_at > now)
    ).first()
    return _session(row) if row is not None else None


def sessions_of(
    connection: sa.Connection, editor: Editor, now: datetime
) -> Sequence[BrowserSession]:
    """The editor's unexpired sessions, newest first."""
    rows = connection.execute(
        _sessions()
        .where(sessions.c.user_id == editor.id, sessions.c.expires_at > now)
        .order_by(sessions.c.id.desc())
    )
    return [_session(row) for row in rows]


def all_sessions(connection: sa.Connection, now: datetime) -> Sequence[BrowserSession]:
    """Everybody's unexpired sessions, newest first."""
    rows = connection.execute(
        _sessions().where(sessions.c.expires_at > now).order_by(sessions.c.id.desc())
    )
    return [_session(row) for row in rows]


def end_session(connection: sa.Connection, editor: Editor, session_id: int) -> bool:
    """Sign out one of the editor's browsers; returns whether it was signed in."""
    ended = connection.execute(
        sa.delete(sessions).where(sessions.c.id == session_id, sessions.c.user_id == editor.id)
    )
    return ended.rowcount > 0


def make_link(
    connection: sa.Connection, editor: Editor | None, now: datetime, lasts: timedelta = LINK_LASTS
) -> str:
    """The secret of a link that signs the editor in once, or for None creates the first user."""
    connection.execute(sa.delete(sign_in_links).where(sign_in_links.c.expires_at <= now))
    token = secrets.token_urlsafe(32)
    connection.execute(
        sa.insert(sign_in_links).values(
            token_hash=hash_of(token),
            user_id=editor.id if editor is not None else None,
            expires_at=now + lasts,
        )
    )
    return token


def has_link(connection: sa.Connection, editor: Editor | None, now: datetime) -> bool:
    """Whether a link for the editor, or for None one that creates the first user, is valid."""
    owner = sign_in_links.c.user_id
    is_theirs = owner.is_(None) if editor is None else owner == editor.id
    query = sa.select(sign_in_links.c.token_hash).where(is_theirs, sign_in_links.c.expires_at > now)
    return connection.execute(query).first() is not None


def editor_of_link(connection: sa.Connection, token: str, now: datetime) -> Editor | None:
    """The editor that the link would sign in, without using the link."""
    row = connection.execute(
        sa.select(users)
        .join(sign_in_links, sign_in_links.c.user_id == users.c.id)
        .where(sign_in_links.c.token_hash == hash_of(token), sign_in_links.c.expires_at > now)
    ).first()
    return editor_of_row(row) if row is not None else None


def is_first_link(connection: sa.Connection, token: str, now: datetime) -> bool:
    """Whether the link creates the first user, and there is no user yet."""
    found = connection.execute(
        sa.select(sign_in_links.c.token_hash).where(
            sign_in_links.c.token_hash == hash_of(token),
            sign_in_links.c.user_id.is_(None),
            sign_in_links.c.expires_at > now,
            ~sa.exists(sa.select(users.c.id)),
        )
    )
    return found.first() is not None


def use_link(connection: sa.Connection, token: str) -> bool:
    """Delete the link as used; False when it was used meanwhile."""
    used = connection.execute(
        sa.delete(sign_in_links).where(sign_in_links.c.token_hash == hash_of(token))
    )
    return used.rowcount > 0


def _sessions() -> sa.Select[Any]:
    return sa.select(
        users,
        sessions.c.id.label("session_id"),
        sessions.c.started_at,
        sessions.c.expires_at,
        sessions.c.browser,
        sessions.c.second_factor,
    ).join(sessions, sessions.c.user_id == users.c.id)


def _session(row: sa.Row[Any]) -> BrowserSession:
    return BrowserSession(
        id=row.session_id,
        editor=editor_of_row(row),
        started_at=row.started_at,
        expires_at=row.expires_at,
        browser=row.browser,
        has_second_factor=row.second_factor,
    )
