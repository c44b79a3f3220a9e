"""An issue as one reader will get it, with its size, findings and share of the audience."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from newsletter.issues.issue import Issue
from newsletter.issues.selection import Selection
from newsletter.pipeline.approve import lint_findings
from newsletter.pipeline.reader_copy import Reader, copy_for
from newsletter.rendering.edition import Edition, Slot
from newsletter.rendering.html import encoded_size
from newsletter.rendering.lint import LintFinding
from newsletter.rendering.slots import fill
from newsletter.site.editions import complete_group, key_for
from newsletter.site.readers_hour import goes_out_to
from newsletter.site.recipients import recipients_of, selection_of
from newsletter.site.site import Site
from newsletter.store import editions as edition_store
from newsletter.store import issues as issue_store
from subscribers.audience import ReaderGroup, count_groups


@dataclass(frozen=True, kw_only=True, slots=True)
class ReaderView:
    """One reader's message; `size` is that of its encoded HTML in octets.

    `sharing` of all `readers` get this edition, which is one of `editions`. `sha256` is the hash of
    the HTML that this reader gets, with specimens instead of the personal links. `goes_out` is when
    they get it, None for an issue that is being sent, or was.
    """

    issue: Issue
    edition: Edition
    text: str
    size: int
    sha256: str
    findings: Sequence[LintFinding]
    sharing: int
    readers: int
    editions: int
    goes_out: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class AudienceSize:
    """How many readers an approved issue would reach, in how many editions.

    `selection` has the conditions that select them. `without` is the number of those selected for
    whom the issue has no section, and who get nothing.
    """

    readers: int
    editions: int
    selection: Selection
    without: int


def view_as_reader(
    site: Site,
    issue: Issue,
    reader: Reader,
    *,
    now: datetime,
    groups: Mapping[ReaderGroup, int],
) -> ReaderView:
    """The message that `reader` would get at `now`, of an audience of these groups.

    Raises as `copy_for` does.
    """
    copy = copy_for(site, issue, reader, now=now)
    readers = _readers_by_edition(site, issue, groups)
    html, edition = copy.html, copy.edition
    return ReaderView(
        issue=issue,
        edition=edition,
        text=copy.text,
        size=encoded_size(html),
        sha256=hashlib.sha256(html.encode()).hexdigest(),
        findings=lint_findings(site, issue, [edition]),
        sharing=readers[edition.key],
        readers=readers.total(),
        editions=len(readers),
        goes_out=goes_out_to(site, issue, copy.time_zone),
    )


def audience_size(site: Site, issue: Issue, groups: Mapping[ReaderGroup, int]) -> AudienceSize:
    """How many readers and editions the issue would have, with an audience of these groups."""
    keys = {group: key_for(site, issue, group) for group in groups}
    editions = {key_for(site, issue, complete_group(site, issue)), *keys.values()} - {None}
    without = sum(count for group, count in groups.items() if keys[group] is None)
    return AudienceSize(
        readers=sum(groups.values()) - without,
        editions=len(editions),
        selection=selection_of(site, issue),
        without=without,
    )


def selected_audience(site: Site, issue: Issue, *, now: datetime) -> AudienceSize | None:
    """How many it has at `now`; None if the whole list gets the whole issue, so that counting is not needed."""
    if selection_of(site, issue).is_everyone:
        return None
    with site.database.transaction(read_only=True) as connection:
        groups = count_groups(connection, recipients_of(site, issue)(now))
    return audience_size(site, issue, groups)


def _readers_by_edition(
    site: Site, issue: Issue, groups: Mapping[ReaderGroup, int]
) -> Counter[str]:
    """The number of readers by the key of their edition."""
    counts: Counter[str] = Counter()
    for group, count in groups.items():
        if key := key_for(site, issue, group):
            counts[key] += count
    return counts


def earlier_texts(site: Site, issue: Issue) -> dict[str, str]:
    """The texts to compare the issue with: as last approved, and of the issue last sent before it."""
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
    """The text without what differs by reader or issue: personal links and counted links."""
    nobody = {Slot.UNSUBSCRIBE: "…", Slot.PREFERENCES: "…", Slot.NAME: "…"}
    return fill(edition.uncounted.text, edition.nonce, nobody, escape=False)


def _complete(editions: Iterable[Edition]) -> Edition:
    """The edition with the most items: that of readers who follow every tag."""
    return max(editions, key=lambda edition: len(edition.item_keys))
