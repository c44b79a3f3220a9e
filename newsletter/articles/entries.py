"""Turns the entries of a source into articles: cleaned, dated, with keys, each once."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import islice

from newsletter.articles.article import Article, Enclosure, Image
from newsletter.articles.body_media import has_media, with_plain_media
from newsletter.articles.entry_text import unescaped, without_boilerplate
from newsletter.articles.language import language_of, word_count
from newsletter.articles.pictures import SMALLEST, Candidate, choose, pictures_in, pixels
from newsletter.articles.provenance import FieldSource
from newsletter.articles.sanitize import clip, one_line, opening, plain_text, safe_html, text_of
from newsletter.articles.source_finding import SourceFinding
from newsletter.articles.summaries import summary_of
from newsletter.articles.tags import Vocabulary
from newsletter.articles.urls import absolute_url, canonical_url

MAX_ENTRIES = 500
MOST_PICTURES = 30
"""Pictures of a text that are looked at; a picture of the story is among the first."""
CLOCK_SKEW = timedelta(minutes=15)
"""How far ahead of our clock a date may be before it counts as a date in the future."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One entry as its source gives it: `summary` and `body` are HTML that is not sanitised yet.

    `image` is the picture that the source names as the entry's; else one of `pictures`, which it
    shows beside the text, or of those in the text is chosen. `found` says where fields came from.
    """

    id: str = ""
    url: str = ""
    title: str = ""
    summary: str = ""
    body: str = ""
    base: str = ""
    published: datetime | None = None
    author: str = ""
    agency: str = ""
    labels: tuple[str, ...] = ()
    image: Image | None = None
    pictures: tuple[Candidate, ...] = ()
    enclosure: Enclosure | None = None
    language: str = ""
    found: tuple[FieldSource, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Origin:
    """The source of entries: its name for readers, its location, and the tags that it adds.

    `zone` is the site's time zone, for dates that state none.
    """

    source: str
    location: str
    vocabulary: Vocabulary
    now: datetime
    tags: tuple[str, ...] = ()
    zone: tzinfo = UTC

    def warning(self, message: str, fix: str = "") -> SourceFinding:
        """A finding that something was lost in the reading."""
        return SourceFinding(source=self.source, severity="warning", message=message, fix=fix)

    def notice(self, message: str, fix: str = "") -> SourceFinding:
        """A finding for information."""
        return SourceFinding(source=self.source, severity="notice", message=message, fix=fix)


def articles_of(
    entries: Sequence[Entry], origin: Origin
) -> tuple[tuple[Article, ...], tuple[SourceFinding, ...]]:
    """The articles of the entries, and the findings about them."""
    findings: list[SourceFinding] = []
    if len(entries) > MAX_ENTRIES:
        findings.append(
            origin.warning(
                f"{len(entries)} entries, of which the newest {MAX_ENTRIES} are read",
                "ask its owner for a shorter feed",
            )
        )
        entries = _newest(entries)
    pairs = [(entry, article_of(entry, origin)) for entry in entries]
    articles = [(entry, article) for entry, article in pairs if article is not None]
    if len(articles) < len(pairs):
        findings.append(
            origin.warning(
                f"{_count(len(pairs) - len(articles), 'entry', 'entries')} without title and text,"
                " left out"
            )
        )
    findings.extend(_on_dates(articles, origin))
    distinct, repeats = _each_once(articles)
    findings.extend(_on_repeats(articles, repeats, origin))
    return tuple(distinct), tuple(findings)


def _newest(entries: Sequence[Entry]) -> Sequence[Entry]:
    """The newest entries in their order; entries without a date count by the order of the feed."""
    dates = [entry.published for entry in entries if entry.published]
    oldest_first = len(dates) > 1 and dates[0] < dates[-1]
    newest = sorted(
        range(len(entries)),
        key=lambda index: (
            entries[index].published or (dates[0] if dates else datetime.min.replace(tzinfo=UTC)),
            index if oldest_first else -index,
        ),
        reverse=True,
    )
    kept = sorted(newest[:MAX_ENTRIES])
    return [entries[index] for index in kept]


def article_of(entry: Entry, origin: Origin) -> Article | None:
    """The article of an entry; None if the entry has neither title nor text.

    An entry without a date counts as published now, when it is first seen.
    """
    base = entry.base or origin.location
    source = unescaped(entry.body or entry.summary)
    title = one_line(entry.title)
    body_html = without_boilerplate(safe_html(source, base), title, entry.author)
    body_text = text_of(body_html)
    if has_media(source):
        body_html = without_boilerplate(_with_media(source, base), title, entry.author)
    deck = plain_text(unescaped(entry.summary)) if entry.summary != entry.body else ""
    own_title = bool(title)
    title = title or clip(opening(deck or body_text, 80), 80)
    if not title:
        return None
    url = canonical_url(entry.url)
    language = language_of(f"{title}. {body_text}", stated=entry.language)
    summary = summary_of(deck, body_text, title=title, language=language)
    image, shown, others = _picture_of(entry, source, base)
    return Article(
        key=url or _key_without_url(entry, title, origin),
        url=url,
        title=title,
        source=origin.source,
        published=(entry.published or origin.now).astimezone(UTC),
        dated=entry.published is not None,
        summary=summary,
        body_html=body_html,
        body_text=body_text,
        tags=origin.vocabulary.tags((*entry.labels, *origin.tags)),
        author=one_line(entry.author, 200),
        agency=one_line(entry.agency, 200),
        image=image,
        entry_id=entry.id,
        language=language,
        words=word_count(body_text),
        enclosure=entry.enclosure,
        provenance=(
            *(found for found in entry.found if found.field != "title" or own_title),
            *_derived(own_title=own_title, own_summary=summary == " ".join(deck.split())),
            *shown,
        ),
        other_images=others,
    )


def _with_media(source: str, base: str) -> str:
    """The HTML with pictures, tables and embeds, for showing the article whole."""
    plain = with_plain_media(source, base)
    return safe_html(plain, base, with_pictures=True, with_tables=True)


def _derived(*, own_title: bool, own_summary: bool) -> Iterator[FieldSource]:
    """Where title and summary come from, if they are not the source's own."""
    if not own_title:
        yield FieldSource(field="title", place="the first words of the text")
    if not own_summary:
        yield FieldSource(field="summary", place="the first sentences of the text")


def _picture_of(
    entry: Entry, source: str, base: str
) -> tuple[Image | None, tuple[FieldSource, ...], tuple[Image, ...]]:
    """The entry's picture, where it came from, and its other pictures."""
    if entry.image:
        return entry.image, (), ()
    offered = (*entry.pictures, *islice(pictures_in(source, base), MOST_PICTURES))
    image, shown, others = choose(offered)
    return image, (shown,) if shown else (), tuple(others)


def picture(
    url: str, base: str, *, alt: str = "", width: object = None, height: object = None
) -> Image | None:
    """An image of the stated address and sizes; None if it is too small to be a picture."""
    address = absolute_url(base, url)
    sizes = pixels(width), pixels(height)
    if not address or any(size is not None and size < SMALLEST for size in sizes):
        return None
    return Image(url=address, alt=one_line(alt, 500), width=sizes[0], height=sizes[1])


def _key_without_url(entry: Entry, title: str, origin: Origin) -> str:
    """A hash of the source's own id, or of the entry's title and text if it has none."""
    parts = ("id", entry.id) if entry.id else ("text", title, entry.summary or entry.body)
    return _hashed(origin.location, *parts)


def _hashed(*parts: str) -> str:
    joined = "\x00".join(parts).encode("utf-8", "replace")
    return f"sha256:{hashlib.sha256(joined).hexdigest()[:32]}"


def _each_once(articles: Sequence[tuple[Entry, Article]]) -> tuple[list[Article], int]:
    """Drop entries that repeat another, and give different entries with one key distinct keys."""
    kept: dict[str, tuple[Entry, Article]] = {}
    repeats = 0
    for entry, article in articles:
        first = kept.get(article.key)
        if first and not _repeats(first, (entry, article)):
            parts = (entry.id, article.title, str(entry.published), article.body_text)
            article = replace(article, key=_hashed(article.key, *parts))
        if article.key in kept:
            repeats += 1
        else:
            kept[article.key] = (entry, article)
    return [article for _entry, article in kept.values()], repeats


def _repeats(first: tuple[Entry, Article], second: tuple[Entry, Article]) -> bool:
    """Whether two entries of one key have equal text, and an equal id or date."""
    (entry, article), (other, again) = first, second
    if (article.title, article.body_text) != (again.title, again.body_text):
        return False
    return entry.id == other.id or entry.published == other.published


def _on_repeats(
    articles: Sequence[tuple[Entry, Article]], repeats: int, origin: Origin
) -> Iterator[SourceFinding]:
    if repeats:
        yield origin.notice(f"{_count(repeats, 'entry', 'entries')} listed twice, taken once")
    titles: dict[str, set[str]] = {}
    for entry, article in articles:
        if entry.id:
            titles.setdefault(entry.id, set()).add(article.title)
    shared = sum(len(names) for names in titles.values() if len(names) > 1)
    if shared:
        yield origin.warning(
            f"{shared} different entries share an id (guid); each is taken as its own article",
            "tell the source's owner",
        )


def _on_dates(articles: Sequence[tuple[Entry, Article]], origin: Origin) -> Iterator[SourceFinding]:
    undated = sum(entry.published is None for entry, _ in articles)
    if undated:
        yield origin.warning(
            f"{undated} of {_count(len(articles), 'entry', 'entries')} without a date that can be"
            " read; they count as published when first seen"
        )
    coming = [
        article
        for entry, article in articles
        if entry.published and entry.published > origin.now + CLOCK_SKEW
    ]
    if coming:
        first = coming[0]
        yield origin.warning(
            f"{_count(len(coming), 'entry', 'entries')} dated in the future, such as"
            f" {clip(first.title, 60)!r} ({first.published:%Y-%m-%d}); no issue takes them before"
            " that date",
            "tell the source's owner, or wait",
        )


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
