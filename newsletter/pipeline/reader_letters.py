"""Letters to readers: written and queued in the transaction that causes them."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from newsletter.errors import InputError
from newsletter.rendering.translation import long_date
from newsletter.site.letters import LetterContent, compose, reader_translator
from newsletter.site.lists import (
    contact_of,
    join_url,
    newsletters_of,
    suggest_address,
    title_of,
)
from newsletter.site.site import Site
from newsletter.store import outbox
from newsletter.store.attempt_limits import AttemptLimit, count_attempt
from subscribers import people, suppression
from subscribers.addresses import parse_address
from subscribers.errors import AddressError
from subscribers.inbound.list_addresses import AddressRole
from subscribers.letters import LetterRequest, Template
from subscribers.quiet_log import QuietLog
from subscribers.subscriber import Subscriber
from subscribers.tokens import Purpose

log = logging.getLogger("newsletter")
strangers = QuietLog(log)

ANSWERS = AttemptLimit(most=1, per=timedelta(hours=1))
"""Limit of letters to one address that only answer a request (rule 10)."""

NOTICES = AttemptLimit(most=10, per=timedelta(days=1))
"""Limit of letters to one address about something that changed."""

_ANSWERS = frozenset({Template.HELP, Template.TAGS, Template.WHICH, Template.LINKS})
_COUNTED_ELSEWHERE = frozenset(
    {Template.CONFIRM, Template.ALREADY, Template.MOVE, Template.MOVE_ANSWER}
)
_TO_STRANGERS = frozenset({Template.HELP, Template.TAGS, Template.WHICH})
_TO_ANYBODY = _ANSWERS | {Template.CONFIRM, Template.ALREADY, Template.ERASE}
"""The answers to mail that does not prove who wrote it."""

_ABOUT_CHANGES = {
    Template.MOVE: ("move", Purpose.MOVE),
    Template.MOVE_ANSWER: ("answer", Purpose.MOVE_ANSWER),
    Template.MOVED: ("back", Purpose.MOVE_BACK),
}
"""The name and the purpose of the one link in a letter about a change of address."""

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
    Template.MOVE_ANSWER: "Your address for %(title)s: please agree or refuse",
    Template.MOVED: "%(title)s now goes to another address",
    Template.ERASE: "Erase your data at %(title)s?",
    Template.EXPORT: "Your data at %(title)s",
    Template.FEED: "Your private feed of %(title)s",
    Template.SUGGESTED: "%(title)s has what you suggested",
}


def put_letter(
    site: Site,
    connection: sa.Connection,
    letter: LetterRequest,
    now: datetime,
    *,
    in_reply_to: str | None = None,
) -> bool:
    """Put the letter in the outbox within the caller's transaction.

    Returns False if no letter is sent: the address is not valid, is suppressed, or has received
    as many letters as it may. `in_reply_to` is the Message-ID of the mail that the letter answers,
    "" if that mail has none, or None if the letter answers no mail.
    """
    try:
        if not _may_write(site, connection, letter, now):
            return False
    except AddressError as error:  # such as root@localhost, which a stranger's mail may come from
        strangers.warning("a letter cannot be written: %s", error)
        return False
    if in_reply_to is not None and not _may_answer(site, connection, letter, now):
        return False
    slug = next(iter(newsletters_of(site.settings, letter.list_slug)), None)
    if slug is None:  # no newsletter is sent to the list any more
        return False
    try:
        message = _message(site, connection, slug, letter, now, in_reply_to)
    except InputError as error:  # an address that a header cannot hold
        strangers.warning("a letter cannot be written: %s", error)
        return False
    sender = _return_path(site, letter, is_answer=in_reply_to is not None)
    outbox.put(
        connection, recipient=letter.address, envelope_sender=sender, message=message, now=now
    )
    return True


def _message(
    site: Site,
    connection: sa.Connection,
    slug: str,
    letter: LetterRequest,
    now: datetime,
    in_reply_to: str | None,
) -> bytes:
    """The message, signed: a letter, or the newest issue where that welcomes a new reader."""
    if letter.template is Template.WELCOME:
        # Only then: it loads what makes messages of editions.
        from newsletter.pipeline.welcome_issue import welcome_issue

        issue = welcome_issue(site, connection, letter.list_slug, letter.subscriber_id, now)
        if issue is not None:
            return issue
    content = LetterContent(
        template=letter.template.value,
        words=_words(site, connection, letter, now),
        subject=reader_translator(site)(
            SUBJECTS[letter.template], title=title_of(site.settings, letter.list_slug)
        ),
        to_address=letter.address,
        reply_to=_reply_to(site, letter, now),
        in_reply_to=in_reply_to,
        language=site.settings.site.language,
    )
    return compose(site, slug, content, now=now)


def _may_write(site: Site, connection: sa.Connection, letter: LetterRequest, now: datetime) -> bool:
    """Whether the address is valid, is not suppressed, and has not reached its limit of letters."""
    try:
        address = parse_address(letter.address)
    except AddressError as error:
        strangers.warning("a letter cannot be written: %s", error)
        return False
    if suppression.suppressed(connection, [address]):
        return False
    if letter.template in _COUNTED_ELSEWHERE:
        return True
    kind, limit = ("answer", ANSWERS) if letter.template in _ANSWERS else ("notice", NOTICES)
    return count_attempt(connection, site.keyed(f"{kind} {address.key}"), limit, now)


def _may_answer(
    site: Site, connection: sa.Connection, letter: LetterRequest, now: datetime
) -> bool:
    """Whether the day's limit of answers to mail with an unproven author still allows one more."""
    inbound = site.settings.inbound
    if inbound is None or letter.template not in _TO_ANYBODY:
        return True
    limit = AttemptLimit(most=inbound.answers_per_day, per=timedelta(days=1))
    if count_attempt(connection, site.keyed("answers to mail"), limit, now):
        return True
    strangers.warning("no letter was written: the daily limit of answers to mail is reached")
    return False


def _return_path(site: Site, letter: LetterRequest, *, is_answer: bool) -> str:
    """The envelope sender; empty for an answer (RFC 3834 section 3.3), so that it cannot bounce."""
    inbound = site.settings.inbound
    # A bounce from an address that is not yet, or no longer, the reader's says nothing about them.
    about_reader = letter.subscriber_id and letter.template not in (Template.MOVE, Template.MOVED)
    if inbound is not None and about_reader:
        return site.return_paths.make(letter.list_slug, inbound.domain, letter.subscriber_id, 0)
    if is_answer or inbound is not None:
        return ""
    slug = next(iter(newsletters_of(site.settings, letter.list_slug)))
    return site.newsletter(slug).sender.address


def _reply_to(site: Site, letter: LetterRequest, now: datetime) -> str | None:
    """The address that replies go to: any reply to a request for confirmation confirms it."""
    inbound = site.settings.inbound
    if inbound is None:
        return None
    if letter.template is Template.CONFIRM:
        return site.return_paths.make(
            letter.list_slug,
            inbound.domain,
            letter.subscriber_id,
            now.date().toordinal(),
            AddressRole.CONFIRM,
        )
    if letter.template in _ANSWERS:
        return f"{letter.list_slug}-request@{inbound.domain}"
    return None


def _words(
    site: Site, connection: sa.Connection, letter: LetterRequest, now: datetime
) -> Mapping[str, Any]:
    """The templates' variables: texts, personal links, and the list's addresses."""
    settings, inbound = site.settings, site.settings.inbound
    person = people.get(connection, letter.subscriber_id) if letter.subscriber_id else None
    words = {**letter.words}
    for name, moment in words.items():
        if isinstance(moment, datetime):
            day = moment.astimezone(settings.site.zone)
            words[name] = long_date(day, settings.site.language)
    return {
        "name": person.name if person and _may_greet(connection, letter) else "",
        "title": title_of(settings, letter.list_slug),
        "url": settings.site.url,
        "postal_address": settings.site.postal_address,
        "contact": contact_of(settings, letter.list_slug),
        "list": letter.list_slug,
        "mail_domain": inbound.domain if inbound else None,
        "suggest": suggest_address(settings, letter.list_slug),
        "join": join_url(settings, letter.list_slug),
        "links": _links(site, letter, person, now),
        **words,
    }


def _may_greet(connection: sa.Connection, letter: LetterRequest) -> bool:
    """Whether a letter to this address may contain the reader's name.

    Not before the reader has confirmed: anybody can type a name, such as an advertisement, into a
    form with a stranger's address. Nor in a request to a new address, whose owner has not agreed.
    """
    if letter.template in (Template.CONFIRM, Template.MOVE):
        return False
    return people.has_agreed(connection, letter.subscriber_id)


def _links(
    site: Site, letter: LetterRequest, person: Subscriber | None, now: datetime
) -> dict[str, str]:
    tokens, url = site.tokens, site.settings.site.url
    reader, slug = letter.subscriber_id, letter.list_slug
    change = letter.words.get("change")
    if letter.template in _ABOUT_CHANGES:
        # The person who reads this may not be the reader, so there is no other link.
        if not isinstance(change, int):
            return {}
        name, purpose = _ABOUT_CHANGES[letter.template]
        return {name: f"{url}/{purpose}/{tokens.make(purpose, change, slug, now)}"}
    if person is None or letter.template in _TO_STRANGERS:
        return {}
    if letter.template is Template.CONFIRM:
        return {"confirm": f"{url}/confirm/{tokens.make(Purpose.CONFIRM, reader, slug, now)}"}
    preferences = tokens.make(Purpose.PREFERENCES, reader, slug, person.links_since)
    return {
        "unsubscribe": f"{url}/u/{tokens.make(Purpose.UNSUBSCRIBE, reader, slug)}",
        "preferences": f"{url}/p/{preferences}",
        "erase": f"{url}/erase/{tokens.make(Purpose.ERASE, reader, slug, now)}",
        "export": f"{url}/export/{tokens.make(Purpose.EXPORT, reader, slug, now)}",
        "no_answer": f"{url}/no-answer/{tokens.make(Purpose.NO_ANSWER, reader, slug, now)}",
    }
