"""Who got an issue and who did not: by issue, by reader, and in the reader's own export."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from newsletter.pipeline import delivery_list as recipients
from newsletter.pipeline.own_data import export
from tests.acceptance.site import CommandLine
from tests.factories.mail import READER, PostOffice, bounce, post_office, send_issue

MONDAY = datetime(2026, 3, 9, 7, tzinfo=UTC)
REFUSAL = "550 5.1.1 no such user"


@pytest.fixture
def office(tmp_path: Path, database_url: str) -> Iterator[PostOffice]:
    """A site whose issue went out to three readers; a relay refused the first."""
    with post_office(tmp_path, database=database_url) as running:
        with running.catcher.answering(lambda to: REFUSAL if to == READER else ""):
            send_issue(running, MONDAY)
        yield running


@pytest.fixture
def command(office: PostOffice) -> CommandLine:
    """`newsletter` in the site's folder."""
    return CommandLine(folder=office.site.folder, environment={})


def test_an_issue_names_its_recipients(
    command: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By state, each with the relay's last words; read page by page."""
    monkeypatch.setattr(recipients, "PAGE_SIZE", 2)
    (refused,) = command("status", "weekly/1", "--who", "rejected", "--json").document["recipients"]
    assert (refused["address"], refused["code"], refused["enhanced"]) == (READER, 550, "5.1.1")
    assert "no such user" in refused["text"]
    accepted = command("status", "weekly/1", "--who", "accepted", "--json").document
    assert (accepted["issue"], accepted["who"]) == ("weekly/1", "accepted")
    got = [one["address"] for one in accepted["recipients"]]
    assert got == [f"reader{number}@example.org" for number in (1, 2, 3)]
    assert command("status", "weekly/1", "--who", "unknown", "--json").document["recipients"] == []


def test_recipients_as_csv(command: CommandLine) -> None:
    """For a spreadsheet, which runs nothing of what a server answered."""
    answer = command("status", "weekly/1", "--who", "rejected", "--csv")
    (row,) = csv.DictReader(io.StringIO(answer.out))
    assert (row["address"], row["state"], row["code"]) == (READER, "rejected", "550")
    assert command("status", "--who", "rejected").code == 2
    assert command("status", "weekly/1", "--csv").code == 2


def test_a_reader_s_issues_with_their_receipts(office: PostOffice, command: CommandLine) -> None:
    """In `subscribers show`, and in what the reader downloads, with what came back."""
    other = "reader1@example.org"
    (issue,) = command("subscribers", "show", other, "--json").document["issues"]
    assert (issue["issue"], issue["state"], issue["code"]) == ("weekly/1", "accepted", 250)
    assert "weekly/1: rejected" in command("subscribers", "show", READER).out
    copy = next(one for one in office.letters if one.recipient == other)
    to = copy.sender.strip("<>").partition("@")[0]
    office.take(bounce(copy, "4.2.2", "mailbox full"), to, envelope="")
    person = office.person(other)
    assert person is not None
    known = export(office.site, person.id)
    assert known is not None
    assert [one["issue"] for one in known["issues"]] == ["weekly/1"]
    assert [(one["number"], one["status"]) for one in known["bounces"]] == [(1, "4.2.2")]
    assert [(one["kind"], one["action"]) for one in known["mail"]] == [("bounce", "count")]
    (mail,) = known["mails"]
    assert (mail["issue"], mail["subject"]) == ("weekly/1", copy.message["Subject"])
    assert mail["url"].startswith("https://news.example.org/archive/weekly/1/")
    assert [(one["state"], one["code"]) for one in mail["attempts"]] == [("accepted", 250)]
    assert (known["letters"], known["address_changes"], known["suppressions"]) == ([], [], [])
