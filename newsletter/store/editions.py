"""The editions frozen by approval: a send uses their bytes and never renders them again."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from newsletter.issues.issue import Issue
from newsletter.rendering.counted_links import CountedLink
from newsletter.rendering.edition import Edition
from newsletter.store.clicks import keep_links, links_of
from newsletter.store.issues import insert_rows, issue_id
from newsletter.store.tables import editions, issues

_EDITION_TEXTS = ("key", "nonce", "subject", "preheader", "html", "text", "language")


def freeze_editions(
    connection: sa.Connection, issue: Issue, frozen: Collection[Edition], *, frozen_hash: str
) -> None:
    """Store the rendered editions: sending uses these bytes and renders nothing (rule 4)."""
    number = issue_id(connection, issue)
    connection.execute(sa.delete(editions).where(editions.c.issue_id == number))
    insert_rows(
        connection,
        editions,
        (
            {
                **{name: getattr(edition, name) for name in _EDITION_TEXTS},
                "item_keys": list(edition.item_keys),
                "issue_id": number,
                "sha256": edition.sha256,
            }
            for edition in frozen
        ),
    )
    keep_links(connection, number, frozen)
    connection.execute(
        sa.update(issues).where(issues.c.id == number).values(frozen_hash=frozen_hash)
    )


def frozen_editions(connection: sa.Connection, issue: Issue) -> dict[int, Edition]:
    """The frozen editions by their row's id."""
    number = issue_id(connection, issue)
    links = links_of(connection, number)
    rows = connection.execute(
        sa.select(editions).where(editions.c.issue_id == number).order_by(editions.c.id)
    )
    return {row.id: edition_of(row, links) for row in rows}


def edition_keys_of(
    connection: sa.Connection, newsletter: str, numbers: Collection[int]
) -> dict[int, set[str]]:
    """The keys of the frozen editions of these issues, without their texts."""
    rows = connection.execute(
        sa.select(issues.c.number, editions.c.key)
        .join(issues, issues.c.id == editions.c.issue_id)
        .where(issues.c.newsletter == newsletter, issues.c.number.in_(numbers))
    )
    found: dict[int, set[str]] = {number: set() for number in numbers}
    for row in rows:
        found[row.number].add(row.key)
    return found


def edition_of(row: sa.Row[Any], links: tuple[CountedLink, ...]) -> Edition:
    """The edition in a row of the table, with the counted links of its issue."""
    return Edition(
        **{name: getattr(row, name) for name in _EDITION_TEXTS},
        item_keys=tuple(row.item_keys),
        links=links,
    )
