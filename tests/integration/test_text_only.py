"""Readers who want plain text alone get it: issues, corrections and the welcome, in one ledger."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from newsletter.delivery.receipt import DeliveryState
from newsletter.issues.issue import State
from newsletter.pipeline.correct import sent_issue
from newsletter.pipeline.flush_letters import flush
from newsletter.pipeline.status import issue_status
from newsletter.site.site import Site
from subscribers import people
from subscribers.history import Way
from subscribers.preferences import set_mail_format
from subscribers.subscriber import MailFormat
from tests.demo.catcher import MailCatcher, catching_mail
from tests.factories.corrections import (
    AFTER,
    correct,
    everything_reader,
    send_two_stories,
    site_with_two_stories,
)
from tests.factories.runs import THURSDAY


@pytest.fixture(scope="module")
def catcher() -> Iterator[MailCatcher]:
    """A real SMTP server."""
    with catching_mail() as running:
        yield running


def wants_text(site: Site, address: str) -> None:
    """The reader chooses plain text alone."""
    with site.database.transaction() as connection:
        number = people.find(connection, address).id
        assert set_mail_format(connection, number, MailFormat.TEXT, Way.PAGE, THURSDAY)
        assert not set_mail_format(connection, number, MailFormat.TEXT, Way.PAGE, THURSDAY)


def test_who_wants_text_alone_gets_the_frozen_text_and_no_html(
    tmp_path: Path, catcher: MailCatcher, database_url: str
) -> None:
    """The same words as everybody's text part, with own links and headers; a correction likewise."""
    site = site_with_two_stories(tmp_path, port=catcher.port, database=database_url)
    wants_text(site, everything_reader(0))
    start = len(catcher.mails)
    assert send_two_stories(site).state is State.SENT
    mails = {mail.recipient: mail.message for mail in catcher.mails[start:]}
    assert len(mails) == 6
    plain, whole = mails[everything_reader(0)], mails[everything_reader(1)]
    assert (plain.get_content_type(), plain.is_multipart()) == ("text/plain", False)
    assert whole.get_content_type() == "multipart/alternative"
    part = whole.get_body(("plain",))
    assert part is not None
    ours, theirs = str(plain.get_content()), str(part.get_content())
    assert [line for line in ours.splitlines() if "/u/" not in line and "/p/" not in line] == [
        line for line in theirs.splitlines() if "/u/" not in line and "/p/" not in line
    ]
    assert ours != theirs
    for name in ("List-Unsubscribe", "List-Unsubscribe-Post", "List-Id", "Message-ID", "Subject"):
        assert plain[name]
    counts = issue_status(site, sent_issue(site, "weekly", None), now=AFTER).deliveries
    assert counts[DeliveryState.ACCEPTED] == 6
    before = len(catcher.mails)
    correct(site)
    flush(site, lambda: AFTER)
    kinds = {mail.recipient: mail.message.get_content_type() for mail in catcher.mails[before:]}
    assert kinds[everything_reader(0)] == "text/plain"
    assert kinds[everything_reader(1)] == "multipart/alternative"
    site.database.close()
