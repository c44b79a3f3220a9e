"""/join/LIST: signing up, by our page, by a form on any other page, or by JSON."""

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
"""Sign-ups and requests for links; one address is limited besides (subscribers/consent.py)."""

WORDING = "Yes, send me %(title)s by e-mail. I can leave at any time with one click."
"""What stands at the button, and is kept as the consent's words; in the site's language."""

BAD_ADDRESS = "That is not an e-mail address we can write to. Please check it."

TOO_MANY = "There were too many sign-ups from your network. Please try again later."

TRAP = "website"
"""A field that people do not see."""

CORS = {
    # No cookie and no secret is involved, so any page may ask.
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "POST, OPTIONS",
    "Access-Control-Allow-Headers": "Content-Type",
    "Access-Control-Max-Age": "86400",
    "Cache-Control": "no-store",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class _Wish:
    """What somebody filled in."""

    address: str
    name: str = ""
    tags: Sequence[str] = ()
    trapped: bool = False


class JoinPage:
    """GET shows the form; POST asks the address whether it wants the list."""

    def __init__(self, context: ReaderContext) -> None:
        self.context = context

    async def get(self, request: Request) -> Response:
        """The empty form."""
        list_slug = request.path_params["list"]
        if list_slug not in list_slugs(self.context.settings):
            return trouble(self.context, "nothing-here", 404)
        return self._form(list_slug, _Wish(address=""))

    async def post(self, request: Request) -> Response:
        """The same answer for every address: the question goes out, or does not, unseen."""
        list_slug = request.path_params["list"]
        if is_json(request):
            return await self._json(request, list_slug)
        if list_slug not in list_slugs(self.context.settings):
            return trouble(self.context, "nothing-here", 404)
        form = await read_form(request)
        if form is None:
            return trouble(self.context, "bad-form", 400)
        wish = _Wish(
            address=text(form, "email").strip(),
            name=text(form, "name"),
            tags=texts(form, "tag"),
            trapped=bool(text(form, TRAP)),
        )
        if not wish.trapped and not is_fresh(
            self.context.site, list_slug, text(form, "stamp"), self.context.clock()
        ):
            # A form on another page has no stamp: one more button, on ours.
            return self._form(list_slug, wish, notice="once-more")
        try:
            if not await run_in_threadpool(self._ask, request, list_slug, wish):
                return trouble(self.context, "too-many", 429)
        except AddressError:
            return self._form(list_slug, wish, notice="bad-address", status=422)
        context = {"title": self.context.title_of(list_slug), "address": wish.address}
        answer = page(self.context.templates, "reader/asked.html.j2", context)
        return posting(self.context, answer)

    async def options(self, _request: Request) -> Response:
        """A browser asks whether another site's page may post JSON."""
        return Response(status_code=204, headers=CORS)

    async def _json(self, request: Request, list_slug: str) -> Response:
        given = _read_json(await read_body(request) or b"")
        if list_slug not in list_slugs(self.context.settings):
            return json_problem("unknown-list", "There is no such list.", 404)
        if not isinstance(given, Mapping) or not isinstance(given.get("email"), str):
            return json_problem("bad-request", 'Post {"email": "…"} as JSON.', 400)
        tags = given.get("tags")
        wish = _Wish(
            address=given["email"].strip(),
            name=str(given.get("name") or ""),
            tags=[str(tag) for tag in tags] if isinstance(tags, list) else (),
            trapped=bool(given.get(TRAP)),
        )
        try:
            if not await run_in_threadpool(self._ask, request, list_slug, wish):
                said = self.context.say(TOO_MANY)
                return json_problem("too-many", said, 429)
        except AddressError:
            return json_problem("bad-address", self.context.say(BAD_ADDRESS), 422)
        return posting(self.context, JSONResponse({"status": "check-your-mail"}, 202, headers=CORS))

    def _ask(self, request: Request, list_slug: str, wish: _Wish) -> bool:
        """Whether the network may go on; a robot's wish is passed over, and told nothing."""
        context = self.context
        if wish.trapped:
            return True
        if not may_go_on(context, request):
            return False
        offered = {tag.slug for tag in context.tags_of(list_slug)}
        verbs.join(
            context.site,
            list_slug,
            wish.address,
            origin=f"form, from {_host(request)}",
            wording=context.say(WORDING, title=context.title_of(list_slug)),
            now=context.clock(),
            name=wish.name[:MAX_NAME],
            follows=offered.intersection(wish.tags),
        )
        return True

    def _form(
        self, list_slug: str, wish: _Wish, *, notice: str = "", status: int = 200
    ) -> Response:
        title = self.context.title_of(list_slug)
        context = {
            "title": title,
            "wish": wish,
            "tags": self.context.tags_of(list_slug),
            "wording": self.context.say(WORDING, title=title),
            "stamp": make_stamp(self.context.site, list_slug, self.context.clock()),
            "trap": TRAP,
            "notice": notice,
            "max_name": MAX_NAME,
            "links": f"/links/{list_slug}",
            "action": f"/join/{list_slug}",
        }
        return page(self.context.templates, "reader/join.html.j2", context, status)


class LinksPage:
    """/links/LIST: have the links mailed that somebody lost."""

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
        if not may_go_on(self.context, request):
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
            "join": f"/join/{list_slug}",
        }
        return page(self.context.templates, "reader/links.html.j2", context, status)


def may_go_on(context: ReaderContext, request: Request) -> bool:
    """Count a request that makes us write to an address, by the network it comes from."""
    key = context.site.keyed(f"join {network_of(request)}")
    with context.database.transaction() as connection:
        return count_attempt(connection, key, PER_NETWORK, context.clock())


def _read_json(body: bytes) -> Any:
    """The document; None for what cannot be read, nests too deeply, or is not Unicode."""
    try:
        document = json.loads(body)
        json.dumps(document, ensure_ascii=False).encode()  # refuses half of a surrogate pair
    except (ValueError, RecursionError):
        return None
    return document


def _host(request: Request) -> str:
    return request.client.host if request.client else "unknown"


def is_json(request: Request) -> bool:
    """Whether a program posts JSON, and reads it."""
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
