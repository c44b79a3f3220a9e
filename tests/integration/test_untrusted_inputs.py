"""Inputs that held the house: each ends as a value or a refusal, and nothing waits for it meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from newsletter.articles.reading import SourceContent, parse_content
from newsletter.errors import ParsingError
from newsletter.pipeline import receive as receiving
from newsletter.pipeline.receive import receive
from newsletter.sandbox import FETCHED, HANDED_IN, Limits
from newsletter.store.attempt_limits import AttemptLimit
from subscribers.inbound.classify import Inbound, MailKind, classify
from subscribers.inbound.list_addresses import AddressRole, ListAddress
from subscribers.inbound.mail_log import count_quarantined
from tests.factories.mail import PostOffice, post_office
from tests.factories.parsers import ORIGIN

SOON = Limits(seconds=3, memory=400_000_000, output=4_000_000)
"""Less than sites have, so that the tests take no longer."""

HEAD = b"From: MAILER-DAEMON@example.net\nSubject: failure notice\nMessage-ID: <1@example.net>\n"
PARTS = HEAD + b"Content-Type: multipart/mixed; boundary=b\n\n"
ITEM = b"<rss version='2.0'><channel><item><title>T</title><description><![CDATA["

FEEDS = {
    "199 kB of list items": ITEM + b"<li>" * 49_000,
    "199 kB of ampersands": ITEM + b"&" * 199_000,
    "199 kB of unclosed tags": b"<rss><channel>" + b"<item" * 39_000,
    "deep JSON": b'{"version":"https://jsonfeed.org/version/1.1","items":' + b"[" * 190_000,
    "a billion laughs": b'<!DOCTYPE r [<!ENTITY a "aaaaaaaaaa">]><rss>'
    + b"&a;" * 60_000
    + b"</rss>",
}
MAILS = {
    "2 MB of empty lines": HEAD + b"\n" + b"\n" * 2_000_000,
    "100,000 parts": PARTS + b"--b\n\nx\n" * 100_000,
    "2 MB of commas": HEAD + b"\n" + b"," * 2_000_000,
    "2 MB of header": HEAD + b"X: y\n" * 400_000 + b"\nhi\n",
    "multiparts in multiparts": HEAD
    + b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (level, level)
        for level in range(20_000)
    ),
}


@pytest.fixture
def office(tmp_path: Path) -> Iterator[PostOffice]:
    """A site that takes mail."""
    with post_office(tmp_path) as running:
        yield running


@pytest.mark.parametrize("name", FEEDS)
def test_a_hostile_feed_is_read_or_given_up(name: str) -> None:
    """Within the limits, or with the error that says which it exceeds."""
    try:
        reading = FETCHED.run(
            parse_content, "feed", ORIGIN, SourceContent(body=FEEDS[name]), False,
            limits=SOON,
        )  # fmt: skip
    except ParsingError:
        return
    assert reading.location == ORIGIN.location


@pytest.mark.parametrize("name", MAILS)
def test_a_hostile_mail_is_read_or_given_up(name: str) -> None:
    """Within the limits, or with the error that says which it exceeds."""
    mailbox = ListAddress(list_slug="weekly", role=AddressRole.BOUNCES)
    try:
        mail = HANDED_IN.run(classify, MAILS[name], mailbox, "", limits=SOON)
    except ParsingError:
        return
    assert isinstance(mail, Inbound)


def test_others_write_to_the_database_while_a_mail_is_read(
    office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one-click of a reader does not wait for the reading of a stranger's mail."""
    monkeypatch.setattr("newsletter.pipeline.receive.LIMITS", SOON)
    got: list[str] = []

    def take() -> None:
        content = MAILS["100,000 parts"]
        taken = receive(
            office.site,
            content,
            recipient="weekly-bounces@news.example.org",
            envelope_sender="",
            now=office.now,
        )
        got.append(taken.kind)

    reading = threading.Thread(target=take)
    reading.start()
    written = 0
    while reading.is_alive():
        with office.site.database.transaction() as connection:
            connection.execute(sa.text("UPDATE inbound_messages SET address = address"))
        written += 1
    reading.join()
    assert got[0] in (MailKind.BOUNCE, MailKind.AUTOMATIC, MailKind.UNREADABLE)
    assert written > 20


def test_a_mail_that_takes_too_long_is_quarantined(
    office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is recorded first, and kept for a person to look at."""
    monkeypatch.setattr(
        "newsletter.pipeline.receive.LIMITS", Limits(seconds=1e-9, memory=1_000, output=10)
    )
    got = office.mail("weekly-request", subject="help")
    assert (got.kind, got.action) == (MailKind.UNREADABLE, "quarantine")


def test_the_quarantine_has_a_quota(office: PostOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    """200 messages of a kind a day and 500 MB altogether; beyond that only the row says that one came."""
    day = timedelta(days=1)
    assert AttemptLimit(most=200, per=day) == receiving.KEPT
    assert receiving.KEPT_OCTETS == 500_000_000
    monkeypatch.setattr(receiving, "KEPT", AttemptLimit(most=3, per=day))
    assert [_kept_after(office, number) for number in range(5)] == [1, 2, 3, 3, 3]
    office.now += day
    assert _kept_after(office, 5) == 4
    monkeypatch.setattr(receiving, "KEPT_OCTETS", 1)
    assert _kept_after(office, 6) == 4
    with office.site.database.transaction(read_only=True) as connection:
        assert connection.scalar(sa.text("SELECT count(*) FROM inbound_messages")) == 7


def _kept_after(office: PostOffice, number: int) -> int:
    """How many messages are kept once one more that nobody can read has come."""
    office.take(b"\xff\xfe no header %d" % number, "weekly", envelope="a@example.net")
    with office.site.database.transaction(read_only=True) as connection:
        return count_quarantined(connection)
