"""The newest issue as the welcome of a new reader, in place of a letter that promises the next one."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from newsletter.delivery.message import compile_edition
from newsletter.site.editions import fitting_key
from newsletter.site.lists import newsletters_of
from newsletter.site.messages import addressee, headers_for, signer_of
from newsletter.site.recipients import group_of, recipients_of
from newsletter.site.site import Site
from newsletter.store.audience import present_readers
from newsletter.store.issues import find_issue, issue_id
from newsletter.store.welcome_issues import (
    add_welcome,
    edition_keys,
    edition_with,
    has_it,
    is_corrected,
    newest_sent,
)
from subscribers.subscriber import MailFormat

MOST_AGE = timedelta(days=60)
"""An issue whose send began longer ago says nothing about the next one."""


def welcome_issue(
    site: Site, connection: sa.Connection, list_slug: str, subscriber_id: int, now: datetime
) -> bytes | None:
    """The newest issue of the list's newsletters as a message to that reader, noted as theirs.

    It is the frozen edition that fits what the reader chose, with a Date of now. None if there is
    none: no newsletter of the list welcomes by an issue, the last one is too old, has been corrected,
    or is not for this reader, or they have it.
    """
    for slug in newsletters_of(site.settings, list_slug):
        if site.newsletter(slug).welcome != "issue":
            continue
        number = newest_sent(connection, slug, since=now - MOST_AGE)
        if number is not None:
            message = _message(site, connection, slug, number, subscriber_id, now)
            if message is not None:
                return message
    return None


def _message(
    site: Site,
    connection: sa.Connection,
    slug: str,
    number: int,
    subscriber_id: int,
    now: datetime,
) -> bytes | None:
    issue = find_issue(connection, slug, number)
    row = issue_id(connection, issue)
    if has_it(connection, row, subscriber_id) or is_corrected(connection, row):
        return None
    present = present_readers(connection, [subscriber_id], recipients_of(site, issue), now)
    if subscriber_id not in present:
        return None
    keys = edition_keys(connection, row)
    group = group_of(site, connection, issue, subscriber_id, now)
    key = fitting_key(site, issue, keys, group)
    if key is None:
        return None
    person = present[subscriber_id]
    to = addressee(
        site,
        site.tokens,
        slug,
        subscriber_id=subscriber_id,
        address=person.address,
        name=person.name,
        links_since=person.links_since,
    )
    edition = edition_with(connection, keys[key])
    compiled = compile_edition(
        edition,
        headers_for(site, issue, now),
        form=MailFormat(person.mail_format),
    )
    message = compiled.compose(to, signer_of(site), now)
    add_welcome(connection, row, subscriber_id, keys[key], now)
    return message
