"""The public archive: published issues and the stories in them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from newsletter.articles.article import Tag
from newsletter.issues.correction import new_urls
from newsletter.issues.issue import State
from newsletter.issues.selection import Selection, selection_from_json
from newsletter.rendering.safe_text import web_link
from newsletter.store.corrections import replaced_links
from newsletter.store.tables import editions, issues, items

LISTED = frozenset({State.SENDING, State.SENT})
"""States in which an issue is on the public list; a stopped one only has its own page."""


_PUBLIC = issues.c.selection["public"].as_string()
is_public = sa.or_(issues.c.selection.is_(None), _PUBLIC != "")
"""An issue for a segment is not for everybody, nor one whose sections all have a condition."""

issues_with_public_edition = issues.outerjoin(
    editions, (editions.c.issue_id == issues.c.id) & (editions.c.key == _PUBLIC)
)
"""Each issue with the edition that everybody may see, whose subject names no other's article."""

public_subject = sa.func.coalesce(editions.c.subject, issues.c.subject).label("subject")


@dataclass(frozen=True, kw_only=True, slots=True)
class PublishedIssue:
    """A published issue, as a list shows it."""

    number: int
    subject: str
    preheader: str
    sent_at: datetime
    dated: datetime  # the day that the mail shows


@dataclass(frozen=True, kw_only=True, slots=True)
class ArchivedStory:
    """One item of a published issue, worded as readers saw it; `url` is where its link leads now.

    Its `section` may be for some readers only. What is `pinned` is for readers of all tags.
    """

    key: str
    title: str
    url: str
    summary: str
    tags: tuple[Tag, ...]
    section: str = ""
    pinned: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class SentIssue:
    """An issue that some readers got; `selection` says which."""

    number: int
    sent_at: datetime
    selection: Selection


def sent_issues(connection: sa.Connection, newsletter: str, *, limit: int) -> list[SentIssue]:
    """Up to `limit` issues, newest first, including those for some readers only."""
    rows = connection.execute(
        sa.select(issues.c.number, issues.c.send_started_at, issues.c.selection)
        .where(
            issues.c.newsletter == newsletter,
            issues.c.state.in_(LISTED),
            issues.c.send_started_at.is_not(None),
        )
        .order_by(issues.c.number.desc())
        .limit(limit)
    )
    return [
        SentIssue(
            number=row.number,
            sent_at=row.send_started_at,
            selection=selection_from_json(row.selection),
        )
        for row in rows
    ]


def published(
    connection: sa.Connection, newsletter: str, *, limit: int, before: int | None = None
) -> Sequence[PublishedIssue]:
    """Up to `limit` issues, newest first, of those with a number lower than `before`."""
    query = (
        sa.select(
            issues.c.number,
            public_subject,
            sa.func.coalesce(editions.c.preheader, issues.c.preheader).label("preheader"),
            issues.c.send_started_at,
            sa.func.coalesce(issues.c.send_at, issues.c.due, type_=issues.c.due.type).label(
                "dated"
            ),
        )
        .select_from(issues_with_public_edition)
        .where(
            is_public,
            issues.c.newsletter == newsletter,
            issues.c.state.in_(LISTED),
            issues.c.send_started_at.is_not(None),
        )
        .order_by(issues.c.number.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(issues.c.number < before)
    return [
        PublishedIssue(
            number=row.number,
            subject=row.subject,
            preheader=row.preheader,
            sent_at=row.send_started_at,
            dated=row.dated,
        )
        for row in connection.execute(query)
    ]


def stories_of(
    connection: sa.Connection, newsletter: str, numbers: Collection[int]
) -> Mapping[int, Sequence[ArchivedStory]]:
    """The stories that every reader saw, by the issue's number, in reading order."""
    rules = connection.execute(
        sa.select(issues.c.number, issues.c.selection).where(
            issues.c.newsletter == newsletter, issues.c.number.in_(numbers)
        )
    )
    for_some = {
        row.number: {rule.title for rule in selection_from_json(row.selection).rules}
        for row in rules
    }
    found = all_stories_of(connection, newsletter, numbers)
    return {
        number: [story for story in stories if story.section not in for_some.get(number, ())]
        for number, stories in found.items()
    }


def all_stories_of(
    connection: sa.Connection, newsletter: str, numbers: Collection[int]
) -> Mapping[int, Sequence[ArchivedStory]]:
    """The same with the stories of sections that only some readers saw."""
    # Single fields, because an article's body is long and a list does not need it.
    rows = connection.execute(
        sa.select(
            issues.c.number,
            items.c.article_key,
            items.c.section,
            items.c.pinned,
            items.c.overrides,
            items.c.article["title"].as_string().label("title"),
            items.c.article["summary"].as_string().label("summary"),
            items.c.article["url"].as_string().label("url"),
            items.c.article["tags"].label("tags"),
        )
        .join(issues, issues.c.id == items.c.issue_id)
        .where(
            issues.c.newsletter == newsletter,
            issues.c.number.in_(numbers),
            items.c.hidden.is_(False),
        )
        .order_by(issues.c.number, items.c.position)
    )
    replaced = replaced_links(connection, newsletter)
    found: dict[int, list[ArchivedStory]] = {number: [] for number in numbers}
    for row in rows:
        summary, link = row.overrides.get("summary"), web_link(row.url)
        moved = new_urls(replaced, {link: (row.article_key,)})
        found[row.number].append(
            ArchivedStory(
                title=row.overrides.get("title") or row.title,
                key=row.article_key,
                url=moved.get(link, row.url),
                summary=row.summary if summary is None else summary,
                tags=tuple(Tag(slug=tag["slug"], label=tag["label"]) for tag in row.tags),
                section=row.section,
                pinned=row.pinned,
            )
        )
    return found
