"""/sources/NEWSLETTER/KEY: one source: how it does; change, test, pause and remove it."""

from __future__ import annotations

import os
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from newsletter.articles.urls import is_web_address
from newsletter.config.settings import SourceSettings
from newsletter.errors import InputError, NewsletterError, UnknownNameError
from newsletter.pipeline.change_source import SourceChange, change_source
from newsletter.pipeline.examine_source import ExaminedSource, examine_source
from newsletter.pipeline.list_sources import list_sources
from newsletter.pipeline.settings_file import settings_version, why_read_only
from newsletter.site.source_settings import distinct_sources
from newsletter.store.audit import record
from newsletter.store.contributions import ISSUES, contributions
from newsletter.web.editor.editor_context import EditorContext
from newsletter.web.editor.error_page import outcome_of
from newsletter.web.reader.answers import text
from newsletter.web.sources.source_form import EVERY, fields_of, key_of, values_in
from newsletter.web.sources.words import NOTICES, STATES, ago, span, state_of

_DONE = {
    "save": ("saved", "change source"),
    "pause": ("paused", "pause source"),
    "resume": ("resumed", "resume source"),
    "remove": ("removed", "remove source"),
}


class SourcePage:
    """GET shows a source; POST changes it, or reads it once to see what comes."""

    def __init__(self, context: EditorContext) -> None:
        self.context = context

    async def get(self, request: Request) -> Response:
        """The source as it is."""
        return await self._page(request)

    async def test(self, request: Request) -> Response:
        """Read it once, and show what comes; nothing is stored."""
        _slug, source = self._source(request)

        def read() -> ExaminedSource:
            if not is_web_address(source.location):
                what = "mail" if source.mail else "a file of the server"
                raise InputError(f"this source is {what}, and is read by itself")
            return examine_source(self.context.site, source.location, now=self.context.clock())

        examined = await outcome_of(run_in_threadpool(read))
        if isinstance(examined, NewsletterError):
            return await self._page(request, problem=examined)
        return await self._page(request, examined=examined)

    async def post(self, request: Request) -> Response:
        """Change, pause, resume or remove it; what was typed stays where that is refused."""
        editor = await self.context.editor(request)
        form = await request.form()
        slug, source = self._source(request)
        action = text(form, "action")
        if action not in _DONE:
            raise UnknownNameError("this page has no such button")
        done, what = _DONE[action]
        problem = await outcome_of(run_in_threadpool(self._change, slug, source, action, form))
        if problem is not None:
            return await self._page(request, problem=problem, typed=form)

        def note() -> None:
            with self.context.site.database.transaction() as connection:
                detail = f"{source.location} of {slug}"
                record(
                    connection,
                    who=editor.address,
                    what=what,
                    detail=detail,
                    now=self.context.clock(),
                )

        await run_in_threadpool(note)
        base = self.context.site.settings.site.base_path
        page = "" if action == "remove" else f"/{slug}/{key_of(source)}"
        return RedirectResponse(f"{base}/sources{page}?done={done}", status_code=303)

    def _source(self, request: Request) -> tuple[str, SourceSettings]:
        slug, key = str(request.path_params["slug"]), request.path_params["key"]
        for source in distinct_sources(self.context.site.newsletter(slug).sources):
            if key_of(source) == key:
                return slug, source
        raise UnknownNameError("there is no such source any more")

    def _change(self, slug: str, source: SourceSettings, action: str, form: FormData) -> None:
        values: dict[str, Any] | None = None
        if action == "save":
            values = values_in(form)
        elif action != "remove":
            values = {"paused": True if action == "pause" else None}
        change_source(
            self.context.site,
            SourceChange(
                newsletter=slug, location=source.location, seen=text(form, "seen"), values=values
            ),
            os.environ,
        )

    async def _page(
        self,
        request: Request,
        *,
        problem: NewsletterError | None = None,
        typed: FormData | None = None,
        examined: ExaminedSource | None = None,
    ) -> Response:
        slug, source = self._source(request)
        values = await run_in_threadpool(self._read, slug, source)
        fields = fields_of(source)
        if typed is not None and text(typed, "action") == "save":
            fields = {name: text(typed, name) for name in fields}
        every = dict(EVERY)
        if fields["every"]:
            every.setdefault(fields["every"], f"Every {fields['every']}")
        return await self.context.page(
            request,
            "sources/source.html.j2",
            {
                **values,
                "fields": fields,
                "every": every,
                "examined": examined,
                "problem": problem,
                "notice": NOTICES.get(request.query_params.get("done", ""), ""),
            },
            200 if problem is None else 409,
        )

    def _read(self, slug: str, source: SourceSettings) -> dict[str, Any]:
        site, now = self.context.site, self.context.clock()
        health = next(
            (
                listed.health
                for listed in list_sources(site, slug)
                if (listed.kind, listed.location) == (source.kind, source.location)
            ),
            None,
        )
        with site.database.transaction(read_only=True) as connection:
            brought = contributions(connection, slug).get(source.location, 0)
        read_only = why_read_only(site)
        return {
            "slug": slug,
            "newsletter": site.newsletter(slug),
            "source": source,
            "url": f"{site.settings.site.base_path}/sources/{slug}/{key_of(source)}",
            "health": health,
            "state": state_of(source, health, now),
            "states": STATES,
            "brought": brought,
            "last_issues": ISSUES,
            "read_only": read_only,
            "seen": "" if read_only else settings_version(site),
            "ago": ago,
            "span": span,
            "now": now,
            "zone": site.settings.site.zone,
        }
