"""An issue as one reader gets it, but with specimens of the personal links, for previews."""

from __future__ import annotations

from dataclasses import dataclass

from newsletter.articles.tags import slug_of
from newsletter.delivery.message import Addressee, compile_edition
from newsletter.errors import UnknownNameError
from newsletter.issues.issue import Issue
from newsletter.rendering.edition import Edition, Slot
from newsletter.rendering.slots import fill
from newsletter.site.editions import current_editions, key_for
from newsletter.site.messages import headers_for, message_date, signer_of, specimen_addressee
from newsletter.site.site import Site
from subscribers.audience import format_follows
from subscribers.errors import SubscribersError
from subscribers.people import find

SAMPLE_READER = "reader@example.org"


@dataclass(frozen=True, kw_only=True, slots=True)
class Reader:
    """A subscriber (`address`), a reader who follows `tags`, or without both one who follows all."""

    address: str = ""
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class ReaderCopy:
    """The edition that a reader gets, and who they are."""

    edition: Edition
    to: Addressee

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
        return ReaderCopy(edition=self.edition.uncounted, to=self.to)

    @property
    def impersonal_html(self) -> str:
        """The HTML with direct links and without a name, for people who are not readers."""
        nobody = {**_slot_values(self.to), Slot.NAME: ""}
        return fill(self.edition.uncounted.html, self.edition.nonce, nobody, escape=True)


def copy_for(site: Site, issue: Issue, reader: Reader) -> ReaderCopy:
    """The issue as `reader` would get it; raises UnknownNameError for an unknown address."""
    follows, name = format_follows(map(slug_of, reader.tags)), ""
    if reader.address:
        with site.database.transaction(read_only=True) as connection:
            try:
                person = find(connection, reader.address)
            except SubscribersError as error:
                raise UnknownNameError(
                    f"nobody has the address {reader.address}", fix="choose tags instead"
                ) from error
        follows, name = format_follows(person.follows), person.name
    to = specimen_addressee(site, address=reader.address or SAMPLE_READER, name=name)
    return ReaderCopy(edition=_edition_for(site, issue, follows), to=to)


def message_of(site: Site, issue: Issue, copy: ReaderCopy) -> bytes:
    """The whole message on the wire."""
    headers = headers_for(site, issue, message_date(site, issue))
    return compile_edition(copy.edition, headers).compose(copy.to, signer_of(site))


def _edition_for(site: Site, issue: Issue, follows: str) -> Edition:
    """The edition for these tags; for an approved issue a frozen one, by default the complete one."""
    editions = current_editions(site, issue, (follows,))
    by_key = {edition.key: edition for edition in editions}
    complete = by_key.get(key_for(site, issue, ""), editions[0])
    return by_key.get(key_for(site, issue, follows), complete)


def _slot_values(to: Addressee) -> dict[Slot, str]:
    """The values of the slots in this reader's edition."""
    return {
        Slot.UNSUBSCRIBE: to.unsubscribe_url,
        Slot.PREFERENCES: to.preferences_url,
        Slot.NAME: to.name,
    }
