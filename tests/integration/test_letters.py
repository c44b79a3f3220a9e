"""Letters go out by the sender of issues: each once, beside an issue, and they hear a stop."""

from __future__ import annotations

import asyncio
import threading
from datetime import timedelta
from pathlib import Path

import pytest

from newsletter.delivery import sender
from newsletter.delivery.classify import Stage
from newsletter.delivery.receipt import DeliveryState
from newsletter.pipeline.approve import approve
from newsletter.pipeline.draft import draft
from newsletter.pipeline.flush_letters import flush, post_soon, post_until
from newsletter.pipeline.gather import gather
from newsletter.pipeline.send import send
from newsletter.pipeline.status import site_status
from newsletter.site.site import Site
from newsletter.store import outbox
from newsletter.store.outbox_ledger import OutboxLedger
from tests.factories.letters import (
    letters_by_state,
    put_letters,
    send_letters_with_kills,
    stranger,
    wait_until_sent,
)
from tests.factories.runs import HOUR, MONDAY, THURSDAY
from tests.factories.site import READERS, make_site, publish
from tests.servers.fast_smtp import FastCatcher, Spoilt, fast_server, slow_at

S = DeliveryState


def site_at(folder: Path, catcher: FastCatcher, database_url: str, **settings: str) -> Site:
    """A site whose relay is the catcher."""
    return make_site(folder, now=THURSDAY, port=catcher.port, database=database_url, **settings)


async def test_letters_share_connections_and_each_is_sent_once(
    tmp_path: Path, database_url: str
) -> None:
    """Half of the relay's connections: an issue may need the others. The outbox is then empty."""
    async with fast_server(FastCatcher(plan=slow_at(Stage.DOT, 0.001))) as catcher:
        site = site_at(tmp_path, catcher, database_url, relay="connections = 4")
        put_letters(site, 60, MONDAY)
        accepted = await asyncio.to_thread(flush, site, lambda: MONDAY)
        assert (accepted, catcher.messages, len(catcher.copies)) == (60, 60, 60)
        assert catcher.connections <= 2
    assert letters_by_state(site) == {}
    site.database.close()


async def test_twenty_letters_on_a_slow_relay_go_once(tmp_path: Path, database_url: str) -> None:
    """Another process that comes by ten minutes or a day later takes none that is in hand."""
    async with fast_server(FastCatcher(plan=slow_at(Stage.DOT, 0.3))) as catcher:
        site = site_at(tmp_path, catcher, database_url, relay="connections = 4")
        other = site_at(tmp_path, catcher, database_url, relay="connections = 4")
        put_letters(site, 20, MONDAY)
        slow = asyncio.create_task(asyncio.to_thread(flush, site, lambda: MONDAY))
        await catcher.has_caught(1)
        quick = await asyncio.to_thread(flush, other, lambda: MONDAY + timedelta(days=1))
        assert quick + await slow == 20
    assert set(catcher.copies.values()) == {1}
    assert letters_by_state(site) == {}
    site.database.close()
    other.database.close()


async def test_an_issue_does_not_wait_for_letters(tmp_path: Path, database_url: str) -> None:
    """Nor they for it: its readers have their copies while letters still wait."""
    has_issue = asyncio.Event()

    def slow_to_strangers(stage: Stage, recipient: str) -> Spoilt | None:
        is_stranger = recipient.startswith("stranger")
        if stage is Stage.DOT and not is_stranger:
            has_issue.set()
        is_slow = stage is Stage.DOT and is_stranger and not has_issue.is_set()
        return Spoilt(delay=0.1) if is_slow else None

    async with fast_server(FastCatcher(plan=slow_to_strangers)) as catcher:
        site = site_at(tmp_path, catcher, database_url, relay="connections = 4", approval="hold")
        publish(tmp_path, MONDAY - 3 * HOUR, MONDAY - 2 * HOUR)
        await asyncio.to_thread(gather, site, "weekly", now=MONDAY)
        issue = draft(site, "weekly", now=MONDAY)
        approve(site, "weekly", issue.number, now=MONDAY)
        put_letters(site, 600, MONDAY)
        posting = asyncio.create_task(asyncio.to_thread(flush, site, lambda: MONDAY))
        await catcher.has_caught(4)
        sending = asyncio.create_task(
            asyncio.to_thread(send, site, "weekly", issue.number, clock=lambda: MONDAY)
        )
        await has_issue.wait()
        assert catcher.messages < 600
        assert (await sending).counts[S.ACCEPTED] == len(READERS)
        assert await posting == 600
    assert set(catcher.copies.values()) == {1}
    site.database.close()


async def test_a_stop_is_heard_whatever_the_relay_does(
    tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was at its dot is unknown and stays so; the rest waits and goes out later, once."""
    monkeypatch.setattr(sender, "GRACE_SECONDS", 0.2)
    interrupted, silent = threading.Event(), True

    def answer_no_dot(stage: Stage, _recipient: str) -> Spoilt | None:
        if stage is Stage.DOT and silent:
            interrupted.set()
            return Spoilt(reply="")
        return None

    async with fast_server(FastCatcher(plan=answer_no_dot)) as catcher:
        site = site_at(tmp_path, catcher, database_url, relay="connections = 4")
        put_letters(site, 20, MONDAY)
        async with asyncio.timeout(60):  # the dot's own time is ten minutes
            await asyncio.to_thread(flush, site, lambda: MONDAY, interrupted=interrupted)
        states = letters_by_state(site)
        assert 1 <= len(states[S.UNKNOWN]) <= 2
        assert len(states[S.PENDING]) == 20 - len(states[S.UNKNOWN])
        silent = False
        await asyncio.to_thread(flush, site, lambda: MONDAY + timedelta(days=2))
        assert letters_by_state(site) == {S.UNKNOWN: states[S.UNKNOWN]}
        assert site_status(site, now=MONDAY).letters.unknown == len(states[S.UNKNOWN])
    assert set(catcher.copies.values()) == {1}
    site.database.close()


async def test_letters_are_posted_soon_after_they_are_written(tmp_path: Path) -> None:
    """By whichever process; a request that wakes the post waits for no relay."""
    stop = threading.Event()
    async with fast_server(FastCatcher(plan=slow_at(Stage.DOT, 0.05))) as catcher:
        site = site_at(tmp_path, catcher, "sqlite:///newsletter.db")
        posting = threading.Thread(
            target=post_until,
            args=[
                site,
                lambda: MONDAY,
                stop,
                lambda: flush(site, lambda: MONDAY, interrupted=stop),
            ],
        )
        posting.start()
        put_letters(site, 1, MONDAY)
        await catcher.has_caught(1)
        await asyncio.to_thread(wait_until_sent, site)
        put_letters(site, 3, MONDAY)
        post_soon(site, lambda: MONDAY)
        assert letters_by_state(site)  # it has not waited for them
        await catcher.has_caught(4)
        stop.set()
        await asyncio.to_thread(posting.join)
        assert catcher.copies == {stranger(0): 2, stranger(1): 1, stranger(2): 1}
    site.database.close()


async def test_a_relay_that_refuses_us_makes_letters_wait(tmp_path: Path) -> None:
    """They count it as a try; nothing is lost, and nothing is raised."""
    refuse = Spoilt(reply="550 5.7.1 We do not take your mail")
    plan = {Stage.MAIL: refuse}.get
    async with fast_server(FastCatcher(plan=lambda stage, _recipient: plan(stage))) as catcher:
        site = site_at(tmp_path, catcher, "sqlite:///newsletter.db")
        put_letters(site, 3, MONDAY)
        assert await asyncio.to_thread(flush, site, lambda: MONDAY) == 0
    assert letters_by_state(site).keys() == {S.PENDING}
    with site.database.transaction(read_only=True) as connection:
        assert not outbox.is_anything_due(connection, MONDAY)
    letters = OutboxLedger(site.database)
    with letters.on_duty():
        claims = letters.claim(9, MONDAY + timedelta(minutes=1)).claims
    assert len(claims) == 3
    assert all(claim.attempts for claim in claims)
    site.database.close()


@pytest.mark.parametrize(
    ("database_url", "kills"), [("sqlite", 3), ("postgres", 2)], indirect=["database_url"]
)
async def test_a_killed_sender_of_letters_loses_none_and_repeats_none(
    tmp_path: Path, database_url: str, kills: int
) -> None:
    """What was at its dot is unknown, and nothing else."""
    async with fast_server(FastCatcher(plan=slow_at(Stage.DOT, 0.003))) as catcher:
        site = site_at(tmp_path, catcher, database_url, relay="connections = 4")
        await send_letters_with_kills(site, catcher, letters=200, kills=kills, now=MONDAY, seed=3)
    site.database.close()
