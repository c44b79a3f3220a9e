"""suggest: keep what readers suggest by the form and by mail; nothing is fetched or sent here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from newsletter.errors import InputError
from newsletter.issues.suggestion import (
    MOST_NAME,
    MOST_TITLE,
    MOST_WORDS,
    SuggestionWay,
    accepted_link,
)
from newsletter.rendering.safe_text import one_line, shorten
from newsletter.site.lists import suggestions_of
from newsletter.site.site import Site
from newsletter.store.attempt_limits import AttemptLimit, count_attempt
from newsletter.store.suggestion_blocks import is_refused
from newsletter.store.suggestions import NewSuggestion, add_suggestion, is_full
from subscribers import people
from subscribers.addresses import parse_address
from subscribers.errors import AddressError, UnknownSubscriberError
from subscribers.inbound.classify import Inbound
from subscribers.inbound.context import Action, Done, InboundContext
from subscribers.inbound.mail_log import LoggedMail
from subscribers.inbound.reader_commands import ReaderCommand
from subscribers.subscriber import Status, Subscriber
from subscribers.unsubscribe import status_of

OF_ONE = AttemptLimit(most=10, per=timedelta(days=1))
"""Limit of what is taken from one address, or from one network by the form."""

OF_ALL = AttemptLimit(most=300, per=timedelta(days=1))
"""Limit of what is taken altogether: each may cause one page to be fetched."""

OF_UNPROVEN = AttemptLimit(most=100, per=timedelta(days=1))
"""Limit of mail that does not prove who wrote it, so that it does not use up the other."""

TOO_MANY = "no more suggestions are taken today"
FULL = "no more suggestions are taken until editors have decided on those that wait"
NOT_PUBLIC = "the newsletter is for its readers only, and the mail does not prove that one wrote it"


@dataclass(frozen=True, kw_only=True, slots=True)
class Proposal:
    """A suggestion by the form, checked; `reader` is the keyed hash of the network it came from.

    `address` is where to tell that it ran; "" for nowhere.
    """

    newsletter: str
    url: str
    title: str
    name: str
    words: str
    address: str
    reader: str


def network_reader(site: Site, network: str) -> str:
    """The keyed hash that stands for everybody in the network."""
    return site.keyed(f"suggestion network {network}")


def address_reader(site: Site, key: str, *, is_proven: bool = True) -> str:
    """The keyed hash that stands for the address with this key.

    Mail that does not prove who wrote it is somebody else's, so that a forger takes nothing from
    the reader and gets nobody blocked.
    """
    return site.keyed(f"{'suggestion' if is_proven else 'unproven'} address {key}")


def address_readers(site: Site, key: str) -> tuple[str, str]:
    """Both hashes of the address: of what it proved to have suggested, and of other mail."""
    return address_reader(site, key), address_reader(site, key, is_proven=False)


def written(text: str, most: int) -> str:
    """A reader's text on one line, without what a terminal or a page would act on."""
    return shorten(one_line(text), most)


def may_suggest(
    connection: sa.Connection, site: Site, newsletter: str, reader: str, now: datetime
) -> bool:
    """Count a suggestion by the form; False when there are too many, or too many wait."""
    return not is_full(connection, newsletter) and is_within_limits(connection, site, reader, now)


def is_within_limits(
    connection: sa.Connection, site: Site, reader: str, now: datetime, *, is_proven: bool = True
) -> bool:
    """Count a suggestion; False when there are too many."""
    kind, limit = ("suggestions", OF_ALL) if is_proven else ("unproven suggestions", OF_UNPROVEN)
    # One who is over the limit does not use up the day's.
    return count_attempt(connection, reader, OF_ONE, now) and count_attempt(
        connection, site.keyed(kind), limit, now
    )


def keep_proposal(
    site: Site, connection: sa.Connection, proposal: Proposal, *, now: datetime
) -> None:
    """Keep what the form said, unless its site or its sender is blocked.

    An address that gets no issue of the newsletter is not kept, and never written to.
    """
    if is_refused(connection, proposal.url, proposal.reader):
        return
    newsletter = site.newsletter(proposal.newsletter)
    person = _subscribed(connection, newsletter.list, proposal.address)
    new = NewSuggestion(
        newsletter=proposal.newsletter,
        url=proposal.url,
        title=proposal.title,
        reader=proposal.reader,
        way=SuggestionWay.FORM,
        is_proven=True,
        name=proposal.name,
        words=proposal.words,
        subscriber_id=person.id if person else None,
        wants_answer=person is not None,
    )
    add_suggestion(connection, new, now)


def suggest_by_mail(
    site: Site,
    connection: sa.Connection,
    context: InboundContext,
    mail: Inbound,
    recorded: LoggedMail,
    now: datetime,
) -> Done:
    """Keep what the mail suggests. It is never answered; a proven reader is told when it runs.

    Of a mail that does not prove its writer, only the link is kept, and counted as unproven.
    """
    assert mail.command is not None  # noqa: S101 - narrows: commands have one
    url, words = mail.command.words
    slug = suggestions_of(site.settings, mail.mailbox.list_slug)
    try:
        sender = parse_address(mail.sender)
        link = accepted_link(url)
    except (AddressError, InputError) as error:
        return Done(action=Action.NONE, address=mail.sender, problem=error.problem.message)
    person = _subscribed(connection, mail.mailbox.list_slug, mail.sender)
    command = ReaderCommand(
        connection=connection, context=context, mail=mail, person=person, now=now
    )
    is_proven = command.is_proven(recorded)
    if not is_proven and mail.mailbox.list_slug in context.hidden_lists:
        return Done(action=Action.NONE, address=mail.sender, problem=NOT_PUBLIC)
    reader = address_reader(site, sender.key, is_proven=is_proven)
    if not is_within_limits(connection, site, reader, now, is_proven=is_proven):
        return Done(action=Action.NONE, address=mail.sender, problem=TOO_MANY)
    if is_refused(connection, link, reader):
        return Done(action=Action.NONE, address=mail.sender, problem="it is blocked")
    if is_full(connection, slug):
        return Done(action=Action.NONE, address=mail.sender, problem=FULL)
    new = NewSuggestion(
        newsletter=slug,
        url=link,
        title="",
        reader=reader,
        way=SuggestionWay.MAIL,
        is_proven=is_proven,
        words=written(words, MOST_WORDS) if is_proven else "",
        subscriber_id=person.id if person and is_proven else None,
        wants_answer=is_proven,
    )
    add_suggestion(connection, new, now)
    return Done(action=Action.SUGGEST, address=mail.sender)


def proposal_of(
    *, newsletter: str, url: str, title: str, name: str, words: str, address: str, reader: str
) -> Proposal:
    """What a form says, checked. Raises InputError for a link, AddressError for an address."""
    link = accepted_link(url)
    if address:
        parse_address(address)
    return Proposal(
        newsletter=newsletter,
        url=link,
        title=written(title, MOST_TITLE),
        name=written(name, MOST_NAME),
        words=written(words, MOST_WORDS),
        address=address,
        reader=reader,
    )


def _subscribed(connection: sa.Connection, list_slug: str, address: str) -> Subscriber | None:
    """The person of the address, who has confirmed and gets the list; None for anybody else."""
    if not address:
        return None
    try:
        person = people.find(connection, address)
    except (AddressError, UnknownSubscriberError):
        return None
    is_reader = status_of(connection, person.id, list_slug) is Status.ACTIVE
    return person if is_reader else None
