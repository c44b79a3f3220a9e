"""receive: record an inbound message before anything else is done, then handle it once."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from newsletter.errors import (
    ConfigurationError,
    ParsingError,
    Problem,
    TemporaryError,
    TooLargeError,
    TooSlowError,
    UnavailableError,
    UnknownNameError,
)
from newsletter.pipeline.correspondence import forward, inbound_context, issue_answered
from newsletter.pipeline.policy_reports import weigh_policy_report
from newsletter.pipeline.reader_letters import put_letter
from newsletter.sandbox import HANDED_IN, Limits
from newsletter.site.lists import list_address_of
from newsletter.site.mail_sources import has_mail_source
from newsletter.site.site import Site
from newsletter.store.attempt_limits import AttemptLimit, count_attempt
from subscribers import people
from subscribers.addresses import parse_address
from subscribers.errors import AddressError, UnknownSubscriberError
from subscribers.inbound import mail_log
from subscribers.inbound.act import act
from subscribers.inbound.act_on_reports import take_bounce, take_complaint
from subscribers.inbound.bounces import FailedRecipient
from subscribers.inbound.classify import Inbound, MailKind, classify, classify_for_source
from subscribers.inbound.context import Action, Done
from subscribers.inbound.identity import MAX_HEADER, MailIdentity, read_identity
from subscribers.inbound.list_addresses import AddressRole, ListAddress
from subscribers.letters import LetterRequest
from subscribers.lists import former_names
from subscribers.quiet_log import QuietLog

log = logging.getLogger("newsletter")
strangers = QuietLog(log)

KEPT = AttemptLimit(most=200, per=timedelta(days=1))
"""Limit of messages of one kind kept for a person to see; only a row is kept of any more."""

KEPT_OCTETS = 500_000_000
"""How much is kept altogether: strangers can send any number of large messages."""

_NOBODY = ListAddress(list_slug="", role=AddressRole.BOUNCES)
"""Stands for an address that is not ours and accepts no commands."""

LIMITS = Limits(seconds=10, memory=400_000_000, output=4_000_000)
"""Of the reading of one message."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Received:
    """What a message was and what was done; `failures` are the recipients that a bounce names."""

    id: int
    kind: str
    action: str
    address: str
    failures: tuple[FailedRecipient, ...] = ()


def receive(
    site: Site,
    content: bytes,
    *,
    recipient: str | None,
    envelope_sender: str | None,
    now: datetime,
    authenticated: bool | None = None,
) -> Received:
    """Record the message, then handle it; receiving the same message again changes nothing.

    If `recipient` is None, the headers decide. `envelope_sender` is "" for the null sender and
    None if it is unknown. `authenticated` is what our own listener found out about the sender. Raises ConfigurationError without [inbound].
    """
    require_inbound(site)
    content = content[: mail_log.MAX_OCTETS]
    identity = _identity_of(content)
    if recipient is None:
        recipient = _recipient_among(site, identity.recipients)
    arrival = mail_log.arrival(content, identity, recipient, envelope_sender, authenticated)
    with site.database.transaction() as connection:
        recorded = mail_log.log_mail(connection, arrival, now)
    return handle(site, recorded.id, now=now)


def handle(site: Site, message_id: int, *, now: datetime, again: bool = False) -> Received:
    """Handle a recorded message; its changes and answers are written in one transaction.

    The attempt is counted durably first. A message that cannot be handled in MAX_ATTEMPTS
    attempts, even because it ends the process, is quarantined. It is parsed by a worker, outside the
    transaction, because a stranger wrote it. `again` handles a quarantined message again.

    Raises UnknownNameError for an unknown message or one whose content is deleted, and the
    database's errors when it is busy or unavailable, which do not count as attempts.
    """
    with site.database.transaction() as connection:
        recorded = mail_log.begin(connection, message_id, now, again=again)
    if recorded is None or (again and recorded.content is None):
        raise UnknownNameError(
            f"there is no message {message_id} to replay",
            fix="`newsletter receive --list` shows what is in quarantine",
        )
    if recorded.content is None or (recorded.handled and not again):
        return _as_recorded(recorded)
    mailbox = _mailbox(site, recorded.recipient) or _NOBODY
    mail = Inbound(kind=MailKind.UNREADABLE, mailbox=mailbox)
    if recorded.attempts > mail_log.MAX_ATTEMPTS:
        return _give_up(site, recorded, mail, now)
    try:
        mail = _classified(site, recorded, mailbox)
        return _settle(site, recorded, mail, now, again=again)
    except (UnavailableError, TemporaryError):
        _take_back_attempt(site, recorded)
        raise
    except Exception:  # no error may stop other mail or an issue
        strangers.exception("message %d could not be handled", recorded.id)
        failed = traceback.format_exc()
    with site.database.transaction() as connection:
        mail_log.note_failure(connection, recorded.id, failed)
    if again or recorded.attempts >= mail_log.MAX_ATTEMPTS:
        return _give_up(site, recorded, mail, now)
    return Received(id=recorded.id, kind=mail.kind, action=Action.RETRY, address=_address_in(mail))


def takes(site: Site, recipient: str) -> bool:
    """Whether the site accepts mail to this address."""
    return has_mail_source(site.settings, recipient) or _mailbox(site, recipient) is not None


def _mailbox(site: Site, recipient: str) -> ListAddress | None:
    """The list and role of the address; a list's former addresses still work."""
    found = list_address_of(site.settings, recipient)
    if found is not None:
        return found
    with site.database.transaction(read_only=True) as connection:
        former = former_names(connection)
    return list_address_of(site.settings, recipient, former)


def require_inbound(site: Site) -> None:
    """Raise ConfigurationError if there is no [inbound], which says which addresses are ours."""
    if site.settings.inbound is None:
        raise ConfigurationError(
            [
                Problem(
                    message="this site does not receive mail",
                    file="newsletter.toml",
                    field="inbound",
                    fix='add [inbound] with domain = "news.example.org"',
                )
            ]
        )


def _settle(
    site: Site, recorded: mail_log.LoggedMail, mail: Inbound, now: datetime, *, again: bool
) -> Received:
    """Act on the parsed message, answer it, and mark it as handled, in one transaction."""
    with site.database.transaction() as connection:
        current = mail_log.lock(connection, recorded.id)
        if current is None or current.content is None or (current.handled and not again):
            return _as_recorded(current or recorded)  # another process was faster
        done = _act_on(site, connection, mail, recorded, now, by_person=again)
        problems = [mail.problem, done.problem]
        problems += [_answer(site, connection, letter, mail, now) for letter in done.letters]
        if done.policy is not None:
            done = weigh_policy_report(site, connection, done, now)
            problems.append(done.problem)
        address = done.address or _address_in(mail)
        keep = done.keep and _may_keep(site, connection, mail, now)
        mail_log.close(
            connection,
            recorded.id,
            mail_log.HandledMail(
                kind=mail.kind,
                action=done.action,
                address=_key(address),
                problem="; ".join(dict.fromkeys(filter(None, problems))),
                keep=keep,
                issue=_issue_answered(site, connection, mail),
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


def _give_up(site: Site, recorded: mail_log.LoggedMail, mail: Inbound, now: datetime) -> Received:
    """Quarantine a message that cannot be handled, so that a person can look at it."""
    address = _address_in(mail)
    with site.database.transaction() as connection:
        mail_log.close(
            connection,
            recorded.id,
            mail_log.HandledMail(
                kind=mail.kind,
                action=Action.QUARANTINE,
                address=_key(address),
                problem=f"it could not be handled in {mail_log.MAX_ATTEMPTS} attempts",
                keep=_may_keep(site, connection, mail, now),
            ),
            now,
        )
    return Received(id=recorded.id, kind=mail.kind, action=Action.QUARANTINE, address=address)


def _take_back_attempt(site: Site, recorded: mail_log.LoggedMail) -> None:
    """Take back an attempt that the database interrupted, if the database can record that."""
    try:
        with site.database.transaction() as connection:
            mail_log.give_back(connection, recorded.id)
    except (UnavailableError, TemporaryError) as error:
        log.warning("message %d: the interrupted attempt stays counted: %s", recorded.id, error)


def _as_recorded(recorded: mail_log.LoggedMail) -> Received:
    return Received(
        id=recorded.id, kind=recorded.kind, action=recorded.action, address=recorded.address
    )


def _act_on(
    site: Site,
    connection: sa.Connection,
    mail: Inbound,
    recorded: mail_log.LoggedMail,
    now: datetime,
    *,
    by_person: bool,
) -> Done:
    context = inbound_context(site)
    match mail.kind:
        case MailKind.UNREADABLE:
            return Done(action=Action.QUARANTINE, keep=True)
        case MailKind.COMPLAINT:
            return take_complaint(connection, context, mail, now, by_person=by_person)
        case MailKind.BOUNCE:
            return take_bounce(connection, context, mail, now)
        case MailKind.COMMAND if mail.mailbox.role is AddressRole.SUGGEST:
            # Most mail suggests nothing, and need not load what keeps it.
            from newsletter.pipeline.suggest import suggest_by_mail

            return suggest_by_mail(site, connection, context, mail, recorded, now)
        case MailKind.SOURCE:
            from newsletter.pipeline.source_mails import keep_for_sources  # few sites have one

            return keep_for_sources(site, connection, mail, recorded, now)
        case MailKind.COMMAND | MailKind.CONFIRMATION:
            return act(connection, context, mail, recorded, now)
        case MailKind.REPLY:
            return forward(site, connection, mail, recorded.content or b"", now)
        case MailKind.AUTOMATIC:
            return Done(action=Action.NONE)


def _issue_answered(site: Site, connection: sa.Connection, mail: Inbound) -> str:
    """The issue that a reader's reply answers, by our Message-ID in it; "" for other mail."""
    if mail.kind is not MailKind.REPLY or not mail.evidence.references:
        return ""
    try:
        person = people.find(connection, mail.sender)
    except (AddressError, UnknownSubscriberError):
        return ""
    slug = mail.mailbox.list_slug
    return issue_answered(site, connection, person.id, slug, mail.evidence.references)


def _answer(
    site: Site, connection: sa.Connection, letter: LetterRequest, mail: Inbound, now: datetime
) -> str:
    """Put the letter in the outbox; returns the reason if it cannot be written, or ""."""
    try:
        parse_address(letter.address)
    except AddressError:
        return "no letter was written: the sender's address is not valid"
    put_letter(site, connection, letter, now, in_reply_to=mail.evidence.message_id)
    return ""


def _may_keep(site: Site, connection: sa.Connection, mail: Inbound, now: datetime) -> bool:
    """Whether the quarantine may take one more."""
    if mail_log.kept_octets(connection) > KEPT_OCTETS:
        strangers.warning("a message was not kept: the quarantine is full; see receive --list")
        return False
    return count_attempt(connection, site.keyed(f"kept {mail.kind}"), KEPT, now)


def _identity_of(content: bytes) -> MailIdentity:
    """What its header says; nothing if it cannot be read, because the message is recorded anyway."""
    try:
        return HANDED_IN.run(read_identity, content[:MAX_HEADER], limits=LIMITS)
    except ParsingError as error:
        strangers.warning("The header of a message could not be read: %s.", error.problem.message)
        return MailIdentity()


def _classified(site: Site, mail: mail_log.LoggedMail, mailbox: ListAddress) -> Inbound:
    """What the message is; a list's former address is its readers'. A worker that ends by itself raises."""
    try:
        if mailbox is _NOBODY and has_mail_source(site.settings, mail.recipient):
            return HANDED_IN.run(classify_for_source, mail.content, mailbox, limits=LIMITS)
        return HANDED_IN.run(classify, mail.content, mailbox, mail.envelope_sender, limits=LIMITS)
    except (TooSlowError, TooLargeError) as error:
        return Inbound(kind=MailKind.UNREADABLE, mailbox=mailbox, problem=error.problem.message)


def _recipient_among(site: Site, addresses: Iterable[str]) -> str:
    """The first of our addresses, or ""."""
    with site.database.transaction(read_only=True) as connection:
        former = former_names(connection)
    settings = site.settings
    ours = (
        one
        for one in addresses
        if has_mail_source(settings, one) or list_address_of(settings, one, former) is not None
    )
    return next(ours, "")


def _address_in(mail: Inbound) -> str:
    """The address that the message names, used if the action concerns no address."""
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
