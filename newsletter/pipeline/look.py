"""look: an issue as one reader will get it, with everything an editor wants to know of it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from newsletter.articles.tags import slug_of
from newsletter.delivery.message import Addressee, compile_edition
from newsletter.errors import UnknownNameError
from newsletter.issues.issue import Issue
from newsletter.pipeline.approve import lint_findings
from newsletter.pipeline.editions import key_for
from newsletter.pipeline.messages import addressee, headers_for, signer_of
from newsletter.pipeline.preview import (
    SAMPLE_READER,
    current_editions,
    message_date,
    slot_values,
)
from newsletter.pipeline.readers import readers_of
from newsletter.pipeline.site import Site
from newsletter.rendering.edition import Edition, Slot
from newsletter.rendering.html import encoded_size
from newsletter.rendering.lint import Finding
from newsletter.rendering.slots import fill
from newsletter.store import editions as edition_store
from newsletter.store import issues as issue_store
from subscribers.audience import count_by_follows, format_follows
from subscribers.errors import SubscribersError
from subscribers.people import find


@dataclass(frozen=True, kw_only=True, slots=True)
class Reader:
    """As whom to look: a subscriber, anybody who follows these tags, or (neither) everybody."""

    address: str = ""
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """What there is to say of one reader's message; `size` in octets of its HTML as encoded.

    `sharing` of all `readers` get this edition, one of `editions`. `sha256` is of the HTML
    as this reader gets it.
    """

    issue: Issue
    edition: Edition
    text: str
    size: int
    sha256: str
    findings: Sequence[Finding]
    sharing: int
    readers: int
    editions: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Reach:
    """Whom an approval would reach: readers, and the editions they get."""

    readers: int
    editions: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Rendered:
    """The edition that a reader gets, and to whom it is written."""

    edition: Edition
    to: Addressee

    @property
    def html(self) -> str:
        """The HTML with the reader's own links."""
        return fill(self.edition.html, self.edition.nonce, slot_values(self.to), escape=True)

    @property
    def uncounted_html(self) -> str:
        """The same with direct links: whoever looks is not counted."""
        edition = self.edition.uncounted
        return fill(edition.html, edition.nonce, slot_values(self.to), escape=True)

    @property
    def impersonal_html(self) -> str:
        """The HTML without anybody's links, for whoever is no reader."""
        nobody = {Slot.UNSUBSCRIBE: "#", Slot.PREFERENCES: "#", Slot.NAME: ""}
        return fill(self.edition.uncounted.html, self.edition.nonce, nobody, escape=True)

    @property
    def text(self) -> str:
        """The text with the reader's own links."""
        return fill(self.edition.text, self.edition.nonce, slot_values(self.to), escape=False)


def render(site: Site, issue: Issue, reader: Reader) -> Rendered:
    """The edition as `reader` would get it; raises UnknownNameError for a stranger."""
    follows, subscriber_id, name = format_follows(map(slug_of, reader.tags)), 0, ""
    if reader.address:
        with site.database.transaction(read_only=True) as connection:
            try:
                person = find(connection, reader.address)
            except SubscribersError as error:
                raise UnknownNameError(
                    f"{reader.address} is nobody this site knows", fix="choose tags instead"
                ) from error
        follows, subscriber_id, name = format_follows(person.follows), person.id, person.name
    to = addressee(
        site,
        site.tokens,
        issue.newsletter,
        subscriber_id=subscriber_id,
        address=reader.address or SAMPLE_READER,
        name=name,
    )
    return Rendered(edition=edition_for(site, issue, follows), to=to)


def message_of(site: Site, issue: Issue, rendered: Rendered) -> bytes:
    """The whole message on the wire."""
    headers = headers_for(site, issue, message_date(site, issue))
    return compile_edition(rendered.edition, headers).compose(rendered.to, signer_of(site))


def look(site: Site, issue: Issue, reader: Reader, *, now: datetime) -> Look:
    """Everything about the message as `reader` would get it at `now`; raises as `render` does."""
    rendered = render(site, issue, reader)
    with site.database.transaction(read_only=True) as connection:
        wishes = count_by_follows(connection, readers_of(site, issue.newsletter)(now))
    keys = {wish: key_for(site, issue, wish) for wish in wishes}
    html, edition = rendered.html, rendered.edition
    return Look(
        issue=issue,
        edition=edition,
        text=rendered.text,
        size=encoded_size(html),
        sha256=hashlib.sha256(html.encode()).hexdigest(),
        findings=lint_findings(site, issue, [edition]),
        sharing=sum(count for wish, count in wishes.items() if keys[wish] == edition.key),
        readers=sum(wishes.values()),
        editions=len(set(keys.values())),
    )


def reach(site: Site, issue: Issue, *, now: datetime) -> Reach:
    """How many readers and editions the issue would have at `now`."""
    with site.database.transaction(read_only=True) as connection:
        wishes = count_by_follows(connection, readers_of(site, issue.newsletter)(now))
    keys = {key_for(site, issue, wish) for wish in wishes} | {key_for(site, issue, "")}
    return Reach(readers=sum(wishes.values()), editions=len(keys))


def edition_for(site: Site, issue: Issue, follows: str) -> Edition:
    """The edition for these wishes; of an approved issue the frozen one, or the complete."""
    editions = current_editions(site, issue, (follows,))
    by_key = {edition.key: edition for edition in editions}
    complete = by_key.get(key_for(site, issue, ""), editions[0])
    return by_key.get(key_for(site, issue, follows), complete)


def earlier_texts(site: Site, issue: Issue) -> dict[str, str]:
    """What the issue can be compared with: its last approved state, and the issue before it."""
    found: dict[str, str] = {}
    with site.database.transaction(read_only=True) as connection:
        approved = edition_store.frozen_editions(connection, issue).values()
        before = [
            other
            for other in issue_store.all_issues(connection, issue.newsletter)
            if other.number < issue.number
        ]
        if approved:
            found["approved"] = comparable(_complete(approved))
        for other in reversed(before):
            if sent := edition_store.frozen_editions(connection, other).values():
                found["last"] = comparable(_complete(sent))
                break
    return found


def comparable(edition: Edition) -> str:
    """The text without what differs by reader or by issue only: links of anybody's own, counted ones."""
    nobody = {Slot.UNSUBSCRIBE: "…", Slot.PREFERENCES: "…", Slot.NAME: "…"}
    return fill(edition.uncounted.text, edition.nonce, nobody, escape=False)


def _complete(editions: Iterable[Edition]) -> Edition:
    """The edition with the most items: the one of those who follow everything."""
    return max(editions, key=lambda edition: len(edition.item_keys))
