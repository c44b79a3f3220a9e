"""The operators hear of each run: the switch is pinged, and a letter says what needs attention."""

from __future__ import annotations

import asyncio
import email
import email.policy
from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from pathlib import Path

import pytest
import pytest_asyncio

from newsletter.jobs import operators
from newsletter.jobs.due_issue import RunOutcome
from newsletter.jobs.operators import watched_run
from newsletter.jobs.supervisor import Supervisor
from newsletter.pipeline.approve import approve
from newsletter.site.site import Site
from tests.factories.runs import DAY, HOUR, MONDAY, THURSDAY
from tests.factories.site import READERS, make_site, publish
from tests.servers.hooks import HookCatcher, hook_server
from tests.servers.smtp import Catcher, smtp_server

OPERATORS = """
[fetch]
allow_private = ["127.0.0.1"]

[operators]
mail = ["operator@example.net"]
ping_url = "{url}"
"""


@pytest_asyncio.fixture
async def catcher() -> AsyncIterator[Catcher]:
    """A mail server that takes everything."""
    async with smtp_server(Catcher()) as catcher:
        yield catcher


@pytest.fixture
def switch() -> Iterator[HookCatcher]:
    """A dead man's switch on loopback."""
    with hook_server() as catcher:
        yield catcher


def pings(switch: HookCatcher) -> list[tuple[str, str]]:
    """Path and body of each ping, in order."""
    return [(ping.path, ping.body.decode()) for ping in switch.posted]


async def watched(site: Site, now: datetime) -> list[RunOutcome]:
    """One run, of which the operators hear."""
    supervisor = Supervisor(site.database, lambda: now)
    return list((await asyncio.to_thread(watched_run, site, supervisor)).newsletters)


async def test_the_switch_hears_start_and_success_with_a_summary(
    tmp_path: Path, catcher: Catcher, switch: HookCatcher
) -> None:
    """Success is silent by mail: nothing but the issue goes out."""
    site = make_site(
        tmp_path, now=THURSDAY, port=catcher.port, tables=OPERATORS.format(url=switch.url)
    )
    await watched(site, THURSDAY)
    publish(tmp_path, THURSDAY, THURSDAY + HOUR)
    await watched(site, MONDAY)
    assert pings(switch) == [
        ("/hook/start", ""),
        ("/hook", "weekly: nothing due"),
        ("/hook/start", ""),
        ("/hook", "weekly: sent weekly/1, 4 readers: 4 accepted"),
    ]
    assert sorted(catcher.recipients) == sorted(READERS)


async def test_a_trouble_fails_the_switch_each_time_and_is_mailed_once_a_day(
    tmp_path: Path, catcher: Catcher, switch: HookCatcher
) -> None:
    """A late issue: held, told with what to do, told again a day later, and no more once mended."""
    site = make_site(
        tmp_path, now=THURSDAY, port=catcher.port, tables=OPERATORS.format(url=switch.url)
    )
    await watched(site, THURSDAY)
    publish(tmp_path, THURSDAY, THURSDAY + HOUR)
    late = MONDAY + 7 * HOUR
    await watched(site, late)
    assert pings(switch)[-1][0] == "/hook/fail"
    assert "Fix: to send it anyway, `newsletter approve weekly/1`" in pings(switch)[-1][1]
    assert catcher.recipients == ["operator@example.net"]
    letter = email.message_from_bytes(catcher.caught[0].content, policy=email.policy.SMTP)
    assert str(letter["Subject"]).startswith("The Weekly needs attention: weekly/1 is late by")
    for kind in ("plain", "html"):
        part = letter.get_body((kind,))
        assert part is not None
        assert "newsletter approve weekly/1" in part.get_content()
    for hours in (1, 2, 3):
        await watched(site, late + hours * HOUR)
    assert pings(switch)[-1][0] == "/hook/fail"
    assert len(catcher.caught) == 2  # "is late", then "is held": no more
    await watched(site, late + 2 * DAY)
    assert len(catcher.caught) == 3
    approve(site, "weekly", None, now=late + 2 * DAY)
    await watched(site, late + 2 * DAY + HOUR)
    assert pings(switch)[-1][0] == "/hook"
    assert len(catcher.caught) == 3 + len(READERS)


async def test_a_switch_that_is_away_stops_nothing(
    tmp_path: Path, catcher: Catcher, caplog: pytest.LogCaptureFixture
) -> None:
    """The issue goes out; the log says that nobody heard."""
    site = make_site(
        tmp_path,
        now=THURSDAY,
        port=catcher.port,
        tables=OPERATORS.format(url="http://127.0.0.1:9/hook"),
    )
    await watched(site, THURSDAY)
    publish(tmp_path, THURSDAY, THURSDAY + HOUR)
    (outcome,) = await watched(site, MONDAY)
    assert outcome.did == "sent"
    assert "operators.ping_url" in caplog.text


async def test_the_guard_keeps_the_ping_from_private_addresses(
    tmp_path: Path, switch: HookCatcher
) -> None:
    """A ping goes through the same door as every fetch."""
    tables = OPERATORS.format(url=switch.url).replace('["127.0.0.1"]', "[]")
    site = make_site(tmp_path, now=THURSDAY, tables=tables)
    await watched(site, THURSDAY)
    assert pings(switch) == []


async def test_an_error_of_our_own_is_told_too(
    tmp_path: Path,
    catcher: Catcher,
    switch: HookCatcher,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A defect in the code fails the switch, is mailed, and still ends the run."""

    def broken(*_arguments: object, **_named: object) -> list[RunOutcome]:
        raise ZeroDivisionError("nobody foresaw this")

    site = make_site(
        tmp_path, now=THURSDAY, port=catcher.port, tables=OPERATORS.format(url=switch.url)
    )
    monkeypatch.setattr(operators, "run", broken)
    with pytest.raises(ZeroDivisionError):
        await watched(site, THURSDAY)
    assert pings(switch)[-1][0] == "/hook/fail"
    assert "nobody foresaw this" in pings(switch)[-1][1]
    assert catcher.recipients == ["operator@example.net"]


async def test_a_letter_that_was_not_taken_is_written_by_the_next_run(
    tmp_path: Path, catcher: Catcher, switch: HookCatcher
) -> None:
    """The operator's server says "later": the trouble counts as told only once it was."""
    site = make_site(
        tmp_path, now=THURSDAY, port=catcher.port, tables=OPERATORS.format(url=switch.url)
    )
    await watched(site, THURSDAY)
    publish(tmp_path, THURSDAY, THURSDAY + HOUR)
    catcher.faults["operator@example.net"] = "451 4.3.0 later"
    for hours in (7, 8, 9):
        await watched(site, MONDAY + hours * HOUR)
    assert catcher.caught == []
    catcher.faults.clear()
    for hours in (10, 11):
        await watched(site, MONDAY + hours * HOUR)
    assert catcher.recipients == ["operator@example.net"]
