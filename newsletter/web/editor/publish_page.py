"""/desk/…/publish: approve, schedule, reopen, hold, test, send. What was approved is what is sent."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from newsletter.errors import InputError, NewsletterError, RelayUnavailableError
from newsletter.issues.desk import EDITABLE
from newsletter.issues.issue import Issue, State
from newsletter.issues.local_times import datetime_input_value, read_moment
from newsletter.pipeline.approve import approve, hold, reschedule, stop
from newsletter.pipeline.ask_approval import ask_for_approval
from newsletter.pipeline.draft import draft
from newsletter.pipeline.edit import reopen
from newsletter.pipeline.flush_letters import post_or_leave
from newsletter.pipeline.reader_copy import Reader
from newsletter.pipeline.reader_view import ReaderView, audience_size, view_as_reader
from newsletter.pipeline.report import close
from newsletter.pipeline.review import open_count, require_settled
from newsletter.pipeline.send_test import send_test
from newsletter.store.audit import record
from newsletter.web.editor.editor_context import EditorContext
from newsletter.web.editor.forms import item_id
from newsletter.web.editor.issue_page import CLOSED, seen_version
from newsletter.web.error_wall import DATABASE_ERRORS


class PublishPage:
    """GET shows what approval would do; each POST changes the issue's state once."""

    def __init__(self, context: EditorContext) -> None:
        self.context = context

    async def get(self, request: Request) -> Response:
        """The checks and the buttons."""
        issue = await self.context.issue(request)
        if issue.state in CLOSED:
            return RedirectResponse(self.context.desk_url(issue, "report"), status_code=303)
        return await self._page(request, issue)

    async def approve(self, request: Request) -> Response:
        """Freeze the issue as the publisher saw it, to be sent at the form's time."""
        issue = await self.context.issue(request)
        form = await request.form()
        seen = seen_version(str(form.get("seen", "")))
        despite = seen_version(str(form.get("despite", "")))

        def act() -> None:
            require_settled(self.context.site, issue, despite=despite)
            approve(
                self.context.site,
                issue.newsletter,
                issue.number,
                now=self.context.clock(),
                seen=seen,
                send_at=self._chosen_time(issue, str(form.get("send_at", ""))),
            )

        return await self._move(request, issue, "approve", act, "publish")

    async def schedule(self, request: Request) -> Response:
        """Send the approved issue at another time; an empty field means its due time."""
        issue = await self.context.issue(request)
        form = await request.form()
        editor = (await self.context.editor(request)).address

        def act() -> None:
            reschedule(
                self.context.site,
                issue.newsletter,
                issue.number,
                send_at=self._chosen_time(issue, str(form.get("send_at", ""))),
                editor=editor,
                now=self.context.clock(),
            )

        return await self._move(request, issue, "", act, "publish")

    async def reopen(self, request: Request) -> Response:
        """Make an approved issue a draft again, with late articles if the form asks for them."""
        issue = await self.context.issue(request)
        take_in = (await request.form()).get("take-in") == "yes"
        editor = (await self.context.editor(request)).address

        def act() -> None:
            reopen(
                self.context.site,
                issue.newsletter,
                issue.number,
                editor=editor,
                now=self.context.clock(),
            )
            if take_in:
                draft(self.context.site, issue.newsletter, now=self.context.clock())

        return await self._move(request, issue, "", act, "")

    async def hold(self, request: Request) -> Response:
        """Keep the issue from being sent automatically."""
        issue = await self.context.issue(request)

        def act() -> None:
            hold(self.context.site, issue.newsletter, issue.number)

        return await self._move(request, issue, "hold", act, "publish")

    async def test(self, request: Request) -> Response:
        """Send one marked message to an allowed address; the issue does not change."""
        issue = await self.context.issue(request)
        form = await request.form()
        to = str(form.get("to", "")).strip()
        try:
            receipt = await run_in_threadpool(
                send_test, self.context.site, issue.newsletter, issue.number, to=to,
                now=self.context.clock(),
            )  # fmt: skip
        except DATABASE_ERRORS:
            raise
        except NewsletterError as error:
            status = 502 if isinstance(error, RelayUnavailableError) else 422
            return await self._page(request, issue, problem=error, status=status)
        editor = (await self.context.editor(request)).address
        await run_in_threadpool(self._record, editor, "test", f"{issue.name} to {to}")
        notice = f"A test went to {to}. {receipt.relay} accepted it: {receipt.code} {receipt.text}"
        return await self._page(request, issue, notice=notice)

    async def ask(self, request: Request) -> Response:
        """Ask the publishers by mail to approve the issue."""
        issue = await self.context.issue(request)
        editor = await self.context.editor(request)
        note = str((await request.form()).get("note", ""))
        try:
            asked = await run_in_threadpool(
                ask_for_approval, self.context.site, issue.newsletter, issue.number, editor=editor,
                note=note, now=self.context.clock(),
            )  # fmt: skip
        except DATABASE_ERRORS:
            raise
        except NewsletterError as error:
            return await self._page(request, issue, problem=error, status=409)
        who = ", ".join(asked.addresses)
        notice = f"{who} had been asked to approve this version already" if asked.is_again else ""
        answer = await self._page(request, issue, notice=notice or f"A mail goes to {who}")
        answer.background = BackgroundTask(post_or_leave, self.context.site, self.context.clock)
        return answer

    async def send(self, request: Request) -> Response:
        """Start the send, or resume a stopped one."""
        issue = await self.context.issue(request)

        def act() -> None:
            self.context.send_jobs.start(issue.newsletter, issue.number)

        audit_action = "resume" if issue.state is State.STOPPED else "send"
        return await self._move(request, issue, audit_action, act, "report")

    async def stop(self, request: Request) -> Response:
        """Stop a running send."""
        issue = await self.context.issue(request)

        def act() -> None:
            stop(self.context.site, issue.newsletter, issue.number)

        return await self._move(request, issue, "stop", act, "report")

    async def close(self, request: Request) -> Response:
        """Close a stopped send and give up its unsent messages."""
        issue = await self.context.issue(request)
        editor = (await self.context.editor(request)).address

        def act() -> None:
            close(
                self.context.site,
                issue.newsletter,
                issue.number,
                editor=editor,
                now=self.context.clock(),
            )

        return await self._move(request, issue, "", act, "report")

    async def _move(
        self, request: Request, issue: Issue, audit_action: str, act: Any, next_page: str
    ) -> Response:
        try:
            await run_in_threadpool(act)
        except DATABASE_ERRORS:
            raise
        except NewsletterError as error:
            fresh = await run_in_threadpool(self.context.find, issue.newsletter, issue.number)
            if fresh.state in CLOSED:
                raise
            status = 422 if isinstance(error, InputError) else 409
            return await self._page(request, fresh, problem=error, status=status)
        if audit_action:
            editor = (await self.context.editor(request)).address
            await run_in_threadpool(self._record, editor, audit_action, issue.name)
        return RedirectResponse(self.context.desk_url(issue, next_page), status_code=303)

    def _chosen_time(self, issue: Issue, text: str) -> datetime | None:
        """The form's time; None where it is the due time, which the form offers."""
        zone = self.context.site.settings.site.zone
        return None if text == datetime_input_value(issue.due, zone) else read_moment(text, zone)

    def _record(self, editor: str, what: str, detail: str) -> None:
        with self.context.site.database.transaction() as connection:
            record(connection, who=editor, what=what, detail=detail, now=self.context.clock())

    async def _page(
        self,
        request: Request,
        issue: Issue,
        *,
        problem: NewsletterError | None = None,
        notice: str = "",
        status: int = 200,
    ) -> Response:
        context = await run_in_threadpool(self._context, issue)
        editor = await self.context.editor(request)
        allowed = context["allowed"]
        own = f"@{editor.address.rpartition('@')[2]}"
        if own in self.context.site.settings.site.allow_test and editor.address not in allowed:
            allowed.insert(0, editor.address)
        token = request.query_params.get("shared", "")
        typed = (
            {name: str(value) for name, value in (await request.form()).items()} if problem else {}
        )
        has_ended = token == "ended"  # noqa: S105 - what the address of the page says
        url = self.context.site.settings.site.url
        context |= {
            "problem": problem,
            "notice": notice,
            "shared": f"{url}/shared/{token}" if token and not has_ended else "",
            "links_ended": has_ended,
            "typed": typed,
        }
        return await self.context.page(request, "publish.html.j2", context, status)

    def _context(self, issue: Issue) -> dict[str, Any]:
        site, now = self.context.site, self.context.clock()
        newsletter = site.newsletter(issue.newsletter)
        zone = site.settings.site.zone
        counted = self.context.audiences.of(site, issue, now=now)
        groups = counted.groups if counted else {}
        view = view_as_reader(site, issue, Reader(), now=now, groups=groups)
        own = (newsletter.owner, newsletter.reply_to, newsletter.sender.address)
        written = [entry for entry in site.settings.site.allow_test if not entry.startswith("@")]
        return {
            "issue": issue,
            "newsletter": newsletter,
            "url": self.context.desk_url(issue),
            "zone": zone,
            "now": now,
            "offered": datetime_input_value(issue.goes_out, zone) if issue.goes_out > now else "",
            "soonest": datetime_input_value(now, zone),
            "reader_view": view,
            "misdated": self._misdated(issue, view, max(now, issue.goes_out)),
            "today": site.masthead(issue.newsletter).long_date(now),
            "misdated_today": self._misdated(issue, view, now),
            "undescribed": [
                {"id": item_id(item.article), "title": item.title}
                for item in issue.shown_items
                if item.image and not item.image.alt.strip()
            ],
            "audience": audience_size(site, issue, groups),
            "counted_at": counted.at if counted else None,
            "standing": open_count(site, issue),
            "editable": issue.state in EDITABLE,
            "allowed": list(dict.fromkeys([*written, *(entry for entry in own if entry)])),
            "domains": [entry for entry in site.settings.site.allow_test if entry.startswith("@")],
        }

    def _misdated(self, issue: Issue, view: ReaderView, when: datetime) -> bool:
        """Whether the approved mail shows another date than the day on which it goes out."""
        date = self.context.site.masthead(issue.newsletter).long_date(when)
        return issue.state is State.APPROVED and date not in view.edition.text
