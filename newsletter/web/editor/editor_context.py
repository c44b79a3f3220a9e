"""What the editors' pages share: the site, the clock, the templates, the running sends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import jinja2
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse

from newsletter.errors import UnknownNameError
from newsletter.issues.issue import Issue
from newsletter.site.kept_audiences import KeptAudiences
from newsletter.site.picture_addresses import POLICY, PictureAddresses
from newsletter.site.site import Site
from newsletter.store import issues as issue_store
from newsletter.store.users import Editor
from newsletter.web.editor.import_runner import ImportRunner
from newsletter.web.editor.rehearsals import Rehearsals
from newsletter.web.editor.send_jobs import SendJobs
from newsletter.web.signin.session import current_editor

HIGHEST_NUMBER = 2**31 - 1
"""The largest number that the database can hold; a URL may contain a larger one."""

HEADERS = {
    # Only our own scripts and pictures load, and forms stay here.
    "Content-Security-Policy": (
        f"default-src 'none'; script-src 'self'; style-src 'self'; {POLICY}; connect-src 'self'; frame-src 'self'; "
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
    imports: ImportRunner
    rehearsals: Rehearsals
    pictures: PictureAddresses
    audiences: KeptAudiences = field(default_factory=KeptAudiences)

    async def page(
        self, request: Request, name: str, context: dict[str, Any], status: int = 200
    ) -> HTMLResponse:
        """Render a page of templates/web/editor for the editor who is signed in."""
        editor = await self.editor(request)
        values = {
            "request": request,
            "editor": editor,
            "brand": self.brand,
            "may_have_nodes": not self.site.database.is_sqlite,
            **context,
        }
        text = self.templates.get_template(f"editor/{name}").render(values)
        return HTMLResponse(text, status_code=status, headers=HEADERS)

    async def editor(self, request: Request) -> Editor:
        """The editor who is signed in. The routes are guarded, so there is always one."""
        editor = await current_editor(request)
        if editor is None:
            raise HTTPException(401)
        return editor

    async def issue(self, request: Request) -> Issue:
        """The issue that the URL names. Raises UnknownNameError."""
        slug = str(request.path_params["slug"])
        if slug not in self.site.settings.newsletters:
            raise UnknownNameError(f"there is no newsletter {slug!r}")
        return await run_in_threadpool(self.find, slug, int(request.path_params["number"]))

    def find(self, slug: str, number: int | None) -> Issue:
        """The current issue of that number (None: the newest). Raises UnknownNameError."""
        if number is not None and number > HIGHEST_NUMBER:
            raise UnknownNameError(f"there is no issue {number}")
        with self.site.database.transaction(read_only=True) as connection:
            return issue_store.find_issue(connection, slug, number)

    @property
    def brand(self) -> str:
        """The name at the top of the desk: the newsletter's title where the site has only one."""
        titles = [newsletter.title for newsletter in self.site.settings.newsletters.values()]
        return titles[0] if len(titles) == 1 else "Newsletters"

    def desk_url(self, issue: Issue, page: str = "") -> str:
        """The path of an issue's desk, or of one of its pages, as browsers ask for it."""
        base = self.site.settings.site.base_path
        return f"{base}/desk/{issue.newsletter}/{issue.number}{'/' + page if page else ''}"
