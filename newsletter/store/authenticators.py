"""Editors' authenticator apps, and the recovery codes for when the app is lost."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa

from newsletter.store.account_tables import authenticator_apps, recovery_codes
from newsletter.store.token_hash import hash_of
from newsletter.store.users import Editor


@dataclass(frozen=True, kw_only=True, slots=True)
class Authenticator:
    """An editor's app. `secret` is encrypted; codes of `last_step` and before no longer count."""

    secret: str = field(repr=False)
    created_at: datetime
    last_step: int


def set_authenticator(
    connection: sa.Connection, editor: Editor, *, secret: str, step: int, now: datetime
) -> None:
    """Keep the app whose code of `step` the editor has entered, in place of another one."""
    connection.execute(
        sa.delete(authenticator_apps).where(authenticator_apps.c.user_id == editor.id)
    )
    connection.execute(
        sa.insert(authenticator_apps).values(
            user_id=editor.id, secret=secret, created_at=now, last_step=step
        )
    )


def authenticator_of(connection: sa.Connection, editor: Editor) -> Authenticator | None:
    """The editor's app; None without one."""
    row = connection.execute(
        sa.select(authenticator_apps).where(authenticator_apps.c.user_id == editor.id)
    ).first()
    if row is None:
        return None
    return Authenticator(secret=row.secret, created_at=row.created_at, last_step=row.last_step)


def use_step(connection: sa.Connection, editor: Editor, step: int) -> bool:
    """Note that the code of `step` is used; False when it, or a later one, was used before."""
    used = connection.execute(
        sa.update(authenticator_apps)
        .where(authenticator_apps.c.user_id == editor.id, authenticator_apps.c.last_step < step)
        .values(last_step=step)
    )
    return used.rowcount > 0


def remove_authenticator(connection: sa.Connection, editor: Editor) -> bool:
    """Remove the editor's app and recovery codes; returns whether there was an app."""
    set_recovery_codes(connection, editor, ())
    removed = connection.execute(
        sa.delete(authenticator_apps).where(authenticator_apps.c.user_id == editor.id)
    )
    return removed.rowcount > 0


def set_recovery_codes(connection: sa.Connection, editor: Editor, codes: Iterable[str]) -> None:
    """Keep these codes, hashed, in place of all earlier ones."""
    connection.execute(sa.delete(recovery_codes).where(recovery_codes.c.user_id == editor.id))
    for code in codes:
        connection.execute(
            sa.insert(recovery_codes).values(code_hash=hash_of(code), user_id=editor.id)
        )


def count_recovery_codes(connection: sa.Connection, editor: Editor) -> int:
    """How many codes the editor has left."""
    query = sa.select(sa.func.count()).where(recovery_codes.c.user_id == editor.id)
    return connection.scalar(query) or 0


def use_recovery_code(connection: sa.Connection, editor: Editor, code: str) -> bool:
    """Delete the code as used; False when it is not one of the editor's."""
    used = connection.execute(
        sa.delete(recovery_codes).where(
            recovery_codes.c.user_id == editor.id, recovery_codes.c.code_hash == hash_of(code)
        )
    )
    return used.rowcount > 0
