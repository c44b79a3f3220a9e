"""The exit codes that scripts rely on, and the errors' JSON."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.conftest import SiteMaker
from tests.acceptance.site import NOW, Answer, CommandLine
from tests.demo.catcher import MailCatcher
from tests.demo.serving import free_port


@pytest.fixture(scope="module")
def drafted(new_site: SiteMaker) -> CommandLine:
    """A site with a first draft."""
    return new_site("drafted")


def error_of(answer: Answer) -> Any:
    """The contract's error object, complete."""
    error = answer.document["error"]
    assert {"code", "message", "file", "field", "fix"} <= set(error)
    assert error["code"]
    assert error["message"]
    return error


def test_zero_when_nothing_is_due(new_site: SiteMaker, catcher: MailCatcher) -> None:
    """`run` on the day the site begins has nothing to do, says nothing and sends nothing."""
    caught = len(catcher.mails)
    command = new_site()
    answer = command.done("run", now=NOW)
    assert answer.out == ""
    assert len(catcher.mails) == caught


def test_two_for_wrong_usage(drafted: CommandLine) -> None:
    """An unknown command and a missing argument are usage errors."""
    assert drafted("frobnicate").code == 2
    assert drafted("draft").code == 2


def test_unknown_names_are_told(drafted: CommandLine) -> None:
    """A newsletter or an issue that does not exist is named, with those that do."""
    answer = drafted("draft", "monthly", "--now", NOW.isoformat(), "--json")
    assert answer.code == 2
    error = error_of(answer)
    assert "monthly" in error["message"]
    assert "weekly" in (error["fix"] or "")
    assert drafted("show", "weekly/99").code == 2


def test_65_for_bad_input(drafted: CommandLine, tmp_path: Path) -> None:
    """A subscriber file without an e-mail column cannot be used."""
    path = tmp_path / "bad.csv"
    path.write_text("who,what\na,b\n", encoding="utf-8")
    answer = drafted("subscribers", "import", str(path), "--list", "weekly", "--json")
    assert answer.code == 65
    error_of(answer)


def test_69_when_the_relay_is_away(new_site: SiteMaker) -> None:
    """Nobody listens on the relay's port: 69, and everything stays to be sent."""
    command = new_site("approved", NEWSLETTER__RELAYS__0__PORT=str(free_port()))
    answer = command("send", "weekly/1", "--now", NOW.isoformat(), "--json")
    assert answer.code == 69
    assert error_of(answer)["code"] == "relay-unavailable"
    counts = command.done("status", "weekly/1", "--json").document["deliveries"]
    assert counts["accepted"] == counts["unknown"] == counts["rejected"] == 0


def test_69_when_the_database_is_away(new_site: SiteMaker) -> None:
    """A PostgreSQL that does not answer: 69."""
    url = f"postgresql://nobody@127.0.0.1:{free_port()}/none"
    command = new_site()
    away = CommandLine(
        folder=command.folder,
        environment={**command.environment, "NEWSLETTER__SITE__DATABASE": url},
    )
    answer = away("status", "--json")
    assert answer.code == 69
    assert error_of(answer)["code"] == "database-unavailable"


def test_75_when_readers_are_deferred(new_site: SiteMaker, catcher: MailCatcher) -> None:
    """A reader whose server says "later" leaves the run at 75: run it again."""
    with catcher.answering(
        lambda recipient: "451 4.3.0 later" if recipient.startswith("maker") else ""
    ):
        command = new_site("approved")
        assert command("send", "weekly/1", "--now", NOW.isoformat()).code == 75
    status = command.done("status", "weekly/1", "--json").document
    assert status["state"] == "sending"
    assert status["deliveries"]["deferred"] == 4


def test_1_when_some_are_rejected(new_site: SiteMaker, catcher: MailCatcher) -> None:
    """A reader refused for good ends the issue at 1; all others have it."""
    with catcher.answering(
        lambda recipient: "550 5.1.1 nobody" if recipient.startswith("guard0") else ""
    ):
        command = new_site("approved")
        assert command("send", "weekly/1", "--now", NOW.isoformat()).code == 1
    status = command.done("status", "weekly/1", "--json").document
    assert status["state"] == "sent"
    assert status["deliveries"]["rejected"] == 1


def test_77_for_what_is_not_permitted(drafted: CommandLine) -> None:
    """A draft cannot be sent, and a test goes only to addresses the site allows."""
    answer = drafted("send", "weekly/1", "--now", NOW.isoformat(), "--json")
    assert answer.code == 77
    assert error_of(answer)["code"] == "not-permitted"
    assert drafted("test", "weekly", "--to", "stranger@elsewhere.example").code == 77


def test_78_without_a_configuration(tmp_path: Path) -> None:
    """A folder that is not a site: 78, and what to do."""
    answer = CommandLine(folder=tmp_path, environment={})("status", "--json")
    assert answer.code == 78
    assert "newsletter init" in error_of(answer)["fix"]


def test_lint_of_the_sample_is_clean(drafted: CommandLine) -> None:
    """`lint --json` has the contract's shape; the sample has nothing that blocks."""
    document = drafted.done("lint", "weekly", "--json").document
    assert document["blocking"] == 0
    assert document["warnings"] == len(document["findings"])


def test_test_send_is_marked_and_changes_nothing(
    drafted: CommandLine, catcher: MailCatcher
) -> None:
    """`test` sends one marked message to an allowed address; the issue stays a draft."""
    before = len(catcher.mails)
    drafted.done("test", "weekly", "--to", "proof@example.org")
    [mail] = catcher.mails[before:]
    assert mail.recipient == "proof@example.org"
    assert str(mail.message["Subject"]).startswith("[TEST] ")
    assert drafted.done("show", "weekly", "--json").document["state"] == "draft"


def test_dry_run_writes_messages_and_sends_none(
    new_site: SiteMaker, catcher: MailCatcher, tmp_path: Path
) -> None:
    """`send --dry-run --out DIR` writes one .eml per reader and changes nothing."""
    command = new_site("approved")
    before = len(catcher.mails)
    out = tmp_path / "dry"
    command.done("send", "weekly/1", "--dry-run", "--out", str(out), now=NOW)
    assert len(list(out.glob("*.eml"))) == 20
    assert len(catcher.mails) == before
    assert command.done("show", "weekly", "--json").document["state"] == "approved"


def test_a_second_sender_is_harmless(new_site: SiteMaker, catcher: MailCatcher) -> None:
    """Two `send` at once deliver each message once (rule 6)."""
    catcher.mails.clear()
    command = new_site("approved")
    senders = [
        subprocess.Popen(
            command.line("send", "weekly/1", "--now", NOW.isoformat()),
            stdout=subprocess.DEVNULL,
            env=command.full_environment,
        )
        for _ in range(2)
    ]
    assert {sender.wait(60) for sender in senders} <= {0, 75}
    command.done("send", "weekly/1", now=NOW)
    assert len(catcher.mails) == len({mail.recipient for mail in catcher.mails}) == 20


def test_init_never_overwrites(tmp_path: Path) -> None:
    """`init` on a site that is there changes nothing; the key file is for its owner only."""
    folder = tmp_path / "site"
    command = CommandLine(folder=tmp_path, environment={})
    command.done("init", str(folder))
    before = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    assert command("init", str(folder)).code in (0, 77)
    assert {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()} == before
    assert (folder / "secret.key").stat().st_mode & 0o077 == 0


def test_help_shows_an_example(tmp_path: Path) -> None:
    """Every command's help has an example."""
    command = CommandLine(folder=tmp_path, environment={})
    for name in ("init", "check", "gather", "draft", "show", "preview", "lint", "approve", "hold",
                 "stop", "test", "send", "run", "serve", "status"):  # fmt: skip
        help_text = command.done(name, "--help").out
        assert "newsletter " in help_text.split("Usage:", 1)[-1]
        assert "xample" in help_text, name
