"""Links for reviewers without an account: each shows one issue, for a week, read-only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from itsdangerous import BadSignature, URLSafeSerializer
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from newsletter.errors import UnknownNameError
from newsletter.issues.issue import Issue
from newsletter.pipeline.reader_copy import Reader, copy_for
from newsletter.store.audit import record
from newsletter.web.editor.editor_context import HEADERS, EditorContext
from newsletter.web.editor.framing import frame_policy, framed

LINK_LASTS = timedelta(days=7)


@dataclass(frozen=True, kw_only=True, slots=True)
class Share:
    """What a link gives access to: one issue, until a time."""

    slug: str
    number: int
    until: datetime


class SharePage:
    """POST makes a link; anyone who has the link may view the issue."""

    def __init__(self, context: EditorContext) -> None:
        self.context = context
        self._signer = URLSafeSerializer(context.site.secret, salt="newsletter.share")

    async def make(self, request: Request) -> Response:
        """Make a link to the issue and show it on the publish page."""
        issue = await self.context.issue(request)
        editor = await self.context.editor(request)
        now = self.context.clock()
        token = self.token(
            Share(slug=issue.newsletter, number=issue.number, until=now + LINK_LASTS)
        )

        def note() -> None:
            with self.context.site.database.transaction() as connection:
                record(connection, who=editor.address, what="share", detail=issue.name, now=now)

        await run_in_threadpool(note)
        return RedirectResponse(
            f"{self.context.desk_url(issue, 'publish')}?shared={token}#share", 303
        )

    async def get(self, request: Request) -> Response:
        """The page around the frame, for anyone with the link."""
        found = await run_in_threadpool(self._issue, request.path_params["token"])
        if found is None:
            return self._gone()
        issue, share = found
        zone = self.context.site.settings.site.zone
        text = self.context.templates.get_template("editor/shared.html.j2").render(
            issue=issue,
            newsletter=self.context.site.newsletter(issue.newsletter),
            zone=zone,
            until=share.until.astimezone(zone),
            token=request.path_params["token"],
        )
        return HTMLResponse(text, headers={**HEADERS, "Referrer-Policy": "no-referrer"})

    async def frame(self, request: Request) -> Response:
        """The current complete edition, without personal links."""
        found = await run_in_threadpool(self._issue, request.path_params["token"])
        if found is None:
            return self._gone()
        copy = await run_in_threadpool(
            copy_for, self.context.site, found[0], Reader(), now=self.context.clock()
        )
        headers = {**HEADERS, "Content-Security-Policy": frame_policy(images=True)}
        return HTMLResponse(
            framed(copy.impersonal_html), headers={**headers, "Referrer-Policy": "no-referrer"}
        )

    def token(self, share: Share) -> str:
        """The signed token of the link."""
        until = int(share.until.timestamp())
        return str(self._signer.dumps([share.slug, share.number, until]))

    def read(self, token: str) -> Share | None:
        """What the token gives access to now; None when it is forged or expired."""
        try:
            slug, number, until = self._signer.loads(token)
        except (BadSignature, ValueError, TypeError):
            return None
        share = Share(slug=slug, number=number, until=datetime.fromtimestamp(until, UTC))
        return share if self.context.clock() < share.until else None

    def _issue(self, token: str) -> tuple[Issue, Share] | None:
        share = self.read(token)
        if share is None or share.slug not in self.context.site.settings.newsletters:
            return None
        try:
            return self.context.find(share.slug, share.number), share
        except UnknownNameError:
            return None

    def _gone(self) -> HTMLResponse:
        text = self.context.templates.get_template("editor/shared.html.j2").render(issue=None)
        return HTMLResponse(text, status_code=404, headers=HEADERS)
