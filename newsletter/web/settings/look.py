"""Themes and their palettes to choose from, and the coming issue in one of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from newsletter.errors import NewsletterError
from newsletter.issues.issue import Issue, State
from newsletter.pipeline.reader_copy import Reader, copy_for
from newsletter.rendering.design_tokens import palette_names
from newsletter.rendering.sample import sample_issue, sample_items
from newsletter.rendering.theme import open_theme, theme_names
from newsletter.site.site import Site
from newsletter.store.issues import find_issue


@dataclass(frozen=True, kw_only=True, slots=True)
class Swatch:
    """A palette of a theme ("": its own), by its colours of paper and accent."""

    palette: str
    paper: str
    accent: str
    ink: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ThemeLook:
    """A theme with its palettes, its own first."""

    theme: str
    swatches: tuple[Swatch, ...]


def looks_of(site: Site) -> Sequence[ThemeLook]:
    """Every theme that can be opened, the shipped and the site's own."""
    own = site.folder / "templates"
    templates = own if own.is_dir() else None
    looks = []
    for name in theme_names(templates):
        try:
            palettes: list[str | None] = [None, *palette_names(open_theme(templates, name).folders)]
            themes = [
                (palette, open_theme(templates, name, palette=palette)) for palette in palettes
            ]
        except NewsletterError:
            continue  # a theme of the site with mistakes, which `check` names
        swatches = tuple(
            Swatch(
                palette=palette or "",
                paper=theme.tokens.light.paper,
                accent=theme.tokens.light.accent,
                ink=theme.tokens.light.ink,
            )
            for palette, theme in themes
        )
        looks.append(ThemeLook(theme=name, swatches=swatches))
    return looks


def html_in_look(site: Site, slug: str, look: Mapping[str, str | None], *, now: datetime) -> str:
    """The newest issue, or a sample where there is none, in this look, with direct links.

    `look` are settings in place of the newsletter's own. Raises ConfigurationError for a look that
    there is not, RenderingError.
    """
    tried = site.newsletter(slug).model_copy(update=look)
    newsletters = {**site.settings.newsletters, slug: tried}
    settings = site.settings.model_copy(update={"newsletters": newsletters})
    issue = _issue(site, slug)
    copy = copy_for(replace(site, settings=settings), issue, Reader(), now=now)
    return copy.uncounted.html


def _issue(site: Site, slug: str) -> Issue:
    """The newest issue as a draft, because what is frozen keeps its look."""
    try:
        with site.database.transaction(read_only=True) as connection:
            issue = find_issue(connection, slug, None)
    except NewsletterError:
        issue = replace(sample_issue(sample_items(6)), newsletter=slug)
    return replace(issue, state=State.DRAFT)
