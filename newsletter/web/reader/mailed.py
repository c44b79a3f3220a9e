"""Pages behind mailed links that have one purpose and expire: confirm, erase, export, no answer."""

from __future__ import annotations

import json
from datetime import timedelta

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from newsletter.pipeline import join as joining
from newsletter.pipeline import own_data
from newsletter.pipeline.suggestion_answers import stop_answers
from newsletter.web.reader.answers import HEADERS, page, posting, subject_of, trouble
from newsletter.web.reader.reader_context import ReaderContext
from newsletter.web.reader.scanner_trap import comes_from_scanner
from subscribers import consent, people
from subscribers.address_changes import is_settled
from subscribers.addresses import masked
from subscribers.tokens import Purpose, TokenSubject, is_current

LASTS = {
    Purpose.CONFIRM: consent.CONFIRM_WITHIN,
    Purpose.ERASE: own_data.LINK_LASTS,
    Purpose.EXPORT: own_data.LINK_LASTS,
    Purpose.NO_ANSWER: timedelta(days=366),
}


class MailedPage:
    """GET shows what the button will do; POST does it."""

    def __init__(self, context: ReaderContext, purpose: Purpose) -> None:
        self.context = context
        self.purpose = purpose
        self.lasts: timedelta = LASTS[purpose]

    async def get(self, request: Request) -> Response:
        """The question and one button."""
        subject = self._subject(request)
        if isinstance(subject, Response):
            return subject
        about = await run_in_threadpool(self._about, subject)
        if about is None:
            return self._gone(subject)
        return self._page(subject, about, done=False)

    async def post(self, request: Request) -> Response:
        """Do it. Repeating the request has no further effect."""
        subject = self._subject(request)
        if isinstance(subject, Response):
            return subject
        about = await run_in_threadpool(self._about, subject)
        if about is None:
            return self._gone(subject)
        if self.purpose is Purpose.EXPORT:
            return await self._export(subject)
        if self.purpose is Purpose.CONFIRM and await run_in_threadpool(
            comes_from_scanner, self.context, request
        ):
            return self._page(subject, about, done=False, asked_again=True)
        if not await run_in_threadpool(self._do, request, subject):
            return self._gone(subject)
        return posting(self.context, self._page(subject, about, done=True))

    def _subject(self, request: Request) -> TokenSubject | Response:
        token = request.path_params["token"]
        return subject_of(self.context, self.purpose, token, lasts=self.lasts)

    def _about(self, subject: TokenSubject) -> str | None:
        """The masked address that it is about; None when there is nothing left to do."""
        with self.context.database.transaction(read_only=True) as connection:
            person = people.get(connection, subject.subscriber_id)
        if person is None or not is_current(subject, person.links_since):
            return None
        is_own_data = self.purpose in (Purpose.ERASE, Purpose.EXPORT)
        if is_own_data and not is_settled(person, self.context.clock()):
            return None
        return masked(person.address)

    def _do(self, request: Request, subject: TokenSubject) -> bool:
        site, now = self.context.site, self.context.clock()
        match self.purpose:
            case Purpose.CONFIRM:
                host = request.client.host if request.client else "unknown"
                return joining.confirm(site, subject, origin=f"from {host}", now=now)
            case Purpose.NO_ANSWER:
                stop_answers(site, subject.subscriber_id, now=now)
                return True
            case _:
                own_data.erase_reader(site, subject.subscriber_id, now=now)
                return True

    async def _export(self, subject: TokenSubject) -> Response:
        known = await run_in_threadpool(own_data.export, self.context.site, subject.subscriber_id)
        content = json.dumps(known, ensure_ascii=False, indent=2, default=str)
        headers = {**HEADERS, "Content-Disposition": 'attachment; filename="my-data.json"'}
        return Response(content, media_type="application/json", headers=headers)

    def _gone(self, subject: TokenSubject) -> Response:
        if self.purpose is Purpose.CONFIRM:
            return trouble(
                self.context, "expired", 410, join=self.context.join_path(subject.list_slug)
            )
        return trouble(self.context, "done-already", 410)

    def _page(
        self, subject: TokenSubject, about: str, *, done: bool, asked_again: bool = False
    ) -> Response:
        reader, slug = subject.subscriber_id, subject.list_slug
        preferences = ""
        if self.purpose is Purpose.CONFIRM:
            now = self.context.clock()
            token = self.context.tokens.make(Purpose.PREFERENCES, reader, slug, now)
            preferences = self.context.path(f"/p/{token}")
        context = {
            "title": self.context.title_of(slug),
            "kind": self.purpose.value,
            "address": about,
            "done": done,
            "asked_again": asked_again,
            "preferences": preferences,
        }
        return page(self.context.templates, "reader/mailed.html.j2", context)
