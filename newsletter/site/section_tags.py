"""Which section of a newsletter an article that an editor adds belongs to, by its tags."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from newsletter.site.site import Site
from newsletter.site.source_settings import newsletter_vocabulary


def section_tags(site: Site, slug: str) -> dict[str, frozenset[str]]:
    """The tags of each of the newsletter's sections, by its title."""
    newsletter = site.newsletter(slug)
    vocabulary = newsletter_vocabulary(newsletter, site.settings.tags)
    return {
        section.title: frozenset(tag.slug for tag in vocabulary.tags(section.tags))
        for section in newsletter.sections
    }


def fitting_section(sections: Mapping[str, Collection[str]], tags: Collection[str]) -> str:
    """The first section with one of these tags, or else the first that takes anything."""
    tagged = (title for title, wanted in sections.items() if any(tag in wanted for tag in tags))
    open_to_all = (title for title, wanted in sections.items() if not wanted)
    return next(tagged, None) or next(open_to_all, None) or next(iter(sections), "")
