"""Published editions as anybody may see them: as they were frozen, without any personal link.

Links whose clicks are counted in the mails lead straight to their pages here. What was corrected
since is noted, and links that were replaced lead to their new addresses.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from newsletter.errors import UnknownNameError
from newsletter.issues.correction import new_urls
from newsletter.issues.issue import Issue, State
from newsletter.rendering.corrected import redirected, with_notes
from newsletter.rendering.edition import Edition, Slot
from newsletter.rendering.safe_text import web_link
from newsletter.rendering.slots import fill
from newsletter.store import editions as edition_store
from newsletter.store import issues as issue_store
from newsletter.store.database import Database
from newsletter.web.archive.corrections import (
    CorrectedOn,
    Corrections,
    notes_on,
    read_corrections,
)
from newsletter.web.archive.link_preview import with_link_preview

PUBLISHED = frozenset({State.SENDING, State.SENT, State.STOPPED})
"""An issue is in the archive from the moment its first message may arrive."""

HIGHEST_NUMBER = 2**31 - 1
"""The largest number that the database can hold; a URL may contain a larger one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class EditionReader:
    """Reads the published editions of one newsletter.

    `links_url` is the page that mails readers their links; it takes the place of those links.
    `is_removed` says that no newsletter of that name is configured any more.
    `archive_url` is where the newsletter's issues are; `corrected_on` dates a correction,
    and `preview_of` gives the address of a picture in the shape of link previews.
    """

    database: Database
    newsletter: str
    is_removed: bool
    links_url: str
    archive_url: str
    corrected_on: CorrectedOn
    preview_of: Callable[[str], str]

    def find_edition(
        self, number: int, key: str, *, is_signed: bool, is_hidden: bool = False
    ) -> str | None:
        """The HTML of one published edition, or None.

        An issue that not everybody may read, such as one of a newsletter that `is_hidden`, opens at
        its signed address, or at the one in its own mail if that was sent before addresses were signed.
        """
        issue, editions, corrections = self._published(number)
        chosen = next((edition for edition in editions if edition.key == key), None)
        if issue is None or chosen is None:
            return None
        is_open = self._was_for_everybody(issue) and not is_hidden
        if not (is_open or is_signed or self._was_mailed_unsigned(number, chosen)):
            return None
        return self._page(issue, chosen, corrections)

    def _was_mailed_unsigned(self, number: int, edition: Edition) -> bool:
        address = f"/archive/{self.newsletter}/{number}/{edition.key}"
        return re.search(rf"{re.escape(address)}(?![0-9a-f])", edition.text) is not None

    def find_complete(self, number: int) -> str | None:
        """The HTML of the edition with every item that is for everybody, or None.

        None too for an issue that went to a segment only.
        """
        issue, editions, corrections = self._published(number)
        if issue is not None and self._was_hidden(issue):
            return None
        if issue is not None and not issue.selection.is_everyone:
            public = issue.selection.public
            chosen = next((edition for edition in editions if edition.key == public), None)
        else:
            chosen = max(editions, key=lambda edition: len(edition.item_keys), default=None)
        return self._page(issue, chosen, corrections)

    def _was_for_everybody(self, issue: Issue) -> bool:
        return issue.selection.is_everyone and not self._was_hidden(issue)

    def _was_hidden(self, issue: Issue) -> bool:
        """Whether the newsletter was not public, and nothing says that it is now."""
        return self.is_removed and issue.selection.is_hidden

    def _published(self, number: int) -> tuple[Issue | None, Iterable[Edition], Corrections]:
        nothing = Corrections(approved=(), replaced=())
        if number > HIGHEST_NUMBER:
            return None, (), nothing
        with self.database.transaction(read_only=True) as connection:
            try:
                issue = issue_store.find_issue(connection, self.newsletter, number)
            except UnknownNameError:
                return None, (), nothing
            if issue.state not in PUBLISHED:
                return None, (), nothing
            editions = tuple(edition_store.frozen_editions(connection, issue).values())
            corrections = read_corrections(connection, self.newsletter, [number])
            return issue, editions, corrections

    def _page(
        self, issue: Issue | None, edition: Edition | None, corrections: Corrections
    ) -> str | None:
        if issue is None or edition is None:
            return None
        links = self.links_url
        values = {Slot.UNSUBSCRIBE: links, Slot.PREFERENCES: links, Slot.NAME: ""}
        html = fill(edition.uncounted.html, edition.nonce, values, escape=True)
        notes = notes_on(corrections.approved, edition.item_keys, self.corrected_on)
        own: dict[str, set[str]] = {}
        for item in issue.shown_items:
            own.setdefault(web_link(item.article.url), set()).add(item.article.key)
        html = redirected(with_notes(html, notes), new_urls(corrections.replaced, own))
        return with_link_preview(
            html,
            issue,
            edition,
            address=f"{self.archive_url}/{issue.number}",
            preview_of=self.preview_of,
        )
