"""Reads all sources of a newsletter concurrently; a failing source does not affect the others."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from urllib.parse import urlsplit

from newsletter.articles.article import Article
from newsletter.articles.decoding import decode
from newsletter.articles.entries import Entry, Origin, article_of, articles_of
from newsletter.articles.feeds import parse_feed
from newsletter.articles.fetch import Fetched, FetchMemory, HttpClient, RetryLaterError
from newsletter.articles.folder import read_folder
from newsletter.articles.page_body import Extraction
from newsletter.articles.pages import Page, parse_page
from newsletter.articles.sanitize import clip, one_line, paragraphs_html
from newsletter.articles.source_finding import SourceFinding
from newsletter.articles.subprocesses import run_in_subprocess
from newsletter.articles.tags import Vocabulary
from newsletter.articles.text_dump import parse_dump
from newsletter.articles.urls import is_web_address
from newsletter.config.settings import FetchSettings, SourceSettings
from newsletter.errors import SourceError

AT_ONCE = 8
"""Sources fetched at the same time."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """The result of reading one source once.

    `source` is its name for readers, `location` its URL or path as configured. `memory` is what
    the next fetch needs (None for files). `unchanged` means that the source has nothing new, so
    `articles` is empty and the articles gathered before remain valid. `moved_to` is the new address
    of a source that has moved permanently, `fresh_for` how long it says that it stays the same.
    """

    source: str
    location: str
    articles: tuple[Article, ...] = ()
    findings: tuple[SourceFinding, ...] = ()
    memory: FetchMemory | None = None
    unchanged: bool = False
    moved_to: str = ""
    fresh_for: timedelta = timedelta(0)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Content:
    """The bytes of a source, from the web or from a file, and when they were last changed."""

    body: bytes
    url: str = ""
    content_type: str = ""
    modified: datetime | None = None


async def read_sources(
    sources: Sequence[SourceSettings],
    *,
    settings: FetchSettings,
    vocabulary: Vocabulary,
    memories: Mapping[str, FetchMemory],
    folder: Path,
    now: datetime,
    zone: tzinfo = UTC,
) -> list[Reading]:
    """One reading per source, in their order; the failure of a source is a finding in its reading.

    `memories` are those of the last readings, by location. Relative paths start at `folder`.
    `zone` is the site's time zone, for dates that state none.
    """
    turn = asyncio.Semaphore(AT_ONCE)
    turn_at: defaultdict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(1))

    async def one(source: SourceSettings, client: HttpClient) -> Reading:
        origin = Origin(
            source=source.name or _name_of(source.location),
            location=source.location,
            vocabulary=vocabulary,
            now=now,
            tags=source.tags,
            zone=zone,
        )
        # One connection to a host at a time; waiting for a host does not delay other hosts.
        async with turn_at[urlsplit(source.location).hostname or source.location], turn:
            return await _read(source, origin, client, memories.get(source.location), folder)

    async with HttpClient(settings) as client:
        return list(await asyncio.gather(*(one(source, client) for source in sources)))


async def _read(
    source: SourceSettings,
    origin: Origin,
    client: HttpClient,
    memory: FetchMemory | None,
    folder: Path,
) -> Reading:
    try:
        if source.kind == "folder":
            return await asyncio.to_thread(_from_folder, folder / source.location, origin)
        if is_web_address(source.location):
            return await _from_web(source, origin, client, memory)
        content = await asyncio.to_thread(_file, folder / source.location, origin)
        return await _parsed(source, origin, content, client.seconds)
    except RetryLaterError as error:
        remembered = memory or FetchMemory(source=source.location)
        return _failed(origin, error, replace(remembered, not_before=error.not_before))
    except SourceError as error:
        return _failed(origin, error, memory)
    except Exception as error:  # an error must affect only this source
        return _failed(origin, _unexpected(error), memory)


async def _from_web(
    source: SourceSettings, origin: Origin, client: HttpClient, memory: FetchMemory | None
) -> Reading:
    fetched = await client.fetch(
        source.location, memory=memory, now=origin.now, access=source.access
    )
    moved = _moved(fetched, origin)
    if fetched.unchanged:
        return Reading(
            source=origin.source,
            location=origin.location,
            findings=moved,
            memory=fetched.memory,
            unchanged=True,
            moved_to=fetched.moved_to,
            fresh_for=fetched.fresh_for,
        )
    reading = await _parsed(source, origin, _content_of(fetched), client.seconds)
    if any(finding.severity == "failure" for finding in reading.findings):
        # The memory of a body that could not be read is not kept: the next fetch would find it
        # unchanged.
        return replace(reading, memory=memory or reading.memory)
    return replace(
        reading,
        findings=(*moved, *reading.findings),
        memory=fetched.memory,
        moved_to=fetched.moved_to,
        fresh_for=max(fetched.fresh_for, reading.fresh_for),
    )


async def read_fetched(
    source: SourceSettings,
    fetched: Fetched,
    *,
    vocabulary: Vocabulary,
    now: datetime,
    seconds: float,
) -> Reading:
    """What the source shows in an answer that was fetched; nothing is remembered."""
    origin = Origin(
        source=source.name or _name_of(source.location),
        location=source.location,
        vocabulary=vocabulary,
        now=now,
        tags=source.tags,
    )
    return await _parsed(source, origin, _content_of(fetched), seconds)


def _content_of(fetched: Fetched) -> _Content:
    return _Content(
        body=fetched.body,
        url=fetched.url,
        content_type=fetched.content_type,
        modified=fetched.last_modified,
    )


def _moved(fetched: Fetched, origin: Origin) -> tuple[SourceFinding, ...]:
    if not fetched.moved_to:
        return ()
    return (
        origin.notice(
            "it has moved permanently, and is read at its new address",
            f"use its new address: {fetched.moved_to}",
        ),
    )


def _file(path: Path, origin: Origin) -> _Content:
    try:
        body = path.read_bytes()
        modified = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except OSError as error:
        raise SourceError(
            f"cannot read the file {origin.location}: {error.strerror}", fix="correct its path"
        ) from error
    return _Content(body=body, modified=modified)


async def _parsed(
    source: SourceSettings, origin: Origin, content: _Content, seconds: float
) -> Reading:
    # A dump takes far longer for its size, because every short line may be a date or a name.
    size = len(content.body) * (10 if source.kind == "textdump" else 1)
    return await run_in_subprocess(_parse, source, origin, content, size=size, seconds=seconds)


def _parse(source: SourceSettings, origin: Origin, content: _Content) -> Reading:
    """The articles in the bytes of a feed, a page or a text dump; never raises."""
    readers: dict[str, Callable[[Origin, _Content], Reading]] = {
        "feed": _feed,
        "page": _page,
        "textdump": _dump,
    }
    unnamed = origin if source.name else replace(origin, source="")
    try:
        return readers[source.kind](unnamed, content)
    except SourceError as error:
        return _failed(origin, error, None)
    except MemoryError:
        raise
    except Exception as error:  # a document has triggered a bug in the parser
        return _failed(origin, _unexpected(error), None)


def _unexpected(error: Exception) -> SourceError:
    return SourceError(
        f"reading it failed: {type(error).__name__}: {one_line(str(error), 200)}",
        fix="please report this as a bug, with the source's address",
    )


def _feed(origin: Origin, content: _Content) -> Reading:
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


def _page(origin: Origin, content: _Content) -> Reading:
    page = parse_page(
        content.body, content_type=content.content_type, url=content.url, now=origin.now
    )
    origin = _named(origin, page.site)
    return _one_article(origin, page.entry, content, tuple(page_findings(page, origin)))


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


def _dump(origin: Origin, content: _Content) -> Reading:
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


def _from_folder(folder: Path, origin: Origin) -> Reading:
    entries, findings = read_folder(folder, origin)
    articles, remarks = articles_of(entries, origin)
    return _reading(origin, articles, (*findings, *remarks))


def _one_article(
    origin: Origin, entry: Entry, content: _Content, findings: tuple[SourceFinding, ...]
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


def _failed(origin: Origin, error: SourceError, memory: FetchMemory | None) -> Reading:
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


def _named(origin: Origin, own: str) -> Origin:
    """The origin with the configured name, else the source's own, else a name from its location."""
    return replace(origin, source=origin.source or own or _name_of(origin.location))


def _name_of(location: str) -> str:
    """The host without www, or the name of the file."""
    if is_web_address(location):
        return (urlsplit(location).hostname or location).removeprefix("www.")
    return Path(location).name or location
