"""/people/NUMBER: everything about one reader, and what an editor may do for them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from newsletter.articles.article import Tag
from newsletter.errors import NewsletterError, UnknownNameError
from newsletter.pipeline import own_data
from newsletter.site.lists import list_slugs, tags_of
from newsletter.site.time_zones import zones_by_region
from newsletter.store.audit import record
from newsletter.store.received_letters import letters_of_reader
from newsletter.store.recipient_receipts import issues_of
from newsletter.web.editor.editor_context import HEADERS, EditorContext
from newsletter.web.error_wall import DATABASE_ERRORS
from newsletter.web.people.changes import ACTIONS, Change
from newsletter.web.people.words import (
    DELIVERIES,
    FORMS,
    LETTERS,
    NOTICES,
    STATUSES,
    event_words,
    why_mailed,
)
from newsletter.web.signin.pages import row_id
from subscribers import people
from subscribers.history import entries_of
from subscribers.private_feeds import feeds_of
from subscribers.subscriber import LEFT, Frequency, Status, Subscriber
from subscribers.suppression_list import explain


class ReaderPage:
    """GET shows the reader; POST changes what the pressed button says."""

    def __init__(self, context: EditorContext) -> None:
        self.context = context

    async def get(self, request: Request) -> Response:
        """Everything about the reader."""
        return await self._page(request)

    async def post(self, request: Request) -> Response:
        """Do what the button says; where that is refused, the page says why."""
        editor = await self.context.editor(request)
        form = await request.form()
        try:
            done = await run_in_threadpool(self._change, request, editor.address, form)
        except (UnknownNameError, *DATABASE_ERRORS):
            raise
        except NewsletterError as error:
            return await self._page(request, problem=error)
        return RedirectResponse(f"{self._url(request)}?done={done}", status_code=303)

    async def ask_erase(self, request: Request) -> Response:
        """Ask whether everything about the reader is to be deleted."""
        values = await run_in_threadpool(self._read, request)
        return await self.context.page(request, "people/erase.html.j2", values)

    async def erase(self, request: Request) -> Response:
        """Delete everything about the reader. The record does not name them."""
        editor = await self.context.editor(request)
        site, now = self.context.site, self.context.clock()

        def erase() -> None:
            with site.database.transaction(read_only=True) as connection:
                address = _person(connection, request).address
            own_data.erase(site, address, now=now)
            with site.database.transaction() as connection:
                record(connection, who=editor.address, what="erase reader", detail="", now=now)

        await run_in_threadpool(erase)
        return RedirectResponse(
            f"{site.settings.site.base_path}/people?done=erased", status_code=303
        )

    async def data(self, request: Request) -> Response:
        """Everything that is stored about the reader, to hand over to them."""
        editor = await self.context.editor(request)
        site, now = self.context.site, self.context.clock()

        def read() -> dict[str, Any] | None:
            with site.database.transaction() as connection:
                person = _person(connection, request)
                record(
                    connection,
                    who=editor.address,
                    what="export reader",
                    detail=person.address,
                    now=now,
                )
            return own_data.export(site, person.id)

        document = await run_in_threadpool(read)
        return Response(
            json.dumps(document, ensure_ascii=False, indent=2),
            media_type="application/json",
            headers={**HEADERS, "Content-Disposition": 'attachment; filename="reader.json"'},
        )

    def _url(self, request: Request) -> str:
        return f"{self.context.site.settings.site.base_path}/people/{request.path_params['number']}"

    async def _page(self, request: Request, *, problem: NewsletterError | None = None) -> Response:
        values = await run_in_threadpool(self._read, request)
        notice = NOTICES.get(request.query_params.get("done", ""), "")
        return await self.context.page(
            request,
            "people/reader.html.j2",
            {**values, "problem": problem, "notice": notice},
            200 if problem is None else 409,
        )

    def _change(self, request: Request, editor: str, form: FormData) -> str:
        with self.context.site.database.transaction() as connection:
            change = Change(
                site=self.context.site,
                connection=connection,
                person=_person(connection, request),
                form=form,
                editor=editor,
                now=self.context.clock(),
            )
            action = ACTIONS.get(str(form.get("action", "")))
            if action is None:
                raise UnknownNameError("this page has no such button")
            done, what, detail = action(change)
            record(connection, who=editor, what=what, detail=detail, now=change.now)
        return done

    def _read(self, request: Request) -> dict[str, Any]:
        site, now = self.context.site, self.context.clock()
        with site.database.transaction(read_only=True) as connection:
            person = _person(connection, request)
            known = explain(connection, person.address, now)
            history = entries_of(connection, person.id)
            issues = issues_of(connection, person.id)
            feeds = {one.list_slug: one for one in feeds_of(connection, person.id)}
            letters = letters_of_reader(connection, person.id)
            since = people.stored_since(connection, person.id)
        is_mailed, why = why_mailed(known)
        held = {one["list"]: Status(one["status"]) for one in known["subscriptions"]}
        return {
            "person": person,
            "url": self._url(request),
            "since": since,
            "is_mailed": is_mailed,
            "why": why,
            "known": known,
            "held": held,
            "feeds": feeds,
            "since_on": {
                one["list"]: datetime.fromisoformat(one["since"]) for one in known["subscriptions"]
            },
            "others": sorted(list_slugs(site.settings) - set(held)),
            "ended": [slug for slug, status in held.items() if status in LEFT],
            "tags": self._tags(person, held),
            "frequencies": list(Frequency),
            "mail_formats": FORMS,
            "zones": zones_by_region("en", person.time_zone),
            "statuses": STATUSES,
            "issues": [asdict(one) for one in reversed(issues)],
            "deliveries": DELIVERIES,
            "letters": list(reversed(letters)),
            "letter_states": LETTERS,
            "history": [_entry(entry) for entry in reversed(history)],
            "zone": site.settings.site.zone,
        }

    def _tags(self, person: Subscriber, held: Mapping[str, Status]) -> list[Tag]:
        settings = self.context.site.settings
        offered: dict[str, Tag] = {}
        for slug in sorted(set(held) & list_slugs(settings) or list_slugs(settings)):
            for tag in tags_of(settings, slug, person.follows):
                offered.setdefault(tag.slug, tag)
        return list(offered.values())


def _person(connection: sa.Connection, request: Request) -> Subscriber:
    number = row_id(str(request.path_params["number"]))
    person = None if number is None else people.get(connection, number)
    if person is None:
        raise UnknownNameError("nobody with this number is stored; they may have been erased")
    return person


def _entry(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "at": datetime.fromisoformat(entry["at"]),
        "what": event_words(entry),
        "list": entry["list"],
        "detail": entry["detail"],
    }
