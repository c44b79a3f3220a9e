"""Links for reviewers without an account: each shows one issue, for a week, to be commented on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from itsdangerous import BadSignature, URLSafeSerializer
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from newsletter.errors import UnknownNameError
from newsletter.issues.issue import Issue
from newsletter.issues.review import REVIEWABLE, ReviewComment
from newsletter.pipeline.reader_copy import Reader, copy_for
from newsletter.pipeline.review import LONGEST_NAME, LONGEST_TEXT
from newsletter.store.audit import record
from newsletter.store.review_comments import comments_on
from newsletter.store.shared_links import end_links, times_ended
from newsletter.web.editor.editor_context import HEADERS, EditorContext
from newsletter.web.editor.forms import item_id
from newsletter.web.editor.framing import frame_policy, framed
from newsletter.web.reader.answers import text
from newsletter.web.reader.stamp import make_stamp

LINK_LASTS = timedelta(days=7)


@dataclass(frozen=True, kw_only=True, slots=True)
class Share:
    """What a link gives access to: one issue, until a time, or until an editor ends its links.

    `ended` is how often they had been ended when this one was made.
    """

    slug: str
    number: int
    until: datetime
    ended: int = 0

    @property
    def name(self) -> str:
        """The issue's name in stamps and limits; no list can have it."""
        return f"review/{self.slug}/{self.number}"


class SharePage:
    """POST makes a link, or ends all of an issue; anyone who has the link may view the issue."""

    def __init__(self, context: EditorContext) -> None:
        self.context = context
        self._signer = URLSafeSerializer(context.site.secret, salt="newsletter.share")

    async def make(self, request: Request) -> Response:
        """Make a link to the issue and show it on the publish page, or end all its links."""
        issue = await self.context.issue(request)
        editor = await self.context.editor(request)
        page = self.context.desk_url(issue, "publish")
        if text((await request.form()), "action") == "end":
            await run_in_threadpool(self._end, issue, editor.address)
            return RedirectResponse(f"{page}?shared=ended#share", 303)
        token = await run_in_threadpool(self._made, issue, editor.address)
        return RedirectResponse(f"{page}?shared={token}#share", 303)

    def _made(self, issue: Issue, who: str) -> str:
        now = self.context.clock()
        with self.context.site.database.transaction() as connection:
            record(connection, who=who, what="share", detail=issue.name, now=now)
            ended = times_ended(connection, issue)
        return self.token(
            Share(slug=issue.newsletter, number=issue.number, until=now + LINK_LASTS, ended=ended)
        )

    def _end(self, issue: Issue, who: str) -> None:
        now = self.context.clock()
        with self.context.site.database.transaction() as connection:
            end_links(connection, issue)
            record(connection, who=who, what="end shared links", detail=issue.name, now=now)

    async def get(self, request: Request) -> Response:
        """The page around the frame, for anyone with the link."""
        name = request.query_params.get("name", "")[:LONGEST_NAME]
        is_kept = request.query_params.get("done") == "yes"
        return await self.answer(request, typed={"name": name}, is_kept=is_kept)

    async def answer(
        self,
        request: Request,
        *,
        typed: Mapping[str, str] | None = None,
        problem: str = "",
        is_kept: bool = False,
        status: int = 200,
    ) -> Response:
        """The page, with what was typed into the form and why it was not taken."""
        token = request.path_params["token"]
        found = await run_in_threadpool(self._issue, token)
        if found is None:
            return self.gone()
        issue, share = found
        site = self.context.site
        zone = site.settings.site.zone
        html = self.context.templates.get_template("editor/shared.html.j2").render(
            issue=issue,
            newsletter=site.newsletter(issue.newsletter),
            zone=zone,
            until=share.until.astimezone(zone),
            token=token,
            comments=await run_in_threadpool(self._comments, issue),
            choices=[(item_id(item.article), item.title) for item in issue.shown_items],
            may_comment=issue.state in REVIEWABLE,
            stamp=make_stamp(site, share.name, self.context.clock()),
            longest=(LONGEST_NAME, LONGEST_TEXT),
            typed=typed or {},
            problem=problem,
            is_kept=is_kept,
        )
        return HTMLResponse(
            html, status_code=status, headers={**HEADERS, "Referrer-Policy": "no-referrer"}
        )

    async def frame(self, request: Request) -> Response:
        """The current complete edition, without personal links."""
        found = await run_in_threadpool(self._issue, request.path_params["token"])
        if found is None:
            return self.gone()
        copy = await run_in_threadpool(
            copy_for, self.context.site, found[0], Reader(), now=self.context.clock()
        )
        headers = {**HEADERS, "Content-Security-Policy": frame_policy(images=True)}
        page = self.context.pictures.in_html(framed(copy.impersonal_html))
        return HTMLResponse(page, headers={**headers, "Referrer-Policy": "no-referrer"})

    def token(self, share: Share) -> str:
        """The signed token of the link."""
        until = int(share.until.timestamp())
        return str(self._signer.dumps([share.slug, share.number, until, share.ended]))

    def read(self, token: str) -> Share | None:
        """What the token gives access to now; None when it is forged, has expired or was ended."""
        found = self._issue(token)
        return found[1] if found is not None else None

    def _signed(self, token: str) -> Share | None:
        try:
            slug, number, until, *ended = self._signer.loads(token)
        except (BadSignature, ValueError, TypeError):
            return None
        share = Share(
            slug=slug,
            number=number,
            until=datetime.fromtimestamp(until, UTC),
            ended=ended[0] if ended else 0,
        )
        return share if self.context.clock() < share.until else None

    def _issue(self, token: str) -> tuple[Issue, Share] | None:
        share = self._signed(token)
        if share is None or share.slug not in self.context.site.settings.newsletters:
            return None
        try:
            issue = self.context.find(share.slug, share.number)
        except UnknownNameError:
            return None
        with self.context.site.database.transaction(read_only=True) as connection:
            return (issue, share) if share.ended == times_ended(connection, issue) else None

    def _comments(self, issue: Issue) -> list[ReviewComment]:
        with self.context.site.database.transaction(read_only=True) as connection:
            return [made for made in comments_on(connection, issue) if made.is_open]

    def gone(self) -> HTMLResponse:
        """The answer for a link that is forged, or has ended."""
        html = self.context.templates.get_template("editor/shared.html.j2").render(issue=None)
        return HTMLResponse(html, status_code=404, headers=HEADERS)
