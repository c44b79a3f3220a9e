"""Classifies inbound messages by their content and envelope; decides nothing about them."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from email.message import Message
from enum import StrEnum

from subscribers.inbound.automatic import is_automatic, is_challenge, is_opt_out_by_program
from subscribers.inbound.bounces import FailedRecipient, read_bounce
from subscribers.inbound.command_words import Verb
from subscribers.inbound.commands import Command, read_command
from subscribers.inbound.complaints import Complaint, read_complaint
from subscribers.inbound.list_addresses import AddressRole, ListAddress
from subscribers.inbound.notices import looks_like_bounce
from subscribers.inbound.reading import (
    UnreadableError,
    addresses,
    header,
    parse_message,
    text_of,
)
from subscribers.inbound.returned_mail import ReturnedMail, read_returned_mail
from subscribers.inbound.sender_evidence import SenderEvidence, read_sender_evidence

log = logging.getLogger("newsletter")

MAX_QUOTED = 20_000
"""Characters of a reply that the forwarded letter quotes; the mail itself is enclosed."""


class MailKind(StrEnum):
    """The `kind` of `newsletter receive --json`."""

    COMMAND = "command"
    CONFIRMATION = "confirmation"
    BOUNCE = "bounce"
    COMPLAINT = "complaint"
    AUTOMATIC = "automatic"
    REPLY = "reply"
    SOURCE = "source"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, kw_only=True, slots=True)
class Inbound:
    """A classified inbound message. `sender` is the address in From, "" if there is none."""

    kind: MailKind
    mailbox: ListAddress
    sender: str = ""
    evidence: SenderEvidence = field(default_factory=SenderEvidence)
    """Of a command or a reply: what may prove who wrote it."""
    command: Command | None = None
    failures: tuple[FailedRecipient, ...] = ()
    """Of a bounce; empty if its text is not understood."""
    complaint: Complaint | None = None
    returned: ReturnedMail = field(default_factory=ReturnedMail)
    """Of a bounce or a complaint: identifiers of the mail that it is about."""
    automatic: bool = False
    """Of a command: a mail program sent it for its reader. It is carried out but never answered."""
    headline: str = ""
    words: str = ""
    """Of a reply: its subject (`headline`) and its text, for the editors. Mail to a source has a headline."""
    problem: str = ""
    """Of an unreadable message: why it cannot be read."""


def classify(raw: bytes, mailbox: ListAddress, envelope_sender: str | None) -> Inbound:
    """Classify a message to one of our addresses; never raises.

    `envelope_sender` is the SMTP MAIL FROM: "" is the null sender, None is unknown.
    """
    return _unless_unreadable(
        raw, mailbox, lambda message: _read(message, mailbox, envelope_sender)
    )


def classify_for_source(raw: bytes, mailbox: ListAddress) -> Inbound:
    """Read who sent a message to the address of a source, and whether it is forged; never raises."""
    return _unless_unreadable(raw, mailbox, lambda message: _read_for_source(message, mailbox))


def _unless_unreadable(
    raw: bytes, mailbox: ListAddress, read: Callable[[Message], Inbound]
) -> Inbound:
    """What `read` makes of the message; an unreadable one if it cannot be parsed, or that fails."""
    try:
        return read(parse_message(raw))
    except UnreadableError as error:
        problem = error.problem.message
    except MemoryError:
        raise
    except Exception as error:  # unexpected error: the message is quarantined
        log.exception("A message could not be read.")
        problem = f"cannot be read as mail: {type(error).__name__}"
    return Inbound(kind=MailKind.UNREADABLE, mailbox=mailbox, problem=problem)


def _read_for_source(message: Message, mailbox: ListAddress) -> Inbound:
    authors = list(dict.fromkeys(map(str.casefold, addresses(message, "From"))))
    evidence = read_sender_evidence(message)
    if len(authors) > 1:  # one is checked, and another might be shown
        evidence = replace(evidence, disowned=True)
    return Inbound(
        kind=MailKind.SOURCE,
        mailbox=mailbox,
        sender=next(iter(authors), ""),
        evidence=evidence,
        headline=header(message, "Subject"),
    )


def _read(message: Message, mailbox: ListAddress, envelope_sender: str | None) -> Inbound:
    sender = next(iter(addresses(message, "From")), "")
    complaint = read_complaint(message)
    if complaint is not None:
        return Inbound(
            kind=MailKind.COMPLAINT,
            mailbox=mailbox,
            sender=sender,
            complaint=complaint,
            returned=read_returned_mail(message),
        )
    if looks_like_bounce(message, envelope_sender):
        report = read_bounce(message)
        return Inbound(
            kind=MailKind.AUTOMATIC if report.success else MailKind.BOUNCE,
            mailbox=mailbox,
            sender=sender,
            failures=report.failures,
            returned=read_returned_mail(message),
        )
    challenged = mailbox.role is AddressRole.CONFIRM and is_challenge(message)
    automatic = is_automatic(message, envelope_sender) or challenged
    command = read_command(message, mailbox)
    if automatic and not _is_opt_out(command, message, mailbox):
        return Inbound(kind=MailKind.AUTOMATIC, mailbox=mailbox, sender=sender)
    sender_evidence = read_sender_evidence(message)
    if command is None:
        return Inbound(
            kind=MailKind.REPLY,
            mailbox=mailbox,
            sender=sender,
            evidence=sender_evidence,
            headline=header(message, "Subject"),
            words=text_of(message)[:MAX_QUOTED],
        )
    is_answer = command.verb is Verb.CONFIRM and mailbox.role in (
        AddressRole.CONFIRM,
        AddressRole.REQUEST,
    )
    return Inbound(
        kind=MailKind.CONFIRMATION if is_answer else MailKind.COMMAND,
        mailbox=mailbox,
        sender=sender,
        evidence=sender_evidence,
        command=command,
        automatic=automatic,
    )


def _is_opt_out(command: Command | None, message: Message, mailbox: ListAddress) -> bool:
    """Whether a mail program unsubscribes its reader, as List-Unsubscribe invites it to.

    iCloud marks such a mail as an automatic reply. A token proves whom it is about, whatever
    else the mail says. Without a token (Apple's program may leave out our subject), the mail has
    to identify itself as such and come to the address for unsubscribing.
    """
    if command is None or command.verb is not Verb.UNSUBSCRIBE:
        return False
    if command.words:
        return True
    return mailbox.role is AddressRole.UNSUBSCRIBE and is_opt_out_by_program(message)
