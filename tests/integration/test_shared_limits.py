"""A relay's limits hold for all senders together."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

from newsletter.config.servers import WarmUpSettings
from newsletter.config.settings import RelaySettings
from newsletter.delivery.classify import Stage
from newsletter.delivery.rates import WHOLE_RELAY
from newsletter.delivery.sender import SendReport
from newsletter.store.database import Database
from newsletter.store.limits import SqlLimitBook
from tests.factories.ledger import NOW, address_of, ledger_on, plant_issue
from tests.factories.sending import send
from tests.servers.fast_smtp import FastCatcher, Spoilt, fast_server

SENDERS = 3


async def send_together(
    database: Database, relay: RelaySettings, addresses: Sequence[str]
) -> list[SendReport]:
    """Three senders of one issue, each with books of its own."""
    issue = plant_issue(database, addresses)
    ledgers = [ledger_on(database, issue) for _ in range(SENDERS)]
    ledgers[0].plan({}, issue.edition_id, NOW)
    return await asyncio.gather(
        *(send(ledger, relay, limits=SqlLimitBook(database)) for ledger in ledgers)
    )


class Stopwatch:
    """How long the messages took, from before the first was allowed.

    Not from the first arrival: that one may be late, as connections are made after it is allowed.
    """

    def __init__(self) -> None:
        self.moments = [time.monotonic()]

    def __call__(self, stage: Stage, _recipient: str) -> None:
        """A plan that spoils nothing."""
        if stage is Stage.DOT:
            self.moments.append(time.monotonic())

    @property
    def seconds(self) -> float:
        """Between the beginning and the last message."""
        return self.moments[-1] - self.moments[0]


async def test_senders_share_a_relays_rate(database: Database) -> None:
    """Together no faster than one may go, after the second's worth that a quiet relay may burst."""
    rate, watch = 150, Stopwatch()
    async with fast_server(FastCatcher(plan=watch)) as catcher:
        readers = [address_of(number) for number in range(1, 4 * rate + 1)]
        reports = await send_together(database, catcher.relay(rate=f"{rate}/s"), readers)
    assert sum(report.accepted for report in reports) == 4 * rate
    assert sum(bool(report.accepted) for report in reports) > 1
    assert 3 * rate <= rate * watch.seconds


async def test_senders_share_a_domains_rate(database: Database) -> None:
    """Other domains are not held up by it."""
    slow = [f"r{number}@slow.example" for number in range(60)]
    others = [f"r{number}@other.example" for number in range(300)]
    watch = Stopwatch()
    async with fast_server(FastCatcher(plan=watch)) as catcher:
        relay = catcher.relay(per_domain={"slow.example": "20/s"})
        reports = await send_together(database, relay, [*slow, *others])
    assert sum(report.accepted for report in reports) == 360
    assert 20 * watch.seconds >= 40


async def test_senders_share_the_day_of_a_warm_up(database: Database) -> None:
    """To the last message, and not one more; each says why it left something."""
    warm_up = WarmUpSettings(since=NOW.date(), first_day=50, growth=2)
    async with fast_server(FastCatcher()) as catcher:
        relay = catcher.relay().model_copy(update={"warm_up": warm_up})
        readers = [address_of(number) for number in range(1, 201)]
        reports = await send_together(database, relay, readers)
    assert catcher.messages == sum(report.accepted for report in reports) == 50
    assert any("warm-up" in report.restriction for report in reports)


async def test_a_complaint_to_one_sender_slows_all(database: Database) -> None:
    """421 at MAIL: the one rate in the book is halved."""
    complaints = iter(range(1))

    def complain(stage: Stage, _recipient: str) -> Spoilt | None:
        complains = stage is Stage.MAIL and next(complaints, None) is not None
        return Spoilt(reply="421 4.7.0 Too fast, slow down", hang_up=True) if complains else None

    async with fast_server(FastCatcher(plan=complain)) as catcher:
        readers = [address_of(number) for number in range(1, 301)]
        reports = await send_together(database, catcher.relay(rate="200/s"), readers)
    kept = SqlLimitBook(database).find("main")
    assert kept is not None
    assert [(s.domain, s.halved) for s in kept.standings] == [(WHOLE_RELAY, 100)]
    assert sum(report.accepted for report in reports) == 300


async def test_a_relay_without_limits_costs_no_writing(database: Database) -> None:
    """Nothing is kept of it."""
    async with fast_server(FastCatcher()) as catcher:
        await send_together(database, catcher.relay(), [address_of(1), address_of(2)])
    assert SqlLimitBook(database).find("main") is None
