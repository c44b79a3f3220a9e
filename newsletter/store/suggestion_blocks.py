"""The sites and readers from whom no suggestion is taken."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from newsletter.errors import UnknownNameError
from newsletter.issues.suggestion import Block, BlockKind, is_below, site_of
from newsletter.store.suggestion_tables import suggestion_blocks
from subscribers.sql import insert_once


def add_block(
    connection: sa.Connection,
    kind: BlockKind,
    value: str,
    *,
    label: str,
    editor: str,
    now: datetime,
) -> bool:
    """Block the site or the reader; False if that was done before."""
    return insert_once(
        connection,
        suggestion_blocks,
        {
            "kind": kind.value,
            "value": value,
            "label": label,
            "blocked_at": now,
            "blocked_by": editor,
            "refused": 0,
        },
    )


def lift_block(connection: sa.Connection, number: int) -> Block:
    """Take suggestions from there again. Raises UnknownNameError."""
    found = next((one for one in all_blocks(connection) if one.id == number), None)
    if found is None:
        raise UnknownNameError(
            f"block {number} does not exist", fix="`newsletter suggestions blocked` shows them"
        )
    connection.execute(sa.delete(suggestion_blocks).where(suggestion_blocks.c.id == number))
    return found


def all_blocks(connection: sa.Connection) -> list[Block]:
    """Every block, the newest first."""
    rows = connection.execute(sa.select(suggestion_blocks).order_by(suggestion_blocks.c.id.desc()))
    return [
        Block(
            id=row.id,
            kind=BlockKind(row.kind),
            label=row.label,
            blocked_at=row.blocked_at,
            blocked_by=row.blocked_by,
            refused=row.refused,
        )
        for row in rows
    ]


def is_refused(connection: sa.Connection, url: str, reader: str) -> bool:
    """Whether the link's site or the reader is blocked; a refusal is counted."""
    table, site = suggestion_blocks, site_of(url)
    found = [
        row.id
        for row in connection.execute(sa.select(table.c.id, table.c.kind, table.c.value))
        if (row.kind == BlockKind.SITE and is_below(site, row.value))
        or (row.kind == BlockKind.READER and row.value == reader)
    ]
    if found:
        connection.execute(
            sa.update(table).where(table.c.id.in_(found)).values(refused=table.c.refused + 1)
        )
    return bool(found)
