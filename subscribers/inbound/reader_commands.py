"""What a reader asks for by mail, done where the mail proves who wrote it, and asked back elsewhere."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any

import sqlalchemy as sa

from subscribers import people
from subscribers.addresses import parse_address
from subscribers.errors import AddressError, TokenError
from subscribers.history import Way
from subscribers.inbound.classify import Inbound
from subscribers.inbound.commands import Command
from subscribers.inbound.mailboxes import Role
from subscribers.inbound.office import Action, Done, Office
from subscribers.inbound.vocabulary import Verb
from subscribers.letters import Letter, Template
from subscribers.preferences import choose, pause, resume
from subscribers.subscriber import Status, Subscriber
from subscribers.tokens import Purpose
from subscribers.unsubscribe import status_of, unsubscribe

PAUSE_WEEKS = 4
"""When a pause names no end."""

LONGEST_PAUSE = timedelta(days=366)

_IS_TAG = re.compile(r"\w[\w-]{0,30}")
"""What a letter repeats of a mail's words: no address of a page, no sentence."""


def letter_to(template: Template, person: Subscriber, list_slug: str, **words: object) -> Letter:
    """A letter to a reader whom we know."""
    return Letter(
        template=template,
        subscriber_id=person.id,
        address=person.address,
        list_slug=list_slug,
        words=words,
    )


class ReaderCommand:
    """One command of one writer."""

    def __init__(
        self,
        *,
        connection: sa.Connection,
        office: Office,
        mail: Inbound,
        person: Subscriber | None,
        now: datetime,
    ) -> None:
        self.connection = connection
        self.office = office
        self.mail = mail
        self.person = person
        self.now = now
        self.list_slug = mail.mailbox.list_slug
        self.proven = False

    def is_proven(self, envelope_sender: str | None) -> bool:
        """Whether the reader whose address stands in From wrote this."""
        person, letterhead = self.person, self.mail.letterhead
        if person is None:
            return False
        if any(self._is_theirs(token, person) for token in letterhead.tokens):
            return True
        answered = letterhead.references and self.office.issue_of(
            self.connection, person.id, self.list_slug, letterhead.references
        )
        if answered:
            return True
        envelope = letterhead.return_path if envelope_sender is None else envelope_sender
        if not envelope or letterhead.disowned:
            return False
        try:
            return parse_address(envelope).key == parse_address(person.address).key
        except AddressError:
            return False

    def _is_theirs(self, token: str, person: Subscriber) -> bool:
        for purpose in (Purpose.UNSUBSCRIBE, Purpose.PREFERENCES):
            try:
                subject = self.office.tokens.read(purpose, token)
            except TokenError:
                continue
            return subject.subscriber_id == person.id and subject.list_slug == self.list_slug
        return False

    def answer(self, command: Command) -> Done:
        """What the command comes to."""
        match command.verb:
            case Verb.HELP:
                return self._tell(Action.HELP, Template.HELP)
            case Verb.WHICH:
                return self._which()
            case Verb.TAGS if not command.words:
                return self._tell(Action.TAGS, Template.TAGS, **self._tag_words())
        person = self.person
        if person is None:
            # A stranger is told what we know, which is nothing; the limit on answers holds.
            return self._which(Action.ASK)
        if command.verb is Verb.ERASE:
            letter = letter_to(Template.ERASE, person, self.list_slug)
            return Done(action=Action.ERASE, address=person.address, letters=(letter,))
        if not self.proven:
            letter = letter_to(Template.LINKS, person, self.list_slug, asked=command.verb.value)
            return Done(action=Action.ASK, address=person.address, letters=(letter,))
        return _DEEDS[command.verb](self, person, command)

    def _tell(self, action: Action, template: Template, **words: object) -> Done:
        letter = Letter(
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
        held = [
            {"list": entry["list"], "status": str(entry["status"])}
            for entry in known.get("subscriptions", [])
        ]
        return self._tell(
            action, Template.WHICH, subscriptions=held, **self._tag_words(), **self._pause_words()
        )

    def _tag_words(self) -> dict[str, object]:
        offered = self.office.tags_of(self.list_slug)
        followed = self.person.follows if self.person else frozenset()
        if self.person and not people.has_agreed(self.connection, self.person.id):
            followed &= offered.keys()  # nothing of a stranger's words
        return {
            "tags": [{"slug": slug, "label": label} for slug, label in offered.items()],
            "followed": sorted(offered.get(slug, slug) for slug in followed),
        }

    def _pause_words(self) -> dict[str, object]:
        until = self.person.paused_until if self.person else None
        return {"paused_until": until if until and until > self.now else None}

    def leave(self, person: Subscriber, _command: Command) -> Done:
        """unsubscribe."""
        way = Way.REPLY if self.mail.mailbox.role is Role.LIST else Way.MAIL
        left = unsubscribe(self.connection, person.id, self.list_slug, way, self.now)
        letters = (letter_to(Template.GOODBYE, person, self.list_slug),) if left.changed else ()
        return Done(action=Action.UNSUBSCRIBE, address=person.address, letters=letters)

    def follow(self, person: Subscriber, command: Command) -> Done:
        """tags +security -reviews: what is not on offer is passed over."""
        offered, follows = self.office.tags_of(self.list_slug), set(person.follows)
        unknown = []
        for word in command.words:
            slug = self.office.tag_named(word[1:])
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
        said = [word for word in unknown if _IS_TAG.fullmatch(word)]
        return self._changed(
            Action.TAGS, person, changed or bool(unknown), followed=labels, unknown=said
        )

    def pause(self, person: Subscriber, command: Command) -> Done:
        """pause, pause 2 weeks, pause until 2026-05-01."""
        until = self._pause_end(command)
        if until is None:
            return self._tell(Action.HELP, Template.HELP)
        changed = pause(self.connection, person.id, until, Way.MAIL, self.now)
        return self._changed(Action.PAUSE, person, changed, paused_until=until)

    def _pause_end(self, command: Command) -> datetime | None:
        today = self.now.astimezone(self.office.zone).date()
        word = command.words[0] if command.words else str(PAUSE_WEEKS)
        try:
            day = today + timedelta(weeks=int(word)) if word.isdigit() else date.fromisoformat(word)
        except ValueError:
            return None
        if not today < day <= today + LONGEST_PAUSE:
            return None
        # To the start of a day, so that the mail that comes twice pauses once.
        return datetime.combine(day, time(), self.office.zone)

    def resume(self, person: Subscriber, _command: Command) -> Done:
        """resume."""
        changed = resume(self.connection, person.id, Way.MAIL, self.now)
        return self._changed(Action.RESUME, person, changed, resumed=True)

    def _changed(self, action: Action, person: Subscriber, tell: bool, **words: object) -> Done:
        subscribed = status_of(self.connection, person.id, self.list_slug) is Status.ACTIVE
        words = {
            "followed": None, "unknown": [], "paused_until": None, "resumed": False,
            "subscribed": subscribed, **words,
        }  # fmt: skip
        letters = (letter_to(Template.CHANGED, person, self.list_slug, **words),) if tell else ()
        return Done(action=action, address=person.address, letters=letters)


_DEEDS: dict[Verb, Callable[[ReaderCommand, Subscriber, Command], Done]] = {
    Verb.UNSUBSCRIBE: ReaderCommand.leave,
    Verb.TAGS: ReaderCommand.follow,
    Verb.PAUSE: ReaderCommand.pause,
    Verb.RESUME: ReaderCommand.resume,
}
