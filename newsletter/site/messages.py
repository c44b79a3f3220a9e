"""From frozen editions to one reader's message: headers, links, addressee."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from newsletter.delivery.headers import IssueHeaders, feedback_id
from newsletter.delivery.message import Addressee
from newsletter.issues.issue import Issue
from newsletter.site.lists import join_url, public_newsletters
from newsletter.site.site import Site
from newsletter.store import issues as issue_store
from subscribers.tokens import SPECIMEN, LinkTokens, Purpose

if TYPE_CHECKING:
    from newsletter.delivery.dkim import Signer


def headers_for(site: Site, issue: Issue, date: datetime, *, mark: str = "") -> IssueHeaders:
    """The headers that all messages of the issue share; `mark` precedes a test's subject."""
    return headers_named(site, issue.newsletter, issue.name, date, mark=mark)


def headers_named(
    site: Site, slug: str, name: str, date: datetime, *, mark: str = ""
) -> IssueHeaders:
    """The headers that all messages of that name of the newsletter share, an issue or a letter."""
    newsletter = site.newsletter(slug)
    domain = newsletter.sender.domain
    inbound, url = site.settings.inbound, site.settings.site.url
    is_public = slug in public_newsletters(site.settings)
    return IssueHeaders(
        sender=newsletter.sender,
        reply_to=newsletter.reply_to,
        list_id=f"{newsletter.title} <{newsletter.list}.{domain}>",
        issue_name=name,
        date=date.astimezone(site.settings.site.zone),
        unsubscribe_mailto=f"{newsletter.list}-unsubscribe@{inbound.domain}" if inbound else None,
        archive_url=newsletter.archive_url or (f"{url}/archive/{slug}" if is_public else None),
        help_url=newsletter.help_url or f"{url}/",
        subscribe_url=join_url(site.settings, newsletter.list) or None,
        owner=newsletter.owner or newsletter.reply_to or newsletter.sender.address,
        feedback_id=feedback_id(name, domain),
        message_id_domain=domain,
        message_id_secret=site.keyed("message ids"),
        marked=mark,
    )


def message_date(site: Site, issue: Issue) -> datetime:
    """The Date in previews of the issue: when its send began, or else is due to begin."""
    with site.database.transaction(read_only=True) as connection:
        _approved, started = issue_store.send_times(connection, issue)
    return started or issue.goes_out


def signer_of(site: Site) -> Signer | None:
    """The site's DKIM signer; None if none is configured."""
    from newsletter.delivery.dkim import open_signer  # cryptography loads slowly

    return open_signer(site.settings.dkim, site.folder) if site.settings.dkim else None


def envelope_sender(site: Site, slug: str) -> str:
    """The address that bounces go to (RFC 5321 MAIL FROM)."""
    newsletter = site.newsletter(slug)
    inbound = site.settings.inbound
    return f"{newsletter.list}-bounces@{inbound.domain}" if inbound else newsletter.sender.address


def return_path_of(site: Site, issue: Issue) -> Callable[[int], str]:
    """A function from a subscriber's id to the envelope sender of that reader's message.

    If the site receives mail, the address is signed for the reader and the issue, so that nobody
    can forge a bounce.
    """
    return return_path_numbered(site, issue.newsletter, issue.number)


def return_path_numbered(site: Site, slug: str, number: int) -> Callable[[int], str]:
    """The same for an issue of that number; 0 is a letter."""
    inbound = site.settings.inbound
    if inbound is None:
        common = envelope_sender(site, slug)
        return lambda _subscriber_id: common
    paths, list_slug = site.return_paths, site.newsletter(slug).list
    return lambda subscriber_id: paths.make(list_slug, inbound.domain, subscriber_id, number)


def addressee(
    site: Site,
    tokens: LinkTokens,
    slug: str,
    *,
    subscriber_id: int,
    address: str,
    name: str,
    links_since: datetime | None = None,
) -> Addressee:
    """A reader with the reader's personal links; those made before `links_since` no longer work."""
    url = site.settings.site.url
    list_slug = site.settings.newsletters[slug].list
    unsubscribe = tokens.make(Purpose.UNSUBSCRIBE, subscriber_id, list_slug)
    preferences = tokens.make(Purpose.PREFERENCES, subscriber_id, list_slug, links_since)
    return Addressee(
        subscriber_id=subscriber_id,
        address=address,
        name=name,
        unsubscribe_url=f"{url}/u/{unsubscribe}",
        preferences_url=f"{url}/p/{preferences}",
        unsubscribe_token=unsubscribe,
    )


def specimen_addressee(site: Site, *, address: str, name: str) -> Addressee:
    """A reader whose links are specimens, for previews: an editor must not hold a reader's keys."""
    url = site.settings.site.url
    return Addressee(
        subscriber_id=0,
        address=address,
        name=name,
        unsubscribe_url=f"{url}/u/{SPECIMEN}",
        preferences_url=f"{url}/p/{SPECIMEN}",
        unsubscribe_token=SPECIMEN,
    )
