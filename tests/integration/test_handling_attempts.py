"""Mail that cannot be handled: attempted three times, then left to a person, and nothing else waits."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NoReturn

import pytest

from newsletter.errors import DatabaseUnavailableError
from newsletter.pipeline import receive as receiving
from newsletter.pipeline.left_over_mail import RETRY_AFTER, handle_left_over
from newsletter.pipeline.receive import handle
from newsletter.site.site import Site
from subscribers.inbound.list_addresses import ListAddress
from subscribers.inbound.mail_log import MAX_ATTEMPTS, LoggedMail, find, quarantined
from tests.acceptance.site import CommandLine
from tests.factories.mail import READER, PostOffice, post_office, send_issue

MONDAY = datetime(2026, 3, 9, 7, tzinfo=UTC)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[PostOffice]:
    """A site that takes mail."""
    with post_office(tmp_path) as running:
        yield running


class UnforeseenError(Exception):
    """A defect that nobody has thought of."""


def fails(*_given: object, **_named: object) -> NoReturn:
    """Stands in the place of a step."""
    raise UnforeseenError("what nobody has thought of")


def left_over(office: PostOffice) -> int:
    """How many messages the job handles now."""
    return handle_left_over(office.site, lambda: office.now, interrupted=threading.Event())


def in_book(office: PostOffice, message_id: int) -> LoggedMail:
    """The message as the book has it."""
    with office.site.database.transaction(read_only=True) as connection:
        found = find(connection, message_id)
    assert found is not None
    return found


def in_quarantine(office: PostOffice) -> list[int]:
    """What is shown to the operator."""
    with office.site.database.transaction(read_only=True) as connection:
        return [one.id for one in quarantined(connection)]


@pytest.mark.parametrize("step", ["_classified", "act", "put_letter"])
def test_three_failures_and_a_person_looks_at_it(
    office: PostOffice, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is attempted again after a while; then it is quarantined with its traceback."""
    with monkeypatch.context() as patch:
        patch.setattr(receiving, step, fails)
        got = office.mail("weekly-leave")
        assert (got.action, in_book(office, got.id).attempts) == ("retry", 1)
        assert left_over(office) == 0
        for attempt in range(2, MAX_ATTEMPTS + 1):
            assert in_quarantine(office) == []
            office.now += RETRY_AFTER + timedelta(seconds=1)
            assert left_over(office) == 1
            assert in_book(office, got.id).attempts == attempt
        office.now += RETRY_AFTER + timedelta(seconds=1)
        assert left_over(office) == 0
    assert in_quarantine(office) == [got.id]
    assert "UnforeseenError: what nobody has thought of" in in_book(office, got.id).traceback
    command = CommandLine(folder=office.site.folder, environment={})
    (shown,) = command("receive", "--list", "--json").document["quarantine"]
    assert shown["problem"] == "it could not be handled in 3 attempts"
    assert "Unforeseen" in shown["traceback"]
    # When the defect is mended, replaying it does what its writer wanted.
    assert handle(office.site, got.id, now=office.now, again=True).action == "unsubscribe"
    assert (office.status(), in_quarantine(office)) == ("unsubscribed", [])


def test_a_mail_that_kills_its_process_counts(
    office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The attempt is on the disk before the mail is looked at; the fourth does not look at it."""

    def killed(*_given: object) -> NoReturn:
        raise SystemExit(137)

    monkeypatch.setattr(receiving, "_classified", killed)
    with pytest.raises(SystemExit):
        office.mail("weekly-leave")
    for _ in range(MAX_ATTEMPTS - 1):
        office.now += RETRY_AFTER + timedelta(seconds=1)
        with pytest.raises(SystemExit):
            left_over(office)
    office.now += RETRY_AFTER + timedelta(seconds=1)
    assert left_over(office) == 1
    assert len(in_quarantine(office)) == 1


def test_what_the_database_ends_is_no_attempt(
    office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mail is not to blame: it is handled when the database is back, however often it failed."""

    def gone(*_given: object, **_named: object) -> NoReturn:
        raise DatabaseUnavailableError("the database is gone")

    with monkeypatch.context() as patch:
        patch.setattr(receiving, "act", gone)
        for _ in range(MAX_ATTEMPTS + 1):
            with pytest.raises(DatabaseUnavailableError):
                office.mail("weekly-leave")
            office.count -= 1  # the same mail once more
    assert office.mail("weekly-leave").action == "unsubscribe"


def test_one_bad_mail_keeps_nothing_back(
    office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other mail is handled, and the issue goes to every reader."""
    real = receiving._classified

    def some_fail(site: Site, mail: LoggedMail, mailbox: ListAddress) -> object:
        if b"poison" in (mail.content or b""):
            raise UnforeseenError
        return real(site, mail, mailbox)

    monkeypatch.setattr(receiving, "_classified", some_fail)
    office.mail("weekly-request", subject="poison")
    office.now += RETRY_AFTER + timedelta(seconds=1)
    assert office.mail("weekly-leave").action == "unsubscribe"
    copies = send_issue(office, MONDAY)
    got = {copy.recipient for copy in copies if copy.message["List-Id"]}
    assert got == {f"reader{number}@example.org" for number in (1, 2, 3)}
    assert office.status(READER) == "unsubscribed"


def test_a_stop_is_heard_after_the_message_in_hand(
    office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The others wait for the next process, and nothing is lost."""
    with monkeypatch.context() as patch:
        patch.setattr(receiving, "_classified", fails)
        got = [
            office.mail("weekly-leave", sender=f"reader{number}@example.org") for number in range(3)
        ]
    office.now += RETRY_AFTER + timedelta(seconds=1)
    stop, really = threading.Event(), receiving.handle

    def told_to_stop(*given: Any, **named: Any) -> receiving.Received:
        stop.set()
        return really(*given, **named)

    with monkeypatch.context() as patch:
        patch.setattr(receiving, "handle", told_to_stop)
        assert handle_left_over(office.site, lambda: office.now, interrupted=stop) == 1
        assert handle_left_over(office.site, lambda: office.now, interrupted=stop) == 0
    assert [in_book(office, one.id).attempts for one in got] == [2, 1, 1]
    assert left_over(office) == 2
    assert all(in_book(office, one.id).handled for one in got)
