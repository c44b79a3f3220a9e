"""The sending nodes: who is at work, how fast, with what in hand, and why one gave up."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from newsletter.store.database import Database
from newsletter.store.liveness import is_alive, living_sender
from newsletter.store.tables import nodes, troubles_of_nodes


@dataclass(frozen=True, kw_only=True, slots=True)
class Holding:
    """What a node has of one issue: deliveries claimed and not yet come to an end."""

    issue: str
    deliveries: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Node:
    """A node that lives. `rate` is in messages a second, over the last few."""

    name: str
    since: datetime
    rate: float
    holds: tuple[Holding, ...]

    @property
    def held(self) -> int:
        """Deliveries in hand, of all issues."""
        return sum(holding.deliveries for holding in self.holds)


class NodeStopKind(StrEnum):
    """Why a node stopped sending: a person has to look, no relay answers, or it is not the time."""

    PAUSED = "paused"
    NO_RELAY = "no relay"
    SHUT = "shut"


@dataclass(frozen=True, kw_only=True, slots=True)
class NodeStop:
    """What stopped a node."""

    kind: NodeStopKind
    said: str


@contextmanager
def registered(database: Database, name: str, now: datetime) -> Iterator[str]:
    """While entered the node is on the list, under the id that is given."""
    with living_sender(database) as living:
        identity = living.identity
        with database.transaction() as connection:
            known = connection.scalars(sa.select(nodes.c.id)).all()
        dead = [other for other in known if not is_alive(database, other)]
        with database.transaction() as connection:
            connection.execute(sa.delete(nodes).where(nodes.c.id.in_(dead)))
            connection.execute(
                sa.insert(nodes).values(id=identity, name=name, since=now, rate=0.0, holds=[])
            )
        yield identity
        with database.transaction() as connection:
            connection.execute(sa.delete(nodes).where(nodes.c.id == identity))


def note_work(
    connection: sa.Connection, identity: str, rate: float, holds: Sequence[Holding]
) -> None:
    """What the node does at this moment."""
    connection.execute(
        sa.update(nodes)
        .where(nodes.c.id == identity)
        .values(rate=rate, holds=[asdict(holding) for holding in holds])
    )


def living_nodes(database: Database) -> list[Node]:
    """Those whose process lives, the oldest first."""
    with database.transaction(read_only=True) as connection:
        rows = connection.execute(sa.select(nodes).order_by(nodes.c.since, nodes.c.id)).all()
    return [
        Node(
            name=row.name,
            since=row.since,
            rate=row.rate,
            holds=tuple(Holding(**holding) for holding in row.holds),
        )
        for row in rows
        if is_alive(database, row.id)
    ]


def note_stop(connection: sa.Connection, issue_id: int, trouble: NodeStop | None) -> None:
    """Why a node stopped sending the issue; None forgets what was."""
    connection.execute(sa.delete(troubles_of_nodes).where(troubles_of_nodes.c.issue_id == issue_id))
    if trouble is not None:
        connection.execute(
            insert(troubles_of_nodes)
            .values(issue_id=issue_id, kind=trouble.kind, said=trouble.said)
            .on_conflict_do_nothing()  # another node just said so
        )


def stop_of(connection: sa.Connection, issue_id: int) -> NodeStop | None:
    """Why a node stopped sending the issue, if one did."""
    row = connection.execute(
        sa.select(troubles_of_nodes).where(troubles_of_nodes.c.issue_id == issue_id)
    ).one_or_none()
    return NodeStop(kind=NodeStopKind(row.kind), said=row.said) if row else None
