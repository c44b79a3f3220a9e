"""/desk/…/corrections: correct a story of a sent issue, see the mail, and approve or discard it."""

from __future__ import annotations

from functools import partial
from typing import Any

from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from newsletter.errors import InputError, NewsletterError, UnknownNameError
from newsletter.issues.issue import Issue, State
from newsletter.issues.named_story import shown_stories
from newsletter.pipeline.correct import (
    LONGEST_LINK,
    LONGEST_TEXT,
    CorrectionRequest,
    approve_correction,
    discard_correction,
    shown_corrections,
    write_correction,
)
from newsletter.pipeline.flush_letters import post_or_leave
from newsletter.web.editor.editor_context import HEADERS, HIGHEST_NUMBER, EditorContext
from newsletter.web.editor.framing import frame_policy, framed
from newsletter.web.editor.issue_page import CLOSED
from newsletter.web.error_wall import DATABASE_ERRORS


class CorrectionsPage:
    """GET shows the corrections; editors write and discard them, publishers approve them."""

    def __init__(self, context: EditorContext) -> None:
        self.context = context

    async def get(self, request: Request) -> Response:
        """The issue's corrections, and the form for another one."""
        issue = await self.context.issue(request)
        if issue.state is not State.SENT:
            page = "report" if issue.state in CLOSED else ""
            return RedirectResponse(self.context.desk_url(issue, page), status_code=303)
        return await self._page(request, issue)

    async def write(self, request: Request) -> Response:
        """Keep what the form says; nothing is sent."""
        issue = await self.context.issue(request)
        form = await request.form()
        wanted = CorrectionRequest(
            story=str(form.get("story", "")),
            text=str(form.get("text", "")),
            new_url=str(form.get("link", "")),
        )
        return await self._change(request, issue, partial(self._write, issue, wanted))

    async def send(self, request: Request) -> Response:
        """Make the correction public, and let its letters go out."""
        issue = await self.context.issue(request)
        change = partial(self._approve, issue, _number(request))
        answer = await self._change(request, issue, change)
        answer.background = BackgroundTask(post_or_leave, self.context.site, self.context.clock)
        return answer

    async def discard(self, request: Request) -> Response:
        """Delete a correction that nobody approved."""
        issue = await self.context.issue(request)
        return await self._change(request, issue, partial(self._discard, issue, _number(request)))

    async def frame(self, request: Request) -> Response:
        """The mail as it is sent, with specimen links."""
        issue = await self.context.issue(request)
        (shown,) = await run_in_threadpool(
            shown_corrections,
            self.context.site,
            issue,
            now=self.context.clock(),
            only=_number(request),
        )
        policy = frame_policy(images=False)
        return HTMLResponse(
            framed(shown.mail.html), headers={**HEADERS, "Content-Security-Policy": policy}
        )

    def _write(self, issue: Issue, wanted: CorrectionRequest, editor: str) -> int:
        site, now = self.context.site, self.context.clock()
        return write_correction(site, issue, wanted, editor=editor, now=now).id

    def _approve(self, issue: Issue, number: int, editor: str) -> int:
        site, now = self.context.site, self.context.clock()
        return approve_correction(site, issue, number, editor=editor, now=now).id

    def _discard(self, issue: Issue, number: int, editor: str) -> int:
        site, now = self.context.site, self.context.clock()
        discard_correction(site, issue, number, editor=editor, now=now)
        return number

    async def _change(self, request: Request, issue: Issue, change: partial[int]) -> Response:
        """Do it in the name of the editor, and show the page again."""
        editor = (await self.context.editor(request)).address
        try:
            number = await run_in_threadpool(change, editor)
        except DATABASE_ERRORS:
            raise
        except NewsletterError as error:
            status = 422 if isinstance(error, InputError) else 409
            fresh = await run_in_threadpool(self.context.find, issue.newsletter, issue.number)
            return await self._page(request, fresh, problem=error, status=status)
        place = f"{self.context.desk_url(issue, 'corrections')}#correction-{number}"
        return RedirectResponse(place, status_code=303)

    async def _page(
        self,
        request: Request,
        issue: Issue,
        *,
        problem: NewsletterError | None = None,
        status: int = 200,
    ) -> Response:
        form = await request.form() if problem else {}
        typed = {name: str(form.get(name, "")) for name in ("story", "text", "link")}
        typed["story"] = typed["story"] or request.query_params.get("story", "")
        context = await run_in_threadpool(self._context, issue)
        values = {**context, "problem": problem, "typed": typed}
        return await self.context.page(request, "corrections.html.j2", values, status)

    def _context(self, issue: Issue) -> dict[str, Any]:
        site = self.context.site
        corrections = shown_corrections(site, issue, now=self.context.clock())
        return {
            "issue": issue,
            "newsletter": site.newsletter(issue.newsletter),
            "url": self.context.desk_url(issue),
            "zone": site.settings.site.zone,
            "corrections": corrections,
            "stories": shown_stories(issue),
            "longest": (LONGEST_TEXT, LONGEST_LINK),
        }


def _number(request: Request) -> int:
    """The correction's id in the URL. Raises UnknownNameError for one that no database can hold."""
    number = int(request.path_params["correction"])
    if number > HIGHEST_NUMBER:
        raise UnknownNameError("there is no such correction")
    return number
