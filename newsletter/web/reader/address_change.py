"""Pages behind the links of a change of address: confirm it, answer it, undo it."""

from __future__ import annotations

from datetime import datetime

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from newsletter.pipeline import own_data
from newsletter.rendering.translation import long_date
from newsletter.web.reader.answers import page, posting, read_form, subject_of, text, trouble
from newsletter.web.reader.reader_context import ReaderContext
from subscribers import address_changes
from subscribers.address_changes import Change
from subscribers.addresses import masked
from subscribers.tokens import Purpose, TokenSubject

PURPOSES = {
    Purpose.MOVE: address_changes.CONFIRM_WITHIN,
    Purpose.MOVE_ANSWER: address_changes.SILENCE,
    Purpose.MOVE_BACK: address_changes.WAY_BACK,
}
"""The purposes of these links, and how long each link works."""


class AddressChangePage:
    """GET shows the change and its buttons; POST does what the pressed button says."""

    def __init__(self, context: ReaderContext, purpose: Purpose) -> None:
        self.context = context
        self.purpose = purpose

    async def get(self, request: Request) -> Response:
        """The question."""
        found = await self._found(request)
        return found if isinstance(found, Response) else self._page(*found)

    async def post(self, request: Request) -> Response:
        """Do it. Repeating the request has no further effect."""
        found = await self._found(request)
        if isinstance(found, Response):
            return found
        subject, change = found
        form = await read_form(request)
        if form is None:
            return trouble(self.context, "bad-form", 400)
        refused = self.purpose is Purpose.MOVE_ANSWER and text(form, "action") == "refuse"
        if not await run_in_threadpool(self._do, change, agreed=not refused):
            return trouble(self.context, "done-already", 410)
        answer = self._page(subject, change, done="refused" if refused else "done")
        return posting(self.context, answer)

    async def _found(self, request: Request) -> tuple[TokenSubject, Change] | Response:
        token = request.path_params["token"]
        subject = subject_of(self.context, self.purpose, token, lasts=PURPOSES[self.purpose])
        if isinstance(subject, Response):
            return subject
        change = await run_in_threadpool(self._read, subject.subscriber_id)
        return (subject, change) if change else trouble(self.context, "done-already", 410)

    def _read(self, change_id: int) -> Change | None:
        with self.context.database.transaction(read_only=True) as connection:
            return address_changes.open_change(connection, change_id, self.context.clock())

    def _do(self, change: Change, *, agreed: bool) -> bool:
        site, now = self.context.site, self.context.clock()
        match self.purpose:
            case Purpose.MOVE:
                return own_data.confirm_move(site, change.id, now=now)
            case Purpose.MOVE_ANSWER:
                return own_data.answer_move(site, change.id, agreed=agreed, now=now)
            case _:
                return own_data.undo_move(site, change.id, now=now)

    def _page(self, subject: TokenSubject, change: Change, *, done: str = "") -> Response:
        context = {
            "title": self.context.title_of(subject.list_slug),
            "kind": self.purpose.value,
            "address": masked(change.address),
            "made_on": self._day(change.made_at or self.context.clock() + address_changes.SILENCE),
            "done": done,
        }
        return page(self.context.templates, "reader/address_change.html.j2", context)

    def _day(self, moment: datetime) -> str:
        site = self.context.settings.site
        return long_date(moment.astimezone(site.zone), site.language)
