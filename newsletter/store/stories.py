"""Stories, which are found by all ids, addresses and titles that they ever had."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

import sqlalchemy as sa

from newsletter.articles.article import Article
from newsletter.store.tables import articles, stories, story_keys
from subscribers.sql import insert_or_nothing

# Comparing stories is imported when articles are saved: `status` starts without it.
if TYPE_CHECKING:
    from newsletter.articles.identity.entries import Sighting

T = TypeVar("T", int, str, datetime)

LONGEST_KEY = 300
"""In characters; a longer id or address is stored as its hash."""
AT_ONCE = 500
"""The number of values in one IN list."""


def lock_stories(connection: sa.Connection) -> None:
    """Keep others from creating or joining stories until the transaction ends; they may read."""
    if connection.dialect.name == "postgresql":  # SQLite has one writer
        connection.exec_driver_sql("LOCK TABLE stories IN SHARE ROW EXCLUSIVE MODE")


def stories_of(
    connection: sa.Connection,
    newsletter: str,
    source: int,
    found: Sequence[Article],
    now: datetime,
) -> list[int]:
    """The number of the story of each entry, created if it is new; no two entries share one.

    An entry is first looked up within its source. A new entry may belong to a story that another
    source has at the same address, or under the same global id.
    """
    from newsletter.articles.identity.entries import Sighting, match_entries

    shown = [Sighting.of(article) for article in found]
    keys = [keys_of(source, sighting) for sighting in shown]
    # An entry whose id, address and title were all corrected is still found by its date.
    moments = {sighting.published for sighting in shown if sighting.to_the_minute}
    wanted = [
        *(
            articles.c.story_id.in_(
                sa.select(story_keys.c.story_id).where(story_keys.c.key.in_(some))
            )
            for some in in_parts({key for several in keys for key in several})
        ),
        *(
            (articles.c.newsletter == newsletter) & articles.c.published.in_(some)
            for some in in_parts(moments)
        ),
    ]
    known = _known(connection, source, wanted)
    matches = match_entries(shown, [sighting for _story, sighting in known])
    numbers = [None if match is None else known[match][0] for match in matches]
    new = [index for index, number in enumerate(numbers) if number is None]
    at_address, by_id = _at_other_sources(connection, source, [shown[index] for index in new])
    used = {number for number in numbers if number is not None}
    for index in new:
        number = at_address.get(_address_key(shown[index])) or by_id.get(_global_key(shown[index]))
        if number is None or number in used:
            number = _create(connection, found[index], now)
        used.add(number)
        numbers[index] = number
    settled = [number for number in numbers if number is not None]
    _add_keys(connection, zip(settled, keys, strict=True))
    return settled


def story_of_page(connection: sa.Connection, article: Article, now: datetime) -> str:
    """The key of the story at the article's address, which is created if there is none."""
    from newsletter.articles.identity.entries import Sighting

    number = _only_story_at(connection, article.url)
    if number is None:
        number = _create(connection, article, now)
        _add_keys(connection, [(number, _site_keys(Sighting.of(article)))])
    return _key_of(connection, number)


def story_at(connection: sa.Connection, url: str) -> str:
    """The key of the one story that is known at this address; "" if there is none."""
    number = _only_story_at(connection, url)
    return "" if number is None else _key_of(connection, number)


def all_keys(connection: sa.Connection, key: str) -> frozenset[str]:
    """This key of a story and those of the stories that are joined with it."""
    number = sa.func.coalesce(stories.c.joined_to, stories.c.id)
    own = sa.select(number).where(stories.c.key == key).scalar_subquery()
    return frozenset((key, *connection.scalars(sa.select(stories.c.key).where(number == own))))


def keys_of(source: int, sighting: Sighting) -> tuple[str, ...]:
    """All keys by which the entry can be found; most ids are unique only in their source."""
    own = short_key(f"id {source} {sighting.id}") if sighting.id else ""
    number = short_key(f"number {source} {sighting.number}") if sighting.number else ""
    return tuple(key for key in (own, number, _global_key(sighting), *_site_keys(sighting)) if key)


def joined_keys(connection: sa.Connection) -> dict[int, tuple[str, ...]]:
    """The keys of the stories that were joined to each story, by its number."""
    rows = connection.execute(
        sa.select(stories.c.joined_to, stories.c.key)
        .where(stories.c.joined_to.is_not(None))
        .order_by(stories.c.id)
    )
    found: dict[int, list[str]] = {}
    for row in rows:
        found.setdefault(row.joined_to, []).append(row.key)
    return {number: tuple(keys) for number, keys in found.items()}


def join_stories(connection: sa.Connection, keys: Iterable[str]) -> None:
    """Join the stories of these keys: the oldest gets the versions and keys of the others.

    Stories that one source of any newsletter has as two entries are not joined.
    """
    rows = connection.execute(
        sa.select(stories.c.id, stories.c.joined_to).where(stories.c.key.in_(list(keys)))
    )
    first, *others = sorted({row.joined_to or row.id for row in rows}) or [0]
    for other in others:
        if not _are_separate(connection, first, other):
            _join(connection, first, other)


def _known(
    connection: sa.Connection, source: int, wanted: Iterable[sa.ColumnElement[bool]]
) -> list[tuple[int, Sighting]]:
    """The entries of the source that meet any of these conditions, as it last showed them."""
    found: dict[int, Sighting] = {}
    for condition in wanted:
        rows = connection.execute(
            _sightings().where(articles.c.source_id == source, condition).order_by(articles.c.id)
        )
        for row in rows:
            found[row.story_id] = _sighting(row)
    return sorted(found.items(), key=lambda pair: pair[0])


def _sightings() -> sa.Select[tuple[int, str, str, str, datetime, bool, str]]:
    return sa.select(
        articles.c.story_id,
        articles.c.entry_id,
        articles.c.url,
        articles.c.title,
        articles.c.published,
        articles.c.dated,
        articles.c.summary,
    )


def _sighting(row: sa.Row[tuple[int, str, str, str, datetime, bool, str]]) -> Sighting:
    from newsletter.articles.identity.entries import Sighting

    return Sighting.known_as(
        row.entry_id,
        url=row.url,
        title=row.title,
        published=row.published,
        dated=row.dated,
        opening=row.summary,
    )


def _at_other_sources(
    connection: sa.Connection, source: int, new: Sequence[Sighting]
) -> tuple[dict[str, int], dict[str, int]]:
    """The only story that other sources have at each address, and the one under each global id."""
    from newsletter.articles.identity.entries import same_across_sources

    at_address = _only_stories(connection, source, [_address_key(sighting) for sighting in new])
    by_id = _only_stories(connection, source, [_global_key(sighting) for sighting in new])
    versions = _versions(connection, set(by_id.values()))
    for sighting in new:
        key = _global_key(sighting)
        there = [
            version
            for version in versions.get(by_id.get(key, 0), [])
            if version.global_id == sighting.global_id
        ]
        if not any(same_across_sources(sighting, version) for version in there):
            by_id.pop(key, None)
    return at_address, by_id


def _only_stories(connection: sa.Connection, source: int, keys: Sequence[str]) -> dict[str, int]:
    """The story of each key that only one of the keys and one story has, none of them of `source`."""
    counts = Counter(keys)
    found = _stories_by_key(connection, {key for key, n in counts.items() if key and n == 1})
    single = {key: next(iter(numbers)) for key, numbers in found.items() if len(numbers) == 1}
    here = {
        number
        for some in in_parts(single.values())
        for number in connection.execute(
            sa.select(articles.c.story_id).where(
                articles.c.source_id == source, articles.c.story_id.in_(some)
            )
        ).scalars()
    }
    return {key: number for key, number in single.items() if number not in here}


def _versions(connection: sa.Connection, numbers: set[int]) -> dict[int, list[Sighting]]:
    """The versions of each story, from all sources."""
    found: dict[int, list[Sighting]] = {}
    for some in in_parts(numbers):
        for row in connection.execute(_sightings().where(articles.c.story_id.in_(some))):
            found.setdefault(row.story_id, []).append(_sighting(row))
    return found


def _stories_by_key(connection: sa.Connection, keys: set[str]) -> dict[str, set[int]]:
    found: dict[str, set[int]] = {}
    for some in in_parts(keys):
        for row in connection.execute(sa.select(story_keys).where(story_keys.c.key.in_(some))):
            found.setdefault(row.key, set()).add(row.story_id)
    return found


def _only_story_at(connection: sa.Connection, url: str) -> int | None:
    """The number of the story at the address, unless it is a front page or several share it."""
    from newsletter.articles.identity.addresses import address_key, names_a_page

    address = address_key(url)
    if not names_a_page(address):
        return None
    key = short_key(f"address {address}")
    numbers = _stories_by_key(connection, {key}).get(key, set())
    return next(iter(numbers)) if len(numbers) == 1 else None


def _key_of(connection: sa.Connection, number: int) -> str:
    key: str = connection.execute(
        sa.select(stories.c.key).where(stories.c.id == number)
    ).scalar_one()
    return key


def _create(connection: sa.Connection, article: Article, now: datetime) -> int:
    """Create a story; its key is that of the article, or a hash if another story has that key."""
    key, tries = article.key, 0
    while True:
        number: int | None = connection.execute(
            insert_or_nothing(connection, stories)
            .values(key=key, first_seen=now)
            .returning(stories.c.id)
        ).scalar_one_or_none()
        if number is not None:
            return number
        tries += 1
        key = _hashed(article.key, article.entry_id, article.title, str(tries))


def _add_keys(connection: sa.Connection, pairs: Iterable[tuple[int, Iterable[str]]]) -> None:
    rows = [{"key": key, "story_id": number} for number, keys in pairs for key in keys]
    if rows:
        connection.execute(insert_or_nothing(connection, story_keys), rows)


def _are_separate(connection: sa.Connection, one: int, other: int) -> bool:
    """Whether a source of a newsletter has both stories as separate entries."""
    again = articles.alias()
    both = sa.select(sa.literal(1)).where(
        articles.c.story_id == one,
        again.c.story_id == other,
        articles.c.newsletter == again.c.newsletter,
        articles.c.source_id == again.c.source_id,
    )
    return connection.execute(both.limit(1)).first() is not None


def _join(connection: sa.Connection, into: int, other: int) -> None:
    keys = connection.execute(
        sa.select(story_keys.c.key).where(story_keys.c.story_id == other)
    ).scalars()
    _add_keys(connection, [(into, list(keys))])
    connection.execute(sa.delete(story_keys).where(story_keys.c.story_id == other))
    connection.execute(
        sa.update(articles).where(articles.c.story_id == other).values(story_id=into)
    )
    connection.execute(
        sa.update(stories)
        .where((stories.c.id == other) | (stories.c.joined_to == other))
        .values(joined_to=into)
    )


def _site_keys(sighting: Sighting) -> tuple[str, ...]:
    title = f"title {sighting.title_key}" if sighting.title_key else ""
    return tuple(short_key(key) for key in (_address_key(sighting), title) if key)


def _address_key(sighting: Sighting) -> str:
    return short_key(f"address {sighting.address}") if sighting.address else ""


def _global_key(sighting: Sighting) -> str:
    return short_key(f"global {sighting.global_id}") if sighting.global_id else ""


def short_key(key: str) -> str:
    """The key as it is stored: a long key as its hash."""
    return key if len(key) <= LONGEST_KEY else f"{key.partition(' ')[0]} {_hashed(key)}"


def _hashed(*parts: str) -> str:
    joined = "\x00".join(parts).encode("utf-8", "replace")
    return f"sha256:{hashlib.sha256(joined).hexdigest()[:32]}"


def in_parts(values: Iterable[T]) -> Iterator[list[T]]:
    """Split the values into lists that are short enough for one statement."""
    listed = sorted(values)
    for start in range(0, len(listed), AT_ONCE):
        yield listed[start : start + AT_ONCE]
