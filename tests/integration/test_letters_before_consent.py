"""What a stranger typed stands in no letter to somebody who has not said yes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from newsletter.pipeline.flush_letters import flush
from newsletter.pipeline.join import confirm, join, mail_links
from newsletter.pipeline.own_data import ask_to_move
from subscribers import people
from subscribers.consent import JoinRequest
from subscribers.history import Way
from subscribers.preferences import choose
from subscribers.tokens import TokenSubject
from tests.factories.mail import READER, PostOffice, post_office

VICTIM = "victim@example.net"
SPAM = "You won 900 EUR: http://casino.example/claim?x=1"


@pytest.fixture
def office(tmp_path: Path) -> Iterator[PostOffice]:
    """A site that takes mail."""
    with post_office(tmp_path) as running:
        yield running


def asked(office: PostOffice, name: str = SPAM) -> TokenSubject:
    """A stranger fills in the form with the victim's address and words of their own."""
    sign_up = JoinRequest(
        address=VICTIM,
        list_slug="weekly",
        way=Way.FORM,
        origin=SPAM,
        wording=SPAM,
        name=name,
        follows=[SPAM],
    )
    with office.site.database.transaction() as connection:
        join(office.site, connection, sign_up, now=office.now)
    person = office.person(VICTIM)
    assert person is not None
    return TokenSubject(subscriber_id=person.id, list_slug="weekly")


def said_to(office: PostOffice, address: str) -> str:
    """Every letter to this address, as it went over the wire and as it reads."""
    flush(office.site, lambda: office.now)
    letters = [letter for letter in office.letters if letter.recipient == address]
    return "\n".join(
        part
        for letter in letters
        for part in (letter.content.decode(), letter.part("plain"), letter.part("html"))
    )


def test_the_question_repeats_nothing_of_the_form(office: PostOffice) -> None:
    """Neither in the text nor in the HTML nor in a header."""
    asked(office)
    said = said_to(office, VICTIM)
    assert "/confirm/" in said
    assert "casino" not in said
    assert "900 EUR" not in said


def test_no_other_letter_before_confirmation_does(office: PostOffice) -> None:
    """Asked for the links, for the subjects, for what is known, for leaving and for erasing."""
    asked(office)
    with office.site.database.transaction() as connection:
        mail_links(office.site, connection, "weekly", VICTIM, now=office.now)
    for subject in ("which", "tags", "help", "erase", "pause", f"tags +{SPAM}", "unsubscribe"):
        office.now += timedelta(hours=2)  # one answer an hour
        office.mail("weekly-request", sender=VICTIM, subject=subject, envelope=VICTIM)
    office.mail("weekly-leave", sender=VICTIM, envelope=VICTIM)
    said = said_to(office, VICTIM)
    assert len([one for one in office.letters if one.recipient == VICTIM]) >= 8
    assert office.status(VICTIM) == "unsubscribed"
    assert "You are unsubscribed" in said
    assert "casino" not in said


def test_the_name_is_used_once_the_reader_said_yes(office: PostOffice) -> None:
    """From then on it is the reader's own."""
    subject = asked(office, name="Vic")
    confirm(office.site, subject, origin="", now=office.now)
    said = said_to(office, VICTIM)
    assert "Hello Vic," in said
    assert "Hello," in said  # the question


def test_an_import_does_not_take_over_what_a_stranger_typed(office: PostOffice) -> None:
    """The operator adds the address without a name: then it has none, in letters and in issues."""
    asked(office)
    with office.site.database.transaction() as connection:
        people.add(connection, VICTIM, list_slug="weekly", now=office.now)
    person = office.person(VICTIM)
    assert person is not None
    assert (office.status(VICTIM), person.name, person.follows) == ("active", "", frozenset())


def test_a_reader_cannot_write_to_a_new_address_by_her_name(office: PostOffice) -> None:
    """She may call herself anything; whom she would like to move to has not said yes."""
    person = office.person()
    assert person is not None
    with office.site.database.transaction() as connection:
        choose(
            connection, person.id, name=SPAM, follows=(), way=Way.PAGE, now=office.now
        )  # fmt: skip
    subject = TokenSubject(subscriber_id=person.id, list_slug="weekly")
    ask_to_move(office.site, subject, VICTIM, now=office.now)
    said = said_to(office, VICTIM)
    assert "/move/" in said
    assert "casino" not in said


def test_an_answer_repeats_no_address_of_a_page(office: PostOffice) -> None:
    """A command in a reader's name names a subject that does not exist."""
    office.mail("weekly-request", subject="tags +http://casino.example/claim -nonsense")
    said = said_to(office, READER)
    assert "nonsense" in said
    assert "casino" not in said
