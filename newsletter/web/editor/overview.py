"""/desk: every newsletter with its issues and their states."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from newsletter.issues.issue import OPEN_STATES, Issue
from newsletter.issues.reasons import FailedSource
from newsletter.pipeline.draft import draft
from newsletter.pipeline.gather import gather
from newsletter.pipeline.late_arrivals import late_arrivals
from newsletter.pipeline.status import IssueStatus, site_status
from newsletter.site.occasions import coming_due
from newsletter.store.audit import record
from newsletter.store.issues import open_issue
from newsletter.store.job_outcomes import JobOutcome
from newsletter.web.editor.editor_context import EditorContext
from newsletter.web.editor.notices import fetched_query

SHOWN = 12
"""The most past issues on the page; the archive has all of them."""

_JOBS = {
    "letters": "sending of mail to readers",
    "inbound": "processing of incoming mail",
    "webhooks": "sending of webhooks",
    "retention": "removal of old data",
    "operators": "notification of the operators",
    "source-alerts": "notification of the operators",
}
"""The site's jobs in an editor's words."""


@dataclass(frozen=True, kw_only=True, slots=True)
class NewsletterView:
    """One newsletter on the page: its coming issue, its running sends, its past issues."""

    slug: str
    title: str
    list_slug: str
    is_due: bool
    failed_sources: tuple[FailedSource, ...]
    goes_out: datetime
    coming: Issue | None
    running: tuple[IssueStatus, ...]
    past: tuple[IssueStatus, ...]


class OverviewPage:
    """GET shows the newsletters; POST drafts the coming issue."""

    def __init__(self, context: EditorContext) -> None:
        self.context = context

    async def get(self, request: Request) -> Response:
        """All newsletters."""
        return await self.context.page(
            request, "overview.html.j2", await run_in_threadpool(self._read)
        )

    async def newsletter(self, request: Request) -> Response:
        """Redirect to a newsletter's current issue."""
        issue = await run_in_threadpool(self.context.find, request.path_params["slug"], None)
        return RedirectResponse(self.context.desk_url(issue), status_code=303)

    async def make(self, request: Request) -> Response:
        """Draft the coming issue, after gathering if the form asks for it, and redirect to it."""
        editor = await self.context.editor(request)
        slug = request.path_params["slug"]
        fetch = (await request.form()).get("gather") == "yes"

        def make() -> tuple[Issue, str]:
            now = self.context.clock()
            site = self.context.site
            had = self._known_keys(slug)
            readings = gather(site, slug, now=now) if fetch else ()
            issue = draft(site, slug, now=now)
            with site.database.transaction() as connection:
                record(connection, who=editor.address, what="draft", detail=issue.name, now=now)
            if not fetch:
                return issue, ""
            failed = sum(1 for reading in readings if reading.has_failed)
            new = len(self._known_keys(slug) - had)
            return issue, "?" + fetched_query(sources=len(readings), failed=failed, new=new)

        issue, query = await run_in_threadpool(make)
        return RedirectResponse(self.context.desk_url(issue) + query, status_code=303)

    def _known_keys(self, slug: str) -> frozenset[str]:
        """The keys of the articles that the coming issue has or has left out."""
        site = self.context.site
        with site.database.transaction(read_only=True) as connection:
            issue = open_issue(connection, slug)
        if issue is None:
            return frozenset()
        late = late_arrivals(site, issue)
        return frozenset(
            [item.article.key for item in issue.items]
            + [out.key for out in (*issue.left_out, *late)]
        )

    def _read(self) -> dict[str, Any]:
        site, now = self.context.site, self.context.clock()
        status = site_status(site, now=now)
        views = []
        for slug, newsletter in site.settings.newsletters.items():
            own = [entry for entry in reversed(status.issues) if entry.issue.newsletter == slug]
            coming = next((entry.issue for entry in own if entry.issue.state in OPEN_STATES), None)
            sending = [entry for entry in own if entry.issue.state in ("sending", "stopped")]
            past = [entry for entry in own if entry.issue is not coming and entry not in sending]
            views.append(
                NewsletterView(
                    slug=slug,
                    title=newsletter.title,
                    list_slug=newsletter.list,
                    is_due=slug in status.due,
                    failed_sources=status.failed_sources[slug],
                    goes_out=coming.goes_out if coming else self._coming_due(slug, now),
                    coming=self.context.find(slug, coming.number) if coming else None,
                    running=tuple(sending),
                    past=tuple(past[:SHOWN]),
                )
            )
        troubled = [self._trouble_text(one) for one in status.jobs if one.is_troubled]
        return {"newsletters": views, "troubled": troubled, "zone": site.settings.site.zone}

    def _coming_due(self, slug: str, now: datetime) -> datetime:
        """When the issue goes out that a draft made now would be."""
        with self.context.site.database.transaction(read_only=True) as connection:
            return coming_due(self.context.site, connection, slug, now)

    def _trouble_text(self, outcome: JobOutcome) -> str:
        """A sentence about the job's trouble for editors; details are for the operators."""
        kind, _, name = outcome.job.partition(":")
        newsletter = self.context.site.settings.newsletters.get(name)
        what = f"work on {newsletter.title}" if newsletter else _JOBS.get(kind, outcome.job)
        return f"The last {what} did not finish properly."
