"""Acting on what comes back: bounces and complaints that something we signed proves."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from subscribers.bounces import note_bounce
from subscribers.history import Event, Way, latest
from subscribers.inbound.bounces import Failure
from subscribers.inbound.classify import Inbound
from subscribers.inbound.evidence import Evidence, by_address, by_returned_mail
from subscribers.inbound.mailboxes import Role
from subscribers.inbound.office import Action, Done, Office
from subscribers.inbound.verdict import Verdict
from subscribers.subscriber import Subscriber
from subscribers.unsubscribe import unsubscribe

UNPROVEN = "nothing in it proves whose mail came back, so nothing was changed"
UNPROVEN_COMPLAINT = "nothing in it proves whose mail it complains of, so nothing was changed"
NAMES_NOBODY = "it does not say what happened to the reader's mail"


def take_bounce(connection: sa.Connection, office: Office, mail: Inbound, now: datetime) -> Done:
    """Count a bounce of a mail that is proven to be ours; a forged one changes nothing.

    A notice that the mail is only delayed is no failure (RFC 3464 section 2.3.3): whether it
    arrives is still open, and if it does not, another report will say so.
    """
    is_to_bounces = mail.mailbox.role is Role.BOUNCES  # not the address that answers come to
    if is_to_bounces and office.return_paths.read(mail.mailbox):
        found = by_address(connection, office, mail.mailbox)
        if found is None:  # the reader was erased
            return Done(action=Action.NONE)
    else:
        found = by_returned_mail(connection, office, mail.returned, _named(mail))
    if found is None:
        if mail.failures and all(failure.delayed for failure in mail.failures):
            return Done(action=Action.NONE)
        return Done(action=Action.QUARANTINE, keep=True, problem=UNPROVEN)
    failure = _failure_of(mail, found.person)
    if failure is None:
        return Done(
            action=Action.QUARANTINE,
            address=found.person.address,
            keep=True,
            problem=NAMES_NOBODY,
        )
    if failure.delayed or _is_of_the_past(connection, found.person, failure):
        return Done(action=Action.NONE, address=found.person.address)
    return _count(connection, office, found, failure, now)


def _count(
    connection: sa.Connection, office: Office, found: Evidence, failure: Failure, now: datetime
) -> Done:
    person, list_slug = found.person, found.list_slug
    ended = note_bounce(
        connection,
        subscriber_id=person.id,
        list_slug=list_slug,
        number=found.number,
        verdict=failure.verdict,
        sent=office.issues_sent(connection, person.id, list_slug),
        now=now,
        status=failure.status,
        reason=failure.reason,
    )
    if failure.verdict is Verdict.POLICY:
        return Done(
            action=Action.COUNT,
            address=person.address,
            policy=(list_slug, found.number),
            reason=f"{failure.status} {failure.reason}".strip(),
        )
    action = Action.UNSUBSCRIBE if ended else Action.COUNT
    return Done(action=action, address=person.address)


def _named(mail: Inbound) -> list[str]:
    """The addresses that a report names, in the order in which they are looked at."""
    return [
        *(address for one in mail.failures for address in (one.address, *one.also)),
        *(mail.complaint.addresses if mail.complaint else ()),
    ]


def _failure_of(mail: Inbound, person: Subscriber) -> Failure | None:
    """The failure that names the reader; else the only one there is: forwarding renames people."""
    for failure in mail.failures:
        named = {address.casefold() for address in (failure.address, *failure.also)}
        if person.address.casefold() in named:
            return failure
    return mail.failures[0] if len(mail.failures) == 1 else None


def _is_of_the_past(connection: sa.Connection, person: Subscriber, failure: Failure) -> bool:
    """Whether it speaks of the address that the reader has moved away from."""
    moved = latest(connection, person.id, "", [Event.MOVE])
    if moved is None:
        return False
    before = moved.detail.removeprefix("from ").casefold()
    return before in {address.casefold() for address in (failure.address, *failure.also)}


def take_complaint(connection: sa.Connection, office: Office, mail: Inbound, now: datetime) -> Done:
    """End the subscription that the report is about, if what we signed in it proves which.

    A report that only names an address could be anybody's: it is kept for a person to look at.
    """
    complaint = mail.complaint
    assert complaint is not None  # noqa: S101 - narrows: the kind says so
    if not complaint.ends_the_subscription:
        return Done(action=Action.NONE)
    found = by_returned_mail(connection, office, mail.returned, _named(mail))
    if found is None:
        return Done(action=Action.QUARANTINE, keep=True, problem=UNPROVEN_COMPLAINT)
    unsubscribe(
        connection,
        found.person.id,
        found.list_slug,
        Way.COMPLAINT,
        now,
        complaint.feedback_type,
    )
    return Done(action=Action.UNSUBSCRIBE, address=found.person.address)
