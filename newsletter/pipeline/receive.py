"""receive: one inbound message, written down before anything is done, and dealt with once."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from newsletter.errors import (
    ConfigurationError,
    Problem,
    TemporaryError,
    UnavailableError,
    UnknownNameError,
)
from newsletter.pipeline.correspondence import forward, inbound_context
from newsletter.pipeline.policy_reports import weigh_policy_report
from newsletter.pipeline.reader_letters import put_letter
from newsletter.site.lists import list_address_of
from newsletter.site.site import Site
from newsletter.store.attempt_limits import AttemptLimit, count_attempt
from subscribers.addresses import parse_address
from subscribers.errors import AddressError
from subscribers.inbound import mail_log as book
from subscribers.inbound.act import act
from subscribers.inbound.act_on_reports import take_bounce, take_complaint
from subscribers.inbound.bounces import FailedRecipient
from subscribers.inbound.classify import Inbound, MailKind, classify
from subscribers.inbound.context import Action, Done
from subscribers.inbound.list_addresses import AddressRole, ListAddress
from subscribers.inbound.reading import UnreadableError, addresses, headers, parse_message
from subscribers.letters import LetterRequest

log = logging.getLogger("newsletter")

LEFT_LYING = timedelta(minutes=10)
"""A message that is not dealt with so long after it came, or was last attempted, is attempted again."""

KEPT_REPORTS = AttemptLimit(most=200, per=timedelta(days=1))
"""Bounces and complaints that are kept for a person to look at; further ones leave only their row."""

_NOBODY = ListAddress(list_slug="", role=AddressRole.BOUNCES)
"""An address that is none of ours: no command is heard there."""

_CARRIED = ("Delivered-To", "X-Original-To", "Envelope-To", "To", "Cc")


@dataclass(frozen=True, kw_only=True, slots=True)
class Received:
    """What a message was and what was done; `failures` are those a bounce names."""

    id: int
    kind: str
    action: str
    address: str
    failures: tuple[FailedRecipient, ...] = ()


def receive(
    site: Site, content: bytes, *, recipient: str | None, envelope_sender: str | None, now: datetime
) -> Received:
    """Record the message, then deal with it; the same message once more changes nothing.

    `recipient` None: as its headers say. `envelope_sender` "" is the null sender, None unknown.
    Raises ConfigurationError without [inbound].
    """
    require_inbound(site)
    if recipient is None:
        recipient = _recipient_in(site, content)
    came = book.arrival(content, recipient, envelope_sender)
    with site.database.transaction() as connection:
        recorded = book.log_mail(connection, came, now)
    return handle(site, recorded.id, now=now)


def handle(site: Site, message_id: int, *, now: datetime, again: bool = False) -> Received:
    """Deal with a message of the book; what it changes and what it answers are one transaction.

    The attempt is counted first and durably, and a message that could not be handled
    MAX_ATTEMPTS times, even because it ended the process, goes into the quarantine. It is read
    outside the transaction: a stranger wrote it. `again` deals with a quarantined one anew.

    Raises UnknownNameError for no such message, or one whose content is gone, and what the
    database raises when it is busy or gone: that is no fault of the message.
    """
    with site.database.transaction() as connection:
        recorded = book.begin(connection, message_id, now, again=again)
    if recorded is None or (again and recorded.content is None):
        raise UnknownNameError(
            f"there is no message {message_id} to replay",
            fix="`newsletter receive --list` shows what is in quarantine",
        )
    if recorded.content is None or (recorded.handled and not again):
        return _as_recorded(recorded)
    mailbox = list_address_of(site.settings, recorded.recipient) or _NOBODY
    mail = Inbound(kind=MailKind.UNREADABLE, mailbox=mailbox)
    if recorded.attempts > book.MAX_ATTEMPTS:
        return _give_up(site, recorded, mail, now)
    try:
        mail = classify(recorded.content, mailbox, recorded.envelope_sender)
        return _settle(site, recorded, mail, now, again=again)
    except (UnavailableError, TemporaryError):
        _give_back(site, recorded)
        raise
    except Exception:  # whatever it is, it stops neither the other mail nor an issue
        log.exception("message %d could not be handled", recorded.id)
        failed = traceback.format_exc()
    with site.database.transaction() as connection:
        book.note_failure(connection, recorded.id, failed)
    if again or recorded.attempts >= book.MAX_ATTEMPTS:
        return _give_up(site, recorded, mail, now)
    return Received(id=recorded.id, kind=mail.kind, action=Action.RETRY, address=_first(mail))


def handle_left_lying(site: Site, *, now: datetime) -> int:
    """Deal with what a process that died had written down, or could not handle; how many."""
    with site.database.transaction(read_only=True) as connection:
        waiting = book.unhandled(connection, now - LEFT_LYING)
    for message_id in waiting:
        handle(site, message_id, now=now)
    return len(waiting)


def takes(site: Site, recipient: str) -> bool:
    """Whether an address is one of ours, and mail to it welcome."""
    return list_address_of(site.settings, recipient) is not None


def require_inbound(site: Site) -> None:
    """Raises ConfigurationError where no [inbound] says which addresses are ours."""
    if site.settings.inbound is None:
        raise ConfigurationError(
            [
                Problem(
                    message="this site takes no mail",
                    file="newsletter.toml",
                    field="inbound",
                    fix='add [inbound] with domain = "news.example.org"',
                )
            ]
        )


def _settle(
    site: Site, recorded: book.LoggedMail, mail: Inbound, now: datetime, *, again: bool
) -> Received:
    """Act on what was read, answer it, and mark it as dealt with, in one transaction."""
    with site.database.transaction() as connection:
        still = book.lock(connection, recorded.id)
        if still is None or still.content is None or (still.handled and not again):
            return _as_recorded(still or recorded)  # another process was faster
        done = _deal_with(site, connection, mail, recorded, now)
        problems = [mail.problem, done.problem]
        problems += [_answer(site, connection, letter, mail, now) for letter in done.letters]
        if done.policy is not None:
            done = weigh_policy_report(site, connection, done, now)
            problems.append(done.problem)
        address = done.address or _first(mail)
        keep = done.keep and _may_keep(site, connection, mail, now)
        book.close(
            connection,
            recorded.id,
            book.HandledMail(
                kind=mail.kind,
                action=done.action,
                address=_key(address),
                problem="; ".join(dict.fromkeys(filter(None, problems))),
                keep=keep,
            ),
            now,
        )
    return Received(
        id=recorded.id,
        kind=mail.kind,
        action=done.action,
        address=address,
        failures=mail.failures,
    )


def _give_up(site: Site, recorded: book.LoggedMail, mail: Inbound, now: datetime) -> Received:
    """Leave a message that cannot be handled in the quarantine, for a person to look at."""
    address = _first(mail)
    with site.database.transaction() as connection:
        book.close(
            connection,
            recorded.id,
            book.HandledMail(
                kind=mail.kind,
                action=Action.QUARANTINE,
                address=_key(address),
                problem=f"it could not be handled, {book.MAX_ATTEMPTS} times",
                keep=True,
            ),
            now,
        )
    return Received(id=recorded.id, kind=mail.kind, action=Action.QUARANTINE, address=address)


def _give_back(site: Site, recorded: book.LoggedMail) -> None:
    """Do not count an attempt that the database ended, if the database can still be told."""
    try:
        with site.database.transaction() as connection:
            book.give_back(connection, recorded.id)
    except (UnavailableError, TemporaryError) as error:
        log.warning("message %d keeps its attempt: %s", recorded.id, error)


def _as_recorded(recorded: book.LoggedMail) -> Received:
    return Received(
        id=recorded.id, kind=recorded.kind, action=recorded.action, address=recorded.address
    )


def _deal_with(
    site: Site, connection: sa.Connection, mail: Inbound, recorded: book.LoggedMail, now: datetime
) -> Done:
    office = inbound_context(site)
    match mail.kind:
        case MailKind.UNREADABLE:
            return Done(action=Action.QUARANTINE, keep=True)
        case MailKind.COMPLAINT:
            return take_complaint(connection, office, mail, now)
        case MailKind.BOUNCE:
            return take_bounce(connection, office, mail, now)
        case MailKind.COMMAND | MailKind.CONFIRMATION:
            return act(connection, office, mail, recorded.envelope_sender, now)
        case MailKind.REPLY:
            return forward(site, connection, mail, recorded.content or b"", now)
        case MailKind.AUTOMATIC:
            return Done(action=Action.NONE)


def _answer(
    site: Site, connection: sa.Connection, letter: LetterRequest, mail: Inbound, now: datetime
) -> str:
    """Leave the letter in the outbox; why it cannot be written at all, or ""."""
    try:
        parse_address(letter.address)
    except AddressError:
        return "no letter was written: its sender is not an address that we can write to"
    put_letter(site, connection, letter, now, answers=mail.evidence.message_id)
    return ""


def _may_keep(site: Site, connection: sa.Connection, mail: Inbound, now: datetime) -> bool:
    """Whether there is room for one more in the quarantine: strangers can send any number of reports."""
    if mail.kind not in (MailKind.BOUNCE, MailKind.COMPLAINT):
        return True
    return count_attempt(connection, site.keyed("kept reports"), KEPT_REPORTS, now)


def _recipient_in(site: Site, content: bytes) -> str:
    """The first of our addresses in the headers; "" where there is none."""
    try:
        message = parse_message(content[: book.MAX_OCTETS])
    except UnreadableError:
        return ""
    found: Iterable[str] = (
        address
        for name in _CARRIED
        for address in (*addresses(message, name), *headers(message, name))
    )
    return next((address for address in found if takes(site, address)), "")


def _first(mail: Inbound) -> str:
    """Whom the message names, where nothing was done about anybody."""
    if mail.failures:
        return mail.failures[0].address
    if mail.complaint and mail.complaint.addresses:
        return mail.complaint.addresses[0]
    return mail.sender


def _key(address: str) -> str:
    try:
        return parse_address(address).key
    except AddressError:
        return address
