"""Follows the articles of a feed to their pages, which fill in what the feed leaves out.

The feed stays the authority: what it gives whole is never replaced. Pages are fetched politely: one
connection to a host, a bounded number in each gathering, each page at most once a day, and with its
validators.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from newsletter.articles.article import Article, Image, Tag
from newsletter.articles.entries import Origin, article_of
from newsletter.articles.fetch import (
    Fetched,
    FetchMemory,
    HttpClient,
    RetryLaterError,
    http_clients,
)
from newsletter.articles.pages import parse_page
from newsletter.articles.sanitize import one_line
from newsletter.articles.source_finding import SourceFinding
from newsletter.articles.subprocesses import run_in_subprocess
from newsletter.articles.tags import MAX_TAGS
from newsletter.config.settings import FetchSettings
from newsletter.errors import SourceError
from newsletter.plural import counted

PAGES_AT_MOST = 20
"""Pages of one source that are fetched in one gathering; the others follow in the next ones."""
FRESH = timedelta(hours=24)
"""How long a page is not asked for again."""
NEWS = timedelta(days=14)
"""Older articles are not followed: no issue takes them."""
FAILURES_AT_MOST = 3
"""Failures after each other after which the rest of a source's pages are left for another time."""
SMALL_PICTURE = 300
"""In pixels; a larger picture of the page replaces a smaller one of the feed."""
_MORE = 1.3
"""How many times as long as the feed's a text must be to replace it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FollowedPage:
    """What is known of an article's page: its article, or the problem with it; None for neither."""

    memory: FetchMemory
    checked_at: datetime
    article: Article | None = None
    problem: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Followed:
    """The articles of a source with what their pages fill in, the pages fetched, and the findings.

    `complete` is False if more pages wait for the next gathering.
    """

    articles: tuple[Article, ...]
    pages: tuple[FollowedPage, ...] = ()
    findings: tuple[SourceFinding, ...] = ()
    complete: bool = True


def filled(article: Article, page: Article) -> Article:
    """The feed's article with what its page has and the feed has not; its identity stays."""
    longer = len(page.body_text) > _MORE * len(article.body_text)
    own_picture = article.image if article.image and not _is_small(article.image) else None
    return replace(
        article,
        summary=_summary(article, page),
        body_html=page.body_html if longer else article.body_html,
        body_text=page.body_text if longer else article.body_text,
        tags=_tags(article.tags, page.tags),
        author=article.author or page.author,
        agency=article.agency or page.agency,
        image=own_picture or page.image or article.image,
    )


def wanted(
    articles: Sequence[Article], pages: Mapping[str, FollowedPage], now: datetime
) -> list[Article]:
    """The articles whose pages are to be fetched: recent, with an address, not looked at today.

    Pages that were never fetched come first, then the newest articles.
    """
    due = [
        article
        for article in articles
        if article.url
        and article.published > now - NEWS
        and (article.url not in pages or pages[article.url].checked_at <= now - FRESH)
    ]
    return sorted(due, key=lambda article: (article.url in pages, -article.published.timestamp()))


async def follow_pages(
    sources: Sequence[tuple[Origin, Sequence[Article], FetchSettings]],
    *,
    pages: Mapping[str, FollowedPage],
) -> list[Followed]:
    """Follow the articles of each source within its limits; never raises.

    `pages` are those known, by address.
    """
    turns: defaultdict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(1))
    async with http_clients(settings for _, _, settings in sources) as clients:
        return list(
            await asyncio.gather(
                *(
                    _follow(origin, found, clients[settings], turns, pages)
                    for origin, found, settings in sources
                )
            )
        )


async def _follow(
    origin: Origin,
    articles: Sequence[Article],
    client: HttpClient,
    turns: Mapping[str, asyncio.Semaphore],
    pages: Mapping[str, FollowedPage],
) -> Followed:
    due = wanted(articles, pages, origin.now)
    fetched: dict[str, FollowedPage] = {}
    failures = 0
    for article in due[:PAGES_AT_MOST]:
        async with turns[urlsplit(article.url).hostname or ""]:
            page = await _page(article.url, origin, client, pages.get(article.url))
        fetched[article.url] = page
        failures = failures + 1 if page.problem else 0
        if failures == FAILURES_AT_MOST:
            break
    known = {**pages, **fetched}
    return Followed(
        articles=tuple(_with_page(article, known.get(article.url)) for article in articles),
        pages=tuple(fetched.values()),
        findings=tuple(_findings(origin, list(fetched.values()))),
        complete=len(due) <= PAGES_AT_MOST or failures == FAILURES_AT_MOST,
    )


def _with_page(article: Article, page: FollowedPage | None) -> Article:
    return filled(article, page.article) if page and page.article else article


async def _page(
    url: str, origin: Origin, client: HttpClient, known: FollowedPage | None
) -> FollowedPage:
    """The page now; what is known of it stays if it has not changed or cannot be read."""
    memory = known.memory if known else FetchMemory(source=url)
    article = known.article if known else None
    try:
        fetched = await client.fetch(url, memory=memory, now=origin.now)
        if fetched.unchanged:
            return FollowedPage(memory=fetched.memory, checked_at=origin.now, article=article)
        read = await run_in_subprocess(_read, origin, fetched, seconds=client.seconds)
    except RetryLaterError as error:
        memory = replace(memory, not_before=error.not_before)
        return _failed(memory, origin, article, error.problem.message)
    except SourceError as error:
        return _failed(memory, origin, article, error.problem.message)
    except Exception as error:  # an error must affect only this page
        return _failed(memory, origin, article, f"{type(error).__name__}: {error}")
    if isinstance(read, str):
        return _failed(fetched.memory, origin, article, read)
    return FollowedPage(memory=fetched.memory, checked_at=origin.now, article=read)


def _read(origin: Origin, fetched: Fetched) -> Article | str:
    """The article of the page, or why there is none."""
    try:
        page = parse_page(
            fetched.body, content_type=fetched.content_type, url=fetched.url, now=origin.now
        )
        return article_of(page.entry, origin) or "it has neither title nor text"
    except SourceError as error:
        return error.problem.message
    except MemoryError:
        raise
    except Exception as error:  # a document has triggered a bug in the parser
        return f"reading it failed: {type(error).__name__}: {error}"


def _failed(
    memory: FetchMemory, origin: Origin, article: Article | None, problem: str
) -> FollowedPage:
    return FollowedPage(
        memory=memory, checked_at=origin.now, article=article, problem=one_line(problem, 300)
    )


def _findings(origin: Origin, pages: Sequence[FollowedPage]) -> list[SourceFinding]:
    failed = [page for page in pages if page.problem]
    if not failed:
        return []
    first = failed[0]
    return [
        origin.warning(
            f"{len(failed)} of {counted(len(pages), 'followed page')} cannot be read, such as"
            f" {first.memory.source}: {first.problem}; their articles stay as the feed gives them",
            "nothing to do: they are tried again after a day",
        )
    ]


def _summary(article: Article, page: Article) -> str:
    """The feed's summary, unless it is empty, cut off, or only the headline, and the page has one."""
    own = article.summary
    cut = own.endswith(("…", "...", "[…]", "[...]")) or own.casefold() == article.title.casefold()
    return page.summary if page.summary and (not own or (cut and len(page.summary) > 40)) else own


def _tags(own: tuple[Tag, ...], more: tuple[Tag, ...]) -> tuple[Tag, ...]:
    """The feed's tags, then those of the page that are not among them."""
    slugs = {tag.slug for tag in own}
    return (*own, *(tag for tag in more if tag.slug not in slugs))[:MAX_TAGS]


def _is_small(image: Image) -> bool:
    return image.width is not None and image.width < SMALL_PICTURE
