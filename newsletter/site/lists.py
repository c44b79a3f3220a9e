"""What readers see of a list: its title, its tags, its addresses and its contact."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import time
from types import MappingProxyType
from urllib.parse import urlsplit

from newsletter.articles.article import Tag
from newsletter.articles.tags import Vocabulary, make_vocabulary
from newsletter.config.settings import NewsletterSettings, Settings
from subscribers.inbound.list_addresses import AddressRole, ListAddress, parse_list_address

OF_EVERY_DOMAIN = frozenset({"postmaster", "abuse"})


def list_slugs(settings: Settings) -> frozenset[str]:
    """The slug of every list that a newsletter is sent to."""
    return frozenset(newsletter.list for newsletter in settings.newsletters.values())


def public_newsletters(settings: Settings) -> dict[str, NewsletterSettings]:
    """The newsletters that the site shows to everybody; a digest is as public as what it collects."""
    known = settings.newsletters
    return {
        slug: newsletter
        for slug, newsletter in known.items()
        if newsletter.public
        and (newsletter.digest_of not in known or known[newsletter.digest_of].public)
    }


def is_for_readers_only(settings: Settings, slug: str) -> bool:
    """Whether the newsletter is not public. One that was removed stays in the archive as it was."""
    return slug in settings.newsletters and slug not in public_newsletters(settings)


def public_lists(settings: Settings) -> frozenset[str]:
    """The slug of every list that anybody may ask to join."""
    return frozenset(newsletter.list for newsletter in public_newsletters(settings).values())


def hidden_lists(settings: Settings) -> frozenset[str]:
    """The slug of every list that strangers do not learn of."""
    return list_slugs(settings) - public_lists(settings)


def public_title(settings: Settings) -> str:
    """What pages that everybody may open call the site: the titles that everybody may know, or its host."""
    titles = [newsletter.title for newsletter in public_newsletters(settings).values()]
    return " & ".join(titles) or urlsplit(settings.site.url).netloc


def join_url(settings: Settings, list_slug: str) -> str:
    """The page at which anybody may ask to join the list; "" where nobody may."""
    may_join = list_slug in public_lists(settings)
    return f"{settings.site.url}/join/{list_slug}" if may_join else ""


def newsletters_of(settings: Settings, list_slug: str) -> dict[str, NewsletterSettings]:
    """The newsletters that are sent to the list, by slug."""
    return {
        slug: newsletter
        for slug, newsletter in settings.newsletters.items()
        if newsletter.list == list_slug
    }


def title_of(settings: Settings, list_slug: str) -> str:
    """What readers call the list: the titles of the newsletters that are sent to it.

    The titles of digests are left out: a digest is another way to read the same newsletter.
    """
    titles = [
        newsletter.title
        for newsletter in newsletters_of(settings, list_slug).values()
        if newsletter.digest_of is None
    ]
    return " & ".join(titles) or list_slug


def suggestions_of(settings: Settings, list_slug: str) -> str:
    """The newsletter for which the list's readers may suggest articles; "" if there is none."""
    found = newsletters_of(settings, list_slug)
    return next((slug for slug, newsletter in found.items() if newsletter.suggestions), "")


def suggest_address(settings: Settings, list_slug: str) -> str:
    """The mail address for suggesting an article; "" where there is none."""
    if settings.inbound is None or not suggestions_of(settings, list_slug):
        return ""
    return f"{list_slug}-{AddressRole.SUGGEST}@{settings.inbound.domain}"


def links_url(settings: Settings, newsletter: str) -> str:
    """The page that mails a newsletter's readers their links; the archive for one that has none."""
    known = public_newsletters(settings).get(newsletter)
    return f"{settings.site.url}/links/{known.list}" if known else f"{settings.site.url}/archive"


def has_digest(settings: Settings, list_slug: str) -> bool:
    """Whether the list's readers may choose a monthly digest."""
    return any(newsletter.digest_of for newsletter in newsletters_of(settings, list_slug).values())


def readers_hours(settings: Settings, list_slug: str) -> tuple[time, ...]:
    """The hours of their own day at which the list's readers get issues; none if all get them at once."""
    found = newsletters_of(settings, list_slug).values()
    return tuple(sorted({one.deliver for one in found if one.deliver is not None}))


def site_vocabulary(settings: Settings) -> Vocabulary:
    """The known tags of all newsletters of the site."""
    known = [
        *settings.tags.known,
        *(
            tag
            for newsletter in settings.newsletters.values()
            for section in newsletter.sections
            for tag in section.tags
        ),
    ]
    return make_vocabulary(known, settings.tags.aliases)


def tags_of(
    settings: Settings, list_slug: str, followed: frozenset[str] = frozenset()
) -> list[Tag]:
    """The tags a reader of the list may follow: those of its sections, and any in `followed`."""
    vocabulary = make_vocabulary(settings.tags.known, settings.tags.aliases)
    offered = vocabulary.tags(
        label
        for newsletter in newsletters_of(settings, list_slug).values()
        for section in newsletter.sections
        for label in section.tags
    )
    labels = {tag.slug: tag.label for tag in offered}
    for slug in followed - set(labels):
        labels[slug] = vocabulary.labels.get(slug, slug)
    tags = [Tag(slug=slug, label=_heading(slug, label)) for slug, label in labels.items()]
    return sorted(tags, key=lambda tag: tag.label.casefold())


def contact_of(settings: Settings, list_slug: str | None = None) -> str:
    """The address of a person to contact about the list, or about the site without `list_slug`."""
    found = newsletters_of(settings, list_slug) if list_slug else {}
    newsletter = next(iter(found.values()), None) or next(iter(settings.newsletters.values()))
    return newsletter.owner or newsletter.reply_to or newsletter.sender.address


def list_address_of(
    settings: Settings, address: str, former: Mapping[str, str] = MappingProxyType({})
) -> ListAddress | None:
    """Parse one of the site's own addresses: a list address, a newsletter's From or Reply-To, the
    only return path that a relay permits, which belongs to no list, or an address that every
    domain has (RFC 5321 section 4.5.1, RFC 2142), whose mail goes to the first list's editors.

    None for any other address. `former` gives the present names of lists by their former ones.
    """
    if settings.inbound is None:
        return None
    found = parse_list_address(address, list_slugs(settings), settings.inbound.domain, former)
    is_wanted = found is not None and (
        found.role is not AddressRole.SUGGEST or bool(suggestions_of(settings, found.list_slug))
    )
    if is_wanted:
        return found
    for newsletter in settings.newsletters.values():
        own = (newsletter.sender.address, newsletter.reply_to or "")
        if address.casefold() in {one.casefold() for one in own}:
            return ListAddress(list_slug=newsletter.list, role=AddressRole.LIST)
    if address.casefold() in {
        (relay.envelope_sender or "").casefold() for relay in settings.relays
    }:
        return ListAddress(list_slug="", role=AddressRole.BOUNCES)
    local, _, host = address.casefold().partition("@")
    if local in OF_EVERY_DOMAIN and host in ("", settings.inbound.domain.casefold()):
        first = next(iter(settings.newsletters.values()))
        return ListAddress(list_slug=first.list, role=AddressRole.OWNER)
    return None


def editors_of(settings: Settings, list_slug: str) -> tuple[str, ...]:
    """Who receives readers' replies: never one of the site's own addresses, to avoid a mail loop."""
    for newsletter in newsletters_of(settings, list_slug).values():
        named = (newsletter.owner, *newsletter.editors, newsletter.reply_to)
        people = [one for one in named if one and list_address_of(settings, one) is None]
        if people:
            return (people[0],)
    return settings.operators.mail[:1]


def _heading(slug: str, label: str) -> str:
    """The label in the form of a heading; a label written as a slug ("data-breach") as words."""
    words = label.replace("-", " ") if label == slug else label
    return words[:1].upper() + words[1:]
