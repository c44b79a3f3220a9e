"""What the readers' pages share: the site, the clock, the templates, texts of the configuration."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import jinja2

from newsletter.articles.article import Tag
from newsletter.config.settings import Settings
from newsletter.rendering.compiled_templates import COMPILED_TEMPLATES
from newsletter.rendering.theme import shipped_templates
from newsletter.rendering.translation import add_translations
from newsletter.site import lists
from newsletter.site.letters import reader_translator
from newsletter.site.site import Site
from newsletter.store.database import Database
from subscribers.tokens import LinkTokens


@dataclass(frozen=True, kw_only=True, slots=True)
class ReaderContext:
    """Shared by all readers' pages.

    `find_edition(newsletter, number, key)` returns an edition's HTML without personal links, or
    None.
    """

    site: Site
    clock: Callable[[], datetime]
    templates: jinja2.Environment
    find_edition: Callable[[str, int, str], str | None]

    @property
    def settings(self) -> Settings:
        """The site's configuration."""
        return self.site.settings

    @property
    def database(self) -> Database:
        """The site's database."""
        return self.site.database

    @property
    def tokens(self) -> LinkTokens:
        """Makes and reads the tokens in links."""
        return self.site.tokens

    def title_of(self, list_slug: str) -> str:
        """The list's title for readers."""
        return lists.title_of(self.settings, list_slug)

    def tags_of(self, list_slug: str, followed: frozenset[str] = frozenset()) -> list[Tag]:
        """The tags a reader of the list may follow: its sections' and those followed already."""
        return lists.tags_of(self.settings, list_slug, followed)

    def has_digest(self, list_slug: str) -> bool:
        """Whether readers of the list may choose a digest instead of each issue."""
        return lists.has_digest(self.settings, list_slug)

    def readers_hours(self, list_slug: str) -> str:
        """At which hours of their own day the list's readers get issues; "" if all get them at once."""
        hours = lists.readers_hours(self.settings, list_slug)
        return ", ".join(f"{hour:%H:%M}" for hour in hours)

    def join_path(self, list_slug: str) -> str:
        """The path of the page to join the list; "" where nobody may join by it."""
        return self.path(f"/join/{list_slug}") if self.may_join(list_slug) else ""

    def may_join(self, list_slug: str) -> bool:
        """Whether anybody may ask to join the list, and is shown that there is one."""
        return list_slug in lists.public_lists(self.settings)

    def takes_suggestions(self, newsletter: str) -> bool:
        """Whether the newsletter has a page on which anybody may suggest an article."""
        found = lists.public_newsletters(self.settings).get(newsletter)
        return found is not None and found.suggestions

    def suggest_path(self, newsletter: str) -> str:
        """The path of the page to suggest an article; "" where there is none."""
        return self.path(f"/suggest/{newsletter}") if self.takes_suggestions(newsletter) else ""

    def path(self, path: str) -> str:
        """The path of one of our pages, as browsers ask for it."""
        return f"{self.settings.site.base_path}{path}"

    def say(self, sentence: str, **values: object) -> str:
        """The sentence in the site's language."""
        return reader_translator(self.site)(sentence, **values)

    @property
    def contact(self) -> str:
        """An address whose mail a person reads, for readers whose link does not work."""
        return lists.contact_of(self.settings)


def open_templates(site: Site) -> jinja2.Environment:
    """Open the web templates. A site's `templates/web` overrides ours file by file."""
    folders = [site.folder / "templates" / "web", shipped_templates() / "web"]
    templates = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folders),
        bytecode_cache=COMPILED_TEMPLATES,
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.globals["base"] = site.settings.site.base_path
    add_translations(templates, reader_translator(site), site.settings.site.language)
    return templates
