"""What readers suggested: kept, counted, blocked and forgotten."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from newsletter.articles.article import Article, Tag
from newsletter.errors import UnknownNameError
from newsletter.issues.issue import State
from newsletter.issues.suggestion import (
    MOST_TITLE,
    MOST_UNDECIDED,
    READ_AGAIN,
    READ_TRIES,
    UNDECIDED,
    SuggestedState,
    SuggestedStory,
    Suggestion,
    SuggestionWay,
)
from newsletter.store.articles import Glance, article_from_json, article_to_json
from newsletter.store.stories import all_keys, in_parts
from newsletter.store.suggestion_tables import suggested_stories, suggestions
from newsletter.store.tables import issues, items, used_keys
from subscribers.sql import insert_once

_OWN = (
    "id",
    "way",
    "is_proven",
    "name",
    "words",
    "suggested_at",
    "subscriber_id",
    "wants_answer",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class NewSuggestion:
    """A suggestion that is to be kept; `reader` is a keyed hash of who makes it."""

    newsletter: str
    url: str
    title: str
    reader: str
    way: SuggestionWay
    is_proven: bool
    name: str = ""
    words: str = ""
    subscriber_id: int | None = None
    wants_answer: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class TakenBy:
    """The issue that took a story, and when its send began."""

    id: int
    number: int
    state: State
    at: datetime


def add_suggestion(connection: sa.Connection, new: NewSuggestion, now: datetime) -> bool:
    """Keep the suggestion; False if the same reader has suggested that address before."""
    story = {"newsletter": new.newsletter, "url": new.url}
    insert_once(
        connection,
        suggested_stories,
        {
            **story,
            "key": "",
            "title": new.title[:MOST_TITLE],
            "source": "",
            "state": SuggestedState.WAITING.value,
            "problem": "",
            "tries": 0,
            "first_at": now,
            "due_at": now,
        },
    )
    number = connection.execute(sa.select(suggested_stories.c.id).filter_by(**story)).scalar_one()
    row = {
        "story_id": number,
        "reader": new.reader,
        "way": new.way.value,
        "is_proven": new.is_proven,
        "name": new.name,
        "words": new.words,
        "subscriber_id": new.subscriber_id,
        "wants_answer": new.wants_answer,
        "suggested_at": now,
    }
    return insert_once(connection, suggestions, row)


def is_full(connection: sa.Connection, newsletter: str) -> bool:
    """Whether as many stories wait for the newsletter's editors as are taken."""
    waiting = sa.select(sa.func.count()).where(
        suggested_stories.c.newsletter == newsletter,
        suggested_stories.c.state.in_([state.value for state in UNDECIDED]),
    )
    return (connection.scalar(waiting) or 0) >= MOST_UNDECIDED


def stories_of(
    connection: sa.Connection,
    newsletter: str,
    states: Collection[SuggestedState] = tuple(SuggestedState),
) -> list[SuggestedStory]:
    """The newsletter's suggested stories in these states, the oldest first."""
    return _stories(
        connection,
        suggested_stories.c.newsletter == newsletter,
        suggested_stories.c.state.in_([state.value for state in states]),
    )


def find_story(connection: sa.Connection, newsletter: str, number: int) -> SuggestedStory:
    """The newsletter's suggested story with this number. Raises UnknownNameError."""
    found = _stories(
        connection,
        suggested_stories.c.newsletter == newsletter,
        suggested_stories.c.id == number,
    )
    if not found:
        raise UnknownNameError(
            f"{newsletter} has no suggestion {number}",
            fix=f"`newsletter suggestions list {newsletter}` shows those there are",
        )
    return found[0]


def due_to_read(connection: sa.Connection, now: datetime, *, most: int) -> list[SuggestedStory]:
    """The stories whose pages are to be read now, of all newsletters, the oldest first."""
    due = sa.select(suggested_stories.c.id).where(suggested_stories.c.due_at <= now)
    chosen = due.order_by(suggested_stories.c.id).limit(most)
    return _stories(connection, suggested_stories.c.id.in_(chosen))


def note_read(
    connection: sa.Connection,
    number: int,
    *,
    article: Article,
    is_known: bool,
    state: SuggestedState,
    issue_id: int | None,
) -> None:
    """Note what the story's page has; the article is kept unless its story is known already."""
    _change(
        connection,
        number,
        key=article.key,
        title=article.title[:MOST_TITLE],
        source=article.source,
        article=None if is_known else article_to_json(article),
        state=state.value,
        issue_id=issue_id,
        problem="",
        due_at=None,
    )


def note_unread(connection: sa.Connection, number: int, problem: str, now: datetime) -> None:
    """Note that the page could not be read; after some tries it stays so."""
    tries = connection.execute(
        sa.select(suggested_stories.c.tries).where(suggested_stories.c.id == number)
    ).scalar_one()
    is_last = tries + 1 >= READ_TRIES
    state = SuggestedState.UNREADABLE if is_last else SuggestedState.WAITING
    _change(
        connection,
        number,
        tries=tries + 1,
        problem=problem[:MOST_TITLE],
        state=state.value,
        due_at=None if is_last else now + READ_AGAIN,
    )


def settle(
    connection: sa.Connection, numbers: Sequence[int], state: SuggestedState, issue_id: int | None
) -> int:
    """Put the undecided ones of these stories into a final state; returns how many."""
    changed = connection.execute(
        sa.update(suggested_stories)
        .where(
            suggested_stories.c.id.in_(numbers),
            suggested_stories.c.state.in_([one.value for one in UNDECIDED]),
        )
        .values(state=state.value, issue_id=issue_id, due_at=None)
    )
    return changed.rowcount


def suggested_articles(
    connection: sa.Connection, newsletter: str, keys: Iterable[str]
) -> dict[str, Article]:
    """The articles of suggested stories that no source has, as their pages have them, by their keys."""
    table, found = suggested_stories, {}
    for some in in_parts(set(keys)):
        rows = connection.execute(
            sa.select(table.c.key, table.c.article)
            .where(
                table.c.newsletter == newsletter,
                table.c.key.in_(some),
                table.c.article.is_not(None),
            )
            .order_by(table.c.id.desc())  # of two addresses of one story, the first counts
        )
        found.update({row.key: article_from_json(row.article) for row in rows})
    return found


def suggested_glances(
    connection: sa.Connection, newsletter: str, keys: Iterable[str]
) -> dict[str, Glance]:
    """What a list shows of these articles, without their text: strangers' pages may be long."""
    table, found = suggested_stories, {}
    for some in in_parts(set(keys)):
        rows = connection.execute(
            sa.select(
                table.c.key,
                table.c.article["tags"].label("tags"),
                table.c.article["image"].label("image"),
            )
            .where(
                table.c.newsletter == newsletter,
                table.c.key.in_(some),
                table.c.article.is_not(None),
            )
            .order_by(table.c.id.desc())
        )
        for row in rows:
            tags = tuple(Tag(**tag) for tag in row.tags)
            found[row.key] = Glance(tags=tags, picture=row.image["url"] if row.image else "")
    return found


def taken_by(connection: sa.Connection, newsletter: str, key: str) -> TakenBy | None:
    """The newsletter's last issue that took the story with this key, or one joined with it."""
    if not key:
        return None
    row = connection.execute(
        sa.select(issues.c.id, issues.c.number, issues.c.state, issues.c.send_started_at)
        .join(used_keys, used_keys.c.issue_id == issues.c.id)
        .where(
            used_keys.c.newsletter == newsletter,
            used_keys.c.article_key.in_(all_keys(connection, key)),
            issues.c.send_started_at.is_not(None),
        )
        .order_by(issues.c.number.desc())
        .limit(1)
    ).one_or_none()
    if row is None:
        return None
    return TakenBy(id=row.id, number=row.number, state=State(row.state), at=row.send_started_at)


def shown_title(connection: sa.Connection, issue: TakenBy, key: str) -> str:
    """The headline under which the issue had the story; "" if it is under another key."""
    row = connection.execute(
        sa.select(items.c.overrides, items.c.article["title"].as_string().label("title")).where(
            items.c.issue_id == issue.id,
            items.c.article_key.in_(all_keys(connection, key)),
            items.c.hidden.is_(False),
        )
    ).first()
    return "" if row is None else str(row.overrides.get("title") or row.title)


def _change(connection: sa.Connection, number: int, **values: object) -> None:
    """Change a story that is not decided meanwhile."""
    connection.execute(
        sa.update(suggested_stories)
        .where(
            suggested_stories.c.id == number,
            suggested_stories.c.state.in_([one.value for one in UNDECIDED]),
        )
        .values(**values)
    )


def _stories(
    connection: sa.Connection, *conditions: sa.ColumnElement[bool]
) -> list[SuggestedStory]:
    table = suggested_stories
    short = [column for column in table.c if column is not table.c.article]
    page = table.c.article["url"].as_string().label("page")
    rows = connection.execute(
        sa.select(*short, page, issues.c.number)
        .outerjoin(issues, issues.c.id == suggested_stories.c.issue_id)
        .where(*conditions)
        .order_by(suggested_stories.c.id)
    ).all()
    wanted = sa.select(suggested_stories.c.id).where(*conditions)
    by_story: dict[int, list[Suggestion]] = {}
    for row in connection.execute(
        sa.select(suggestions).where(suggestions.c.story_id.in_(wanted)).order_by(suggestions.c.id)
    ):
        own = {name: row._mapping[name] for name in _OWN}
        by_story.setdefault(row.story_id, []).append(
            Suggestion(**{**own, "way": SuggestionWay(row.way)})
        )
    return [
        SuggestedStory(
            id=row.id,
            newsletter=row.newsletter,
            url=row.url,
            key=row.key,
            title=row.title,
            source=row.source,
            state=SuggestedState(row.state),
            problem=row.problem,
            first_at=row.first_at,
            suggestions=tuple(by_story.get(row.id, ())),
            page=row.page or "",
            issue=f"{row.newsletter}/{row.number}" if row.number else "",
        )
        for row in rows
    ]
