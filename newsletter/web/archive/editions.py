"""Published editions as anybody may see them: as they were frozen, without any personal link.

Links whose clicks are counted in the mails lead straight to their pages here.
"""

from __future__ import annotations

from collections.abc import Iterable

from newsletter.errors import UnknownNameError
from newsletter.issues.issue import Issue, State
from newsletter.rendering.edition import Edition, Slot
from newsletter.rendering.slots import fill
from newsletter.store import editions as edition_store
from newsletter.store import issues as issue_store
from newsletter.store.database import Database
from newsletter.web.archive.link_preview import with_link_preview

PUBLISHED = frozenset({State.SENDING, State.SENT, State.STOPPED})
"""An issue is in the archive from the moment its first message may arrive."""

HIGHEST_NUMBER = 2**31 - 1
"""The largest number that the database can hold; a URL may contain a larger one."""


def find_edition(
    database: Database, newsletter: str, number: int, key: str, *, links_url: str, address: str
) -> str | None:
    """The HTML of one published edition, or None.

    `links_url` is the page that mails readers their links; it takes the place of those links.
    `address` is the canonical URL of the issue.
    """
    issue, editions = _published(database, newsletter, number)
    chosen = next((edition for edition in editions if edition.key == key), None)
    return _page(issue, chosen, links_url, address)


def find_complete(
    database: Database, newsletter: str, number: int, *, links_url: str, address: str
) -> str | None:
    """The HTML of the edition with every item that is for everybody, or None.

    None too for an issue that went to a segment only. `links_url` and `address` as in
    `find_edition`.
    """
    issue, editions = _published(database, newsletter, number)
    if issue is not None and not issue.selection.is_everyone:
        public = issue.selection.public
        chosen = next((edition for edition in editions if edition.key == public), None)
    else:
        chosen = max(editions, key=lambda edition: len(edition.item_keys), default=None)
    return _page(issue, chosen, links_url, address)


def _published(
    database: Database, newsletter: str, number: int
) -> tuple[Issue | None, Iterable[Edition]]:
    if number > HIGHEST_NUMBER:
        return None, ()
    with database.transaction(read_only=True) as connection:
        try:
            issue = issue_store.find_issue(connection, newsletter, number)
        except UnknownNameError:
            return None, ()
        if issue.state not in PUBLISHED:
            return None, ()
        return issue, tuple(edition_store.frozen_editions(connection, issue).values())


def _page(issue: Issue | None, edition: Edition | None, links_url: str, address: str) -> str | None:
    if issue is None or edition is None:
        return None
    values = {Slot.UNSUBSCRIBE: links_url, Slot.PREFERENCES: links_url, Slot.NAME: ""}
    html = fill(edition.uncounted.html, edition.nonce, values, escape=True)
    return with_link_preview(html, issue, edition, address)
