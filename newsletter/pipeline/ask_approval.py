"""ask for approval: tell the publishers by mail that an editor thinks an issue is ready."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from newsletter.errors import NotPermittedError
from newsletter.issues.issue import Issue, State
from newsletter.site.letters import LetterContent, compose
from newsletter.site.site import Site
from newsletter.store import issues as issue_store
from newsletter.store import outbox
from newsletter.store.audit import has_entry, record
from newsletter.store.users import Editor, all_users

LONGEST_NOTE = 2_000
"""Characters of what the editor adds; more are cut."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """Which publishers were written to. `is_again` says that they had been, about this version."""

    addresses: tuple[str, ...]
    is_again: bool = False


def ask_for_approval(
    site: Site, slug: str, number: int, *, editor: Editor, note: str, now: datetime
) -> Asked:
    """Put a letter to every publisher in the outbox, once for each version of the issue.

    Raises NotPermittedError for an issue that does not wait for an approval, and if nobody may
    approve it.
    """
    with site.database.transaction(read_only=True) as connection:
        issue = issue_store.find_issue(connection, slug, number)
        publishers = [user for user in all_users(connection) if user.is_publisher]
        detail = f"{issue.name}, version {issue.version}"
        is_asked = has_entry(connection, what="ask", detail=detail)
    if issue.state not in {State.DRAFT, State.HELD}:
        raise NotPermittedError(f"{issue.name} is {issue.state} already")
    if not publishers:
        raise NotPermittedError(
            "nobody may approve an issue yet", fix="ask who runs the site to name a publisher"
        )
    addresses = tuple(publisher.address for publisher in publishers)
    if is_asked:
        return Asked(addresses=addresses, is_again=True)
    letters = [_letter(site, issue, publisher, editor, note) for publisher in publishers]
    messages = [compose(site, slug, letter, now=now) for letter in letters]
    with site.database.transaction() as connection:
        for address, message in zip(addresses, messages, strict=True):
            outbox.put(connection, recipient=address, envelope_sender="", message=message, now=now)
        record(connection, who=editor.address, what="ask", detail=detail, now=now)
    return Asked(addresses=addresses)


def _letter(
    site: Site, issue: Issue, publisher: Editor, editor: Editor, note: str
) -> LetterContent:
    zone, title = site.settings.site.zone, site.newsletter(issue.newsletter).title
    words = {
        "title": title,
        "number": issue.number,
        "who": editor.name or editor.address,
        "note": note.strip()[:LONGEST_NOTE],
        "due": f"{issue.goes_out.astimezone(zone):%A %-d %B, %H:%M} ({zone.key})",
        "headline": issue.subject,
        "items": [item.title for item in issue.shown_items],
        "link": f"{site.settings.site.url}/desk/{issue.name}/publish",
        "url": site.settings.site.url,
    }
    return LetterContent(
        template="approval",
        words=words,
        subject=f"{title}, No. {issue.number}: please approve",
        to_address=publisher.address,
        to_name=publisher.name,
        reply_to=editor.address,
    )
