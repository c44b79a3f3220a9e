"""An editor chooses another time for an approved issue: `run` sends it then, and once; on both databases."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from newsletter.errors import InputError, NotPermittedError
from newsletter.issues.issue import Issue, State
from newsletter.pipeline.approve import approve, hold, reschedule
from newsletter.pipeline.draft import draft
from newsletter.pipeline.edit import reopen
from newsletter.pipeline.gather import gather
from newsletter.pipeline.send import send
from newsletter.site.site import Site
from newsletter.store.audit import entries
from newsletter.store.editions import frozen_editions
from newsletter.store.issues import find_issue
from tests.factories.runs import DAY, HOUR, MONDAY, THURSDAY, WEEK, run_at, states
from tests.factories.site import READERS, make_site, publish
from tests.servers.smtp import Catcher, smtp_server

FRIDAY = THURSDAY + DAY
MINUTE = timedelta(minutes=1)

Approved = Callable[..., Awaitable[Site]]


@pytest_asyncio.fixture
async def catcher() -> AsyncIterator[Catcher]:
    """A mail server that takes everything."""
    async with smtp_server(Catcher()) as catcher:
        yield catcher


@pytest_asyncio.fixture
async def approved(tmp_path: Path, database_url: str, catcher: Catcher) -> AsyncIterator[Approved]:
    """Makes a site whose issue for MONDAY was approved on Thursday, to be sent at `send_at`."""
    made: list[Site] = []

    async def make(*, send_at: datetime | None = None) -> Site:
        site = make_site(
            tmp_path, now=THURSDAY, port=catcher.port, approval="hold", database=database_url
        )
        made.append(site)
        await run_at(site, THURSDAY)
        publish(tmp_path, *(THURSDAY - HOUR * ago for ago in (1, 2, 3)))
        await asyncio.to_thread(gather, site, "weekly", now=THURSDAY)
        draft(site, "weekly", now=THURSDAY)
        approve(site, "weekly", 1, now=THURSDAY, send_at=send_at)
        return site

    yield make
    for site in made:
        site.database.close()


def issue_of(site: Site, number: int = 1) -> Issue:
    """The issue as it stands."""
    with site.database.transaction(read_only=True) as connection:
        return find_issue(connection, "weekly", number)


async def test_an_earlier_time_sends_before_the_due_time_and_never_again(
    approved: Approved, catcher: Catcher
) -> None:
    """Sent on Friday at ten, not a minute before; Monday is served by it, the week after is not."""
    site = await approved(send_at=FRIDAY)
    assert (await run_at(site, FRIDAY - MINUTE)).did == "nothing due"
    assert (await run_at(site, FRIDAY)).did == "sent"
    assert (await run_at(site, MONDAY)).did == "nothing due"
    assert (await run_at(site, MONDAY + HOUR)).did == "nothing due"
    assert len(catcher.caught) == len(READERS)
    assert issue_of(site).due == MONDAY
    publish(site.folder, *(MONDAY + HOUR * hours for hours in (1, 2, 3)))
    assert (await run_at(site, MONDAY + WEEK)).issue == "weekly/2"


async def test_a_later_time_waits_past_the_due_time(approved: Approved, catcher: Catcher) -> None:
    """Due at seven, sent at the chosen noon of the next day; max_lateness counts from then."""
    site = await approved(send_at=MONDAY + DAY)
    for moment in (MONDAY, MONDAY + HOUR * 10, MONDAY + DAY - MINUTE):
        assert (await run_at(site, moment)).did == "nothing due"
    assert states(site) == [State.APPROVED]
    assert (await run_at(site, MONDAY + DAY + HOUR)).did == "sent"
    assert len(catcher.caught) == len(READERS)


async def test_late_is_not_blind_after_a_chosen_time_either(
    approved: Approved, catcher: Catcher
) -> None:
    """Nobody ran for a day after the chosen time: held, though its due time is still to come."""
    site = await approved(send_at=FRIDAY)
    outcome = await run_at(site, FRIDAY + DAY)
    assert isinstance(outcome.problem, NotPermittedError)
    assert (issue_of(site).state, issue_of(site).send_at) == (State.HELD, None)
    assert catcher.caught == []


async def test_send_now_does_not_wait_for_the_chosen_time(
    approved: Approved, catcher: Catcher
) -> None:
    """A person's `send` is sooner than the clock; the chosen time then sends nothing more."""
    site = await approved(send_at=FRIDAY)
    outcome = await sent_at(site, THURSDAY + HOUR)
    assert outcome is State.SENT
    assert (await run_at(site, FRIDAY)).did == "nothing due"
    assert len(catcher.caught) == len(READERS)


async def sent_at(site: Site, now: datetime) -> State:
    """The state after `send` at this moment."""
    outcome = await asyncio.to_thread(send, site, "weekly", 1, clock=lambda: now)
    return outcome.issue.state


async def test_another_time_changes_no_byte_and_is_recorded(
    approved: Approved, catcher: Catcher
) -> None:
    """Chosen, chosen anew, taken back: the frozen bytes stay; the same choice twice is one."""
    site = await approved()
    with site.database.transaction(read_only=True) as connection:
        before = frozen_editions(connection, issue_of(site))
    for chosen in (FRIDAY, FRIDAY, MONDAY + HOUR, None):
        issue = reschedule(
            site, "weekly", 1, send_at=chosen, editor="desk@example.org", now=THURSDAY
        )
        assert issue.goes_out == (chosen or MONDAY)
    with site.database.transaction(read_only=True) as connection:
        assert frozen_editions(connection, issue_of(site)) == before
        told = [entry.detail for entry in entries(connection, limit=9) if entry.what == "schedule"]
    assert told == [
        "weekly/1 for 2026-03-09T07:00+00:00",
        "weekly/1 for 2026-03-09T08:00+00:00",
        "weekly/1 for 2026-03-06T10:00+00:00",
    ]
    assert (await run_at(site, MONDAY)).did == "sent"


@pytest.mark.parametrize("taken_back", ["held", "reopened"])
async def test_a_chosen_time_ends_with_its_approval(
    approved: Approved, catcher: Catcher, taken_back: str
) -> None:
    """Held or reopened, the issue is not sent at the chosen time; the next approval starts anew."""
    site = await approved(send_at=FRIDAY)
    if taken_back == "held":
        hold(site, "weekly", 1)
    else:
        reopen(site, "weekly", 1, editor="desk@example.org", now=THURSDAY)
    assert (await run_at(site, FRIDAY)).did == "nothing due"
    approve(site, "weekly", 1, now=FRIDAY)
    assert (await run_at(site, FRIDAY + HOUR)).did == "nothing due"
    assert (await run_at(site, MONDAY)).did == "sent"


async def test_reopened_after_its_due_time_it_still_serves_that_occasion(
    approved: Approved, catcher: Catcher
) -> None:
    """While the issue waited, its occasion was not passed over."""
    site = await approved(send_at=MONDAY + HOUR * 4)
    assert (await run_at(site, MONDAY + HOUR)).did == "nothing due"
    reopen(site, "weekly", 1, editor="desk@example.org", now=MONDAY + HOUR)
    assert draft(site, "weekly", now=MONDAY + HOUR).due == MONDAY


async def test_neither_the_past_nor_the_next_issues_time_can_be_chosen(
    approved: Approved, catcher: Catcher
) -> None:
    """This very minute may be; the minute before and the next due time may not."""
    site = await approved()
    for chosen in (THURSDAY - MINUTE, MONDAY + WEEK):
        with pytest.raises(InputError):
            reschedule(site, "weekly", 1, send_at=chosen, editor="desk@example.org", now=THURSDAY)
    now = THURSDAY + timedelta(seconds=40)
    reschedule(site, "weekly", 1, send_at=THURSDAY, editor="desk@example.org", now=now)
    assert (await run_at(site, now)).did == "sent"
    with pytest.raises(NotPermittedError):
        reschedule(site, "weekly", 1, send_at=None, editor="desk@example.org", now=now)
