"""An issue as one reader gets it, but with specimens of the personal links, for previews."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from newsletter.articles.tags import slug_of
from newsletter.delivery.message import Addressee, compile_edition
from newsletter.errors import UnknownNameError
from newsletter.issues.issue import Issue
from newsletter.rendering.edition import Edition, Slot
from newsletter.rendering.reading_form import in_form
from newsletter.rendering.slots import fill
from newsletter.site.editions import complete_group, current_editions, fitting_key, key_for
from newsletter.site.messages import headers_for, message_date, signer_of, specimen_addressee
from newsletter.site.recipients import group_of
from newsletter.site.site import Site
from subscribers.audience import ReaderGroup, format_follows
from subscribers.errors import SubscribersError
from subscribers.people import find
from subscribers.subscriber import MailFormat

SAMPLE_READER = "reader@example.org"


@dataclass(frozen=True, kw_only=True, slots=True)
class Reader:
    """A subscriber (`address`), a reader who follows `tags`, or without both one who follows all."""

    address: str = ""
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class ReaderCopy:
    """The edition that a reader gets, who they are, and the time zone that they chose."""

    edition: Edition
    to: Addressee
    time_zone: str = ""

    @property
    def html(self) -> str:
        """The HTML with specimen links."""
        return fill(self.edition.html, self.edition.nonce, _slot_values(self.to), escape=True)

    @property
    def text(self) -> str:
        """The text with specimen links."""
        return fill(self.edition.text, self.edition.nonce, _slot_values(self.to), escape=False)

    @property
    def uncounted(self) -> ReaderCopy:
        """The same with direct links: a person who previews an issue is not counted."""
        return replace(self, edition=self.edition.uncounted)

    @property
    def impersonal_html(self) -> str:
        """The HTML with direct links and without a name, for people who are not readers."""
        nobody = {**_slot_values(self.to), Slot.NAME: ""}
        return fill(self.edition.uncounted.html, self.edition.nonce, nobody, escape=True)


def copy_for(site: Site, issue: Issue, reader: Reader, *, now: datetime) -> ReaderCopy:
    """The issue as `reader` would get it at `now`; raises UnknownNameError for an unknown address.

    So it does for a reader for whom the issue has no section.
    """
    group = complete_group(site, issue)._replace(follows=format_follows(map(slug_of, reader.tags)))
    name, zone, form = "", "", MailFormat.HTML
    if reader.address:
        with site.database.transaction(read_only=True) as connection:
            try:
                person = find(connection, reader.address)
            except SubscribersError as error:
                raise UnknownNameError(
                    f"nobody has the address {reader.address}", fix="choose tags instead"
                ) from error
            group = group_of(site, connection, issue, person.id, now)
        group = group._replace(follows=format_follows(person.follows))
        if issue.shown_items and key_for(site, issue, group) is None:
            raise UnknownNameError(
                f"{issue.name} has no section for {reader.address}", fix="choose another reader"
            )
        name, zone, form = person.name, person.time_zone, person.mail_format
    to = specimen_addressee(site, address=reader.address or SAMPLE_READER, name=name)
    edition = in_form(_edition_for(site, issue, group), form)
    return ReaderCopy(edition=edition, to=to, time_zone=zone)


def message_of(site: Site, issue: Issue, copy: ReaderCopy) -> bytes:
    """The whole message on the wire."""
    headers = headers_for(site, issue, message_date(site, issue))
    return compile_edition(copy.edition, headers).compose(copy.to, signer_of(site))


def _edition_for(site: Site, issue: Issue, group: ReaderGroup) -> Edition:
    """The edition of this group; for an approved issue a frozen one. Without any, the first."""
    editions = current_editions(site, issue, (group,))
    by_key = {edition.key: edition for edition in editions}
    key = fitting_key(site, issue, by_key, group)
    return editions[0] if key is None else by_key[key]


def _slot_values(to: Addressee) -> dict[Slot, str]:
    """The values of the slots in this reader's edition."""
    return {
        Slot.UNSUBSCRIBE: to.unsubscribe_url,
        Slot.PREFERENCES: to.preferences_url,
        Slot.NAME: to.name,
    }
