"""/desk/…/report: the live progress of a send, and its result."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from newsletter.issues.issue import Issue, State
from newsletter.pipeline.report import SendProgress, progress, report
from newsletter.rendering.safe_text import web_link
from newsletter.rendering.views import source_name
from newsletter.web.editor.changes import LONGEST_SECONDS, stream
from newsletter.web.editor.editor_context import EditorContext
from newsletter.web.editor.issue_page import CLOSED
from newsletter.web.editor.plots import (
    GROUPS,
    acceptance_curve,
    domain_bars,
    link_bars,
    share_bar,
)

TICK_SECONDS = 0.5


class ReportPage:
    """Shows the report and streams its progress; neither changes anything."""

    def __init__(self, context: EditorContext) -> None:
        self.context = context

    async def get(self, request: Request) -> Response:
        """The report, with the progress of a running send."""
        issue = await self.context.issue(request)
        if issue.state not in CLOSED:
            return RedirectResponse(self.context.desk_url(issue), status_code=303)
        context = await run_in_threadpool(self._context, issue)
        return await self.context.page(request, "report.html.j2", context)

    async def events(self, request: Request) -> Response:
        """The progress as server-sent events, until the send ends."""
        issue = await self.context.issue(request)

        async def ticks() -> AsyncIterator[str]:
            before: SendProgress | None = None
            rate = 0.0
            for _turn in range(int(LONGEST_SECONDS / TICK_SECONDS)):
                now = await run_in_threadpool(progress, self.context.site, issue)
                if before is not None:
                    latest = (now.settled - before.settled) / TICK_SECONDS
                    rate = latest if rate == 0 else 0.7 * rate + 0.3 * latest
                before = now
                yield f"event: progress\ndata: {json.dumps(progress_document(now, rate))}\n\n"
                if now.state is not State.SENDING:
                    yield "event: end\ndata: {}\n\n"
                    return
                if await request.is_disconnected():
                    return
                await asyncio.sleep(TICK_SECONDS)

        return stream(ticks())

    def _context(self, issue: Issue) -> dict[str, Any]:
        site = self.context.site
        found = report(site, issue)
        return {
            "issue": found.issue,
            "newsletter": site.newsletter(issue.newsletter),
            "url": self.context.desk_url(issue),
            "zone": site.settings.site.zone,
            "report": found,
            "counts": found.progress.counts,
            "progress": progress_document(found.progress, 0.0),
            "groups": list(GROUPS),
            "whole": share_bar(found.progress.counts),
            "bars": domain_bars(found.domains),
            "curve": acceptance_curve(found.acceptances),
            "links": link_bars(found.clicks.links, _names(issue)) if found.clicks else (),
            "send_problem": self.context.send_jobs.problem(issue.name),
            "running_here": self.context.send_jobs.is_running(issue.name),
        }


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


def progress_document(now: SendProgress, rate: float) -> dict[str, Any]:
    """The progress as the page's script reads it. `left` is in seconds, None while unknown."""
    audience = now.audience or 0
    waiting = audience - now.settled
    return {
        "state": now.state.value,
        "audience": audience,
        "settled": now.settled,
        "counts": {state.value: count for state, count in now.counts.items()},
        "rate": round(rate, 1),
        "left": round(waiting / rate) if rate > 0.05 else None,
    }
