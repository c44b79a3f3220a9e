"""What the subscribers' house needs of ours to answer mail, and what editors are sent of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

import sqlalchemy as sa

from newsletter.delivery.addresses import ascii_domain
from newsletter.delivery.message import message_id
from newsletter.delivery.receipt import DeliveryState
from newsletter.errors import InputError
from newsletter.pipeline.letters import compose
from newsletter.pipeline.lists import (
    editors_of,
    list_slugs,
    newsletters_of,
    tags_of,
    title_of,
    vocabulary_of,
)
from newsletter.pipeline.site import Site
from newsletter.store import outbox
from newsletter.store.tables import deliveries, issues
from newsletter.store.tries import Limit, count_try
from subscribers.inbound.classify import Inbound
from subscribers.inbound.mailboxes import Role
from subscribers.inbound.office import Action, Done, Office
from subscribers.letters import Letter, Template

FORWARDED = Limit(most=20, per=timedelta(days=1))
"""Letters of one sender that the editors are sent."""

ALARMS = Limit(most=1, per=timedelta(hours=1))
"""Words to the operator about one issue."""

ANSWERABLE = 30
"""Issues whose mails prove their reader when they are answered."""


def office_of(site: Site) -> Office:
    """The keys, tags and sent issues that acting on mail needs."""
    inbound = site.settings.inbound
    assert inbound is not None  # noqa: S101 - narrows: require_inbound was asked
    vocabulary = vocabulary_of(site.settings)

    def tag_named(word: str) -> str | None:
        tag = vocabulary.tag(word)
        return tag.slug if tag else None

    def issue_of(
        connection: sa.Connection, subscriber_id: int, list_slug: str, ids: Sequence[str]
    ) -> int | None:
        secret = site.keyed("message ids")
        named = frozenset(ids)
        for slug, newsletter in newsletters_of(site.settings, list_slug).items():
            domain = ascii_domain(newsletter.sender.domain)
            for number in _sent(connection, subscriber_id, [slug]):
                if message_id(f"{slug}/{number}", subscriber_id, domain, secret) in named:
                    return number
        return None

    return Office(
        domain=inbound.domain,
        list_slugs=list_slugs(site.settings),
        zone=site.settings.site.zone,
        tokens=site.tokens,
        return_paths=site.return_paths,
        tags_of=lambda slug: {tag.slug: tag.label for tag in tags_of(site.settings, slug)},
        tag_named=tag_named,
        issue_of=issue_of,
        issues_sent=partial(issues_sent, site),
    )


def issues_sent(
    site: Site, connection: sa.Connection, subscriber_id: int, list_slug: str
) -> list[int]:
    """The numbers of the list's issues that went out to this reader, the newest first."""
    return _sent(connection, subscriber_id, list(newsletters_of(site.settings, list_slug)))


def _sent(connection: sa.Connection, subscriber_id: int, slugs: Sequence[str]) -> list[int]:
    """The newest issues that a relay took for this reader."""
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
    """A person's letter goes to the editors; what came to the robot's desk is answered with help."""
    mailbox = mail.mailbox
    if mailbox.role is Role.REQUEST:
        letter = Letter(template=Template.HELP, address=mail.sender, list_slug=mailbox.list_slug)
        return Done(action=Action.HELP, address=mail.sender, letters=(letter,))
    editors = editors_of(site.settings, mailbox.list_slug) if mailbox.list_slug else ()
    key = site.keyed(f"forward {mail.sender.casefold()}")
    if (
        not editors
        or mailbox.role is Role.BOUNCES
        or not count_try(connection, key, FORWARDED, now)
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
            letter_bytes = compose(
                site,
                slug,
                "forward",
                words,
                subject=f"{title}, a reader writes: {words['headline']}",
                to_address=editor,
                reply_to=mail.sender,
                enclosed=content,
                now=now,
            )
            outbox.put(
                connection, recipient=editor, envelope_sender="", message=letter_bytes, now=now
            )
    except InputError:  # an address that no header can hold
        return Done(action=Action.QUARANTINE, address=mail.sender, keep=True)
    return Done(action=Action.FORWARD, address=mail.sender)


def tell_operator(
    site: Site, connection: sa.Connection, list_slug: str, issue: str, reason: str, now: datetime
) -> None:
    """Write to whoever runs the site that a receiver refuses our mail, once an hour."""
    slug = next(iter(newsletters_of(site.settings, list_slug)), None)
    people = site.settings.operators.mail or editors_of(site.settings, list_slug)
    if slug is None or not count_try(connection, site.keyed(f"alarm {issue}"), ALARMS, now):
        return
    words = {
        "name": "",
        "title": title_of(site.settings, list_slug),
        "url": site.settings.site.url,
        "postal_address": site.settings.site.postal_address,
        "what": f"A receiver refuses {issue} as a matter of its policy. Readers are not to blame "
        "and stay subscribed; if the issue was still going out, it has been stopped.",
        "reason": reason,
        "advice": "Look at your domain's SPF, DKIM and DMARC records and at blocklists, then "
        f"resume with `newsletter send {issue}`.",
    }
    for address in people:
        message = compose(
            site,
            slug,
            "operator",
            words,
            subject=f"{issue}: a receiver refuses our mail",
            to_address=address,
            now=now,
        )
        outbox.put(connection, recipient=address, envelope_sender="", message=message, now=now)
