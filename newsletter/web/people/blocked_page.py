"""/people/blocked: the addresses and domains that are never mailed; block and unblock."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from newsletter.errors import InputError, NewsletterError
from newsletter.store.audit import record
from newsletter.web.editor.editor_context import EditorContext
from newsletter.web.editor.error_page import outcome_of
from newsletter.web.error_wall import DATABASE_ERRORS
from newsletter.web.people.words import NOTICES, why_mailed
from newsletter.web.reader.answers import text
from newsletter.web.signin.pages import row_id
from subscribers import suppression
from subscribers.suppression_list import explain, suppression_document, suppressions_page

PAGE = 50


class BlockedPage:
    """GET shows a page of blocks, and why an address is mailed or not; POST blocks or unblocks."""

    def __init__(self, context: EditorContext) -> None:
        self.context = context

    async def get(self, request: Request) -> Response:
        """The blocks in whose address, domain or reason the search finds something."""
        return await self._page(request)

    async def post(self, request: Request) -> Response:
        """Block or unblock what the form names."""
        editor = await self.context.editor(request)
        form = await request.form()
        done = await outcome_of(run_in_threadpool(self._change, editor.address, form))
        if isinstance(done, NewsletterError):
            return await self._page(request, problem=done)
        base = self.context.site.settings.site.base_path
        return RedirectResponse(f"{base}/people/blocked?done={done}", status_code=303)

    async def _page(self, request: Request, *, problem: NewsletterError | None = None) -> Response:
        search = request.query_params.get("q", "").replace("\x00", "").strip()[:200]
        after = row_id(request.query_params.get("after", "")) or 0
        values = await run_in_threadpool(self._read, search, after)
        notice = NOTICES.get(request.query_params.get("done", ""), "")
        return await self.context.page(
            request,
            "people/blocked.html.j2",
            {**values, "problem": problem, "notice": notice},
            200 if problem is None else 409,
        )

    def _change(self, editor: str, form: FormData) -> str:
        pattern, reason = text(form, "pattern").strip(), text(form, "reason").strip()
        now = self.context.clock()
        if not reason:
            raise InputError("a reason is missing", fix="say why; it is kept with the address")
        with self.context.site.database.transaction() as connection:
            if form.get("action") == "unblock":
                done = suppression.lift(connection, pattern, reason, now)
                word, what = ("unblocked" if done else "not-blocked"), "lift suppression"
            else:
                done = suppression.suppress(connection, pattern, reason, now)
                word, what = ("blocked" if done else "blocked-already"), "suppress"
            record(connection, who=editor, what=what, detail=pattern, now=now)
        return word

    def _read(self, search: str, after: int) -> dict[str, Any]:
        with self.context.site.database.transaction(read_only=True) as connection:
            found = suppressions_page(connection, search=search, after=after, limit=PAGE)
            explained = self._explained(connection, search)
        return {
            "search": search,
            "explained": explained,
            "found": [{**suppression_document(one), "at": one.at} for one in found],
            "more": found[-1].id if len(found) == PAGE else None,
            "zone": self.context.site.settings.site.zone,
        }

    def _explained(self, connection: sa.Connection, search: str) -> tuple[bool, str] | None:
        """Why the whole address that was searched for is mailed or not; None for other words."""
        if "@" not in search or search.startswith("@"):
            return None
        try:
            return why_mailed(explain(connection, search, self.context.clock()))
        except DATABASE_ERRORS:
            raise
        except NewsletterError:
            return None
