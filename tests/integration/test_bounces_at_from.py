"""Bounces that come to the sender's address, because a relay put its account in place of ours."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from subscribers.inbound.mail_log import LoggedMail, quarantined
from tests.demo.catcher import CaughtMail
from tests.factories.mail import READER, PostOffice, post_office, send_issue

DATA = Path(__file__).parents[1] / "data" / "subscribers" / "inbound" / "at-from"
MONDAY = datetime(2026, 3, 9, 7, tzinfo=UTC)
NAMES = sorted(path.stem for path in DATA.glob("*.eml"))


@pytest.fixture
def office(tmp_path: Path) -> Iterator[PostOffice]:
    """A site that takes mail."""
    with post_office(tmp_path) as running:
        yield running


def report(name: str, copy: CaughtMail) -> bytes:
    """The golden report about this copy."""
    head = copy.content.decode().replace("\r\n", "\n").partition("\n\n")[0]
    fields = {
        "reader": copy.recipient,
        "message_id": str(copy.message["Message-ID"]).strip(),
        "unsubscribe": str(copy.message["List-Unsubscribe"]).replace("\n", ""),
        "return_path_rewritten": copy.sender.strip("<>").replace("@", "="),
        "headers": head + "\n",
    }
    return (DATA / f"{name}.eml").read_text("utf-8").format(**fields).encode()


def kept(office: PostOffice) -> list[LoggedMail]:
    """What is shown to the operator."""
    with office.site.database.transaction(read_only=True) as connection:
        return list(quarantined(connection))


@pytest.mark.parametrize("name", NAMES)
def test_what_we_signed_proves_whom_it_is_about(office: PostOffice, name: str) -> None:
    """Our link, our secret Message-ID or our return path stands in what the report brings back."""
    copy = next(one for one in send_issue(office, MONDAY) if one.recipient == READER)
    got = office.take(report(name, copy), "weekly", envelope="")
    assert (got.kind, got.action, got.address) == ("bounce", "unsubscribe", READER)
    assert office.status() == "bounced"
    assert {office.status(f"reader{number}@example.org") for number in (1, 2, 3)} == {"active"}
    assert kept(office) == []


@pytest.mark.parametrize("name", NAMES)
def test_what_proves_nothing_is_shown(office: PostOffice, name: str) -> None:
    """A forged or foreign report changes nothing, and an operator can look at it."""
    copy = next(one for one in send_issue(office, MONDAY) if one.recipient == READER)
    raw = report(name, copy)
    for ours in (copy.sender.rpartition("-")[2].partition("@")[0], str(copy.message["Message-ID"])):
        raw = raw.replace(ours.encode(), b"0" * 20)
    raw = raw.replace(b"/u/", b"/x/").replace(b"unsubscribe%20", b"x%20")
    got = office.take(raw, "weekly", envelope="")
    assert (got.kind, got.action) == ("bounce", "quarantine")
    assert office.status() == "active"
    (shown,) = kept(office)
    assert "nothing in it proves" in shown.problem


def test_a_bounce_of_a_question_names_its_asker_by_its_reply_to(office: PostOffice) -> None:
    """A letter has no List-Unsubscribe: the address that its answer would come to is signed."""
    office.mail("weekly-join", sender="new@example.org")
    question = office.last()
    head = question.content.decode().replace("\r\n", "\n").partition("\n\n")[0]
    raw = (
        "From: MAILER-DAEMON@relay.example.net\nSubject: Undelivered Mail\nMIME-Version: 1.0\n"
        'Message-ID: <q@relay>\nContent-Type: multipart/report; boundary="b"\n\n--b\n'
        "Content-Type: message/delivery-status\n\nReporting-MTA: dns; relay\n\n"
        "Final-Recipient: rfc822; new@example.org\nAction: failed\nStatus: 5.1.1\n\n--b\n"
        f"Content-Type: message/rfc822\n\n{head}\n\nhello\n\n--b--\n"
    )
    assert office.take(raw.encode(), "weekly", envelope="").action == "unsubscribe"
    assert office.status("new@example.org") == "bounced"


def test_three_delays_in_a_row_remove_nobody(office: PostOffice) -> None:
    """`Action: delayed` is not a failure, with our envelope or without, week after week."""
    for week in range(4):
        copies = send_issue(office, MONDAY + timedelta(days=7 * week))
        copy = next(one for one in copies if one.recipient == READER)
        raw = report("gmail", copy).replace(b"Action: failed", b"Action: delayed")
        to = ("weekly", copy.sender.strip("<>").partition("@")[0])[week % 2]
        got = office.take(raw.replace(b"Status: 5.1.1", b"Status: 4.4.1"), to, envelope="")
        assert (got.kind, got.action) == ("bounce", "none")
        assert office.status() == "active"
    assert kept(office) == []
