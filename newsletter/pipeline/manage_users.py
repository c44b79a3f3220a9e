"""manage_users: invite editors, change their role, sign them out, remove them, end API keys."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from newsletter.errors import ConflictError, NotPermittedError, UnknownNameError
from newsletter.site.letters import LetterContent, compose
from newsletter.site.site import Site, site_title
from newsletter.store import outbox
from newsletter.store.api_tokens import revoke_api_token
from newsletter.store.audit import record
from newsletter.store.sessions import end_session, make_link
from newsletter.store.users import (
    Editor,
    Role,
    all_users,
    find_user,
    remove_user,
    save_user,
    sign_out_everywhere,
    user_numbered,
)

INVITATION_LASTS = timedelta(days=7)


def invite(site: Site, *, address: str, name: str, role: Role, by: Editor, now: datetime) -> Editor:
    """Let somebody sign in, and put a letter with a link that does so once into the outbox.

    Raises ConflictError if they may already, AddressError.
    """
    with site.database.transaction(read_only=True) as connection:
        if _is_user(connection, address):
            raise ConflictError(f"{address} may sign in already", fix="look them up in the list")
    with site.database.transaction() as connection:
        editor, is_new = save_user(connection, address, name=name, role=role, now=now)
        if not is_new:
            raise ConflictError(f"{address} may sign in already", fix="look them up in the list")
        _put_invitation(site, connection, editor, by, now)
        _note(connection, by, "invite user", f"{editor.address} ({editor.role})", now)
    return editor


def invite_again(site: Site, number: int, *, by: Editor, now: datetime) -> None:
    """Put another letter with a link to sign in into the outbox. Raises UnknownNameError."""
    with site.database.transaction() as connection:
        editor = user_numbered(connection, number)
        _put_invitation(site, connection, editor, by, now)
        _note(connection, by, "invite user", f"{editor.address} again", now)


def change_user(
    site: Site, number: int, *, name: str, role: Role, by: Editor, now: datetime
) -> None:
    """Change name and role; a change of role signs the editor out everywhere.

    Raises UnknownNameError, and NotPermittedError for one's own role.
    """
    with site.database.transaction() as connection:
        editor = user_numbered(connection, number)
        if role is not editor.role:
            _require_another(editor, by)
        save_user(connection, editor.address, name=name, role=role, now=now)
        _require_publisher(connection)
        _note(connection, by, "change user", f"{editor.address} ({role})", now)


def remove(site: Site, number: int, *, by: Editor, now: datetime) -> None:
    """End somebody's account with its sessions, links and keys.

    Raises UnknownNameError, and NotPermittedError for one's own.
    """
    with site.database.transaction() as connection:
        editor = user_numbered(connection, number)
        _require_another(editor, by)
        remove_user(connection, editor)
        _require_publisher(connection)
        _note(connection, by, "remove user", editor.address, now)


def sign_out(site: Site, number: int, session: int | None, *, by: Editor, now: datetime) -> None:
    """Sign somebody out of one browser, or for None of all of them, links to sign in included.

    Raises UnknownNameError.
    """
    with site.database.transaction() as connection:
        editor = user_numbered(connection, number)
        if session is None:
            sign_out_everywhere(connection, editor.id)
        else:
            end_session(connection, editor, session)
        where = "everywhere" if session is None else "of a browser"
        _note(connection, by, "sign out", f"{editor.address} {where}", now)


def end_key(site: Site, number: int, name: str, *, by: Editor, now: datetime) -> None:
    """End somebody's API key. Raises UnknownNameError."""
    with site.database.transaction() as connection:
        editor = user_numbered(connection, number)
        if not revoke_api_token(connection, editor, name):
            raise UnknownNameError("that key has ended already")
        _note(connection, by, "revoke API key", f"{name} of {editor.address}", now)


def _is_user(connection: sa.Connection, address: str) -> bool:
    try:
        find_user(connection, address)
    except UnknownNameError:
        return False
    return True


def _require_another(editor: Editor, by: Editor) -> None:
    if editor.id == by.id:
        raise NotPermittedError(
            "that is your own account", fix="ask another publisher to change or remove it"
        )


def _require_publisher(connection: sa.Connection) -> None:
    """Raise NotPermittedError, which undoes the change, if nobody could publish after it."""
    if not any(user.is_publisher for user in all_users(connection)):
        raise NotPermittedError("nobody could approve an issue any more")


def _put_invitation(
    site: Site, connection: sa.Connection, editor: Editor, by: Editor, now: datetime
) -> None:
    token = make_link(connection, editor, now, INVITATION_LASTS)
    title = site_title(site)
    letter = LetterContent(
        template="invitation",
        words={
            "name": editor.name,
            "title": title,
            "who": by.name or by.address,
            "link": f"{site.settings.site.url}/sign-in/link/{token}",
            "may": "edit, approve and send issues" if editor.is_publisher else "edit issues",
            "url": site.settings.site.url,
        },
        subject=f"{by.name or by.address} invites you to {title}",
        to_address=editor.address,
        to_name=editor.name,
        reply_to=by.address,
    )
    message = compose(site, next(iter(site.settings.newsletters)), letter, now=now)
    outbox.put(connection, recipient=editor.address, envelope_sender="", message=message, now=now)


def _note(connection: sa.Connection, by: Editor, what: str, detail: str, now: datetime) -> None:
    record(connection, who=by.address, what=what, detail=detail, now=now)
