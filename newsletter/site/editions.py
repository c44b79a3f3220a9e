"""Which editions an issue needs (one for each distinct set of items), and how they are rendered."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa

from newsletter.issues.issue import OPEN_STATES, Issue, Item, State
from newsletter.issues.personalise import items_for, items_seen
from newsletter.rendering.counted_links import Counting
from newsletter.rendering.edition import Edition, edition_key
from newsletter.rendering.render_edition import render_edition
from newsletter.rendering.subject import render_subject
from newsletter.rendering.theme import Theme
from newsletter.site.recipients import recipients_of, selection_of
from newsletter.site.site import Site
from newsletter.store import editions as edition_store
from subscribers.audience import ReaderGroup, count_groups, parse_follows


def key_for(site: Site, issue: Issue, group: ReaderGroup) -> str | None:
    """The key of the edition for these readers; None if the issue has no item for them."""
    items = _items_for(site, issue, group)
    return edition_key(item.article.key for item in items) if items else None


def render_for(site: Site, issue: Issue, group: ReaderGroup) -> Edition:
    """The edition for these readers."""
    return _render(site, site.theme(issue.newsletter), issue, _items_for(site, issue, group))


def complete_group(site: Site, issue: Issue) -> ReaderGroup:
    """The readers who get every item: they follow every tag and see every section."""
    return ReaderGroup("", selection_of(site, issue).sees_everything)


def public_group(site: Site, issue: Issue) -> ReaderGroup:
    """The readers who follow every tag, and see only the sections that are for everybody."""
    return ReaderGroup("", selection_of(site, issue).sees_least)


def fitting_key(site: Site, issue: Issue, keys: Collection[str], group: ReaderGroup) -> str | None:
    """Which of the editions with these keys the group gets; None if none has only what it may see.

    A group that was unknown at the approval gets all tags of what it may see, or else what
    everybody may see, because no edition is rendered after the approval.
    """
    for fitting in (group, ReaderGroup("", group.sees), public_group(site, issue)):
        key = key_for(site, issue, fitting)
        if key in keys:
            return key
    return None


def groups_of(
    site: Site, connection: sa.Connection, issue: Issue, now: datetime
) -> tuple[ReaderGroup, ...]:
    """The groups of the audience, those who get every item first; then those who see the least.

    Both are there even without readers: one is what editors look at, the other fits everybody.
    """
    first = (complete_group(site, issue), public_group(site, issue))
    if site.newsletter(issue.newsletter).personalise == "none" and not first[0].sees:
        return first[:1]
    found = count_groups(connection, recipients_of(site, issue)(now))
    return tuple(dict.fromkeys([*first, *sorted(found)]))


def render_all(site: Site, issue: Issue, groups: Sequence[ReaderGroup]) -> tuple[Edition, ...]:
    """Every edition that these groups need, that of the first group first.

    A group that the issue has no item for gets none.
    """
    sets: dict[str, Sequence[Item]] = {}
    for group in groups:
        items = _items_for(site, issue, group)
        if items or group == groups[0]:
            sets.setdefault(edition_key(item.article.key for item in items), items)
    theme = site.theme(issue.newsletter)
    return tuple(_render(site, theme, issue, items) for items in sets.values())


def current_editions(
    site: Site, issue: Issue, groups: Sequence[ReaderGroup]
) -> tuple[Edition, ...]:
    """The frozen editions of an approved issue; an open issue's editions are rendered now."""
    if issue.state in OPEN_STATES - {State.APPROVED} or issue.state is State.SKIPPED:
        return render_all(site, issue, groups)
    with site.database.transaction(read_only=True) as connection:
        return tuple(edition_store.frozen_editions(connection, issue).values())


def subject_of(site: Site, slug: str, number: int, items: Sequence[Item]) -> str:
    """The subject line for these items, rendered from the newsletter's template."""
    newsletter = site.newsletter(slug)
    if not items:  # a subject template that names the lead article would fail
        return newsletter.title
    return render_subject(
        newsletter.subject,
        masthead=site.masthead(slug),
        number=number,
        items=items,
        field=f"newsletters.{slug}.subject",
    )


def preheader_of(items: Sequence[Item]) -> str:
    """What the inbox shows after the subject: the headlines that follow the lead's."""
    return " · ".join(item.title for item in items[1:4])


def frozen_hash(editions: Iterable[Edition]) -> str:
    """One hash over all editions, as frozen by an approval."""
    return hashlib.sha256("".join(edition.sha256 for edition in editions).encode()).hexdigest()


def _items_for(site: Site, issue: Issue, group: ReaderGroup) -> Sequence[Item]:
    seen = items_seen(issue.shown_items, selection_of(site, issue), group.sees)
    if site.newsletter(issue.newsletter).personalise == "none":
        return seen
    return items_for(seen, parse_follows(group.follows))


def _render(site: Site, theme: Theme, issue: Issue, items: Sequence[Item]) -> Edition:
    key = edition_key(item.article.key for item in items)
    if tuple(items) != issue.shown_items:
        # The issue's own subject may name an article that these readers do not get.
        issue = replace(
            issue,
            subject=issue.words.subject or subject_of(site, issue.newsletter, issue.number, items),
            preheader=preheader_of(items) if issue.words.preheader is None else issue.preheader,
        )
    masthead = site.masthead(issue.newsletter)
    web_url = site.edition_addresses.address(issue.newsletter, issue.number, key)
    return render_edition(
        issue,
        items,
        masthead=masthead,
        theme=theme,
        # The site's secret keeps an article from forging a slot; the issue's name makes the
        # same issue render to the same bytes every time.
        nonce=site.keyed(f"slots {issue.name}")[:16],
        web_url=web_url,
        counting=_counting(site, issue, uncounted=(masthead.site_url, masthead.join_url, web_url)),
    )


def _counting(site: Site, issue: Issue, *, uncounted: tuple[str, ...]) -> Counting | None:
    if not site.newsletter(issue.newsletter).count_clicks:
        return None
    return Counting(
        base=f"{site.settings.site.url}/c",
        key=site.keyed(f"clicks {issue.name}"),
        uncounted=uncounted,
    )
