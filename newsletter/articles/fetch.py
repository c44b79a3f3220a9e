"""Fetches one web address, guarded against private hosts, limited in size, time and redirects."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from http import HTTPStatus
from types import TracebackType
from typing import TYPE_CHECKING, Self

from newsletter.articles.request import USER_AGENT, Requests, request_url
from newsletter.articles.response_headers import (
    fresh_for,
    header_lines,
    headers_of,
    http_date,
    retry_after,
)
from newsletter.config.access import Access
from newsletter.config.settings import FetchSettings
from newsletter.errors import AnswerError, SourceError

if TYPE_CHECKING:
    import httpcore2

_PUBLIC = Access()
_REDIRECTS = {300, 301, 302, 303, 307, 308}
_PERMANENT = {301, 308}
_WITH_BODY = set(range(200, 300)) - {HTTPStatus.NO_CONTENT, HTTPStatus.RESET_CONTENT}


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
    that it stays the same (RFC 9111 section 4.2.1). `encoding` is its Content-Encoding. `headers`
    are all of its header lines, in their order.
    """

    url: str
    memory: FetchMemory
    status: int = 200
    body: bytes = b""
    content_type: str = ""
    encoding: str = ""
    last_modified: datetime | None = None
    unchanged: bool = False
    moved_to: str = ""
    fresh_for: timedelta = timedelta(0)
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)


class RetryLaterError(SourceError):
    """The server asks us not to send another request before `not_before`."""

    code = "source-busy"

    def __init__(self, message: str, not_before: datetime) -> None:
        super().__init__(message, fix="nothing to do: it is read again after that time")
        self.not_before = not_before


class HttpClient:
    """Fetches from the web within the limits of [fetch]; an asynchronous context manager."""

    def __init__(self, settings: FetchSettings) -> None:
        self._settings = settings

    @cached_property
    def _pool(self) -> httpcore2.AsyncConnectionPool:
        """Made by the first fetch, as it loads a slow library and reads the trusted certificates."""
        import httpcore2
        import httpx2

        from newsletter.articles.ssrf_guard import GuardedBackend, Permissions

        # Proxies of the environment are not used, because the guard would see only their addresses.
        return httpcore2.AsyncConnectionPool(
            ssl_context=httpx2.create_ssl_context(),
            max_connections=None,  # the caller limits how many run at once
            max_keepalive_connections=0,
            network_backend=GuardedBackend(Permissions(self._settings.allow_private)),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if "_pool" in vars(self):
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
        access: Access = _PUBLIC,
        may_open: Callable[[str], bool] | None = None,
    ) -> Fetched:
        """Fetch `url`, conditionally when `memory` has validators.

        Redirects to what `may_open` refuses are not followed, which raises RefusedRedirectError. A
        user and password in `url` are used, and are not in what is returned. Raises SourceError
        if the body cannot be fetched, RetryLaterError if the server asks for a pause (429, 503 with
        Retry-After) or an earlier pause is not over.
        """
        import httpcore2

        requests = Requests(url, access, may_open)
        memory = memory or FetchMemory(source=requests.here)
        if memory.not_before and now < memory.not_before:
            raise RetryLaterError(
                f"it asked to be left alone until {memory.not_before:%Y-%m-%d %H:%M %Z}",
                memory.not_before,
            )
        try:
            async with asyncio.timeout(self.seconds):
                return await self._follow(requests, memory, now)
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
        async with self._posting(url, body, headers) as response:
            return response.status

    async def post_for_answer(
        self, url: str, body: bytes, headers: Mapping[str, str]
    ) -> tuple[int, bytes]:
        """Like `post`, and return the answer's body too."""
        async with self._posting(url, body, headers) as response:
            content = await self._body(response, headers_of(response), self._body_deadline())
            return response.status, content

    @asynccontextmanager
    async def _posting(
        self, url: str, body: bytes, headers: Mapping[str, str]
    ) -> AsyncIterator[httpcore2.Response]:
        import httpcore2

        given = [(name.encode("ascii"), value.encode("ascii")) for name, value in headers.items()]
        own = [(b"User-Agent", USER_AGENT.encode("ascii"))]
        try:
            async with (
                asyncio.timeout(self.seconds),
                self._pool.stream(
                    "POST", request_url(url), headers=[*own, *given], content=body
                ) as response,
            ):
                yield response
        except TimeoutError as error:
            raise SourceError(
                f"it did not answer within {self.seconds:g} seconds", field="fetch.timeout"
            ) from error
        except (httpcore2.NetworkError, httpcore2.ProtocolError) as error:
            raise SourceError(_explained(error)) from error

    async def _follow(self, requests: Requests, memory: FetchMemory, now: datetime) -> Fetched:
        """Send the requests; each redirect is checked before it is followed."""
        deadline = self._body_deadline()
        moved_to, all_permanent = "", True
        for _ in range(self._settings.max_redirects + 1):
            async with self._pool.stream(
                "GET", request_url(requests.here), headers=requests.headers(_conditions(memory))
            ) as response:
                headers = headers_of(response)
                if response.status not in _REDIRECTS or "location" not in headers:
                    _require_body(response.status, headers, requests, memory, now)
                    body = await self._body(response, headers, deadline)
                    fetched = _answer(requests.here, response.status, headers, memory, body)
                    return replace(
                        fetched,
                        moved_to=moved_to,
                        fresh_for=fresh_for(headers, now),
                        headers=header_lines(response),
                    )
                here = requests.follow(headers["location"], response)
                all_permanent = all_permanent and response.status in _PERMANENT
                moved_to = here if all_permanent else moved_to
        raise SourceError(
            f"it redirects more than {self._settings.max_redirects} times, the last time to"
            f" {requests.here}",
            field="fetch.max_redirects",
            fix="open the address in a browser and use the one it ends at",
        )

    def _body_deadline(self) -> float:
        """In the loop's time: the last tenth is for a body that is complete, but too short."""
        return asyncio.get_running_loop().time() + self.seconds * 0.9

    async def _body(
        self, response: httpcore2.Response, headers: Mapping[str, str], deadline: float
    ) -> bytes:
        """The decoded body; if the connection ends too early, what came if that is complete."""
        import httpcore2

        from newsletter.articles.bounded_body import BoundedBody  # only where something is fetched

        body = BoundedBody(
            encoding=headers.get("content-encoding", ""), limit=self._settings.max_bytes
        )
        try:
            async with asyncio.timeout_at(deadline):
                async for chunk in response.aiter_stream():
                    body.add(chunk)
        except (httpcore2.ReadError, httpcore2.RemoteProtocolError, TimeoutError):
            if (complete := body.complete_document()) is None:
                raise
            return complete
        return body.finish()


@asynccontextmanager
async def http_clients(
    limits: Iterable[FetchSettings],
) -> AsyncIterator[Mapping[FetchSettings, HttpClient]]:
    """One client for each of the different limits, such as those of sources with private hosts."""
    async with AsyncExitStack() as stack:
        yield {
            settings: await stack.enter_async_context(HttpClient(settings))
            for settings in set(limits)
        }


def _answer(
    url: str, status: int, headers: Mapping[str, str], memory: FetchMemory, body: bytes
) -> Fetched:
    if status == HTTPStatus.NOT_MODIFIED:
        return Fetched(
            url=url, status=status, memory=replace(memory, not_before=None), unchanged=True
        )
    digest = hashlib.sha256(body).hexdigest()
    unchanged = digest == memory.body_hash
    return Fetched(
        url=url,
        status=status,
        memory=FetchMemory(
            source=memory.source,
            etag=headers.get("etag", "")[:1000],
            last_modified=headers.get("last-modified", "")[:100],
            body_hash=digest,
        ),
        body=b"" if unchanged else body,
        content_type=headers.get("content-type", ""),
        encoding=headers.get("content-encoding", ""),
        last_modified=http_date(headers.get("last-modified", "")),
        unchanged=unchanged,
    )


def _require_body(
    status: int,
    headers: Mapping[str, str],
    requests: Requests,
    memory: FetchMemory,
    now: datetime,
) -> None:
    """Raise SourceError for a status without the body that was asked for."""
    if status in _WITH_BODY or (status == HTTPStatus.NOT_MODIFIED and _conditions(memory)):
        return
    reason = HTTPStatus(status).phrase if status in set(HTTPStatus) else "an unknown status"
    not_before = retry_after(headers.get("retry-after", ""), now)
    if status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE) and not_before:
        raise RetryLaterError(
            f"it answers {status} {reason} and asks to be left alone until"
            f" {not_before:%Y-%m-%d %H:%M %Z}",
            not_before,
        )
    fixes = {
        401: "it refuses the user name and password, or the token, of this source; correct them"
        if requests.is_signed_in
        else 'it wants a password; name a file with user:password: auth_file = "feed.auth"',
        403: "it refuses us; ask its owner to let newsletter's requests through",
        404: "check the address of the source",
        410: "it is gone permanently; remove the source",
    }
    raise AnswerError(
        f"it answers {status} {reason}",
        status=status,
        url=requests.here,
        fix=fixes.get(status, "try again later"),
    )


def _conditions(memory: FetchMemory) -> dict[str, str]:
    """The headers that make a request conditional (RFC 9110 section 13.1)."""
    given = {"If-None-Match": memory.etag, "If-Modified-Since": memory.last_modified}
    return {name: value for name, value in given.items() if value}


def _explained(error: Exception) -> str:
    import httpcore2

    detail = str(error) or type(error).__name__
    if "CERTIFICATE_VERIFY_FAILED" in detail:
        return f"its certificate cannot be trusted: {detail}"
    if isinstance(error, httpcore2.ConnectError):
        return f"it cannot be reached: {detail}"
    return f"the connection broke: {detail}"
