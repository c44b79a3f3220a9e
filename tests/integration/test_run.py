"""`run`, through every room: what is due goes out once, and policies hold it back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from newsletter.errors import NotPermittedError
from newsletter.issues.issue import State
from newsletter.pipeline.approve import approve
from newsletter.pipeline.draft import draft
from newsletter.pipeline.gather import gather
from newsletter.pipeline.send import send
from newsletter.site.site import Site
from newsletter.store.newsletters import set_armed
from tests.factories.runs import HOUR, MONDAY, THURSDAY, WEEK, keys_of, run_at, states
from tests.factories.site import READERS, make_site, publish
from tests.servers.smtp import Catcher, smtp_server

NewSite = Callable[..., Site]


@pytest_asyncio.fixture
async def catcher() -> AsyncIterator[Catcher]:
    """A mail server that takes everything."""
    async with smtp_server(Catcher()) as catcher:
        yield catcher


@pytest.fixture
def new_site(tmp_path: Path, catcher: Catcher, database_url: str) -> Iterator[NewSite]:
    """Makes the test's site, on either database."""
    made: list[Site] = []

    def make(**settings: Any) -> Site:
        made.append(
            make_site(tmp_path, now=THURSDAY, port=catcher.port, database=database_url, **settings)
        )
        return made[-1]

    yield make
    for site in made:
        site.database.close()


async def test_a_due_issue_goes_to_everyone_once(
    tmp_path: Path, catcher: Catcher, new_site: NewSite
) -> None:
    """Nothing before it is due, everything when it is, nothing when asked again."""
    site = new_site()
    publish(tmp_path, THURSDAY, THURSDAY + HOUR, THURSDAY + 2 * HOUR)
    assert (await run_at(site, THURSDAY + 3 * HOUR)).did == "nothing due"
    assert (await run_at(site, MONDAY)).did == "sent"
    assert (await run_at(site, MONDAY + HOUR)).did == "nothing due"
    assert sorted(catcher.recipients) == sorted(READERS)
    assert states(site) == [State.SENT]


async def test_two_runs_at_once_send_each_message_once(
    tmp_path: Path, catcher: Catcher, new_site: NewSite
) -> None:
    """Cron and the scheduler may meet at the same minute, on either database."""
    readers = tuple(f"reader{number}@example.org" for number in range(60))
    site = new_site(readers=readers)
    publish(tmp_path, THURSDAY, THURSDAY + HOUR)
    await run_at(site, THURSDAY + 3 * HOUR)
    await asyncio.gather(run_at(site, MONDAY), run_at(site, MONDAY))
    assert sorted(catcher.recipients) == sorted(readers)
    assert states(site) == [State.SENT]


async def test_a_thin_issue_is_skipped_and_its_article_waits(
    tmp_path: Path, catcher: Catcher, new_site: NewSite
) -> None:
    """One article is not enough; the next issue brings it."""
    site = new_site()
    publish(tmp_path, THURSDAY)
    await run_at(site, THURSDAY + HOUR)
    outcome = await run_at(site, MONDAY)
    assert outcome.did == "skipped: 1 of at least 2 articles"
    publish(tmp_path, MONDAY + HOUR)
    assert (await run_at(site, MONDAY + WEEK)).did == "sent"
    assert keys_of(site, 2) == {"2026-03-05-10-00", "2026-03-09-08-00"}
    assert states(site) == [State.SKIPPED, State.SENT]


async def test_a_late_issue_is_held_and_goes_out_once_approved(
    tmp_path: Path, catcher: Catcher, new_site: NewSite
) -> None:
    """Seven hours after its time a person has to look; an approval afterwards is a decision."""
    site = new_site()
    publish(tmp_path, THURSDAY, THURSDAY + HOUR)
    await run_at(site, THURSDAY + HOUR)
    late = await run_at(site, MONDAY + 7 * HOUR)
    assert isinstance(late.problem, NotPermittedError)
    assert (await run_at(site, MONDAY + 8 * HOUR)).did.startswith("held: late by 7:00:00")
    assert catcher.caught == []
    approve(site, "weekly", None, now=MONDAY + 9 * HOUR)
    assert (await run_at(site, MONDAY + 10 * HOUR)).did == "sent"
    assert sorted(catcher.recipients) == sorted(READERS)


async def test_an_issue_waits_for_approval_where_the_newsletter_says_so(
    tmp_path: Path, catcher: Catcher, new_site: NewSite
) -> None:
    """approval = "hold": due, drafted, not sent; once approved it is."""
    site = new_site(approval="hold")
    publish(tmp_path, THURSDAY, THURSDAY + HOUR)
    await run_at(site, THURSDAY + HOUR)
    assert (await run_at(site, MONDAY)).did == "waits for an editor's approval"
    assert catcher.caught == []
    approve(site, "weekly", None, now=MONDAY + HOUR)
    assert (await run_at(site, MONDAY + HOUR)).did == "sent"


async def test_three_weeks_asleep_serve_the_newest_only_and_lose_no_article(
    tmp_path: Path, catcher: Catcher, new_site: NewSite
) -> None:
    """The machine wakes just after a due time: one issue holds the articles of all weeks."""
    site = new_site()
    publish(tmp_path, THURSDAY)
    await asyncio.to_thread(gather, site, "weekly", now=THURSDAY + HOUR)
    draft(site, "weekly", now=THURSDAY + HOUR)
    publish(tmp_path, THURSDAY + WEEK, THURSDAY + 2 * WEEK)
    assert (await run_at(site, MONDAY + 2 * WEEK + HOUR)).did == "sent"
    assert states(site) == [State.SENT]
    assert keys_of(site, 1) == {"2026-03-05-10-00", "2026-03-12-10-00", "2026-03-19-10-00"}


async def test_articles_between_an_early_send_and_the_due_time_are_in_the_next(
    tmp_path: Path, catcher: Catcher, new_site: NewSite
) -> None:
    """An issue approved on Friday closes its window then; what came later is not lost."""
    site = new_site()
    friday = THURSDAY + timedelta(days=1)
    publish(tmp_path, THURSDAY, THURSDAY + HOUR)
    await asyncio.to_thread(gather, site, "weekly", now=friday)
    draft(site, "weekly", now=friday)
    approve(site, "weekly", None, now=friday)
    await asyncio.to_thread(send, site, "weekly", None, clock=lambda: friday)
    publish(tmp_path, friday + HOUR, MONDAY + HOUR)
    assert (await run_at(site, MONDAY)).did == "nothing due"
    assert (await run_at(site, MONDAY + WEEK)).did == "sent"
    assert keys_of(site, 2) == {"2026-03-06-11-00", "2026-03-09-08-00"}


async def test_a_late_resend_of_an_article_is_not_repeated(
    tmp_path: Path, catcher: Catcher, new_site: NewSite
) -> None:
    """An article that changes its date after it was sent does not come again."""
    site = new_site()
    publish(tmp_path, THURSDAY, THURSDAY + HOUR)
    await run_at(site, THURSDAY + 2 * HOUR)
    await run_at(site, MONDAY)
    for path in (tmp_path / "articles").iterdir():
        path.write_text(path.read_text().replace("date: 2026-03-05", "date: 2026-03-11"))
    assert (await run_at(site, MONDAY + WEEK)).did.startswith("skipped")


async def test_a_restored_site_does_not_send_until_it_is_armed(
    tmp_path: Path, catcher: Catcher, new_site: NewSite
) -> None:
    """Rule 7: what was sent since the backup must not be sent again by itself."""
    site = new_site()
    publish(tmp_path, THURSDAY, THURSDAY + HOUR)
    await run_at(site, THURSDAY + 2 * HOUR)
    with site.database.transaction() as connection:
        set_armed(connection, False)
    assert isinstance((await run_at(site, MONDAY)).problem, NotPermittedError)
    assert catcher.caught == []
    with site.database.transaction() as connection:
        set_armed(connection, True)
    assert (await run_at(site, MONDAY + HOUR)).did == "sent"
