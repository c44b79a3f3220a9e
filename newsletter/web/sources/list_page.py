"""/sources: how every source does; add one, after a look at what would be read; OPML."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from newsletter.config.settings import SourceSettings
from newsletter.errors import InputError, NewsletterError
from newsletter.pipeline.add_mail_source import add_mail_source, is_mail_address
from newsletter.pipeline.add_source import AddedSource, SourceRequest, add_source
from newsletter.pipeline.import_sources import ImportedSources, import_sources
from newsletter.pipeline.list_sources import export_sources, list_sources
from newsletter.pipeline.settings_file import why_read_only
from newsletter.pipeline.source_mails import count_older, list_held
from newsletter.site.source_settings import distinct_sources
from newsletter.store.audit import record
from newsletter.store.contributions import ISSUES, contributions
from newsletter.store.source_health import SourceHealth
from newsletter.web.editor.editor_context import HEADERS, EditorContext
from newsletter.web.editor.error_page import outcome_of
from newsletter.web.reader.answers import text
from newsletter.web.sources.source_form import key_of
from newsletter.web.sources.words import NOTICES, STATES, ago, span, state_of


@dataclass(frozen=True, kw_only=True, slots=True)
class SourceRow:
    """A source on the page; `brought` is how many articles of the last issues it had."""

    key: str
    source: SourceSettings
    health: SourceHealth | None
    state: str
    brought: int


@dataclass(frozen=True, kw_only=True, slots=True)
class NewsletterSources:
    """A newsletter and its sources."""

    slug: str
    title: str
    sections: tuple[str, ...]
    rows: tuple[SourceRow, ...]


class SourcesPage:
    """GET shows the sources; POST looks at an address, adds it, or takes an OPML file."""

    def __init__(self, context: EditorContext) -> None:
        self.context = context

    async def get(self, request: Request) -> Response:
        """Every source, by newsletter."""
        return await self._page(request)

    async def look(self, request: Request) -> Response:
        """Read an address once, and show what would be added; nothing is stored."""
        form = await request.form()
        wanted = self._wanted(form, dry_run=True)
        if is_mail_address(wanted.url):
            return await self._add_mail(request, form)
        added = await outcome_of(run_in_threadpool(self._add, wanted))
        if isinstance(added, NewsletterError):
            return await self._page(request, problem=added, typed=wanted.url)
        return await self.context.page(request, "sources/look.html.j2", self._found(added, wanted))

    async def add(self, request: Request) -> Response:
        """Add what was looked at."""
        editor = await self.context.editor(request)
        wanted = self._wanted(await request.form(), dry_run=False)
        added = await outcome_of(run_in_threadpool(self._add, wanted))
        if isinstance(added, NewsletterError):
            return await self._page(request, problem=added, typed=wanted.url)
        await run_in_threadpool(self._note, editor.address, "add source", added.source.location)
        return self._redirect("added")

    async def _add_mail(self, request: Request, form: FormData) -> Response:
        """Add a mail address, at which there is nothing to look at yet."""
        editor = await self.context.editor(request)
        wanted = self._wanted(form, dry_run=False)
        done = await outcome_of(
            run_in_threadpool(add_mail_source, self.context.site, wanted, os.environ)
        )
        if isinstance(done, NewsletterError):
            return await self._page(request, problem=done, typed=wanted.url)
        source, _change = done
        await run_in_threadpool(self._note, editor.address, "add source", source.location)
        return self._redirect("added-mail")

    async def opml(self, request: Request) -> Response:
        """Show what an OPML file would add, and add it when that is confirmed."""
        editor = await self.context.editor(request)
        form = await request.form()
        slug, is_sure = text(form, "newsletter"), text(form, "sure") == "yes"
        body = await outcome_of(_opml_in(form))
        if isinstance(body, NewsletterError):
            return await self._page(request, problem=body)
        done = await outcome_of(
            run_in_threadpool(
                import_sources, self.context.site, slug, body, os.environ, dry_run=not is_sure
            )
        )
        if isinstance(done, NewsletterError):
            return await self._page(request, problem=done)
        if not is_sure:
            values = self._listed(done, body)
            return await self.context.page(request, "sources/opml.html.j2", values)
        detail = f"{len(done.added)} to {slug}"
        await run_in_threadpool(self._note, editor.address, "import sources", detail)
        return self._redirect("imported" if done.added else "nothing")

    async def export(self, _request: Request) -> Response:
        """Every feed as an OPML document."""
        now = self.context.clock()
        done = await run_in_threadpool(export_sources, self.context.site, None, now=now)
        return Response(
            done.opml,
            media_type="text/x-opml",
            headers={**HEADERS, "Content-Disposition": 'attachment; filename="sources.opml"'},
        )

    async def _page(
        self, request: Request, *, problem: NewsletterError | None = None, typed: str = ""
    ) -> Response:
        newsletters = await run_in_threadpool(self._newsletters)
        rows = [row for one in newsletters for row in one.rows]
        held = await run_in_threadpool(list_held, self.context.site)
        older = await run_in_threadpool(count_older, self.context.site, None, held)
        values = {
            "newsletters": newsletters,
            "held": held,
            "older": older,
            "failing": sum(row.state == "failing" for row in rows),
            "total": len(rows),
            "states": STATES,
            "last_issues": ISSUES,
            "ago": ago,
            "span": span,
            "now": self.context.clock(),
            "zone": self.context.site.settings.site.zone,
            "read_only": why_read_only(self.context.site),
            "problem": problem,
            "typed": typed,
            "notice": NOTICES.get(request.query_params.get("done", ""), ""),
        }
        status = 200 if problem is None else 409
        return await self.context.page(request, "sources/list.html.j2", values, status)

    def _newsletters(self) -> list[NewsletterSources]:
        site, now = self.context.site, self.context.clock()
        found = []
        for slug, newsletter in site.settings.newsletters.items():
            health = {
                (listed.kind, listed.location): listed.health for listed in list_sources(site, slug)
            }
            with site.database.transaction(read_only=True) as connection:
                brought = contributions(connection, slug)
            rows = []
            for source in distinct_sources(newsletter.sources):
                known = health.get((source.kind, source.location))
                rows.append(
                    SourceRow(
                        key=key_of(source),
                        source=source,
                        health=known,
                        state=state_of(source, known, now),
                        brought=brought.get(source.location, 0),
                    )
                )
            found.append(
                NewsletterSources(
                    slug=slug,
                    title=newsletter.title,
                    sections=tuple(section.title for section in newsletter.sections),
                    rows=tuple(rows),
                )
            )
        return found

    def _wanted(self, form: FormData, *, dry_run: bool) -> SourceRequest:
        tags = [tag.strip() for tag in text(form, "tags").split(",") if tag.strip()]
        return SourceRequest(
            newsletter=text(form, "newsletter"),
            url=text(form, "url").strip(),
            name=text(form, "name").strip(),
            tags=tuple(tags),
            dry_run=dry_run,
        )

    def _add(self, wanted: SourceRequest) -> AddedSource:
        return add_source(self.context.site, wanted, os.environ, now=self.context.clock())

    def _found(self, added: AddedSource, wanted: SourceRequest) -> dict[str, Any]:
        articles = sorted(
            added.found.reading.articles, key=lambda article: article.published, reverse=True
        )
        return {
            "added": added,
            "wanted": wanted,
            "articles": articles[:5],
            "summary": added.summary,
            "newsletter": self.context.site.newsletter(added.newsletter),
            "findings": added.found.reading.findings,
            "zone": self.context.site.settings.site.zone,
        }

    def _listed(self, done: ImportedSources, body: bytes) -> dict[str, Any]:
        return {
            "done": done,
            "opml": body.decode("utf-8", "replace"),
            "newsletter": self.context.site.newsletter(done.newsletter),
        }

    def _note(self, editor: str, what: str, detail: str) -> None:
        with self.context.site.database.transaction() as connection:
            record(connection, who=editor, what=what, detail=detail, now=self.context.clock())

    def _redirect(self, done: str) -> Response:
        base = self.context.site.settings.site.base_path
        return RedirectResponse(f"{base}/sources?done={done}", status_code=303)


async def _opml_in(form: FormData) -> bytes:
    file = form.get("file")
    if isinstance(file, UploadFile) and file.filename:
        return await file.read()
    given = text(form, "opml")
    if not given:
        raise InputError("there is no file", fix="choose one")
    return given.encode()
