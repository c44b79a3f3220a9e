"""Several relays, and their limits: shares, failing over and back, hours, warm-ups, restarts."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from datetime import UTC, date, timedelta
from zoneinfo import ZoneInfo

import pytest

from newsletter.config.servers import WarmUpSettings
from newsletter.config.settings import SendingSettings
from newsletter.delivery.classify import Stage
from newsletter.delivery.rates.limits import allowance
from newsletter.delivery.receipt import DeliveryState
from newsletter.delivery.relay_session import PAUSES
from newsletter.errors import RelayUnavailableError
from newsletter.store.database import Database
from newsletter.store.limits import SqlLimitBook
from tests.factories.ledger import (
    NOW,
    address_of,
    ledger_on,
    planned_ledger,
    plant_issue,
    states_of,
)
from tests.factories.sending import send
from tests.servers.fast_smtp import FastCatcher, Spoilt, fast_server, slow_at

S = DeliveryState


def states(database: Database) -> Counter[DeliveryState]:
    """How many deliveries stand where."""
    return Counter(states_of(database).values())


async def test_relays_share_by_weight(sqlite_database: Database) -> None:
    """Three to one, though both could take everything."""
    ledger = planned_ledger(sqlite_database, readers=800)
    async with fast_server(FastCatcher()) as one, fast_server(FastCatcher()) as three:
        await send(ledger, one.relay(name="one", weight=1), three.relay(name="three", weight=3))
    assert one.messages + three.messages == 800
    assert 2.5 < three.messages / one.messages < 3.5


async def test_a_relay_that_fails_comes_back_by_itself(sqlite_database: Database) -> None:
    """While the other goes on; the run does not end before everybody has got it."""
    ledger = planned_ledger(sqlite_database, readers=400)
    failures = iter(range(6))

    def busy_at_first(stage: Stage, _recipient: str) -> Spoilt | None:
        is_busy = stage is Stage.CONNECT and next(failures, None) is not None
        return Spoilt(reply="421 4.3.2 Busy", hang_up=True) if is_busy else None

    slow = FastCatcher(plan=slow_at(Stage.DOT, 0.01))
    async with fast_server(FastCatcher(plan=busy_at_first)) as weak, fast_server(slow) as strong:
        report = await send(
            ledger,
            weak.relay(name="weak", connections=1),
            strong.relay(name="strong", connections=2),
            pauses=(0.01,) * 8,
        )
    assert report.accepted == 400
    assert weak.messages > 0


async def test_a_relay_that_is_down_is_said_so_within_seconds(
    sqlite_database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    """Nobody waits a quarter of a minute for what was never there: its rests are seconds in all."""
    ledger = planned_ledger(sqlite_database, readers=3)
    async with fast_server(FastCatcher()) as catcher:
        closed = catcher.relay()
    with pytest.raises(RelayUnavailableError, match="relay main"):
        await send(ledger, closed, pauses=PAUSES)
    rests = [float(found[1]) for found in re.finditer(r"rests for ([\d.]+) s", caplog.text)]
    assert rests
    assert sum(rests[:-1]) < 5  # the last is not waited for


async def test_a_relay_that_was_reached_is_not_down_while_it_thinks(
    sqlite_database: Database,
) -> None:
    """It takes one connection only, and its first reply is long in coming: everybody gets it."""
    ledger = planned_ledger(sqlite_database, readers=10)
    asked = Counter[Stage]()

    def takes_one(stage: Stage, _recipient: str) -> Spoilt | None:
        asked[stage] += 1
        if stage is Stage.CONNECT and asked[stage] > 1:
            return Spoilt(reply="421 4.7.0 Too many connections", hang_up=True)
        return Spoilt(delay=0.5) if stage is Stage.DOT and asked[stage] == 1 else None

    async with fast_server(FastCatcher(plan=takes_one)) as catcher:
        relay = catcher.relay(connections=2)
        report = await send(ledger, relay, pauses=(0.01, 0.01, 0.01, 60.0))
    assert report.accepted == 10


async def test_one_relay_that_refuses_us_leaves_the_work_to_the_other(
    sqlite_database: Database,
) -> None:
    """A wrong password at one does not keep the others from sending."""
    ledger = planned_ledger(sqlite_database, readers=50)
    refuse = FastCatcher(
        plan=lambda stage, _: Spoilt(reply="554 5.7.1 Go away") if stage is Stage.EHLO else None
    )
    async with fast_server(refuse) as refusing, fast_server(FastCatcher()) as good:
        report = await send(ledger, refusing.relay(name="refusing"), good.relay(name="good"))
    assert (report.accepted, report.paused) == (50, "")


async def test_a_connection_is_closed_after_so_many_messages(sqlite_database: Database) -> None:
    """And a new one is opened."""
    ledger = planned_ledger(sqlite_database, readers=25)
    async with fast_server(FastCatcher()) as catcher:
        report = await send(ledger, catcher.relay(connections=1, messages_per_connection=10))
    assert (report.accepted, catcher.connections) == (25, 3)


async def test_a_relay_that_closes_worn_connections_is_not_in_trouble(
    sqlite_database: Database,
) -> None:
    """421 after some messages is its custom: connect anew, at once."""
    ledger = planned_ledger(sqlite_database, readers=40)
    seen = iter(range(1, 1000))

    def close_each_tenth(stage: Stage, _recipient: str) -> Spoilt | None:
        is_due = stage is Stage.MAIL and next(seen) % 10 == 0
        return Spoilt(reply="421 4.7.0 Enough", hang_up=True) if is_due else None

    async with fast_server(FastCatcher(plan=close_each_tenth)) as catcher:
        report = await send(ledger, catcher.relay(connections=1), pauses=(30.0,))
    assert report.accepted == 40
    assert report.seconds < 30  # it did not rest


@pytest.mark.parametrize("delay", [0.0, 0.01], ids=["near", "far"])
async def test_a_relay_that_hangs_up_at_every_message_is_soon_left_alone(
    sqlite_database: Database, delay: float
) -> None:
    """Three tries of each connection, not the whole audience, become unknown or deferred."""
    ledger = planned_ledger(sqlite_database, readers=100)

    def hang_up(stage: Stage, _recipient: str) -> Spoilt | None:
        if stage is Stage.DATA:
            return Spoilt(delay=delay)
        return Spoilt(reply="", hang_up=True) if stage is Stage.DOT else None

    async with fast_server(FastCatcher(plan=hang_up)) as catcher:
        with pytest.raises(RelayUnavailableError, match="main"):
            await send(ledger, catcher.relay(connections=2))
    counts = ledger.counts()
    assert 1 <= counts[S.UNKNOWN] + counts[S.DEFERRED] <= 6
    assert counts[S.PENDING] == 100 - counts[S.UNKNOWN] - counts[S.DEFERRED]


async def test_outside_its_hours_a_relay_sends_nothing(sqlite_database: Database) -> None:
    """In the site's time zone; what waits is pending, and the report says why."""
    ledger = planned_ledger(sqlite_database, readers=5)
    async with fast_server(FastCatcher()) as catcher:
        relay = catcher.relay(hours="08:00-20:00")
        early = await send(ledger, relay, zone=UTC)  # NOW is 7:00 UTC
        assert (catcher.messages, "hours" in early.restriction) == (0, True)
        assert states(sqlite_database) == {S.PENDING: 5}
        later = await send(ledger, relay, zone=ZoneInfo("Europe/Helsinki"))
    assert (later.accepted, later.restriction) == (5, "")


async def test_a_warm_up_sends_its_share_each_day(database: Database) -> None:
    """Ten, then twenty, also when it is started again on the same day."""
    ledger, book = planned_ledger(database, readers=40), SqlLimitBook(database)
    warm_up = WarmUpSettings(since=NOW.date(), first_day=10, growth=2)
    sent: list[int] = []
    async with fast_server(FastCatcher()) as catcher:
        relay = catcher.relay(connections=2).model_copy(update={"warm_up": warm_up})
        for moment in (NOW, NOW + timedelta(hours=1), NOW + timedelta(days=1)):
            report = await send(ledger, relay, now=moment, limits=book)
            sent.append(report.accepted)
    assert sent[1] == 0
    assert sent[0] == 10
    assert sent[2] == 20
    assert "warm-up" in report.restriction


async def test_a_restart_goes_on_at_the_rate_it_left(database: Database) -> None:
    """The second run has no burst of its own."""
    ledger, book = planned_ledger(database, readers=12), SqlLimitBook(database)
    stop = asyncio.Event()
    async with fast_server(FastCatcher()) as catcher:
        relay = catcher.relay(rate="6/s", connections=1)
        await send(
            ledger,
            relay,
            limits=book,
            stop=stop,
            progress=lambda receipt: stop.set() if receipt.subscriber_id == 6 else None,
        )
        report = await send(ledger, relay, limits=book)
    assert report.seconds > 0.6


async def test_a_domain_that_asks_for_less_gets_less(sqlite_database: Database) -> None:
    """421 4.7.0 at RCPT: her domain is slowed down, she is tried again, the book knows."""
    ledger, book = planned_ledger(sqlite_database, readers=30), SqlLimitBook(sqlite_database)
    complaints = iter(range(1))

    def complain(stage: Stage, _recipient: str) -> Spoilt | None:
        complains = stage is Stage.RCPT and next(complaints, None) is not None
        return Spoilt(reply="450 4.7.0 Too many messages, slow down") if complains else None

    async with fast_server(FastCatcher(plan=complain)) as catcher:
        stop = asyncio.Event()
        sending = asyncio.create_task(
            send(ledger, catcher.relay(connections=1), limits=book, stop=stop)
        )
        await asyncio.sleep(1.5)
        stop.set()
        await sending
    limits = book.find("main")
    assert limits is not None
    (standing,) = limits.standings
    assert standing.domain == "example.org"
    assert standing.halved is not None
    assert catcher.messages < 10


async def test_too_many_refusals_pause_the_run(sqlite_database: Database) -> None:
    """A list gone bad is noticed before all of it has been tried."""
    ledger = planned_ledger(sqlite_database, readers=300)
    bad = FastCatcher(
        plan=lambda stage, recipient: (
            Spoilt(reply="550 5.1.1 Unknown")
            if stage is Stage.RCPT and int(recipient[6:].partition("@")[0]) % 2
            else None
        )
    )
    async with fast_server(bad) as catcher:
        report = await send(
            ledger,
            catcher.relay(connections=1),
            sending=SendingSettings(pause_share=0.3, pause_window=20),
        )
    assert "of the last 20 messages" in report.paused
    assert report.rejected <= 12


@pytest.mark.parametrize(
    ("day", "messages"),
    [(-1, 0), (0, 500), (1, 1000), (3, 4000), (100, float("inf"))],
)
def test_a_warm_up_grows_by_day(day: int, messages: float) -> None:
    """From its first day on; before it nothing."""
    since = date(2026, 3, 2)
    assert allowance(WarmUpSettings(since=since), since + timedelta(days=day)) == messages


async def test_a_limited_domains_backlog_holds_up_nobody(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Few of it are kept in hand, the rest is postponed; all others go at full speed."""
    monkeypatch.setattr("newsletter.delivery.claim_queue.FEWEST_PARKED", 4)
    monkeypatch.setattr("newsletter.delivery.claim_queue.PARKED_SECONDS", 0.1)
    slow = [f"r{n}@slow.example" for n in range(60)]
    issue = plant_issue(database, [*slow, *(address_of(n) for n in range(61, 661))])
    ledger = ledger_on(database, issue)
    ledger.plan({}, issue.edition_id, NOW)
    took: list[int] = []
    async with fast_server(FastCatcher()) as catcher:
        report = await send(
            ledger,
            catcher.relay(per_domain={"slow.example": "20/s"}),
            progress=lambda receipt: took.append(receipt.subscriber_id),
        )
    assert report.accepted == 660
    assert report.seconds > 1.5
    last_of_others = max(place for place, reader in enumerate(took) if reader > 60)
    slow_before = sum(reader <= 60 for reader in took[:last_of_others])
    assert slow_before < 50
    assert max(catcher.copies.values()) == 1
    assert ledger.is_conserved(660)


async def test_what_a_run_postponed_the_next_run_sends_at_once(sqlite_database: Database) -> None:
    """The limit may be gone by then."""
    ledger = planned_ledger(sqlite_database, readers=10)
    with ledger.on_duty():
        ledger.claim(10, NOW)
        ledger.postpone(range(1, 11), NOW + timedelta(days=1))
        assert ledger.claim(10, NOW).claims == ()
    async with fast_server(FastCatcher()) as catcher:
        assert (await send(ledger, catcher.relay())).accepted == 10


async def test_a_limit_of_messages_a_session_is_learned(sqlite_database: Database) -> None:
    """The refused message goes on a new connection, and from then on none is refused any more."""
    ledger = planned_ledger(sqlite_database, readers=22)
    carried: Counter[int] = Counter()
    refused = 0

    def limited(stage: Stage, _recipient: str) -> Spoilt | None:
        nonlocal refused
        if stage is not Stage.MAIL:
            return None
        carried[relay.connections] += 1
        if carried[relay.connections] <= 5:
            return None
        refused += 1
        return Spoilt(reply="451 Requested action aborted Mails per session limit exceeded")

    async with fast_server(FastCatcher(plan=limited)) as relay:
        report = await send(ledger, relay.relay(connections=1))
    assert (report.accepted, refused, relay.connections) == (22, 1, 5)
