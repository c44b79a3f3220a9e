"""/join/LIST: signing up by our page, by a form on another page, or by JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from newsletter.pipeline.form_requests import keep_join
from newsletter.store.attempt_limits import AttemptLimit, attempt_within
from newsletter.web.reader.answers import (
    WITH_SCRIPT,
    page,
    posting,
    read_body,
    read_form,
    text,
    texts,
    trouble,
)
from newsletter.web.reader.guarded_form import (
    TRAP,
    Guard,
    guard_fields,
    milliseconds,
    seconds_left,
    submitted,
    use_stamp,
)
from newsletter.web.reader.json_requests import CORS, is_json, json_problem, read_json
from newsletter.web.reader.reader_context import ReaderContext
from newsletter.web.reader.robots import SubmittedForm, Use, Verdict, judge
from newsletter.web.signin.browsers import network_limits
from subscribers.addresses import parse_address
from subscribers.consent import JoinRequest
from subscribers.errors import AddressError
from subscribers.history import Way
from subscribers.subscriber import MAX_NAME

WORDING = "Yes, send me %(title)s by e-mail. I can leave at any time with one click."
"""The sentence at the button, kept as the wording of the consent; in the site's language."""

BAD_ADDRESS = "That is not an e-mail address we can write to. Please check it."

TOO_MANY = "There were too many sign-ups from your network. Please try again later."

ONCE_MORE = "One more click, so that we know it is you."

UNSTAMPED = {timedelta(hours=1): 3, timedelta(days=1): 100}
"""Requests by JSON that are taken without a stamp: of one network in an hour, of all in a day.

Scripts on other pages that know nothing of stamps go on working, and are of no use to a robot.
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Entry:
    """What somebody filled in, and the hidden fields that came with it."""

    address: str
    name: str = ""
    tags: Sequence[str] = ()
    trapped: bool = False
    stamp: str = ""
    proof: str = ""


class JoinPage:
    """GET shows the form; POST mails the address a question whether it wants the list."""

    def __init__(self, context: ReaderContext) -> None:
        self.context = context

    async def get(self, request: Request) -> Response:
        """The empty form."""
        list_slug = request.path_params["list"]
        if not self.context.may_join(list_slug):
            return trouble(self.context, "nothing-here", 404)
        return self._form(list_slug, _Entry(address=""))

    async def post(self, request: Request) -> Response:
        """Give the same answer for every address, whether or not the question is mailed."""
        list_slug = request.path_params["list"]
        if is_json(request):
            return await self._json(request, list_slug)
        if not self.context.may_join(list_slug):
            return trouble(self.context, "nothing-here", 404)
        form = await read_form(request)
        if form is None:
            return trouble(self.context, "bad-form", 400)
        entry = _Entry(
            address=text(form, "email").strip(),
            name=text(form, "name"),
            tags=texts(form, "tag"),
            trapped=bool(text(form, TRAP)),
            stamp=text(form, "stamp"),
            proof=text(form, "proof"),
        )
        try:
            verdict = await run_in_threadpool(self._take, request, list_slug, entry)
        except AddressError:
            return self._form(list_slug, entry, notice="bad-address", status=422)
        match verdict:
            case None:
                return trouble(self.context, "too-many", 429)
            case Verdict.ASK_AGAIN:
                # A form on another page has no stamp, so its readers confirm on our page.
                entry = replace(entry, stamp="", proof="")
                return self._form(list_slug, entry, notice="once-more")
            case Verdict.WAIT:
                return self._form(list_slug, entry, notice="wait")
        context = {"title": self.context.title_of(list_slug), "address": entry.address}
        answer = page(self.context.templates, "reader/asked.html.j2", context)
        return posting(self.context, answer)

    async def options(self, _request: Request) -> Response:
        """Answer a browser that asks whether another site's page may post JSON."""
        return Response(status_code=204, headers=CORS)

    async def _json(self, request: Request, list_slug: str) -> Response:
        document = read_json(await read_body(request) or b"")
        if not self.context.may_join(list_slug):
            return json_problem("unknown-list", "There is no such list.", 404)
        if not isinstance(document, Mapping) or not isinstance(document.get("email"), str):
            return json_problem("bad-request", 'Post {"email": "…"} as JSON.', 400)
        tags = document.get("tags")
        entry = _Entry(
            address=document["email"].strip(),
            name=str(document.get("name") or ""),
            tags=[str(tag) for tag in tags] if isinstance(tags, list) else (),
            trapped=bool(document.get(TRAP)),
            stamp=str(document.get("stamp") or ""),
            proof=str(document.get("proof", "")),
        )
        if entry.trapped:
            return json_problem("trapped", f"Leave {TRAP!r} empty.", 422)
        try:
            parse_address(entry.address)
            verdict = await run_in_threadpool(self._take_json, request, list_slug, entry)
        except AddressError:
            return json_problem("bad-address", self.context.say(BAD_ADDRESS), 422)
        match verdict:
            case None:
                return json_problem("too-many", self.context.say(TOO_MANY), 429)
            case Verdict.ASK_AGAIN:
                return self._json_guard("stamp-needed", list_slug, replace(entry, stamp=""))
            case Verdict.WAIT:
                return self._json_guard("too-early", list_slug, entry)
        return posting(self.context, JSONResponse({"status": "check-your-mail"}, 202, headers=CORS))

    def _json_guard(self, code: str, list_slug: str, entry: _Entry) -> Response:
        """What a script needs to send the request once more: 428 (RFC 6585 section 3)."""
        form = empty_form(self.context, list_slug)
        return json_problem(
            code,
            self.context.say(ONCE_MORE),
            428,
            guard={
                "stamp": entry.stamp or form["stamp"],
                "bits": form["bits"],
                "age_ms": form["age"],
                "wait_ms": milliseconds(timedelta(seconds=self._seconds_left(list_slug, entry))),
            },
        )

    def _take_json(self, request: Request, list_slug: str, entry: _Entry) -> Verdict | None:
        """The same for a request by JSON, of which a few need no stamp."""
        if entry.stamp or not self._is_one_of_few(request):
            return self._take(request, list_slug, entry)
        if not is_within_limits(self.context, request):
            return None
        self._ask(request, list_slug, entry)
        return Verdict.ACCEPT

    def _is_one_of_few(self, request: Request) -> bool:
        """Count a request without a stamp; False if it needs one."""
        of_one, of_all = (AttemptLimit(most=most, per=per) for per, most in UNSTAMPED.items())
        limits = {**network_limits(request, "unstamped", of_one), "unstamped": of_all}
        return _count(self.context, limits)

    def _take(self, request: Request, list_slug: str, entry: _Entry) -> Verdict | None:
        """Judge the form, and keep the request if it is accepted; None when a limit is reached."""
        rules = self.context.settings.sign_up
        form = self._submitted(list_slug, entry)
        verdict = judge(form, rules)
        if verdict is not Verdict.ACCEPT:
            return verdict
        address = parse_address(entry.address).key
        if not is_within_limits(self.context, request):
            return None
        use = Use.NEW

        def may_join(connection: sa.Connection) -> bool:
            nonlocal use
            use = use_stamp(self.context, connection, entry.stamp, address)
            return judge(replace(form, use=use), rules) is Verdict.ACCEPT

        self._ask(request, list_slug, entry, may_join)
        return judge(replace(form, use=use), rules)

    def _submitted(self, list_slug: str, entry: _Entry) -> SubmittedForm:
        guard = Guard(trapped=entry.trapped, stamp=entry.stamp, proof=entry.proof)
        return submitted(self.context, list_slug, guard)

    def _ask(
        self,
        request: Request,
        list_slug: str,
        entry: _Entry,
        may_join: Callable[[sa.Connection], bool] = lambda _connection: True,
    ) -> None:
        """Keep the request to mail the question, if `may_join` allows it."""
        context = self.context
        offered = {tag.slug for tag in context.tags_of(list_slug)}
        sign_up = JoinRequest(
            address=entry.address,
            list_slug=list_slug,
            way=Way.FORM,
            origin=f"form, from {_host(request)}",
            wording=context.say(WORDING, title=context.title_of(list_slug)),
            name=entry.name[:MAX_NAME],
            follows=offered.intersection(entry.tags),
            ask_at_most=context.settings.sign_up.per_address,
        )
        keep_join(context.site, sign_up, now=context.clock(), may_join=may_join)

    def _form(
        self, list_slug: str, entry: _Entry, *, notice: str = "", status: int = 200
    ) -> Response:
        context = {
            "title": self.context.title_of(list_slug),
            "entry": entry,
            "tags": self.context.tags_of(list_slug),
            "form": {**empty_form(self.context, list_slug), "trap": "" if entry.trapped else TRAP},
            "seconds": self._seconds_left(list_slug, entry),
            "notice": notice,
            "max_name": MAX_NAME,
            "links": self.context.path(f"/links/{list_slug}"),
        }
        return page(self.context.templates, "reader/join.html.j2", context, status, WITH_SCRIPT)

    def _seconds_left(self, list_slug: str, entry: _Entry) -> int:
        return seconds_left(self.context, self._submitted(list_slug, entry))


def empty_form(context: ReaderContext, list_slug: str) -> Mapping[str, Any]:
    """What the fields of a list's sign-up form need (`guard` in parts.html.j2)."""
    return {
        **guard_fields(context, list_slug),
        "action": context.path(f"/join/{list_slug}"),
        "wording": context.say(WORDING, title=context.title_of(list_slug)),
    }


def is_within_limits(context: ReaderContext, request: Request) -> bool:
    """Count a request that makes us mail an address; False when there are too many.

    subscribers/consent.py limits each address as well.
    """
    rules = context.settings.sign_up
    of_one = AttemptLimit(most=rules.per_network, per=timedelta(hours=1))
    of_all = AttemptLimit(most=rules.per_day, per=timedelta(days=1))
    # A network over its limit does not use up the day's.
    return _count(context, {**network_limits(request, "join", of_one), "join": of_all})


def _count(context: ReaderContext, limits: Mapping[str, AttemptLimit]) -> bool:
    keyed = {context.site.keyed(name): limit for name, limit in limits.items()}
    return attempt_within(context.database, keyed, context.clock())


def _host(request: Request) -> str:
    return request.client.host if request.client else "unknown"
