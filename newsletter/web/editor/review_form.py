"""/shared/…/comments: reviewers without an account comment on an issue, by the link they were given.

The form is guarded as the one for signing up is: a stamp that is used once, a trap for robots, and
limits for each network, each link and the site.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode

import sqlalchemy as sa
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from newsletter.errors import NewsletterError
from newsletter.issues.review import Remark
from newsletter.pipeline.review import comment
from newsletter.store.attempt_limits import AttemptLimit, count_attempt, counted_since
from newsletter.web.editor.editor_context import EditorContext
from newsletter.web.editor.forms import item_of
from newsletter.web.editor.sharing import Share, SharePage
from newsletter.web.error_wall import DATABASE_ERRORS
from newsletter.web.reader.answers import read_form, text
from newsletter.web.reader.robots import (
    MAX_AGE,
    MIN_AGE,
    SubmittedForm,
    Use,
    Verdict,
    judge,
)
from newsletter.web.reader.stamp import age_of
from newsletter.web.signin.browsers import network_of

TRAP = "website"
"""A field that people do not see, and robots fill in."""

PER_NETWORK = AttemptLimit(most=60, per=timedelta(hours=1))
PER_LINK = AttemptLimit(most=200, per=timedelta(days=1))
PER_DAY = AttemptLimit(most=2_000, per=timedelta(days=1))

ONCE_MORE = "Please send it once more, so that we know it is you."
TOO_MANY = "There were too many comments from your network. Please try again later."


@dataclass(frozen=True, kw_only=True, slots=True)
class _Comment:
    """What somebody filled in, and the hidden fields that came with it."""

    item: str
    name: str
    text: str
    stamp: str
    is_trapped: bool


class ReviewForm:
    """POST keeps a comment and shows the page again; what is refused comes back as it was typed."""

    def __init__(self, context: EditorContext, page: SharePage) -> None:
        self.context = context
        self.page = page

    async def post(self, request: Request) -> Response:
        """Keep a comment."""
        token = request.path_params["token"]
        form = await read_form(request)
        share = await run_in_threadpool(self.page.read, token)
        if form is None or share is None:
            return self.page.gone()
        filled = _Comment(
            item=text(form, "item"),
            name=text(form, "name"),
            text=text(form, "text"),
            stamp=text(form, "stamp"),
            is_trapped=bool(text(form, TRAP)),
        )
        try:
            verdict = await run_in_threadpool(self._keep, request, share, filled)
        except DATABASE_ERRORS:
            raise
        except NewsletterError as error:
            return await self._again(request, filled, error.problem.message, 422)
        if verdict is None:
            return await self._again(request, filled, TOO_MANY, 429)
        if verdict in {Verdict.ASK_AGAIN, Verdict.WAIT}:
            return await self._again(request, filled, ONCE_MORE, 422)
        base = self.context.site.settings.site.base_path
        done = urlencode({"done": "yes", "name": filled.name})
        return RedirectResponse(f"{base}/shared/{token}?{done}#comment", status_code=303)

    async def _again(
        self, request: Request, filled: _Comment, problem: str, status: int
    ) -> Response:
        typed = {"item": filled.item, "name": filled.name, "text": filled.text}
        return await self.page.answer(
            request, typed=typed, problem=f"{problem[:1].upper()}{problem[1:]}", status=status
        )

    def _keep(self, request: Request, share: Share, filled: _Comment) -> Verdict | None:
        """Judge the form, and keep the comment if it is accepted; None when a limit is reached."""
        site, now = self.context.site, self.context.clock()
        rules = site.settings.sign_up
        age = age_of(site, share.name, filled.stamp, now)
        form = SubmittedForm(is_trapped=filled.is_trapped, age=age, has_proof=True)
        verdict = judge(form, rules)
        if verdict is not Verdict.ACCEPT:
            return verdict
        issue = self.context.find(share.slug, share.number)
        key = item_of(issue, filled.item).article.key if filled.item else ""
        with site.database.transaction() as connection:
            if not self._is_within_limits(connection, request, share):
                return None
            use = self._use(connection, filled)
        verdict = judge(SubmittedForm(is_trapped=False, age=age, has_proof=True, use=use), rules)
        if verdict is Verdict.ACCEPT:
            remark = Remark(article_key=key, about="", name=filled.name, text=filled.text)
            comment(site, share.slug, share.number, remark, now=now)
        return verdict

    def _is_within_limits(self, connection: sa.Connection, request: Request, share: Share) -> bool:
        keyed, now = self.context.site.keyed, self.context.clock()
        limits: Mapping[str, AttemptLimit] = {
            f"comment {network_of(request)}": PER_NETWORK,
            f"comment on {share.name}": PER_LINK,
            "comment": PER_DAY,
        }
        return all(
            count_attempt(connection, keyed(name), limit, now) for name, limit in limits.items()
        )

    def _use(self, connection: sa.Connection, filled: _Comment) -> Use:
        """Use the stamp, once."""
        site, now = self.context.site, self.context.clock()
        once = AttemptLimit(most=1, per=MAX_AGE + MIN_AGE)
        used = site.keyed(f"stamp {filled.stamp}")
        same = site.keyed(f"stamp {filled.stamp} {filled.item} {filled.text}")
        if count_attempt(connection, used, once, now):
            count_attempt(connection, same, once, now)
            return Use.NEW
        return Use.REPEATED if counted_since(connection, same) is not None else Use.REUSED
