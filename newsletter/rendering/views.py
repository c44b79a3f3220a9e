"""What templates see of an issue: clean text, checked links, formatted dates."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import groupby
from urllib.parse import urlsplit

from markupsafe import Markup

from newsletter.articles.article import Article
from newsletter.issues.issue import Follows, Item
from newsletter.rendering.full_body import FullBody, full_body
from newsletter.rendering.layout import Density, Layout
from newsletter.rendering.masthead import Masthead
from newsletter.rendering.pictures import LEAD_WIDTH, Picture, sized_picture
from newsletter.rendering.safe_text import fragment, one_line, shorten, web_link

MOST_OTHERS = 12
"""Other sources of a story that are named."""
SHORTEST_STATED = 2
"""In minutes of reading."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Link:
    """The text and target of a link; `url` is "" if there is no target."""

    text: str
    url: str


@dataclass(frozen=True, kw_only=True, slots=True)
class StoryView:
    """An item as templates see it. Everything but `body` and `full` is plain text, to be escaped.

    `full` is the whole article, where its section shows articles whole. `title_language` and
    `language`, of the text, are BCP 47 tags; they are "" for the language of the newsletter.
    `minutes` is how long it takes to read, or to hear if it `plays`; 0 if that is not known.
    """

    title: str
    url: str
    link_text: str
    summary: str
    credits: tuple[str, ...]
    source: str
    section: str
    tags: tuple[str, ...]
    also: tuple[Link, ...]
    minutes: int
    plays: bool
    follows: Follows | None
    picture: Picture | None
    full: FullBody | None
    title_language: str
    language: str
    _html: str = field(repr=False)
    _text: str = field(repr=False)

    @property
    def byline(self) -> tuple[str, ...]:
        """The credits and the source, for templates of sites that print them in one line."""
        return (*self.credits, self.source)

    @property
    def body(self) -> Markup:
        """The whole article as HTML for an mj-text."""
        return fragment(self._html, self._text)


@dataclass(frozen=True, kw_only=True, slots=True)
class SectionView:
    """A section: its title and its stories in reading order."""

    title: str
    stories: tuple[StoryView, ...]

    @property
    def blocks(self) -> tuple[tuple[StoryView, ...], ...]:
        """The stories in groups: each one with a picture alone, those between them together."""
        runs = groupby(enumerate(self.stories), lambda pair: pair[1].picture and pair[0])
        return tuple(tuple(story for _index, story in run) for _key, run in runs)

    @property
    def pairs(self) -> tuple[tuple[StoryView, ...], ...]:
        """Neighbours of a kind two by two, for two columns: both with a picture, or both without.

        A story without such a neighbour, or one that is shown whole, stands alone.
        """
        rows: list[tuple[StoryView, ...]] = []
        for story in self.stories:
            if rows and len(rows[-1]) == 1 and _are_alike(rows[-1][0], story):
                rows[-1] = (*rows[-1], story)
            else:
                rows.append((story,))
        return tuple(rows)


def _are_alike(one: StoryView, other: StoryView) -> bool:
    return bool(one.picture) == bool(other.picture) and not (one.full or other.full)


@dataclass(frozen=True, kw_only=True, slots=True)
class EditionView:
    """The stories of an edition as they are laid out."""

    lead: StoryView | None
    sections: tuple[SectionView, ...]

    @property
    def stills(self) -> tuple[Picture, ...]:
        """The animations of which the first frame is served."""
        stories = (self.lead, *(story for section in self.sections for story in section.stories))
        pictures = (story.picture for story in stories if story)
        return tuple(picture for picture in pictures if picture and picture.still)


def issue_view(layout: Layout, density: Density, masthead: Masthead) -> EditionView:
    """The laid-out items as stories, with summaries cut to what the density allows."""

    def whole(item: Item, view: StoryView, level: int) -> StoryView:
        if item.section not in masthead.full_sections:
            return view
        article = item.article
        full = full_body(
            article.body_html,
            article.body_text,
            limit=density.full_text,
            level=level,
            shown=view.picture.url if view.picture else "",
        )
        return replace(view, full=full)

    def in_section(item: Item) -> StoryView:
        if item.section in masthead.full_sections:
            view = story(item, masthead, summary=density.row_summary, width=LEAD_WIDTH)
        elif item.article.key in layout.cards:
            view = story(item, masthead, summary=density.card_summary, width=density.card_width)
        else:
            view = story(item, masthead, summary=density.row_summary, width=0)
        return whole(item, view, 4)

    lead = layout.lead
    return EditionView(
        lead=whole(
            lead, story(lead, masthead, summary=density.lead_summary, width=density.lead_width), 3
        )
        if lead
        else None,
        sections=tuple(
            SectionView(title=one_line(part.title), stories=tuple(map(in_section, part.items)))
            for part in layout.parts
        ),
    )


def story(item: Item, masthead: Masthead, *, summary: int, width: int) -> StoryView:
    """One item, cleaned; its summary has at most `summary` characters, its picture `width` pixels."""
    article = item.article
    url = web_link(article.url)
    language = _foreign(article.language, masthead.language)
    return StoryView(
        title=one_line(item.title) or one_line(article.title) or url,
        url=url,
        link_text=one_line(item.overrides.link_text or ""),
        summary=shorten(one_line(item.summary), summary),
        credits=_credits(item, masthead),
        source=source_name(article.source),
        section=one_line(item.section),
        tags=tuple(one_line(tag.label) for tag in article.tags),
        also=tuple(
            Link(text=source_name(other.source), url=web_link(other.url))
            for other in article.also[:MOST_OTHERS]
        ),
        minutes=_minutes(article),
        plays=_seconds(article) > 0,
        follows=_earlier(item, masthead),
        picture=sized_picture(item.image, width, masthead.still_of),
        full=None,
        # What an editor writes is in the newsletter's language.
        title_language="" if item.overrides.title else language,
        language="" if item.overrides.summary else language,
        _html=article.body_html,
        _text=article.body_text,
    )


def _minutes(article: Article) -> int:
    """How long the article takes; a text of a minute may be only an excerpt, and says nothing."""
    heard = -(-_seconds(article) // 60)
    return heard or (article.minutes if article.minutes >= SHORTEST_STATED else 0)


def _seconds(article: Article) -> int:
    return (article.enclosure.seconds if article.enclosure else None) or 0


def _foreign(language: str, around: str) -> str:
    """The language where it is another than the one `around` it: "en-GB" is not, within "en"."""
    same = language.partition("-")[0].lower() == around.partition("-")[0].lower()
    return "" if same else one_line(language)


def _earlier(item: Item, masthead: Masthead) -> Follows | None:
    """What the item follows up, with the address of the issue that carried it."""
    if item.follows is None:
        return None
    return Follows(
        number=item.follows.number,
        title=one_line(item.follows.title),
        url=masthead.issue_url(item.follows.number),
    )


def _credits(item: Item, masthead: Masthead) -> tuple[str, ...]:
    """Author, agency and date; a name that is also the source's is left out."""
    article = item.article
    names = dict.fromkeys((one_line(article.author), one_line(article.agency)))
    source = source_name(article.source)
    return (
        *(name for name in names if name and name != source),
        masthead.short_date(article.published),
    )


def source_name(source: str) -> str:
    """The name of a source; the host if the source is only a URL."""
    address = web_link(source)
    if not address:
        return one_line(source)
    return (urlsplit(address).hostname or "").removeprefix("www.")
