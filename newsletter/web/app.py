"""The web application: the readers' pages and the health of the process."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool

from newsletter.pipeline.clicks import ClickBook
from newsletter.pipeline.sign_in import mail_sign_in_link, site_title
from newsletter.pipeline.site import Site
from newsletter.web.api.routes import api_routes
from newsletter.web.archive.editions import find_edition
from newsletter.web.archive.routes import Archive, archive_routes
from newsletter.web.editor.routes import editor_routes
from newsletter.web.editor.send_jobs import SendJobs
from newsletter.web.health import health_routes
from newsletter.web.reader.reader_context import ReaderContext, open_templates
from newsletter.web.reader.routes import reader_routes
from newsletter.web.signin.auth_context import AuthContext
from newsletter.web.signin.csrf import add_csrf_field
from newsletter.web.signin.routes import sign_in_routes


def _clock() -> datetime:
    return datetime.now(UTC)


def make_app(site: Site, *, clock: Callable[[], datetime] = _clock) -> Starlette:
    """The application for one site. What its publishers send stops when it stops."""
    send_jobs = SendJobs(site, clock)
    clicks = ClickBook(site)
    desk = ReaderContext(
        site=site,
        clock=clock,
        templates=open_templates(site),
        find_edition=lambda slug, number, key: find_edition(site.database, slug, number, key),
    )

    archive = Archive(
        settings=site.settings,
        database=site.database,
        templates=desk.templates,
        clock=clock,
    )

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        await run_in_threadpool(send_jobs.close)
        await run_in_threadpool(clicks.write)

    app = Starlette(
        lifespan=lifespan,
        routes=[
            *reader_routes(desk, clicks),
            *archive_routes(archive),
            *sign_in_routes(),
            *editor_routes(site, clock=clock, templates=desk.templates, send_jobs=send_jobs),
            *api_routes(site, clock=clock, templates=desk.templates, send_jobs=send_jobs),
            *health_routes(site, clock=clock),
        ],
    )
    add_csrf_field(desk.templates)
    app.state.auth_context = AuthContext(
        database=site.database,
        secret=site.secret,
        url=site.settings.site.url,
        title=site_title(site),
        clock=clock,
        templates=desk.templates,
        send_link=lambda address, name, link: mail_sign_in_link(
            site, address=address, name=name, link=link, now=clock()
        ),
    )
    return app
