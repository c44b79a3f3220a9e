"""receive: one inbound message, written down before anything is done, and dealt with once."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from newsletter.errors import ConfigurationError, Problem, UnknownNameError
from newsletter.issues.issue import State
from newsletter.issues.reasons import Note, StateReason
from newsletter.pipeline.correspondence import forward, office_of, tell_operator
from newsletter.pipeline.lists import mailbox_of, newsletters_of
from newsletter.pipeline.post import put_letter
from newsletter.pipeline.site import Site
from newsletter.store import issues as issue_store
from subscribers.addresses import parse_address
from subscribers.errors import AddressError
from subscribers.inbound import book
from subscribers.inbound.act import act
from subscribers.inbound.bounces import Failure
from subscribers.inbound.classify import Inbound, Kind, classify
from subscribers.inbound.mailboxes import Mailbox, Role
from subscribers.inbound.office import Action, Done
from subscribers.inbound.reading import UnreadableError, addresses, headers, parse_message
from subscribers.inbound.returned import take_bounce, take_complaint

log = logging.getLogger("newsletter")

LEFT_LYING = timedelta(minutes=10)
"""A message that is written down and still not dealt with: its process has died."""

_NOBODY = Mailbox(list_slug="", role=Role.BOUNCES)
"""An address that is none of ours: no command is heard there."""

_CARRIED = ("Delivered-To", "X-Original-To", "Envelope-To", "To", "Cc")


@dataclass(frozen=True, kw_only=True, slots=True)
class Received:
    """What a message was and what was done; `failures` are those a bounce names."""

    id: int
    kind: str
    action: str
    address: str
    failures: tuple[Failure, ...] = ()


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
    with site.database.transaction() as connection:
        recorded = book.write_down(connection, content, recipient, envelope_sender, now)
    return handle(site, recorded.id, now=now)


def handle(site: Site, message_id: int, *, now: datetime, again: bool = False) -> Received:
    """Deal with a message of the book; what it changes and what it answers are one transaction.

    `again` deals with a quarantined one anew. Raises UnknownNameError for no such message, or
    one whose content is gone.
    """
    with site.database.transaction() as connection:
        recorded = book.lock(connection, message_id)
        if recorded is None or (again and recorded.content is None):
            raise UnknownNameError(
                f"there is no message {message_id} to replay",
                fix="`newsletter receive --list` shows what is in quarantine",
            )
        if recorded.content is None or (recorded.handled and not again):
            return Received(
                id=recorded.id,
                kind=recorded.kind,
                action=recorded.action,
                address=recorded.address,
            )
        mailbox = mailbox_of(site.settings, recorded.recipient) or _NOBODY
        mail = classify(recorded.content, mailbox, recorded.envelope_sender)
        done = _deal_with(site, connection, mail, recorded, now)
        for letter in done.letters:
            put_letter(site, connection, letter, now, answers=mail.letterhead.message_id)
        if done.policy is not None:
            _stop_presses(site, connection, *done.policy, reason=done.reason, now=now)
        address = done.address or _first(mail)
        book.close(
            connection,
            recorded.id,
            kind=mail.kind,
            action=done.action,
            address=_key(address),
            problem=mail.problem,
            keep=done.keep,
            now=now,
        )
    return Received(
        id=recorded.id,
        kind=mail.kind,
        action=done.action,
        address=address,
        failures=mail.failures,
    )


def handle_left_lying(site: Site, *, now: datetime) -> int:
    """Deal with what a process that died had written down; how many."""
    with site.database.transaction(read_only=True) as connection:
        waiting = book.unhandled(connection, now - LEFT_LYING)
    for message_id in waiting:
        handle(site, message_id, now=now)
    return len(waiting)


def takes(site: Site, recipient: str) -> bool:
    """Whether an address is one of ours, and mail to it welcome."""
    return mailbox_of(site.settings, recipient) is not None


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


def _deal_with(
    site: Site, connection: sa.Connection, mail: Inbound, recorded: book.Recorded, now: datetime
) -> Done:
    office = office_of(site)
    match mail.kind:
        case Kind.UNREADABLE:
            return Done(action=Action.QUARANTINE, keep=True)
        case Kind.COMPLAINT:
            return take_complaint(connection, office, mail, now)
        case Kind.BOUNCE:
            return take_bounce(connection, office, mail, now)
        case Kind.COMMAND | Kind.CONFIRMATION:
            return act(connection, office, mail, recorded.envelope_sender, now)
        case Kind.REPLY:
            return forward(site, connection, mail, recorded.content or b"", now)
        case Kind.AUTOMATIC:
            return Done(action=Action.NONE)


def _stop_presses(
    site: Site,
    connection: sa.Connection,
    list_slug: str,
    number: int,
    *,
    reason: str,
    now: datetime,
) -> None:
    """A receiver refuses us: whatever of this issue is not sent yet waits for a person."""
    names = []
    for slug in newsletters_of(site.settings, list_slug):
        try:
            issue = issue_store.find_issue(connection, slug, number)
        except UnknownNameError:
            continue
        names.append(issue.name)
        if issue.state is State.SENDING:
            note = Note(kind=StateReason.REFUSED_BY_POLICY, text=reason)
            issue_store.move(connection, issue, State.STOPPED, note=note)
    tell_operator(site, connection, list_slug, " or ".join(names) or list_slug, reason, now)


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
