"""A correction goes, once, to exactly those who got the story and may still be written to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from newsletter.errors import InputError, NotPermittedError, UnknownNameError
from newsletter.pipeline.correct import (
    CorrectionRequest,
    approve_correction,
    discard_correction,
    sent_issue,
    shown_corrections,
    write_correction,
)
from newsletter.pipeline.flush_letters import flush
from newsletter.pipeline.own_data import erase
from newsletter.site.site import Site
from newsletter.store.audit import entries
from newsletter.store.correction_letters import CorrectionProgress
from subscribers import people
from subscribers.history import Way
from subscribers.preferences import pause
from subscribers.suppression import suppress
from subscribers.tables import subscribers
from subscribers.unsubscribe import unsubscribe
from tests.demo.catcher import CaughtMail, MailCatcher, catching_mail
from tests.factories.corrections import (
    AFTER,
    EDITOR,
    HILLS,
    SEA,
    TEXT,
    correct,
    everything_reader,
    sea_reader,
    send_two_stories,
    site_with_two_stories,
)
from tests.factories.runs import DAY

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


def mails_by_flush(site: Site, catcher: MailCatcher) -> list[CaughtMail]:
    """What goes out now."""
    before = len(catcher.mails)
    flush(site, lambda: AFTER)
    return catcher.mails[before:]


def progress(site: Site) -> CorrectionProgress:
    """How far the letters of the last correction are."""
    return shown_corrections(site, sent_issue(site, "weekly", None), now=AFTER)[-1].progress


def test_only_those_whose_copy_had_the_story_get_the_mail_once(
    database_url: str, sent_site: Maker, catcher: MailCatcher
) -> None:
    """Whoever follows other tags got another edition. What was sent is not sent again."""
    site = sent_site(database=database_url)
    issue = sent_issue(site, "weekly", None)
    written = write_correction(
        site, issue, CorrectionRequest(story=SEA, text=TEXT), editor=EDITOR, now=AFTER
    )
    assert [one.readers for one in shown_corrections(site, issue, now=AFTER)] == [4]
    assert mails_by_flush(site, catcher) == []
    approve_correction(site, issue, written.id, editor=EDITOR, now=AFTER)
    mails = mails_by_flush(site, catcher)
    expected = {reader(number) for reader in (sea_reader, everything_reader) for number in (0, 1)}
    assert Counter(mail.recipient for mail in mails) == Counter(expected)
    assert progress(site) == CorrectionProgress(
        is_whole=True, queued=4, accepted=4, waiting=0, unknown=0
    )
    again = correct(site)
    assert again.id == written.id
    assert mails_by_flush(site, catcher) == []
    assert len(correct(site, text="It was three metres.").text) > 0
    assert len(mails_by_flush(site, catcher)) == 4


def test_it_answers_the_readers_own_copy_and_can_be_unsubscribed_from(
    sent_site: Maker, catcher: MailCatcher
) -> None:
    """From the same sender, with the same headers of the list; no vacation responder answers."""
    before = len(catcher.mails)
    site = sent_site()
    copies = {mail.recipient: mail.message for mail in catcher.mails[before:]}
    correct(site, new_url="https://press.example.org/sea-2")
    mails = mails_by_flush(site, catcher)
    assert len({mail.message["Message-ID"] for mail in mails}) == 4
    for mail in mails:
        message, copy = mail.message, copies[mail.recipient]
        assert message["Subject"] == "Correction: News of the sea"
        assert message["In-Reply-To"] == message["References"] == copy["Message-ID"]
        for name in (
            "From",
            "To",
            "List-Id",
            "List-Unsubscribe",
            "List-Unsubscribe-Post",
            "Precedence",
            "Feedback-ID",
        ):
            assert message[name] == copy[name] is not None
        assert message["Auto-Submitted"] == "auto-generated"
        unsubscribe_link = message["List-Unsubscribe"].strip("<>")
        for part in (mail.part("plain"), mail.part("html")):
            for words in (
                TEXT,
                "had an error in this story:",
                "News of the sea",
                "https://press.example.org/sea-2",
                "https://news.example.org/archive/weekly/1",
                "Example Media, 1 Example St",
                unsubscribe_link,
            ):
                assert words in part


def leave(site: Site, address: str) -> None:
    """Unsubscribe them."""
    with site.database.transaction() as connection:
        number = people.find(connection, address).id
        unsubscribe(connection, number, "weekly", Way.PAGE, AFTER)


def pause_for_two_weeks(site: Site, address: str) -> None:
    """They pause by their preferences."""
    with site.database.transaction() as connection:
        number = people.find(connection, address).id
        pause(connection, number, AFTER + 14 * DAY, Way.PAGE, AFTER)


def suppress_address(site: Site, address: str) -> None:
    """The operator blocks the address."""
    with site.database.transaction() as connection:
        suppress(connection, address, "asked", AFTER)


def erase_person(site: Site, address: str) -> None:
    """Everything about them is deleted."""
    erase(site, address, now=AFTER)


LEAVING = [leave, pause_for_two_weeks, suppress_address, erase_person]


@pytest.mark.parametrize("go", LEAVING)
@pytest.mark.parametrize("has_letter", [False, True], ids=["before", "while the letter waits"])
def test_who_is_gone_gets_nothing(
    go: Callable[[Site, str], None],
    has_letter: bool,
    database_url: str,
    sent_site: Maker,
    catcher: MailCatcher,
) -> None:
    """Nor does somebody who paused: they asked for no mail. The archive tells them."""
    site = sent_site(database=database_url)
    if has_letter:
        correct(site)
        with catcher.answering(lambda _recipient: "451 4.3.0 later"):
            flush(site, lambda: AFTER)
        assert progress(site).waiting == 4
    go(site, sea_reader(0))
    if not has_letter:
        correct(site)
    before = len(catcher.mails)
    flush(site, lambda: AFTER + timedelta(hours=1))
    got = {mail.recipient for mail in catcher.mails[before:]}
    assert got == {sea_reader(1), everything_reader(0), everything_reader(1)}
    assert progress(site).waiting == 0
    assert progress(site).not_accepted == (1 if has_letter else 0)


def test_an_address_that_was_changed_meanwhile_gets_it(
    sent_site: Maker, catcher: MailCatcher
) -> None:
    """The person read the error, wherever they read mail now."""
    site = sent_site()
    correct(site)
    with catcher.answering(lambda _recipient: "451 4.3.0 later"):
        flush(site, lambda: AFTER)
    with site.database.transaction() as connection:
        connection.execute(
            sa.update(subscribers)
            .where(subscribers.c.address == sea_reader(0))
            .values(address="new@example.org", address_key="new@example.org")
        )
    before = len(catcher.mails)
    flush(site, lambda: AFTER + timedelta(hours=1))
    got = {mail.recipient for mail in catcher.mails[before:]}
    assert "new@example.org" in got
    assert sea_reader(0) not in got


def test_a_refused_letter_is_counted(sent_site: Maker, catcher: MailCatcher) -> None:
    """The rest has it; nobody else does."""
    site = sent_site()
    correct(site)
    with catcher.answering(lambda one: "550 5.1.1 unknown" if one == sea_reader(0) else ""):
        flush(site, lambda: AFTER)
    assert progress(site) == CorrectionProgress(
        is_whole=True, queued=4, accepted=3, waiting=0, unknown=0
    )
    assert progress(site).not_accepted == 1


def test_a_link_alone_is_replaced_and_nobody_is_mailed(
    sent_site: Maker, catcher: MailCatcher
) -> None:
    """It is recorded who did it."""
    site = sent_site()
    correct(site, text="", new_url="https://press.example.org/sea-2")
    assert mails_by_flush(site, catcher) == []
    with site.database.transaction(read_only=True) as connection:
        last = entries(connection, limit=1)[0]
    assert (last.who, last.what) == (EDITOR, "correct")
    assert last.detail == "weekly/1, correction 1: News of the sea"


@pytest.mark.parametrize(
    ("request_", "error", "said"),
    [
        (CorrectionRequest(story=SEA), InputError, "says nothing"),
        (CorrectionRequest(story=SEA, text=" \r\n "), InputError, "says nothing"),
        (CorrectionRequest(story=SEA, text="x" * 2001), InputError, "2,001 characters"),
        (CorrectionRequest(story=SEA, new_url="javascript:alert(1)"), InputError, "valid link"),
        (CorrectionRequest(story=SEA, new_url="/elsewhere"), InputError, "valid link"),
        (CorrectionRequest(story="the desert", text=TEXT), UnknownNameError, "desert"),
        (CorrectionRequest(story="news of", text=TEXT), UnknownNameError, "2 articles"),
    ],
)
def test_what_cannot_be_a_correction_is_refused(
    request_: CorrectionRequest, error: type[Exception], said: str, sent_site: Maker
) -> None:
    """The reason names what is wrong, and nothing is kept."""
    site = sent_site()
    issue = sent_issue(site, "weekly", None)
    with pytest.raises(error, match=said):
        write_correction(site, issue, request_, editor=EDITOR, now=AFTER)
    assert shown_corrections(site, issue, now=AFTER) == []


def test_what_is_written_anew_takes_the_place_of_what_nobody_approved(sent_site: Maker) -> None:
    """A publisher cannot approve what they have not seen; what is public stays."""
    site = sent_site()
    issue = sent_issue(site, "weekly", None)

    def write(text: str, story: str = SEA) -> int:
        request = CorrectionRequest(story=story, text=text)
        return write_correction(site, issue, request, editor=EDITOR, now=AFTER).id

    first, other = write("One."), write("One.", HILLS)
    second = write("Two.")
    with pytest.raises(UnknownNameError):
        approve_correction(site, issue, first, editor=EDITOR, now=AFTER)
    approve_correction(site, issue, second, editor=EDITOR, now=AFTER)
    discard_correction(site, issue, other, editor=EDITOR, now=AFTER)
    with pytest.raises(NotPermittedError):
        discard_correction(site, issue, second, editor=EDITOR, now=AFTER)
    assert [one.correction.id for one in shown_corrections(site, issue, now=AFTER)] == [second]


def test_an_issue_that_was_not_sent_has_no_corrections(tmp_path: Path) -> None:
    """It is edited instead."""
    from newsletter.pipeline.draft import draft
    from newsletter.pipeline.gather import gather
    from tests.factories.runs import MONDAY

    site = site_with_two_stories(tmp_path)
    gather(site, "weekly", now=MONDAY)
    draft(site, "weekly", now=MONDAY)
    with pytest.raises(NotPermittedError, match="only a sent issue"):
        sent_issue(site, "weekly", 1)
    site.database.close()
