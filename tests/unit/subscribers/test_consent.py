from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from newsletter.store.database import Database
from subscribers import people
from subscribers.audience import audience
from subscribers.consent import (
    ASK_AT_MOST,
    ASK_EVERY,
    JoinRequest,
    ask_to_join,
    confirm,
    drop_unconfirmed,
)
from subscribers.history import Event, Way
from subscribers.letters import LetterRequest, Template
from subscribers.privacy import erase
from subscribers.subscriber import Status
from subscribers.suppression import suppress
from subscribers.unsubscribe import status_of, unsubscribe
from tests.factories.subscribers import LIST, NOW, events, join, listing, set_status

JO = "jo@example.org"


def ask(
    connection: sa.Connection, address: str = JO, *, now: datetime = NOW, name: str = ""
) -> LetterRequest | None:
    """Ask by the web form, as anybody may for any address."""
    request = JoinRequest(
        address=address,
        list_slug=LIST,
        way=Way.FORM,
        origin="from 192.0.2.7",
        wording="Yes, send me the weekly",
        name=name,
    )
    return ask_to_join(connection, request, now)


def test_nobody_is_mailed_an_issue_before_they_confirm(database: Database) -> None:
    """The request waits; the answer makes it active, with proof of both."""
    with database.transaction() as connection:
        letter = ask(connection)
        assert letter is not None
        assert (letter.template, letter.address) == (Template.CONFIRM, JO)
        assert connection.execute(audience(LIST, NOW)).all() == []
        welcome = confirm(connection, letter.subscriber_id, LIST, way=Way.PAGE, now=NOW)
        assert welcome is not None
        assert welcome.template is Template.WELCOME
        assert len(connection.execute(audience(LIST, NOW)).all()) == 1
        history = people.show(connection, JO)["history"]
    assert [(entry["event"], entry["way"]) for entry in history] == [
        ("subscribe", "form"),
        ("confirm", "page"),
    ]
    assert history[0]["detail"] == "from 192.0.2.7; “Yes, send me the weekly”"


def test_confirming_twice_is_once(database: Database) -> None:
    """The second time there is no second welcome and no second entry."""
    with database.transaction() as connection:
        letter = ask(connection)
        assert letter is not None
        assert confirm(connection, letter.subscriber_id, LIST, way=Way.PAGE, now=NOW)
        assert confirm(connection, letter.subscriber_id, LIST, way=Way.MAIL, now=NOW) is None
        assert len(events(connection, letter.subscriber_id)) == 2


def test_an_old_question_brings_nobody_back(database: Database) -> None:
    """Confirmed, left, and the confirmation replayed: still gone."""
    with database.transaction() as connection:
        letter = ask(connection)
        assert letter is not None
        confirm(connection, letter.subscriber_id, LIST, way=Way.PAGE, now=NOW)
        unsubscribe(connection, letter.subscriber_id, LIST, Way.ONE_CLICK, NOW)
        assert confirm(connection, letter.subscriber_id, LIST, way=Way.PAGE, now=NOW) is None
        assert status_of(connection, letter.subscriber_id, LIST) is Status.UNSUBSCRIBED


def test_a_form_in_strangers_hands_is_no_mail_gun(database: Database) -> None:
    """Many requests: one mail a day, and three ever while nobody answers, also after forgetting."""
    sent = 0
    with database.transaction() as connection:
        for hours in range(0, 24 * 30, 6):
            now = NOW + timedelta(hours=hours)
            sent += ask(connection, now=now) is not None
            assert sent <= 1 + hours // 24
            drop_unconfirmed(connection, now - timedelta(days=7))
    assert sent == ASK_AT_MOST


def test_an_answer_opens_the_account_again(database: Database) -> None:
    """A reader who confirmed may ask for another list, another day, as often as before."""
    with database.transaction() as connection:
        for number in range(ASK_AT_MOST + 1):
            letter = ask(connection, now=NOW + ASK_EVERY * number)
            assert letter is not None
            confirm(connection, letter.subscriber_id, LIST, way=Way.PAGE, now=NOW)
            unsubscribe(connection, letter.subscriber_id, LIST, Way.PAGE, NOW)


def test_who_is_subscribed_already_is_told_so_by_mail(database: Database) -> None:
    """The form's answer is the same; the letter differs, and nothing changes."""
    with database.transaction() as connection:
        person = join(connection, name="Jo")
        letter = ask(connection, name="Evil")
        assert letter is not None
        assert letter.template is Template.ALREADY
        assert people.show(connection, JO)["name"] == "Jo"
        assert len(events(connection, person)) == 1


def test_a_stranger_s_words_change_nothing_about_who_is_known(database: Database) -> None:
    """Name and tags count only with the first request of an unknown address."""
    with database.transaction() as connection:
        ask(connection, name="Jo")
        ask(connection, name="Buy now", now=NOW + ASK_EVERY)
        assert people.show(connection, JO)["name"] == "Jo"


@pytest.mark.parametrize("status", [Status.UNSUBSCRIBED, Status.BOUNCED])
def test_whoever_left_may_ask_again(database: Database, status: Status) -> None:
    """They are asked to confirm like anybody, and stay away until they do."""
    with database.transaction() as connection:
        set_status(connection, join(connection), status)
        letter = ask(connection)
        assert letter is not None
        assert letter.template is Template.CONFIRM
        assert connection.execute(audience(LIST, NOW)).all() == []


def test_those_who_want_no_mail_get_none_because_of_a_form(database: Database) -> None:
    """Complained, suppressed by address or domain, erased: not even the question."""
    with database.transaction() as connection:
        set_status(connection, join(connection, "c@example.org"), Status.COMPLAINED)
        suppress(connection, "s@example.org", "by letter", NOW)
        suppress(connection, "@example.net", "refuses us", NOW)
        join(connection, "e@example.org")
        erase(connection, "e@example.org", NOW)
        for address in ("c@example.org", "s@example.org", "d@example.net", "E@example.org"):
            assert ask(connection, address) is None


def test_requests_that_nobody_confirmed_are_forgotten(database: Database) -> None:
    """The person goes; who is on another list stays, and who had left before has left again."""
    with database.transaction() as connection:
        ask(connection, "new@example.org")
        other = join(connection, "other@example.org", list_slug="monthly")
        ask(connection, "other@example.org")
        left = join(connection, "left@example.org")
        unsubscribe(connection, left, LIST, Way.PAGE, NOW)
        ask(connection, "left@example.org")
        ask(connection, "late@example.org", now=NOW + timedelta(days=1))
        assert drop_unconfirmed(connection, NOW + timedelta(days=1)) == 3
        assert drop_unconfirmed(connection, NOW + timedelta(days=1)) == 0
        assert status_of(connection, other, "monthly") is Status.ACTIVE
        assert status_of(connection, other, LIST) is None
        assert status_of(connection, left, LIST) is Status.UNSUBSCRIBED
        assert events(connection, left)[-1] == (Event.SUBSCRIBE, Way.FORM)
        assert {row["address"] for row in listing(connection, LIST)} == {
            "late@example.org",
            "left@example.org",
        }
