"""Mail made to break its parser, and mail that pretends to come from somebody else."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from newsletter.store.tables import outbox
from subscribers.inbound.mail_log import quarantined
from subscribers.tables import inbound_messages
from tests.demo.catcher import CaughtMail
from tests.factories.abuse import membership
from tests.factories.hostile_headers import drawn_mails, hostile_headers
from tests.factories.hostile_proofs import hostile_proofs
from tests.factories.hostile_shapes import Hostile, hostile_shapes
from tests.factories.mail import PostOffice, link_in, post_office, send_issue

ALLOWED = {
    "from", "to", "subject", "date", "message-id", "mime-version", "content-type", "reply-to",
    "auto-submitted", "in-reply-to", "references", "precedence", "x-auto-response-suppress",
    "content-transfer-encoding",
}  # fmt: skip
NEWCOMER = "new@example.org"
MONDAY = datetime(2026, 3, 9, 7, tzinfo=UTC)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[PostOffice]:
    """A site that takes mail."""
    with post_office(tmp_path) as running:
        yield running


def test_three_hundred_hostile_mails_change_nothing(office: PostOffice) -> None:
    """Each is written down and dealt with or kept; no reader's wishes change; no answer obeys it."""
    cases = [*hostile_shapes(), *hostile_proofs(office.site)]
    assert len({case.name for case in cases}) == len(cases) >= 300
    before = membership(office)
    for case in cases:
        _is_taken(office, case)
        assert membership(office) == before, case.name
    with office.site.database.transaction(read_only=True) as connection:
        taken = sa.select(sa.func.count()).select_from(inbound_messages)
        unhandled = taken.where(inbound_messages.c.handled_at.is_(None))
        assert connection.scalar(unhandled) == 0
        assert quarantined(connection)
        letters = connection.execute(sa.select(outbox.c.recipient, outbox.c.message)).all()
    assert letters
    for recipient, message in letters:
        _is_one_honest_letter(CaughtMail(sender="", recipient=recipient, content=message))


def test_hostile_mail_does_not_keep_an_issue_back(tmp_path: Path, database_url: str) -> None:
    """Three hundred mails, broken in every header, and the due issue goes out to every reader."""
    cases = [*hostile_headers(), *drawn_mails(200, seed=13)]
    assert len(cases) >= 300
    with post_office(tmp_path, database=database_url) as office:
        for case in cases:
            _is_taken(office, case)
        with office.site.database.transaction(read_only=True) as connection:
            waiting = sa.select(sa.func.count()).where(inbound_messages.c.handled_at.is_(None))
            assert connection.scalar(waiting) == 0
            rows = connection.execute(sa.select(inbound_messages.c.traceback)).scalars().all()
        assert not any(rows)
        copies = send_issue(office, MONDAY)
    issue = {copy.recipient for copy in copies if copy.message["List-Id"]}
    assert issue == {f"reader{number}@example.org" for number in range(4)}


def test_forged_writers_get_no_more_letters_than_a_day_s_answers(office: PostOffice) -> None:
    """Mail in 150 strangers' names makes few letters; the next day brings as many again."""
    office.site = office.with_inbound(answers_per_day=5)
    for day, expected in ((0, 5), (1, 10)):
        office.now += timedelta(days=day)
        for number in range(75):
            office.mail("weekly-request", sender=f"s{day}-{number}@example.net", subject="help")
            office.mail("weekly-join", sender=f"j{day}-{number}@example.net")
        assert len(office.letters) == expected
    office.mail("weekly-leave")  # a reader's own wish is still confirmed
    assert (office.status(), len(office.letters)) == ("unsubscribed", 11)


def test_a_mail_that_cannot_be_answered_is_dealt_with(office: PostOffice) -> None:
    """root@localhost asks for help: no letter can be written, and the book says so."""
    got = office.mail("weekly-request", sender="root@localhost", text="what?", envelope=None)
    assert (got.kind, got.action) == ("reply", "help")
    with office.site.database.transaction(read_only=True) as connection:
        (problem,) = connection.execute(sa.select(inbound_messages.c.problem)).scalars().all()
    assert "no letter was written" in problem
    assert office.letters == []


def test_a_confirmation_that_comes_again_brings_nobody_back(office: PostOffice) -> None:
    """The same answer, the same in another envelope, its link: all of no use once one has left."""
    office.mail("weekly-join", sender=NEWCOMER)
    question = office.last()
    box = str(question.message["Reply-To"]).partition("@")[0]
    token = link_in(question, "confirm").rpartition("/")[2]
    office.mail(box, sender=NEWCOMER, text="yes")
    assert office.status(NEWCOMER) == "active"
    office.mail("weekly-leave", sender=NEWCOMER)
    assert office.status(NEWCOMER) == "unsubscribed"
    for hours in (0, 1, 24, 24 * 30):
        office.now += timedelta(hours=hours)
        for sender in (NEWCOMER, "evil@example.net"):
            office.mail(box, sender=sender, text="yes")
            office.mail("weekly-request", sender=sender, subject=f"confirm {token}")
            office.mail(f"weekly-confirm+{token}", sender=sender, text="yes")
        assert office.status(NEWCOMER) == "unsubscribed"


def _is_taken(office: PostOffice, case: Hostile) -> None:
    try:
        got = office.take(case.raw, case.to, envelope=case.envelope, send=False)
    except Exception as error:
        raise AssertionError(case.name) from error
    assert got.id, case.name


def _is_one_honest_letter(letter: CaughtMail) -> None:
    """No header that we do not write, one recipient, and no defect."""
    names = [name.casefold() for name in letter.message]
    assert set(names) <= ALLOWED, names
    assert len(names) == len(set(names)), names
    assert str(letter.message["To"]).count("@") == 1
    assert letter.message.defects == []
