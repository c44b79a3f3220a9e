"""Letters to readers: written as part of what caused them, sent from the outbox, never lost."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from weakref import WeakKeyDictionary

import sqlalchemy as sa

from newsletter.errors import InputError
from newsletter.pipeline.control import RunControl
from newsletter.pipeline.letters import compose, words_to_readers
from newsletter.pipeline.lists import contact_of, newsletters_of, title_of
from newsletter.pipeline.outbox import is_anything_to_do, send_waiting
from newsletter.pipeline.site import Site
from newsletter.rendering.words import spoken_day
from newsletter.store import outbox
from newsletter.store.database import Database
from newsletter.store.tries import Limit, count_try
from subscribers import people, suppression
from subscribers.addresses import parse_address
from subscribers.errors import AddressError
from subscribers.inbound.mailboxes import Role
from subscribers.letters import Letter, Template
from subscribers.tokens import Purpose

log = logging.getLogger("newsletter")

LOOK, TURN = 1.0, 0.1
"""Seconds between two looks at whether a letter waits, and until a thread asks for its turn again."""

ANSWERS = Limit(most=1, per=timedelta(hours=1))
"""Letters that change nothing, to one address (rule 10)."""

NOTICES = Limit(most=10, per=timedelta(days=1))
"""Letters about something that changed, to one address."""

_ANSWERS = frozenset({Template.HELP, Template.TAGS, Template.WHICH, Template.LINKS})
_COUNTED_ELSEWHERE = frozenset({Template.CONFIRM, Template.ALREADY, Template.MOVE})
_TO_STRANGERS = frozenset({Template.HELP, Template.TAGS, Template.WHICH})
_TO_ANYBODY = _ANSWERS | {Template.CONFIRM, Template.ALREADY, Template.ERASE}
"""What a mail gets in answer that does not prove who wrote it."""

SUBJECTS = {
    Template.CONFIRM: "Please confirm: %(title)s",
    Template.ALREADY: "You already get %(title)s",
    Template.WELCOME: "Welcome to %(title)s",
    Template.GOODBYE: "You are unsubscribed from %(title)s",
    Template.HELP: "How to reach %(title)s by mail",
    Template.TAGS: "The subjects of %(title)s",
    Template.WHICH: "What you get from us",
    Template.LINKS: "Your links for %(title)s",
    Template.CHANGED: "Done: %(title)s",
    Template.MOVE: "Please confirm your new address for %(title)s",
    Template.MOVED: "%(title)s now goes to another address",
    Template.ERASE: "Erase your data at %(title)s?",
    Template.EXPORT: "Your data at %(title)s",
}


def put_letter(
    site: Site,
    connection: sa.Connection,
    letter: Letter,
    now: datetime,
    *,
    answers: str | None = None,
) -> bool:
    """Leave the letter in the outbox, with the caller's transaction.

    False where nothing goes out: the address is suppressed, or had enough letters. `answers` is
    the Message-ID of the mail that it answers ("" unknown); None is no answer to a mail.
    """
    try:
        if not _may_write(site, connection, letter, now):
            return False
    except AddressError as error:  # such as root@localhost, as a stranger's mail may name itself
        log.warning("a letter cannot be written: %s", error)
        return False
    if answers is not None and not _may_answer(site, connection, letter, now):
        return False
    slug = next(iter(newsletters_of(site.settings, letter.list_slug)), None)
    if slug is None:  # a list that is no newsletter's any more
        return False
    try:
        message = compose(
            site,
            slug,
            letter.template.value,
            _words(site, connection, letter, now),
            subject=words_to_readers(site)(
                SUBJECTS[letter.template], title=title_of(site.settings, letter.list_slug)
            ),
            to_address=letter.address,
            reply_to=_reply_to(site, letter, now),
            answers=answers,
            language=site.settings.site.language,
            now=now,
        )
    except InputError as error:  # an address that no header can hold
        log.warning("a letter cannot be written: %s", error)
        return False
    sender = _return_path(site, letter, is_answer=answers is not None)
    outbox.put(
        connection, recipient=letter.address, envelope_sender=sender, message=message, now=now
    )
    return True


class _Turn:
    """Lets one thread of a process at a time send letters; whoever comes meanwhile asks it on."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.asked = threading.Event()
        self.loops = 0


_turns: WeakKeyDictionary[Database, _Turn] = WeakKeyDictionary()
_turns_lock = threading.Lock()


def flush(
    site: Site, clock: Callable[[], datetime], *, interrupted: threading.Event | None = None
) -> int:
    """Send what waits in the outbox; how many letters were accepted.

    Raises nothing of a relay's: what could not be sent waits for its next time. Ends within 10 s
    when `interrupted` is set. While another thread of this process is at it, that one does it.
    """
    control = RunControl(clock=clock, interrupted=interrupted)
    turn, accepted = _turn_of(site), 0
    turn.asked.set()
    while turn.asked.is_set() and turn.lock.acquire(blocking=False):
        try:
            turn.asked.clear()
            while not control.is_interrupted and is_anything_to_do(site, clock()):
                tried, taken = send_waiting(site, control)
                accepted += taken
                if not tried:
                    break
        finally:
            turn.lock.release()
    return accepted


def post_soon(site: Site, clock: Callable[[], datetime]) -> None:
    """Have it flushed by this process's `post_until`; where there is none, flush now."""
    turn = _turn_of(site)
    turn.asked.set()
    if not turn.loops:
        flush(site, clock)


def post_until(
    site: Site,
    clock: Callable[[], datetime],
    stop: threading.Event,
    send: Callable[[], None],
) -> None:
    """Call `send` within a second of a letter's being written, by any process, until `stop`."""
    turn = _turn_of(site)
    with _turns_lock:
        turn.loops += 1
    try:
        while not stop.wait(TURN):
            turn.asked.clear()
            try:
                if is_anything_to_do(site, clock()):
                    send()
            except Exception as error:  # the database may be back at the next look
                log.warning("letters wait: %s", error)
            turn.asked.wait(LOOK)
    finally:
        with _turns_lock:
            turn.loops -= 1


def _turn_of(site: Site) -> _Turn:
    with _turns_lock:
        return _turns.setdefault(site.database, _Turn())


def _may_write(site: Site, connection: sa.Connection, letter: Letter, now: datetime) -> bool:
    """The address is one, wants mail at all, and did not have enough of such letters."""
    try:
        address = parse_address(letter.address)
    except AddressError as error:
        log.warning("a letter cannot be written: %s", error)
        return False
    if suppression.suppressed(connection, [address]):
        return False
    if letter.template in _COUNTED_ELSEWHERE:
        return True
    kind, limit = ("answer", ANSWERS) if letter.template in _ANSWERS else ("notice", NOTICES)
    return count_try(connection, site.keyed(f"{kind} {address.key}"), limit, now)


def _may_answer(site: Site, connection: sa.Connection, letter: Letter, now: datetime) -> bool:
    """Whether the day's answers to mail that proves nothing about its writer are not used up."""
    inbound = site.settings.inbound
    if inbound is None or letter.template not in _TO_ANYBODY:
        return True
    budget = Limit(most=inbound.answers_per_day, per=timedelta(days=1))
    if count_try(connection, site.keyed("answers to mail"), budget, now):
        return True
    log.warning("no letter is written: today's answers to mail are used up")
    return False


def _return_path(site: Site, letter: Letter, *, is_answer: bool) -> str:
    """Where a bounce goes: an answer's nowhere (RFC 3834 section 3.3), so that none comes back."""
    inbound = site.settings.inbound
    # A letter to an address that is not the reader's (yet, or any more) says nothing of theirs.
    about_reader = letter.subscriber_id and letter.template not in (Template.MOVE, Template.MOVED)
    if inbound is not None and about_reader:
        return site.return_paths.make(letter.list_slug, inbound.domain, letter.subscriber_id, 0)
    if is_answer or inbound is not None:
        return ""
    slug = next(iter(newsletters_of(site.settings, letter.list_slug)))
    return site.newsletter(slug).sender.address


def _reply_to(site: Site, letter: Letter, now: datetime) -> str | None:
    """A question is confirmed by any reply to it."""
    inbound = site.settings.inbound
    if inbound is None:
        return None
    if letter.template is Template.CONFIRM:
        return site.return_paths.make(
            letter.list_slug,
            inbound.domain,
            letter.subscriber_id,
            now.date().toordinal(),
            Role.CONFIRM,
        )
    if letter.template in _ANSWERS:
        return f"{letter.list_slug}-request@{inbound.domain}"
    return None


def _words(
    site: Site, connection: sa.Connection, letter: Letter, now: datetime
) -> Mapping[str, Any]:
    """What the templates are given: texts, personal links, and the list's addresses."""
    settings, inbound = site.settings, site.settings.inbound
    person = people.get(connection, letter.subscriber_id) if letter.subscriber_id else None
    words = {**letter.words}
    if until := words.get("paused_until"):
        assert isinstance(until, datetime)  # noqa: S101 - narrows
        day = until.astimezone(settings.site.zone)
        words["paused_until"] = spoken_day(day, settings.site.language)
    return {
        "name": person.name if person and _may_greet(connection, letter) else "",
        "title": title_of(settings, letter.list_slug),
        "url": settings.site.url,
        "postal_address": settings.site.postal_address,
        "contact": contact_of(settings, letter.list_slug),
        "list": letter.list_slug,
        "mail_domain": inbound.domain if inbound else None,
        "join": f"{settings.site.url}/join/{letter.list_slug}",
        "links": _links(site, letter, now),
        **words,
    }


def _may_greet(connection: sa.Connection, letter: Letter) -> bool:
    """Whether the reader's name may stand in a letter to this address.

    Not before the reader confirmed: anybody can type a name, an advertisement for one, into a
    form with a stranger's address. Nor in the question to a new address, whose owner has not
    said yes.
    """
    if letter.template in (Template.CONFIRM, Template.MOVE):
        return False
    return people.has_agreed(connection, letter.subscriber_id)


def _links(site: Site, letter: Letter, now: datetime) -> dict[str, str]:
    tokens, url = site.tokens, site.settings.site.url
    reader, slug = letter.subscriber_id, letter.list_slug
    change = letter.words.get("change")
    links = {}
    if isinstance(change, int):
        links["move"] = f"{url}/move/{tokens.make(Purpose.MOVE, change, slug, now)}"
    if not reader or letter.template in _TO_STRANGERS:
        return links
    if letter.template is Template.CONFIRM:
        return {"confirm": f"{url}/confirm/{tokens.make(Purpose.CONFIRM, reader, slug, now)}"}
    if letter.template is Template.MOVED:
        return links  # its address is no longer the reader's: no other link is for whoever reads it
    return {
        **links,
        "unsubscribe": f"{url}/u/{tokens.make(Purpose.UNSUBSCRIBE, reader, slug)}",
        "preferences": f"{url}/p/{tokens.make(Purpose.PREFERENCES, reader, slug)}",
        "erase": f"{url}/erase/{tokens.make(Purpose.ERASE, reader, slug, now)}",
        "export": f"{url}/export/{tokens.make(Purpose.EXPORT, reader, slug, now)}",
    }
