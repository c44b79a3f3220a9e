"""What an inbound message is, from its own words and its envelope; nothing is decided here."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from email.message import Message
from enum import StrEnum

from subscribers.inbound.automatic import is_automatic, is_challenge, is_opt_out_by_program
from subscribers.inbound.bounces import Failure, read_bounce
from subscribers.inbound.commands import Command, read_command
from subscribers.inbound.complaints import Complaint, read_complaint
from subscribers.inbound.letterhead import Letterhead, read_letterhead
from subscribers.inbound.mailboxes import Mailbox, Role
from subscribers.inbound.notices import looks_like_bounce
from subscribers.inbound.reading import (
    UnreadableError,
    addresses,
    header,
    parse_message,
    text_of,
)
from subscribers.inbound.returned_mail import ReturnedMail, read_returned_mail
from subscribers.inbound.vocabulary import Verb

log = logging.getLogger("newsletter")

MAX_QUOTED = 20_000
"""Characters of a reply that the editors are shown; the mail itself goes with it."""


class Kind(StrEnum):
    """The `kind` of `newsletter receive --json`."""

    COMMAND = "command"
    CONFIRMATION = "confirmation"
    BOUNCE = "bounce"
    COMPLAINT = "complaint"
    AUTOMATIC = "automatic"
    REPLY = "reply"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, kw_only=True, slots=True)
class Inbound:
    """An inbound message, read. `sender` is the writer's address, "" where there is none."""

    kind: Kind
    mailbox: Mailbox
    sender: str = ""
    letterhead: Letterhead = field(default_factory=Letterhead)
    """Of a command or a reply: what can prove its writer."""
    command: Command | None = None
    failures: tuple[Failure, ...] = ()
    """Of a bounce; a bounce without any is one whose words we cannot read."""
    complaint: Complaint | None = None
    returned: ReturnedMail = field(default_factory=ReturnedMail)
    """Of a bounce or a complaint: what it brings back of the mail that it is about."""
    automatic: bool = False
    """Of a command: a mail program sent it on its reader's behalf. It is obeyed, never answered."""
    headline: str = ""
    words: str = ""
    """Of a reply: its subject and what its writer wrote, for the editors."""
    problem: str = ""
    """Why it is unreadable."""


def classify(raw: bytes, mailbox: Mailbox, envelope_sender: str | None) -> Inbound:
    """Read a message that came to one of our addresses; never raises.

    `envelope_sender` is the SMTP MAIL FROM, "" the null sender, None where nobody told us.
    """
    try:
        return _read(parse_message(raw), mailbox, envelope_sender)
    except UnreadableError as error:
        problem = error.problem.message
    except Exception as error:  # a trap that nobody has thought of: a person shall look at it
        log.exception("a message could not be read")
        problem = f"cannot be read as mail: {type(error).__name__}"
    return Inbound(kind=Kind.UNREADABLE, mailbox=mailbox, problem=problem)


def _read(message: Message, mailbox: Mailbox, envelope_sender: str | None) -> Inbound:
    sender = next(iter(addresses(message, "From")), "")
    complaint = read_complaint(message)
    if complaint is not None:
        return Inbound(
            kind=Kind.COMPLAINT,
            mailbox=mailbox,
            sender=sender,
            complaint=complaint,
            returned=read_returned_mail(message),
        )
    if looks_like_bounce(message, envelope_sender):
        report = read_bounce(message)
        return Inbound(
            kind=Kind.AUTOMATIC if report.success else Kind.BOUNCE,
            mailbox=mailbox,
            sender=sender,
            failures=report.failures,
            returned=read_returned_mail(message),
        )
    is_asked_back = mailbox.role is Role.CONFIRM and is_challenge(message)
    automatic = is_automatic(message, envelope_sender) or is_asked_back
    command = read_command(message, mailbox)
    if automatic and not _is_opt_out(command, message, mailbox):
        return Inbound(kind=Kind.AUTOMATIC, mailbox=mailbox, sender=sender)
    letterhead = read_letterhead(message)
    if command is None:
        return Inbound(
            kind=Kind.REPLY,
            mailbox=mailbox,
            sender=sender,
            letterhead=letterhead,
            headline=header(message, "Subject"),
            words=text_of(message)[:MAX_QUOTED],
        )
    is_answer = command.verb is Verb.CONFIRM and mailbox.role in (Role.CONFIRM, Role.REQUEST)
    return Inbound(
        kind=Kind.CONFIRMATION if is_answer else Kind.COMMAND,
        mailbox=mailbox,
        sender=sender,
        letterhead=letterhead,
        command=command,
        automatic=automatic,
    )


def _is_opt_out(command: Command | None, message: Message, mailbox: Mailbox) -> bool:
    """Whether a mail program writes on its reader's behalf, as List-Unsubscribe asks it to.

    iCloud marks such a mail as an automatic reply. A token proves whose wish it is, whatever
    else marks the mail; without one (Apple's program may leave our subject out) it has to say
    that it is such a mail, and to come to the address that is for nothing else.
    """
    if command is None or command.verb is not Verb.UNSUBSCRIBE:
        return False
    if command.words:
        return True
    return mailbox.role is Role.UNSUBSCRIBE and is_opt_out_by_program(message)
