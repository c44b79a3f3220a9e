"""Acts on bounces and complaints that something we signed proves to be about our mail."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import sqlalchemy as sa

from subscribers.blame.widespread import is_widespread
from subscribers.bounces import Bounce, alike_bounces, excuse_alike, note_bounce
from subscribers.history import Event, Way, count_left, latest
from subscribers.inbound.bounces import FailedRecipient
from subscribers.inbound.classify import Inbound
from subscribers.inbound.context import Action, Done, InboundContext
from subscribers.inbound.evidence import Evidence, by_address, by_returned_mail
from subscribers.inbound.list_addresses import AddressRole
from subscribers.inbound.policy import RECENT
from subscribers.inbound.verdict import Verdict
from subscribers.kept_counts import subscriptions_by_status
from subscribers.restoring import restore_blameless
from subscribers.subscriber import Status, Subscriber
from subscribers.unsubscribe import unsubscribe

UNPROVEN = "nothing in it proves whose mail came back, so nothing was changed"
UNPROVEN_COMPLAINT = "nothing in it proves whose mail it complains of, so nothing was changed"
NAMES_NOBODY = "it does not say what happened to the reader's mail"


TOO_MANY_COMPLAINTS = (
    "so many complaints came within a day that a person has to look: receive --replay takes one"
)

COMPLAINTS_AT_LEAST = 20
COMPLAINT_SHARE = 0.02
"""Of a list's readers: within a day more of them have never complained of mail they asked for."""


def is_flood(complaints: int, readers: int) -> bool:
    """Whether so many complaints within a day, of so many readers, are more than readers make."""
    return complaints >= max(COMPLAINTS_AT_LEAST, COMPLAINT_SHARE * readers)


def take_bounce(
    connection: sa.Connection, context: InboundContext, mail: Inbound, now: datetime
) -> Done:
    """Count a bounce of a mail that is proven to be ours; a forged one changes nothing.

    A notice that the mail is only delayed is not a failure (RFC 3464 section 2.3.3): if the
    mail is never delivered, another report will follow.
    """
    is_to_bounces = (
        mail.mailbox.role is AddressRole.BOUNCES
    )  # not the address that takes confirmations
    if is_to_bounces and context.return_paths.read(mail.mailbox):
        found = by_address(connection, context, mail.mailbox)
        if found is None:  # the reader was erased
            return Done(action=Action.NONE)
    else:
        found = by_returned_mail(connection, context, mail.returned, _named(mail))
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
    if failure.delayed or is_about_old_address(connection, found.person, failure):
        return Done(action=Action.NONE, address=found.person.address)
    return count_failure(connection, context, found, failure, now)


def count_failure(
    connection: sa.Connection,
    context: InboundContext,
    found: Evidence,
    failure: FailedRecipient,
    now: datetime,
) -> Done:
    """Record the failure, and end what it ends; the same permanent refusal for many is nobody's."""
    person, list_slug = found.person, found.list_slug
    bounce = Bounce(
        subscriber_id=person.id,
        list_slug=list_slug,
        number=found.number,
        verdict=failure.verdict,
        blame=failure.blame,
        status=failure.status,
        reason=failure.reason,
    )
    if bounce.verdict is Verdict.HARD and _is_widespread(connection, context, bounce, now):
        bounce = replace(bounce, verdict=Verdict.POLICY)
        _excuse(connection, bounce, now)
    sent = context.issues_sent(connection, person.id, list_slug)
    ended = note_bounce(connection, bounce, sent=sent, now=now)
    if bounce.verdict is Verdict.POLICY:
        return Done(
            action=Action.COUNT,
            address=person.address,
            policy=(list_slug, found.number),
            reason=f"{failure.status} {failure.reason}".strip(),
        )
    action = Action.UNSUBSCRIBE if ended else Action.COUNT
    return Done(action=action, address=person.address)


def _is_widespread(
    connection: sa.Connection, context: InboundContext, bounce: Bounce, now: datetime
) -> bool:
    """Whether so many readers' copies of the issue came back in the same words that none is to blame."""
    if not bounce.number or not bounce.reason:
        return False
    alike = alike_bounces(connection, bounce, now - RECENT)
    return is_widespread(
        readers=alike.readers,
        domains=alike.domains,
        answered=context.accepted_of(connection, bounce.list_slug, bounce.number),
        share=context.pause_share,
    )


def _excuse(connection: sa.Connection, bounce: Bounce, now: datetime) -> None:
    """Restore the readers who were blamed for such a bounce before it was widespread."""
    blamed = excuse_alike(connection, bounce, now - RECENT)
    restore_blameless(
        connection,
        frozenset(blamed),
        list_slug=bounce.list_slug,
        number=bounce.number,
        reason=bounce.reason,
        now=now,
    )


def _named(mail: Inbound) -> list[str]:
    """The addresses that a report names, in the order in which they are tried."""
    return [
        *(address for one in mail.failures for address in (one.address, *one.also)),
        *(mail.complaint.addresses if mail.complaint else ()),
    ]


def _failure_of(mail: Inbound, person: Subscriber) -> FailedRecipient | None:
    """The failure that names the reader, else the only one, as forwarding changes the address."""
    for failure in mail.failures:
        named = {address.casefold() for address in (failure.address, *failure.also)}
        if person.address.casefold() in named:
            return failure
    return mail.failures[0] if len(mail.failures) == 1 else None


def is_about_old_address(
    connection: sa.Connection, person: Subscriber, failure: FailedRecipient
) -> bool:
    """Whether the failure is about an address that the reader has since changed."""
    moved = latest(connection, person.id, "", [Event.MOVE])
    if moved is None:
        return False
    before = moved.detail.removeprefix("from ").casefold()
    return before in {address.casefold() for address in (failure.address, *failure.also)}


def take_complaint(
    connection: sa.Connection,
    context: InboundContext,
    mail: Inbound,
    now: datetime,
    *,
    by_person: bool = False,
) -> Done:
    """End the subscription that the report is about, if something we signed proves which it is.

    Anybody can write a report that only names an address, so it is quarantined for a person to
    examine. So is one of a flood, unless it is taken `by_person`: a stranger who has many of our
    mails could end as many subscriptions.
    """
    complaint = mail.complaint
    assert complaint is not None  # noqa: S101 - narrows: the kind says so
    if not complaint.ends_the_subscription:
        return Done(action=Action.NONE)
    found = by_returned_mail(connection, context, mail.returned, _named(mail))
    if found is None:
        return Done(action=Action.QUARANTINE, keep=True, problem=UNPROVEN_COMPLAINT)
    if not by_person and _are_many(connection, found.list_slug, now):
        return Done(
            action=Action.QUARANTINE,
            address=found.person.address,
            keep=True,
            problem=TOO_MANY_COMPLAINTS,
        )
    unsubscribe(
        connection,
        found.person.id,
        found.list_slug,
        Way.COMPLAINT,
        now,
        complaint.feedback_type,
    )
    return Done(action=Action.UNSUBSCRIBE, address=found.person.address)


def _are_many(connection: sa.Connection, list_slug: str, now: datetime) -> bool:
    complaints = count_left(connection, list_slug, Way.COMPLAINT, now - timedelta(days=1))
    readers = subscriptions_by_status(connection).get((list_slug, Status.ACTIVE), 0)
    return is_flood(complaints, complaints + readers)
