"""The public archive: lists of issues, an issue's page, and feeds of issues, whole or by tag."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

import jinja2
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from newsletter.config.settings import NewsletterSettings, Settings
from newsletter.issues.correction import new_urls
from newsletter.issues.past.post import PastIssue
from newsletter.rendering.corrected import redirected
from newsletter.rendering.translation import long_date
from newsletter.site.edition_addresses import EditionAddresses
from newsletter.site.lists import is_for_readers_only, links_url, public_newsletters
from newsletter.site.picture_addresses import PictureAddresses
from newsletter.store.corrections import replaced_links
from newsletter.store.database import Database
from newsletter.store.past_issues import find_past_issue
from newsletter.web.archive.archive_reader import ArchiveReader, past_path
from newsletter.web.archive.corrections import CorrectedOn
from newsletter.web.archive.editions import EditionReader
from newsletter.web.archive.feeds import IssueFeed, atom, json_feed, rss
from newsletter.web.error_wall import Failure
from newsletter.web.reader.answers import HEADERS as READER_HEADERS
from newsletter.web.reader.routes import ARCHIVE_HEADERS
from newsletter.web.sub_path import route_path

PAGE_HEADERS = {
    **{name: value for name, value in READER_HEADERS.items() if name != "X-Robots-Tag"},
    "Cache-Control": "public, max-age=300",
}
FEED_HEADERS = {
    "Cache-Control": "public, max-age=300",
    "X-Content-Type-Options": "nosniff",
    "Access-Control-Allow-Origin": "*",  # feeds are public, so feed readers in browsers may fetch them
}
FEED_PATH = re.compile(
    r"/archive/(?P<newsletter>[^/]+)(/tags/[^/]+)?/feed\.(?P<form>rss|atom|json)"
)
WRITERS = {
    "rss": (rss, "application/rss+xml"),
    "atom": (atom, "application/atom+xml"),
    "json": (json_feed, "application/feed+json"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Archive:
    """The archive of one site, as endpoints; `corrected_on` dates a correction."""

    settings: Settings
    database: Database
    templates: jinja2.Environment
    clock: Callable[[], datetime]
    pictures: PictureAddresses
    addresses: EditionAddresses
    corrected_on: CorrectedOn

    async def newsletters(self, _request: Request) -> Response:
        """List all newsletters; redirect to the only one."""
        found = public_newsletters(self.settings)
        if len(found) == 1:
            return RedirectResponse(
                f"{self.settings.site.base_path}/archive/{next(iter(found))}", status_code=307
            )
        return self._page("archive/newsletters.html.j2", {"newsletters": found})

    async def issues(self, request: Request) -> Response:
        """The issues of one newsletter, or those of its issues that have a tag."""
        newsletter = self._newsletter(request)
        if newsletter is None:
            return self._nothing()
        archive, tag = self._archive_reader(request, newsletter), request.path_params.get("tag")
        before = request.query_params.get("before", "")
        listing = await run_in_threadpool(
            archive.listing,
            tag,
            int(before) if before.isdecimal() and len(before) < 10 else None,
            request.query_params.get("after"),
        )
        if listing is None:
            return self._nothing()
        context = {"slug": archive.slug, "newsletter": newsletter, "tag": tag, "listing": listing}
        functions = {"date_text": self._date_text, "past_path": past_path}
        return self._page("archive/issues.html.j2", {**context, **functions})

    async def past_issue(self, request: Request) -> Response:
        """An issue that another tool sent."""
        newsletter = self._newsletter(request)
        slug, name = request.path_params["newsletter"], request.path_params["slug"]
        issue = await run_in_threadpool(self._find_past, slug, name)
        if newsletter is None or issue is None:
            return self._nothing()
        html = self.pictures.in_html(issue.html)
        context = {"slug": slug, "newsletter": newsletter, "issue": issue, "html": html}
        canonical = f"{self.settings.site.url}{past_path(slug, issue.slug)}"
        response = self._page(
            "archive/past_issue.html.j2", {**context, "date": self._date_text(issue.published)}
        )
        response.headers["Link"] = f'<{canonical}>; rel="canonical"'
        return response

    def _find_past(self, newsletter: str, slug: str) -> PastIssue | None:
        with self.database.transaction(read_only=True) as connection:
            issue = find_past_issue(connection, newsletter, slug)
            moved = new_urls(replaced_links(connection, newsletter), {})
        return replace(issue, html=redirected(issue.html, moved)) if issue else None

    async def issue(self, request: Request) -> Response:
        """The complete edition of one issue."""
        slug, number = request.path_params["newsletter"], request.path_params["number"]
        canonical = f"{self.settings.site.url}/archive/{slug}/{number}"
        found = await run_in_threadpool(self.editions(slug).find_complete, number)
        if found is None or is_for_readers_only(self.settings, slug):
            return self._nothing()
        headers = {**ARCHIVE_HEADERS, "Link": f'<{canonical}>; rel="canonical"'}
        return HTMLResponse(self.pictures.in_html(found), headers=headers)

    def edition(self, newsletter: str, number: int, key: str) -> str | None:
        """The HTML of one published edition, with its pictures from this site, or None.

        Where not everybody may see it, it opens at its signed address only.
        """
        known = self.addresses.signed_key(newsletter, number, key)
        found = self.editions(newsletter).find_edition(
            number,
            key if known is None else known,
            is_signed=known is not None,
            is_hidden=is_for_readers_only(self.settings, newsletter),
        )
        return self.pictures.in_html(found) if found else None

    def editions(self, newsletter: str) -> EditionReader:
        """The reader of the newsletter's published editions."""
        return EditionReader(
            database=self.database,
            newsletter=newsletter,
            is_removed=newsletter not in self.settings.newsletters,
            links_url=links_url(self.settings, newsletter),
            archive_url=f"{self.settings.site.url}/archive/{newsletter}",
            corrected_on=self.corrected_on,
            preview_of=lambda url: f"{self.settings.site.url}{self.pictures.of_preview(url)}",
        )

    async def feed(self, request: Request) -> Response:
        """The newest issues as RSS, Atom or JSON."""
        newsletter = self._newsletter(request)
        writer = WRITERS.get(request.path_params["form"])
        if newsletter is None or writer is None:
            return self._nothing()
        write, media_type = writer
        tag = request.path_params.get("tag")
        archive = self._archive_reader(request, newsletter)
        feed = await run_in_threadpool(
            archive.feed, tag, request.path_params["form"], now=self.clock()
        )
        if feed is None:
            return self._nothing()
        body = write(feed)
        etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        headers = {**FEED_HEADERS, "ETag": etag}
        if etag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        return Response(body, media_type=media_type, headers=headers)

    def failed_feed(self, request: Request, failure: Failure) -> Response:
        """Answer with a valid feed without entries, so that feed readers keep theirs and retry."""
        path = route_path(request)
        match = FEED_PATH.fullmatch(path)
        assert match is not None  # noqa: S101 - the caller has matched the path
        write, media_type = WRITERS[match["form"]]
        newsletter = public_newsletters(self.settings).get(match["newsletter"])
        title = newsletter.title if newsletter else match["newsletter"]
        feed = IssueFeed(
            title=title,
            description=failure.message,
            home=f"{self.settings.site.url}/archive",
            address=f"{self.settings.site.url}{path}",
            language=self.settings.site.language,
            author=title,
            updated=self.clock(),
            entries=(),
        )
        headers = {**FEED_HEADERS, **failure.all_headers}
        return Response(write(feed), failure.status, headers, media_type)

    def _newsletter(self, request: Request) -> NewsletterSettings | None:
        return public_newsletters(self.settings).get(request.path_params["newsletter"])

    def _archive_reader(self, request: Request, newsletter: NewsletterSettings) -> ArchiveReader:
        return ArchiveReader(
            database=self.database,
            site=self.settings.site,
            slug=request.path_params["newsletter"],
            newsletter=newsletter,
            corrected_on=self.corrected_on,
        )

    def _date_text(self, moment: datetime) -> str:
        site = self.settings.site
        return long_date(moment.astimezone(site.zone), site.language)

    def _page(self, name: str, context: dict[str, object], status: int = 200) -> Response:
        text = self.templates.get_template(name).render(context)
        return HTMLResponse(text, status_code=status, headers=PAGE_HEADERS)

    def _nothing(self) -> Response:
        """What is not there may be soon: a cache that a stranger had keep this would hide a new issue."""
        response = self._page("archive/nothing.html.j2", {}, 404)
        response.headers["Cache-Control"] = "no-store"
        return response


def archive_routes(archive: Archive) -> list[Route]:
    """The routes, for any Starlette application. None of them changes anything."""
    return [
        Route("/archive", archive.newsletters, methods=["GET"]),
        Route("/archive/{newsletter}", archive.issues, methods=["GET"]),
        Route("/archive/{newsletter}/{number:int}", archive.issue, methods=["GET"]),
        Route("/archive/{newsletter}/past/{slug}", archive.past_issue, methods=["GET"]),
        Route("/archive/{newsletter}/feed.{form}", archive.feed, methods=["GET"]),
        Route("/archive/{newsletter}/tags/{tag}", archive.issues, methods=["GET"]),
        Route("/archive/{newsletter}/tags/{tag}/feed.{form}", archive.feed, methods=["GET"]),
    ]
