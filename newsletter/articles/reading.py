"""Reads the bytes of a source, by its kind, as articles and findings; fetches nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from newsletter.articles.article import Article
from newsletter.articles.decoding import decode
from newsletter.articles.entries import Entry, Origin, article_of, articles_of
from newsletter.articles.feeds import parse_feed
from newsletter.articles.fetch import Fetched, FetchMemory
from newsletter.articles.folder import read_folder
from newsletter.articles.page_body import Extraction
from newsletter.articles.pages import Page, parse_page
from newsletter.articles.ranked_links import ranked_links
from newsletter.articles.sanitize import clip, one_line, paragraphs_html
from newsletter.articles.source_finding import SourceFinding
from newsletter.articles.text_dump import parse_dump
from newsletter.articles.urls import is_web_address
from newsletter.errors import SourceError


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """The result of reading one source once.

    `source` is its name for readers, `location` its URL or path as configured. `memory` is what
    the next fetch needs (None for files). `unchanged` means that the source has nothing new, so
    `articles` is empty and the articles gathered before remain valid. `moved_to` is the new address
    of a source that has moved permanently, `fresh_for` how long it says that it stays the same.
    `mails` are the numbers of the mails that were read, of a source that comes by mail.
    """

    source: str
    location: str
    articles: tuple[Article, ...] = ()
    findings: tuple[SourceFinding, ...] = ()
    memory: FetchMemory | None = None
    unchanged: bool = False
    moved_to: str = ""
    fresh_for: timedelta = timedelta(0)
    mails: tuple[int, ...] = ()

    @property
    def has_failed(self) -> bool:
        """Whether the source could not be read."""
        return any(finding.severity == "failure" for finding in self.findings)


@dataclass(frozen=True, kw_only=True, slots=True)
class SourceContent:
    """The bytes of a source, from the web or from a file, and when they were last changed."""

    body: bytes
    url: str = ""
    content_type: str = ""
    modified: datetime | None = None


def content_of(fetched: Fetched) -> SourceContent:
    """What was fetched, to be read."""
    return SourceContent(
        body=fetched.body,
        url=fetched.url,
        content_type=fetched.content_type,
        modified=fetched.last_modified,
    )


def parse_content(kind: str, origin: Origin, content: SourceContent, is_named: bool) -> Reading:
    """The articles in the bytes of a feed, a page, a text dump or a page that ranks them; never raises.

    A source that is not named by its settings may name itself.
    """
    readers: dict[str, Callable[[Origin, SourceContent], Reading]] = {
        "feed": _feed,
        "page": _page,
        "textdump": _dump,
        "ranking": _ranking,
    }
    unnamed = origin if is_named else replace(origin, source="")
    try:
        return readers[kind](unnamed, content)
    except SourceError as error:
        return failed_reading(origin, error, None)
    except MemoryError:
        raise
    except Exception as error:  # a document has triggered a bug in the parser
        return failed_reading(origin, unexpected_error(error), None)


def unexpected_error(error: Exception) -> SourceError:
    """A bug of ours as the failure of one source."""
    return SourceError(
        f"reading it failed: {type(error).__name__}: {one_line(str(error), 200)}",
        fix="please report this as a bug, with the source's address",
    )


def _feed(origin: Origin, content: SourceContent) -> Reading:
    document = parse_feed(
        content.body,
        content_type=content.content_type,
        url=content.url,
        origin=origin,
        modified=content.modified,
    )
    origin = _named(origin, document.title)
    articles, findings = articles_of(document.entries, origin)
    reading = _reading(origin, articles, (*document.findings, *findings))
    return replace(reading, fresh_for=document.fresh_for)


def _page(origin: Origin, content: SourceContent) -> Reading:
    page = parse_page(
        content.body, content_type=content.content_type, url=content.url, now=origin.now
    )
    origin = _named(origin, page.site)
    return _one_article(origin, page.entry, content, tuple(page_findings(page, origin)))


def _ranking(origin: Origin, content: SourceContent) -> Reading:
    links = ranked_links(content.body, content_type=content.content_type, url=content.url)
    entries = [Entry(id=link.url, url=link.url, title=link.title) for link in links]
    origin = _named(origin, "")
    articles, findings = articles_of(entries, origin)
    return _reading(origin, articles, tuple(findings))


def page_findings(page: Page, origin: Origin) -> Iterator[SourceFinding]:
    """What an editor should know about how the text of a page was found."""
    share = f"{page.body.share:.0%}"
    if page.body.extraction is Extraction.MARKED:
        yield origin.warning(
            f"only {share} of the text that it marks as its article was recognised, so the"
            " paragraphs are taken as they are marked",
            "look at the article in the draft: it may have more than the article",
        )
    elif page.body.extraction is Extraction.BROAD:
        yield origin.notice(
            f"the usual reading found only {share} of the text that it marks as its article, so a"
            " broader one was taken"
        )
    if page.cut:
        yield origin.warning("its article is very long, and only its beginning is kept")


def _dump(origin: Origin, content: SourceContent) -> Reading:
    dump = parse_dump(decode(content.body, content.content_type).text, vocabulary=origin.vocabulary)
    if not dump.title:
        raise SourceError("it is an empty text", fix="check the source")
    origin = _named(origin, "")
    findings = [
        origin.warning(
            f"the tags have no separators, and {clip(label, 60)!r} may be several tags or part of one",
            "add the right labels to [tags] known in newsletter.toml",
        )
        for label in dump.unsplit
    ]
    entry = Entry(
        id=dump.title,  # the file may hold another article next week
        url=dump.url,
        title=dump.title,
        summary=paragraphs_html([dump.deck]),
        body=paragraphs_html(list(dump.paragraphs)),
        published=dump.published,
        author=dump.author,
        agency=dump.agency,
        labels=dump.labels,
    )
    return _one_article(origin, entry, content, tuple(findings))


def read_folder_source(folder: Path, origin: Origin) -> Reading:
    """The articles in a folder of Markdown files; never raises."""
    try:
        entries, findings = read_folder(folder, origin)
        articles, remarks = articles_of(entries, origin)
    except SourceError as error:
        return failed_reading(origin, error, None)
    except MemoryError:
        raise
    except Exception as error:  # a file has triggered a bug in the parser
        return failed_reading(origin, unexpected_error(error), None)
    return _reading(origin, articles, (*findings, *remarks))


def _one_article(
    origin: Origin, entry: Entry, content: SourceContent, findings: tuple[SourceFinding, ...]
) -> Reading:
    """The only article of a page or dump; if it has no date, it gets the date of its file."""
    if entry.published is None:
        entry = replace(entry, published=content.modified)
    article = article_of(entry, origin)
    if article is None:
        raise SourceError("it has neither title nor text", fix="check the source")
    return _reading(origin, (article,), findings)


def _reading(
    origin: Origin, articles: tuple[Article, ...], findings: tuple[SourceFinding, ...]
) -> Reading:
    named = (replace(finding, source=origin.source) for finding in findings)
    return Reading(
        source=origin.source, location=origin.location, articles=articles, findings=tuple(named)
    )


def failed_reading(origin: Origin, error: SourceError, memory: FetchMemory | None) -> Reading:
    """The reading of a failed source; its memory stays, so the next request is the same."""
    if memory is None and is_web_address(origin.location):
        memory = FetchMemory(source=origin.location)
    failure = SourceFinding(
        source=origin.source,
        severity="failure",
        message=error.problem.message,
        fix=error.problem.fix or "",
    )
    return Reading(
        source=origin.source, location=origin.location, findings=(failure,), memory=memory
    )


def busy_reading(name: str, location: str) -> Reading:
    """The reading of a source that another process does not let go of."""
    failure = SourceFinding(
        source=name,
        severity="failure",
        message="another process has been reading it for a minute",
        fix="try again later",
    )
    return Reading(source=name, location=location, findings=(failure,))


def _named(origin: Origin, own: str) -> Origin:
    """The origin with the configured name, else the source's own, else a name from its location."""
    return replace(origin, source=origin.source or own or name_of(origin.location))


def name_of(location: str) -> str:
    """The host without www, or the name of the file."""
    if is_web_address(location):
        return (urlsplit(location).hostname or location).removeprefix("www.")
    return Path(location).name or location
