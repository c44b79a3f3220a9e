"""/settings/webhooks by HTTP: a program is added, told, told again, and removed."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from newsletter import scheduler
from newsletter.pipeline.webhooks import WebhookReport, deliver_webhooks
from newsletter.site.site import Site
from newsletter.store.audit import entries
from newsletter.store.tables import webhook_endpoints
from subscribers.history import Way
from subscribers.people import find
from subscribers.privacy import erase
from subscribers.unsubscribe import unsubscribe
from tests.factories.desk_browser import Browser, Page, visit
from tests.factories.site import READERS, make_site
from tests.factories.web_requests import NOW
from tests.servers.hooks import HookCatcher, hook_server

EDITOR = "ed@press.example.org"
PRIVATE = '# Ours.\n[fetch]\nallow_private = ["127.0.0.0/8"]\n'


@pytest.fixture
def hooks() -> Iterator[HookCatcher]:
    """A program that takes webhooks."""
    with hook_server() as catcher:
        yield catcher


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A site that tells nobody anything."""
    site = make_site(
        tmp_path, now=NOW - timedelta(days=9), url="http://127.0.0.1:8000", tables=PRIVATE
    )
    yield site
    site.database.close()


def tell(site: Site, now: datetime) -> WebhookReport:
    """One round of the job at that time."""
    return deliver_webhooks(site, clock=lambda: now, interrupted=threading.Event())


def form_with(page: Page, action: str) -> object:
    """The first form whose button has this value."""
    return page.tree.xpath(f"//form[.//button[@value='{action}']]")[0]


def test_a_program_is_added_told_and_told_again(site: Site, hooks: HookCatcher) -> None:
    """Its secret is shown once and signs at once; a message goes again under its own number."""
    secrets: list[str] = []

    async def add(browser: Browser) -> None:
        page = await browser.get("/settings/webhooks")
        assert "No webhooks yet" in page.words
        page = await browser.submit(
            form_with(page, "add"), "add", url=hooks.url, event="unsubscribed"
        )
        secrets.extend(page.tree.xpath("//pre/text()"))
        assert secrets[0].startswith("whsec_")
        assert secrets[0] not in (await browser.get("/settings/webhooks")).text
        again = await browser.submit(form_with(page, "add"), "add", url=hooks.url, event="sent")
        assert again.status == 409
        assert "go to that address already" in again.words

    visit(site, add, editor=EDITOR, now=NOW)
    assert site.settings.webhooks[0].secret == secrets[0]
    assert site.settings.webhooks[0].events == ("unsubscribed",)
    tell(site, NOW)
    with site.database.transaction() as connection:
        unsubscribe(connection, find(connection, READERS[0]).id, "weekly", Way.PAGE, NOW)
    hooks.status = 410
    later = NOW + timedelta(minutes=1)
    assert tell(site, later) == WebhookReport(given_up=1)
    hooks.status = 204

    async def again(browser: Browser) -> None:
        page = await browser.get("/settings/webhooks")
        assert "Given up 410" in page.words
        page = await browser.submit(form_with(page, "again"), "again")
        assert "Goes out soon" in page.words
        assert not page.tree.xpath("//button[@value='again']")

    visit(site, again, editor=EDITOR, now=later)
    assert tell(site, later) == WebhookReport(delivered=1)
    first, second = hooks.posted
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert json.loads(first.body) == json.loads(second.body)
    with site.database.transaction() as connection:
        assert [one.what for one in entries(connection, limit=2)] == [
            "resend webhook",
            "change settings",
        ]
        erase(connection, READERS[0], later)

    async def gone(browser: Browser) -> None:
        page = await browser.get("/settings/webhooks")
        assert "it answered 204" in page.words
        page = await browser.submit(form_with(page, "again"), "again")
        assert page.status == 409
        assert "not there any more" in page.words

    visit(site, gone, editor=EDITOR, now=later)


def test_a_webhook_is_removed_with_everything_else_left_in_the_file(
    site: Site, hooks: HookCatcher
) -> None:
    """What was there before is there after, comments too; the undo page shows no secret."""
    path = site.folder / "newsletter.toml"
    before = path.read_text(encoding="utf-8")

    async def work(browser: Browser) -> None:
        page = await browser.get("/settings/webhooks")
        page = await browser.submit(form_with(page, "add"), "add", url=hooks.url, event="sent")
        secret = site.settings.webhooks[0].secret
        undo = await browser.get("/settings/undo")
        assert hooks.url in undo.words
        assert secret not in undo.text
        page = await browser.get("/settings/webhooks")
        page = await browser.submit(form_with(page, "remove"), "remove")
        assert "Nothing is sent there any more." in page.words

    visit(site, work, editor=EDITOR, now=NOW)
    assert path.read_text(encoding="utf-8").rstrip() == before.rstrip()
    assert site.settings.webhooks == ()


def test_a_running_server_begins_to_tell_without_a_restart(
    site: Site, hooks: HookCatcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where it had nobody to tell when it started."""
    monkeypatch.setattr(scheduler, "WEBHOOKS_EVERY", timedelta(milliseconds=50))

    async def add(browser: Browser) -> None:
        page = await browser.get("/settings/webhooks")
        await browser.submit(form_with(page, "add"), "add", url=hooks.url, event="unsubscribed")

    def has_begun() -> bool:
        with site.database.transaction(read_only=True) as connection:
            return connection.execute(sa.select(webhook_endpoints)).first() is not None

    with scheduler.scheduling(site):
        visit(site, add, editor=EDITOR, now=NOW)
        wait_until(has_begun)
        with site.database.transaction() as connection:
            now = datetime.now(UTC)
            unsubscribe(connection, find(connection, READERS[1]).id, "weekly", Way.PAGE, now)
        wait_until(lambda: bool(hooks.posted))
    assert json.loads(hooks.posted[0].body)["type"] == "unsubscribed"


def wait_until(is_so: Callable[[], bool]) -> None:
    """Wait for what a thread does."""
    for _ in range(6000):
        if is_so():
            return
        time.sleep(0.02)
    raise AssertionError("it has not come about")


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"url": "nothing"}, "not a web address"),
        ({"url": "ftp://x.example/"}, "not a web address"),
        ({"url": "https://us:secret@x.example/"}, "has a password in it"),
        ({"event": ""}, "No event is chosen"),
        ({"seen": "earlier"}, "changed in the meantime"),
    ],
)
def test_what_cannot_be_is_said(site: Site, fields: dict[str, str], said: str) -> None:
    """Nothing is written."""

    async def work(browser: Browser) -> None:
        page = await browser.get("/settings/webhooks")
        given = {"url": "https://x.example/in", "event": "sent", **fields}
        page = await browser.submit(form_with(page, "add"), "add", **given)
        assert page.status == 409
        assert said in page.words

    visit(site, work, editor=EDITOR, now=NOW)
    assert site.settings.webhooks == ()
