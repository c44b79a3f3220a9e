"""/feed/TOKEN.atom and .json: a reader's private feed, which anyone who has its address can read."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from functools import partial

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from newsletter.site.correction_mail import corrected_on
from newsletter.store.token_hash import hash_of
from newsletter.web.archive.feeds import atom, json_feed
from newsletter.web.archive.private_feed import PrivateFeeds
from newsletter.web.reader.answers import trouble
from newsletter.web.reader.reader_context import ReaderContext
from subscribers.private_feeds import looks_like_feed_token

HEADERS = {
    "Cache-Control": "private, max-age=60",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
    "X-Content-Type-Options": "nosniff",
}

WRITERS = {
    "atom": (atom, "application/atom+xml"),
    "json": (json_feed, "application/feed+json"),
}

WHOLE_IN_A_MINUTE = 30
"""Whole answers that one feed gets in a minute. An answer that nothing is new is not counted."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Answer:
    """What a feed's address answers: the whole feed, that the client has it, or that it asks too often."""

    status: int
    etag: str
    changed_at: datetime
    body: bytes = b""


class PrivateFeedPage:
    """GET answers the feed and changes nothing: nobody keeps when a feed was read, or how often."""

    def __init__(self, context: ReaderContext) -> None:
        self.context = context
        dated = partial(corrected_on, context.site)
        self.feeds = PrivateFeeds(site=context.site, corrected_on=dated, say=context.say)
        self.limit = _WholeAnswers()

    async def get(self, request: Request) -> Response:
        """The feed, or that the client has it; the same for an ended token and one that never was."""
        token, form = request.path_params["token"], request.path_params["form"]
        if form not in WRITERS or not looks_like_feed_token(token):
            return trouble(self.context, "nothing-here", 404)
        answer = await run_in_threadpool(self._read, token, form, request.headers)
        if answer is None:
            return trouble(self.context, "no-feed", 410)
        if answer.status == 429:
            busy = trouble(self.context, "unavailable", 429)
            busy.headers["Retry-After"] = "60"
            return busy
        headers = {
            **HEADERS,
            "ETag": answer.etag,
            "Last-Modified": format_datetime(answer.changed_at.astimezone(UTC), usegmt=True),
        }
        media_type = WRITERS[form][1] if answer.status == 200 else None
        return Response(answer.body, answer.status, headers=headers, media_type=media_type)

    def _read(self, token: str, form: str, asked: Mapping[str, str]) -> _Answer | None:
        key, now = hash_of(token), self.context.clock()
        with self.context.database.transaction(read_only=True) as connection:
            state = self.feeds.state(connection, key, now)
            if state is None:
                return None
            etag, changed_at = self.feeds.mark(state, form), state.changed_at
            if has_it(asked, etag, changed_at):
                return _Answer(status=304, etag=etag, changed_at=changed_at)
            if not self.limit.is_within(key, now):
                return _Answer(status=429, etag=etag, changed_at=changed_at)
            address = f"{self.context.settings.site.url}/feed/{token}.{form}"
            feed = self.feeds.feed(connection, state, address)
        return _Answer(status=200, etag=etag, changed_at=changed_at, body=WRITERS[form][0](feed))


def has_it(asked: Mapping[str, str], etag: str, changed_at: datetime) -> bool:
    """Whether the client's copy is the present one (RFC 9110 section 13.2.2)."""
    if "if-none-match" in asked:
        known = asked["if-none-match"]
        return known.strip() == "*" or etag in known
    try:
        since = parsedate_to_datetime(asked.get("if-modified-since", ""))
        return changed_at.replace(microsecond=0) <= since
    except (TypeError, ValueError, OverflowError):  # no date that there is, or no time zone
        return False


class _WholeAnswers:
    """How many whole answers each feed got in the present minute, in memory and by hash alone."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._minute: datetime | None = None
        self._counts: Counter[str] = Counter()

    def is_within(self, key: str, now: datetime) -> bool:
        """Count one; False where that is one too many."""
        minute = now.replace(second=0, microsecond=0)
        with self._lock:
            if minute != self._minute:
                self._minute, self._counts = minute, Counter()
            self._counts[key] += 1
            return self._counts[key] <= WHOLE_IN_A_MINUTE
