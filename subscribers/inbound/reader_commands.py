"""Carries out a reader's command if the mail proves who wrote it; otherwise mails them their links."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any

import sqlalchemy as sa

from subscribers import people
from subscribers.address_changes import is_settled
from subscribers.addresses import parse_address
from subscribers.errors import AddressError, TokenError
from subscribers.history import Way
from subscribers.inbound.classify import Inbound
from subscribers.inbound.command_words import Verb
from subscribers.inbound.commands import Command
from subscribers.inbound.context import Action, Done, InboundContext
from subscribers.inbound.list_addresses import AddressRole, without_bounce_tag
from subscribers.inbound.mail_log import LoggedMail
from subscribers.letters import LetterRequest, Template
from subscribers.preferences import choose, pause, resume
from subscribers.subscriber import Status, Subscriber
from subscribers.tokens import Purpose
from subscribers.unsubscribe import status_of, unsubscribe

PAUSE_WEEKS = 4
"""Length of a pause for which the reader gives no end."""

LONGEST_PAUSE = timedelta(days=366)

_IS_TAG = re.compile(r"\w[\w-]{0,30}")
"""A word that a letter may repeat from a mail; it matches no URL and no sentence."""


def letter_to(
    template: Template, person: Subscriber, list_slug: str, **words: object
) -> LetterRequest:
    """A letter to a known reader."""
    return LetterRequest(
        template=template,
        subscriber_id=person.id,
        address=person.address,
        list_slug=list_slug,
        words=words,
    )


class ReaderCommand:
    """A command and the reader who may have sent it."""

    def __init__(
        self,
        *,
        connection: sa.Connection,
        context: InboundContext,
        mail: Inbound,
        person: Subscriber | None,
        now: datetime,
    ) -> None:
        self.connection = connection
        self.context = context
        self.mail = mail
        self.person = person
        self.now = now
        self.list_slug = mail.mailbox.list_slug
        self.proven = False

    def is_proven(self, recorded: LoggedMail) -> bool:
        """Whether something proves that the reader in the From header wrote the mail.

        The proof is a token of their links, a reference to an issue sent to them, or an envelope
        sender that is their address and that neither our mail server nor our own listener found
        forged.
        """
        person, evidence = self.person, self.mail.evidence
        if person is None:
            return False
        if any(self._is_theirs(token, person) for token in evidence.tokens):
            return True
        answered = evidence.references and self.context.issue_of(
            self.connection, person.id, self.list_slug, evidence.references
        )
        if answered:
            return True
        envelope = recorded.envelope_sender
        if envelope is None:
            envelope = evidence.return_path
        if not envelope or evidence.disowned or recorded.authenticated is False:
            return False
        try:
            sender = parse_address(without_bounce_tag(envelope))
            return sender.key == parse_address(person.address).key
        except AddressError:
            return False

    def _is_theirs(self, token: str, person: Subscriber) -> bool:
        for purpose in (Purpose.UNSUBSCRIBE, Purpose.PREFERENCES):
            try:
                subject = self.context.tokens.read(purpose, token)
            except TokenError:
                continue
            return subject.subscriber_id == person.id and subject.list_slug == self.list_slug
        return False

    def answer(self, command: Command) -> Done:
        """Carry out the command and return what was done."""
        match command.verb:
            case Verb.HELP:
                return self._letter_to_sender(Action.HELP, Template.HELP)
            case Verb.WHICH:
                return self._which()
            case Verb.TAGS if not command.words:
                return self._letter_to_sender(Action.TAGS, Template.TAGS, **self._tag_values())
        person = self.person
        if person is None:
            # A stranger gets the same letter as for `which`; the limit on answers applies.
            return self._which(Action.ASK)
        if command.verb is Verb.ERASE and is_settled(person, self.now):
            letter = letter_to(Template.ERASE, person, self.list_slug)
            return Done(action=Action.ERASE, address=person.address, letters=(letter,))
        if not self.proven or command.verb is Verb.ERASE:
            letter = letter_to(Template.LINKS, person, self.list_slug, asked=command.verb.value)
            return Done(action=Action.ASK, address=person.address, letters=(letter,))
        return _HANDLERS[command.verb](self, person, command)

    def _letter_to_sender(self, action: Action, template: Template, **words: object) -> Done:
        letter = LetterRequest(
            template=template,
            address=self.mail.sender,
            list_slug=self.list_slug,
            subscriber_id=self.person.id if self.person else 0,
            words=words,
        )
        return Done(action=action, address=self.mail.sender, letters=(letter,))

    def _which(self, action: Action = Action.WHICH) -> Done:
        known: dict[str, Any] = (
            people.show(self.connection, self.person.address) if self.person else {}
        )
        subscriptions = [
            {"list": entry["list"], "status": str(entry["status"])}
            for entry in known.get("subscriptions", [])
        ]
        return self._letter_to_sender(
            action,
            Template.WHICH,
            subscriptions=subscriptions,
            **self._tag_values(),
            **self._pause_values(),
        )

    def _tag_values(self) -> dict[str, object]:
        offered = self.context.tags_of(self.list_slug)
        followed = self.person.follows if self.person else frozenset()
        if self.person and not people.has_agreed(self.connection, self.person.id):
            followed &= offered.keys()  # a stranger may have typed the others
        return {
            "tags": [{"slug": slug, "label": label} for slug, label in offered.items()],
            "followed": sorted(offered.get(slug, slug) for slug in followed),
        }

    def _pause_values(self) -> dict[str, object]:
        until = self.person.paused_until if self.person else None
        return {"paused_until": until if until and until > self.now else None}

    def leave(self, person: Subscriber, _command: Command) -> Done:
        """`unsubscribe`."""
        way = Way.REPLY if self.mail.mailbox.role is AddressRole.LIST else Way.MAIL
        left = unsubscribe(self.connection, person.id, self.list_slug, way, self.now)
        letters = (letter_to(Template.GOODBYE, person, self.list_slug),) if left.changed else ()
        return Done(action=Action.UNSUBSCRIBE, address=person.address, letters=letters)

    def follow(self, person: Subscriber, command: Command) -> Done:
        """`tags +security -reviews`; tags that are not on offer are ignored and named in the answer."""
        offered, follows = self.context.tags_of(self.list_slug), set(person.follows)
        unknown = []
        for word in command.words:
            slug = self.context.tag_named(word[1:])
            if slug is None or slug not in {*offered, *person.follows}:
                unknown.append(word[1:])
            elif word.startswith("+"):
                follows.add(slug)
            else:
                follows.discard(slug)
        changed = choose(
            self.connection,
            person.id,
            name=person.name,
            follows=follows,
            way=Way.MAIL,
            now=self.now,
        )
        labels = sorted(offered.get(slug, slug) for slug in follows)
        named = [word for word in unknown if _IS_TAG.fullmatch(word)]
        return self._changed(
            Action.TAGS, person, changed or bool(unknown), followed=labels, unknown=named
        )

    def pause(self, person: Subscriber, command: Command) -> Done:
        """`pause`, `pause 2 weeks`, `pause until 2026-05-01`."""
        until = self._pause_end(command)
        if until is None:
            return self._letter_to_sender(Action.HELP, Template.HELP)
        changed = pause(self.connection, person.id, until, Way.MAIL, self.now)
        return self._changed(Action.PAUSE, person, changed, paused_until=until)

    def _pause_end(self, command: Command) -> datetime | None:
        today = self.now.astimezone(self.context.zone).date()
        word = command.words[0] if command.words else str(PAUSE_WEEKS)
        try:
            day = today + timedelta(weeks=int(word)) if word.isdigit() else date.fromisoformat(word)
        except ValueError:
            return None
        if not today < day <= today + LONGEST_PAUSE:
            return None
        # The start of a day, so that the same mail received twice sets the same end.
        return datetime.combine(day, time(), self.context.zone)

    def resume(self, person: Subscriber, _command: Command) -> Done:
        """`resume`."""
        changed = resume(self.connection, person.id, Way.MAIL, self.now)
        return self._changed(Action.RESUME, person, changed, resumed=True)

    def _changed(self, action: Action, person: Subscriber, notify: bool, **words: object) -> Done:
        subscribed = status_of(self.connection, person.id, self.list_slug) is Status.ACTIVE
        words = {
            "followed": None, "unknown": [], "paused_until": None, "resumed": False,
            "subscribed": subscribed, **words,
        }  # fmt: skip
        letters = (letter_to(Template.CHANGED, person, self.list_slug, **words),) if notify else ()
        return Done(action=action, address=person.address, letters=letters)


_HANDLERS: dict[Verb, Callable[[ReaderCommand, Subscriber, Command], Done]] = {
    Verb.UNSUBSCRIBE: ReaderCommand.leave,
    Verb.TAGS: ReaderCommand.follow,
    Verb.PAUSE: ReaderCommand.pause,
    Verb.RESUME: ReaderCommand.resume,
}
