"""The requests of one fetch: their address, headers, cookies, and who gets the credentials."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from newsletter import __version__
from newsletter.articles.urls import absolute_url
from newsletter.config.access import Access, redacted, redacted_mistake, split_credentials
from newsletter.errors import SourceError

if TYPE_CHECKING:
    import httpcore2
    import httpx2

USER_AGENT = f"newsletter/{__version__}"

_ACCEPT = (
    "application/rss+xml, application/atom+xml, application/feed+json, application/rdf+xml,"
    " application/xml;q=0.9, application/json;q=0.9, text/html;q=0.8, text/plain;q=0.8, */*;q=0.5"
)
_DEFAULT_PORTS = {"http": 80, "https": 443}


class RefusedRedirectError(SourceError):
    """It redirects to an address that must not be opened."""


class Requests:
    """The requests of one fetch, from address to address; `here` is the present address.

    Cookies last for this fetch. `here` never has a user or password. Redirects are followed to
    what `may_open` permits.
    """

    def __init__(
        self, url: str, access: Access, may_open: Callable[[str], bool] | None = None
    ) -> None:
        self._may_open = may_open
        self.here, credentials = split_credentials(url)
        self._access = replace(access, credentials=access.credentials or credentials)
        self._start = self.here
        self._cookies: httpx2.Cookies | None = None

    @property
    def is_signed_in(self) -> bool:
        """Whether the request has credentials."""
        return bool(self._access.credentials) and _same_site(self._start, self.here)

    def headers(self, conditions: dict[str, str]) -> list[tuple[bytes, bytes]]:
        """The headers of the next request; those of the source go to its own host only."""
        own = {
            "User-Agent": self._access.user_agent or USER_AGENT,
            "Accept": _ACCEPT,
            "Accept-Encoding": "gzip, deflate, br, zstd",
            "Connection": "close",
            **conditions,
        }
        if _same_site(self._start, self.here):
            if self.is_signed_in:
                own["Authorization"] = self._access.authorization
            replaced = {name.lower() for name, _ in self._access.headers}
            own = {name: value for name, value in own.items() if name.lower() not in replaced}
            own |= dict(self._access.headers)
        if cookie := self._cookie():
            own["Cookie"] = "; ".join(filter(None, (own.get("Cookie"), cookie)))
        return [(name.encode("ascii"), value.encode("latin-1", "ignore"))
                for name, value in own.items()]  # fmt: skip

    def follow(self, location: str, response: httpcore2.Response) -> str:
        """Go to where a redirect leads; returns the new address. Raises SourceError."""
        self._keep_cookies(response)
        hop = absolute_url(self.here, location)
        if not hop:
            raise SourceError(
                f"it redirects to {redacted_mistake(location[:200])!r}, which is not a web address",
                fix="open the address in a browser and use the one it ends at",
            )
        if self._may_open is not None and not self._may_open(hop):
            raise RefusedRedirectError("it redirects to an address that is never opened")
        self.here, credentials = split_credentials(hop)
        if credentials:
            self._start = self.here
            self._access = Access(credentials=credentials, user_agent=self._access.user_agent)
        return self.here

    def _keep_cookies(self, response: httpcore2.Response) -> None:
        if any(name.lower() == b"set-cookie" for name, _ in response.headers):
            import httpx2

            self._cookies = self._cookies or httpx2.Cookies()
            request = httpx2.Request("GET", self.here)
            self._cookies.extract_cookies(
                httpx2.Response(response.status, headers=response.headers, request=request)
            )

    def _cookie(self) -> str:
        if self._cookies is None:
            return ""
        import httpx2

        request = httpx2.Request("GET", self.here)
        self._cookies.set_cookie_header(request)
        return str(request.headers.get("cookie", ""))


def request_url(url: str) -> httpcore2.URL:
    """The address as the HTTP client takes it, in ASCII; raises SourceError if it is not one."""
    import httpcore2
    import httpx2

    try:
        parsed = httpx2.URL(url.partition("#")[0])
        _ = urlsplit(url).port  # it refuses some addresses that the line above takes
    except (httpx2.InvalidURL, ValueError) as error:
        raise SourceError(
            f"{redacted_mistake(url[:200])!r} is not a web address: {redacted(str(error))}"
        ) from error
    if parsed.scheme not in _DEFAULT_PORTS or not parsed.host:
        raise SourceError(f"{redacted_mistake(url[:200])!r} is not a web address")
    return httpcore2.URL(
        scheme=parsed.raw_scheme, host=parsed.raw_host, port=parsed.port, target=parsed.raw_path
    )


def _same_site(start: str, here: str) -> bool:
    """Whether `here` may get what is for `start`: the same host and port, or its HTTPS at 443."""
    one, other = urlsplit(start), urlsplit(here)
    if one.hostname != other.hostname or (one.scheme, other.scheme) == ("https", "http"):
        return False
    ports = [parts.port or _DEFAULT_PORTS.get(parts.scheme) for parts in (one, other)]
    return ports[0] == ports[1] or ports == [80, 443]
