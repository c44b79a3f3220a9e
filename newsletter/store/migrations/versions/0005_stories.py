"""One story, one identity: articles belong to sources and stories that outlive their addresses.

What newsletters used to know by key becomes stories. Every key stays valid: the keys of a story
that had several answer to the oldest.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

from newsletter.articles.identity.addresses import address_key, location_key, names_a_page
from newsletter.articles.tags import slug_of
from newsletter.store.stories import short_key
from subscribers.tables import Id, UtcDateTime

revision = "0005"
down_revision = "0004"

log = logging.getLogger("newsletter")

_before = sa.table(
    "articles",
    *map(sa.column, ("id", "newsletter", "location", "key", "url", "title", "source_id")),
    sa.column("story_id"),
    sa.column("first_seen", UtcDateTime),
)
_items = sa.table(
    "items",
    sa.column("issue_id"),
    sa.column("article_key"),
    sa.column("article", sa.JSON),
)
_used = sa.table("used_keys", sa.column("newsletter"), sa.column("article_key"))
_fetches = sa.table("fetches", sa.column("source"))
_left_out = sa.table("left_out", sa.column("key"), sa.column("url"), sa.column("title"))
_sources = sa.table(
    "sources", sa.column("id"), sa.column("location"), sa.column("first_seen", UtcDateTime)
)
_addresses = sa.table("source_addresses", sa.column("key"), sa.column("source_id"))
_stories = sa.table(
    "stories",
    *map(sa.column, ("id", "key", "joined_to")),
    sa.column("first_seen", UtcDateTime),
)
_story_keys = sa.table("story_keys", sa.column("key"), sa.column("story_id"))
_audit = sa.table("audit", sa.column("at", UtcDateTime), *map(sa.column, ("who", "what", "detail")))


class _Story:
    """Keys that mean one story; `told` has the titles by newsletter and source."""

    def __init__(self, key: str, first_seen: datetime) -> None:
        self.keys = [key]
        self.first_seen = first_seen
        self.told: dict[tuple[str, int], set[str]] = {}
        self.known_by: set[str] = set()


def upgrade() -> None:
    """Make the tables, number sources and stories, and tie the articles to them."""
    _create_tables()
    connection = op.get_bind()
    now = datetime.now(UTC)
    sources = _number_sources(connection, now)
    stories, rows = _collect(connection, sources, now)
    _join_all(connection, stories)
    numbers = _write(connection, stories)
    doubled = _tie(connection, rows, sources, numbers)
    _finish_articles()
    _say(connection, now, articles=len(rows), keys=len(stories), numbers=numbers, doubled=doubled)


def _create_tables() -> None:
    op.create_table(
        "sources",
        sa.Column("id", Id, nullable=False),
        sa.Column("location", sa.String(), nullable=False),
        sa.Column("first_seen", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sources")),
    )
    op.create_table(
        "source_addresses",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("source_id", Id, nullable=False),
        sa.ForeignKeyConstraint(
            ["source_id"], ["sources.id"], name=op.f("fk_source_addresses_source_id_sources")
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_source_addresses")),
    )
    op.create_index(op.f("ix_source_addresses_source_id"), "source_addresses", ["source_id"])
    op.create_table(
        "source_names",
        sa.Column("newsletter", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("source_id", Id, nullable=False),
        sa.ForeignKeyConstraint(
            ["source_id"], ["sources.id"], name=op.f("fk_source_names_source_id_sources")
        ),
        sa.PrimaryKeyConstraint("newsletter", "name", name=op.f("pk_source_names")),
    )
    op.create_table(
        "stories",
        sa.Column("id", Id, nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("first_seen", UtcDateTime(), nullable=False),
        sa.Column("joined_to", Id, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stories")),
        sa.UniqueConstraint("key", name=op.f("uq_stories_key")),
    )
    op.create_index(op.f("ix_stories_joined_to"), "stories", ["joined_to"])
    op.create_table(
        "story_keys",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("story_id", Id, nullable=False),
        sa.ForeignKeyConstraint(
            ["story_id"], ["stories.id"], name=op.f("fk_story_keys_story_id_stories")
        ),
        sa.PrimaryKeyConstraint("key", "story_id", name=op.f("pk_story_keys")),
    )
    op.create_index("ix_story_keys_story_id", "story_keys", ["story_id"])
    with op.batch_alter_table("fetches") as batch:
        batch.add_column(sa.Column("interval", sa.Integer(), nullable=True))
        batch.add_column(sa.Column("failures", sa.Integer(), nullable=False, server_default="0"))
        batch.add_column(sa.Column("next_look", UtcDateTime(), nullable=True))
    with op.batch_alter_table("fetches") as batch:
        batch.alter_column("failures", existing_type=sa.Integer(), server_default=None)
    with op.batch_alter_table("items") as batch:
        batch.add_column(sa.Column("follows", sa.JSON(), nullable=True))
    with op.batch_alter_table("articles") as batch:
        batch.add_column(sa.Column("source_id", Id, nullable=True))
        batch.add_column(sa.Column("story_id", Id, nullable=True))


def _number_sources(connection: sa.Connection, now: datetime) -> dict[str, int]:
    """The number of the source at each location; two spellings of a place are one source."""
    places = connection.execute(
        sa.union(sa.select(_before.c.location), sa.select(_fetches.c.source))
    ).scalars()
    numbers: dict[str, int] = {}
    by_key: dict[str, int] = {}
    for location in sorted(places):
        key = location_key(location)
        if key not in by_key:
            by_key[key] = len(by_key) + 1
            values = {"location": location, "first_seen": now}
            by_key[key] = connection.execute(
                sa.insert(_sources).values(values).returning(_sources.c.id)
            ).scalar_one()
        numbers[location] = by_key[key]
    _insert(connection, _addresses, ({"key": k, "source_id": n} for k, n in by_key.items()))
    return numbers


def _collect(
    connection: sa.Connection, sources: Mapping[str, int], now: datetime
) -> tuple[dict[str, _Story], Sequence[sa.Row[Any]]]:
    """Each key as a story of its own, with all it is known by; and the articles' rows, oldest first."""
    stories: dict[str, _Story] = {}
    rows = connection.execute(sa.select(_before).order_by(_before.c.first_seen, _before.c.id)).all()
    for row in rows:
        story = stories.setdefault(row.key, _Story(row.key, row.first_seen))
        place = (row.newsletter, sources[row.location])
        story.told.setdefault(place, set()).add(slug_of(row.title))
        story.known_by |= _known_by(row.url, row.title)
    for row in connection.execute(sa.select(_items.c.article_key, _items.c.article)):
        story = stories.setdefault(row.article_key, _Story(row.article_key, now))
        story.known_by |= _known_by(row.article["url"], row.article["title"])
    for row in connection.execute(sa.select(_left_out.c.key, _left_out.c.url, _left_out.c.title)):
        if row.key:
            story = stories.setdefault(row.key, _Story(row.key, now))
            story.known_by |= _known_by(row.url, row.title)
    for key in connection.execute(sa.select(_used.c.article_key).distinct()).scalars():
        story = stories.setdefault(key, _Story(key, now))
        story.known_by |= _known_by(key, "")
    return stories, rows


def _known_by(url: str, title: str) -> set[str]:
    address = address_key(url)
    keys = {short_key(f"address {address}")} if names_a_page(address) else set()
    if slug := slug_of(title):
        keys.add(short_key(f"title {slug}"))
    return keys


def _join_all(connection: sa.Connection, stories: dict[str, _Story]) -> None:
    """Join what issues told as one story, and what stands at one address."""
    for row in connection.execute(sa.select(_items.c.article_key, _items.c.article)):
        for key in row.article.get("merged_keys", ()):
            if key in stories:
                _join(stories, row.article_key, key)
    at: dict[str, str] = {}
    for key in list(stories):
        for address in sorted(stories[key].known_by):
            if address.startswith("address "):
                _join(stories, at.setdefault(address, key), key)


def _join(stories: dict[str, _Story], one: str, other: str) -> None:
    """Make the two one, unless a source tells them side by side under different titles."""
    first, second = stories[one], stories[other]
    if first is second:
        return
    for place, titles in second.told.items():
        if place in first.told and first.told[place] != titles:
            return
    if second.first_seen < first.first_seen:
        first, second = second, first
    first.keys += second.keys
    first.known_by |= second.known_by
    for place, titles in second.told.items():
        first.told.setdefault(place, set()).update(titles)
    for key in second.keys:
        stories[key] = first


def _write(connection: sa.Connection, stories: Mapping[str, _Story]) -> dict[str, int]:
    """The number of each key's story, after all were written."""
    distinct = {id(story): story for story in stories.values()}.values()
    order = sorted(distinct, key=lambda story: story.first_seen)
    numbers = {key: number for number, story in enumerate(order, 1) for key in story.keys}
    aliases = [
        {"id": len(order) + place, "key": key, "first_seen": story.first_seen, "joined_to": number}
        for place, (number, story, key) in enumerate(
            (
                (number, story, key)
                for number, story in enumerate(order, 1)
                for key in story.keys[1:]
            ),
            1,
        )
    ]
    _insert(
        connection,
        _stories,
        (
            {"id": number, "key": story.keys[0], "first_seen": story.first_seen, "joined_to": None}
            for number, story in enumerate(order, 1)
        ),
    )
    _insert(connection, _stories, aliases)
    _insert(
        connection,
        _story_keys,
        (
            {"key": key, "story_id": number}
            for number, story in enumerate(order, 1)
            for key in sorted(story.known_by)
        ),
    )
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(
            "SELECT setval(pg_get_serial_sequence('stories', 'id'),"
            " (SELECT coalesce(max(id), 1) FROM stories))"
        )
    return numbers


def _tie(
    connection: sa.Connection,
    rows: Sequence[sa.Row[Any]],
    sources: Mapping[str, int],
    numbers: Mapping[str, int],
) -> int:
    """Tie each article to its source and story; of two tellings by one source the newer stays.

    It keeps the moment at which the older was first seen. Returns how many were doubled.
    """
    kept: dict[tuple[str, int, int], sa.Row[Any]] = {}
    first: dict[tuple[str, int, int], datetime] = {}
    for row in rows:
        place = (row.newsletter, sources[row.location], numbers[row.key])
        first.setdefault(place, row.first_seen)
        kept[place] = row
    of_row = {row.id: place for place, row in kept.items()}
    gone = [{"gone": row.id} for row in rows if row.id not in of_row]
    if gone:
        connection.execute(sa.delete(_before).where(_before.c.id == sa.bindparam("gone")), gone)
    changes = [
        {"row": number, "source": place[1], "story": place[2], "seen": first[place]}
        for number, place in of_row.items()
    ]
    if changes:
        connection.execute(
            sa.update(_before)
            .where(_before.c.id == sa.bindparam("row"))
            .values(
                source_id=sa.bindparam("source"),
                story_id=sa.bindparam("story"),
                first_seen=sa.bindparam("seen", type_=UtcDateTime()),
            ),
            changes,
        )
    return len(gone)


def _finish_articles() -> None:
    with op.batch_alter_table("articles") as batch:
        batch.drop_constraint("uq_articles_newsletter", type_="unique")
        batch.drop_column("location")
        batch.drop_column("key")
        batch.add_column(sa.Column("entry_id", sa.String(), nullable=False, server_default=""))
        batch.add_column(sa.Column("dated", sa.Boolean(), nullable=False, server_default=sa.true()))
        batch.add_column(sa.Column("withdrawn_at", UtcDateTime(), nullable=True))
        batch.alter_column("source_id", existing_type=Id, nullable=False)
        batch.alter_column("story_id", existing_type=Id, nullable=False)
        batch.create_foreign_key(
            op.f("fk_articles_source_id_sources"), "sources", ["source_id"], ["id"]
        )
        batch.create_foreign_key(
            op.f("fk_articles_story_id_stories"), "stories", ["story_id"], ["id"]
        )
        batch.create_unique_constraint(
            "uq_articles_newsletter", ["newsletter", "source_id", "story_id"]
        )
    with op.batch_alter_table("articles") as batch:
        batch.alter_column("entry_id", existing_type=sa.String(), server_default=None)
        batch.alter_column("dated", existing_type=sa.Boolean(), server_default=None)
    op.create_index("ix_articles_story_id", "articles", ["story_id", "source_id"])


def _say(
    connection: sa.Connection,
    now: datetime,
    *,
    articles: int,
    keys: int,
    numbers: Mapping[str, int],
    doubled: int,
) -> None:
    """Write into the site's record, and the log, what became one."""
    if not keys:
        return
    stories = len(set(numbers.values()))
    said = (
        f"{articles} articles and past items are now {stories} stories; keys joined to another:"
        f" {keys - stories}; articles that a source told twice, and that are kept once: {doubled}"
    )
    connection.execute(
        sa.insert(_audit).values(at=now, who="newsletter", what="upgraded stories", detail=said)
    )
    log.info("%s", said)


def _insert(
    connection: sa.Connection, table: sa.TableClause, rows: Iterable[Mapping[str, Any]]
) -> None:
    if listed := list(rows):
        connection.execute(sa.insert(table), listed)
