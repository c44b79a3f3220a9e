"""The web application: the readers' pages and the health of the process."""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from newsletter.errors import NewsletterError, UnknownNameError
from newsletter.issues.issue import State
from newsletter.pipeline.sign_in import mail_sign_in_link, site_title
from newsletter.pipeline.site import Site
from newsletter.rendering.edition import Slot
from newsletter.rendering.slots import fill
from newsletter.store import issues as issue_store
from newsletter.web.reader.desk import Desk, open_templates
from newsletter.web.reader.routes import reader_routes
from newsletter.web.signin.csrf import add_csrf_field
from newsletter.web.signin.gate import Gate
from newsletter.web.signin.routes import sign_in_routes

PUBLISHED = frozenset({State.SENDING, State.SENT, State.STOPPED})
"""An issue is on the web from the moment the first reader may have it."""


def make_app(site: Site) -> Starlette:
    """The application for one site."""
    own = site.folder / "templates"
    desk = Desk(
        settings=site.settings,
        database=site.database,
        tokens=site.tokens,
        clock=_clock,
        templates=open_templates(own if own.is_dir() else None),
        find_edition=lambda slug, number, key: find_edition(site, slug, number, key),
    )

    async def health(_request: Request) -> Response:
        try:
            await run_in_threadpool(_touch_database, site)
        except NewsletterError as error:
            return JSONResponse({"live": True, "ready": False, "problem": str(error)}, 503)
        return JSONResponse({"live": True, "ready": True})

    app = Starlette(
        routes=[
            *reader_routes(desk),
            *sign_in_routes(),
            Route("/health", health, methods=["GET"]),
        ]
    )
    add_csrf_field(desk.templates)
    app.state.gate = Gate(
        database=site.database,
        secret=site.secret,
        url=site.settings.site.url,
        title=site_title(site),
        clock=_clock,
        templates=desk.templates,
        send_link=lambda address, name, link: mail_sign_in_link(
            site, address=address, name=name, link=link, now=_clock()
        ),
    )
    return app


def _clock() -> datetime:
    return datetime.now(UTC)


def find_edition(site: Site, slug: str, number: int, key: str) -> str | None:
    """A published edition's HTML without any personal link, or None."""
    with site.database.transaction(read_only=True) as connection:
        try:
            issue = issue_store.find_issue(connection, slug, number)
        except UnknownNameError:
            return None
        if issue.state not in PUBLISHED:
            return None
        editions = issue_store.frozen_editions(connection, issue).values()
    edition = next((edition for edition in editions if edition.key == key), None)
    if edition is None:
        return None
    impersonal = {Slot.UNSUBSCRIBE: "#", Slot.PREFERENCES: "#", Slot.NAME: ""}
    return fill(edition.html, edition.nonce, impersonal, escape=True)


def _touch_database(site: Site) -> None:
    with site.database.transaction(read_only=True) as connection:
        connection.execute(sa.select(sa.literal(1)))
