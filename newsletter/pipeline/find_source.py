"""find_source: fetch an address, and find the feed that it is or that its page has."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from newsletter.articles.feed_discovery import feed_links, web_address_of, well_known_addresses
from newsletter.articles.fetch import Fetched, HttpClient, RetryLaterError
from newsletter.articles.identity.addresses import location_key
from newsletter.articles.read_sources import read_fetched
from newsletter.articles.reading import Reading
from newsletter.articles.source_summary import SourceSummary
from newsletter.articles.subprocesses import run_in_subprocess
from newsletter.articles.tags import Vocabulary, make_vocabulary
from newsletter.articles.urls import is_web_address
from newsletter.config.access import redacted_mistake
from newsletter.config.settings import SourceSettings
from newsletter.errors import InputError, SourceError
from newsletter.site.site import Site

_COMMENTS_TITLE = re.compile(r"comments (?:on|for):? ", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True, slots=True)
class FoundSource:
    """A source that was read once: as a feed, or, if the page has none, as a page."""

    source: SourceSettings
    fetched: Fetched
    reading: Reading

    @property
    def problem(self) -> str:
        """Why it could not be read, or ""."""
        return next((f.message for f in self.reading.findings if f.severity == "failure"), "")


def reading_facts(found: FoundSource, summary: SourceSummary) -> dict[str, Any]:
    """What one reading showed, under the names that `sources test --json` and the API give it.

    Times are aware datetimes, or None.
    """
    fetched = found.fetched
    return {
        "kind": found.source.kind,
        "location": found.source.location,
        "url": fetched.url,
        "moved_to": fetched.moved_to,
        "status": fetched.status,
        "content_type": fetched.content_type,
        "encoding": fetched.encoding,
        "title": found.reading.source,
        "entries": summary.entries,
        "undated": summary.undated,
        "oldest": summary.oldest,
        "newest": summary.newest,
        "pictures": summary.with_picture,
        "authors": summary.with_author,
        "summaries": summary.with_summary,
        "tags": [{"tag": label, "articles": count} for label, count in summary.tags],
        "known_by": summary.known_by.value,
    }


def find_source(site: Site, url: str, *, as_configured: bool, now: datetime) -> FoundSource:
    """Read the feed at `url`, or the main feed of the page there, or else the page itself.

    If `as_configured`, the address of a source in newsletter.toml is read as that source, with its
    credentials and headers. Raises InputError if it is not a web address, SourceError if it cannot be fetched.
    """
    typed = web_address_of(url)
    if not is_web_address(typed):
        raise InputError(
            f"{redacted_mistake(url[:200])!r} is not a web address",
            field="url",
            fix="give the address of a feed or of a site, such as https://site.example/",
        )
    finder = _Finder(site=site, now=now)
    if as_configured and (known := _configured(site, typed)) is not None:
        return asyncio.run(finder.read(known))
    return asyncio.run(finder.find(typed, scheme_is_guessed="://" not in url))


def _configured(site: Site, url: str) -> SourceSettings | None:
    """The source at this address in newsletter.toml."""
    key = location_key(url)
    return next(
        (
            source
            for newsletter in site.settings.newsletters.values()
            for source in newsletter.sources
            if is_web_address(source.location) and location_key(source.location) == key
        ),
        None,
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Finder:
    site: Site
    now: datetime

    @property
    def _vocabulary(self) -> Vocabulary:
        return make_vocabulary(self.site.settings.tags.known, self.site.settings.tags.aliases)

    async def read(self, source: SourceSettings) -> FoundSource:
        """Read one source as it is configured."""
        async with HttpClient(self.site.settings.fetch.allowing(source.allow_private)) as client:
            return await self._fetched(client, source)

    async def find(self, url: str, *, scheme_is_guessed: bool) -> FoundSource:
        """Read the feed at `url`, or that of the page there, or the page."""
        async with HttpClient(self.site.settings.fetch) as client:
            try:
                first = await self._fetched(client, SourceSettings(feed=url))
            except SourceError:
                if not scheme_is_guessed:
                    raise
                url = url.replace("https://", "http://", 1)
                first = await self._fetched(client, SourceSettings(feed=url))
            if not first.problem or not _is_page(first.fetched):
                return first
            for address in await self._addresses(client, first):
                if (found := await self._tried(client, first, address)) is not None:
                    return found
            page = first.source.model_copy(update={"feed": None, "page": first.source.location})
            return await self._read(client, page, first.fetched)

    async def _fetched(self, client: HttpClient, source: SourceSettings) -> FoundSource:
        try:
            fetched = await client.fetch(
                source.location, memory=None, now=self.now, access=source.access
            )
        except RetryLaterError as error:
            message = f"{source.location} cannot be read now: {error.problem.message}"
            raise RetryLaterError(message, error.not_before) from error
        except SourceError as error:
            raise SourceError(
                f"{source.location} cannot be read: {error.problem.message}",
                field=error.problem.field,
                fix=error.problem.fix or "check the address",
            ) from error
        return await self._read(client, source, fetched)

    async def _read(
        self, client: HttpClient, source: SourceSettings, fetched: Fetched
    ) -> FoundSource:
        reading = await read_fetched(
            source,
            fetched,
            vocabulary=self._vocabulary,
            now=self.now,
            zone=self.site.settings.site.zone,
            seconds=client.seconds,
        )
        return FoundSource(source=source, fetched=fetched, reading=reading)

    async def _addresses(self, client: HttpClient, page: FoundSource) -> list[str]:
        """Where the page's feed may be: what it links to, then the well-known places."""
        links = await run_in_subprocess(
            _links,
            page.fetched.body,
            page.fetched.content_type,
            page.fetched.url,
            seconds=client.seconds,
        )
        return list(dict.fromkeys((*links, *well_known_addresses(page.fetched.url))))

    async def _tried(
        self, client: HttpClient, page: FoundSource, address: str
    ) -> FoundSource | None:
        """The feed at this address; None if there is none, or it is one of comments."""
        is_there = host_of(address) == host_of(page.source.location)
        source = SourceSettings(feed=address, auth=page.source.auth if is_there else None)
        try:
            found = await self._fetched(client, source)
        except SourceError:
            return None
        return None if found.problem or _COMMENTS_TITLE.match(found.reading.source) else found


def _links(body: bytes, content_type: str, url: str) -> list[str]:
    return [link.url for link in feed_links(body, content_type=content_type, url=url)]


def _is_page(fetched: Fetched) -> bool:
    """Whether the answer is HTML."""
    return "html" in fetched.content_type or b"<html" in fetched.body[:4096].lower()


def host_of(url: str) -> str:
    """The host of an address without user and password, with its port."""
    return urlsplit(url).netloc.lower()
