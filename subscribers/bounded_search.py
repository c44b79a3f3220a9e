"""What an editor's list of people shows: a page that costs the same however many people there are.

With words, the indexes of addresses, domains and names give the people. Without, the list is read
from the newest person back, at most LOOKED_AT people for one page: a condition that no index
serves, such as a tag that hardly anybody follows, would otherwise read everybody.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from subscribers import tables
from subscribers.search import FoundPerson, found_people, has_status
from subscribers.search_words import address_begins, begins, domain_begins, word_begins, words_of
from subscribers.sql import at_domain
from subscribers.subscriber import Status

LOOKED_AT = 20_000
"""People whom one page looks at where no index serves its condition."""

CANDIDATES = 1_000
"""People whom a search looks at for one word: in the order of addresses, of domains, and of names."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PeopleWanted:
    """What the people have in common. `status` is that on the list, or on any without a list."""

    words: str = ""
    list_id: int | None = None
    status: Status | None = None
    condition: sa.ColumnElement[bool] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class PeopleLook:
    """The people of one page. `older` continues the list: people with ids below it; None at its end.

    `looked_at` is how many people were looked at, if the page ends because of that. `has_more` says
    that a search by words found more people than it shows.
    """

    people: Sequence[FoundPerson]
    older: int | None = None
    looked_at: int | None = None
    has_more: bool = False


def look_for_people(
    connection: sa.Connection, wanted: PeopleWanted, *, before: int | None = None, limit: int
) -> PeopleLook:
    """Up to `limit` people: the best matches of the words, or else the newest with ids below `before`."""
    words = words_of(wanted.words)
    if words:
        return _by_words(connection, words, wanted, limit)
    return _newest(connection, wanted, before, limit)


def _by_words(
    connection: sa.Connection, words: Sequence[str], wanted: PeopleWanted, limit: int
) -> PeopleLook:
    people = tables.subscribers
    rarest = min(
        (_begun_by(connection, word) for word in words),
        key=lambda look: (look.is_cut, len(look.ids)),
    )
    ids = rarest.ids if len(words) == 1 else _with_all(connection, words, rarest.ids)
    query = (
        sa.select(people)
        .where(people.c.id.in_(ids), *_conditions(wanted))
        .order_by(people.c.address_key)
        .limit(limit + 1)
    )
    found = found_people(connection, query)
    return PeopleLook(people=found[:limit], has_more=len(found) > limit or rarest.is_cut)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Begun:
    """The people whom a word begins; `is_cut` if there are more than CANDIDATES of a kind."""

    ids: frozenset[int]
    is_cut: bool


def _begun_by(connection: sa.Connection, word: str) -> _Begun:
    people, table = tables.subscribers, tables.subscriber_words
    found = [
        connection.scalars(
            sa.select(number).where(condition).order_by(order, number).limit(CANDIDATES)
        ).all()
        for number, order, condition in (
            (table.c.subscriber_id, table.c.word, word_begins(word)),
            (people.c.id, people.c.address_key, address_begins(word)),
            (people.c.id, at_domain(people.c.address_key), domain_begins(word)),
        )
    ]
    return _Begun(
        ids=frozenset().union(*found), is_cut=any(len(ids) == CANDIDATES for ids in found)
    )


def _with_all(
    connection: sa.Connection, words: Sequence[str], ids: frozenset[int]
) -> frozenset[int]:
    """Those of the people who have each of the words."""
    table = tables.subscribers
    people = connection.execute(
        sa.select(table.c.id, table.c.address_key, table.c.name).where(table.c.id.in_(ids))
    )
    return frozenset(
        person.id
        for person in people
        if all(begins(word, person.address_key, person.name) for word in words)
    )


def _newest(
    connection: sa.Connection, wanted: PeopleWanted, before: int | None, limit: int
) -> PeopleLook:
    people = tables.subscribers
    # A list and a status are an index of their own; each person that it gives is one to show.
    is_served = wanted.condition is None and (wanted.list_id is not None or wanted.status is None)
    window = _window(wanted, before).limit(limit if is_served else LOOKED_AT).subquery()
    query = (
        sa.select(people)
        .join(window, window.c.id == people.c.id)
        .order_by(people.c.id.desc())
        .limit(limit)
    )
    if not is_served:
        query = query.where(*_conditions(wanted))
    found = found_people(connection, query)
    if len(found) == limit:
        return PeopleLook(people=found, older=found[-1].id)
    if is_served:
        return PeopleLook(people=found)
    ends = sa.select(sa.func.count(), sa.func.min(window.c.id))
    looked_at, last = connection.execute(ends).one()
    if looked_at < LOOKED_AT:
        return PeopleLook(people=found)
    return PeopleLook(people=found, older=last, looked_at=looked_at)


def _window(wanted: PeopleWanted, before: int | None) -> sa.Select[Any]:
    """The ids of the newest people, or of those on the list, below `before`."""
    table = tables.subscriptions
    if wanted.list_id is None:
        ids = tables.subscribers.c.id
        window = sa.select(ids.label("id"))
    else:
        ids = table.c.subscriber_id
        window = sa.select(ids.label("id")).where(
            table.c.list_id == wanted.list_id, *has_status(table.c.status, wanted.status)
        )
    if before is not None:
        window = window.where(ids < before)
    return window.order_by(ids.desc())


def _conditions(wanted: PeopleWanted) -> list[sa.ColumnElement[bool]]:
    people, theirs = tables.subscribers, tables.subscriptions.alias()
    conditions = [] if wanted.condition is None else [wanted.condition]
    if wanted.list_id is not None or wanted.status is not None:
        held = sa.select(1).where(theirs.c.subscriber_id == people.c.id)
        if wanted.list_id is not None:
            held = held.where(theirs.c.list_id == wanted.list_id)
        if wanted.status is not None:
            held = held.where(theirs.c.status == wanted.status.value)
        conditions.append(held.correlate(people).exists())
    return conditions
