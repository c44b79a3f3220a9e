"""What the readers' pages work with, and the words they look up in the configuration."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import jinja2

from newsletter.articles.article import Tag
from newsletter.articles.tags import make_vocabulary
from newsletter.config.settings import Settings
from newsletter.rendering.theme import shipped_templates
from newsletter.store.database import Database
from subscribers.tokens import Tokens


@dataclass(frozen=True, kw_only=True, slots=True)
class Desk:
    """`find_edition(newsletter, number, key)` is an edition's HTML without personal links, or None."""

    settings: Settings
    database: Database
    tokens: Tokens
    clock: Callable[[], datetime]
    templates: jinja2.Environment
    find_edition: Callable[[str, int, str], str | None]

    def title_of(self, list_slug: str) -> str:
        """What readers call the list: the titles of the newsletters that are sent to it."""
        titles = [
            newsletter.title
            for newsletter in self.settings.newsletters.values()
            if newsletter.list == list_slug and newsletter.digest_of is None
        ]
        return " & ".join(titles) or list_slug

    def tags_of(self, list_slug: str, followed: frozenset[str]) -> list[Tag]:
        """The tags a reader of the list may follow: its sections' and those followed already."""
        vocabulary = make_vocabulary(self.settings.tags.known, self.settings.tags.aliases)
        offered = vocabulary.tags(
            label
            for newsletter in self.settings.newsletters.values()
            if newsletter.list == list_slug
            for section in newsletter.sections
            for label in section.tags
        )
        labels = {tag.slug: tag.label for tag in offered}
        for slug in followed - set(labels):
            labels[slug] = vocabulary.labels.get(slug, slug)
        tags = [Tag(slug=slug, label=_spoken(slug, label)) for slug, label in labels.items()]
        return sorted(tags, key=lambda tag: tag.label.casefold())

    def has_digest(self, list_slug: str) -> bool:
        """Whether readers of the list may choose a digest in place of each issue."""
        return any(
            newsletter.list == list_slug and newsletter.digest_of is not None
            for newsletter in self.settings.newsletters.values()
        )

    @property
    def contact(self) -> str:
        """An address of people, for whoever holds a link that does not work."""
        newsletter = next(iter(self.settings.newsletters.values()))
        return newsletter.owner or newsletter.reply_to or newsletter.sender.address


def _spoken(slug: str, label: str) -> str:
    """A label as a heading has it; one that was written as a slug ("data-breach") in words."""
    words = label.replace("-", " ") if label == slug else label
    return words[:1].upper() + words[1:]


def open_templates(site_templates: Path | None) -> jinja2.Environment:
    """The templates of the web pages; a site's `templates/web` overrides ours file by file."""
    folders = [shipped_templates() / "web"]
    if site_templates is not None:
        folders.insert(0, site_templates / "web")
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(folders),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
