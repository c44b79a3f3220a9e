"""The same permanent refusal for readers of many domains is nobody's fault, also in reports."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from newsletter.issues.issue import State
from subscribers.history import Way
from subscribers.people import show
from subscribers.unsubscribe import unsubscribe
from tests.demo.catcher import CaughtMail
from tests.factories.mail import PostOffice, bounce, post_office, send_issue
from tests.factories.runs import states
from tests.factories.subscribers import join

MONDAY = datetime(2026, 3, 9, 7, tzinfo=UTC)
READERS = tuple(f"reader{number}@domain{number}.example" for number in range(12))
UNKNOWN = "5.1.1 user unknown"


@pytest.fixture
def office(tmp_path: Path, database_url: str) -> Iterator[PostOffice]:
    """Twelve readers at as many domains; their issue is still being sent."""
    with post_office(tmp_path, readers=READERS, database=database_url) as running:
        yield running


def copies(office: PostOffice) -> dict[str, CaughtMail]:
    """Each reader's copy of the issue, which is then made to look as if it were still being sent."""
    sent = {copy.recipient: copy for copy in send_issue(office, MONDAY)}
    with office.site.database.transaction() as connection:
        connection.execute(sa.text("UPDATE issues SET state = 'sending'"))
    return sent


def take(office: PostOffice, copy: CaughtMail, reason: str = "user unknown") -> str:
    """The report of a reader's copy comes in; returns the action."""
    report = bounce(copy, reason=reason)
    return office.take(report, copy.sender.partition("@")[0].strip("<"), envelope="").action


def test_the_readers_are_restored_and_the_issue_is_stopped(office: PostOffice) -> None:
    """The fifth domain makes it evidence about us; the record says so."""
    sent = copies(office)
    actions = [
        take(office, sent[reader], f"user unknown (id {n}a7f{n})")
        for n, reader in enumerate(READERS[:4])
    ]
    assert actions == ["unsubscribe"] * 4
    assert office.status(READERS[0]) == "bounced"
    assert take(office, sent[READERS[4]], "user unknown (id 4a7f4)") == "stop"
    assert {office.status(reader) for reader in READERS} == {"active"}
    assert states(office.site) == [State.STOPPED]
    with office.site.database.transaction(read_only=True) as connection:
        *_, last = show(connection, READERS[0])["history"]
    assert (last["event"], last["way"]) == ("restore", "bounce")
    assert last["detail"].startswith("the same refusal came for many readers: smtp; 550 5.1.1")
    assert take(office, sent[READERS[5]], "user unknown (id 5a7f5)") in ("count", "stop")
    assert office.status(READERS[5]) == "active"


def test_a_few_dead_addresses_are_dead(office: PostOffice) -> None:
    """Large hosts use the same words for all their customers."""
    sent = copies(office)
    for reader in READERS[:3]:
        assert take(office, sent[reader]) == "unsubscribe"
    assert [office.status(reader) for reader in READERS[:4]] == ["bounced"] * 3 + ["active"]
    assert states(office.site) == [State.SENDING]


def test_other_words_are_no_evidence(office: PostOffice) -> None:
    """Each receiver has its own words for a dead address."""
    sent = copies(office)
    words = (
        "user unknown",
        "no such user",
        "mailbox not found",
        "unknown recipient",
        "invalid mailbox",
    )
    for reader, reason in zip(READERS, words, strict=False):
        assert take(office, sent[reader], reason) == "unsubscribe"
    assert {office.status(reader) for reader in READERS[:5]} == {"bounced"}


def test_what_another_bounce_ended_is_not_restored(office: PostOffice) -> None:
    """Such as a mailbox of another list that was full for weeks."""
    sent = copies(office)
    with office.site.database.transaction() as connection:
        reader = join(connection, READERS[0], list_slug="daily")
        unsubscribe(connection, reader, "daily", Way.BOUNCE, office.now, "3 issues: mailbox full")
    for reader_address in READERS[:5]:
        take(office, sent[reader_address])
    assert office.status(READERS[0]) == "active"
    assert office.status(READERS[0], "daily") == "bounced"


def test_a_reader_who_left_meanwhile_stays_gone(office: PostOffice) -> None:
    """Only what the bounce ended is restored."""
    sent = copies(office)
    for reader in READERS[:4]:
        take(office, sent[reader])
    with office.site.database.transaction() as connection:
        connection.execute(
            sa.text(
                "UPDATE subscriptions SET status = 'unsubscribed' WHERE subscriber_id ="
                " (SELECT id FROM subscribers WHERE address = :address)"
            ),
            {"address": READERS[0]},
        )
    take(office, sent[READERS[4]])
    assert office.status(READERS[0]) == "unsubscribed"
    assert {office.status(reader) for reader in READERS[1:5]} == {"active"}
