"""Webhooks from a real site to a real server: what is told, how it is signed, and tried again."""

from __future__ import annotations

import base64
import concurrent.futures
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from newsletter.articles.fetch import HttpClient
from newsletter.cli.invocation import Invocation
from newsletter.cli.main import cli
from newsletter.config.settings import FetchSettings, WebhookSettings
from newsletter.issues.issue import State
from newsletter.pipeline import webhooks
from newsletter.pipeline.draft import draft
from newsletter.pipeline.webhooks import WAITS, WebhookReport, deliver_webhooks, sign
from newsletter.site.site import Site
from newsletter.store import tables
from newsletter.store import webhooks as outbox
from newsletter.store.database import Database
from subscribers.history import Event, HistoryEntry, Way, record
from subscribers.people import find, remove
from subscribers.privacy import erase
from subscribers.unsubscribe import unsubscribe
from tests.factories.site import make_site
from tests.factories.subscribers import join
from tests.servers.hooks import HookCatcher, hook_server

NOW = datetime(2026, 3, 5, 10, tzinfo=UTC)
SECRET = "a secret of more than sixteen"


@pytest.fixture
def hooks() -> Iterator[HookCatcher]:
    """A program that takes webhooks."""
    with hook_server() as catcher:
        yield catcher


@pytest.fixture
def site(tmp_path: Path, hooks: HookCatcher) -> Site:
    """A site that tells that program everything, and has begun to."""
    site = with_hooks(make_site(tmp_path, now=NOW), WebhookSettings(url=hooks.url, secret=SECRET))
    tell(site)
    return site


def with_hooks(site: Site, *webhooks: WebhookSettings, private: str = "127.0.0.1") -> Site:
    """The site with other webhooks."""
    changes = {"webhooks": webhooks, "fetch": FetchSettings(allow_private=(private,))}
    return replace(site, settings=site.settings.model_copy(update=changes))


def tell(site: Site, now: datetime = NOW) -> WebhookReport:
    """One round at that time."""
    return deliver_webhooks(site, clock=lambda: now, interrupted=threading.Event())


def documents(hooks: HookCatcher) -> list[dict[str, Any]]:
    """What was told, in order."""
    return [json.loads(posted.body) for posted in hooks.posted]


def leave(site: Site, address: str = "reader0@example.org", way: Way = Way.PAGE) -> None:
    """Somebody unsubscribes."""
    with site.database.transaction() as connection:
        unsubscribe(connection, find(connection, address).id, "weekly", way, NOW)


def add(site: Site, address: str = "new@example.org") -> None:
    """The operator puts somebody on the list."""
    with site.database.transaction() as connection:
        join(connection, address, now=NOW, name="New")


def test_what_readers_do_is_told_once(site: Site, hooks: HookCatcher) -> None:
    """Joining, leaving and bouncing are told, each by its name, and in the next round no more."""
    add(site)
    leave(site, "reader0@example.org", Way.ONE_CLICK)
    leave(site, "reader1@example.org", Way.BOUNCE)
    assert tell(site) == WebhookReport(delivered=3)
    assert tell(site, NOW + timedelta(days=1)) == WebhookReport()
    told = {document["type"]: document for document in documents(hooks)}
    assert set(told) == {"subscribed", "unsubscribed", "bounced"}
    assert told["subscribed"]["data"]["subscriber"]["address"] == "new@example.org"
    assert told["subscribed"]["data"]["list"] == "weekly"
    assert told["unsubscribed"]["data"]["way"] == "one-click"
    assert datetime.fromisoformat(told["bounced"]["timestamp"]) == NOW


def test_what_happened_before_is_not_told(tmp_path: Path, hooks: HookCatcher) -> None:
    """A program that is added later hears of what happens from then on."""
    site = make_site(tmp_path, now=NOW)
    leave(site)
    later = with_hooks(site, WebhookSettings(url=hooks.url, secret=SECRET))
    assert tell(later, NOW + timedelta(hours=1)) == WebhookReport()


def test_asking_to_join_is_not_joining(site: Site, hooks: HookCatcher) -> None:
    """Only what makes or ends a subscription is told: not a question, not a changed name."""
    with site.database.transaction() as connection:
        reader = find(connection, "reader0@example.org").id
        for event in set(Event) - {Event.ADD, Event.CONFIRM, Event.UNDO, Event.UNSUBSCRIBE}:
            entry = HistoryEntry(
                subscriber_id=reader, at=NOW, event=event, way=Way.FORM, list_slug="weekly"
            )
            record(connection, [entry])
    assert tell(site) == WebhookReport()
    assert hooks.posted == []


def test_each_program_hears_what_it_wants(tmp_path: Path) -> None:
    """Events are chosen for each address; both are told of the same happening on their own."""
    with hook_server() as one, hook_server() as two:
        site = with_hooks(
            make_site(tmp_path, now=NOW),
            WebhookSettings(url=one.url, secret=SECRET, events=("subscribed",)),
            WebhookSettings(url=two.url, secret=SECRET, events=("subscribed", "unsubscribed")),
        )
        tell(site)
        add(site)
        leave(site)
        assert tell(site) == WebhookReport(delivered=3)
        assert [document["type"] for document in documents(one)] == ["subscribed"]
        assert {document["type"] for document in documents(two)} == {"subscribed", "unsubscribed"}


def test_a_sent_issue_is_told_with_its_sums(site: Site, hooks: HookCatcher) -> None:
    """The issue's name, its page, and how many deliveries came to which end."""
    draft(site, "weekly", now=NOW)
    with site.database.transaction() as connection:
        connection.execute(
            sa.update(tables.issues).values(
                state=State.SENT, send_finished_at=NOW, audience=4, subject="Tides"
            )
        )
    assert tell(site) == WebhookReport(delivered=1)
    (document,) = documents(hooks)
    assert document["type"] == "sent"
    assert document["data"]["issue"] == "weekly/1"
    assert document["data"]["audience"] == 4
    assert document["data"]["url"] == "https://news.example.org/archive/weekly/1"
    assert tell(site, NOW + timedelta(hours=1)) == WebhookReport()


def test_the_signature_is_that_of_standard_webhooks(site: Site, hooks: HookCatcher) -> None:
    """The holder of the secret can check who it is from, when it was sent, and that it is whole."""
    add(site)
    tell(site)
    (posted,) = hooks.posted
    identifier, timestamp = posted.headers["webhook-id"], posted.headers["webhook-timestamp"]
    assert int(timestamp) == int(NOW.timestamp())
    signed = f"{identifier}.{timestamp}.".encode() + posted.body
    expected = base64.b64encode(hmac.new(SECRET.encode(), signed, hashlib.sha256).digest())
    assert posted.headers["webhook-signature"] == "v1," + expected.decode()
    assert posted.headers["content-type"] == "application/json"


def test_a_secret_in_the_specifications_form_is_read_as_such() -> None:
    """The example of the specification: whsec_ and base64."""
    signature = sign(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        1614265330,
        b'{"test": 2432232314}',
    )
    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_it_is_tried_again_with_growing_waits_and_then_given_up(
    site: Site, hooks: HookCatcher
) -> None:
    """A program that is down is asked later and later, and every time by the same webhook-id."""
    hooks.status = 500
    add(site)
    now = NOW
    for wait in WAITS:
        assert tell(site, now) == WebhookReport(deferred=1)
        assert tell(site, now + wait - timedelta(seconds=1)) == WebhookReport()
        now += wait
    assert tell(site, now) == WebhookReport(given_up=1)
    assert tell(site, now + timedelta(days=3)) == WebhookReport()
    assert len({posted.headers["webhook-id"] for posted in hooks.posted}) == 1
    assert len(hooks.posted) == len(WAITS) + 1


def test_it_arrives_once_the_program_is_back(site: Site, hooks: HookCatcher) -> None:
    """After a refusal the same words are told again."""
    hooks.status = 503
    add(site)
    tell(site)
    hooks.status = 200
    assert tell(site, NOW + WAITS[0]) == WebhookReport(delivered=1)
    assert hooks.posted[0].body == hooks.posted[1].body


def test_gone_is_for_good(site: Site, hooks: HookCatcher) -> None:
    """410 ends the matter at once."""
    hooks.status = 410
    add(site)
    assert tell(site) == WebhookReport(given_up=1)


def test_no_redirect_is_followed(site: Site, hooks: HookCatcher) -> None:
    """A redirect is a refusal: the secret's signature goes where the site said, only there."""
    hooks.status, hooks.location = 302, hooks.url + "/elsewhere"
    add(site)
    assert tell(site) == WebhookReport(deferred=1)
    assert [posted.path for posted in hooks.posted] == ["/hook"]


def test_private_addresses_are_not_asked(site: Site, hooks: HookCatcher) -> None:
    """The guard of the door to the web stands before webhooks, too."""
    guarded = with_hooks(site, *site.settings.webhooks, private="192.0.2.1")
    add(guarded)
    assert tell(guarded) == WebhookReport(deferred=1)
    assert hooks.posted == []
    with site.database.transaction(read_only=True) as connection:
        answer = connection.scalar(sa.select(tables.webhook_messages.c.answer))
    assert "private address" in str(answer)


def test_a_webhook_may_reach_the_private_host_that_it_names(site: Site, hooks: HookCatcher) -> None:
    """At the port that it names, and no other."""
    add(site)
    own = f"127.0.0.1:{urlsplit(hooks.url).port}"
    for hours, allowed, delivered in ((0, "127.0.0.1:1", 0), (1, own, 1)):
        hook = WebhookSettings(url=hooks.url, secret=SECRET, allow_private=(allowed,))
        named = with_hooks(site, hook, private="192.0.2.1")
        assert tell(named, NOW + timedelta(hours=hours)).delivered == delivered
        assert len(hooks.posted) == delivered


def test_nothing_of_a_reader_is_kept_after_telling(site: Site, hooks: HookCatcher) -> None:
    """The outbox remembers that it told, not of whom; after a month not even that."""
    add(site)
    tell(site)
    with site.database.transaction(read_only=True) as connection:
        row = connection.execute(sa.select(tables.webhook_messages)).one()
    assert "new@example.org" not in str(row)
    tell(site, NOW + outbox.KEPT + timedelta(hours=1))
    with site.database.transaction(read_only=True) as connection:
        assert connection.execute(sa.select(tables.webhook_messages)).first() is None


def test_a_number_that_comes_again_is_told_again(site: Site, hooks: HookCatcher) -> None:
    """SQLite reuses the number of an erased reader's row: what happens next is still told."""
    add(site, "first@example.org")
    tell(site)
    with site.database.transaction() as connection:
        erase(connection, "first@example.org", NOW)
        join(connection, "second@example.org", now=NOW + timedelta(hours=1))
    assert tell(site, NOW + timedelta(hours=1)) == WebhookReport(delivered=1)
    assert documents(hooks)[-1]["data"]["subscriber"]["address"] == "second@example.org"


def test_two_processes_tell_each_message_once(site: Site, hooks: HookCatcher) -> None:
    """`serve` and cron's `run` at the same moment share the outbox."""
    for number in range(20):
        add(site, f"new{number}@example.org")
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        rounds = [pool.submit(tell, site) for _ in range(4)]
        assert sum(done.result().delivered for done in rounds) == 20
    assert len({posted.headers["webhook-id"] for posted in hooks.posted}) == 20
    assert len(hooks.posted) == 20


def test_run_tells_what_is_due(tmp_path: Path, hooks: HookCatcher) -> None:
    """cron's `run` tells webhooks as `serve` does."""
    make_site(tmp_path, now=NOW)
    with (tmp_path / "newsletter.toml").open("a") as file:
        file.write(
            f'[fetch]\nallow_private = ["127.0.0.1"]\n'
            f'[[webhooks]]\nurl = "{hooks.url}"\nsecret = "{SECRET}"\n'
        )
    invocation = Invocation(folder=tmp_path, moment=NOW, started=time.monotonic())
    for _ in range(2):
        arguments = ["-C", str(tmp_path), "run"]
        CliRunner().invoke(cli, arguments, obj=invocation, standalone_mode=False)
        with invocation.site.database.transaction() as connection:
            join(connection, "new@example.org", now=NOW + timedelta(hours=1))
    assert [document["type"] for document in documents(hooks)] == ["subscribed"]


def test_the_outbox_works_on_both_databases(database: Database) -> None:
    """Noting, claiming, the lease of a claim that nobody settled, and settling."""
    lease = timedelta(minutes=5)
    happening = outbox.WebhookEvent(event="subscribed", subject="history 1", at=NOW, data={})
    with database.transaction() as connection:
        outbox.begin(connection, "https://x.test", NOW)
        outbox.begin(connection, "https://x.test", NOW)
        assert outbox.note(connection, "https://x.test", happening, "{}", NOW)
        assert not outbox.note(connection, "https://x.test", happening, "{}", NOW)
        reader = join(connection, now=NOW)
        found = outbox.webhook_events(connection, "https://x.test", NOW)
        assert [(one.event, one.data["subscriber"]["id"]) for one in found] == [
            ("subscribed", reader)
        ]
        remove(connection, "jo@example.org", NOW)
        outbox.advance(connection, "https://x.test")

    def claimed(now: datetime) -> list[int]:
        with database.transaction() as connection:
            messages = outbox.claim(connection, ["https://x.test"], limit=10, now=now, lease=lease)
        return [message.attempts for message in messages]

    assert claimed(NOW) == [1]
    assert claimed(NOW) == []
    assert claimed(NOW + lease) == [2]


def test_a_stop_is_heard_after_the_messages_in_hand(
    site: Site, hooks: HookCatcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those that were not begun stay due at once, and none of their attempts is counted."""
    monkeypatch.setattr(webhooks, "AT_ONCE", 2)
    for number in range(6):
        add(site, f"new{number}@example.org")
    stop, really = threading.Event(), HttpClient.post

    async def told_to_stop(self: HttpClient, *given: Any) -> int:
        stop.set()
        return await really(self, *given)

    monkeypatch.setattr(HttpClient, "post", told_to_stop)
    report = deliver_webhooks(site, clock=lambda: NOW, interrupted=stop)
    assert report.deferred == report.given_up == 0
    assert report.delivered == len(hooks.posted) == 1
    assert deliver_webhooks(site, clock=lambda: NOW, interrupted=stop) == WebhookReport()
    assert tell(site) == WebhookReport(delivered=5)
    with site.database.transaction(read_only=True) as connection:
        attempts = list(connection.scalars(sa.select(tables.webhook_messages.c.attempts)))
    assert attempts == [1] * 6
