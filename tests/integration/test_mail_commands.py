"""Joining, choosing and leaving by mail: from the message that comes in to the letter that goes out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from email.utils import parseaddr
from pathlib import Path

import pytest

from newsletter.pipeline.draft import draft
from newsletter.pipeline.flush_letters import flush
from newsletter.site.messages import return_path_of
from newsletter.store import outbox
from newsletter.store.outbox_ledger import OutboxLedger
from subscribers.tokens import Purpose
from tests.factories.mail import NOW, READER, PostOffice, link_in, post_office


@pytest.fixture
def office(tmp_path: Path) -> Iterator[PostOffice]:
    """A site that takes mail."""
    with post_office(tmp_path) as running:
        yield running


def reply_box(office: PostOffice) -> str:
    """Where the answer to the newest letter goes, without its domain."""
    return parseaddr(str(office.last().message["Reply-To"]))[1].partition("@")[0]


NEWCOMER = "new@example.org"


def test_a_mail_asks_and_any_reply_confirms(office: PostOffice) -> None:
    """A mail to weekly-subscribe@ is answered by a question; any words in reply to it join."""
    asked = office.mail("weekly-subscribe", sender=NEWCOMER)
    assert (asked.kind, asked.action, asked.address) == ("command", "subscribe", NEWCOMER)
    assert office.status(NEWCOMER) == "pending"
    assert office.last().recipient == NEWCOMER

    joined = office.mail(reply_box(office), sender=NEWCOMER, text="Gern!", subject="Re: ja")

    assert (joined.kind, joined.action) == ("confirmation", "confirm")
    assert office.status(NEWCOMER) == "active"
    assert str(office.last().message["Subject"]) == "Welcome to The Weekly"


def test_a_question_is_answered_by_its_token(office: PostOffice) -> None:
    """`confirm TOKEN` at weekly-request@ joins, from any address."""
    office.mail("weekly-join", sender=NEWCOMER)
    token = link_in(office.last(), "confirm").rpartition("/")[2]
    office.mail("weekly-request", sender="other@example.net", subject=f"confirm {token}")
    assert office.status(NEWCOMER) == "active"


def test_a_question_runs_out(office: PostOffice) -> None:
    """After its days neither the reply nor the token joins."""
    office.mail("weekly-join", sender=NEWCOMER)
    box, token = reply_box(office), link_in(office.last(), "confirm").rpartition("/")[2]
    office.now += timedelta(days=8)
    assert office.mail(box, sender=NEWCOMER, text="yes").action == "none"
    assert office.mail("weekly-request", subject=f"confirm {token}").action == "none"
    assert office.status(NEWCOMER) == "pending"


def test_an_automatic_answer_confirms_nothing(office: PostOffice) -> None:
    """A vacation reply to the question does not confirm, and is not answered."""
    office.mail("weekly-join", sender=NEWCOMER)
    before = len(office.letters)
    away = office.mail(
        reply_box(office), sender=NEWCOMER, headers="Auto-Submitted: auto-replied\n", text="away"
    )
    assert (away.kind, office.status(NEWCOMER)) == ("automatic", "pending")
    assert len(office.letters) == before


def test_letters_stop_loops(office: PostOffice) -> None:
    """An answer says that it is one, what it answers, and where nothing may bounce to."""
    office.mail("weekly-help", sender="stranger@example.net")
    letter = office.last()
    assert letter.message["Auto-Submitted"] == "auto-replied"
    assert letter.message["Precedence"] == "bulk"
    assert letter.message["In-Reply-To"] == "<1@example.org>"
    assert letter.sender == "<>"


def test_leaving_by_the_mail_header(office: PostOffice) -> None:
    """The token in List-Unsubscribe's subject is believed from any address; goodbye has an undo."""
    person = office.person()
    assert person is not None
    token = office.site.tokens.make(Purpose.UNSUBSCRIBE, person.id, "weekly")
    left = office.mail(
        "weekly-unsubscribe", sender="phone@example.net", subject=f"unsubscribe {token}"
    )
    assert (left.action, left.address, office.status()) == ("unsubscribe", READER, "unsubscribed")
    assert office.last().recipient == READER
    assert link_in(office.last(), "u")


@pytest.mark.parametrize(
    ("to", "subject", "text"),
    [
        ("weekly-leave", "", ""),
        ("weekly-request", "unsubscribe", ""),
        ("weekly-request", "", "Bitte abmelden\n\nAm 2. März 2026 schrieb The Weekly:\n> News"),
        ("weekly", "Re: The news", "unsubscribe\n\n> The news\n> and more"),
    ],
)
def test_leaving_in_words(office: PostOffice, to: str, subject: str, text: str) -> None:
    """From the reader's own envelope it is done; the second mail changes nothing more."""
    assert office.mail(to, subject=subject, text=text).action == "unsubscribe"
    assert office.status() == "unsubscribed"
    office.mail(to, subject=subject, text=text)
    assert len(office.letters) == 1


def test_a_mail_that_may_be_forged_is_asked_about(office: PostOffice) -> None:
    """Another envelope, or a mail server's word that it is forged: the reader gets their links."""
    asked = office.mail("weekly-leave", envelope="forger@example.net")
    assert (asked.action, office.status()) == ("ask", "active")
    assert office.last().recipient == READER
    failed = "Authentication-Results: mx.example.org; spf=fail smtp.mailfrom=example.org\n"
    assert office.mail("weekly-leave", headers=failed).action == "ask"
    assert office.status() == "active"


def test_a_provider_may_sign_the_readers_envelope(office: PostOffice) -> None:
    """The reader's own address behind the tag of her provider (BATV) proves her; another's does not."""
    forged = office.mail("weekly-leave", envelope="prvs=190694bd6d=forger@example.net")
    assert (forged.action, office.status()) == ("ask", "active")
    left = office.mail("weekly-leave", envelope=f"prvs=190694bd6d={READER}")
    assert (left.action, office.status()) == ("unsubscribe", "unsubscribed")


def test_a_quoted_link_proves_its_reader_only(office: PostOffice) -> None:
    """A reply that quotes the reader's link is theirs; a friend's with that link is the friend's."""
    person = office.person()
    assert person is not None
    link = f"https://news.example.org/u/{office.site.tokens.make(Purpose.UNSUBSCRIBE, person.id, 'weekly')}"
    friend = "reader1@example.org"
    text = f"unsubscribe\n\n> read on\n> {link}"
    assert office.mail("weekly", sender=friend, text=text, envelope="x@example.net").action == "ask"
    assert (office.status(), office.status(friend)) == ("active", "active")
    office.mail("weekly", text=text, envelope="x@example.net")
    assert office.status() == "unsubscribed"


def test_tags_by_mail(office: PostOffice) -> None:
    """tags +security: followed from now on, said so, and a subject that is not there is named."""
    office.mail("weekly-request", subject="tags +security +gardening")
    person = office.person()
    assert person is not None
    assert person.follows == {"security"}
    assert "You now follow Security" in office.last().part("plain")
    assert "gardening" in office.last().part("plain")


def test_a_pause_by_mail(office: PostOffice) -> None:
    """pause 2 weeks and resume, each told; a pause in the past is answered by help."""
    office.mail("weekly-request", subject="pause 2 weeks")
    person = office.person()
    assert person is not None
    assert person.paused_until is not None
    assert (person.paused_until - NOW).days in (13, 14)
    assert "18 March 2026" in office.last().part("plain")
    office.mail("weekly-request", subject="resume")
    resumed = office.person()
    assert resumed is not None
    assert resumed.paused_until is None
    office.mail("weekly-request", subject="pause until 2020-01-01")
    assert "request@news.example.org" in office.last().part("plain")


@pytest.mark.parametrize("subject", ["help", "tags", "which", "no command at all"])
def test_answers_come_once_an_hour(office: PostOffice, subject: str) -> None:
    """Whatever is asked of the robot: one answer, then none for an hour."""
    for _ in range(5):
        office.mail("weekly-request", subject=subject)
    assert len(office.letters) == 1
    office.now += timedelta(minutes=61)
    office.mail("weekly-request", subject=subject)
    assert len(office.letters) == 2


def test_erasing_is_asked_even_of_the_proven(office: PostOffice) -> None:
    """It cannot be taken back: the mail brings a link, and nothing is gone yet."""
    assert office.mail("weekly-request", subject="erase").action == "erase"
    assert link_in(office.last(), "erase")
    assert office.status() == "active"


def test_readers_replies_reach_the_editor(office: PostOffice) -> None:
    """A letter goes to the owner, answers go to its writer, and the whole mail is enclosed."""
    got = office.mail("weekly", subject="Re: The news", text="Well said!\nIs there more?")
    assert (got.kind, got.action) == ("reply", "forward")
    forwarded = office.last()
    assert (forwarded.recipient, forwarded.sender) == ("editor@example.net", "<>")
    assert forwarded.message["Reply-To"] == READER
    assert "Is there more?" in forwarded.part("plain")
    assert [part.get_filename() for part in forwarded.message.iter_attachments()] == ["message.eml"]


def test_the_same_mail_twice_is_once(office: PostOffice) -> None:
    """A server that hands a mail over again, with one more Received line, gets the old outcome."""
    content = (
        b"From: new@example.org\nTo: weekly-join@news.example.org\nMessage-ID: <a@b>\n\nhello\n"
    )
    first = office.take(content, "weekly-join", envelope=NEWCOMER)
    again = office.take(b"Received: from x\n" + content, "weekly-join", envelope=NEWCOMER)
    assert (again.id, again.action) == (first.id, "subscribe")
    assert len(office.letters) == 1


def test_no_answer_is_lost_while_the_relay_is_down(office: PostOffice) -> None:
    """What a relay does not take waits, and goes out once when it does."""
    with office.catcher.answering(lambda _recipient: "451 4.3.0 later"):
        office.mail("weekly-join", sender=NEWCOMER)
    assert office.letters == []
    office.now += timedelta(minutes=2)
    flush(office.site, lambda: office.now)
    flush(office.site, lambda: office.now)
    assert [letter.recipient for letter in office.letters] == [NEWCOMER]
    with office.site.database.transaction() as connection:
        assert not outbox.is_anything_due(connection, office.now + timedelta(days=1))


def test_return_paths_are_signed_for_each_copy(office: PostOffice) -> None:
    """With [inbound] a bounce comes back to an address that names reader and issue."""
    issue = draft(office.site, "weekly", now=office.now)
    one, two = (return_path_of(office.site, issue)(number) for number in (1, 2))
    assert one != two
    assert one.startswith("weekly-bounces+1-1-")


def test_a_dead_relay_is_asked_once(office: PostOffice) -> None:
    """All letters wait; none is tried after the first has found nobody there."""
    dead = office.site.settings.relays[0].model_copy(update={"port": 1})
    settings = office.site.settings.model_copy(update={"relays": (dead,)})
    for number in range(3):
        office.mail("weekly-join", sender=f"new{number}@example.org", send=False)
    assert flush(replace(office.site, settings=settings), lambda: office.now) == 0
    with office.site.database.transaction() as connection:
        assert not outbox.is_anything_due(connection, office.now)
    letters = OutboxLedger(office.site.database)
    with letters.on_duty():
        later = letters.claim(9, office.now + timedelta(minutes=1)).claims
    assert [letter.attempts for letter in later] == [1, 1, 1]


APPLE = "Auto-Submitted: auto-replied\nX-Apple-Unsubscribe: true\n"
APPLE_SAYS = 'Apple Mail sent this email to unsubscribe from the message "Weekly 12".'


def test_a_mail_program_s_opt_out_is_obeyed_and_not_answered(office: PostOffice) -> None:
    """iCloud's mail says that it is automatic; the token in its subject proves its reader."""
    person = office.person()
    assert person is not None
    token = office.site.tokens.make(Purpose.UNSUBSCRIBE, person.id, "weekly")
    for subject in (f"unsubscribe {token[:-1]}", f"unsubscribe {token}"):
        assert office.status() == "active"
        office.mail(
            "weekly-unsubscribe",
            subject=subject,
            text=APPLE_SAYS,
            headers=APPLE,
            envelope="x@y.test",
        )
    assert office.status() == "unsubscribed"
    assert office.letters == []


def test_an_opt_out_without_a_token_needs_the_reader_s_envelope(office: PostOffice) -> None:
    """Apple's program may leave the subject out; what proves nothing is shown to the operator."""
    how = {"text": APPLE_SAYS, "headers": APPLE}
    unproven = office.mail("weekly-unsubscribe", envelope="x@y.test", **how)
    assert (unproven.kind, unproven.action) == ("command", "quarantine")
    assert office.status() == "active"
    assert office.mail("weekly-unsubscribe", **how).action == "unsubscribe"
    assert (office.status(), office.letters) == ("unsubscribed", [])


def test_a_damaged_token_does_not_keep_a_reader(office: PostOffice) -> None:
    """The reader's own envelope proves the wish as well; from elsewhere it is asked back."""
    subject = "unsubscribe WzEsIndlZWtseSJd." + "A" * 43
    asked = office.mail("weekly-unsubscribe", subject=subject, envelope="x@y.test")
    assert (asked.action, office.status()) == ("ask", "active")
    assert office.mail("weekly-unsubscribe", subject=subject).action == "unsubscribe"
    assert office.status() == "unsubscribed"
