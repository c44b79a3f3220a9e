"""/desk: the first page: what goes out next, how the last issue did, and what needs a person."""

from __future__ import annotations

from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from newsletter.issues.issue import Issue
from newsletter.pipeline.draft import draft
from newsletter.pipeline.gather import gather
from newsletter.pipeline.late_arrivals import late_arrivals
from newsletter.store.audit import record
from newsletter.store.issues import open_issue
from newsletter.store.job_outcomes import JobOutcome, last_outcomes
from newsletter.store.newsletters import is_armed
from newsletter.web.editor.editor_context import EditorContext
from newsletter.web.editor.notices import fetched_query
from newsletter.web.home.facts import FactsReader
from newsletter.web.home.home import due_in, home_of
from newsletter.web.home.words import JOBS, STEPS, task_link, task_text
from subscribers.inbound.mail_log import count_quarantined


class HomePage:
    """GET shows the newsletters; POST drafts the coming issue."""

    def __init__(self, context: EditorContext) -> None:
        self.context = context
        self.facts = FactsReader(context.site)

    async def get(self, request: Request) -> Response:
        """All newsletters."""
        return await self.context.page(request, "home.html.j2", await run_in_threadpool(self._read))

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
        with site.database.transaction(read_only=True) as connection:
            jobs = last_outcomes(connection)
            armed = is_armed(connection)
            waiting = count_quarantined(connection)
        return {
            "newsletters": [home_of(facts) for facts in self.facts.read(now)],
            "troubled": [self._trouble_text(one) for one in jobs if one.is_troubled],
            "armed": armed,
            "waiting": waiting,
            "task_text": task_text,
            "task_link": task_link,
            "steps": STEPS,
            "due_in": due_in,
            "now": now,
            "zone": site.settings.site.zone,
        }

    def _trouble_text(self, outcome: JobOutcome) -> str:
        """A sentence about the job's trouble for editors; details are for the operators."""
        kind, _, name = outcome.job.partition(":")
        newsletter = self.context.site.settings.newsletters.get(name)
        what = f"work on {newsletter.title}" if newsletter else JOBS.get(kind, outcome.job)
        return f"The last {what} did not finish properly."
