"""/health for process supervisors, /metrics for monitoring."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from enum import Enum
from ipaddress import ip_address
from typing import Any

from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from newsletter.errors import NewsletterError
from newsletter.site.lists import is_for_readers_only
from newsletter.site.site import Site
from newsletter.store.api_tokens import ApiScope, is_use_to_note, note_use, valid_api_key
from newsletter.store.job_outcomes import last_outcomes
from newsletter.store.migrations import is_current
from newsletter.store.seal import seal_of
from newsletter.web.error_wall import HEADERS, RETRY_AFTER
from newsletter.web.hosts import is_address, is_loopback
from newsletter.web.metrics import collect, exposition
from newsletter.web.reader.landing import HEADERS as LANDING_HEADERS
from newsletter.web.signin.pages import WITH_PASSKEYS
from subscribers.quiet_log import QuietLog

log = logging.getLogger("newsletter")
strangers = QuietLog(log)


SENT_HEADERS = {"/": LANDING_HEADERS, "/sign-in": WITH_PASSKEYS}
"""The headers that these pages have here, with which `doctor` compares what a proxy passes on."""


def health_routes(site: Site, *, clock: Callable[[], datetime]) -> list[Route]:
    """The routes. None of them changes anything."""

    async def live(_request: Request) -> Response:
        return JSONResponse({"live": True}, headers=HEADERS)

    async def ready(_request: Request) -> Response:
        problem, troubled_jobs = await run_in_threadpool(_examine, site)
        document: dict[str, Any] = {"live": True, "ready": not problem}
        if troubled_jobs:
            document["jobs"] = troubled_jobs
        if problem:
            return JSONResponse(
                {**document, "problem": problem},
                503,
                headers={**HEADERS, "Retry-After": RETRY_AFTER},
            )
        return JSONResponse(document, headers=HEADERS)

    async def seen(request: Request) -> Response:
        """What a request looks like here, so that `doctor` finds what a proxy does not pass on."""
        document = {
            "host": request.headers.get("host", ""),
            "scheme": request.url.scheme,
            "client": request.client.host if request.client else "",
            "forwarded": ",".join(request.headers.getlist("x-forwarded-for")),
            "headers": SENT_HEADERS,
        }
        return JSONResponse(document, headers=HEADERS)

    async def metrics(request: Request) -> Response:
        access = await run_in_threadpool(access_to_metrics, site, request, clock())
        if access is not Access.ALLOWED:
            return _no_metrics(access)
        metrics_found = await run_in_threadpool(collect, site, clock())
        return Response(
            exposition(metrics_found), media_type=CONTENT_TYPE_PLAIN_0_0_4, headers=HEADERS
        )

    return [
        Route("/health", ready, methods=["GET"]),
        Route("/health/live", live, methods=["GET"]),
        Route("/health/ready", ready, methods=["GET"]),
        Route("/health/request", seen, methods=["GET"]),
        Route("/metrics", metrics, methods=["GET"]),
    ]


def _examine(site: Site) -> tuple[str, dict[str, str]]:
    """Return why the site cannot work ("" when it can), and the jobs that last ended badly.

    The reason is for the public; the log has the details. A job in trouble does not make the
    site unready.
    """
    try:
        if not is_current(site.database):
            return "the database schema does not match this version", {}
        with site.database.transaction(read_only=True) as connection:
            if seal_of(connection) is not None:
                return "the site has moved to another database", {}
            troubled = [one for one in last_outcomes(connection) if one.is_troubled]
            return "", {_shown(site, one.job): one.ended for one in troubled}
    except NewsletterError:
        strangers.exception("not ready")
        return "the database cannot be used", {}


def _shown(site: Site, job: str) -> str:
    """The job's name without that of a newsletter which strangers do not see."""
    kind, _, newsletter = job.partition(":")
    return kind if is_for_readers_only(site.settings, newsletter) else job


class Access(Enum):
    """Whether a request may read the metrics."""

    ALLOWED = "allowed"
    NO_KEY = "no key"
    OUT_OF_SCOPE = "out of scope"


def access_to_metrics(site: Site, request: Request, now: datetime) -> Access:
    """Whether the caller is on this machine and asks for it by its name, or presents a key for metrics.

    A proxy on this machine that does not say whom it asks for passes the site's name as the host.
    """
    client, host = request.client.host if request.client else "", request.headers.get("host", "")
    if is_address(client) and ip_address(client).is_loopback and (not host or is_loopback(host)):
        return Access.ALLOWED
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        return Access.NO_KEY
    with site.database.transaction(read_only=True) as connection:
        key = valid_api_key(connection, token.strip(), now)
    if key is None:
        return Access.NO_KEY
    if ApiScope.METRICS not in key.scopes:
        return Access.OUT_OF_SCOPE
    if is_use_to_note(key, now):
        with site.database.transaction() as connection:
            note_use(connection, key, now)
    return Access.ALLOWED


def _no_metrics(access: Access) -> Response:
    if access is Access.OUT_OF_SCOPE:
        return PlainTextResponse(
            f"This key has no scope '{ApiScope.METRICS}'; use a key that has it.\n",
            status_code=403,
            headers=HEADERS,
        )
    return PlainTextResponse(
        "Request this from the same machine, or with an API key: Authorization: Bearer nl_…\n",
        status_code=401,
        headers={**HEADERS, "WWW-Authenticate": "Bearer"},
    )
