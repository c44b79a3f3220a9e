"""What the changes of an editor's own account share: who they are, their password, the record."""

from __future__ import annotations

import sqlalchemy as sa
from starlette.requests import Request

from newsletter.store import audit
from newsletter.store.attempt_limits import count_attempt, forget_attempts
from newsletter.store.sessions import BrowserSession
from newsletter.web.signin.attempts import PER_ADDRESS
from newsletter.web.signin.auth_context import AuthContext
from newsletter.web.signin.passwords import is_right
from newsletter.web.signin.second_factor import has_factor
from newsletter.web.signin.session import current_session, lacks_second_factor


async def own_session(request: Request) -> BrowserSession:
    """The session of a page that `require_editor` guards."""
    session = await current_session(request)
    assert session is not None  # noqa: S101 - require_editor guards the pages of the account
    return session


def is_present_password(
    auth: AuthContext, session: BrowserSession, current: str, known: str
) -> bool:
    """Whether it is right; after a few wrong ones nothing is checked for a quarter of an hour."""
    key = auth.keyed(f"tries present password {session.editor.id}")
    with auth.database.transaction() as connection:
        if not count_attempt(connection, key, PER_ADDRESS, auth.clock()):
            return False
    if not is_right(current, known):
        return False
    with auth.database.transaction() as connection:
        forget_attempts(connection, key)
    return True


def may_add_factor(connection: sa.Connection, auth: AuthContext, session: BrowserSession) -> bool:
    """Whether a passkey or an app may be added in this session.

    Where a second factor is required, who has one has to show it, because somebody else who knows the
    password could add another.
    """
    return not lacks_second_factor(auth, session) or not has_factor(connection, session.editor)


def note(
    connection: sa.Connection, auth: AuthContext, session: BrowserSession, what: str, detail: str
) -> None:
    """Write into the record what the editor has done."""
    audit.record(connection, who=session.editor.address, what=what, detail=detail, now=auth.clock())
