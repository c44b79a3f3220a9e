"""/suggest/NEWSLETTER: readers suggest an article, by the form or by a bookmark that fills it in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from newsletter.articles.urls import MAX_LENGTH
from newsletter.errors import InputError
from newsletter.issues.suggestion import MOST_NAME, MOST_TITLE, MOST_WORDS
from newsletter.pipeline.form_requests import keep_suggestion
from newsletter.pipeline.suggest import (
    may_suggest,
    network_reader,
    proposal_of,
    written,
)
from newsletter.web.reader.answers import WITH_SCRIPT, page, posting, read_form, text, trouble
from newsletter.web.reader.guarded_form import (
    TRAP,
    Guard,
    guard_fields,
    seconds_left,
    submitted,
    use_stamp,
)
from newsletter.web.reader.reader_context import ReaderContext
from newsletter.web.reader.robots import Use, Verdict, judge
from newsletter.web.signin.browsers import network_of
from subscribers.errors import AddressError

BOOKMARK = (
    "javascript:void(location.href='%s?url='+encodeURIComponent(location.href)"
    "+'&title='+encodeURIComponent(document.title))"
)
"""What the bookmark does on the page of an article; %s is the address of our page."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Entry:
    """What somebody filled in, and the hidden fields that came with it."""

    url: str = ""
    title: str = ""
    words: str = ""
    name: str = ""
    address: str = ""
    guard: Guard = field(default_factory=Guard)


class SuggestPage:
    """GET shows the form; POST keeps the suggestion, which an editor sees."""

    def __init__(self, context: ReaderContext) -> None:
        self.context = context

    async def get(self, request: Request) -> Response:
        """The form, with the address and the headline that a bookmark fills in."""
        newsletter = request.path_params["newsletter"]
        if not self.context.takes_suggestions(newsletter):
            return trouble(self.context, "nothing-here", 404)
        entry = _Entry(
            url=request.query_params.get("url", "")[:MAX_LENGTH],
            title=written(request.query_params.get("title", ""), MOST_TITLE),
        )
        return self._form(newsletter, entry)

    async def post(self, request: Request) -> Response:
        """Thank for a suggestion, whether or not anything is known of the address or the link."""
        newsletter = request.path_params["newsletter"]
        if not self.context.takes_suggestions(newsletter):
            return trouble(self.context, "nothing-here", 404)
        form = await read_form(request)
        if form is None:
            return trouble(self.context, "bad-form", 400)
        entry = _Entry(
            url=text(form, "url").strip(),
            title=text(form, "title"),
            words=text(form, "words"),
            name=text(form, "name"),
            address=text(form, "email").strip(),
            guard=Guard(
                trapped=bool(text(form, TRAP)),
                stamp=text(form, "stamp"),
                proof=text(form, "proof"),
            ),
        )
        try:
            verdict = await run_in_threadpool(self._take, request, newsletter, entry)
        except AddressError:
            return self._form(newsletter, entry, notice="bad-address", status=422)
        except InputError:
            return self._form(newsletter, entry, notice="bad-link", status=422)
        match verdict:
            case None:
                return trouble(self.context, "too-many", 429)
            case Verdict.ASK_AGAIN:
                again = replace(entry, guard=replace(entry.guard, stamp="", proof=""))
                return self._form(newsletter, again, notice="once-more")
            case Verdict.WAIT:
                return self._form(newsletter, entry, notice="wait")
        return posting(self.context, self._form(newsletter, _Entry(), notice="thanks"))

    def _take(self, request: Request, newsletter: str, entry: _Entry) -> Verdict | None:
        """Judge the form, and keep the suggestion if it is accepted; None at a limit."""
        context, rules = self.context, self.context.settings.sign_up
        reader = network_reader(context.site, network_of(request))
        proposal = proposal_of(
            newsletter=newsletter,
            url=entry.url,
            title=entry.title,
            name=entry.name,
            words=entry.words,
            address=entry.address,
            reader=reader,
        )
        form = submitted(context, _purpose(newsletter), entry.guard)
        verdict = judge(form, rules)
        if verdict is not Verdict.ACCEPT:
            return verdict
        with context.database.transaction() as connection:
            if not may_suggest(connection, context.site, newsletter, reader, context.clock()):
                return None
        use = Use.NEW

        def is_accepted(connection: sa.Connection) -> bool:
            nonlocal use
            use = use_stamp(context, connection, entry.guard.stamp, proposal.url)
            return judge(replace(form, use=use), rules) is Verdict.ACCEPT

        keep_suggestion(context.site, proposal, now=context.clock(), may_suggest=is_accepted)
        return judge(replace(form, use=use), rules)

    def _form(
        self, newsletter: str, entry: _Entry, *, notice: str = "", status: int = 200
    ) -> Response:
        guard = entry.guard
        fields = guard_fields(self.context, _purpose(newsletter))
        context: Mapping[str, Any] = {
            "title": self.context.settings.newsletters[newsletter].title,
            "entry": entry,
            "form": {**fields, "trap": "" if guard.trapped else TRAP},
            "seconds": seconds_left(
                self.context, submitted(self.context, _purpose(newsletter), guard)
            ),
            "notice": notice,
            "most": {
                "url": MAX_LENGTH,
                "title": MOST_TITLE,
                "words": MOST_WORDS,
                "name": MOST_NAME,
            },
            "bookmark": self._bookmark(newsletter),
            "again": self.context.path(f"/suggest/{newsletter}"),
        }
        return page(self.context.templates, "reader/suggest.html.j2", context, status, WITH_SCRIPT)

    def _bookmark(self, newsletter: str) -> str:
        """The link for a browser to keep; our own pages never run it."""
        address = f"{self.context.settings.site.url}/suggest/{newsletter}"
        return BOOKMARK % quote(address, safe=":/?#[]@!$&*+,;=%~")


def _purpose(newsletter: str) -> str:
    """What the stamp of the form is for; a list's name has no space."""
    return f"suggest {newsletter}"
