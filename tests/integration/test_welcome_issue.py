"""A new reader gets the newest issue at once, in place of a letter that promises the next."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from newsletter.articles.tags import slug_of
from newsletter.pipeline.flush_letters import flush
from newsletter.pipeline.join import confirm, join
from newsletter.site.site import Site
from newsletter.store.recipient_receipts import AS_WELCOME, issues_of, mails_to
from subscribers import consent, people
from subscribers.history import Way
from subscribers.tokens import TokenSubject
from subscribers.unsubscribe import unsubscribe
from tests.demo.catcher import CaughtMail, MailCatcher, catching_mail
from tests.factories.corrections import (
    AFTER,
    correct,
    sea_reader,
    send_two_stories,
    site_with_two_stories,
)
from tests.factories.runs import DAY

NEW = "new@example.org"
Maker = Callable[..., Site]


@pytest.fixture(scope="module")
def catcher() -> Iterator[MailCatcher]:
    """A real SMTP server."""
    with catching_mail() as running:
        yield running


@pytest.fixture
def sent_site(tmp_path: Path, catcher: MailCatcher) -> Iterator[Maker]:
    """Makes a site whose issue of two stories has been sent."""
    made: list[Site] = []

    def make(**settings: object) -> Site:
        site = site_with_two_stories(tmp_path, port=catcher.port, **settings)
        made.append(site)
        send_two_stories(site)
        return site

    yield make
    for site in made:
        site.database.close()


def joined(
    site: Site, catcher: MailCatcher, *tags: str, address: str = NEW, at: datetime = AFTER
) -> CaughtMail:
    """The mail that answers the confirmation of a reader who follows these tags."""
    follows = tuple(map(slug_of, tags))
    with site.database.transaction() as connection:
        request = consent.JoinRequest(
            address=address, list_slug="weekly", follows=follows, way=Way.PAGE
        )
        join(site, connection, request, now=at)
        number = people.find(connection, address).id
    subject = TokenSubject(subscriber_id=number, list_slug="weekly")
    before = len(catcher.mails)
    assert confirm(site, subject, origin="", now=at)
    flush(site, lambda: at)
    (mail,) = [
        mail for mail in catcher.mails[before:] if "confirm" not in str(mail.message["Subject"])
    ]
    return mail


def reader_id(site: Site, address: str = NEW) -> int:
    """The number of the reader."""
    with site.database.transaction(read_only=True) as connection:
        return people.find(connection, address).id


def test_a_confirmation_brings_the_edition_for_the_chosen_tags(
    database_url: str, sent_site: Maker, catcher: MailCatcher
) -> None:
    """The frozen bytes with her own links and today's date; her record and her export tell of it."""
    site = sent_site(database=database_url)
    theirs = next(mail for mail in catcher.mails if mail.recipient == sea_reader(0))
    mail = joined(site, catcher, "sea")
    assert mail.message["Subject"] == theirs.message["Subject"]
    assert mail.html_sha256 == theirs.html_sha256
    assert "hills" not in mail.part("html")
    assert mail.message["List-Unsubscribe"] != theirs.message["List-Unsubscribe"]
    assert mail.message["Date"].datetime == AFTER
    with site.database.transaction(read_only=True) as connection:
        (issue,) = issues_of(connection, reader_id(site))
        (copy,) = mails_to(connection, reader_id(site))
    assert (issue.issue, issue.text) == ("weekly/1", AS_WELCOME)
    assert (copy.issue, copy.subject) == ("weekly/1", str(mail.message["Subject"]))


def test_who_was_welcomed_by_an_issue_gets_its_correction(
    sent_site: Maker, catcher: MailCatcher
) -> None:
    """As everybody whose copy had the story; a corrected issue welcomes nobody any more."""
    site = sent_site()
    joined(site, catcher, "sea")
    joined(site, catcher, "hills", address="other@example.org")
    correct(site)
    before = len(catcher.mails)
    flush(site, lambda: AFTER)
    corrected = [mail.recipient for mail in catcher.mails[before:]]
    assert (len(corrected), corrected.count(NEW)) == (5, 1)
    late = joined(site, catcher, "sea", address="late@example.org")
    assert late.message["Subject"] == "Welcome to The Weekly"


def test_nobody_gets_an_issue_a_second_time(sent_site: Maker, catcher: MailCatcher) -> None:
    """Neither by the send and as a welcome, nor twice as a welcome."""
    site = sent_site()
    joined(site, catcher, "sea")
    for address in (sea_reader(0), NEW):
        with site.database.transaction() as connection:
            number = people.find(connection, address).id
            unsubscribe(connection, number, "weekly", way=Way.PAGE, now=AFTER)
        again = joined(site, catcher, "sea", address=address, at=AFTER + DAY)
        assert again.message["Subject"] == "Welcome to The Weekly"


def test_a_flood_of_sign_ups_sends_issues_to_nobody(sent_site: Maker, catcher: MailCatcher) -> None:
    """Strangers whom somebody names get one question; who holds a forwarded one brings its reader one issue."""
    site, before = sent_site(), len(catcher.mails)
    numbers = []
    for number in range(30):
        address = f"stranger{number}@example.org"
        request = consent.JoinRequest(address=address, list_slug="weekly", way=Way.PAGE)
        for minutes in range(3):
            with site.database.transaction() as connection:
                join(site, connection, request, now=AFTER + timedelta(minutes=minutes))
                numbers.append(people.find(connection, address).id)
    flush(site, lambda: AFTER)
    asked = catcher.mails[before:]
    assert sorted(mail.recipient for mail in asked) == sorted(
        f"stranger{number}@example.org" for number in range(30)
    )
    assert all("onfirm" in str(mail.message["Subject"]) for mail in asked)
    subject = TokenSubject(subscriber_id=numbers[0], list_slug="weekly")
    for hours in range(5):
        confirm(site, subject, origin="", now=AFTER + timedelta(hours=hours))
    flush(site, lambda: AFTER + DAY)
    issues = [mail for mail in catcher.mails[before:] if mail.message["List-Unsubscribe"]]
    assert [mail.recipient for mail in issues] == ["stranger0@example.org"]


@pytest.mark.parametrize(
    ("keys", "tags", "later"),
    [
        ('welcome = "letter"', ["sea"], timedelta(0)),
        ("", ["sea"], timedelta(days=61)),
        ("segment = \"plan = 'gold'\"", ["sea"], timedelta(0)),
    ],
    ids=["not wanted", "too old", "not for her"],
)
def test_where_no_issue_fits_the_letter_welcomes(
    tmp_path: Path, catcher: MailCatcher, keys: str, tags: list[str], later: timedelta
) -> None:
    """As before: the letter says what she will get, and where she can change it."""
    site = site_with_two_stories(tmp_path, port=catcher.port, keys=keys)
    send_two_stories(site)
    mail = joined(site, catcher, *tags, at=AFTER + later)
    assert mail.message["Subject"] == "Welcome to The Weekly"
    site.database.close()
