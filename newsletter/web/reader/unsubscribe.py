"""/u/TOKEN: leaving by one click (RFC 8058) or by the page's button, and undoing it."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from newsletter.pipeline.leave import leave
from newsletter.site.lists import hidden_lists
from newsletter.web.reader.answers import (
    HEADERS,
    page,
    posting,
    read_form,
    subject_of,
    text,
    trouble,
)
from newsletter.web.reader.reader_context import ReaderContext
from subscribers import people
from subscribers.addresses import masked
from subscribers.history import Way
from subscribers.subscriber import Status, Subscriber
from subscribers.tokens import Purpose, TokenSubject
from subscribers.unsubscribe import give_reason, may_undo, status_of, undo

REASONS = {
    "often": "It comes too often",
    "subjects": "The subjects are not for me",
    "unasked": "I never asked for it",
    "other": "Something else",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class _View:
    """What the page shows, read in one transaction."""

    address: str  # masked; "" when the subscription no longer exists
    subscribed: bool
    may_undo: bool
    preferences: (
        str  # the link to the reader's preferences, or to have the links mailed; "" for neither
    )


class UnsubscribePage:
    """GET changes nothing (rule 5); POST unsubscribes, undoes that, or takes a reason."""

    def __init__(self, context: ReaderContext) -> None:
        self.context = context

    async def get(self, request: Request) -> Response:
        """The question and one button."""
        subject = subject_of(self.context, Purpose.UNSUBSCRIBE, request.path_params["token"])
        if isinstance(subject, Response):
            return subject
        return self._page(subject, await run_in_threadpool(self._read, subject))

    async def post(self, request: Request) -> Response:
        """Unsubscribe, unless the form asks for something else.

        A POST with a valid link means to leave, even when its form cannot be read.
        """
        subject = subject_of(self.context, Purpose.UNSUBSCRIBE, request.path_params["token"])
        if isinstance(subject, Response):
            return subject
        form = await read_form(request) or FormData()
        if text(form, "List-Unsubscribe").casefold() == "one-click":
            await run_in_threadpool(self._leave, subject, Way.ONE_CLICK)
            return PlainTextResponse("Unsubscribed.\n", headers=HEADERS)
        match text(form, "action"):
            case "undo":
                done = await run_in_threadpool(self._undo, subject)
                if not done:
                    return trouble(self.context, "too-late", 409)
                notice = "undone"
            case "reason":
                await run_in_threadpool(self._take_reason, subject, form)
                notice = "thanks"
            case _:
                await run_in_threadpool(self._leave, subject, Way.PAGE)
                notice = "left"
        answer = self._page(subject, await run_in_threadpool(self._read, subject), notice)
        return posting(self.context, answer) if notice == "left" else answer

    def _page(self, subject: TokenSubject, view: _View, notice: str = "") -> Response:
        context = {
            "title": self.context.title_of(subject.list_slug),
            "view": view,
            "notice": notice,
            "reasons": REASONS,
            "preferences": view.preferences,
        }
        return page(self.context.templates, "reader/unsubscribe.html.j2", context)

    def _read(self, subject: TokenSubject) -> _View:
        with self.context.database.transaction(read_only=True) as connection:
            person = people.get(connection, subject.subscriber_id)
            status = status_of(connection, subject.subscriber_id, subject.list_slug)
            undoable = may_undo(
                connection, subject.subscriber_id, subject.list_slug, self.context.clock()
            )
        return _View(
            address=masked(person.address) if person and status else "",
            subscribed=status in (Status.ACTIVE, Status.PENDING),
            may_undo=undoable,
            preferences=self._preferences(subject, person),
        )

    def _preferences(self, subject: TokenSubject, person: Subscriber | None) -> str:
        if person is not None and person.links_since is not None:
            # An unsubscribe link never ends, so it must not lead to more than the links that do.
            if subject.list_slug in hidden_lists(self.context.settings):
                return ""  # nobody may ask for the links of such a list; the next issue brings them
            return self.context.path(f"/links/{subject.list_slug}")
        token = self.context.tokens.make(
            Purpose.PREFERENCES, subject.subscriber_id, subject.list_slug
        )
        return self.context.path(f"/p/{token}")

    def _leave(self, subject: TokenSubject, way: Way) -> None:
        leave(self.context.site, subject, way, self.context.clock())

    def _undo(self, subject: TokenSubject) -> bool:
        """Undo; returns whether the reader is subscribed now. A repeated undo has no further effect."""
        with self.context.database.transaction() as connection:
            undo(connection, subject.subscriber_id, subject.list_slug, self.context.clock())
            status = status_of(connection, subject.subscriber_id, subject.list_slug)
        return status is Status.ACTIVE

    def _take_reason(self, subject: TokenSubject, form: FormData) -> None:
        parts = [REASONS.get(text(form, "reason"), ""), " ".join(text(form, "words").split())]
        reason = ": ".join(part for part in parts if part)
        with self.context.database.transaction() as connection:
            give_reason(
                connection, subject.subscriber_id, subject.list_slug, reason, self.context.clock()
            )
