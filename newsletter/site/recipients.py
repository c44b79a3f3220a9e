"""Who gets a newsletter: the readers of its list, in its segment, divided by frequency if it has a
digest.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

import sqlalchemy as sa

from newsletter.issues.issue import FROZEN_STATES, Issue
from newsletter.issues.selection import SectionRule, Selection
from newsletter.site.site import Site
from subscribers import tables
from subscribers.audience import ReaderGroup, audience, sees
from subscribers.subscriber import Frequency


def recipients_of(site: Site, issue: Issue) -> Callable[[datetime], sa.Select[Any]]:
    """The query of the issue's recipients at a moment: the only source of addresses to mail.

    An approved issue goes to those whom its approval selects, whatever the configuration says now.
    """
    return partial(_recipients, site, issue.newsletter, selection_of(site, issue))


def readers_of(site: Site, slug: str) -> Callable[[datetime], sa.Select[Any]]:
    """The query of the readers whom the newsletter would be sent to, as it is configured."""
    return partial(_recipients, site, slug, configured_selection(site, slug))


def still_subscribed(site: Site, slug: str, now: datetime) -> sa.Select[Any]:
    """The query of everyone whom mail about an earlier issue of the newsletter may go to.

    Whatever their frequency is and whatever segment the newsletter has now, they got the issue.
    Nobody if the site has no such newsletter any more.
    """
    newsletter = site.settings.newsletters.get(slug)
    return audience(newsletter.list if newsletter else "", now)


def selection_of(site: Site, issue: Issue) -> Selection:
    """The selection that the issue's approval froze, or else the configured one."""
    if issue.state in FROZEN_STATES:
        return issue.selection
    return configured_selection(site, issue.newsletter)


def configured_selection(site: Site, slug: str) -> Selection:
    """The selection of readers as newsletter.toml states it."""
    newsletter = site.newsletter(slug)
    return Selection(
        segment=newsletter.segment or "",
        rules=tuple(
            SectionRule(title=section.title, only=section.only)
            for section in newsletter.sections
            if section.only
        ),
    )


def group_of(
    site: Site, connection: sa.Connection, issue: Issue, subscriber_id: int, now: datetime
) -> ReaderGroup:
    """The group that one subscriber of the list belongs to; that of strangers for anybody else."""
    selection = replace(selection_of(site, issue), segment="")
    found = selected_group(site, connection, issue.newsletter, selection, subscriber_id, now)
    return found or ReaderGroup("", selection.sees_least)


def selected_group(
    site: Site,
    connection: sa.Connection,
    slug: str,
    selection: Selection,
    subscriber_id: int,
    now: datetime,
) -> ReaderGroup | None:
    """The group that one subscriber of the list belongs to, if this selection selects them."""
    people, subscriptions, lists = tables.subscribers, tables.subscriptions, tables.lists
    segment = [selection.segment] if selection.segment else []
    row = connection.execute(
        sa.select(people.c.follows, sees(_parts(site, slug, selection, now)))
        .select_from(
            people.join(subscriptions, subscriptions.c.subscriber_id == people.c.id).join(
                lists, lists.c.id == subscriptions.c.list_id
            )
        )
        .where(
            people.c.id == subscriber_id,
            lists.c.slug == site.newsletter(slug).list,
            *_compiled(site, slug, segment, selection.at or now),
        )
    ).one_or_none()
    return ReaderGroup(*row) if row else None


def frequency_of(site: Site, slug: str) -> Frequency | None:
    """The frequency of the readers whom the newsletter serves; None for all readers of the list.

    If there is no digest, a reader who once chose monthly gets every issue, so that nobody is
    left out.
    """
    newsletters = site.settings.newsletters
    if newsletters[slug].digest_of is not None:
        return Frequency.MONTHLY
    has_digest = any(other.digest_of == slug for other in newsletters.values())
    return Frequency.WEEKLY if has_digest else None


def _recipients(site: Site, slug: str, selection: Selection, now: datetime) -> sa.Select[Any]:
    segment = [selection.segment] if selection.segment else []
    return audience(
        site.newsletter(slug).list,
        now,
        frequency=frequency_of(site, slug),
        segment=_compiled(site, slug, segment, selection.at or now),
        parts=_parts(site, slug, selection, now),
    )


def _parts(
    site: Site, slug: str, selection: Selection, now: datetime
) -> list[sa.ColumnElement[bool]]:
    return _compiled(site, slug, [rule.only for rule in selection.rules], selection.at or now)


def _compiled(
    site: Site, slug: str, texts: Sequence[str], now: datetime
) -> list[sa.ColumnElement[bool]]:
    """The SQL conditions of these texts; "within" counts from `now`."""
    if not texts:
        return []
    from newsletter.site.segments import meanings_of  # only needed by sites with segments
    from subscribers.segments.compile import compile_condition
    from subscribers.segments.parse import parse_segment

    meanings = meanings_of(site, slug, now)
    return [compile_condition(parse_segment(text), meanings) for text in texts]
