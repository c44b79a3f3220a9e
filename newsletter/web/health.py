"""/health for whoever restarts us, /metrics for whoever watches us (Prometheus text format 0.0.4)."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address

import sqlalchemy as sa
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from newsletter import __version__
from newsletter.errors import NewsletterError
from newsletter.pipeline.occasions import due_now
from newsletter.pipeline.site import Site
from newsletter.store import metrics as counts
from newsletter.store.api_tokens import editor_of_api_token
from newsletter.store.migrations import is_current
from newsletter.store.newsletters import is_armed
from newsletter.store.nodes import Node, living_nodes
from newsletter.store.outbox import LetterCounts, count_letters
from newsletter.store.seal import seal_of
from subscribers.counting import inbound_by_kind, subscriptions_by_status

log = logging.getLogger("newsletter")

FORMAT = "text/plain; version=0.0.4; charset=utf-8"
RATE_OVER = timedelta(minutes=1)
HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}

Sample = tuple[dict[str, str], float]


@dataclass(frozen=True, kw_only=True, slots=True)
class Metric:
    """One gauge with all its samples."""

    name: str
    meaning: str
    samples: Sequence[Sample]


def health_routes(site: Site, *, clock: Callable[[], datetime]) -> list[Route]:
    """The routes; none of them changes anything."""

    async def live(_request: Request) -> Response:
        return JSONResponse({"live": True}, headers=HEADERS)

    async def ready(_request: Request) -> Response:
        problem = await run_in_threadpool(_problem, site)
        document = {"live": True, "ready": not problem}
        if problem:
            return JSONResponse({**document, "problem": problem}, 503, headers=HEADERS)
        return JSONResponse(document, headers=HEADERS)

    async def metrics(request: Request) -> Response:
        if not await run_in_threadpool(may_read, site, request):
            return PlainTextResponse(
                "Ask from this machine, or with a key: Authorization: Bearer nl_…\n",
                status_code=401,
                headers={**HEADERS, "WWW-Authenticate": "Bearer"},
            )
        try:
            found = await run_in_threadpool(collect, site, clock())
        except NewsletterError:
            log.exception("the metrics could not be read")
            return PlainTextResponse("the database cannot be used\n", 503, headers=HEADERS)
        return Response(written(found), media_type=FORMAT, headers=HEADERS)

    return [
        Route("/health", ready, methods=["GET"]),
        Route("/health/live", live, methods=["GET"]),
        Route("/health/ready", ready, methods=["GET"]),
        Route("/metrics", metrics, methods=["GET"]),
    ]


def collect(site: Site, now: datetime) -> Sequence[Metric]:
    """Every metric at `now`, from one snapshot of the database."""
    nodes = living_nodes(site.database)
    with site.database.transaction(read_only=True) as connection:
        return [
            _one("build_info", "The version that runs", 1, version=__version__),
            _one("armed", "Whether the site may send", is_armed(connection)),
            _of_letters(count_letters(connection)),
            *_of_issues(site, connection, now),
            *_of_sources_and_readers(site, connection),
            *_of_nodes(nodes),
        ]


def _of_letters(letters: LetterCounts) -> Metric:
    return Metric(
        name="letters",
        meaning="Letters to readers that wait for a relay, or whose outcome is unknown",
        samples=[({"state": "waiting"}, letters.waiting), ({"state": "unknown"}, letters.unknown)],
    )


def _of_issues(site: Site, connection: sa.Connection, now: datetime) -> Sequence[Metric]:
    oldest = counts.oldest_send(connection)
    accepted = counts.accepted_since(connection, now - RATE_OVER)
    return [
        Metric(
            name="due",
            meaning="Whether an issue is due and not sent yet",
            samples=[
                ({"newsletter": slug}, due_now(site, connection, slug, now) is not None)
                for slug in site.settings.newsletters
            ],
        ),
        Metric(
            name="issues",
            meaning="Issues by state",
            samples=[
                ({"newsletter": slug, "state": state}, count)
                for (slug, state), count in counts.issues_by_state(connection).items()
            ],
        ),
        Metric(
            name="deliveries",
            meaning="Deliveries of each newsletter's last issue, by state",
            samples=[
                ({"issue": issue, "state": state}, count)
                for (issue, state), count in counts.latest_deliveries(connection).items()
            ],
        ),
        Metric(
            name="attempts",
            meaning="What attempts to deliver those issues came to, by relay",
            samples=[
                ({"issue": issue, "relay": relay, "state": state}, count)
                for (issue, relay, state), count in counts.latest_attempts(connection).items()
            ],
        ),
        Metric(
            name="accepted_per_second",
            meaning="What each relay accepts of the sends that go on, over the last minute",
            samples=[
                ({"relay": relay}, accepted.get(relay, 0) / RATE_OVER.total_seconds())
                for relay in dict.fromkeys([*(one.name for one in site.settings.relays), *accepted])
            ],
        ),
        _one(
            "queue_age_seconds",
            "For how long the oldest send that goes on has been going on",
            (now - oldest).total_seconds() if oldest else 0,
        ),
        Metric(
            name="last_sent_timestamp_seconds",
            meaning="When the newest issue was sent whole",
            samples=[
                ({"newsletter": slug}, moment.timestamp())
                for slug, moment in counts.last_sent(connection).items()
            ],
        ),
    ]


def _of_sources_and_readers(site: Site, connection: sa.Connection) -> Sequence[Metric]:
    failing = counts.failing_sources(connection)
    return [
        Metric(
            name="subscriptions",
            meaning="Subscriptions by status",
            samples=[
                ({"list": slug, "status": status}, count)
                for (slug, status), count in subscriptions_by_status(connection).items()
            ],
        ),
        Metric(
            name="failing_sources",
            meaning="Sources that could not be read when they were read last",
            samples=[
                ({"newsletter": slug}, failing.get(slug, 0)) for slug in site.settings.newsletters
            ],
        ),
        Metric(
            name="inbound",
            meaning="Mail that came in, by what it was (bounce, complaint, command …)",
            samples=[
                ({"kind": kind}, count) for kind, count in inbound_by_kind(connection).items()
            ],
        ),
        _one(
            "webhooks_waiting",
            "Messages of webhooks that have not been taken yet",
            counts.waiting_webhooks(connection),
        ),
    ]


def _of_nodes(nodes: Sequence[Node]) -> Sequence[Metric]:
    return [
        _one("nodes", "Sending nodes that live", len(nodes)),
        Metric(
            name="node_messages_per_second",
            meaning="How fast each node sends",
            samples=[({"node": node.name}, node.rate) for node in nodes],
        ),
        Metric(
            name="node_deliveries_held",
            meaning="Deliveries that each node has claimed and not finished",
            samples=[
                ({"node": node.name, "issue": held.issue}, held.deliveries)
                for node in nodes
                for held in node.holds
            ],
        ),
    ]


def written(metrics: Iterable[Metric]) -> str:
    """The metrics in Prometheus's text format."""
    lines = []
    for metric in metrics:
        name = f"newsletter_{metric.name}"
        lines += [f"# HELP {name} {metric.meaning}", f"# TYPE {name} gauge"]
        for labels, value in metric.samples:
            pairs = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels.items())
            lines.append(f"{name}{f'{{{pairs}}}' if pairs else ''} {float(value):.15g}")
    return "\n".join(lines) + "\n"


def _problem(site: Site) -> str:
    """Why we cannot work, for the public: the log has the rest. "" when we can."""
    try:
        if not is_current(site.database):
            return "the database has another schema than this version"
        with site.database.transaction(read_only=True) as connection:
            if seal_of(connection) is not None:
                return "the site has moved to another database"
    except NewsletterError:
        log.exception("not ready")
        return "the database cannot be used"
    return ""


def may_read(site: Site, request: Request) -> bool:
    """Programs of this machine, and whoever has a key to the API."""
    try:
        if ip_address(request.client.host if request.client else "").is_loopback:
            return True
    except ValueError:
        pass  # a socket's path, or a test's name, is no address
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        return False
    with site.database.transaction(read_only=True) as connection:
        return editor_of_api_token(connection, token.strip()) is not None


def _one(name: str, meaning: str, value: float, **labels: str) -> Metric:
    return Metric(name=name, meaning=meaning, samples=[(labels, value)])


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
