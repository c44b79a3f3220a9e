"""receive: one inbound message from a mail server's pipe; the quarantine."""

from __future__ import annotations

import sys
from typing import Any

import click

from newsletter.cli.exit_codes import OK
from newsletter.cli.invocation import Invocation, json_option, now_option, pass_invocation
from newsletter.errors import InputError, TemporaryError, UnavailableError
from newsletter.jobs.letters import letters_job
from newsletter.jobs.supervisor import Supervisor
from newsletter.pipeline.receive import Received, handle, require_inbound
from newsletter.pipeline.receive import receive as receive_message
from newsletter.pipeline.site import Site
from subscribers.inbound import book


@click.command()
@click.option("--recipient", metavar="ADDRESS", help="Whom it came to.  [default: its headers]")
@click.option(
    "--sender", metavar="ADDRESS", help='The envelope sender; "" is the null sender (a bounce).'
)
@click.option("--replay", type=int, metavar="ID", help="Deal anew with a message in quarantine.")
@click.option("--list", "listing", is_flag=True, help="Show what is in quarantine.")
@json_option
@now_option
@pass_invocation
def receive(
    invocation: Invocation,
    recipient: str | None,
    sender: str | None,
    replay: int | None,
    listing: bool,
) -> int:
    """Take one message on stdin, as a mail server's pipe hands it over.

    It is written down first; the same message twice is dealt with once.

    \b
    Example: newsletter receive --recipient "${recipient}" --sender "${sender}"
             newsletter receive --list
             newsletter receive --replay 12
    """
    if sum((replay is not None, listing)) > 1:
        raise click.UsageError("--replay or --list, not both")
    try:
        site = invocation.site
        require_inbound(site)
        if listing:
            return _list_quarantine(invocation, site)
        if replay is not None:
            received = handle(site, replay, now=invocation.now, again=True)
        else:
            received = receive_message(
                site,
                _read_stdin(),
                recipient=recipient,
                envelope_sender=sender,
                now=invocation.now,
            )
    except UnavailableError as error:
        # A mail server returns the mail to its sender on any code but this one.
        raise TemporaryError(str(error), fix="the mail server tries again") from error
    # The message is taken: what becomes of the answers to it is not its mail server's business.
    Supervisor(site.database, invocation.clock).run(letters_job(site, invocation.clock))
    invocation.report(_document(received), f"{received.kind}: {received.action}")
    return OK


def _read_stdin() -> bytes:
    content = sys.stdin.buffer.read(book.MAX_OCTETS)
    if not content.strip():
        raise InputError("there is no message", field="stdin", fix="pipe one message in")
    return content


def _document(received: Received) -> dict[str, Any]:
    return {
        "id": received.id,
        "kind": received.kind,
        "action": received.action,
        "address": received.address,
        "failures": [
            {
                "address": failure.address,
                "class": failure.verdict,
                "status": failure.status,
                "reason": failure.reason,
            }
            for failure in received.failures
        ],
    }


def _list_quarantine(invocation: Invocation, site: Site) -> int:
    with site.database.transaction(read_only=True) as connection:
        kept = book.quarantined(connection)
    invocation.answer(
        {
            "quarantine": [
                {
                    "id": one.id,
                    "received_at": one.received_at.isoformat(),
                    "recipient": one.recipient,
                    "address": one.address,
                    "kind": one.kind,
                    "problem": one.problem,
                    "attempts": one.attempts,
                    "traceback": one.traceback,
                }
                for one in kept
            ]
        },
        *[
            f"{one.id}  {one.received_at:%Y-%m-%d %H:%M}  {one.kind}  {one.address}  "
            f"{one.problem}".rstrip()
            for one in kept
        ],
    )
    return OK
