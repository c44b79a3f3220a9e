"""/settings/lists: every list with its people; make, rename, merge and close them."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from newsletter.errors import NewsletterError, UnknownNameError
from newsletter.pipeline.lists import all_lists, close_list, make_list, merge_lists, rename_list
from newsletter.site.site import Site
from newsletter.store.audit import record
from newsletter.web.editor.editor_context import EditorContext
from newsletter.web.editor.error_page import outcome_of
from newsletter.web.people.words import STATUSES
from newsletter.web.reader.answers import text
from newsletter.web.settings.words import NOTICES, friendly
from subscribers.list_changes import Made, Merged

_MADE = {Made.MADE: "list-made", Made.REOPENED: "list-open", Made.UNCHANGED: "list-there"}


class ListsPage:
    """GET shows the lists; POST changes one, or counts what a merge would do."""

    def __init__(self, context: EditorContext) -> None:
        self.context = context

    async def get(self, request: Request) -> Response:
        """Every list."""
        return await self._page(request)

    async def post(self, request: Request) -> Response:
        """Do what the button says; a merge is counted first."""
        editor, form = await self.context.editor(request), await request.form()
        done = await outcome_of(run_in_threadpool(self._act, editor.address, form))
        if isinstance(done, NewsletterError):
            return await self._page(request, problem=friendly(done), typed=form)
        if isinstance(done, Merged):
            return await self._page(request, merged=done, typed=form)
        base = self.context.site.settings.site.base_path
        return RedirectResponse(
            f"{base}/settings/lists?{urlencode({'done': done})}", status_code=303
        )

    def _act(self, who: str, form: FormData) -> str | Merged:
        """The notice of the page that follows, or what a merge would do."""
        site, now = self.context.site, self.context.clock()
        name, other = text(form, "list").strip(), text(form, "other").strip()
        match text(form, "action"):
            case "make":
                made = make_list(site, other)
                self._note(site, who, "make list", other)
                return _MADE[made]
            case "rename":
                rename_list(site, name, other)
                self._note(site, who, "rename list", f"{name} to {other}")
                return "list-renamed"
            case "count":
                return merge_lists(site, name, into=other, now=now, dry_run=True)
            case "merge":
                merged = merge_lists(site, name, into=other, now=now)
                self._note(site, who, "merge lists", f"{name} into {other}: {merged.people} people")
                return "list-merged"
            case "close":
                if close_list(site, name, now=now):
                    self._note(site, who, "close list", name)
                return "list-closed"
        raise UnknownNameError("this page has no such button")

    def _note(self, site: Site, who: str, what: str, detail: str) -> None:
        with site.database.transaction() as connection:
            record(connection, who=who, what=what, detail=detail, now=self.context.clock())

    async def _page(
        self,
        request: Request,
        *,
        problem: NewsletterError | None = None,
        merged: Merged | None = None,
        typed: FormData | None = None,
    ) -> Response:
        values: dict[str, Any] = {
            "lists": await run_in_threadpool(all_lists, self.context.site),
            "titles": {
                slug: newsletter.title
                for slug, newsletter in self.context.site.settings.newsletters.items()
            },
            "statuses": STATUSES,
            "merged": merged,
            "name": text(typed, "list") if typed else "",
            "other": text(typed, "other") if typed else "",
            "problem": problem,
            "notice": NOTICES.get(request.query_params.get("done", ""), ""),
            "zone": self.context.site.settings.site.zone,
        }
        status = 200 if problem is None else 409
        return await self.context.page(request, "settings/lists.html.j2", values, status)
