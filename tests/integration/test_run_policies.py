"""`run` under the policies that bend the weekly rhythm: none of them loses an article."""

from __future__ import annotations

import asyncio
import email
import email.policy
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from newsletter.errors import NotPermittedError, RelayUnavailableError
from newsletter.issues.issue import State
from newsletter.issues.review import Remark
from newsletter.pipeline import screenshots as gallery
from newsletter.pipeline.approve import approve
from newsletter.pipeline.draft import draft
from newsletter.pipeline.gather import gather
from newsletter.pipeline.review import comment
from newsletter.site.site import Site, open_site
from newsletter.store.issues import all_issues
from newsletter.store.review_comments import comments_on, resolve_comment
from subscribers.history import Way
from subscribers.people import find
from subscribers.preferences import set_frequency
from subscribers.subscriber import Frequency
from tests.factories.runs import (
    DAY,
    HOUR,
    MONDAY,
    THURSDAY,
    WEEK,
    keys_of,
    run_all_at,
    run_at,
    states,
)
from tests.factories.site import READERS, make_site, publish
from tests.servers.smtp import Catcher, smtp_server

REMIND = 'editors = ["editor@example.net", "second@example.net"]\nremind = "24h"'


@pytest_asyncio.fixture
async def catcher() -> AsyncIterator[Catcher]:
    """A mail server that takes everything."""
    async with smtp_server(Catcher()) as catcher:
        yield catcher


@pytest.fixture(autouse=True)
def no_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server without Chromium: tests/browser has the reminder with a picture."""
    monkeypatch.setattr(gallery, "CHROMIUM", ())


def reconfigure(site: Site, old: str, new: str) -> Site:
    """The same site after its operator edited newsletter.toml."""
    path = site.folder / "newsletter.toml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    return open_site(site.folder, {})


async def test_a_holiday_has_no_issue_and_the_next_one_has_its_articles(
    tmp_path: Path, catcher: Catcher
) -> None:
    """Nothing on 9 March, everything on the 16th; ending the holiday later revives nothing."""
    site = make_site(tmp_path, now=THURSDAY, port=catcher.port, keys="holidays = [2026-03-09]")
    await run_at(site, THURSDAY)
    publish(tmp_path, THURSDAY, THURSDAY + HOUR)
    assert (await run_at(site, MONDAY)).did == "nothing due"
    site = reconfigure(site, "[2026-03-09]", "[]")
    assert (await run_at(site, MONDAY + HOUR)).did == "nothing due"
    assert (await run_at(site, MONDAY + WEEK)).did == "sent"
    assert keys_of(site, 1) == {"2026-03-05-10-00", "2026-03-05-11-00"}


async def test_a_paused_newsletter_sends_nothing_and_starts_again_with_its_next_occasion(
    tmp_path: Path, catcher: Catcher
) -> None:
    """What came due during the pause is passed over: no late issue when the pause ends."""
    site = make_site(tmp_path, now=THURSDAY, port=catcher.port, keys="paused = true")
    await run_at(site, THURSDAY)
    publish(tmp_path, THURSDAY, THURSDAY + HOUR)
    assert (await run_at(site, MONDAY)).did == "paused"
    site = reconfigure(site, "paused = true", "paused = false")
    assert (await run_at(site, MONDAY + 2 * DAY)).did == "nothing due"
    assert (await run_at(site, MONDAY + WEEK)).did == "sent"
    assert states(site) == [State.SENT]


async def test_an_open_comment_holds_an_issue_until_it_is_resolved(
    tmp_path: Path, catcher: Catcher
) -> None:
    """The issue goes out with the next run after that, and without a comment when it is due."""
    site = make_site(tmp_path, now=THURSDAY, port=catcher.port, approval="unless-commented")
    await run_at(site, THURSDAY)
    publish(tmp_path, THURSDAY, THURSDAY + HOUR)
    await asyncio.to_thread(draft, site, "weekly", now=MONDAY - HOUR)
    remark = Remark(article_key="", about="", name="Ada", text="The second link is dead.")
    await asyncio.to_thread(comment, site, "weekly", 1, remark, now=MONDAY - HOUR)
    for later in (timedelta(), HOUR):
        outcome = await run_at(site, MONDAY + later)
        assert outcome.did == "held: waits until 1 comment is resolved"
    assert catcher.caught == []
    with site.database.transaction() as connection:
        (issue,) = all_issues(connection, "weekly")
        (open_comment,) = comments_on(connection, issue)
        resolve_comment(connection, issue, open_comment.id, by="an editor", now=MONDAY + HOUR)
    assert (await run_at(site, MONDAY + 2 * HOUR)).did == "sent"
    publish(tmp_path, MONDAY + 3 * HOUR, MONDAY + 4 * HOUR)
    assert (await run_at(site, MONDAY + WEEK)).did == "sent"


async def test_editors_are_reminded_once_and_their_approval_sends(
    tmp_path: Path, catcher: Catcher
) -> None:
    """A day before, each editor gets one letter with the way to the desk; then they decide."""
    site = make_site(tmp_path, now=THURSDAY, port=catcher.port, approval="remind", keys=REMIND)
    publish(tmp_path, THURSDAY, THURSDAY + HOUR)
    assert (await run_at(site, MONDAY - 25 * HOUR)).did == "nothing due"
    assert (await run_at(site, MONDAY - 24 * HOUR)).did == "reminded the editors"
    assert (await run_at(site, MONDAY - 23 * HOUR)).did == "nothing due"
    assert sorted(catcher.recipients) == ["editor@example.net", "second@example.net"]
    letter = email.message_from_bytes(catcher.caught[0].content, policy=email.policy.SMTP)
    part = letter.get_body(("plain",))
    assert part is not None
    assert "https://news.example.org/desk/weekly/1" in part.get_content()
    assert "story of 05 March 2026 10:00" in part.get_content()
    assert "Monday 9 March 2026" in part.get_content()
    assert letter.get_body(("related",)) is None
    assert b"cid:" not in catcher.caught[0].content
    assert (await run_at(site, MONDAY)).did == "waits for an editor's approval"
    assert len(catcher.caught) == 2
    approve(site, "weekly", None, now=MONDAY + HOUR)
    assert (await run_at(site, MONDAY + HOUR)).did == "sent"
    assert sorted(catcher.recipients[2:]) == sorted(READERS)


async def test_an_approval_after_the_reminder_waits_for_the_hour(
    tmp_path: Path, catcher: Catcher
) -> None:
    """Approved on Sunday, sent on Monday; who approved early is not written to."""
    site = make_site(tmp_path, now=THURSDAY, port=catcher.port, approval="remind", keys=REMIND)
    publish(tmp_path, THURSDAY, THURSDAY + HOUR)
    await asyncio.to_thread(gather, site, "weekly", now=THURSDAY + 2 * HOUR)
    draft(site, "weekly", now=THURSDAY + 2 * HOUR)
    approve(site, "weekly", None, now=THURSDAY + 3 * HOUR)
    assert (await run_at(site, MONDAY - HOUR)).did == "nothing due"
    assert (await run_at(site, MONDAY)).did == "sent"
    assert sorted(catcher.recipients) == sorted(READERS)


async def test_a_reminder_that_no_relay_took_is_tried_again(tmp_path: Path) -> None:
    """The editors hear of the issue as soon as mail goes out again."""
    site = make_site(tmp_path, now=THURSDAY, port=9, approval="remind", keys=REMIND)
    publish(tmp_path, THURSDAY, THURSDAY + HOUR)
    await run_at(site, THURSDAY + 2 * HOUR)
    failed = await run_at(site, MONDAY - 2 * HOUR)
    assert isinstance(failed.problem, RelayUnavailableError)
    async with smtp_server(Catcher()) as catcher:
        site = reconfigure(site, "port = 9", f"port = {catcher.port}")
        assert (await run_at(site, MONDAY - HOUR)).did == "reminded the editors"
        assert len(catcher.caught) == 2


async def test_monthly_readers_get_one_digest_of_the_month_and_no_weekly_issue(
    tmp_path: Path, catcher: Catcher
) -> None:
    """Each article reaches a weekly reader once, and a monthly reader once."""
    site = make_site(
        tmp_path,
        now=THURSDAY,
        port=catcher.port,
        tables="""
[newsletters.monthly]
title = "The Monthly"
from = "The Monthly <monthly@news.example.org>"
list = "weekly"
digest_of = "weekly"
schedule = "0 7 1 * *"
min_items = 1
""",
    )
    with site.database.transaction() as connection:
        reader = find(connection, READERS[0])
        set_frequency(connection, reader.id, Frequency.MONTHLY, Way.PAGE, THURSDAY)
    publish(tmp_path, THURSDAY, THURSDAY + HOUR)
    await run_all_at(site, THURSDAY + 2 * HOUR)
    await run_all_at(site, MONDAY)
    assert sorted(catcher.recipients) == sorted(READERS[1:])
    publish(tmp_path, MONDAY + DAY, MONDAY + 2 * DAY)
    await run_all_at(site, MONDAY + WEEK)
    first_of_april = datetime(2026, 4, 1, 7, tzinfo=MONDAY.tzinfo)
    _weekly, monthly = await run_all_at(site, first_of_april)
    assert monthly.did == "sent"
    assert catcher.recipients.count(READERS[0]) == 1
    assert len(catcher.caught) == 2 * len(READERS[1:]) + 1
    assert keys_of(site, 1, "monthly") == keys_of(site, 1) | keys_of(site, 2)
    await run_all_at(site, first_of_april + DAY)
    assert len(catcher.caught) == 2 * len(READERS[1:]) + 1


@pytest.mark.parametrize(
    ("asleep", "outcome"),
    [(3 * HOUR, "sent"), (3 * DAY, "held"), (timedelta(weeks=3, hours=1), "sent")],
    ids=["3 hours", "3 days", "3 weeks"],
)
async def test_a_machine_that_slept_over_its_hour(
    tmp_path: Path, catcher: Catcher, asleep: timedelta, outcome: str
) -> None:
    """3 hours are within max_lateness; 3 days are not; after 3 weeks the newest is served."""
    site = make_site(tmp_path, now=THURSDAY, port=catcher.port)
    await run_at(site, THURSDAY)
    publish(tmp_path, THURSDAY, THURSDAY + HOUR)
    ran = await run_at(site, MONDAY + asleep)
    assert states(site) == [State(outcome)]
    assert (ran.problem is not None) == (outcome == "held")
    assert len(catcher.caught) == (0 if outcome == "held" else len(READERS))


async def test_what_was_held_for_lateness_goes_out_with_the_next_occasion(
    tmp_path: Path, catcher: Catcher
) -> None:
    """Nobody looked all week: on Monday one issue has the articles of both weeks, once."""
    site = make_site(tmp_path, now=THURSDAY, port=catcher.port)
    publish(tmp_path, THURSDAY, THURSDAY + HOUR)
    await run_at(site, MONDAY - HOUR)
    assert isinstance((await run_at(site, MONDAY + 3 * DAY)).problem, NotPermittedError)
    publish(tmp_path, MONDAY + 4 * DAY)
    assert (await run_at(site, MONDAY + WEEK)).did == "sent"
    assert keys_of(site, 1) == {"2026-03-05-10-00", "2026-03-05-11-00", "2026-03-13-07-00"}
    assert states(site) == [State.SENT]


async def test_a_new_schedule_revives_no_past_day(tmp_path: Path, catcher: Catcher) -> None:
    """From Mondays to Tuesdays on a Wednesday: the next issue is due on Tuesday, none is late."""
    site = make_site(tmp_path, now=THURSDAY, port=catcher.port)
    await run_at(site, THURSDAY)
    publish(tmp_path, THURSDAY, THURSDAY + HOUR)
    assert (await run_at(site, MONDAY)).did == "sent"
    await run_at(site, MONDAY + 2 * DAY)
    site = reconfigure(site, "0 7 * * mon", "0 7 * * tue")
    publish(tmp_path, MONDAY + 3 * DAY, MONDAY + 4 * DAY)
    assert (await run_at(site, MONDAY + 2 * DAY + HOUR)).did == "nothing due"
    assert (await run_at(site, MONDAY + WEEK)).did == "nothing due"
    assert (await run_at(site, MONDAY + WEEK + DAY)).did == "sent"


async def test_a_site_that_moves_west_serves_its_monday_once(
    tmp_path: Path, catcher: Catcher
) -> None:
    """Monday 7:00 in Sydney was served; Monday 7:00 in London, hours later, is the same date."""
    site = make_site(tmp_path, now=THURSDAY, port=catcher.port, timezone="Australia/Sydney")
    publish(tmp_path, THURSDAY, THURSDAY + HOUR)
    sydney = MONDAY - 11 * HOUR
    await run_at(site, THURSDAY)
    assert (await run_at(site, sydney)).did == "sent"
    site = reconfigure(site, "Australia/Sydney", "Europe/London")
    publish(tmp_path, MONDAY + DAY, MONDAY + 2 * DAY)
    assert (await run_at(site, MONDAY)).did == "nothing due"
    assert (await run_at(site, MONDAY + WEEK)).did == "sent"
    assert states(site) == [State.SENT, State.SENT]


async def test_a_clock_that_ran_ahead_stops_no_issue_once_it_is_right(
    tmp_path: Path, catcher: Catcher
) -> None:
    """An issue went out three weeks early; those between come, with their own articles."""
    site = make_site(tmp_path, now=THURSDAY, port=catcher.port)
    await run_at(site, THURSDAY)
    publish(tmp_path, THURSDAY, THURSDAY + HOUR)
    assert (await run_at(site, MONDAY + 3 * WEEK)).did == "sent"
    assert (await run_at(site, THURSDAY + 2 * HOUR)).did == "nothing due"
    publish(tmp_path, THURSDAY + DAY, THURSDAY + 2 * DAY)
    assert (await run_at(site, MONDAY)).did == "sent"
    assert keys_of(site, 2) == {"2026-03-06-10-00", "2026-03-07-10-00"}
    publish(tmp_path, MONDAY + DAY, MONDAY + 2 * DAY)
    assert (await run_at(site, MONDAY + WEEK)).did == "sent"
    assert (await run_at(site, MONDAY + 3 * WEEK)).did == "nothing due"
    assert len(catcher.caught) == 3 * len(READERS)


async def test_a_clock_that_fell_back_repeats_nothing(tmp_path: Path, catcher: Catcher) -> None:
    """Two months back for an hour, as after a dead battery: no issue, no article twice."""
    site = make_site(tmp_path, now=THURSDAY, port=catcher.port)
    publish(tmp_path, THURSDAY, THURSDAY + HOUR)
    await run_at(site, THURSDAY + HOUR)
    assert (await run_at(site, MONDAY)).did == "sent"
    assert (await run_at(site, MONDAY - 8 * WEEK)).did == "nothing due"
    assert (await run_at(site, MONDAY + HOUR)).did == "nothing due"
    publish(tmp_path, MONDAY + DAY, MONDAY + 2 * DAY)
    assert (await run_at(site, MONDAY + WEEK)).did == "sent"
    assert keys_of(site, 2) == {"2026-03-10-07-00", "2026-03-11-07-00"}
