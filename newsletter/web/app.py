"""The web application: its five parts behind one error wall."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial

import jinja2
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from newsletter.pipeline.sign_in import mail_sign_in_link, put_notice
from newsletter.pipeline.sns import Sns
from newsletter.site.clicks import ClickCounter
from newsletter.site.correction_mail import corrected_on
from newsletter.site.hosted_pictures import HOSTED_PATH
from newsletter.site.lists import public_title
from newsletter.site.picture_addresses import PATH, PREVIEW_PATH, STILL_PATH, PictureAddresses
from newsletter.site.site import Site
from newsletter.web.api.app import api_routes
from newsletter.web.api.calls import ApiContext
from newsletter.web.archive.routes import Archive, archive_routes
from newsletter.web.editor.editor_context import EditorContext
from newsletter.web.editor.import_runner import ImportRunner
from newsletter.web.editor.rehearsals import Rehearsals
from newsletter.web.editor.routes import editor_routes
from newsletter.web.editor.send_jobs import SendJobs
from newsletter.web.error_wall import ErrorWall, Failure, failure_of
from newsletter.web.failure_answers import failure_answers
from newsletter.web.health import health_routes
from newsletter.web.hooks import hook_routes
from newsletter.web.pictures.routes import Pictures
from newsletter.web.reader.reader_context import ReaderContext, open_templates
from newsletter.web.reader.routes import reader_routes
from newsletter.web.request_checks import DefaultHeaders, RequestChecks
from newsletter.web.signin.auth_context import AuthContext
from newsletter.web.signin.csrf import add_csrf_field
from newsletter.web.signin.identity_provider import IdentityProvider
from newsletter.web.signin.routes import sign_in_routes
from newsletter.web.sub_path import SubPath


def _clock() -> datetime:
    return datetime.now(UTC)


def make_app(
    site: Site, *, clock: Callable[[], datetime] = _clock, sns: Sns | None = None
) -> Starlette:
    """Build the application for one site; its end ends its sends. `sns`: another than Amazon's."""
    send_jobs, imports = SendJobs(site, clock), ImportRunner(site, clock)
    rehearsals = Rehearsals(site)
    clicks = ClickCounter(site)
    templates = open_templates(site)
    addresses = site.picture_addresses
    pictures = Pictures(site, addresses, clock)
    archive = _archive(site, clock, templates, addresses)
    readers = ReaderContext(
        site=site, clock=clock, templates=templates, find_edition=archive.edition
    )
    answer = failure_answers(readers, archive)

    async def http_error(request: Request, error: Exception) -> Response:
        return answer(request, failure_of(error))

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        pictures.close()
        await run_in_threadpool(rehearsals.close)
        await run_in_threadpool(imports.close)
        await run_in_threadpool(send_jobs.close)
        await run_in_threadpool(clicks.write)

    app = Starlette(
        lifespan=lifespan,
        middleware=_middleware(site, answer),
        exception_handlers={HTTPException: http_error},
        routes=[
            *reader_routes(readers, clicks),
            *archive_routes(archive),
            Route(f"{HOSTED_PATH}/{{name}}", pictures.get_hosted, methods=["GET"]),
            Route(f"{PATH}/{{signature}}", pictures.get, methods=["GET"]),
            Route(f"{PREVIEW_PATH}/{{signature}}", pictures.get_preview, methods=["GET"]),
            Route(f"{STILL_PATH}/{{signature}}", pictures.get_still, methods=["GET"]),
            *sign_in_routes(),
            *editor_routes(_editor_context(readers, send_jobs, imports, rehearsals, addresses)),
            *api_routes(
                ApiContext(site=site, send_jobs=send_jobs, rehearsals=rehearsals, clock=clock),
                templates=readers.templates,
            ),
            *health_routes(site, clock=clock),
            *hook_routes(site, clock=clock, sns=sns),
        ],
    )
    add_csrf_field(readers.templates)
    app.state.auth_context = _auth_context(site, clock, readers.templates)
    return app


def _middleware(site: Site, answer: Callable[[Request, Failure], Response]) -> list[Middleware]:
    return [
        Middleware(SubPath, base_path=site.settings.site.base_path),
        Middleware(DefaultHeaders),
        Middleware(ErrorWall, answer=answer),
        Middleware(RequestChecks, url=site.settings.site.url, hosts=site.settings.web.hosts),
    ]


def _archive(
    site: Site,
    clock: Callable[[], datetime],
    templates: jinja2.Environment,
    pictures: PictureAddresses,
) -> Archive:
    return Archive(
        settings=site.settings,
        database=site.database,
        templates=templates,
        clock=clock,
        pictures=pictures,
        addresses=site.edition_addresses,
        corrected_on=partial(corrected_on, site),
    )


def _editor_context(
    readers: ReaderContext,
    send_jobs: SendJobs,
    imports: ImportRunner,
    rehearsals: Rehearsals,
    pictures: PictureAddresses,
) -> EditorContext:
    return EditorContext(
        site=readers.site,
        clock=readers.clock,
        templates=readers.templates,
        send_jobs=send_jobs,
        imports=imports,
        rehearsals=rehearsals,
        pictures=pictures,
    )


def _auth_context(
    site: Site, clock: Callable[[], datetime], templates: jinja2.Environment
) -> AuthContext:
    return AuthContext(
        zone=lambda: site.settings.site.zone,
        settings=site.settings.sign_in,
        provider=_provider(site),
        former_secrets=site.settings.site.former_secret_keys,
        can_mail=bool(site.settings.relays),
        database=site.database,
        secret=site.secret,
        url=site.settings.site.url,
        title=lambda: public_title(site.settings),
        clock=clock,
        templates=templates,
        send_link=lambda address, name, link: mail_sign_in_link(
            site, address=address, name=name, link=link, now=clock()
        ),
        put_notice=lambda connection, editor, what, detail: put_notice(
            site, connection, editor, what=what, detail=detail, now=clock()
        ),
    )


def _provider(site: Site) -> IdentityProvider | None:
    oidc, url = site.settings.sign_in.oidc, site.settings.site.url
    if oidc is None:
        return None
    return IdentityProvider(oidc, site.settings.fetch, f"{url}/sign-in/provider/answer")
