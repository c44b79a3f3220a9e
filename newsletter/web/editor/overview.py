"""/desk: every newsletter with its issues and where they stand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from newsletter.issues.due import next_due
from newsletter.issues.issue import OPEN_STATES, Issue
from newsletter.pipeline.draft import draft
from newsletter.pipeline.gather import gather
from newsletter.pipeline.status import IssueStatus, site_status
from newsletter.store.audit import record
from newsletter.store.job_outcomes import JobOutcome
from newsletter.web.editor.editor_context import EditorContext, desk_url

SHOWN = 12
"""Past issues on the page; the archive has all."""

_JOBS = {
    "letters": "sending of letters to readers",
    "inbound": "reading of mail that came in",
    "webhooks": "telling of other programs",
    "retention": "tidying of old data",
    "operators": "telling of the operators",
}
"""What an editor would call the site's jobs."""


@dataclass(frozen=True, kw_only=True, slots=True)
class NewsletterView:
    """One newsletter on the page: what is coming, and what went out."""

    slug: str
    title: str
    list_slug: str
    is_due: bool
    next_due: datetime
    coming: Issue | None
    running: tuple[IssueStatus, ...]
    past: tuple[IssueStatus, ...]


class OverviewPage:
    """GET shows; POST makes the coming issue."""

    def __init__(self, context: EditorContext) -> None:
        self.context = context

    async def get(self, request: Request) -> Response:
        """All newsletters."""
        return await self.context.page(
            request, "overview.html.j2", await run_in_threadpool(self._look)
        )

    async def newsletter(self, request: Request) -> Response:
        """A newsletter's current issue."""
        issue = await run_in_threadpool(self.context.find, request.path_params["slug"], None)
        return RedirectResponse(desk_url(issue), status_code=303)

    async def make(self, request: Request) -> Response:
        """Draft the coming issue from what has been gathered, or is now, and go to it."""
        editor = await self.context.editor(request)
        slug = request.path_params["slug"]
        fetch = (await request.form()).get("gather") == "yes"

        def make() -> Issue:
            now = self.context.clock()
            if fetch:
                gather(self.context.site, slug, now=now)
            issue = draft(self.context.site, slug, now=now)
            with self.context.site.database.transaction() as connection:
                record(connection, who=editor.address, what="draft", detail=issue.name, now=now)
            return issue

        return RedirectResponse(desk_url(await run_in_threadpool(make)), status_code=303)

    def _look(self) -> dict[str, Any]:
        site, now = self.context.site, self.context.clock()
        status = site_status(site, now=now)
        views = []
        for slug, newsletter in site.settings.newsletters.items():
            own = [entry for entry in reversed(status.issues) if entry.issue.newsletter == slug]
            coming = next((entry.issue for entry in own if entry.issue.state in OPEN_STATES), None)
            going = [entry for entry in own if entry.issue.state in ("sending", "stopped")]
            past = [entry for entry in own if entry.issue is not coming and entry not in going]
            views.append(
                NewsletterView(
                    slug=slug,
                    title=newsletter.title,
                    list_slug=newsletter.list,
                    is_due=slug in status.due,
                    next_due=next_due(newsletter.schedule, site.settings.site.zone, now),
                    coming=self.context.find(slug, coming.number) if coming else None,
                    running=tuple(going),
                    past=tuple(past[:SHOWN]),
                )
            )
        troubled = [self._words(one) for one in status.jobs if one.is_troubled]
        return {"newsletters": views, "troubled": troubled, "zone": site.settings.site.zone}

    def _words(self, outcome: JobOutcome) -> str:
        """What did not work, without what only the operators can use."""
        kind, _, name = outcome.job.partition(":")
        newsletter = self.context.site.settings.newsletters.get(name)
        what = f"work on {newsletter.title}" if newsletter else _JOBS.get(kind, outcome.job)
        return f"The last {what} did not come to a good end."
