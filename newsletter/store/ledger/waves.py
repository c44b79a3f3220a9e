"""Waves: an issue's deliveries with one moment before which they do not go.

Each reader's moment is frozen when the issue is planned. Before it a delivery is pending and no sender
claims it, so that what waits is known from the plan, without a look at the deliveries.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from newsletter.delivery.receipt import FINAL_STATES, DeliveryState
from newsletter.store.tables import deliveries, waves
from subscribers.tables import UtcDateTime


@dataclass(frozen=True, kw_only=True, slots=True)
class Waiting:
    """Deliveries whose moment has not come: how many, and when the first of them may go."""

    count: int
    until: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Wave:
    """Deliveries with one moment, and the readers' time zones; "" is the site's own.

    `left` have not ended yet: they wait, are on their way, or are tried again.
    """

    not_before: datetime
    zones: tuple[str, ...]
    planned: int
    accepted: int
    left: int


PLANNED_MORNINGS = sa.Table(
    "planned_mornings",
    sa.MetaData(),
    sa.Column("zone", sa.String, primary_key=True),
    sa.Column("not_before", UtcDateTime, nullable=False),
    prefixes=["TEMPORARY"],
)
"""The moment of each time zone, for the statement that plans."""


def zones_among(connection: sa.Connection, readers: sa.FromClause) -> set[str]:
    """The time zones of these readers, and "", which stands for any that is not among them."""
    return {"", *connection.scalars(sa.select(readers.c.time_zone).distinct())}


def keep_waves(connection: sa.Connection, issue_id: int, mornings: Mapping[str, datetime]) -> None:
    """Note what was planned for each moment, and for which time zones."""
    rows = connection.execute(
        sa.select(deliveries.c.not_before, sa.func.count())
        .where(deliveries.c.issue_id == issue_id)
        .group_by(deliveries.c.not_before)
    ).all()
    if rows:
        connection.execute(
            sa.insert(waves),
            [
                {
                    "issue_id": issue_id,
                    "not_before": moment,
                    "planned": count,
                    "zones": sorted(zone for zone, at in mornings.items() if at == moment),
                }
                for moment, count in rows
            ],
        )


def waiting(connection: sa.Connection, issue_id: int, now: datetime) -> Waiting | None:
    """What waits for a later moment than `now`; None if nothing does."""
    count, until = connection.execute(
        sa.select(sa.func.sum(waves.c.planned), sa.func.min(waves.c.not_before)).where(
            waves.c.issue_id == issue_id, waves.c.not_before > now
        )
    ).one()
    return Waiting(count=int(count), until=until) if count else None


def waves_of(connection: sa.Connection, issue_id: int) -> tuple[Wave, ...]:
    """The issue's waves as they stand, in order; empty if everybody gets it at once.

    Reads every delivery of an issue that has waves.
    """
    planned = connection.execute(
        sa.select(waves).where(waves.c.issue_id == issue_id).order_by(waves.c.not_before)
    ).all()
    if not planned:
        return ()
    is_accepted = deliveries.c.state == DeliveryState.ACCEPTED
    has_ended = deliveries.c.state.in_(FINAL_STATES)
    found = {
        moment: (accepted, left)
        for moment, accepted, left in connection.execute(
            sa.select(
                deliveries.c.not_before,
                sa.func.sum(sa.case((is_accepted, 1), else_=0)),
                sa.func.sum(sa.case((has_ended, 0), else_=1)),
            )
            .where(deliveries.c.issue_id == issue_id)
            .group_by(deliveries.c.not_before)
        )
    }
    return tuple(
        Wave(
            not_before=row.not_before,
            zones=tuple(row.zones),
            planned=row.planned,
            accepted=int(found[row.not_before][0]),
            left=int(found[row.not_before][1]),
        )
        for row in planned
    )
