"""What the editors' pages share: the site, the clock, the templates, the running sends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import jinja2
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse

from newsletter.errors import UnknownNameError
from newsletter.issues.issue import Issue
from newsletter.pipeline.site import Site
from newsletter.store import issues as issue_store
from newsletter.store.users import Editor
from newsletter.web.editor.send_jobs import SendJobs
from newsletter.web.signin.session import current_editor

HIGHEST_NUMBER = 2**31 - 1
"""The largest number that the database holds; an address may name more."""

HEADERS = {
    # Pictures of articles are shown; no script of theirs runs, and no form leads to another site.
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; "
        "img-src 'self' https: http: data:; connect-src 'self'; frame-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex, nofollow",
    "X-Content-Type-Options": "nosniff",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class EditorContext:
    """Shared by all pages of the desk."""

    site: Site
    clock: Callable[[], datetime]
    templates: jinja2.Environment
    send_jobs: SendJobs

    async def page(
        self, request: Request, name: str, context: dict[str, Any], status: int = 200
    ) -> HTMLResponse:
        """A page of templates/web/editor, for the editor who is signed in."""
        editor = await self.editor(request)
        given = {
            "request": request,
            "editor": editor,
            "brand": self.brand,
            "may_have_nodes": not self.site.database.is_sqlite,
            **context,
        }
        text = self.templates.get_template(f"editor/{name}").render(given)
        return HTMLResponse(text, status_code=status, headers=HEADERS)

    async def editor(self, request: Request) -> Editor:
        """The editor who is signed in; the routes are guarded, so there is one."""
        editor = await current_editor(request)
        if editor is None:
            raise HTTPException(401)
        return editor

    async def issue(self, request: Request) -> Issue:
        """The issue that the address names; raises UnknownNameError."""
        slug = str(request.path_params["slug"])
        if slug not in self.site.settings.newsletters:
            raise UnknownNameError(f"there is no newsletter {slug!r}")
        return await run_in_threadpool(self.find, slug, int(request.path_params["number"]))

    def find(self, slug: str, number: int | None) -> Issue:
        """The issue as it stands; raises UnknownNameError when there is none of that number."""
        if number is not None and number > HIGHEST_NUMBER:
            raise UnknownNameError(f"there is no issue {number}")
        with self.site.database.transaction(read_only=True) as connection:
            return issue_store.find_issue(connection, slug, number)

    @property
    def brand(self) -> str:
        """What the site calls itself: its newsletter's title, where it has one."""
        titles = [newsletter.title for newsletter in self.site.settings.newsletters.values()]
        return titles[0] if len(titles) == 1 else "Newsletters"


def desk_url(issue: Issue, page: str = "") -> str:
    """The address of an issue's desk, or of one of its pages."""
    return f"/desk/{issue.newsletter}/{issue.number}{'/' + page if page else ''}"
