"""letters …: the letters that new readers get after so many days: list, write, show, test, undo, delete."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from newsletter.cli.invocation import (
    Invocation,
    json_option,
    now_option,
    pass_invocation,
)
from newsletter.cli.status import dated_letter_line
from newsletter.cli.text_file import read_text_file
from newsletter.issues.dated_letter import FIRST_DAY, LAST_DAY
from newsletter.pipeline import dated_letters as operations
from newsletter.pipeline.dated_letters import LetterWords, ShownLetter
from newsletter.result_codes import OK
from newsletter.store.audit import OPERATOR

_NUMBER = click.IntRange(1, 2**31 - 1)


@click.group()
def letters() -> None:
    """Letters to new readers, some days after they joined: list, write, show, test, undo, delete."""


@letters.command("list")
@click.argument("name")
@json_option
@now_option
@pass_invocation
def list_letters(invocation: Invocation, name: str) -> int:
    """Show a newsletter's letters, and how many readers each was sent to and was skipped for.

    \b
    Example: newsletter letters list weekly
    """
    site = invocation.site
    found = operations.shown_letters(site, name)
    weekly = operations.comes_weekly(site, name, invocation.now)
    lines = [_line(shown) for shown in found] or [f"{name}: no letters"]
    if weekly and found:
        lines.append(f"{name} comes every week: its letters go only in a week without an issue")
    document = {"letters": [letter_document(one) for one in found], "comes_every_week": weekly}
    invocation.answer(document, *lines)
    return OK


@letters.command("write")
@click.argument("name")
@click.option("--letter", type=_NUMBER, help="Give this letter new words, instead of a new one.")
@click.option(
    "--days",
    type=click.IntRange(FIRST_DAY, LAST_DAY),
    required=True,
    help="How many days after a reader confirmed it goes.",
)
@click.option("--subject", required=True)
@click.option(
    "--text-file",
    metavar="FILE",
    required=True,
    type=click.Path(dir_okay=False, allow_dash=True, path_type=Path),
    help="What it says, in Markdown; - is stdin.",
)
@click.option("--dry-run", is_flag=True, help="Show the mail; keep nothing.")
@json_option
@now_option
@pass_invocation
def write(
    invocation: Invocation,
    name: str,
    letter: int | None,
    days: int,
    subject: str,
    text_file: Path,
    dry_run: bool,
) -> int:
    """Write a letter that each new reader gets by itself, so many days after confirming.

    It goes at the hour at which the newsletter goes out, only in a week in which that reader is
    sent no issue, and to nobody twice. A newsletter has at most two letters. The same words again
    change nothing.

    \b
    Example: newsletter letters write weekly --days 5 --subject "Start here" --text-file letter.md
    """
    site = invocation.site
    words = LetterWords(days=days, subject=subject, text=read_text_file(text_file))
    if dry_run:
        mail = operations.rehearse_letter(site, name, words)
        document = {"newsletter": name, "days": days, "subject": mail.edition.subject}
        said = f"{name}, day {days}: nothing is kept"
        invocation.answer(
            {**document, "text": mail.text},
            said,
            "",
            f"Subject: {mail.edition.subject}",
            "",
            mail.text,
        )
        return OK
    shown = operations.write_letter(
        site, name, words, number=letter, editor=OPERATOR, now=invocation.now
    )
    invocation.report(letter_document(shown), f"{shown.letter.name} goes on day {days}")
    return OK


@letters.command("show")
@click.argument("name")
@click.argument("letter", type=_NUMBER)
@json_option
@pass_invocation
def show(invocation: Invocation, name: str, letter: int) -> int:
    """Show a letter's mail, its versions, and how many readers are in each state.

    \b
    Example: newsletter letters show weekly 1
    """
    shown = operations.shown_letter(invocation.site, name, letter)
    document = {**letter_document(shown), "mail_text": shown.mail.text}
    lines = [_line(shown), *_states(shown), "", f"Subject: {shown.mail.edition.subject}", ""]
    invocation.answer(document, *lines, shown.mail.text)
    return OK


@letters.command("test")
@click.argument("name")
@click.argument("letter", type=_NUMBER)
@click.option("--to", required=True, metavar="ADDRESS", help="An address the site allows.")
@json_option
@now_option
@pass_invocation
def test(invocation: Invocation, name: str, letter: int, to: str) -> int:
    """Send a letter, marked in its subject, to one address; no reader gets anything.

    \b
    Example: newsletter letters test weekly 1 --to you@example.org
    """
    receipt = operations.send_test_letter(invocation.site, name, letter, to=to, now=invocation.now)
    document = {"to": to, "relay": receipt.relay, "code": receipt.code, "text": receipt.text}
    invocation.report(document, f"sent to {to}")
    return OK


@letters.command("undo")
@click.argument("name")
@click.argument("letter", type=_NUMBER)
@json_option
@now_option
@pass_invocation
def undo(invocation: Invocation, name: str, letter: int) -> int:
    """Take back the last change of a letter: its words before are sent again.

    \b
    Example: newsletter letters undo weekly 1
    """
    shown = operations.take_back(invocation.site, name, letter, editor=OPERATOR, now=invocation.now)
    invocation.report(
        letter_document(shown), f"{shown.letter.name}: {shown.letter.version.subject}"
    )
    return OK


@letters.command("delete")
@click.argument("name")
@click.argument("letter", type=_NUMBER)
@json_option
@now_option
@pass_invocation
def delete(invocation: Invocation, name: str, letter: int) -> int:
    """Send a letter to nobody any more; who got it is still known.

    \b
    Example: newsletter letters delete weekly 1
    """
    operations.delete_letter(invocation.site, name, letter, editor=OPERATOR, now=invocation.now)
    invocation.report({"newsletter": name, "letter": letter}, f"letter {letter} goes to nobody")
    return OK


def letter_document(shown: ShownLetter) -> dict[str, Any]:
    """A letter in the shape of `letters … --json`."""
    version = shown.letter.version
    return {
        "id": shown.letter.id,
        "letter": shown.letter.name,
        "days": version.days,
        "subject": version.subject,
        "text": version.text,
        "written_at": version.written_at.isoformat(),
        "written_by": version.written_by,
        "is_current": shown.is_current,
        "readers": {state.value: count for state, count in shown.counts.by_state.items()},
        "versions": [
            {
                "days": one.days,
                "subject": one.subject,
                "text": one.text,
                "written_at": one.written_at.isoformat(),
                "written_by": one.written_by,
            }
            for one in shown.versions
        ],
    }


def _line(shown: ShownLetter) -> str:
    old = (
        ""
        if shown.is_current
        else "; write it again to take over the newsletter's new name or address"
    )
    return f"{dated_letter_line(shown.letter, shown.counts)}{old}"


def _states(shown: ShownLetter) -> list[str]:
    return [f"  {state}: {count:,}" for state, count in shown.counts.by_state.items() if count]
