"""Fetches one web address, guarded against private hosts, limited in size, time and redirects."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from types import TracebackType
from typing import TYPE_CHECKING, Self

from newsletter import __version__
from newsletter.articles.bounded_body import BoundedBody
from newsletter.articles.urls import absolute_url
from newsletter.config.settings import FetchSettings
from newsletter.errors import SourceError

if TYPE_CHECKING:
    import httpcore2

USER_AGENT = f"newsletter/{__version__}"
LONGEST_WAIT = timedelta(days=1)
"""The longest Retry-After that is obeyed: a mistaken one must not lose a source."""

_REDIRECTS = {301, 302, 303, 307, 308}
_PERMANENT = {301, 308}
_ACCEPT = (
    "application/rss+xml, application/atom+xml, application/feed+json, application/rdf+xml,"
    " application/xml;q=0.9, application/json;q=0.9, text/html;q=0.8, text/plain;q=0.8, */*;q=0.5"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class FetchMemory:
    """The last answer of a source: its validators (RFC 9110 section 8.8) and when to ask again."""

    source: str
    etag: str = ""
    last_modified: str = ""
    body_hash: str = ""
    not_before: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Fetched:
    """One answer. `url` is its address after redirects; `body` is empty if it is `unchanged`.

    `moved_to` is set when the source has moved permanently. `fresh_for` is how long its server says
    that it stays the same (RFC 9111 section 4.2.1).
    """

    url: str
    memory: FetchMemory
    body: bytes = b""
    content_type: str = ""
    last_modified: datetime | None = None
    unchanged: bool = False
    moved_to: str = ""
    fresh_for: timedelta = timedelta(0)


class RetryLaterError(SourceError):
    """The server asks us not to send another request before `not_before`."""

    code = "source-busy"

    def __init__(self, message: str, not_before: datetime) -> None:
        super().__init__(message, fix="nothing to do: it is read again after that time")
        self.not_before = not_before


class HttpClient:
    """Fetches from the web within the limits of [fetch]; an asynchronous context manager."""

    def __init__(self, settings: FetchSettings) -> None:
        # The HTTP client is slow to load, and most commands do not fetch anything.
        import httpcore2
        import httpx2

        from newsletter.articles.ssrf_guard import GuardedBackend, Permissions

        self._settings = settings
        # Proxies of the environment are not used, because the guard would see only their addresses.
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=httpx2.create_ssl_context(),
            max_connections=None,  # the caller limits how many run at once
            max_keepalive_connections=0,
            network_backend=GuardedBackend(Permissions(settings.allow_private)),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._pool.aclose()

    @property
    def seconds(self) -> float:
        """How long one source may take."""
        return self._settings.timeout.total_seconds()

    async def fetch(
        self,
        url: str,
        *,
        memory: FetchMemory | None,
        now: datetime,
        headers: Mapping[str, str] | None = None,
    ) -> Fetched:
        """Fetch `url` with further `headers`, conditionally when `memory` has validators.

        Raises SourceError if the body cannot be fetched, RetryLaterError if the server asks for a
        pause (429, 503 with Retry-After) or an earlier pause is not over.
        """
        import httpcore2

        memory = memory or FetchMemory(source=url)
        if memory.not_before and now < memory.not_before:
            raise RetryLaterError(
                f"it asked to be left alone until {memory.not_before:%Y-%m-%d %H:%M %Z}",
                memory.not_before,
            )
        try:
            async with asyncio.timeout(self.seconds):
                return await self._follow(url, memory, now, headers or {})
        except TimeoutError as error:
            raise SourceError(
                f"it did not answer in full within {self.seconds:g} seconds",
                field="fetch.timeout",
                fix="try again later, or raise fetch.timeout",
            ) from error
        except (httpcore2.NetworkError, httpcore2.ProtocolError) as error:
            raise SourceError(_explained(error), fix="try again later") from error

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        """Send `body` to `url` and return the status of the answer; no redirect is followed.

        Raises SourceError when there is no answer.
        """
        import httpcore2

        given = [(name.encode("ascii"), value.encode("ascii")) for name, value in headers.items()]
        own = [(b"User-Agent", USER_AGENT.encode("ascii"))]
        seconds = self._settings.timeout.total_seconds()
        try:
            async with (
                asyncio.timeout(seconds),
                self._pool.stream(
                    "POST", _request_url(url), headers=[*own, *given], content=body
                ) as response,
            ):
                return response.status
        except TimeoutError as error:
            raise SourceError(
                f"it did not answer within {seconds:g} seconds", field="fetch.timeout"
            ) from error
        except (httpcore2.NetworkError, httpcore2.ProtocolError) as error:
            raise SourceError(_explained(error)) from error

    async def _follow(
        self, url: str, memory: FetchMemory, now: datetime, more: Mapping[str, str]
    ) -> Fetched:
        """Fetch `url`; each redirect is checked before it is followed."""
        here, moved_to, all_permanent = url, "", True
        for _ in range(self._settings.max_redirects + 1):
            async with self._pool.stream(
                "GET", _request_url(here), headers=_request_headers(memory, more)
            ) as response:
                headers = _headers_of(response)
                if response.status not in _REDIRECTS or "location" not in headers:
                    fetched = await self._answer(here, response, headers, memory, now)
                    fresh = fresh_for(headers, now)
                    return replace(fetched, moved_to=moved_to, fresh_for=fresh)
                here = _next_hop(here, headers["location"])
                all_permanent = all_permanent and response.status in _PERMANENT
                moved_to = here if all_permanent else moved_to
        raise SourceError(
            f"it redirects more than {self._settings.max_redirects} times, the last time to {here}",
            field="fetch.max_redirects",
            fix="open the address in a browser and use the one it ends at",
        )

    async def _answer(
        self,
        url: str,
        response: httpcore2.Response,
        headers: Mapping[str, str],
        memory: FetchMemory,
        now: datetime,
    ) -> Fetched:
        if response.status == HTTPStatus.NOT_MODIFIED:
            return Fetched(url=url, memory=replace(memory, not_before=None), unchanged=True)
        if response.status != HTTPStatus.OK:
            raise _refusal(response.status, headers, now)
        body = await self._body(response, headers)
        digest = hashlib.sha256(body).hexdigest()
        unchanged = digest == memory.body_hash
        return Fetched(
            url=url,
            memory=FetchMemory(
                source=memory.source,
                etag=headers.get("etag", "")[:1000],
                last_modified=headers.get("last-modified", "")[:100],
                body_hash=digest,
            ),
            body=b"" if unchanged else body,
            content_type=headers.get("content-type", ""),
            last_modified=_http_date(headers.get("last-modified", "")),
            unchanged=unchanged,
        )

    async def _body(self, response: httpcore2.Response, headers: Mapping[str, str]) -> bytes:
        body = BoundedBody(
            encoding=headers.get("content-encoding", "").strip().lower(),
            limit=self._settings.max_bytes,
        )
        async for chunk in response.aiter_stream():
            body.add(chunk)
        return body.finish()


def retry_after(value: str, now: datetime) -> datetime | None:
    """The moment that Retry-After (RFC 9110 section 10.2.3) gives, in seconds or as a date."""
    if value.strip().isascii() and value.strip().isdigit():
        # Twelve digits of seconds would overflow a date; the cap below is a day anyway.
        moment = now + timedelta(seconds=min(int(value[:12]), LONGEST_WAIT.total_seconds()))
    else:
        date = _http_date(value)
        if date is None:
            return None
        moment = min(date, now + LONGEST_WAIT)
    return moment if moment > now else None


def fresh_for(headers: Mapping[str, str], now: datetime) -> timedelta:
    """How long the answer stays fresh by Cache-Control or Expires; zero without either."""
    control = headers.get("cache-control", "").lower()
    if "no-cache" in control or "no-store" in control:
        return timedelta(0)
    if age := re.search(r"\bmax-age=\"?(\d{1,9})", control):
        return timedelta(seconds=int(age[1]))
    expires = _http_date(headers.get("expires", ""))
    return (
        max(timedelta(0), expires - (_http_date(headers.get("date", "")) or now))
        if expires
        else timedelta(0)
    )


def _refusal(status: int, headers: Mapping[str, str], now: datetime) -> SourceError:
    reason = HTTPStatus(status).phrase if status in set(HTTPStatus) else "an unknown status"
    not_before = retry_after(headers.get("retry-after", ""), now)
    if status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE) and not_before:
        return RetryLaterError(
            f"it answers {status} {reason} and asks to be left alone until"
            f" {not_before:%Y-%m-%d %H:%M %Z}",
            not_before,
        )
    fixes = {
        401: "it wants a password; use an address that is public",
        403: "it refuses us; ask its owner to let newsletter's requests through",
        404: "check the address of the source",
        410: "it is gone permanently; remove the source",
    }
    return SourceError(f"it answers {status} {reason}", fix=fixes.get(status, "try again later"))


def _next_hop(here: str, location: str) -> str:
    hop = absolute_url(here, location)
    if not hop:
        raise SourceError(
            f"it redirects to {location[:200]!r}, which is not a web address",
            fix="open the address in a browser and use the one it ends at",
        )
    return hop


def _request_url(url: str) -> httpcore2.URL:
    import httpcore2
    import httpx2

    try:
        parsed = httpx2.URL(url.partition("#")[0])
    except httpx2.InvalidURL as error:
        raise SourceError(f"{url[:200]!r} is not a web address: {error}") from error
    return httpcore2.URL(
        scheme=parsed.raw_scheme, host=parsed.raw_host, port=parsed.port, target=parsed.raw_path
    )


def _request_headers(memory: FetchMemory, more: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    headers = [
        (b"User-Agent", USER_AGENT.encode("ascii")),
        (b"Accept", _ACCEPT.encode("ascii")),
        (b"Accept-Encoding", b"gzip"),
        *((name.encode("ascii"), value.encode("ascii")) for name, value in more.items()),
    ]
    if memory.etag:
        headers.append((b"If-None-Match", memory.etag.encode("latin-1", "ignore")))
    if memory.last_modified:
        headers.append((b"If-Modified-Since", memory.last_modified.encode("latin-1", "ignore")))
    return headers


def _headers_of(response: httpcore2.Response) -> dict[str, str]:
    return {
        name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers
    }


def _http_date(value: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return (date if date.tzinfo else date.replace(tzinfo=UTC)).astimezone(UTC)


def _explained(error: Exception) -> str:
    import httpcore2

    detail = str(error) or type(error).__name__
    if "CERTIFICATE_VERIFY_FAILED" in detail:
        return f"its certificate cannot be trusted: {detail}"
    if isinstance(error, httpcore2.ConnectError):
        return f"it cannot be reached: {detail}"
    return f"the connection broke: {detail}"
