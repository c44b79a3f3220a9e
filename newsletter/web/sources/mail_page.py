"""/sources/mail/NUMBER: a mail to a source that waits for an editor: read it, and decide."""

from __future__ import annotations

import os
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from newsletter.errors import NewsletterError, UnknownNameError
from newsletter.issues.source_mail import HeldReason
from newsletter.pipeline.settings_file import why_read_only
from newsletter.pipeline.source_mails import Decided, MailDecision, decide, text_of_held
from newsletter.web.editor.editor_context import EditorContext
from newsletter.web.editor.error_page import outcome_of
from newsletter.web.reader.answers import text

WHY = {
    HeldReason.UNCONFIRMED: "Nobody has confirmed this sender yet.",
    HeldReason.DOUBTFUL: (
        "Nobody has confirmed this sender yet, and it is not certain that this mail is theirs."
    ),
    HeldReason.UNPROVEN: "The sender is confirmed, but it is not certain that this mail is theirs.",
}


class HeldMailPage:
    """GET shows the mail; POST decides over it."""

    def __init__(self, context: EditorContext) -> None:
        self.context = context

    async def get(self, request: Request) -> Response:
        """The mail in plain text."""
        return await self._page(request)

    async def post(self, request: Request) -> Response:
        """Confirm the sender, take this mail only, or drop it."""
        editor = await self.context.editor(request)
        wanted = text(await request.form(), "decision")
        if wanted not in set(MailDecision):
            raise UnknownNameError("this page has no such button")

        def carry_out() -> Decided:
            return decide(
                self.context.site,
                request.path_params["number"],
                MailDecision(wanted),
                os.environ,
                editor=editor.address,
                now=self.context.clock(),
            )

        done = await outcome_of(run_in_threadpool(carry_out))
        if isinstance(done, NewsletterError):
            return await self._page(request, problem=done)
        base = self.context.site.settings.site.base_path
        return RedirectResponse(f"{base}/sources?done=mail-{wanted}", status_code=303)

    async def _page(self, request: Request, *, problem: NewsletterError | None = None) -> Response:
        number = request.path_params["number"]
        mail, words = await run_in_threadpool(text_of_held, self.context.site, number)
        values: dict[str, Any] = {
            "mail": mail,
            "words": words,
            "why": WHY[mail.held_for],
            "can_confirm": mail.held_for is not HeldReason.UNPROVEN,
            "newsletter": self.context.site.settings.newsletters.get(mail.newsletter),
            "zone": self.context.site.settings.site.zone,
            "read_only": why_read_only(self.context.site),
            "problem": problem,
        }
        status = 200 if problem is None else 409
        return await self.context.page(request, "sources/mail.html.j2", values, status)
