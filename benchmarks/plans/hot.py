"""The product's own operations on its tables: per message, per request and per minute."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from benchmarks.plans import finding
from benchmarks.plans.fill import LIST
from benchmarks.plans.scene import HOOK, Scene
from newsletter.articles.tags import slug_of
from newsletter.delivery.receipt import DeliveryState, Receipt
from newsletter.jobs.site_jobs import OUTCOMES_KEPT
from newsletter.pipeline import own_data
from newsletter.pipeline.correspondence import issues_sent
from newsletter.pipeline.letter_decisions import serve_letters
from newsletter.pipeline.report import progress, report
from newsletter.pipeline.report_rejections import report_rejections
from newsletter.pipeline.settle_unknown import settle, unknown_deliveries
from newsletter.pipeline.status import issue_status, site_status
from newsletter.site.editions import groups_of
from newsletter.site.occasions import due_now
from newsletter.site.recipients import recipients_of
from newsletter.store import attempt_limits as tries
from newsletter.store import health, job_outcomes, outbox, webhooks
from newsletter.store import issues as issue_store
from newsletter.store.attempt_limits import ATTEMPTS_KEPT
from newsletter.store.ledger import SqlLedger
from newsletter.store.outbox_ledger import OutboxLedger
from newsletter.store.recipient_receipts import issues_of
from newsletter.store.tables import issues
from newsletter.web.metrics import collect
from subscribers import address_changes as moving
from subscribers import consent, people, preferences, suppression, unsubscribe
from subscribers.audience import ReaderGroup
from subscribers.bounces import Bounce, forget_bounces, note_bounce, policy_reports
from subscribers.csv_file import export_subscribers, import_subscribers
from subscribers.history import Way
from subscribers.importing.options import ImportOptions
from subscribers.inbound import mail_log
from subscribers.inbound.identity import read_identity
from subscribers.inbound.verdict import Verdict

CLAIMED = 200
"""Deliveries in one claim of the sender."""

WEEK = timedelta(days=7)


@dataclass(frozen=True, kw_only=True, slots=True)
class Operation:
    """An operation of the product; `within` is how many milliseconds it may take."""

    name: str
    do: Callable[[Scene], object]
    within: float | None = None


def _each(scene: Scene, *steps: Callable[[sa.Connection], object]) -> None:
    for step in steps:
        with scene.site.database.transaction() as connection:
            step(connection)


def _send_a_batch(scene: Scene) -> None:
    """The ledger calls of a sender: claim, intents, receipts with further intents, release."""
    ledger, now = scene.ledger, scene.now
    with ledger.on_duty():
        ids = [claim.subscriber_id for claim in ledger.claim(CLAIMED, now).claims]
        third = len(ids) // 3
        ledger.write(receipts=[], intents=ids[:third])
        accepted = [
            Receipt(
                subscriber_id=reader, state=DeliveryState.ACCEPTED, at=now, relay="main", code=250
            )
            for reader in ids[:third]
        ]
        ledger.write(receipts=accepted, intents=ids[third : 2 * third])
        deferred = [
            Receipt(
                subscriber_id=reader,
                state=DeliveryState.DEFERRED,
                at=now,
                relay="main",
                code=451,
                retry_at=now,
            )
            for reader in ids[third : 2 * third]
        ]
        ledger.write(receipts=deferred, intents=[])
        ledger.postpone(ids[2 * third : -5], now + WEEK)
        ledger.release(ids[-5:])
        again = ledger.claim(CLAIMED, now).claims
        ledger.release([claim.subscriber_id for claim in again])
        ledger.next_retry()


def _begin_a_run(scene: Scene) -> None:
    scene.ledger.plan({}, 4 * scene.number, scene.now)
    scene.ledger.bring_forward()
    scene.ledger.recover(scene.now)
    with scene.site.database.transaction(read_only=True) as connection:
        issue_store.find_issue(connection, LIST, scene.issue.number)
        due_now(scene.site, connection, LIST, scene.now)


def _read_pages(scene: Scene) -> None:
    """Preferences, a pause, a new address; unsubscribe and undo; sign up and confirm."""
    now, reader = scene.now, 204
    _each(
        scene,
        lambda c: people.show(c, scene.address_of(reader)),
        lambda c: preferences.choose(c, reader, name="R", follows=["ai"], way=Way.PAGE, now=now),
        lambda c: preferences.pause(c, reader, now + WEEK, Way.PAGE, now),
        lambda c: preferences.resume(c, reader, Way.PAGE, now),
        lambda c: moving.ask_to_move(c, reader, "elsewhere@example.org", LIST, now),
        lambda c: unsubscribe.unsubscribe(c, reader, LIST, Way.ONE_CLICK, now),
        lambda c: unsubscribe.give_reason(c, reader, LIST, "too many", now),
        lambda c: unsubscribe.undo(c, reader, LIST, now),
        lambda c: consent.ask_to_join(
            c,
            consent.JoinRequest(address="newcomer@example.org", list_slug=LIST, way=Way.FORM),
            now,
        ),
        lambda c: consent.confirm(
            c, people.find(c, "newcomer@example.org").id, LIST, way=Way.PAGE, now=now
        ),
    )


def _erase(scene: Scene) -> None:
    own_data.erase(scene.site, scene.address_of(207), now=scene.now)


def _take_mail(scene: Scene) -> None:
    now, reader = scene.now, 208
    _each(
        scene,
        lambda c: mail_log.log_mail(
            c,
            mail_log.arrival(
                b"Subject: x\n\nx",
                read_identity(b"Subject: x\n\nx"),
                "bounces@news.example.org",
                "",
            ),
            now,
        ),
        lambda c: people.active_lists(c, reader),
        lambda c: issues_sent(scene.site, c, reader, LIST),
        lambda c: note_bounce(
            c,
            Bounce(subscriber_id=reader, list_slug=LIST, number=1, verdict=Verdict.SOFT),
            sent=[1],
            now=now,
        ),
        lambda c: policy_reports(c, LIST, 1, now - timedelta(days=1)),
        lambda c: issues_of(c, reader),
        lambda c: mail_log.unhandled(c, now),
        mail_log.quarantined,
        lambda c: suppression.suppress(c, "nobody@example.com", "asked", now),
        lambda c: tries.count_attempt(
            c, "key", tries.AttemptLimit(most=3, per=timedelta(hours=1)), now
        ),
    )


def _housekeeping(scene: Scene) -> None:
    """The housekeeping that runs every minute."""
    now = scene.now
    letters = OutboxLedger(scene.site.database)
    with letters.on_duty():
        claims = letters.claim(20, now).claims
        letters.write(receipts=(), intents=[claim.subscriber_id for claim in claims])
        letters.release([claim.subscriber_id for claim in claims])
        letters.recover(now)
    _each(
        scene,
        lambda c: outbox.is_anything_due(c, now),
        lambda c: consent.drop_unconfirmed(c, now - timedelta(days=14 + 880)),
        lambda c: moving.forget_requests(c, now),
        lambda c: forget_bounces(c, now),
        lambda c: mail_log.forget_handled(c, now),
        lambda c: tries.clear_attempts(c, now - ATTEMPTS_KEPT),
        lambda c: job_outcomes.forget_outcomes(c, now - OUTCOMES_KEPT),
        job_outcomes.last_outcomes,
    )


def _send_webhooks(scene: Scene) -> None:
    """The work for webhooks that runs every minute."""
    now = scene.now

    def note(connection: sa.Connection) -> None:
        webhooks.begin(connection, HOOK, now)
        for event in webhooks.webhook_events(connection, HOOK, now):
            webhooks.note(connection, HOOK, event, "{}", now)
        webhooks.advance(connection, HOOK)

    _each(
        scene,
        lambda c: webhooks.clear(c, now),
        note,
        lambda c: webhooks.claim(c, [HOOK], limit=100, now=now, lease=WEEK),
    )


def _import_people(scene: Scene) -> None:
    rows = "email,name,tags\n" + "".join(
        f"{scene.address_of(n) if n % 2 else f'new{n}@example.org'},,ai\n" for n in range(1, 1001)
    )
    import_subscribers(
        scene.site.database.transaction,
        io.BytesIO(rows.encode()),
        ImportOptions(
            list_slug=LIST,
            source_name="people.csv",
            now=scene.now,
            confirm=True,
        ),
        slug_of=slug_of,
    )
    _each(scene, lambda c: consent.confirmation_letters(c, LIST, scene.now, after=0, most=500))


def _plan(scene: Scene) -> None:
    """The beginning of the next issue's send, up to the first claim."""
    columns = [column.name for column in issues.columns if column.name != "id"]
    changed = {"number": issues.c.number + 1, "due_date": "next", "audience": sa.null()}
    values: list[Any] = [
        sa.literal(changed[n]) if n == "due_date" else changed.get(n, issues.c[n]) for n in columns
    ]
    copy = sa.select(*values).where(issues.c.id == scene.number)
    with scene.site.database.transaction() as connection:
        groups_of(scene.site, connection, scene.issue, scene.now)
        number = connection.execute(
            sa.insert(issues).from_select(columns, copy).returning(issues.c.id)
        ).scalar_one()
    ledger = SqlLedger(scene.site.database, number, recipients_of(scene.site, scene.issue))
    ledger.plan({ReaderGroup("|ai|"): 4 * scene.number}, 4 * scene.number + 1, scene.now)


def _export(scene: Scene) -> None:
    with scene.site.database.transaction(read_only=True) as connection:
        export_subscribers(connection, LIST, io.StringIO())


HOT = (
    Operation(name="a sender claims, writes and releases", do=_send_a_batch),
    Operation(name="a run begins or resumes", do=_begin_a_run),
    Operation(
        name="deliveries with unknown outcome",
        do=lambda scene: (
            unknown_deliveries(scene.site, LIST, scene.issue.number),
            settle(scene.site, LIST, scene.issue.number, choice="skip", now=scene.now),
        ),
    ),
    Operation(
        name="a send's refusals, reported to the subscriber lists",
        do=lambda scene: report_rejections(scene.site, scene.issue, scene.now),
    ),
    Operation(
        name="status",
        do=lambda scene: site_status(scene.site, now=scene.now),
        within=100,
    ),
    Operation(
        name="status ISSUE, and the numbers of a send on the desk",
        do=lambda scene: (
            issue_status(scene.site, scene.issue, now=scene.now),
            progress(scene.site, scene.issue),
        ),
        within=100,
    ),
    Operation(name="/metrics", do=lambda scene: collect(scene.site, scene.now), within=100),
    Operation(name="readers' pages", do=_read_pages),
    Operation(name="a reader is erased", do=_erase),
    Operation(name="incoming mail", do=_take_mail),
    Operation(name="an import, per thousand rows", do=_import_people),
    Operation(name="housekeeping, every minute", do=_housekeeping),
    Operation(name="webhooks, every minute", do=_send_webhooks),
    Operation(
        name="letters to new readers, every minute",
        do=lambda scene: serve_letters(scene.site, lambda: scene.now, threading.Event()),
    ),
    Operation(
        name="the checks of `doctor`",
        do=lambda scene: _each(scene, health.newest_moment, health.undecided),
    ),
    Operation(name="a claim of an issue for a segment", do=finding.claim_in_segment),
    Operation(name="pages of people", do=finding.page_through),
    Operation(name="an editor's list of people", do=finding.look_up),
    Operation(name="why an address is not mailed", do=finding.explain),
    Operation(name="lists and their growth", do=finding.count_lists, within=100),
)
"""Operations per message, per request and per minute, which must not scan large tables."""

WHOLE = (
    Operation(name="an issue is planned", do=_plan),
    Operation(
        name="an issue ends: its deliveries are counted",
        do=lambda scene: scene.ledger.is_conserved(0),
    ),
    Operation(
        name="the desk's report of an issue", do=lambda scene: report(scene.site, scene.issue)
    ),
    Operation(
        name="`doctor` counts the last issues", do=lambda scene: _each(scene, health.miscounted)
    ),
    Operation(name="a list is exported", do=_export),
    Operation(name="a segment is counted before a send", do=finding.count_segment),
    Operation(name="a page of people of whom there are few", do=finding.find_rare),
    Operation(name="a search in the suppressions", do=finding.search_suppressions),
)
"""Operations once per issue, or for a person who asks for everything: they read what is asked for,
and only that issue's part of the ledger."""

READ_THROUGH = frozenset({"subscribers", "subscriptions", "suppressions"})
"""Tables that those may scan, because nearly all of their rows are in the result."""
