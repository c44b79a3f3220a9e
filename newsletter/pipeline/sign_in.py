"""Sign-in links for editors, what they are told of their accounts, and resetting a second factor."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from newsletter.site.letters import LetterContent, compose, post_letter
from newsletter.site.site import Site, site_title
from newsletter.store import audit, outbox
from newsletter.store.authenticators import remove_authenticator
from newsletter.store.passkeys import remove_passkeys
from newsletter.store.sessions import has_link, make_link
from newsletter.store.users import Editor, all_users, find_user, sign_out_everywhere

FIRST_LINK_LASTS = timedelta(hours=1)
RESET = "your second step for signing in was reset"


def mail_sign_in_link(site: Site, *, address: str, name: str, link: str, now: datetime) -> None:
    """Mail the link to the editor; raises RelayUnavailableError when no relay accepts it."""
    title = site_title(site)
    letter = LetterContent(
        template="sign_in",
        words={"name": name, "link": link, "title": title, "url": site.settings.site.url},
        subject=f"Your sign-in link for {title}",
        to_address=address,
        to_name=name,
    )
    post_letter(site, next(iter(site.settings.newsletters)), letter, now=now)


def put_notice(
    site: Site, connection: sa.Connection, editor: Editor, *, what: str, detail: str, now: datetime
) -> None:
    """Put a letter to the editor about something that only they should have done into the outbox."""
    title = site_title(site)
    letter = LetterContent(
        template="operator",
        words={
            "name": editor.name,
            "title": title,
            "url": site.settings.site.url,
            "postal_address": site.settings.site.postal_address,
            "what": what,
            "reason": detail,
            "advice": "If that was you, there is nothing to do. If not, sign in, remove from your account "
            "page what is not yours, and set a new password: that signs out every other browser and ends your API keys. If you "
            "cannot sign in, ask an operator of the site to reset your second step.",
        },
        subject=f"{title}: {what}",
        to_address=editor.address,
        to_name=editor.name,
    )
    message = compose(site, next(iter(site.settings.newsletters)), letter, now=now)
    outbox.put(connection, recipient=editor.address, envelope_sender="", message=message, now=now)


@dataclass(frozen=True, kw_only=True, slots=True)
class ResetFactors:
    """What an operator has removed from an editor's account."""

    address: str
    passkeys: int
    app: bool


def reset_second_factors(site: Site, address: str, *, now: datetime) -> ResetFactors:
    """Remove the editor's passkeys, app and codes, and end their sessions; they are told by mail.

    Raises UnknownNameError and AddressError.
    """
    with site.database.transaction() as connection:
        editor = find_user(connection, address)
        done = ResetFactors(
            address=editor.address,
            passkeys=remove_passkeys(connection, editor),
            app=remove_authenticator(connection, editor),
        )
        sign_out_everywhere(connection, editor.id)
        detail = f"{editor.address}, passkeys: {done.passkeys}, authenticator app: {'yes' if done.app else 'no'}"
        audit.record(
            connection, who=audit.OPERATOR, what="reset second factor", detail=detail, now=now
        )
        reason = "An operator of the site has removed your passkeys, your authenticator app and your recovery codes."
        put_notice(site, connection, editor, what=RESET, detail=reason, now=now)
    return done


def first_link(site: Site, *, now: datetime) -> str | None:
    """The path of a sign-in link for a site where nobody has ever signed in; None on any other.

    None also while an earlier one is valid. The link works once. On a site without users it makes the first publisher.
    """
    with site.database.transaction() as connection:
        if audit.has_happened(connection, "sign in"):
            return None
        users = sorted(all_users(connection), key=lambda user: not user.is_publisher)
        first = users[0] if users else None
        if has_link(connection, first, now):
            return None
        token = make_link(connection, first, now, FIRST_LINK_LASTS)
    return f"{site.settings.site.base_path}/sign-in/link/{token}"
