"""What comes back: bounces, complaints and refusals, from a real send to the end of a subscription."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from newsletter.issues.issue import State
from newsletter.pipeline.flush_letters import flush
from newsletter.pipeline.own_data import answer_move, ask_to_move, confirm_move, erase
from newsletter.pipeline.receive import handle, takes
from newsletter.store.issues import find_issue
from newsletter.store.tables import issues, receipts
from subscribers import people, tables
from subscribers.inbound.mail_log import quarantined
from subscribers.tokens import Purpose, TokenSubject
from tests.demo.catcher import CaughtMail
from tests.factories.mail import (
    READER,
    PostOffice,
    bounce,
    complaint,
    link_in,
    post_office,
    send_issue,
)

MONDAY = datetime(2026, 3, 9, 7, tzinfo=UTC)
WEEK = timedelta(days=7)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[PostOffice]:
    """A site that takes mail."""
    with post_office(tmp_path) as running:
        yield running


def copy_to(copies: list[CaughtMail], address: str = READER) -> CaughtMail:
    """One reader's copy of an issue."""
    return next(copy for copy in copies if copy.recipient == address)


def returned(office: PostOffice, copy: CaughtMail, status: str, reason: str = "") -> str:
    """A copy bounces to its envelope sender; what was done."""
    to = copy.sender.partition("@")[0]
    return office.take(bounce(copy, status, reason), to, envelope="").action


def test_a_hard_bounce_ends_it_at_once(office: PostOffice) -> None:
    """With the code and the words in the history; once more changes nothing."""
    copy = copy_to(send_issue(office, MONDAY))
    assert returned(office, copy, "5.1.1", "user unknown") == "unsubscribe"
    assert office.status() == "bounced"
    with office.site.database.transaction(read_only=True) as connection:
        last = people.show(connection, READER)["history"][-1]
    assert (last["way"], last["detail"]) == (
        "bounce",
        "5.1.1 smtp; 550 5.1.1 user unknown",
    )
    assert office.status("reader1@example.org") == "active"


def test_soft_bounces_end_it_after_three_issues_and_two_weeks(office: PostOffice) -> None:
    """Not after two, not when one came through between; then yes."""
    came_through = 2
    for week in range(5):
        copy = copy_to(send_issue(office, MONDAY + week * WEEK))
        assert office.status() == "active"
        if week + 1 != came_through:
            returned(office, copy, "4.2.2", "mailbox full")
    assert office.status() == "bounced"


def sending(office: PostOffice) -> list[CaughtMail]:
    """An issue under way, two of its four readers at other domains; their copies."""
    with office.site.database.transaction() as connection:
        for number in (1, 2):
            people_at(connection, number, f"reader{number}@example.net")
    copies = send_issue(office, MONDAY)
    with office.site.database.transaction() as connection:
        connection.execute(sa.update(issues).values(state=State.SENDING))
    return copies


def people_at(connection: sa.Connection, number: int, address: str) -> None:
    """One of the readers has another address."""
    connection.execute(
        sa.update(tables.subscribers)
        .where(tables.subscribers.c.address_key == f"reader{number}@example.org")
        .values(address=address, address_key=address)
    )


def state(office: PostOffice) -> State:
    """Where the issue stands."""
    with office.site.database.transaction(read_only=True) as connection:
        return find_issue(connection, "weekly", 1).state


def test_policy_bounces_of_many_stop_the_run_and_no_reader(office: PostOffice) -> None:
    """5.7.1 is about us: the readers stay, the presses stop, the operator has a word of it."""
    copies = sending(office)
    for address in (READER, "reader1@example.net"):
        assert returned(office, copy_to(copies, address), "5.7.1", "blocked by policy") == "count"
        assert state(office) is State.SENDING
    assert len(office.letters) == len(copies)
    third = copy_to(copies, "reader2@example.net")
    assert returned(office, third, "5.7.1", "blocked by policy") == "stop"
    assert office.status() == "active"
    assert state(office) is State.STOPPED
    word = office.last()
    assert word.recipient == "operator@example.net"
    assert "blocked by policy" in word.part("plain")
    returned(office, copy_to(copies, "reader3@example.org"), "5.7.1", "blocked again")
    assert office.last() is word  # once an hour is enough


def test_one_reader_s_policy_bounces_stop_nothing(office: PostOffice) -> None:
    """However often they come: each is kept and shown, the issue goes on, nobody is harmed."""
    copy = copy_to(sending(office))
    for again in range(30):
        assert returned(office, copy, "5.7.1", f"blocked, {again}") == "count"
    assert state(office) is State.SENDING
    assert office.status() == "active"
    with office.site.database.transaction(read_only=True) as connection:
        kept = quarantined(connection)
    assert len(kept) == 30
    assert "refused by policy (1 so far, too few to stop the issue): 5.7.1" in kept[0].problem


def test_one_provider_s_policy_bounces_stop_nothing(office: PostOffice) -> None:
    """Three readers of one domain: that is between this provider and us."""
    copies = send_issue(office, MONDAY)
    with office.site.database.transaction() as connection:
        connection.execute(sa.update(issues).values(state=State.SENDING))
    for copy in copies:
        assert returned(office, copy, "5.7.1", "blocked by policy") == "count"
    assert state(office) is State.SENDING


def test_a_forged_bounce_changes_nothing(office: PostOffice) -> None:
    """Wrong signature, another reader's number, another list's address, no signature at all."""
    copy = copy_to(send_issue(office, MONDAY))
    local, _, domain = copy.sender.partition("@")
    head, reader, number, signature = local.replace("+", "-").rsplit("-", 3)
    for forged in (
        f"{head}+{reader}-{number}-{'0' * 20}",
        f"{head}+{int(reader) + 1}-{number}-{signature}",
        f"{head}+{reader}-{int(number) + 1}-{signature}",
        f"weekly-confirm+{reader}-{number}-{signature}",
        head,
        "weekly",
    ):
        assert returned(office, replace(copy, sender=f"{forged}@{domain}"), "5.1.1") in (
            "none",
            "quarantine",
        )
    assert {office.status(f"reader{number}@example.org") for number in range(4)} == {"active"}


@pytest.mark.parametrize("redacted", [False, True])
def test_a_complaint_ends_it(office: PostOffice, redacted: bool) -> None:
    """Our own link in the returned mail proves whose it is, whatever the provider struck out."""
    copy = copy_to(send_issue(office, MONDAY))
    before = len(office.letters)
    got = office.take(complaint(copy, redacted=redacted), "weekly-owner", envelope="x@example.net")
    assert (got.kind, got.action, got.address) == ("complaint", "unsubscribe", READER)
    assert office.status() == "complained"
    assert len(office.letters) == before  # a reader who complained of mail gets none


def test_a_complaint_that_only_names_an_address_proves_nothing(office: PostOffice) -> None:
    """Anybody can write such a report: it is shown to the operator, and no reader leaves by it."""
    copy = copy_to(send_issue(office, MONDAY))
    before = len(office.letters)
    got = office.take(complaint(copy, proof=False), "weekly-owner", envelope="x@example.net")
    assert (got.kind, got.action) == ("complaint", "quarantine")
    assert office.status() == "active"
    assert len(office.letters) == before
    with office.site.database.transaction(read_only=True) as connection:
        (kept,) = quarantined(connection)
    assert "nothing in it proves" in kept.problem


def test_a_refusal_while_sending_counts_too(office: PostOffice) -> None:
    """The relay knows no such user: that is a hard bounce, without any mail coming back."""
    refusal = "550 5.1.1 no such user"
    with office.catcher.answering(lambda to: refusal if to == READER else ""):
        copies = send_issue(office, MONDAY)
    assert office.status() == "bounced"
    assert len(copies) == 3


def test_an_unreadable_bounce_waits_for_a_person(office: PostOffice) -> None:
    """Signed, but it says nothing: it is kept, and can be dealt with anew."""
    copy = copy_to(send_issue(office, MONDAY))
    mute = b"From: MAILER-DAEMON@mx.example.org\nSubject: failure notice\n\nhm.\n"
    got = office.take(mute, copy.sender.partition("@")[0], envelope="")
    assert (got.kind, got.action) == ("bounce", "quarantine")
    assert office.status() == "active"
    assert handle(office.site, got.id, now=office.now, again=True).action == "quarantine"


def test_an_answer_to_an_issue_proves_its_reader(office: PostOffice) -> None:
    """Its Message-ID is secret between us: a reply from another envelope is believed."""
    copy = copy_to(send_issue(office, MONDAY))
    reference = f"In-Reply-To: {copy.message['Message-ID']}\n"
    left = office.mail("weekly", text="unsubscribe", headers=reference, envelope="x@example.net")
    assert (left.action, office.status()) == ("unsubscribe", "unsubscribed")
    other = "reader1@example.org"  # somebody else's Message-ID proves nothing
    office.mail("weekly", sender=other, text="stop", headers=reference, envelope="x@example.net")
    assert office.status(other) == "active"


def test_erasing_scrubs_what_relays_said(office: PostOffice) -> None:
    """Their words may repeat the address."""
    refusal = f"550 5.1.1 <{READER}>: no such user"
    with office.catcher.answering(lambda to: refusal if to == READER else ""):
        send_issue(office, MONDAY)
    erase(office.site, READER, now=office.now)
    with office.site.database.transaction(read_only=True) as connection:
        told = connection.execute(sa.select(receipts.c.text)).scalars().all()
        kept = connection.execute(sa.select(tables.bounces)).all()
    assert not any(READER in text for text in told)
    assert kept == []


def test_a_bounce_of_a_former_address_ends_nothing(office: PostOffice) -> None:
    """Neither a copy that went there before the move nor the letters about the move count."""
    copy = copy_to(send_issue(office, MONDAY))
    reader = office.person()
    assert reader is not None
    subject = TokenSubject(subscriber_id=reader.id, list_slug="weekly")
    ask_to_move(office.site, subject, "new@example.org", now=office.now)
    flush(office.site, lambda: office.now)
    assert office.last().sender == "<>"
    token = link_in(office.last(), "move").rpartition("/")[2]
    change = office.site.tokens.read(Purpose.MOVE, token).subscriber_id
    confirm_move(office.site, change, now=office.now)
    answer_move(office.site, change, agreed=True, now=office.now)
    flush(office.site, lambda: office.now)
    assert (office.last().recipient, office.last().sender) == (READER, "<>")
    assert returned(office, copy, "5.1.1") == "none"
    assert office.status("new@example.org") == "active"


def test_a_flood_of_proven_complaints_waits_for_a_person(
    office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who has many readers' copies cannot end their subscriptions; a replayed one is taken."""
    monkeypatch.setattr("subscribers.inbound.act_on_reports.COMPLAINTS_AT_LEAST", 2)
    monkeypatch.setattr("subscribers.inbound.act_on_reports.COMPLAINT_SHARE", 0.5)
    copies = send_issue(office, MONDAY)
    got = [
        office.take(complaint(copy), "abuse", envelope="x@isp.example.net") for copy in copies[:3]
    ]
    assert [one.action for one in got] == ["unsubscribe", "unsubscribe", "quarantine"]
    assert office.status(copies[2].recipient) == "active"
    again = handle(office.site, got[2].id, now=office.now, again=True)
    assert again.action == "unsubscribe"
    office.now += timedelta(days=2)
    later = office.take(complaint(copies[3]), "abuse", envelope="x@isp.example.net")
    assert later.action == "unsubscribe"


@pytest.mark.parametrize("address", ["postmaster", "Abuse"])
def test_what_every_domain_has_goes_to_the_editors(office: PostOffice, address: str) -> None:
    """RFC 5321 4.5.1 and RFC 2142: a person writes to postmaster@ or abuse@."""
    got = office.mail(address, sender="admin@isp.example.net", subject="Your mail", text="Hello.")
    assert got.action == "forward"
    assert office.last().recipient == "editor@example.net"
    assert takes(office.site, address)  # without a domain, as SMTP allows for postmaster
    assert not takes(office.site, f"{address}@example.net")
