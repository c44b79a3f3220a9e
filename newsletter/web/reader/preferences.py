"""/p/TOKEN: a reader's tags, frequency, form of mails, time zone, pause, feed, address and data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from types import MappingProxyType

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from newsletter.articles.article import Tag
from newsletter.pipeline.own_data import ask_to_move, mail_link
from newsletter.rendering.translation import long_date
from newsletter.site.time_zones import place_of, zones_by_region
from newsletter.store.attempt_limits import AttemptLimit, attempt_within
from newsletter.web.reader.answers import (
    HEADERS,
    WITH_SCRIPT,
    page,
    posting,
    read_form,
    subject_of,
    text,
    texts,
    trouble,
)
from newsletter.web.reader.own_feed import FEED_ACTIONS, change_feed
from newsletter.web.reader.reader_context import ReaderContext
from subscribers import people
from subscribers.addresses import masked
from subscribers.errors import AddressError
from subscribers.history import Way
from subscribers.letters import Template
from subscribers.preferences import (
    choose,
    pause,
    resume,
    set_frequency,
    set_mail_format,
    set_time_zone,
)
from subscribers.private_feeds import PrivateFeed, feed_of
from subscribers.subscriber import MAX_NAME, Frequency, MailFormat, Status, Subscriber
from subscribers.time_zones import known_zones
from subscribers.tokens import Purpose, TokenSubject, is_current
from subscribers.unsubscribe import status_of

PAUSES = (2, 4, 8)
"""Lengths of a pause that the page offers, in weeks."""

PRESSES = AttemptLimit(most=300, per=timedelta(days=1))
"""On one reader's page. Each may add a line to the record, and a forwarded mail has the link, too."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _View:
    """What the page shows, read in one transaction."""

    reader: Subscriber
    subscribed: bool
    tags: list[Tag]
    paused_until: datetime | None
    feed: PrivateFeed | None


class PreferencesPage:
    """GET shows and changes nothing (rule 5); POST does what its button says."""

    def __init__(self, context: ReaderContext) -> None:
        self.context = context

    async def get(self, request: Request) -> Response:
        """The forms, filled with what is known."""
        subject = await self._subject(request)
        if isinstance(subject, Response):
            return subject
        return await self._page(subject)

    async def post(self, request: Request) -> Response:
        """Do what the pressed button says, and show the page again."""
        subject = await self._subject(request)
        if isinstance(subject, Response):
            return subject
        form = await read_form(request)
        if form is None:
            return trouble(self.context, "bad-form", 400)
        if not await run_in_threadpool(self._is_within_limit, subject):
            return trouble(self.context, "unavailable", 429)
        match text(form, "action"):
            case "save":
                await run_in_threadpool(self._save, subject, form)
                return await self._page(subject, "saved")
            case "pause" if text(form, "weeks") in map(str, PAUSES):
                await run_in_threadpool(self._pause, subject, int(text(form, "weeks")))
                return await self._page(subject, "paused")
            case "resume":
                await run_in_threadpool(self._resume, subject)
                return await self._page(subject, "resumed")
            case action if action in FEED_ACTIONS:
                change = await run_in_threadpool(change_feed, self.context, subject, action)
                page = await self._page(subject, change.notice, addresses=change.addresses)
                return posting(self.context, page) if change.notice == "feed-mailed" else page
            case "move":
                return await self._move(subject, text(form, "email"))
            case "export" | "erase" as action:
                mailed = await run_in_threadpool(
                    mail_link,
                    self.context.site,
                    subject,
                    Template(action),
                    now=self.context.clock(),
                )
                notice = "mailed" if mailed else "moved-lately"
                return posting(self.context, await self._page(subject, notice))
            case _:
                return trouble(self.context, "bad-form", 400)

    def _is_within_limit(self, subject: TokenSubject) -> bool:
        key = self.context.site.keyed(f"preferences {subject.subscriber_id}")
        return attempt_within(self.context.database, {key: PRESSES}, self.context.clock())

    async def _subject(self, request: Request) -> TokenSubject | Response:
        subject = subject_of(self.context, Purpose.PREFERENCES, request.path_params["token"])
        if isinstance(subject, Response):
            return subject
        if await run_in_threadpool(self._has_ended, subject):
            return trouble(
                self.context, "expired", 410, join=self.context.join_path(subject.list_slug)
            )
        return subject

    def _has_ended(self, subject: TokenSubject) -> bool:
        """Whether the reader's address has changed since the link was made."""
        with self.context.database.transaction(read_only=True) as connection:
            reader = people.get(connection, subject.subscriber_id)
        return reader is not None and not is_current(subject, reader.links_since)

    async def _move(self, subject: TokenSubject, address: str) -> Response:
        try:
            await run_in_threadpool(
                ask_to_move, self.context.site, subject, address, now=self.context.clock()
            )
        except AddressError:
            return await self._page(subject, "bad-address", 422)
        return posting(self.context, await self._page(subject, "asked"))

    async def _page(
        self,
        subject: TokenSubject,
        notice: str = "",
        status: int = 200,
        *,
        addresses: Mapping[str, str] = MappingProxyType({}),
    ) -> Response:
        view = await run_in_threadpool(self._read, subject)
        if view is None:
            return trouble(self.context, "gone", 410)
        leave = self.context.tokens.make(
            Purpose.UNSUBSCRIBE, subject.subscriber_id, subject.list_slug
        )
        site, hours = self.context.settings.site, self.context.readers_hours(subject.list_slug)
        context = {
            "title": self.context.title_of(subject.list_slug),
            "address": masked(view.reader.address),
            "reader": view.reader,
            "subscribed": view.subscribed,
            "tags": view.tags,
            "has_digest": self.context.has_digest(subject.list_slug),
            "readers_hours": hours,
            "zones": zones_by_region(site.language, view.reader.time_zone) if hours else {},
            "own_zone": place_of(site.timezone, site.language) if hours else "",
            "pauses": PAUSES,
            "paused_until": self._date_text(view.paused_until),
            "feed": view.feed,
            "feed_since": self._date_text(view.feed.made_at if view.feed else None),
            "addresses": addresses,
            "notice": notice,
            "max_name": MAX_NAME,
            "leave": self.context.path(f"/u/{leave}"),
        }
        headers = WITH_SCRIPT if hours else HEADERS
        template = "reader/preferences.html.j2"
        return page(self.context.templates, template, context, status, headers)

    def _read(self, subject: TokenSubject) -> _View | None:
        with self.context.database.transaction(read_only=True) as connection:
            reader = people.get(connection, subject.subscriber_id)
            status = status_of(connection, subject.subscriber_id, subject.list_slug)
            feed = feed_of(connection, subject.subscriber_id, subject.list_slug)
        if reader is None:
            return None
        until = reader.paused_until
        return _View(
            reader=reader,
            subscribed=status is Status.ACTIVE,
            tags=self.context.tags_of(subject.list_slug, reader.follows),
            paused_until=until if until and until > self.context.clock() else None,
            feed=feed,
        )

    def _save(self, subject: TokenSubject, form: FormData) -> None:
        with self.context.database.transaction() as connection:
            reader = people.get(connection, subject.subscriber_id)
            if reader is None:
                return
            offered = {tag.slug for tag in self.context.tags_of(subject.list_slug, reader.follows)}
            choose(
                connection,
                subject.subscriber_id,
                name=text(form, "name"),
                follows=offered.intersection(texts(form, "tag")),
                way=Way.PAGE,
                now=self.context.clock(),
            )
            how_often = text(form, "frequency")
            if how_often in set(Frequency) and self.context.has_digest(subject.list_slug):
                set_frequency(
                    connection,
                    subject.subscriber_id,
                    Frequency(how_often),
                    Way.PAGE,
                    self.context.clock(),
                )

            form_of_mails = text(form, "mail_format")
            if form_of_mails in set(MailFormat):
                set_mail_format(
                    connection,
                    subject.subscriber_id,
                    MailFormat(form_of_mails),
                    Way.PAGE,
                    self.context.clock(),
                )
            zone = text(form, "time_zone")
            if "time_zone" in form and zone in {"", *known_zones()}:
                set_time_zone(
                    connection, subject.subscriber_id, zone, Way.PAGE, self.context.clock()
                )

    def _pause(self, subject: TokenSubject, weeks: int) -> None:
        now = self.context.clock()
        zone = self.context.settings.site.zone
        # Until the start of a day, so that pressing the button twice has the effect of once.
        day = (now.astimezone(zone) + timedelta(weeks=weeks)).date()
        until = datetime.combine(day, time(), zone)
        with self.context.database.transaction() as connection:
            pause(connection, subject.subscriber_id, until, Way.PAGE, now)

    def _resume(self, subject: TokenSubject) -> None:
        with self.context.database.transaction() as connection:
            resume(connection, subject.subscriber_id, Way.PAGE, self.context.clock())

    def _date_text(self, moment: datetime | None) -> str:
        if moment is None:
            return ""
        site = self.context.settings.site
        return long_date(moment.astimezone(site.zone), site.language)
