"""/: what the site's newsletters are, with their sign-up forms, newest issues and feeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from newsletter.rendering.translation import long_date
from newsletter.site.lists import public_newsletters
from newsletter.store.archive import published
from newsletter.store.past_issues import past_issue_lines
from newsletter.web.archive.archive_reader import past_path
from newsletter.web.reader.answers import WITH_SCRIPT, page
from newsletter.web.reader.join import empty_form
from newsletter.web.reader.reader_context import ReaderContext

HEADERS = {name: value for name, value in WITH_SCRIPT.items() if name != "X-Robots-Tag"}


@dataclass(frozen=True, kw_only=True, slots=True)
class NewestIssue:
    """A newsletter's newest issue, its own or one that another tool sent."""

    path: str
    title: str
    summary: str
    at: datetime
    date: str


@dataclass(frozen=True, kw_only=True, slots=True)
class NewsletterCard:
    """A newsletter as the page presents it, with its newest issue if there is one.

    `suggest` is the path of the page to suggest an article, or "".
    """

    slug: str
    title: str
    tagline: str
    newest: NewestIssue | None
    suggest: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ListCard:
    """A list: the newsletters that are sent to it, and one form to join it."""

    newsletters: Sequence[NewsletterCard]
    form: Mapping[str, Any]
    join: str


class LandingPage:
    """GET shows the page and changes nothing."""

    def __init__(self, context: ReaderContext) -> None:
        self.context = context

    async def get(self, _request: Request) -> Response:
        """The page; a site with one newsletter presents just that one."""
        cards = await run_in_threadpool(self._cards)
        return page(
            self.context.templates, "archive/landing.html.j2", {"lists": cards}, headers=HEADERS
        )

    def _cards(self) -> Sequence[ListCard]:
        settings = self.context.settings
        # In the order of the file. A digest is another way to read the same newsletter.
        slugs = dict.fromkeys(one.list for one in public_newsletters(settings).values())
        return [
            ListCard(
                newsletters=self._newsletters(slug),
                form=empty_form(self.context, slug),
                join=self.context.path(f"/join/{slug}"),
            )
            for slug in slugs
        ]

    def _newsletters(self, list_slug: str) -> Sequence[NewsletterCard]:
        public = public_newsletters(self.context.settings)
        found = {slug: one for slug, one in public.items() if one.list == list_slug}
        shown = {slug: one for slug, one in found.items() if one.digest_of is None} or found
        with self.context.database.transaction(read_only=True) as connection:
            newest = {slug: self._newest(connection, slug) for slug in shown}
        return [
            NewsletterCard(
                slug=slug,
                title=newsletter.title,
                tagline=newsletter.tagline,
                newest=newest[slug],
                suggest=self.context.suggest_path(slug),
            )
            for slug, newsletter in shown.items()
        ]

    def _newest(self, connection: sa.Connection, slug: str) -> NewestIssue | None:
        for issue in published(connection, slug, limit=1):
            path = f"/archive/{slug}/{issue.number}"
            return self._shown(path, issue.subject, issue.preheader, issue.dated)
        for past in past_issue_lines(connection, slug, limit=1):
            path = past_path(slug, past.slug)
            return self._shown(path, past.title, past.summary, past.published_at)
        return None

    def _shown(self, path: str, title: str, summary: str, at: datetime) -> NewestIssue:
        site = self.context.settings.site
        return NewestIssue(
            path=self.context.path(path),
            title=title,
            summary=summary,
            at=at,
            date=long_date(at.astimezone(site.zone), site.language),
        )
