"""Makes articles of the newsletters that came by mail: each link is resolved to the page it leads to.

A link in a mail names its reader. It is opened once, guarded like every fetch, and what stays is the
address that the page states for itself. A link that still may name somebody is left out.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from http import HTTPStatus
from urllib.parse import urlsplit

from newsletter.articles.article import Article
from newsletter.articles.entries import Entry, Origin, articles_of
from newsletter.articles.fetch import HttpClient
from newsletter.articles.follow import filled
from newsletter.articles.mailed.digest import MailStory
from newsletter.articles.mailed.forwarding import forwards_to
from newsletter.articles.mailed.links import (
    forms_of,
    is_front_page,
    is_opaque,
    is_personal,
    without_personal,
)
from newsletter.articles.mailed.mail import MailedNewsletter, read_mailed
from newsletter.articles.mailed.opening import may_be_opened
from newsletter.articles.pictures import Candidate, pixels
from newsletter.articles.reading import Reading, SourceContent, content_of, name_of, parse_content
from newsletter.articles.request import RefusedRedirectError
from newsletter.articles.sanitize import paragraphs_html
from newsletter.articles.source_finding import SourceFinding
from newsletter.articles.subprocesses import run_in_subprocess
from newsletter.articles.urls import absolute_url, canonical_url
from newsletter.errors import AnswerError, SourceError
from newsletter.plural import counted

AT_ONCE = 4
"""Links of one mail that are opened at the same time, each at another host."""
MOST_FORWARDED = 3
"""How often a link is followed through pages that only lead on."""
MOST_TRIES = 3
"""How often a mail is read while links cannot be opened; then they are left out."""

_EXISTS = frozenset(
    {
        HTTPStatus.UNAUTHORIZED,
        HTTPStatus.PAYMENT_REQUIRED,
        HTTPStatus.FORBIDDEN,
        HTTPStatus.NOT_ACCEPTABLE,
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.UNAVAILABLE_FOR_LEGAL_REASONS,
    }
)
"""Answers of a page that is there, and not for a program."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ArrivedMail:
    """A mail that waits to be read: its number, octets, when it came, and how often it was tried."""

    id: int
    content: bytes
    received_at: datetime
    tries: int = 0


class Unresolved(Enum):
    """Why a link does not become an article."""

    PERSONAL = "may identify the reader of the mail"
    GONE = "lead nowhere"
    REFUSED = "lead to where one leaves, signs in or changes settings"
    UNREACHABLE = "cannot be opened"


@dataclass(frozen=True, kw_only=True, slots=True)
class _Page:
    """Where a link leads, and what stands there, if that could be read."""

    url: str
    article: Article | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class _Opener:
    """Opens links of one mail: `never` are those that leave, `ours` what names us in addresses."""

    origin: Origin
    client: HttpClient
    never: frozenset[str]
    ours: frozenset[str]

    def may_open(self, url: str) -> bool:
        """Whether a redirect to the address may be followed."""
        return may_be_opened(url, self.never)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Read:
    """What one mail gave; `is_done` unless it is to be read again."""

    is_done: bool
    articles: Sequence[Article] = ()
    findings: Sequence[SourceFinding] = ()


async def read_mails(mails: Sequence[ArrivedMail], origin: Origin, client: HttpClient) -> Reading:
    """The articles of the mails. A mail whose links cannot be opened now is left for another time.

    So is one that cannot be read; after MOST_TRIES it is given up, so that it stops no other.
    """
    found: dict[str, Article] = {}
    findings: list[SourceFinding] = []
    done: list[int] = []
    for mail in mails:
        try:
            read = await _read(mail, origin, client)
        except SourceError as error:
            why = f"a mail cannot be read: {error.problem.message}"
            read = _Read(is_done=mail.tries + 1 >= MOST_TRIES, findings=(origin.warning(why),))
        if read.is_done:
            done.append(mail.id)
            findings += read.findings
        for article in read.articles:
            found.setdefault(article.key, article)
    return Reading(
        source=origin.source,
        location=origin.location,
        articles=tuple(found.values()),
        findings=tuple(findings),
        mails=tuple(done),
    )


async def _read(mail: ArrivedMail, origin: Origin, client: HttpClient) -> _Read:
    read = await run_in_subprocess(
        read_mailed, mail.content, origin.location, seconds=client.seconds
    )
    if read.problem:
        raise SourceError(read.problem)
    opener = _Opener(
        origin=origin,
        client=client,
        never=frozenset(read.never),
        ours=frozenset(read.tokens) | forms_of(origin.location),
    )
    resolved = await _resolved(read.stories, opener)
    again = Unresolved.UNREACHABLE in resolved and mail.tries + 1 < MOST_TRIES
    return _Read(
        is_done=not again,
        articles=await _articles(mail, read, resolved, opener),
        findings=_findings(read, resolved, origin),
    )


async def _resolved(stories: Sequence[MailStory], opener: _Opener) -> list[_Page | Unresolved]:
    """Where each story's link leads. One connection to a host at a time."""
    turns: defaultdict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(1))
    all_turns = asyncio.Semaphore(AT_ONCE)

    async def one(story: MailStory) -> _Page | Unresolved:
        async with turns[urlsplit(story.link).hostname or ""], all_turns:
            return await _resolve(story.link, opener)

    return list(await asyncio.gather(*map(one, stories)))


async def _resolve(link: str, opener: _Opener) -> _Page | Unresolved:
    try:
        page = await _page_at(link, opener)
    except AnswerError as error:
        if error.status not in _EXISTS:
            gone = error.status in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE)
            return Unresolved.GONE if gone else Unresolved.UNREACHABLE
        page = _Page(url=canonical_url(error.url))
    except RefusedRedirectError:
        return Unresolved.REFUSED
    except SourceError:
        return Unresolved.UNREACHABLE
    if page.article is None and _is_where_it_was(link, page.url) and is_opaque(page.url):
        return Unresolved.PERSONAL  # nothing says that this is not the tracker's own address
    found = await _impersonal(page, opener) if is_personal(page.url, opener.ours) else page
    if found is None:
        return Unresolved.PERSONAL
    return Unresolved.GONE if is_front_page(found.url) else found


def _is_where_it_was(link: str, url: str) -> bool:
    """Whether a link led to no other host than its own."""
    return urlsplit(link).hostname == urlsplit(url).hostname


async def _impersonal(page: _Page, opener: _Opener) -> _Page | None:
    """The same page at an address without what may name somebody; None if there is none."""
    bare = without_personal(page.url, opener.ours)
    if page.article is None or is_personal(bare, opener.ours) or not opener.may_open(bare):
        return None
    try:
        again = await _page_at(bare, opener)
    except SourceError:
        return None
    is_same = again.article is not None and again.article.title == page.article.title
    return again if is_same and not is_personal(again.url, opener.ours) else None


async def _page_at(link: str, opener: _Opener, forwarded: int = 0) -> _Page:
    """What stands where the link leads; the page's own name is its source. Raises SourceError."""
    origin, client = opener.origin, opener.client
    fetched = await client.fetch(link, memory=None, now=origin.now, may_open=opener.may_open)
    unnamed = replace(origin, source="", location=fetched.url, tags=())
    opened = await run_in_subprocess(
        open_page, unnamed, content_of(fetched), seconds=client.seconds
    )
    if opened.onward and forwarded < MOST_FORWARDED:
        if not opener.may_open(opened.onward):
            raise RefusedRedirectError("it leads on to an address that is never opened")
        return await _page_at(opened.onward, opener, forwarded + 1)
    article = opened.article
    return _Page(url=(article and article.url) or canonical_url(fetched.url), article=article)


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenedPage:
    """What a worker finds on a page: its article, and where it sends its reader; "" if it stays."""

    article: Article | None
    onward: str


def open_page(origin: Origin, content: SourceContent) -> OpenedPage:
    """Read a page to which a link led; never raises."""
    article = next(iter(parse_content("page", origin, content, False).articles), None)
    onward = forwards_to(content.body, content.url, is_article=article is not None)
    return OpenedPage(article=article, onward=onward)


async def _articles(
    mail: ArrivedMail,
    read: MailedNewsletter,
    resolved: Sequence[_Page | Unresolved],
    opener: _Opener,
) -> list[Article]:
    """The articles of the stories whose links were resolved: the mail's words, and what it leaves out."""
    pages = [
        (story, page)
        for story, page in zip(read.stories, resolved, strict=True)
        if isinstance(page, _Page)
    ]
    published = min(read.sent or mail.received_at, mail.received_at)
    entries = [_entry(story, page.url, published, opener.ours) for story, page in pages]
    articles = await run_in_subprocess(
        articles_of_stories, entries, opener.origin, seconds=opener.client.seconds
    )
    of_url = {page.url: page.article for _story, page in pages}
    return [
        replace(
            filled(article, page) if (page := of_url.get(article.url)) else article,
            source=page.source if page else name_of(article.url),
        )
        for article in articles
    ]


def articles_of_stories(entries: list[Entry], origin: Origin) -> list[Article]:
    """The articles of the stories; never raises."""
    articles, _remarks = articles_of(entries, origin)
    return list(articles)


def _entry(story: MailStory, url: str, published: datetime, ours: frozenset[str]) -> Entry:
    pictures = [
        Candidate(
            url=address,
            place=f"picture #{number} of the mail",
            alt=picture.alt,
            width=pixels(picture.width),
            height=pixels(picture.height),
        )
        for number, picture in enumerate(story.pictures, 1)
        if (address := absolute_url("", picture.src)) and not is_personal(address, ours)
    ]
    return Entry(
        url=url,
        title=story.title,
        body=paragraphs_html(list(story.paragraphs)),
        published=published,
        pictures=tuple(pictures),
    )


def _findings(
    read: MailedNewsletter, resolved: Sequence[_Page | Unresolved], origin: Origin
) -> list[SourceFinding]:
    """What an editor should know about what became of the mail."""
    named = f"“{read.subject}”" if read.subject else "a mail without a subject"
    findings = []
    if not read.stories:
        findings.append(
            origin.notice(f"{named} has neither stories with links nor a page of its own")
        )
    if read.advertisements:
        findings.append(
            origin.notice(f"{named}: {counted(read.advertisements, 'advertisement')} left out")
        )
    lost: Mapping[Unresolved, int] = {why: list(resolved).count(why) for why in Unresolved}
    for why, number in lost.items():
        if number:
            findings.append(
                origin.warning(
                    f"{named}: {number} of {counted(len(resolved), 'link')} left out, because they"
                    f" {why.value}"
                )
            )
    return findings
