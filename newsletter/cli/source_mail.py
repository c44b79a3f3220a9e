"""sources mail …: mail to sources that waits for an editor: list, show, confirm, take, drop."""

from __future__ import annotations

import os
from dataclasses import asdict
from typing import Any

import click

from newsletter.cli.invocation import Invocation, json_option, now_option, pass_invocation
from newsletter.issues.source_mail import HeldMail, HeldReason
from newsletter.plural import counted
from newsletter.result_codes import OK
from newsletter.store.audit import OPERATOR

number_argument = click.argument("number", type=click.IntRange(1, 2**31 - 1))

_WHY = {
    HeldReason.UNCONFIRMED: "nobody has confirmed its sender",
    HeldReason.DOUBTFUL: "nobody has confirmed its sender, whose domain does not vouch for it",
    HeldReason.UNPROVEN: "its sender’s domain does not vouch for it",
}


@click.group("mail")
def source_mail() -> None:
    """Mail to sources that waits for an editor: list, show, confirm, take, drop."""


@source_mail.command("list")
@click.option("--newsletter", "slug", metavar="NAME", help="Only the sources of this newsletter.")
@json_option
@pass_invocation
def list_all(invocation: Invocation, slug: str | None) -> int:
    """List the mail that waits: who sent it, to which source, and why it waits.

    \b
    Example: newsletter sources mail list --newsletter weekly
    """
    from newsletter.pipeline.source_mails import count_older, list_held

    if slug is not None:
        invocation.site.newsletter(slug)
    held = list_held(invocation.site, slug)
    lines = [line for mail in held for line in _lines(mail)] or ["no mail waits"]
    if older := count_older(invocation.site, slug, held):
        lines.append(f"and {counted(older, 'older mail')}")
    invocation.answer({"mail": [mail_document(mail) for mail in held]}, *lines)
    return OK


@source_mail.command("show")
@number_argument
@json_option
@pass_invocation
def show(invocation: Invocation, number: int) -> int:
    """Show what a waiting mail says, such as the link that confirms a subscription.

    \b
    Example: newsletter sources mail show 1
    """
    from newsletter.pipeline.source_mails import text_of_held

    mail, text = text_of_held(invocation.site, number)
    invocation.answer({**mail_document(mail), "text": text}, *_lines(mail), "", text)
    return OK


@source_mail.command("confirm")
@number_argument
@json_option
@now_option
@pass_invocation
def confirm(invocation: Invocation, number: int) -> int:
    """Confirm the sender of a waiting mail: its mail is read from now on.

    Writes the sender to newsletter.toml; its comments stay.

    \b
    Example: newsletter sources mail confirm 1
    """
    return _decide(invocation, number, "confirm")


@source_mail.command("take")
@number_argument
@json_option
@now_option
@pass_invocation
def take(invocation: Invocation, number: int) -> int:
    """Have one waiting mail read, and decide over the next ones again.

    \b
    Example: newsletter sources mail take 1
    """
    return _decide(invocation, number, "take")


@source_mail.command("drop")
@number_argument
@json_option
@now_option
@pass_invocation
def drop(invocation: Invocation, number: int) -> int:
    """Delete a waiting mail.

    \b
    Example: newsletter sources mail drop 1
    """
    return _decide(invocation, number, "drop")


def _decide(invocation: Invocation, number: int, decision: str) -> int:
    from newsletter.pipeline.source_mails import MailDecision, decide

    done = decide(
        invocation.site,
        number,
        MailDecision(decision),
        os.environ,
        editor=OPERATOR,
        now=invocation.now,
    )
    document = {
        "mail": number,
        "decision": decision,
        "sender": done.mail.sender,
        "released": done.released,
        "diff": done.diff,
    }
    said = f"{counted(done.released, 'mail')} of {done.mail.sender} will be read"
    invocation.report(document, "dropped" if decision == "drop" else said)
    return OK


def mail_document(mail: HeldMail) -> dict[str, Any]:
    """The mail as JSON."""
    return {**asdict(mail), "received_at": mail.received_at.isoformat()}


def _lines(mail: HeldMail) -> list[str]:
    return [
        f"{mail.id}  {mail.received_at:%Y-%m-%d %H:%M}  {mail.sender}  {mail.subject or '(no subject)'}",
        f"  to {mail.address} of {mail.newsletter}; {_WHY[mail.held_for]}",
    ]
