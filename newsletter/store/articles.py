"""Articles as they were gathered, one row per newsletter, source and story."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from newsletter.articles import provenance
from newsletter.articles.article import Article, Coverage, Enclosure, Image, Tag
from newsletter.articles.pace import CheckResult
from newsletter.store.stories import joined_keys, lock_stories, stories_of
from newsletter.store.tables import articles, stories
from subscribers.sql import insert_once

_COLUMNS = (
    "url",
    "title",
    "source",
    "published",
    "dated",
    "summary",
    "body_html",
    "body_text",
    "author",
    "agency",
    "entry_id",
    "language",
    "words",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Glance:
    """What a list shows of an article beside its title; `picture` is a URL."""

    tags: tuple[Tag, ...] = ()
    picture: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class StoryVersion:
    """The article of one source about a story; its key is the story's.

    `source_number` is the number of the source. `withdrawn` says that the source no longer has it,
    `backlog` that it has no date and was in its feed when that was first read.
    """

    article: Article
    first_seen: datetime
    source_number: int
    withdrawn: bool
    backlog: bool = False


def article_to_json(article: Article) -> dict[str, Any]:
    """The article as plain data, as an issue's item keeps it, without what only gathering needs."""
    data = asdict(article)
    del data["provenance"], data["other_images"]
    return {**data, "published": article.published.isoformat()}


def article_from_json(data: Mapping[str, Any]) -> Article:
    """The article that `article_to_json` wrote."""
    image, enclosure = data["image"], data.get("enclosure")
    # Items that an older version of the program drafted lack the newer fields of an article.
    return Article(
        **{
            **data,
            "published": datetime.fromisoformat(data["published"]),
            "tags": tuple(Tag(**tag) for tag in data["tags"]),
            "image": Image(**image) if image else None,
            "enclosure": Enclosure(**enclosure) if enclosure else None,
            "also": tuple(Coverage(**coverage) for coverage in data["also"]),
            "merged_keys": tuple(data["merged_keys"]),
        }
    )


def save_articles(
    connection: sa.Connection,
    newsletter: str,
    source: int,
    found: Sequence[Article],
    now: datetime,
    *,
    first_look: bool = False,
    is_whole: bool = True,
) -> CheckResult:
    """Insert the new articles of the source and update the known ones.

    `first_seen` stays, except that what comes back after its source had withdrawn it counts as
    seen anew: an issue that closed in between did not have it.
    If `found` `is_whole`, it is all that the source shows now, and what is missing is withdrawn.
    What has no date at the `first_look` at a feed may be of any age, and is marked as its backlog.
    Returns what the check showed.
    """
    from newsletter.articles.identity.withdrawal import withdrawn  # see stories.py

    if not found:
        return CheckResult.SAME
    lock_stories(connection)
    numbers = stories_of(connection, newsletter, source, found, now)
    here = (articles.c.newsletter == newsletter) & (articles.c.source_id == source)
    had_any = has_articles(connection, newsletter, source)
    known = _rows_of(connection, here, numbers)
    new = []
    for story, article in zip(numbers, found, strict=True):
        values = _row_of(article)
        if story not in known:
            origin = {"newsletter": newsletter, "source_id": source, "story_id": story}
            backlog = first_look and not had_any and not article.dated
            new.append({**values, **origin, "first_seen": now, "backlog": backlog})
            continue
        if not article.dated:
            # It counts as published when it was first seen, or on the date that its source once gave.
            del values["published"], values["dated"], values["backlog"]
        row, was_withdrawn = known[story]
        if was_withdrawn:
            values["first_seen"] = now
        connection.execute(sa.update(articles).where(articles.c.id == row).values(values))
    if new:
        connection.execute(sa.insert(articles), new)
    if is_whole:
        missing = _missing(connection, here, since=min(article.published for article in found))
        for story in numbers:
            missing.pop(story, None)
        gone = withdrawn(found, missing, newcomers=bool(new))
        _mark_withdrawn(connection, here, gone, now)
    if len(new) == len(found) > 1 and had_any:
        return CheckResult.REPLACED
    return CheckResult.NEW if new else CheckResult.SAME


def has_articles(connection: sa.Connection, newsletter: str, source: int) -> bool:
    """Whether the source has ever shown an article."""
    here = (articles.c.newsletter == newsletter) & (articles.c.source_id == source)
    return connection.execute(sa.select(articles.c.id).where(here).limit(1)).first() is not None


def _rows_of(
    connection: sa.Connection, here: sa.ColumnElement[bool], numbers: Sequence[int]
) -> dict[int, tuple[int, bool]]:
    """The rows of the source's articles about these stories, and whether it had withdrawn them."""
    rows = connection.execute(
        sa.select(articles.c.story_id, articles.c.id, articles.c.withdrawn_at).where(
            here, articles.c.story_id.in_(numbers)
        )
    )
    return {row.story_id: (row.id, row.withdrawn_at is not None) for row in rows}


def _row_of(article: Article) -> dict[str, Any]:
    values = {name: getattr(article, name) for name in _COLUMNS}
    values["tags"] = [asdict(tag) for tag in article.tags]
    values["image"] = asdict(article.image) if article.image else None
    values["enclosure"] = asdict(article.enclosure) if article.enclosure else None
    values["provenance"] = provenance.to_json(article.provenance)
    return {**values, "withdrawn_at": None, "backlog": False}


def withdraw_others(
    connection: sa.Connection,
    newsletter: str,
    source: int,
    found: Sequence[Article],
    now: datetime,
) -> None:
    """Mark all other articles of the source as withdrawn; `found` is all that it has now."""
    here = (articles.c.newsletter == newsletter) & (articles.c.source_id == source)
    urls = {(article.url, article.title) for article in found}
    rows = connection.execute(
        sa.select(articles.c.story_id, articles.c.url, articles.c.title).where(here)
    )
    gone = frozenset(row.story_id for row in rows if (row.url, row.title) not in urls)
    _mark_withdrawn(connection, here, gone, now)


def _missing(
    connection: sa.Connection, here: sa.ColumnElement[bool], *, since: datetime
) -> dict[int, datetime]:
    rows = connection.execute(
        sa.select(articles.c.story_id, articles.c.published).where(
            here, articles.c.published > since, articles.c.withdrawn_at.is_(None)
        )
    )
    return {row.story_id: row.published for row in rows}


def _mark_withdrawn(
    connection: sa.Connection, here: sa.ColumnElement[bool], gone: frozenset[int], now: datetime
) -> None:
    if gone:
        connection.execute(
            sa.update(articles)
            .where(here, articles.c.story_id.in_(sorted(gone)), articles.c.withdrawn_at.is_(None))
            .values(withdrawn_at=now)
        )


def load_versions(
    connection: sa.Connection, newsletter: str, *, since: datetime, sources: frozenset[int]
) -> list[StoryVersion]:
    """The versions of these sources that were published, or first seen, at `since` or later."""
    joined = joined_keys(connection)
    rows = connection.execute(
        sa.select(articles, stories.c.key)
        .join(stories, stories.c.id == articles.c.story_id)
        .where(articles.c.newsletter == newsletter, articles.c.source_id.in_(sorted(sources)))
        .where((articles.c.published >= since) | (articles.c.first_seen >= since))
        .order_by(articles.c.published.desc(), articles.c.id)
    )
    return [
        StoryVersion(
            article=_article(row, joined.get(row.story_id, ())),
            first_seen=row.first_seen,
            source_number=row.source_id,
            withdrawn=row.withdrawn_at is not None,
            backlog=row.backlog,
        )
        for row in rows
    ]


def add_versions(
    connection: sa.Connection, newsletter: str, versions: Sequence[StoryVersion]
) -> None:
    """Insert these versions as they are, each as a version of the story that has its key."""
    for version in versions:
        key = version.article.key
        story = connection.scalar(sa.select(stories.c.id).where(stories.c.key == key))
        if story is None:
            story = connection.execute(
                sa.insert(stories)
                .values(key=key, first_seen=version.first_seen)
                .returning(stories.c.id)
            ).scalar_one()
        where = {
            "newsletter": newsletter,
            "source_id": version.source_number,
            "story_id": story,
            "first_seen": version.first_seen,
        }
        insert_once(connection, articles, {**_row_of(version.article), **where})


def checked_images(
    connection: sa.Connection, newsletter: str, *, since: datetime
) -> dict[str, Image]:
    """The pictures of articles seen at `since` or later that were fetched and answered, by address."""
    rows = connection.execute(
        sa.select(articles.c.image).where(
            articles.c.newsletter == newsletter,
            articles.c.first_seen >= since,
            articles.c.image.is_not(None),
        )
    ).scalars()
    images = (Image(**image) for image in rows if image)
    return {image.url: image for image in images if image.answers}


def load_story(connection: sa.Connection, newsletter: str, key: str) -> list[Article]:
    """Every version of the story that has, or had, this key."""
    number = (
        sa.select(sa.func.coalesce(stories.c.joined_to, stories.c.id))
        .where(stories.c.key == key)
        .scalar_subquery()
    )
    joined = joined_keys(connection)
    rows = connection.execute(
        sa.select(articles, stories.c.key)
        .join(stories, stories.c.id == articles.c.story_id)
        .where(articles.c.newsletter == newsletter, articles.c.story_id == number)
        .order_by(articles.c.id)
    )
    return [_article(row, joined.get(row.story_id, ())) for row in rows]


def glances(connection: sa.Connection, newsletter: str, keys: Iterable[str]) -> dict[str, Glance]:
    """The tags and picture of each story with one of these keys, as its newest version has them."""
    found: dict[str, Glance] = {}
    wanted = sorted({key for key in keys if key})
    for start in range(0, len(wanted), 500):
        some = wanted[start : start + 500]
        rows = connection.execute(
            sa.select(stories.c.key, articles.c.tags, articles.c.image)
            .join(stories, stories.c.id == articles.c.story_id)
            .where(articles.c.newsletter == newsletter, stories.c.key.in_(some))
            .order_by(articles.c.id)
        )
        for row in rows:
            picture = row.image["url"] if row.image else ""
            found[row.key] = Glance(tags=tuple(Tag(**tag) for tag in row.tags), picture=picture)
    return found


def _article(row: sa.Row[Any], joined: tuple[str, ...]) -> Article:
    return Article(
        **{name: getattr(row, name) for name in _COLUMNS},
        key=row.key,
        merged_keys=joined,
        tags=tuple(Tag(**tag) for tag in row.tags),
        image=Image(**row.image) if row.image else None,
        enclosure=Enclosure(**row.enclosure) if row.enclosure else None,
        provenance=provenance.from_json(row.provenance or ()),
    )
