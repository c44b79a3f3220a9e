"""What readers suggested, on the desk: an editor dismisses it, or blocks its site or its reader."""

from __future__ import annotations

from functools import partial

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from newsletter.errors import InputError
from newsletter.issues.issue import Issue
from newsletter.pipeline.suggestions import block_reader, block_site, dismiss
from newsletter.web.editor.editor_context import HIGHEST_NUMBER, EditorContext
from newsletter.web.signin.session import Endpoint


def decide(context: EditorContext) -> Endpoint:
    """Return the endpoint that does what one of the buttons of a suggestion says."""

    async def post(request: Request) -> Response:
        issue = await context.issue(request)
        editor = await context.editor(request)
        form = await request.form()
        story, what = str(form.get("story", "")), str(form.get("what", ""))
        await run_in_threadpool(partial(_do, context, issue, story, what, editor.address))
        return RedirectResponse(f"{context.desk_url(issue)}#left-out", status_code=303)

    return post


def _do(context: EditorContext, issue: Issue, story: str, what: str, editor: str) -> None:
    """`what` is dismiss, site, or reader with the number of a suggestion."""
    site, slug, now = context.site, issue.newsletter, context.clock()
    number = _number(story)
    match what.split(" "):
        case ["dismiss"]:
            dismiss(site, slug, number, editor=editor, now=now)
        case ["site"]:
            block_site(site, slug, number, editor=editor, now=now)
        case ["reader", suggestion]:
            block_reader(site, slug, number, _number(suggestion), editor=editor, now=now)
        case _:
            raise InputError(f"{what[:40]!r} is nothing to do with a suggestion", field="what")


def _number(text: str) -> int:
    """The number in a form. Raises InputError for one that no database can hold."""
    is_number = text.isascii() and text.isdecimal() and len(text) <= 10
    if not is_number or int(text) > HIGHEST_NUMBER:
        raise InputError(f"{text[:40]!r} is not the number of a suggestion", field="story")
    return int(text)
