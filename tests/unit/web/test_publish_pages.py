from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from newsletter.articles.article import Tag
from newsletter.delivery.receipt import DeliveryState
from newsletter.issues.issue import Issue, State
from newsletter.pipeline.report import progress
from newsletter.site.site import Site
from newsletter.store.audit import entries
from newsletter.store.database import Database
from newsletter.store.issues import find_issue
from newsletter.store.users import Role
from newsletter.web.app import make_app
from tests.demo.catcher import MailCatcher, catching_mail
from tests.factories.desk import (
    NOW,
    SLUG,
    drafted,
    gather_articles,
    make_site,
    subscribe,
    week_of_articles,
)
from tests.factories.desk_browser import Browser, Page, session_cookie
from tests.factories.issues import DUE, make_article
from tests.unit.web.conftest import COPY_DESK, NEWS_DESK

URL = "/desk/weekly/1"
HOUR = timedelta(hours=1)
READERS = tuple(f"reader{number}@example.org" for number in range(60))

Browse = Callable[..., Browser]


@pytest.fixture(scope="module")
def catcher() -> Iterator[MailCatcher]:
    """A real SMTP server."""
    with catching_mail() as running:
        yield running


@pytest.fixture
def sending_site(sqlite_database: Database, tmp_path: Path, catcher: MailCatcher) -> Site:
    """A site with 60 readers and a relay that takes 40 messages a second."""
    relay = {"port": catcher.port, "rate": "40/s"}
    site = make_site(sqlite_database, tmp_path, relay=relay, allow_test=["@example.net"])
    drafted(site, 12)
    subscribe(site, *READERS)
    return site


@pytest_asyncio.fixture
async def news_desk(sending_site: Site) -> AsyncIterator[Browser]:
    """A publisher at a browser."""
    app = make_app(sending_site, clock=lambda: NOW)
    cookie = session_cookie(sending_site, NEWS_DESK, role=Role.PUBLISHER, now=NOW)
    browser = Browser(app, cookie)
    async with app.router.lifespan_context(app):
        yield browser
    await browser.close()


def state_of(site: Site) -> State:
    """Where the issue stands."""
    with site.database.transaction(read_only=True) as connection:
        return find_issue(connection, SLUG, 1).state


def issue_of(site: Site) -> Issue:
    """The issue as it stands."""
    with site.database.transaction(read_only=True) as connection:
        return find_issue(connection, SLUG, 1)


def accepted(site: Site) -> int:
    """How many messages a relay has taken."""
    with site.database.transaction(read_only=True) as connection:
        issue = find_issue(connection, SLUG, 1)
    return progress(site, issue).counts[DeliveryState.ACCEPTED]


def in_hand(site: Site) -> int:
    """How many messages a sender holds."""
    with site.database.transaction(read_only=True) as connection:
        issue = find_issue(connection, SLUG, 1)
    counts = progress(site, issue).counts
    return counts[DeliveryState.CLAIMED] + counts[DeliveryState.TRANSMITTING]


async def until(condition: Callable[[], bool], *, seconds: float = 30) -> None:
    """Wait for what another thread brings about."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - nobody tells: it is read from the database
            await asyncio.sleep(0.02)


async def press(browser: Browser, page: Page, verb: str, **fields: str) -> Page:
    """Submit the page's form for this verb."""
    form = page.tree.xpath(f"//form[@action='{URL}/{verb}']")
    assert form, f"the page has no button for {verb}"
    return await browser.submit(form[0], **fields)


async def test_approving_says_whom_it_reaches_and_freezes_what_was_seen(
    news_desk: Browser, sending_site: Site
) -> None:
    """Readers, editions and messages are counted; who approved is in the record."""
    page = await news_desk.get(f"{URL}/publish")
    numbers = [node.text_content() for node in page.tree.xpath("//dl[@class='numbers']//dd")]
    assert numbers[:3] == ["60", "1", "60"]
    page = await press(news_desk, page, "approve")
    assert page.status == 200
    assert state_of(sending_site) is State.APPROVED
    with sending_site.database.transaction(read_only=True) as connection:
        assert [entry.what for entry in entries(connection, limit=1)] == ["approve"]


async def test_a_page_seen_before_a_change_approves_nothing(
    news_desk: Browser, sending_site: Site
) -> None:
    """What was approved is what the publisher saw, not what somebody made of it since."""
    seen = await news_desk.get(f"{URL}/publish")
    desk = await news_desk.get(URL)
    await news_desk.submit(
        desk.tree.xpath("//form[input[@value='say-intro']]")[0], intro="New words"
    )
    page = await press(news_desk, seen, "approve")
    assert page.status == 409
    assert "has changed since you saw" in page.words
    assert state_of(sending_site) is State.DRAFT


async def test_a_time_chosen_on_approval_is_shown_and_can_be_changed_or_taken_back(
    news_desk: Browser, sending_site: Site
) -> None:
    """Saturday at nine in place of Monday at seven; then Sunday; then as it was due."""
    page = await news_desk.get(f"{URL}/publish")
    assert page.tree.xpath("//input[@name='send_at']/@value") == [f"{DUE:%Y-%m-%dT%H:%M}"]
    page = await press(news_desk, page, "approve", send_at=f"{DUE - HOUR * 8:%Y-%m-%dT%H:%M}")
    assert "Sunday 2 March, 23:00 UTC" in page.words
    assert "You chose this time; it is due Mon 3 Mar, 07:00" in page.words
    assert "Sun 2 Mar, 23:00" in (await news_desk.get("/desk")).words
    page = await press(news_desk, page, "schedule", send_at=f"{DUE + HOUR:%Y-%m-%dT%H:%M}")
    assert issue_of(sending_site).send_at == DUE + HOUR
    back = page.tree.xpath("//form[.//button[normalize-space()='Send when it is due']]")
    page = await news_desk.submit(back[0])
    assert issue_of(sending_site).send_at is None
    assert "Monday 3 March, 07:00 UTC" in page.words


@pytest.mark.parametrize(
    ("send_at", "said"),
    [
        ("2025-03-01T07:00", "is in the past"),
        ("2025-03-10T07:00", "The next issue is due by then"),
        ("soon", "is not a date and time"),
        ("9999-12-31T23:59", "The next issue is due by then"),
    ],
)
async def test_an_impossible_time_is_refused_and_approves_nothing(
    news_desk: Browser, sending_site: Site, send_at: str, said: str
) -> None:
    """The page says why, and the issue stays a draft."""
    page = await press(news_desk, await news_desk.get(f"{URL}/publish"), "approve", send_at=send_at)
    assert page.status == 422
    assert said in page.words
    assert state_of(sending_site) is State.DRAFT


async def test_what_came_after_the_approval_is_in_the_tray_and_can_be_taken_in(
    news_desk: Browser, sending_site: Site
) -> None:
    """A late article is shown with the way to have it; a new version of a known one is not."""
    await press(news_desk, await news_desk.get(f"{URL}/publish"), "approve")
    assert "came after the approval" not in (await news_desk.get(URL)).words
    known = replace(week_of_articles(1)[0], key="elsewhere", source="Another feed")
    late = make_article(70, tags=(Tag(slug="making", label="making"),), published=DUE - HOUR / 2)
    gather_articles(sending_site, [late, known], now=NOW + HOUR)
    page = await news_desk.get(URL)
    assert "1 article came after the approval" in page.words
    assert page.tree.xpath("//ul[@class='tray']/li//a/text()")[0] == late.title
    form = page.tree.xpath("//form[.//input[@name='take-in']]")
    page = await news_desk.submit(form[0])
    assert state_of(sending_site) is State.DRAFT
    assert late.key in {item.article.key for item in issue_of(sending_site).items}


async def test_only_publishers_approve_and_send(sending_site: Site, news_desk: Browser) -> None:
    """An editor sees no such buttons, and a forged form is refused."""
    app = make_app(sending_site, clock=lambda: NOW)
    copy_desk = Browser(app, session_cookie(sending_site, COPY_DESK, role=Role.EDITOR, now=NOW))
    page = await copy_desk.get(f"{URL}/publish")
    assert not page.tree.xpath(f"//form[@action='{URL}/approve']")
    token = page.tree.xpath("//input[@name='csrf']/@value")[0]
    for verb in ("approve", "schedule", "send", "stop", "close", "reopen", "hold"):
        answer = await copy_desk._client.post(f"{URL}/{verb}", data={"csrf": token})
        assert answer.status_code == 403
    assert state_of(sending_site) is State.DRAFT
    await copy_desk.close()


async def test_a_test_goes_only_where_the_site_allows(
    news_desk: Browser, sending_site: Site, catcher: MailCatcher
) -> None:
    """Marked, real, and to nobody else; the issue does not move."""
    before = len(catcher.mails)
    page = await news_desk.get(f"{URL}/publish")
    refused = await press(news_desk, page, "test", to="stranger@example.com")
    assert refused.status == 422
    assert "not an address that this site allows" in refused.words
    sent = await press(news_desk, page, "test", to="colleague@example.net")
    assert "A test went to colleague@example.net" in sent.words
    assert [mail.recipient for mail in catcher.mails[before:]] == ["colleague@example.net"]
    assert str(catcher.mails[-1].message["Subject"]).startswith("[TEST]")
    assert state_of(sending_site) is State.DRAFT


async def test_a_relay_that_is_away_is_said_on_the_page(
    news_desk: Browser, sending_site: Site
) -> None:
    """No stack trace: a sentence."""
    away = sending_site.settings.relays[0].model_copy(update={"port": 9})
    object.__setattr__(sending_site.settings, "relays", (away,))
    page = await press(
        news_desk, await news_desk.get(f"{URL}/publish"), "test", to="colleague@example.net"
    )
    assert page.status == 502


async def test_what_was_approved_arrives_byte_for_byte(
    news_desk: Browser, sending_site: Site, catcher: MailCatcher
) -> None:
    """The hash on a reader's preview is that of the HTML the reader gets, links aside."""
    catcher.mails.clear()
    await press(news_desk, await news_desk.get(f"{URL}/publish"), "approve")
    preview = await news_desk.get(f"{URL}/preview?as={READERS[7]}")
    wanted = preview.tree.xpath("//code[@id='sha256']")[0].text
    report = await press(news_desk, await news_desk.get(f"{URL}/publish"), "send")
    assert report.url == f"{URL}/report"
    await until(lambda: state_of(sending_site) is State.SENT)
    (mail,) = [mail for mail in catcher.mails if mail.recipient == READERS[7]]
    assert mail.html_sha256 == wanted
    page = await news_desk.get(f"{URL}/report")
    assert "Audience 60 = 60 accepted + 0 rejected" in page.words
    assert "example.org" in page.words
    assert page.tree.xpath("//*[name()='polyline']")


async def test_a_send_is_stopped_resumed_and_closed(
    news_desk: Browser, sending_site: Site, catcher: MailCatcher
) -> None:
    """Within a second nothing more goes out; what is left is sent, or given up and counted."""
    catcher.mails.clear()
    subscribe(sending_site, *(f"more{number}@example.com" for number in range(140)))
    await press(news_desk, await news_desk.get(f"{URL}/publish"), "approve")
    page = await press(news_desk, await news_desk.get(f"{URL}/publish"), "send")
    await until(lambda: accepted(sending_site) >= 5)
    page = await press(news_desk, await news_desk.get(f"{URL}/report"), "stop")
    assert state_of(sending_site) is State.STOPPED
    await until(lambda: in_hand(sending_site) == 0, seconds=2)
    stopped_at = accepted(sending_site)
    assert len(catcher.mails) == stopped_at < 200

    page = await press(news_desk, await news_desk.get(f"{URL}/report"), "send")
    await until(lambda: accepted(sending_site) > stopped_at)
    page = await press(news_desk, await news_desk.get(f"{URL}/report"), "stop")
    await until(lambda: in_hand(sending_site) == 0, seconds=2)
    page = await press(news_desk, await news_desk.get(f"{URL}/report"), "close")
    assert state_of(sending_site) is State.SENT
    assert "expired" in page.words
    assert page.tree.xpath("//p[contains(@class, 'sum ok')]"), "the sum comes out"
    assert len({mail.recipient for mail in catcher.mails}) == len(catcher.mails), "none twice"


async def test_an_approved_issue_can_be_reopened(news_desk: Browser, sending_site: Site) -> None:
    """It is a draft again, and the record says who did it."""
    await press(news_desk, await news_desk.get(f"{URL}/publish"), "approve")
    page = await press(news_desk, await news_desk.get(URL), "reopen")
    assert page.url == URL
    assert state_of(sending_site) is State.DRAFT
    with sending_site.database.transaction(read_only=True) as connection:
        assert [entry.what for entry in entries(connection, limit=2)] == ["reopen", "approve"]


async def test_a_held_issue_waits_for_its_approval(news_desk: Browser, sending_site: Site) -> None:
    """Held by a person, it can still be edited and approved."""
    page = await press(news_desk, await news_desk.get(f"{URL}/publish"), "hold")
    assert state_of(sending_site) is State.HELD
    await press(news_desk, page, "approve")
    assert state_of(sending_site) is State.APPROVED
