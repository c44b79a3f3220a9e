"""Mail made to break whoever reads it, and readers who leave by mail while an issue goes out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from subscribers.inbound.book import quarantined
from tests.factories.abuse import membership
from tests.factories.hostile import hostile_mails
from tests.factories.mail import PostOffice, complaint, post_office, send_issue

MONDAY = datetime(2026, 3, 9, 7, tzinfo=UTC)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[PostOffice]:
    """A site that takes mail."""
    with post_office(tmp_path) as running:
        yield running


def test_hostile_mail_is_taken_and_changes_nothing(office: PostOffice) -> None:
    """Every message is written down, dealt with or quarantined; no crash, no change."""
    before = membership(office)
    count = 0
    for count, content in enumerate(hostile_mails(), 1):
        office.take(content, ("weekly-request", "weekly", "weekly-bounces")[count % 3], envelope="")
    assert count > 180
    assert membership(office) == before
    with office.site.database.transaction(read_only=True) as connection:
        assert quarantined(connection)


@pytest.mark.parametrize("way", ["mail", "reply", "complaint"])
def test_leaving_during_a_send_stops_what_is_to_come(tmp_path: Path, way: str) -> None:
    """Whoever leaves by mail while the issue goes out gets no copy any more."""
    readers = tuple(f"reader{number}@example.org" for number in range(700))
    last = readers[-1]
    with post_office(tmp_path, readers=readers) as office:
        first = send_issue(office, MONDAY)
        copy = next(mail for mail in first if mail.recipient == last)
        left: list[str] = []

        def leave(_recipient: str) -> str:
            if not left:
                left.append(way)
                if way == "complaint":
                    office.take(complaint(copy), "weekly-owner", envelope="x@x.example", send=False)
                else:
                    to = "weekly-leave" if way == "mail" else "weekly"
                    office.mail(to, sender=last, text="unsubscribe", send=False)
            return ""

        with office.catcher.answering(leave):
            second = send_issue(office, MONDAY.replace(day=16))
        issues = [mail for mail in second if mail.message["List-Id"]]
        assert left
        assert len(issues) == len(readers) - 1
        assert last not in {mail.recipient for mail in issues}
