"""What inbound mail needs from the site, and the mail that it causes to editors and operators."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

import sqlalchemy as sa

from newsletter.delivery.addresses import ascii_domain
from newsletter.delivery.message import message_id
from newsletter.delivery.receipt import DeliveryState
from newsletter.errors import InputError
from newsletter.site.letters import LetterContent, compose
from newsletter.site.lists import (
    editors_of,
    hidden_lists,
    list_slugs,
    newsletters_of,
    site_vocabulary,
    tags_of,
    title_of,
)
from newsletter.site.site import Site
from newsletter.store import outbox
from newsletter.store.attempt_limits import AttemptLimit, count_attempt
from newsletter.store.ledger import counts_of
from newsletter.store.tables import deliveries, issues
from subscribers.inbound.act import NOT_PUBLIC, is_hidden_from
from subscribers.inbound.classify import Inbound
from subscribers.inbound.context import Action, Done, InboundContext
from subscribers.inbound.list_addresses import AddressRole
from subscribers.letters import LetterRequest, Template
from subscribers.lists import former_names

FORWARDED = AttemptLimit(most=20, per=timedelta(days=1))
"""Limit of one sender's letters that are forwarded to the editors."""

ALARMS = AttemptLimit(most=1, per=timedelta(hours=1))
"""Limit of alarms to the operators about one issue."""

ANSWERABLE = 30
"""How many of a reader's newest issues are looked through for the one that a mail replies to."""


def inbound_context(site: Site) -> InboundContext:
    """The keys, tags and lookups of sent issues that acting on inbound mail and events needs."""
    inbound = site.settings.inbound
    vocabulary = site_vocabulary(site.settings)
    with site.database.transaction(read_only=True) as connection:
        former = former_names(connection)

    def tag_named(word: str) -> str | None:
        tag = vocabulary.tag(word)
        return tag.slug if tag else None

    def issue_of(
        connection: sa.Connection, subscriber_id: int, list_slug: str, ids: Sequence[str]
    ) -> int | None:
        name = issue_answered(site, connection, subscriber_id, list_slug, ids)
        return int(name.rpartition("/")[2]) if name else None

    return InboundContext(
        domain=inbound.domain if inbound else "",  # a provider reports events without [inbound]
        list_slugs=list_slugs(site.settings),
        zone=site.settings.site.zone,
        tokens=site.tokens,
        return_paths=site.return_paths,
        tags_of=lambda slug: {tag.slug: tag.label for tag in tags_of(site.settings, slug)},
        tag_named=tag_named,
        issue_of=issue_of,
        issues_sent=partial(issues_sent, site),
        accepted_of=partial(_accepted_of, site),
        pause_share=site.settings.sending.pause_share,
        former_names=former,
        hidden_lists=hidden_lists(site.settings),
    )


def issue_answered(
    site: Site, connection: sa.Connection, subscriber_id: int, list_slug: str, ids: Sequence[str]
) -> str:
    """The issue whose Message-ID for this reader is among the ids, such as `weekly/12`; or ""."""
    secret = site.keyed("message ids")
    mentioned = frozenset(ids)
    for slug, newsletter in newsletters_of(site.settings, list_slug).items():
        domain = ascii_domain(newsletter.sender.domain)
        for number in _accepted_numbers(connection, subscriber_id, [slug]):
            name = f"{slug}/{number}"
            if message_id(name, subscriber_id, domain, secret) in mentioned:
                return name
    return ""


def _accepted_of(site: Site, connection: sa.Connection, list_slug: str, number: int) -> int:
    """How many messages of the list's issues with this number relays have accepted."""
    slugs = list(newsletters_of(site.settings, list_slug))
    ids = connection.scalars(
        sa.select(issues.c.id).where(issues.c.newsletter.in_(slugs), issues.c.number == number)
    ).all()
    # The stored counts, because counting a large issue's receipts is slow.
    return sum(counts_of(connection, one).get(DeliveryState.ACCEPTED, 0) for one in ids)


def issues_sent(
    site: Site, connection: sa.Connection, subscriber_id: int, list_slug: str
) -> list[int]:
    """The numbers of the list's issues that went out to this reader, the newest first."""
    return _accepted_numbers(
        connection, subscriber_id, list(newsletters_of(site.settings, list_slug))
    )


def _accepted_numbers(
    connection: sa.Connection, subscriber_id: int, slugs: Sequence[str]
) -> list[int]:
    """The newest issues that a relay accepted for this reader."""
    return list(
        connection.scalars(
            sa.select(issues.c.number)
            .join(deliveries, deliveries.c.issue_id == issues.c.id)
            .where(
                issues.c.newsletter.in_(slugs),
                deliveries.c.subscriber_id == subscriber_id,
                deliveries.c.state == DeliveryState.ACCEPTED,
            )
            .order_by(issues.c.number.desc())
            .limit(ANSWERABLE)
        )
    )


def forward(
    site: Site, connection: sa.Connection, mail: Inbound, content: bytes, now: datetime
) -> Done:
    """Forward a person's letter to the editors; mail to the -request address is answered with help.

    A letter that cannot be forwarded, or exceeds its sender's limit, is quarantined.
    """
    mailbox = mail.mailbox
    if mailbox.role is AddressRole.REQUEST:
        if is_hidden_from(connection, mail, hidden_lists(site.settings)):
            return Done(action=Action.NONE, problem=NOT_PUBLIC)
        letter = LetterRequest(
            template=Template.HELP, address=mail.sender, list_slug=mailbox.list_slug
        )
        return Done(action=Action.HELP, address=mail.sender, letters=(letter,))
    editors = editors_of(site.settings, mailbox.list_slug) if mailbox.list_slug else ()
    key = site.keyed(f"forward {mail.sender.casefold()}")
    if (
        not editors
        or mailbox.role is AddressRole.BOUNCES
        or not count_attempt(connection, key, FORWARDED, now)
    ):
        return Done(action=Action.QUARANTINE, address=mail.sender, keep=True)
    slug = next(iter(newsletters_of(site.settings, mailbox.list_slug)))
    title = title_of(site.settings, mailbox.list_slug)
    words = {
        "name": "",
        "title": title,
        "url": site.settings.site.url,
        "postal_address": site.settings.site.postal_address,
        "reader": mail.sender,
        "headline": mail.headline,
        "words": mail.words,
    }
    try:
        for editor in editors:
            forwarded = LetterContent(
                template="forward",
                words=words,
                subject=f"{title}, a reader writes: {mail.headline}",
                to_address=editor,
                reply_to=mail.sender,
                enclosed=content,
            )
            message = compose(site, slug, forwarded, now=now)
            outbox.put(connection, recipient=editor, envelope_sender="", message=message, now=now)
    except InputError:  # an address that a header cannot hold
        return Done(action=Action.QUARANTINE, address=mail.sender, keep=True)
    return Done(action=Action.FORWARD, address=mail.sender)


def tell_operator(
    site: Site, connection: sa.Connection, list_slug: str, issue: str, reason: str, now: datetime
) -> None:
    """Tell the operators, at most once an hour for each issue, that a receiver refuses our mail."""
    slug = next(iter(newsletters_of(site.settings, list_slug)), None)
    people = site.settings.operators.mail or editors_of(site.settings, list_slug)
    if slug is None or not count_attempt(connection, site.keyed(f"alarm {issue}"), ALARMS, now):
        return
    words = {
        "name": "",
        "title": title_of(site.settings, list_slug),
        "url": site.settings.site.url,
        "postal_address": site.settings.site.postal_address,
        "what": f"A receiver refuses {issue} because of its policy. The readers are not to blame "
        "and stay subscribed. If the issue was still being sent, it has been stopped.",
        "reason": reason,
        "advice": "Check your domain's SPF, DKIM and DMARC records and the blocklists, then "
        f"resume with `newsletter send {issue}`.",
    }
    for address in people:
        letter = LetterContent(
            template="operator",
            words=words,
            subject=f"{issue}: a receiver refuses our mail",
            to_address=address,
        )
        message = compose(site, slug, letter, now=now)
        outbox.put(connection, recipient=address, envelope_sender="", message=message, now=now)
