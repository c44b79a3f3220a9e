"""Reviewers' comments on the desk: which articles have open ones, and how an editor resolves them."""

from __future__ import annotations

from collections.abc import Iterable

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from newsletter.issues.review import ReviewComment
from newsletter.pipeline.review import settle_comment
from newsletter.web.editor.editor_context import EditorContext
from newsletter.web.signin.session import Endpoint


def open_comments(made: Iterable[ReviewComment]) -> dict[str, list[ReviewComment]]:
    """The open comments by the key of their article; those on the whole issue have the key ""."""
    found: dict[str, list[ReviewComment]] = {}
    for one in made:
        if one.is_open:
            found.setdefault(one.remark.article_key, []).append(one)
    return found


def settle(context: EditorContext) -> Endpoint:
    """Return the endpoint that resolves a comment, or opens it again."""

    async def post(request: Request) -> Response:
        issue = await context.issue(request)
        editor = await context.editor(request)
        is_resolved = (await request.form()).get("action") != "reopen"
        await run_in_threadpool(
            settle_comment,
            context.site,
            issue,
            int(request.path_params["comment"]),
            editor=editor.address,
            is_resolved=is_resolved,
            now=context.clock(),
        )
        return RedirectResponse(f"{context.desk_url(issue)}#comments", status_code=303)

    return post
