"""A sender that is killed in the middle loses nobody and repeats nobody (rule 3)."""

from __future__ import annotations

import subprocess
from collections import Counter

from tests.acceptance.conftest import SiteMaker
from tests.acceptance.site import NOW, READERS, CommandLine, write_readers
from tests.demo.catcher import MailCatcher

CONNECTIONS = 4
CROWD = tuple((f"crowd{number:03}@example.org", "", "") for number in range(120))


def kill_when(command: CommandLine, catcher: MailCatcher, count: int) -> None:
    """Start `send` and kill it (SIGKILL) once `count` messages have arrived."""
    process = subprocess.Popen(
        command.line("send", "weekly/1", "--now", NOW.isoformat()),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=command.full_environment,
    )
    assert catcher.wait_for(count)
    process.kill()
    process.wait()


def test_killed_senders_lose_and_repeat_nobody(new_site: SiteMaker, catcher: MailCatcher) -> None:
    """After two kills and a last run each reader has one message, or is counted as unknown."""
    catcher.mails.clear()
    # Paced, so that there is a middle to be killed in.
    command = new_site(
        "gathered",
        NEWSLETTER__RELAYS__0__RATE="60/s",
        NEWSLETTER__RELAYS__0__CONNECTIONS=str(CONNECTIONS),
    )
    crowd = write_readers(command.folder / "crowd.csv", CROWD)
    command.done("subscribers", "import", str(crowd), "--list", "weekly")
    command.done("draft", "weekly", now=NOW)
    command.done("approve", "weekly", now=NOW)
    for count in (30, 80):
        kill_when(command, catcher, count)
    last = command("send", "weekly/1", "--now", NOW.isoformat())
    status = command.done("status", "weekly/1", "--json").document

    audience = len(READERS) + len(CROWD)
    states = status["deliveries"]
    caught = Counter(mail.recipient for mail in catcher.mails)
    assert status["audience"] == audience
    assert states["accepted"] + states["unknown"] == audience
    assert states["unknown"] <= 2 * CONNECTIONS
    assert max(caught.values()) == 1
    assert states["accepted"] <= len(caught) <= audience
    assert last.code == (1 if states["unknown"] else 0)


def test_unknown_deliveries_are_settled_by_the_operator(
    new_site: SiteMaker, catcher: MailCatcher
) -> None:
    """`unknown ISSUE --resend` reaches everybody whose outcome a kill left open."""
    catcher.mails.clear()
    command = new_site("approved", NEWSLETTER__RELAYS__0__RATE="20/s")
    kill_when(command, catcher, 6)
    command("send", "weekly/1", "--now", NOW.isoformat())
    command.done("unknown", "weekly/1", "--resend")
    command.done("send", "weekly/1", now=NOW)
    status = command.done("status", "weekly/1", "--json").document
    assert status["state"] == "sent"
    assert status["deliveries"]["accepted"] == len(READERS)
    assert len({mail.recipient for mail in catcher.mails}) == len(READERS)
