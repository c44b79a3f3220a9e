"""/people/mail: bounces, complaints, replies by issue, and mail that needs a person."""

from __future__ import annotations

from collections import Counter
from typing import Any

import sqlalchemy as sa
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from newsletter.pipeline.flush_letters import post_or_leave
from newsletter.pipeline.receive import handle, require_inbound
from newsletter.store.audit import record
from newsletter.web.editor.editor_context import EditorContext
from newsletter.web.people.words import NOTICES
from newsletter.web.signin.pages import row_id
from subscribers.addresses import parse_address
from subscribers.errors import AddressError
from subscribers.inbound import mail_log
from subscribers.kept_counts import inbound_by_kind
from subscribers.tables import subscribers

PAGE = 50
BY_ISSUE = 1_000
"""The newest replies, which are counted by issue."""

KINDS = {
    "held": "Needs you",
    "reply": "Replies",
    "bounce": "Bounces",
    "complaint": "Complaints",
    "command": "Requests",
}
"""What the page can show, by the word in its address."""

DID = {
    "none": "Nothing to do",
    "subscribe": "Asked to confirm",
    "confirm": "Subscribed",
    "unsubscribe": "Unsubscribed",
    "ask": "Their links were mailed to them",
    "help": "Help was mailed",
    "tags": "Tags changed",
    "pause": "Paused",
    "resume": "Goes on reading",
    "which": "Their subscriptions were mailed to them",
    "erase": "The link that erases was mailed",
    "count": "Counted; nothing ended yet",
    "retry": "To be tried again",
    "stop": "It is about us: the sending was stopped",
    "forward": "Forwarded to the editors",
    "suggest": "Suggested an article",
    "quarantine": "Kept for a person to look at",
}
"""What was done, in an editor's words."""


class MailPage:
    """GET shows mail of one kind; POST handles a message again that was kept for a person."""

    def __init__(self, context: EditorContext) -> None:
        self.context = context

    async def get(self, request: Request) -> Response:
        """The newest mail of the kind in the address."""
        kind = request.query_params.get("kind", "held")
        before = row_id(request.query_params.get("before", ""))
        values = await run_in_threadpool(self._read, kind if kind in KINDS else "held", before)
        notice = NOTICES.get(request.query_params.get("done", ""), "")
        return await self.context.page(request, "people/mail.html.j2", {**values, "notice": notice})

    async def replay(self, request: Request) -> Response:
        """Handle a message once more."""
        editor = await self.context.editor(request)
        site, now = self.context.site, self.context.clock()
        number = row_id(str(request.path_params["number"])) or 0

        def again() -> None:
            require_inbound(site)
            handle(site, number, now=now, again=True)
            with site.database.transaction() as connection:
                record(
                    connection, who=editor.address, what="replay mail", detail=str(number), now=now
                )

        await run_in_threadpool(again)
        return RedirectResponse(
            f"{site.settings.site.base_path}/people/mail?done=handled",
            status_code=303,
            background=BackgroundTask(post_or_leave, site, self.context.clock),
        )

    def _read(self, kind: str, before: int | None) -> dict[str, Any]:
        site = self.context.site
        with site.database.transaction(read_only=True) as connection:
            counts = inbound_by_kind(connection)
            if kind == "held":
                found = mail_log.quarantined(connection)
            else:
                found = mail_log.newest_mail(connection, kind, before=before, limit=PAGE)
            by_issue = Counter(
                one.issue
                for one in mail_log.newest_mail(connection, "reply", limit=BY_ISSUE)
                if one.issue
            )
            numbers = _numbers(connection, [one.address for one in found])
        return {
            "takes_mail": site.settings.inbound is not None,
            "kind": kind,
            "kinds": KINDS,
            "counts": counts,
            "found": found,
            "numbers": numbers,
            "did": DID,
            "by_issue": by_issue.most_common() if kind == "reply" else [],
            "older": found[-1].id if kind != "held" and len(found) == PAGE else None,
            "zone": site.settings.site.zone,
        }


def _numbers(connection: sa.Connection, addresses: list[str]) -> dict[str, int]:
    """The numbers of those of the addresses that are readers'."""
    keys = {}
    for address in addresses:
        try:
            keys[parse_address(address).key] = address
        except AddressError:
            continue
    query = sa.select(subscribers.c.address_key, subscribers.c.id).where(
        subscribers.c.address_key.in_(list(keys))
    )
    return {keys[row.address_key]: row.id for row in connection.execute(query)}
