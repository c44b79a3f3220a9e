"""/join/LIST: signing up by our page, by a form on another page, or by JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from newsletter.pipeline import join as verbs
from newsletter.site.lists import list_slugs
from newsletter.store.attempt_limits import AttemptLimit, count_attempt
from newsletter.web.reader.answers import (
    HEADERS,
    page,
    posting,
    read_body,
    read_form,
    text,
    texts,
    trouble,
)
from newsletter.web.reader.reader_context import ReaderContext
from newsletter.web.reader.stamp import is_fresh, make_stamp
from newsletter.web.signin.browsers import network_of
from subscribers.errors import AddressError
from subscribers.subscriber import MAX_NAME

PER_NETWORK = AttemptLimit(most=20, per=timedelta(hours=1))
"""Limits sign-ups and requests for links. subscribers/consent.py limits each address as well."""

WORDING = "Yes, send me %(title)s by e-mail. I can leave at any time with one click."
"""The sentence at the button, kept as the wording of the consent; in the site's language."""

BAD_ADDRESS = "That is not an e-mail address we can write to. Please check it."

TOO_MANY = "There were too many sign-ups from your network. Please try again later."

TRAP = "website"
"""A field that people do not see; robots fill it in."""

CORS = {
    # No cookie and no secret is involved, so any page may ask.
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "POST, OPTIONS",
    "Access-Control-Allow-Headers": "Content-Type",
    "Access-Control-Max-Age": "86400",
    "Cache-Control": "no-store",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class _Entry:
    """What somebody filled in."""

    address: str
    name: str = ""
    tags: Sequence[str] = ()
    trapped: bool = False


class JoinPage:
    """GET shows the form; POST mails the address a question whether it wants the list."""

    def __init__(self, context: ReaderContext) -> None:
        self.context = context

    async def get(self, request: Request) -> Response:
        """The empty form."""
        list_slug = request.path_params["list"]
        if list_slug not in list_slugs(self.context.settings):
            return trouble(self.context, "nothing-here", 404)
        return self._form(list_slug, _Entry(address=""))

    async def post(self, request: Request) -> Response:
        """Give the same answer for every address, whether or not the question is mailed."""
        list_slug = request.path_params["list"]
        if is_json(request):
            return await self._json(request, list_slug)
        if list_slug not in list_slugs(self.context.settings):
            return trouble(self.context, "nothing-here", 404)
        form = await read_form(request)
        if form is None:
            return trouble(self.context, "bad-form", 400)
        entry = _Entry(
            address=text(form, "email").strip(),
            name=text(form, "name"),
            tags=texts(form, "tag"),
            trapped=bool(text(form, TRAP)),
        )
        if not entry.trapped and not is_fresh(
            self.context.site, list_slug, text(form, "stamp"), self.context.clock()
        ):
            # A form on another page has no stamp, so its readers confirm on our page.
            return self._form(list_slug, entry, notice="once-more")
        try:
            if not await run_in_threadpool(self._ask, request, list_slug, entry):
                return trouble(self.context, "too-many", 429)
        except AddressError:
            return self._form(list_slug, entry, notice="bad-address", status=422)
        context = {"title": self.context.title_of(list_slug), "address": entry.address}
        answer = page(self.context.templates, "reader/asked.html.j2", context)
        return posting(self.context, answer)

    async def options(self, _request: Request) -> Response:
        """Answer a browser that asks whether another site's page may post JSON."""
        return Response(status_code=204, headers=CORS)

    async def _json(self, request: Request, list_slug: str) -> Response:
        document = _read_json(await read_body(request) or b"")
        if list_slug not in list_slugs(self.context.settings):
            return json_problem("unknown-list", "There is no such list.", 404)
        if not isinstance(document, Mapping) or not isinstance(document.get("email"), str):
            return json_problem("bad-request", 'Post {"email": "…"} as JSON.', 400)
        tags = document.get("tags")
        entry = _Entry(
            address=document["email"].strip(),
            name=str(document.get("name") or ""),
            tags=[str(tag) for tag in tags] if isinstance(tags, list) else (),
            trapped=bool(document.get(TRAP)),
        )
        try:
            if not await run_in_threadpool(self._ask, request, list_slug, entry):
                return json_problem("too-many", self.context.say(TOO_MANY), 429)
        except AddressError:
            return json_problem("bad-address", self.context.say(BAD_ADDRESS), 422)
        return posting(self.context, JSONResponse({"status": "check-your-mail"}, 202, headers=CORS))

    def _ask(self, request: Request, list_slug: str, entry: _Entry) -> bool:
        """Mail the question; False when the network is over its limit. A robot is silently ignored."""
        context = self.context
        if entry.trapped:
            return True
        if not is_within_limit(context, request):
            return False
        offered = {tag.slug for tag in context.tags_of(list_slug)}
        sign_up = verbs.SignUp(
            list_slug=list_slug,
            address=entry.address,
            origin=f"form, from {_host(request)}",
            wording=context.say(WORDING, title=context.title_of(list_slug)),
            name=entry.name[:MAX_NAME],
            follows=offered.intersection(entry.tags),
        )
        verbs.join(context.site, sign_up, now=context.clock())
        return True

    def _form(
        self, list_slug: str, entry: _Entry, *, notice: str = "", status: int = 200
    ) -> Response:
        title = self.context.title_of(list_slug)
        context = {
            "title": title,
            "entry": entry,
            "tags": self.context.tags_of(list_slug),
            "wording": self.context.say(WORDING, title=title),
            "stamp": make_stamp(self.context.site, list_slug, self.context.clock()),
            "trap": TRAP,
            "notice": notice,
            "max_name": MAX_NAME,
            "links": self.context.path(f"/links/{list_slug}"),
            "action": self.context.path(f"/join/{list_slug}"),
        }
        return page(self.context.templates, "reader/join.html.j2", context, status)


class LinksPage:
    """/links/LIST: mails a reader their links again."""

    def __init__(self, context: ReaderContext) -> None:
        self.context = context

    async def get(self, request: Request) -> Response:
        """The form."""
        return self._form(request.path_params["list"])

    async def post(self, request: Request) -> Response:
        """The same answer for every address."""
        list_slug = request.path_params["list"]
        form = await read_form(request)
        if form is None:
            return trouble(self.context, "bad-form", 400)
        if list_slug not in list_slugs(self.context.settings):
            return trouble(self.context, "nothing-here", 404)
        try:
            if not await run_in_threadpool(self._mail, request, list_slug, text(form, "email")):
                return trouble(self.context, "too-many", 429)
        except AddressError:
            return self._form(list_slug, text(form, "email"), "bad-address", 422)
        return posting(self.context, self._form(list_slug, notice="mailed"))

    def _mail(self, request: Request, list_slug: str, address: str) -> bool:
        if not is_within_limit(self.context, request):
            return False
        verbs.mail_links(self.context.site, list_slug, address, now=self.context.clock())
        return True

    def _form(
        self, list_slug: str, address: str = "", notice: str = "", status: int = 200
    ) -> Response:
        if list_slug not in list_slugs(self.context.settings):
            return trouble(self.context, "nothing-here", 404)
        context = {
            "title": self.context.title_of(list_slug),
            "address": address,
            "notice": notice,
            "join": self.context.path(f"/join/{list_slug}"),
        }
        return page(self.context.templates, "reader/links.html.j2", context, status)


def is_within_limit(context: ReaderContext, request: Request) -> bool:
    """Count a request that makes us mail an address; False when its network is over the limit."""
    key = context.site.keyed(f"join {network_of(request)}")
    with context.database.transaction() as connection:
        return count_attempt(connection, key, PER_NETWORK, context.clock())


def _read_json(body: bytes) -> Any:
    """The JSON document; None for one that cannot be read, nests too deeply, or is not Unicode."""
    try:
        document = json.loads(body)
        json.dumps(document, ensure_ascii=False).encode()  # refuses half of a surrogate pair
    except (ValueError, RecursionError):
        return None
    return document


def _host(request: Request) -> str:
    return request.client.host if request.client else "unknown"


def is_json(request: Request) -> bool:
    """Whether the request body is JSON, so that the answer is JSON too."""
    return request.headers.get("content-type", "").partition(";")[0].strip() == "application/json"


def json_problem(
    code: str, message: str, status: int, headers: Mapping[str, str] | None = None
) -> Response:
    """A refusal that a page of another site may read."""
    return JSONResponse(
        {"error": {"code": code, "message": message}},
        status,
        headers={
            **(headers or {}),
            **CORS,
            "X-Content-Type-Options": HEADERS["X-Content-Type-Options"],
        },
    )
