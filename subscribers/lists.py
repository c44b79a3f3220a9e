"""Lists: a name that subscriptions belong to."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from difflib import get_close_matches

import sqlalchemy as sa

from subscribers import tables
from subscribers.errors import UnknownListError
from subscribers.sql import insert_once


def ensure_list(connection: sa.Connection, slug: str) -> int:
    """The list's number; makes the list where it is new."""
    found = _id_of(connection, slug)
    if found is None:
        insert_once(connection, tables.lists, {"slug": slug})
        found = _id_of(connection, slug)
        assert found is not None  # noqa: S101 - just written
    return found


def list_id(connection: sa.Connection, slug: str) -> int:
    """The list's number; raises UnknownListError that names a list of nearly that name."""
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


def _id_of(connection: sa.Connection, slug: str) -> int | None:
    return connection.scalar(sa.select(tables.lists.c.id).where(tables.lists.c.slug == slug))
