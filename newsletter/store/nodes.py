"""The sending nodes: their rates, the deliveries they hold, and why one stopped."""

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
    """How many deliveries of one issue a node has claimed and not finished."""

    issue: str
    deliveries: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Node:
    """A living node; `rate` is in messages a second over the last few seconds."""

    name: str
    since: datetime
    rate: float
    holds: tuple[Holding, ...]

    @property
    def held(self) -> int:
        """The deliveries in hand, of all issues."""
        return sum(holding.deliveries for holding in self.holds)


class NodeStopKind(StrEnum):
    """Why a node stopped: it needs a person, no relay answers, or its relays may not send now."""

    PAUSED = "paused"
    NO_RELAY = "no relay"
    RESTRICTED = "shut"


@dataclass(frozen=True, kw_only=True, slots=True)
class NodeStop:
    """The reason why a node stopped."""

    kind: NodeStopKind
    said: str


@contextmanager
def registered(database: Database, name: str, now: datetime) -> Iterator[str]:
    """While entered, the node is registered, under the id that is yielded."""
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
    """Store the node's current rate and holdings."""
    connection.execute(
        sa.update(nodes)
        .where(nodes.c.id == identity)
        .values(rate=rate, holds=[asdict(holding) for holding in holds])
    )


def living_nodes(database: Database) -> list[Node]:
    """The nodes whose process is alive, oldest first."""
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


def note_stop(connection: sa.Connection, issue_id: int, stop: NodeStop | None) -> None:
    """Store why a node stopped sending the issue; None deletes the stored reason."""
    connection.execute(sa.delete(troubles_of_nodes).where(troubles_of_nodes.c.issue_id == issue_id))
    if stop is not None:
        connection.execute(
            insert(troubles_of_nodes)
            .values(issue_id=issue_id, kind=stop.kind, said=stop.said)
            .on_conflict_do_nothing()  # another node has just stored its reason
        )


def stop_of(connection: sa.Connection, issue_id: int) -> NodeStop | None:
    """Why a node stopped sending the issue, if one did."""
    row = connection.execute(
        sa.select(troubles_of_nodes).where(troubles_of_nodes.c.issue_id == issue_id)
    ).one_or_none()
    return NodeStop(kind=NodeStopKind(row.kind), said=row.said) if row else None
