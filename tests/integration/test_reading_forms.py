"""Readers who want larger type or high contrast get it: issues, corrections, letters, the welcome."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from newsletter.issues.issue import State
from newsletter.pipeline.correct import sent_issue
from newsletter.pipeline.flush_letters import flush
from newsletter.pipeline.join import confirm, join
from newsletter.pipeline.reader_copy import Reader, copy_for
from newsletter.rendering.reading_form import html_in_form
from newsletter.site.site import Site
from subscribers import consent, people
from subscribers.history import Way
from subscribers.preferences import set_mail_format
from subscribers.subscriber import MailFormat
from subscribers.tokens import TokenSubject
from tests.demo.catcher import CaughtMail, MailCatcher, catching_mail
from tests.factories.corrections import (
    AFTER,
    correct,
    everything_reader,
    send_two_stories,
    site_with_two_stories,
)
from tests.factories.dated_letters import confirm as confirm_reader
from tests.factories.dated_letters import letters_site, serve, write
from tests.factories.runs import DAY, THURSDAY

BOTH = MailFormat.LARGE_CONTRAST


@pytest.fixture(scope="module")
def catcher() -> Iterator[MailCatcher]:
    """A real SMTP server."""
    with catching_mail() as running:
        yield running


def wants(site: Site, address: str, form: MailFormat = BOTH) -> None:
    """The reader chooses that form."""
    with site.database.transaction() as connection:
        number = people.find(connection, address).id
        assert set_mail_format(connection, number, form, Way.PAGE, THURSDAY)


def shared(html: str) -> str:
    """What all readers of a form have: without personal links."""
    return re.sub(r'href="[^"]*/[up]/[^"]*"', "", html.replace("\r\n", "\n")).strip()


def is_in_form(mail: CaughtMail) -> bool:
    """Whether a mail is in large type and two colours."""
    html = mail.part("html")
    colours = set(re.findall(r"(?<![\w-])color\s*:\s*(#\w+)", html))
    return colours == {"#000000", "#ffffff"} and "font-size:16px" not in html


def test_an_issue_and_its_correction_come_in_the_form(
    tmp_path: Path, catcher: MailCatcher, database_url: str
) -> None:
    """The frozen HTML with other values of its styles; others get the frozen bytes; the preview shows it."""
    site = site_with_two_stories(tmp_path, port=catcher.port, database=database_url)
    wants(site, everything_reader(0))
    start = len(catcher.mails)
    assert send_two_stories(site).state is State.SENT
    mails = {mail.recipient: mail for mail in catcher.mails[start:]}
    theirs, ours = mails[everything_reader(0)], mails[everything_reader(1)]
    assert is_in_form(theirs)
    assert not is_in_form(ours)
    assert shared(theirs.part("html")) == shared(html_in_form(ours.part("html"), BOTH))
    assert theirs.message["Subject"] == ours.message["Subject"]
    issue = sent_issue(site, "weekly", None)
    copy = copy_for(site, issue, Reader(address=everything_reader(0)), now=AFTER)
    assert shared(copy.html) == shared(theirs.part("html"))
    before = len(catcher.mails)
    correct(site)
    flush(site, lambda: AFTER)
    corrections = {mail.recipient: mail for mail in catcher.mails[before:]}
    assert is_in_form(corrections[everything_reader(0)])
    assert not is_in_form(corrections[everything_reader(1)])
    site.database.close()


def test_the_welcome_comes_in_the_form(tmp_path: Path, catcher: MailCatcher) -> None:
    """For whoever chose it before, such as a reader of another list."""
    site = site_with_two_stories(tmp_path, port=catcher.port)
    send_two_stories(site)
    with site.database.transaction() as connection:
        request = consent.JoinRequest(address="new@example.org", list_slug="weekly", way=Way.PAGE)
        join(site, connection, request, now=AFTER)
        number = people.find(connection, "new@example.org").id
    wants(site, "new@example.org")
    before = len(catcher.mails)
    subject = TokenSubject(subscriber_id=number, list_slug="weekly")
    assert confirm(site, subject, origin="", now=AFTER)
    flush(site, lambda: AFTER)
    assert is_in_form(catcher.mails[-1])
    assert len(catcher.mails) > before
    site.database.close()


def test_a_letter_to_a_new_reader_comes_in_the_form(tmp_path: Path, catcher: MailCatcher) -> None:
    """As issues do."""
    site = letters_site(tmp_path, port=catcher.port)
    write(site)
    confirm_reader(site, "new@example.org", "other@example.org")
    wants(site, "new@example.org")
    before = len(catcher.mails)
    serve(site, THURSDAY + 3 * DAY)
    mails = {mail.recipient: mail for mail in catcher.mails[before:]}
    assert is_in_form(mails["new@example.org"])
    assert not is_in_form(mails["other@example.org"])
    site.database.close()
