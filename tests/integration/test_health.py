"""/health and /metrics of a running site."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
import pytest
import sqlalchemy as sa
from starlette.requests import Request

from newsletter.delivery.receipt import DeliveryState, Receipt
from newsletter.issues.issue import State
from newsletter.pipeline.approve import approve
from newsletter.pipeline.draft import draft
from newsletter.pipeline.gather import gather
from newsletter.pipeline.send import begin, ledger_of
from newsletter.pipeline.status import site_status
from newsletter.site.site import Site
from newsletter.store import metrics as counts
from newsletter.store import tables
from newsletter.store.api_tokens import ApiScope, api_tokens_of, make_api_token
from newsletter.store.database import Database
from newsletter.store.issues import find_issue
from newsletter.store.job_outcomes import Ended, JobOutcome, record_outcome
from newsletter.store.newsletters import set_armed
from newsletter.web.app import make_app
from newsletter.web.health import Access, access_to_metrics
from newsletter.web.metrics import Metric, exposition
from subscribers.kept_counts import inbound_by_kind, subscriptions_by_status
from subscribers.tables import inbound_messages
from tests.factories.editors import add_editor
from tests.factories.site import READERS, make_site, publish
from tests.servers.web import serving, web_client

NOW = datetime(2026, 3, 9, 7, tzinfo=UTC)
SAMPLE = re.compile(
    r'[a-z_]+(?:\{[a-z]+="(?:[^"\\\n]|\\.)*"(?:,[a-z]+="(?:[^"\\\n]|\\.)*")*\})? \S+'
)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A site whose issue is due and drafted."""
    site = make_site(tmp_path, now=NOW - timedelta(days=2))
    publish(tmp_path, *(NOW - timedelta(hours=hours) for hours in (1, 2)))
    gather(site, "weekly", now=NOW - timedelta(days=1))
    draft(site, "weekly", now=NOW)
    return site


@pytest.fixture
def client(site: Site) -> Iterator[httpx2.Client]:
    """An operator who watches the site."""
    with (
        serving(make_app(site, clock=lambda: NOW + timedelta(minutes=10))) as url,
        web_client(base_url=url) as client,
    ):
        yield client


def metrics(client: httpx2.Client) -> dict[str, float]:
    """What /metrics says now."""
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    found = {}
    for line in answer.text.splitlines():
        if not line.startswith("#"):
            assert SAMPLE.fullmatch(line), line
            name, _, value = line.rpartition(" ")
            found[name.removeprefix("newsletter_")] = float(value)
    return found


def test_a_site_that_works_is_live_and_ready(client: httpx2.Client) -> None:
    """All three addresses answer 200, and nothing keeps the answer."""
    for path in ("/health", "/health/live", "/health/ready"):
        answer = client.get(path)
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "no-store"
    assert client.get("/health").json() == {"live": True, "ready": True}
    assert client.head("/health/live").status_code == 200


def test_without_its_database_a_site_lives_but_is_not_ready(
    client: httpx2.Client, site: Site
) -> None:
    """A restart would not help: live. No traffic, please: not ready. And no paths in public."""
    with site.database.transaction() as connection:
        connection.execute(sa.text("DROP TABLE alembic_version"))
    answer = client.get("/health")
    assert answer.status_code == 503
    assert answer.json()["ready"] is False
    assert str(site.folder) not in answer.text
    assert client.get("/health/live").status_code == 200


def test_what_is_due_and_not_sent_is_seen(client: httpx2.Client, site: Site) -> None:
    """An alert can be set on an issue that should have gone out, and on a disarmed site."""
    before = metrics(client)
    assert before['due{newsletter="weekly"}'] == 1
    assert before['issues{newsletter="weekly",state="draft"}'] == 1
    assert before["armed"] == 1
    assert before["queue_age_seconds"] == 0
    assert before['subscriptions{list="weekly",status="active"}'] == len(READERS)
    with site.database.transaction() as connection:
        set_armed(connection, False)
    assert metrics(client)["armed"] == 0


def test_a_send_is_seen_by_state_relay_and_age(client: httpx2.Client, site: Site) -> None:
    """While it goes on the queue has an age; deliveries and attempts are those of this issue."""
    approve(site, "weekly", 1, now=NOW)
    issue = begin(site, "weekly", 1, now=NOW)
    with site.database.transaction() as connection:
        edition = connection.scalar(sa.select(tables.editions.c.id))
    assert edition is not None
    ledger = ledger_of(site, issue)
    ledger.plan({}, edition, NOW)
    accepted, deferred = DeliveryState.ACCEPTED, DeliveryState.DEFERRED
    with ledger.on_duty():
        ledger.claim(3, NOW)
        receipts = [
            Receipt(subscriber_id=reader, state=state, at=at, relay="main", retry_at=retry_at)
            for reader, state, at, retry_at in (
                (1, accepted, NOW + timedelta(minutes=9, seconds=30), None),
                (2, deferred, NOW, NOW),
                (3, accepted, NOW, None),
            )
        ]
        ledger.write(receipts=receipts, intents=[])
    seen = metrics(client)
    assert seen["queue_age_seconds"] == 600
    assert seen['due{newsletter="weekly"}'] == 0
    assert seen['deliveries{issue="weekly/1",state="accepted"}'] == 2
    assert seen['accepted_per_second{relay="main"}'] == pytest.approx(1 / 60)
    assert seen['attempts{issue="weekly/1",relay="main",state="deferred"}'] == 1
    with site.database.transaction() as connection:
        connection.execute(sa.update(tables.issues).values(state=State.SENT, send_finished_at=NOW))
        assert find_issue(connection, "weekly", 1).state is State.SENT
    after = metrics(client)
    assert after["queue_age_seconds"] == 0
    assert after['accepted_per_second{relay="main"}'] == 0
    assert after['last_sent_timestamp_seconds{newsletter="weekly"}'] == NOW.timestamp()


ADDRESS, EVERYTHING = "203.0.113.9", list(ApiScope)


@pytest.mark.parametrize(
    ("host", "scopes", "access"),
    [
        ("127.0.0.1", None, Access.ALLOWED),
        ("::1", None, Access.ALLOWED),
        (ADDRESS, None, Access.NO_KEY),
        ("testclient", None, Access.NO_KEY),
        (ADDRESS, EVERYTHING, Access.ALLOWED),
        (ADDRESS, [ApiScope.METRICS], Access.ALLOWED),
        (ADDRESS, [one for one in ApiScope if one is not ApiScope.METRICS], Access.OUT_OF_SCOPE),
    ],
)
def test_metrics_are_for_this_machine_or_a_key_for_them(
    site: Site, host: str, scopes: list[ApiScope] | None, access: Access
) -> None:
    """How many readers a site has is nobody else's business, and a key for issues is not one to watch."""
    editor = add_editor(site)
    with site.database.transaction() as connection:
        token = make_api_token(connection, editor, name="watch", now=NOW, scopes=scopes or [])
    headers = [(b"authorization", f"Bearer {'nl_no' if scopes is None else token}".encode())]
    request = Request({"type": "http", "client": (host, 1), "headers": headers})
    assert access_to_metrics(site, request, NOW) is access
    with site.database.transaction(read_only=True) as connection:
        (key,) = api_tokens_of(connection, editor)
    was_used = scopes is not None and access is Access.ALLOWED
    assert key.last_used_at == (NOW if was_used else None)


def test_a_key_for_metrics_that_expired_reads_none(site: Site) -> None:
    """From its last moment on it is no key."""
    editor = add_editor(site)
    with site.database.transaction() as connection:
        token = make_api_token(connection, editor, name="w", now=NOW, lasts=timedelta(days=1))
    headers = [(b"authorization", f"Bearer {token}".encode())]
    request = Request({"type": "http", "client": (ADDRESS, 1), "headers": headers})
    assert access_to_metrics(site, request, NOW + timedelta(hours=23)) is Access.ALLOWED
    assert access_to_metrics(site, request, NOW + timedelta(days=1)) is Access.NO_KEY


def test_who_watches_from_elsewhere_is_told_which_key_it_takes(
    client: httpx2.Client, site: Site
) -> None:
    """A key of another scope gets 403 and the scope's name, none at all 401."""
    editor = add_editor(site)
    with site.database.transaction() as connection:
        keys = {
            one: make_api_token(connection, editor, name=one, now=NOW, scopes=[one])
            for one in ApiScope
        }
    elsewhere = {"Host": "news.example.org"}
    assert client.get("/metrics", headers=elsewhere).status_code == 401
    for scope, key in keys.items():
        answer = client.get("/metrics", headers={**elsewhere, "Authorization": f"Bearer {key}"})
        assert answer.status_code == (200 if scope is ApiScope.METRICS else 403)
        assert ("no scope 'metrics'" in answer.text) is (scope is not ApiScope.METRICS)


def test_labels_are_escaped() -> None:
    """Whatever a relay is called, the text stays readable to Prometheus."""
    text = exposition([Metric(name="x", meaning="m", samples=[({"a": 'q"\\\n'}, 1.5)])])
    assert text.splitlines()[-1] == 'newsletter_x{a="q\\"\\\\\\n"} 1.5'


def test_the_counts_work_on_both_databases(database: Database) -> None:
    """An empty database of either kind has no numbers, and no errors."""
    with database.transaction(read_only=True) as connection:
        assert counts.issues_by_state(connection) == {}
        assert counts.latest_deliveries(connection) == {}
        assert counts.latest_attempts(connection) == {}
        assert counts.accepted_since(connection, NOW) == {}
        assert counts.oldest_send(connection) is None
        assert counts.last_sent(connection) == {}
        assert subscriptions_by_status(connection) == {}
        assert counts.waiting_webhooks(connection) == 0
        assert inbound_by_kind(connection) == {}


def test_mail_that_came_in_is_counted_by_what_it_was(database: Database) -> None:
    """Bounces are seen apart from commands, and what nobody has dealt with yet from both."""
    with database.transaction() as connection:
        for number, kind in enumerate(["bounce", "bounce", "command", ""]):
            connection.execute(
                sa.insert(inbound_messages).values(
                    digest=str(number), received_at=NOW, recipient="weekly@x.test", kind=kind
                )
            )
        assert inbound_by_kind(connection) == {"unhandled": 1, "bounce": 2, "command": 1}


def test_a_job_that_crashed_is_seen_everywhere(client: httpx2.Client, site: Site) -> None:
    """By who watches, without what it failed with; the site is ready all the same."""
    for job, ended in (("letters", Ended.CRASHED), ("webhooks", Ended.DONE)):
        with site.database.transaction() as connection:
            outcome = JobOutcome(
                job=job, ended=ended, started_at=NOW, finished_at=NOW, error="KeyError: secret"
            )
            record_outcome(connection, outcome)
    answer = client.get("/health")
    assert answer.status_code == 200
    assert answer.json() == {"live": True, "ready": True, "jobs": {"letters": "crashed"}}
    found = metrics(client)
    assert found['job_troubled{job="letters"}'] == 1
    assert found['job_troubled{job="webhooks"}'] == 0
    assert found['job_finished_timestamp_seconds{job="letters"}'] == NOW.timestamp()
    assert site_status(site, now=NOW).jobs[0].error == "KeyError: secret"
