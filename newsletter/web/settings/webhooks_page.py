"""/settings/webhooks: the programs that are told of events, what each was sent, and to send it again."""

from __future__ import annotations

import os
from typing import Any
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from newsletter.articles.urls import is_web_address
from newsletter.errors import InputError, NewsletterError, UnknownNameError
from newsletter.pipeline.manage_webhooks import (
    WebhookWanted,
    add_webhook,
    remove_webhook,
    resend,
)
from newsletter.pipeline.settings_file import settings_version, why_read_only
from newsletter.store.webhook_log import find_message, newest_messages
from newsletter.web.editor.editor_context import EditorContext
from newsletter.web.editor.error_page import outcome_of
from newsletter.web.reader.answers import text, texts
from newsletter.web.settings.words import EVENTS, NOTICES, friendly
from newsletter.web.signin.pages import row_id

PAGE = 25


class WebhooksPage:
    """GET shows the webhooks with their messages; POST adds, removes, or sends a message again."""

    def __init__(self, context: EditorContext) -> None:
        self.context = context

    async def get(self, request: Request) -> Response:
        """The webhooks; of one of them, whose address is asked for, older messages too."""
        return await self._page(request)

    async def post(self, request: Request) -> Response:
        """Do what the button says; a new secret is shown once, on this answer."""
        editor, form = await self.context.editor(request), await request.form()
        done = await outcome_of(run_in_threadpool(self._act, editor.address, form))
        if isinstance(done, NewsletterError):
            return await self._page(request, problem=friendly(done), typed=text(form, "url"))
        if secret := done.get("secret"):
            return await self._page(request, secret=secret)
        base = self.context.site.settings.site.base_path
        return RedirectResponse(f"{base}/settings/webhooks?{urlencode(done)}", status_code=303)

    def _act(self, who: str, form: FormData) -> dict[str, str]:
        """The query of the page that follows, or the secret that is to be shown."""
        site, now = self.context.site, self.context.clock()
        url, seen = text(form, "url").strip(), text(form, "seen")
        match text(form, "action"):
            case "add":
                events = [event for event in EVENTS if event in texts(form, "event")]
                _require_usable(url, events)
                wanted = WebhookWanted(url=url, events=events, seen=seen)
                return {"secret": add_webhook(site, wanted, os.environ, who=who, now=now)}
            case "remove":
                remove_webhook(site, url, os.environ, seen=seen, who=who, now=now)
                return {"done": "stopped"}
            case "again":
                number = row_id(text(form, "message")) or 0
                resend(site, number, who=who, now=now)
                return {"done": "queued"}
        raise UnknownNameError("this page has no such button")

    async def _page(
        self,
        request: Request,
        *,
        problem: NewsletterError | None = None,
        typed: str = "",
        secret: str = "",
    ) -> Response:
        before = row_id(request.query_params.get("before", ""))
        values = {
            **await run_in_threadpool(self._read, before),
            "events": EVENTS,
            "typed": typed,
            "secret": secret,
            "problem": problem,
            "notice": NOTICES.get(request.query_params.get("done", ""), ""),
            "zone": self.context.site.settings.site.zone,
        }
        status = 200 if problem is None else 409
        return await self.context.page(request, "settings/webhooks.html.j2", values, status)

    def _read(self, before: int | None) -> dict[str, Any]:
        site = self.context.site
        with site.database.transaction(read_only=True) as connection:
            older = find_message(connection, before) if before is not None else None
            hooks = []
            for hook in site.settings.webhooks:
                start = before if older is not None and older.url == hook.url else None
                found = newest_messages(connection, hook.url, limit=PAGE, before=start)
                hooks.append({"hook": hook, "messages": found, "more": len(found) == PAGE})
        read_only = why_read_only(site)
        return {
            "hooks": hooks,
            "read_only": read_only,
            "seen": "" if read_only else settings_version(site),
        }


def _require_usable(url: str, events: list[str]) -> None:
    if not is_web_address(url) or len(url) > 2000:
        raise InputError(
            f"{url[:80]!r} is not a web address", field="url", fix="begin it with https://"
        )
    if "@" in url.partition("://")[2].partition("/")[0]:
        raise InputError(
            "the address has a password in it", field="url", fix="leave the password out"
        )
    if not events:
        raise InputError("no event is chosen", field="event", fix="check at least one")
