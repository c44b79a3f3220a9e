"""Whether the site answers at its public address, and what stands in front of it there."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from newsletter.articles.fetch import Fetched, HttpClient
from newsletter.config.access import Access
from newsletter.errors import SourceError
from newsletter.pipeline.doctor.answer_headers import ORIGIN, judge_headers, judge_transport
from newsletter.pipeline.doctor.mail_domain import Diagnosis, Grade
from newsletter.pipeline.doctor.proxy import HEADERS as PROBE
from newsletter.pipeline.doctor.proxy import judge_proxy
from newsletter.site.site import Site

TIMEOUT = timedelta(seconds=10)


def check_public_address(site: Site, now: datetime) -> Iterator[Diagnosis]:
    """Ask the site at its own address, as a stranger would."""
    url = site.settings.site.url
    if not url.startswith("https://"):
        yield _failure(
            f"{url} is not https: one-click unsubscribe needs it (RFC 8058)",
            "put a web server with a certificate in front, and set site.url",
        )
    try:
        seen, pages = asyncio.run(_ask(site, now))
    except SourceError as error:
        yield _failure(
            f"{url} does not serve the readers' pages: {error.problem.message}",
            "start `newsletter serve` behind it: unsubscribe links lead there",
        )
        return
    if "host" not in seen:
        yield _failure(
            f"another program than `newsletter serve` answers at {url}",
            "let the web server there pass requests to `newsletter serve`",
        )
        return
    yield Diagnosis(check="site", grade=Grade.OK, message=f"{url} serves the readers' pages")
    yield from judge_proxy(url, seen)
    for path, page in pages.items():
        yield from judge_headers(path, sent=seen["headers"][path], received=page.headers)
    if pages and url.startswith("https://"):
        yield from judge_transport(next(iter(pages.values())).headers)


async def _ask(site: Site, now: datetime) -> tuple[dict[str, Any], dict[str, Fetched]]:
    """What our server saw of a request, and the pages whose headers it tells. Raises SourceError."""
    limits = site.settings.fetch.model_copy(update={"timeout": TIMEOUT})
    async with HttpClient(limits) as client:

        async def get(path: str, headers: Mapping[str, str]) -> Fetched:
            address = f"{site.settings.site.url}{path}"
            access = Access(headers=tuple(headers.items()))
            return await client.fetch(address, memory=None, now=now, access=access)

        await get("/health", {})
        seen = _document((await get("/health/request", PROBE)).body)
        sent = seen.get("headers", {}) if "host" in seen else {}
        return seen, {path: await get(path, {"Origin": ORIGIN}) for path in sent}


def _document(body: bytes) -> dict[str, Any]:
    """The answer of /health/request; empty if it is another program's."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def _failure(message: str, fix: str) -> Diagnosis:
    return Diagnosis(check="site", grade=Grade.FAILURE, message=message, fix=fix)
