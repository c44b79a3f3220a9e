"""/settings: the settings in parts; each is changed by a form, after a look at what would change."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from newsletter.config.configuration_file import without_secrets
from newsletter.config.table import Table
from newsletter.errors import NewsletterError, UnknownNameError
from newsletter.pipeline.change_settings import (
    SettingsChange,
    change_settings,
    plan_change,
    plan_undo,
    undo_change,
    values_at,
)
from newsletter.pipeline.settings_file import settings_version, why_read_only
from newsletter.web.editor.editor_context import EditorContext
from newsletter.web.editor.error_page import outcome_of
from newsletter.web.reader.answers import text
from newsletter.web.settings.form import changed, in_file, settings_in, texts_of, told
from newsletter.web.settings.look import looks_of
from newsletter.web.settings.parts import LOOK, OF_NEWSLETTER, OF_SITE, PATHS, SCHEDULE, Part
from newsletter.web.settings.schedule_form import DAYS, next_dates, schedule_text
from newsletter.web.settings.typed import typed_settings
from newsletter.web.settings.words import NOTICES, friendly


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where a part is: its table in the file, its table among the settings, and its page."""

    part: Part
    path: tuple[str, ...]
    table: Table
    url: str
    slug: str = ""
    title: str = ""


class SettingsPage:
    """GET shows settings; POST shows what a form would change, and then saves it."""

    def __init__(self, context: EditorContext) -> None:
        self.context = context

    async def index(self, request: Request) -> Response:
        """Every part, in a line each."""
        site = self.context.site
        values = {
            "newsletters": [
                {"slug": slug, "settings": newsletter, "when": schedule_text(newsletter.schedule)}
                for slug, newsletter in site.settings.newsletters.items()
            ],
            "of_newsletter": OF_NEWSLETTER,
            "site": site.settings.site,
            "operators": site.settings.operators,
            "webhooks": site.settings.webhooks,
            "can_undo": await run_in_threadpool(self._can_undo),
            **self._common(request),
        }
        return await self.context.page(request, "settings/index.html.j2", values)

    async def show(self, request: Request) -> Response:
        """One part as it is; a look may be tried by the address."""
        place = self.place(request)
        look = request.query_params.get("look", "")
        return await self._page(request, place, typed={"look": look} if look else None)

    async def post(self, request: Request) -> Response:
        """Show what would change, or save it. What was typed stays where that is refused."""
        place, form = self.place(request), await request.form()
        typed = {name: value for name, value in form.items() if isinstance(value, str)}
        is_sure = text(form, "action") == "save"
        done = await outcome_of(
            self.save(request, place, form) if is_sure else self._plan(place, form)
        )
        if isinstance(done, NewsletterError):
            return await self._page(request, place, typed=typed, problem=friendly(done))
        if not is_sure:
            return await self._page(request, place, typed=typed, plan=done)
        return RedirectResponse(f"{place.url}?done=saved", status_code=303)

    async def save(self, request: Request, place: Place, form: FormData) -> None:
        """Write what the form changes. Raises as `change_settings` does, and InputError."""
        editor = await self.context.editor(request)
        values, change = self._change(place, form)
        if values:
            await run_in_threadpool(
                change_settings, self.context.site, change, os.environ,
                who=editor.address, now=self.context.clock(),
            )  # fmt: skip

    async def ask_undo(self, request: Request) -> Response:
        """Show what undoing the last change would do."""
        planned = await run_in_threadpool(plan_undo, self.context.site, os.environ)
        values = {
            "diff": without_secrets(planned.diff) if planned else "",
            "seen": await run_in_threadpool(settings_version, self.context.site),
            **self._common(request),
        }
        return await self.context.page(request, "settings/undo.html.j2", values)

    async def undo(self, request: Request) -> Response:
        """Put the file back as it was before its last change."""
        editor = await self.context.editor(request)
        seen = text(await request.form(), "seen")

        def back() -> None:
            undo_change(
                self.context.site, os.environ, seen=seen, who=editor.address,
                now=self.context.clock(),
            )  # fmt: skip

        await run_in_threadpool(back)
        base = self.context.site.settings.site.base_path
        return RedirectResponse(f"{base}/settings?done=undone", status_code=303)

    def place(self, request: Request) -> Place:
        """The part that the address names. Raises UnknownNameError."""
        slug = request.path_params.get("slug")
        parts = OF_SITE if slug is None else OF_NEWSLETTER
        part = parts.get(str(request.path_params["part"]))
        if part is None:
            raise UnknownNameError("there are no such settings")
        return self.place_of(part, slug)

    def place_of(self, part: Part, slug: str | None) -> Place:
        """Where the part of a newsletter, or for None of the site, is."""
        site = self.context.site
        base = f"{site.settings.site.base_path}/settings"
        if slug is None:
            path = PATHS[part.key]
            table: Table = getattr(site.settings, path[0])
            return Place(part=part, path=path, table=table, url=f"{base}/site/{part.key}")
        newsletter = site.newsletter(slug)
        return Place(
            part=part,
            path=("newsletters", slug),
            table=newsletter,
            url=f"{base}/newsletters/{slug}/{part.key}",
            slug=slug,
            title=newsletter.title,
        )

    def _change(self, place: Place, form: FormData) -> tuple[dict[str, Any], SettingsChange]:
        """The values that the form changes, and the change that gives them."""
        typed = {name: value for name, value in form.items() if isinstance(value, str)}
        before = settings_in(place.part, place.table)
        values = changed(before, typed_settings(place.part, typed))
        of = f" of {place.slug}" if place.slug else ""
        words = "; ".join(
            f"{label}: {after}" for label, _, after in told(place.part, values, before)
        )
        what = f"{place.part.title}{of}: {words}"
        written = in_file(values)
        return values, values_at(place.path, written, seen=text(form, "seen"), what=what)

    async def _plan(self, place: Place, form: FormData) -> dict[str, Any]:
        """What the form would change, in words and in the file."""
        values, change = self._change(place, form)
        before = settings_in(place.part, place.table)
        if not values:
            return {"changes": [], "diff": ""}
        planned = await run_in_threadpool(
            plan_change, self.context.site, change, os.environ, now=self.context.clock()
        )
        return {
            "changes": told(place.part, values, before),
            "diff": without_secrets(planned.diff),
        }

    async def _page(
        self,
        request: Request,
        place: Place,
        *,
        typed: Mapping[str, str] | None = None,
        plan: Mapping[str, Any] | None = None,
        problem: NewsletterError | None = None,
    ) -> Response:
        values = await run_in_threadpool(self.values, place, typed)
        return await self.context.page(
            request,
            "settings/part.html.j2",
            {**self._common(request), **values, "plan": plan, "problem": problem},
            200 if problem is None else 409,
        )

    def values(self, place: Place, typed: Mapping[str, str] | None) -> dict[str, Any]:
        """What the form of the part shows: the settings, or what was typed."""
        site, now = self.context.site, self.context.clock()
        texts = texts_of(place.part, settings_in(place.part, place.table))
        zone = site.settings.site.zone
        values: dict[str, Any] = {
            "place": place,
            "part": place.part,
            "texts": texts if typed is None else dict.fromkeys(texts, "") | dict(typed),
            "days": DAYS,
        }
        if SCHEDULE.fields[0] in place.part.fields:
            newsletter = site.newsletter(place.slug)
            values["dates"] = next_dates(newsletter.schedule, zone, now, newsletter.holidays)
        if place.part is LOOK:
            values["looks"] = looks_of(site)
        return values

    def _common(self, request: Request) -> dict[str, Any]:
        read_only = why_read_only(self.context.site)
        return {
            "read_only": read_only,
            "seen": "" if read_only else settings_version(self.context.site),
            "notice": NOTICES.get(request.query_params.get("done", ""), ""),
            "zone": self.context.site.settings.site.zone,
        }

    def _can_undo(self) -> bool:
        try:
            planned = plan_undo(self.context.site, os.environ)
        except NewsletterError:
            return False
        return planned is not None and planned.before != planned.after
