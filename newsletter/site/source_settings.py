"""What a newsletter's settings say of its sources: which there are, and how they are read."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from newsletter import __version__
from newsletter.articles.identity.addresses import location_key
from newsletter.articles.identity.sources import Configured
from newsletter.articles.tags import Vocabulary, make_vocabulary
from newsletter.config.settings import NewsletterSettings, SourceSettings, TagSettings
from newsletter.site.site import Site


def distinct_sources(sources: Sequence[SourceSettings]) -> list[SourceSettings]:
    """The sources, each location once: a source that is listed twice gets the tags of both."""
    found: dict[tuple[str, str], SourceSettings] = {}
    for source in sources:
        location = (source.kind, location_key(source.location))
        first = found.setdefault(location, source)
        tags = tuple(dict.fromkeys((*first.tags, *source.tags)))
        found[location] = first.model_copy(update={"tags": tags, "name": first.name or source.name})
    return list(found.values())


def configured(sources: Sequence[SourceSettings]) -> list[Configured]:
    """The sources with the location and name by which each is identified."""
    return [Configured(location=source.location, name=source.name or "") for source in sources]


def newsletter_vocabulary(newsletter: NewsletterSettings, tags: TagSettings) -> Vocabulary:
    """The tags that the newsletter knows: configured tags, those of its sections, and aliases."""
    known = [*tags.known, *(tag for section in newsletter.sections for tag in section.tags)]
    return make_vocabulary(known, tags.aliases)


_NOT_OF_READING = {
    "every": None,
    "paused": False,
    "include": (),
    "exclude": (),
    "max_items": None,
    "max_age": None,
}
"""Settings that change when and which articles are taken, but not how they are read."""


def reading_fingerprint(site: Site, slug: str) -> str:
    """A value that changes whenever the settings would read the same feed differently."""
    newsletter = site.newsletter(slug)
    sources = [source.model_copy(update=_NOT_OF_READING) for source in newsletter.sources]
    read_with = repr((__version__, sources, newsletter.sections, site.settings.tags))
    return hashlib.sha256(read_with.encode()).hexdigest()[:16]
