"""`newsletter receive` as a mail server's pipe calls it, and `subscribers import --confirm`."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from tests.acceptance.site import Answer, CommandLine
from tests.factories.mail import NOW, READER, PostOffice, post_office

LEAVE = f"From: {READER}\nTo: weekly-leave@news.example.org\nMessage-ID: <1@x>\n\n\n".encode()


@pytest.fixture
def office(tmp_path: Path) -> Iterator[PostOffice]:
    """A site that takes mail."""
    with post_office(tmp_path) as running:
        yield running


def receive(office: PostOffice, content: bytes, *arguments: str) -> Answer:
    """The command with the message on its stdin."""
    command = CommandLine(folder=office.site.folder, environment={})
    stdin = io.TextIOWrapper(io.BytesIO(content))
    with patch.object(sys, "stdin", stdin):
        return command("receive", "--json", "--now", NOW.isoformat(), *arguments)


def test_a_message_on_stdin(office: PostOffice) -> None:
    """The contract's document; recipient from the headers, sender from the option."""
    answer = receive(office, LEAVE, "--sender", READER)
    assert answer.code == 0
    told: dict[str, Any] = answer.document
    assert {key: told[key] for key in ("kind", "action", "address")} == {
        "kind": "command",
        "action": "unsubscribe",
        "address": READER,
    }
    assert office.status() == "unsubscribed"


@pytest.mark.parametrize(("header", "action"), [(READER, "unsubscribe"), ("x@y.example", "ask")])
def test_without_a_sender_the_return_path_counts(
    office: PostOffice, header: str, action: str
) -> None:
    """A pipe's flag R writes it."""
    answer = receive(office, f"Return-Path: <{header}>\n".encode() + LEAVE)
    assert answer.document["action"] == action


def test_the_quarantine(office: PostOffice) -> None:
    """What nobody can read is listed, and replayed by its number."""
    first = receive(office, b"\xff\xfe no header at all", "--recipient", "weekly@news.example.org")
    assert first.document["kind"] == "unreadable"
    (kept,) = receive(office, b"", "--list").document["quarantine"]
    assert kept["id"] == first.document["id"]
    again = receive(office, b"", "--replay", str(kept["id"]))
    assert again.document["kind"] == "unreadable"
    assert receive(office, b"", "--replay", "999").code == 2
    assert receive(office, b"").code == 65


def test_no_mail_is_lost_without_a_database(office: PostOffice) -> None:
    """75: the mail server keeps it, where 69 would send it back to the reader."""
    path = office.site.folder / "newsletter.db"
    office.site.database.close()
    path.unlink()
    path.mkdir()
    assert receive(office, LEAVE).code == 75


def test_an_import_that_asks(office: PostOffice) -> None:
    """Newcomers are pending and each is asked once; readers stay what they are."""
    people = office.site.folder / "more.csv"
    people.write_text(f"email,name\nnew@example.org,New\n{READER},\n")
    command = CommandLine(folder=office.site.folder, environment={})
    for asked in (1, 0):
        answer = command(
            *("subscribers", "import", str(people), "--list", "weekly"),
            *("--confirm", "--json", "--now", NOW.isoformat()),
        )
        assert (answer.code, answer.document["asked"]) == (0, asked)
    assert [letter.recipient for letter in office.letters] == ["new@example.org"]
    assert (office.status("new@example.org"), office.status()) == ("pending", "active")
