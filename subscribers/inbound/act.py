"""Acts on a reader's mail: a command is carried out only if its writer is proven (rule 6).

A join request is proven by the answer to the confirmation mail. Other commands are proven by one
of our tokens, by a reference to one of our mails, or by an envelope sender that is the reader's
own and that our mail server, or our own listener, did not find forged. Erasing cannot be undone, so it always requires
a click on a mailed link.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa

from subscribers import consent, people
from subscribers.addresses import parse_address
from subscribers.errors import AddressError, TokenError, UnknownSubscriberError
from subscribers.history import Way
from subscribers.inbound.classify import Inbound
from subscribers.inbound.command_words import Verb
from subscribers.inbound.commands import Command
from subscribers.inbound.context import Action, Done, InboundContext
from subscribers.inbound.list_addresses import AddressRole
from subscribers.inbound.mail_log import LoggedMail
from subscribers.inbound.reader_commands import ReaderCommand, letter_to
from subscribers.letters import Template
from subscribers.subscriber import Subscriber
from subscribers.tokens import Purpose
from subscribers.unsubscribe import status_of, unsubscribe

NO_ADDRESS = "its sender is not an address that we can write to"
NOT_PUBLIC = "the list takes nobody by mail, and its writer is not one of its readers"
UNPROVEN_OPT_OUT = "a mail program asks to unsubscribe its reader, and nothing proves who that is"


def act(
    connection: sa.Connection,
    context: InboundContext,
    mail: Inbound,
    recorded: LoggedMail,
    now: datetime,
) -> Done:
    """Carry out the command if its writer is proven; never raises for a malformed one.

    A command that a mail program sent for its reader gets no letter (RFC 3834); if it is not
    proven, it is quarantined for a person to examine.
    """
    done = _act(connection, context, mail, recorded, now)
    if not mail.automatic:
        return done
    if done.action is Action.ASK:
        return replace(
            done, action=Action.QUARANTINE, letters=(), keep=True, problem=UNPROVEN_OPT_OUT
        )
    return replace(done, letters=())


def _act(
    connection: sa.Connection,
    context: InboundContext,
    mail: Inbound,
    recorded: LoggedMail,
    now: datetime,
) -> Done:
    assert mail.command is not None  # noqa: S101 - narrows: commands and confirmations have one
    if mail.command.verb is Verb.CONFIRM:
        return _confirm(connection, context, mail, mail.command, now)
    if mail.command.verb is Verb.UNSUBSCRIBE and mail.command.words:
        left = _leave_by_token(connection, context, mail, mail.command.words[0], now)
        if left is not None:
            return left
    try:
        sender = parse_address(mail.sender)
    except AddressError:
        return Done(action=Action.NONE, problem=NO_ADDRESS)
    is_hidden = mail.mailbox.list_slug in context.hidden_lists
    if mail.command.verb is Verb.SUBSCRIBE and not is_hidden:
        return _subscribe(connection, mail, now)
    try:
        person = people.find(connection, sender.text)
    except UnknownSubscriberError:
        person = None
    if is_hidden and (
        mail.command.verb is Verb.SUBSCRIBE
        or not _was_ever_on(connection, person, mail.mailbox.list_slug)
    ):
        return Done(action=Action.NONE, problem=NOT_PUBLIC)
    reader_command = ReaderCommand(
        connection=connection, context=context, mail=mail, person=person, now=now
    )
    reader_command.proven = reader_command.is_proven(recorded)
    return reader_command.answer(mail.command)


def is_hidden_from(connection: sa.Connection, mail: Inbound, hidden_lists: Collection[str]) -> bool:
    """Whether the mail's writer may not learn of its list, which is not public and never was theirs."""
    list_slug = mail.mailbox.list_slug
    if list_slug not in hidden_lists:
        return False
    try:
        person = people.find(connection, mail.sender)
    except (AddressError, UnknownSubscriberError):
        return True
    return not _was_ever_on(connection, person, list_slug)


def _was_ever_on(connection: sa.Connection, person: Subscriber | None, list_slug: str) -> bool:
    return person is not None and status_of(connection, person.id, list_slug) is not None


def _subscribe(connection: sa.Connection, mail: Inbound, now: datetime) -> Done:
    request = consent.JoinRequest(
        address=mail.sender,
        list_slug=mail.mailbox.list_slug,
        way=Way.MAIL,
        origin=f"mail {mail.evidence.message_id}".strip(),
    )
    letter = consent.ask_to_join(connection, request, now)
    return Done(action=Action.SUBSCRIBE, address=mail.sender, letters=(letter,) if letter else ())


def _confirm(
    connection: sa.Connection,
    context: InboundContext,
    mail: Inbound,
    command: Command,
    now: datetime,
) -> Done:
    list_slug = mail.mailbox.list_slug
    person = _confirmed_subscriber(context, mail, command, now)
    if person is None:
        return Done(action=Action.NONE)
    letter = consent.confirm(
        connection,
        person,
        list_slug,
        way=Way.REPLY if mail.mailbox.role is AddressRole.CONFIRM else Way.MAIL,
        now=now,
        origin=f"from {mail.sender} {mail.evidence.message_id}".strip(),
    )
    if letter is None:
        return Done(action=Action.NONE)
    return Done(action=Action.CONFIRM, address=letter.address, letters=(letter,))


def _confirmed_subscriber(
    context: InboundContext, mail: Inbound, command: Command, now: datetime
) -> int | None:
    """The person to whom the answered confirmation mail was sent; None if it is not ours or too old."""
    answer = context.return_paths.read(mail.mailbox)
    if answer is not None and mail.mailbox.role is AddressRole.CONFIRM:
        age = now.date().toordinal() - answer.number
        return answer.subscriber_id if age <= consent.CONFIRM_WITHIN.days else None
    for word in command.words:
        try:
            subject = context.tokens.read(
                Purpose.CONFIRM, word, now=now, max_age=consent.CONFIRM_WITHIN
            )
        except TokenError:
            continue
        if subject.list_slug == mail.mailbox.list_slug:
            return subject.subscriber_id
    return None


def _leave_by_token(
    connection: sa.Connection, context: InboundContext, mail: Inbound, token: str, now: datetime
) -> Done | None:
    """Unsubscribe by the token that List-Unsubscribe's address offers, whoever the sender is.

    Returns None if the token is not ours or is damaged: then the mail is treated like any
    other, and its writer may be proven in another way.
    """
    try:
        subject = context.tokens.read(Purpose.UNSUBSCRIBE, token)
    except TokenError:
        return None
    person = people.get(connection, subject.subscriber_id)
    if person is None or subject.list_slug != mail.mailbox.list_slug:
        return Done(action=Action.NONE)
    left = unsubscribe(connection, person.id, subject.list_slug, Way.MAIL, now, "by its token")
    letters = (letter_to(Template.GOODBYE, person, subject.list_slug),) if left.changed else ()
    return Done(action=Action.UNSUBSCRIBE, address=person.address, letters=letters)
