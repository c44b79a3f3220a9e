"""look: an issue as one reader will get it, with everything an editor wants to know of it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from newsletter.issues.issue import Issue
from newsletter.pipeline.approve import lint_findings
from newsletter.pipeline.editions import key_for
from newsletter.pipeline.reader_copy import Reader, copy_for
from newsletter.pipeline.readers import readers_of
from newsletter.pipeline.site import Site
from newsletter.rendering.edition import Edition, Slot
from newsletter.rendering.html import encoded_size
from newsletter.rendering.lint import Finding
from newsletter.rendering.slots import fill
from newsletter.store import editions as edition_store
from newsletter.store import issues as issue_store
from subscribers.audience import count_by_follows


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


def look(site: Site, issue: Issue, reader: Reader, *, now: datetime) -> Look:
    """Everything about the message as `reader` would get it at `now`; raises as `copy_for` does."""
    copy = copy_for(site, issue, reader)
    with site.database.transaction(read_only=True) as connection:
        wishes = count_by_follows(connection, readers_of(site, issue.newsletter)(now))
    keys = {wish: key_for(site, issue, wish) for wish in wishes}
    html, edition = copy.html, copy.edition
    return Look(
        issue=issue,
        edition=edition,
        text=copy.text,
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
