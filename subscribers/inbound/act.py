"""Acting on a reader's mail: only what the writer proves is done, all else is asked (rule 6).

Joining is proven by the answer to our question. For the rest the proof is a token of ours, a
mail of ours that is answered, or an envelope sender that is the reader's own and that our mail
server did not find forged. Erasing cannot be taken back, so it always asks.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa

from subscribers import consent, people
from subscribers.addresses import parse_address
from subscribers.errors import AddressError, TokenError, UnknownSubscriberError
from subscribers.history import Way
from subscribers.inbound.classify import Inbound
from subscribers.inbound.commands import Command
from subscribers.inbound.mailboxes import Role
from subscribers.inbound.office import Action, Done, Office
from subscribers.inbound.reader_commands import ReaderCommand, letter_to
from subscribers.inbound.vocabulary import Verb
from subscribers.letters import Template
from subscribers.tokens import Purpose
from subscribers.unsubscribe import unsubscribe

NO_ADDRESS = "its sender is not an address that we can write to"
UNPROVEN_OPT_OUT = "a mail program asks to unsubscribe its reader, and nothing proves who that is"


def act(
    connection: sa.Connection,
    office: Office,
    mail: Inbound,
    envelope_sender: str | None,
    now: datetime,
) -> Done:
    """Do what the command says, where its writer may; raises nothing for a bad one.

    What a mail program sent on its reader's behalf gets no letter (RFC 3834); where it proves
    nothing, a person has to look at it.
    """
    done = _act(connection, office, mail, envelope_sender, now)
    if not mail.automatic:
        return done
    if done.action is Action.ASK:
        return replace(
            done, action=Action.QUARANTINE, letters=(), keep=True, problem=UNPROVEN_OPT_OUT
        )
    return replace(done, letters=())


def _act(
    connection: sa.Connection,
    office: Office,
    mail: Inbound,
    envelope_sender: str | None,
    now: datetime,
) -> Done:
    assert mail.command is not None  # noqa: S101 - narrows: commands and confirmations have one
    if mail.command.verb is Verb.CONFIRM:
        return _confirm(connection, office, mail, mail.command, now)
    if mail.command.verb is Verb.UNSUBSCRIBE and mail.command.words:
        left = _leave_by_token(connection, office, mail, mail.command.words[0], now)
        if left is not None:
            return left
    try:
        sender = parse_address(mail.sender)
    except AddressError:
        return Done(action=Action.NONE, problem=NO_ADDRESS)
    if mail.command.verb is Verb.SUBSCRIBE:
        return _subscribe(connection, mail, now)
    try:
        person = people.find(connection, sender.text)
    except UnknownSubscriberError:
        person = None
    asked = ReaderCommand(connection=connection, office=office, mail=mail, person=person, now=now)
    asked.proven = asked.is_proven(envelope_sender)
    return asked.answer(mail.command)


def _subscribe(connection: sa.Connection, mail: Inbound, now: datetime) -> Done:
    letter = consent.ask_to_join(
        connection,
        mail.sender,
        list_slug=mail.mailbox.list_slug,
        way=Way.MAIL,
        now=now,
        origin=f"mail {mail.letterhead.message_id}".strip(),
    )
    return Done(action=Action.SUBSCRIBE, address=mail.sender, letters=(letter,) if letter else ())


def _confirm(
    connection: sa.Connection, office: Office, mail: Inbound, command: Command, now: datetime
) -> Done:
    list_slug = mail.mailbox.list_slug
    person = _asked(office, mail, command, now)
    if person is None:
        return Done(action=Action.NONE)
    letter = consent.confirm(
        connection,
        person,
        list_slug,
        way=Way.REPLY if mail.mailbox.role is Role.CONFIRM else Way.MAIL,
        now=now,
        origin=f"from {mail.sender} {mail.letterhead.message_id}".strip(),
    )
    if letter is None:
        return Done(action=Action.NONE)
    return Done(action=Action.CONFIRM, address=letter.address, letters=(letter,))


def _asked(office: Office, mail: Inbound, command: Command, now: datetime) -> int | None:
    """Whom the answered question was put to, if it is ours and not too old."""
    answer = office.return_paths.read(mail.mailbox)
    if answer is not None and mail.mailbox.role is Role.CONFIRM:
        age = now.date().toordinal() - answer.number
        return answer.subscriber_id if age <= consent.CONFIRM_WITHIN.days else None
    for word in command.words:
        try:
            subject = office.tokens.read(
                Purpose.CONFIRM, word, now=now, max_age=consent.CONFIRM_WITHIN
            )
        except TokenError:
            continue
        if subject.list_slug == mail.mailbox.list_slug:
            return subject.subscriber_id
    return None


def _leave_by_token(
    connection: sa.Connection, office: Office, mail: Inbound, token: str, now: datetime
) -> Done | None:
    """Leave as List-Unsubscribe's address offers: believed from any address.

    None where the token is none of ours, or was damaged on its way: then the mail is one like
    any other, and its writer may be proven in another way.
    """
    try:
        subject = office.tokens.read(Purpose.UNSUBSCRIBE, token)
    except TokenError:
        return None
    person = people.get(connection, subject.subscriber_id)
    if person is None or subject.list_slug != mail.mailbox.list_slug:
        return Done(action=Action.NONE)
    left = unsubscribe(connection, person.id, subject.list_slug, Way.MAIL, now, "by its token")
    letters = (letter_to(Template.GOODBYE, person, subject.list_slug),) if left.changed else ()
    return Done(action=Action.UNSUBSCRIBE, address=person.address, letters=letters)
