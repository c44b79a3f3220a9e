"""receive: one inbound message from a mail server's pipe, and the quarantine."""

from __future__ import annotations

import sys
from typing import Any

import click

from newsletter.cli.invocation import Invocation, json_option, now_option, pass_invocation
from newsletter.errors import InputError, TemporaryError, UnavailableError
from newsletter.jobs.letters import letters_job
from newsletter.jobs.supervisor import Supervisor
from newsletter.pipeline.receive import Received, handle, require_inbound
from newsletter.pipeline.receive import receive as receive_message
from newsletter.result_codes import OK
from newsletter.site.site import Site
from subscribers.inbound import mail_log


@click.command()
@click.option(
    "--recipient", metavar="ADDRESS", help="The envelope recipient.  [default: as in the headers]"
)
@click.option(
    "--sender", metavar="ADDRESS", help='The envelope sender; "" is the null sender (a bounce).'
)
@click.option("--replay", type=int, metavar="ID", help="Handle a message in quarantine again.")
@click.option("--list", "listing", is_flag=True, help="List the messages in quarantine.")
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
    """Receive one message on stdin, as a mail server pipes it.

    The message is recorded first; the same message received twice is handled once.

    \b
    Example: newsletter receive --recipient "${recipient}" --sender "${sender}"
             newsletter receive --list
             newsletter receive --replay 12
    """
    if sum((replay is not None, listing)) > 1:
        raise click.UsageError("use --replay or --list, not both")
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
        # With any other exit code a mail server returns the mail to its sender.
        raise TemporaryError(str(error), fix="the mail server tries again") from error
    # The message is recorded, so a failure to send the answers does not concern the mail server.
    Supervisor(site.database, invocation.clock).run(letters_job(site, invocation.clock))
    invocation.report(_document(received), f"{received.kind}: {received.action}")
    return OK


def _read_stdin() -> bytes:
    content = sys.stdin.buffer.read(mail_log.MAX_OCTETS)
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
        kept = mail_log.quarantined(connection)
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
