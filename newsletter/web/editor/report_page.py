"""/desk/…/report: the live progress of a send, and its result."""

from __future__ import annotations

from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from newsletter.issues.issue import Issue, State
from newsletter.pipeline.report import IssueReport, SendProgress, progress, report
from newsletter.pipeline.send import waiting_of
from newsletter.rendering.safe_text import web_link
from newsletter.rendering.views import source_name
from newsletter.site.time_zones import place_of
from newsletter.web.editor.editor_context import HEADERS, EditorContext
from newsletter.web.editor.issue_page import CLOSED
from newsletter.web.editor.plots import (
    GROUPS,
    acceptance_curve,
    domain_bars,
    link_bars,
    share_bar,
)


class ReportPage:
    """Shows the report, and its counts for a script; neither changes anything."""

    def __init__(self, context: EditorContext) -> None:
        self.context = context

    async def get(self, request: Request) -> Response:
        """The report, with the progress of a running send."""
        issue = await self.context.issue(request)
        if issue.state not in CLOSED:
            return RedirectResponse(self.context.desk_url(issue), status_code=303)
        context = await run_in_threadpool(self._context, issue)
        return await self.context.page(request, "report.html.j2", context)

    async def progress(self, request: Request) -> Response:
        """The counts alone, which the page asks for to see whether anything has changed."""
        issue = await self.context.issue(request)
        now = await run_in_threadpool(progress, self.context.site, issue)
        return JSONResponse(progress_document(now), headers=HEADERS)

    def _context(self, issue: Issue) -> dict[str, Any]:
        site = self.context.site
        found = report(site, issue)
        unsent = (found.progress.audience or 0) - found.progress.settled
        is_sending = found.issue.state is State.SENDING
        waits = waiting_of(site, issue, self.context.clock()) if is_sending else None
        return {
            "issue": found.issue,
            "newsletter": site.newsletter(issue.newsletter),
            "url": self.context.desk_url(issue),
            "now": self.context.clock(),
            "zone": site.settings.site.zone,
            "report": found,
            "counts": found.progress.counts,
            "progress": progress_document(found.progress),
            "groups": list(GROUPS),
            "whole": share_bar(found.progress.counts),
            "bars": domain_bars(found.domains),
            "curve": acceptance_curve(found.acceptances),
            "links": link_bars(found.clicks.links, _names(issue)) if found.clicks else (),
            "waiting": waits,
            "only_waits": waits is not None and waits.count == unsent,
            "places": lambda zones: [place_of(zone, "en") for zone in zones],
            "is_live": self._is_live(found),
            "send_problem": self.context.send_jobs.problem(issue.name),
            "running_here": self.context.send_jobs.is_running(issue.name),
        }

    def _is_live(self, found: IssueReport) -> bool:
        """Whether the numbers still change: it is being sent, or its senders end their work."""
        ends = found.issue.state is State.STOPPED and found.progress.on_their_way > 0
        return found.issue.state is State.SENDING or ends


def _names(issue: Issue) -> dict[str, str]:
    """The issue's own titles for the pages that its links lead to, by URL."""
    others = {
        web_link(other.url): f"{item.title} ({source_name(other.source)})"
        for item in issue.items
        for other in item.article.also
    }
    blocks = {web_link(block.url): block.title or block.link_text for block in issue.blocks}
    stories = {web_link(item.article.url): item.title for item in issue.items}
    return {url: name for url, name in {**others, **blocks, **stories}.items() if url and name}


def progress_document(now: SendProgress) -> dict[str, Any]:
    """The progress as the page's script reads it."""
    return {
        "state": now.state.value,
        "audience": now.audience or 0,
        "settled": now.settled,
        "counts": {state.value: count for state, count in now.counts.items()},
    }
