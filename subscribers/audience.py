"""The one door to addresses: who is to be mailed, asked anew each time (rule 1), and their wishes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler

from subscribers import tables
from subscribers.subscriber import Frequency, Status


def audience(
    list_slug: str, now: datetime, *, frequency: Frequency | None = None
) -> sa.Select[Any]:
    """Select subscriber_id, address, name, follows of everyone to be mailed at `now`.

    That is: an active subscription to the list, neither the address nor its domain
    suppressed, not paused; with `frequency` only those who chose to read that often. The select may be joined, counted, or be the source of an INSERT.
    Erased people have no row, and suppression.py sees to it that they get none.
    """
    people, subscriptions = tables.subscribers, tables.subscriptions
    often = [] if frequency is None else [people.c.frequency == frequency.value]
    return (
        sa.select(
            people.c.id.label("subscriber_id"), people.c.address, people.c.name, people.c.follows
        )
        .select_from(
            tables.lists.join(subscriptions, subscriptions.c.list_id == tables.lists.c.id).join(
                people, people.c.id == subscriptions.c.subscriber_id
            )
        )
        .where(
            tables.lists.c.slug == list_slug,
            subscriptions.c.status == Status.ACTIVE.value,
            sa.or_(people.c.paused_until.is_(None), people.c.paused_until <= now),
            # Two questions, not one IN: PostgreSQL answers each by hashing the suppressions
            # once, SQLite each by one look into the index.
            ~_suppressed_as(people.c.address_key),
            ~_suppressed_as(at_domain(people.c.address_key)),
            *often,
        )
    )


def count_by_follows(connection: sa.Connection, audience: sa.Select[Any]) -> dict[str, int]:
    """How many readers of this audience have each wish: follows string to readers."""
    readers = audience.subquery()
    found = connection.execute(
        sa.select(readers.c.follows, sa.func.count()).group_by(readers.c.follows)
    )
    return dict(found.all())


def parse_follows(text: str) -> frozenset[str]:
    """`"|ai|security|"` as a set of tag slugs; `""` is the empty set, which follows everything."""
    return frozenset(slug for slug in text.split("|") if slug)


def format_follows(slugs: Iterable[str]) -> str:
    """The one spelling of a set of tag slugs: equal strings are equal wishes."""
    chosen = sorted({slug for slug in slugs if slug})
    if any("|" in slug for slug in chosen):
        raise ValueError(f"a tag slug has no bar in it: {chosen}")
    return f"|{'|'.join(chosen)}|" if chosen else ""


def _suppressed_as(pattern: sa.ColumnElement[str]) -> sa.Exists:
    table = tables.suppressions.alias()
    return sa.exists().where(table.c.pattern == pattern)


class at_domain(sa.sql.functions.GenericFunction[str]):  # noqa: N801 - reads as an SQL function
    """`@example.org` of an address."""

    type = sa.String()
    name = "at_domain"
    inherit_cache = True


@compiles(at_domain, "sqlite")
def _at_domain_sqlite(element: at_domain, compiler: SQLCompiler, **how: Any) -> str:
    address = compiler.process(next(iter(element.clauses)), **how)
    return f"substr({address}, instr({address}, '@'))"


@compiles(at_domain, "postgresql")
def _at_domain_postgresql(element: at_domain, compiler: SQLCompiler, **how: Any) -> str:
    address = compiler.process(next(iter(element.clauses)), **how)
    return f"substr({address}, strpos({address}, '@'))"
