"""/people: find people by address and name, by list, status, tag and attribute; add; download."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse

from newsletter.errors import NewsletterError
from newsletter.pipeline.export_people import export_people
from newsletter.pipeline.find_people import find_people, look_up_people
from newsletter.pipeline.import_people import require_list
from newsletter.pipeline.lists import all_lists
from newsletter.site.lists import list_slugs, site_vocabulary, tags_of
from newsletter.store.audit import record
from newsletter.web.editor.editor_context import HEADERS, EditorContext
from newsletter.web.editor.error_page import outcome_of
from newsletter.web.error_wall import DATABASE_ERRORS
from newsletter.web.people.query import PeopleQuery, people_query
from newsletter.web.people.words import NOTICES, STATUSES
from newsletter.web.reader.answers import text
from subscribers import people
from subscribers.admission import AdmissionOutcome
from subscribers.bounded_search import PeopleLook
from subscribers.subscriber import FeedUse

PAGE = 50
"""People on one page."""

FIELDS = ("address", "name", "list", "tags")
"""The fields of the form that adds a person."""

_DONE = {
    AdmissionOutcome.ADDED: "added",
    AdmissionOutcome.UPDATED: "saved",
    AdmissionOutcome.UNCHANGED: "there",
}


class ListPage:
    """GET shows a page of people; POST adds one, or gives all that were asked for as a file."""

    def __init__(self, context: EditorContext) -> None:
        self.context = context

    async def get(self, request: Request) -> Response:
        """The people whom the address asks for."""
        return await self._page(request)

    async def add(self, request: Request) -> Response:
        """Put a person on a list; what was typed stays where that is refused."""
        editor = await self.context.editor(request)
        form = await request.form()
        typed = {name: text(form, name) for name in FIELDS}
        added = await outcome_of(run_in_threadpool(self._add, editor.address, typed))
        if isinstance(added, NewsletterError):
            there = await run_in_threadpool(self._number_of, typed["address"])
            return await self._page(request, problem=added, typed=typed, there=there)
        number, done = added
        base = self.context.site.settings.site.base_path
        return RedirectResponse(f"{base}/people/{number}?done={done}", status_code=303)

    async def export(self, request: Request) -> Response:
        """The people whom the form asks for, as CSV."""
        editor = await self.context.editor(request)
        form = await request.form()
        query = people_query({name: text(form, name) for name in form})
        site, now = self.context.site, self.context.clock()

        def begin() -> None:
            find_people(site, query.wanted, limit=1, now=now)  # raises before anything is sent
            detail = query.address(q=None, before=None).replace("&", ", ") or "everybody"
            with site.database.transaction() as connection:
                record(
                    connection, who=editor.address, what="export readers", detail=detail, now=now
                )

        await run_in_threadpool(begin)
        name = f"{query.list or 'readers'}-{now.astimezone(site.settings.site.zone):%Y-%m-%d}.csv"
        return StreamingResponse(
            export_people(site, query.wanted, now=now),
            media_type="text/csv; charset=utf-8",
            headers={**HEADERS, "Content-Disposition": f'attachment; filename="{name}"'},
        )

    async def _page(
        self,
        request: Request,
        *,
        problem: NewsletterError | None = None,
        typed: Mapping[str, str] | None = None,
        there: int | None = None,
    ) -> Response:
        known = await run_in_threadpool(all_lists, self.context.site)
        only = known[0].slug if len(known) == 1 else ""
        query = people_query(request.query_params, only_list=only)
        looked = await outcome_of(run_in_threadpool(self._look, query))
        if isinstance(looked, NewsletterError):
            problem = problem or looked
        found = PeopleLook(people=()) if isinstance(looked, NewsletterError) else looked
        lists = [one for one in known if not query.list or one.slug == query.list]
        counts = {status: sum(one.statuses[status] for one in lists) for status in STATUSES}
        values: dict[str, Any] = {
            "query": query,
            "fields": asdict(query),
            "found": found,
            "known": known,
            "only": only,
            "by_feed": sum(one.feeds[FeedUse.ALONE] for one in lists),
            "counts": {status: count for status, count in counts.items() if count},
            "tags": self._tags(),
            "labels": site_vocabulary(self.context.site.settings).labels,
            "statuses": STATUSES,
            "problem": problem,
            "typed": typed or dict.fromkeys(FIELDS, ""),
            "is_adding": typed is not None,
            "there": there,
            "notice": NOTICES.get(request.query_params.get("done", ""), ""),
            "zone": self.context.site.settings.site.zone,
        }
        status = 200 if problem is None else 409
        return await self.context.page(request, "people/list.html.j2", values, status)

    def _look(self, query: PeopleQuery) -> PeopleLook:
        site = self.context.site
        return look_up_people(
            site,
            query.wanted,
            query.q,
            before=query.before,
            limit=PAGE,
            now=self.context.clock(),
        )

    def _tags(self) -> list[str]:
        settings = self.context.site.settings
        offered = {tag.label for slug in list_slugs(settings) for tag in tags_of(settings, slug)}
        return sorted(offered, key=str.casefold)

    def _number_of(self, address: str) -> int | None:
        """The number of the person with this address; None if there is none."""
        with self.context.site.database.transaction(read_only=True) as connection:
            try:
                return people.find(connection, address).id
            except DATABASE_ERRORS:
                raise
            except NewsletterError:
                return None

    def _add(self, editor: str, typed: Mapping[str, str]) -> tuple[int, str]:
        site, now = self.context.site, self.context.clock()
        require_list(site, typed["list"])
        labels = [label.strip() for label in typed["tags"].split(",") if label.strip()]
        follows = [tag.slug for tag in site_vocabulary(site.settings).tags(labels)]
        with site.database.transaction() as connection:
            outcome = people.add(
                connection,
                typed["address"],
                list_slug=typed["list"],
                now=now,
                name=typed["name"],
                follows=follows or None,
                note=people.OperatorNote(detail=f"by {editor}"),
            )
            person = people.find(connection, typed["address"])
            record(
                connection,
                who=editor,
                what="add reader",
                detail=f"{person.address} to {typed['list']}",
                now=now,
            )
        return person.id, _DONE[outcome]
