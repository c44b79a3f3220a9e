"""Mailing lists: each is a name that subscriptions belong to."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from difflib import get_close_matches

import sqlalchemy as sa

from subscribers import tables
from subscribers.errors import ClosedListError, UnknownListError
from subscribers.sql import insert_once


def ensure_list(connection: sa.Connection, slug: str) -> int:
    """Return the list's number; creates the list if it is new.

    A former name means the list that has it now. Raises ClosedListError.
    """
    found = _id_of(connection, slug)
    if found is not None and _is_closed(connection, found):
        raise ClosedListError(
            f"the list {slug!r} is closed",
            field="list",
            fix=f"open it again: newsletter lists make {slug}",
        )
    if found is None:
        insert_once(connection, tables.lists, {"slug": slug})
        found = _id_of(connection, slug)
        assert found is not None  # noqa: S101 - just written
    return found


def list_id(connection: sa.Connection, slug: str) -> int:
    """Return the list's number; raises UnknownListError, which suggests the closest name."""
    found = _id_of(connection, slug)
    if found is None:
        raise _unknown(slug, list_slugs(connection))
    return found


def require(connection: sa.Connection, slug: str, further: Collection[str]) -> None:
    """Raises UnknownListError for a list that is neither there nor one of `further`."""
    if slug not in further and _id_of(connection, slug) is None:
        raise _unknown(slug, sorted({*further, *list_slugs(connection)}))


def _unknown(slug: str, names: Sequence[str]) -> UnknownListError:
    near = get_close_matches(slug, names, n=1)
    return UnknownListError(
        f"there is no list {slug!r}",
        field="list",
        fix=f"did you mean {near[0]!r}?"
        if near
        else f"the lists are: {', '.join(names) or 'none yet'}",
    )


def list_slugs(connection: sa.Connection) -> list[str]:
    """The names of all lists, sorted."""
    return list(connection.scalars(sa.select(tables.lists.c.slug).order_by(tables.lists.c.slug)))


def numbered(slug: str) -> sa.ScalarSelect[int]:
    """The number of the list that has this name, or had it, as an SQL expression."""
    lists, former = tables.lists, tables.former_list_names
    return (
        sa.select(lists.c.id)
        .where(lists.c.slug == slug)
        .union_all(sa.select(former.c.list_id).where(former.c.slug == slug))
        .limit(1)
        .scalar_subquery()
    )


def names_of(slug: str) -> sa.CompoundSelect[tuple[str]]:
    """The list's names, present and former, and those of lists merged into it, as an SQL query."""
    lists, former = tables.lists, tables.former_list_names
    return sa.union_all(
        sa.select(sa.literal(slug, sa.String)),
        sa.select(lists.c.slug).where(lists.c.id == numbered(slug)),
        sa.select(former.c.slug).where(former.c.list_id == numbered(slug)),
    )


def former_names(connection: sa.Connection) -> dict[str, str]:
    """The present name of each list by its former names."""
    former = tables.former_list_names
    return dict(
        connection.execute(
            sa.select(former.c.slug, tables.lists.c.slug).join(
                tables.lists, tables.lists.c.id == former.c.list_id
            )
        ).all()
    )


def _id_of(connection: sa.Connection, slug: str) -> int | None:
    return connection.scalar(sa.select(numbered(slug)))


def _is_closed(connection: sa.Connection, number: int) -> bool:
    closed_at = sa.select(tables.lists.c.closed_at).where(tables.lists.c.id == number)
    return connection.scalar(closed_at) is not None
