"""Credentials, headers and cookies go where they belong, and nowhere else."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler

import pytest

from newsletter.articles.fetch import Fetched, HttpClient
from newsletter.config.access import Access
from newsletter.config.settings import FetchSettings
from newsletter.errors import SourceError
from tests.servers.feeds import FeedServer, respond

NOW = datetime(2026, 5, 4, 7, 0, tzinfo=UTC)
BASIC = "Basic dXNlcjpwYTpzcw=="  # user:pa:ss


@pytest.fixture
def other() -> Iterator[FeedServer]:
    """A server at another host."""
    with FeedServer("127.0.0.2") as running:
        yield running


async def fetched(url: str, **access: object) -> Fetched:
    """One fetch."""
    settings = FetchSettings(allow_private=("127.0.0.0/8",), timeout=timedelta(seconds=20))
    async with HttpClient(settings) as client:
        return await client.fetch(url, memory=None, now=NOW, access=Access(**access))  # type: ignore[arg-type]


async def test_credentials_are_sent_as_they_are_written(server: FeedServer) -> None:
    """Basic and bearer, from the configuration or from the address."""
    url = server.put("/a", "news")
    await fetched(url, credentials="user:pa:ss")
    await fetched(url, credentials="Bearer  abc.def")
    answer = await fetched(url.replace("://", "://user:pa%3Ass@"))
    await fetched(url.replace("://", "://user:other@"), credentials="user:pa:ss")
    await fetched(url)
    sent = [seen.headers.get("authorization") for seen in server.seen]
    assert sent == [BASIC, "Bearer abc.def", BASIC, BASIC, None]
    assert (answer.url, answer.memory.source) == (url, url)


async def test_headers_and_user_agent_replace_ours(server: FeedServer) -> None:
    """A source's own headers win over those that every source gets."""
    headers = (("X-Api-Key", "k"), ("accept", "text/csv"), ("Cookie", "session=1"))
    await fetched(server.put("/a", "news"), headers=headers, user_agent="Reader/1")
    sent = server.seen[0].headers
    assert (sent["x-api-key"], sent["accept"], sent["cookie"], sent["user-agent"]) == (
        *("k", "text/csv", "session=1", "Reader/1"),
    )


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_another_host_gets_no_credentials(
    server: FeedServer, other: FeedServer, status: int
) -> None:
    """A redirect within the host keeps them; another host gets the user agent only."""
    last = other.put("/c", "news")
    server.redirect("/b", last, status)
    first = server.redirect("/a", "/b", status)
    access = {"credentials": "user:pa:ss", "headers": (("X-Api-Key", "k"),), "user_agent": "R/1"}
    assert (await fetched(first, **access)).url == last
    assert [seen.headers["authorization"] for seen in server.seen] == [BASIC, BASIC]
    assert [seen.headers["x-api-key"] for seen in server.seen] == ["k", "k"]
    sent = other.seen[0].headers
    assert "authorization" not in sent
    assert "x-api-key" not in sent
    assert sent["user-agent"] == "R/1"


async def test_another_port_gets_no_credentials(server: FeedServer) -> None:
    """Another service of the same host is another host."""
    with FeedServer() as neighbour:
        url = server.redirect("/a", neighbour.put("/b", "news"))
        await fetched(url, credentials="user:pa:ss")
        assert "authorization" not in neighbour.seen[0].headers


async def test_a_redirect_may_bring_credentials_of_its_own(
    server: FeedServer, other: FeedServer
) -> None:
    """They are used for its host, and are in nothing that is returned."""
    last = other.put("/b", "news")
    url = server.redirect("/a", last.replace("://", "://user:pa%3Ass@"), 301)
    answer = await fetched(url)
    assert other.seen[0].headers["authorization"] == BASIC
    assert "pa" not in repr(answer)
    assert answer.moved_to == last


async def test_cookies_last_for_one_fetch(server: FeedServer, other: FeedServer) -> None:
    """A server that sets a cookie and redirects to the same address gets the cookie back, once."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        if "seen=1" in request.headers.get("Cookie", ""):
            respond(request, b"news")
        else:
            headers = {"Location": request.path, "Set-Cookie": "seen=1; Path=/; HttpOnly"}
            respond(request, b"", status=302, headers=headers)

    url = server.on("/a", answer)
    for _ in range(2):
        assert (await fetched(url)).body == b"news"
    sent = [seen.headers.get("cookie") for seen in server.seen]
    assert sent == [None, "seen=1", None, "seen=1"]

    def elsewhere(request: BaseHTTPRequestHandler) -> None:
        headers = {"Location": other.put("/b", "news"), "Set-Cookie": "seen=1"}
        respond(request, b"", status=302, headers=headers)

    await fetched(server.on("/c", elsewhere))
    assert "cookie" not in other.seen[0].headers


async def test_a_check_at_another_host_is_passed(server: FeedServer, other: FeedServer) -> None:
    """A to B, B to A with a token, A sets a cookie, A serves the feed: as against robots."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        if "token=1" in request.headers.get("Cookie", ""):
            respond(request, b"news")
        elif "token=1" in request.path:
            headers = {"Location": "/feed", "Set-Cookie": "token=1"}
            respond(request, b"", status=302, headers=headers)
        else:
            respond(request, b"", status=302, headers={"Location": other.url("/check")})

    url = server.on("/feed", answer)
    other.redirect("/check", server.url("/feed?token=1"))
    assert (await fetched(url)).body == b"news"


@pytest.mark.parametrize(
    ("credentials", "fix"), [("", "auth_file"), ("user:secret-word", "correct them")]
)
async def test_a_password_that_is_wanted_or_wrong_is_told(
    server: FeedServer, credentials: str, fix: str
) -> None:
    """401 says whether there was no password, or a wrong one; the password is not in it."""
    url = server.put("/a", "", status=401, headers={"WWW-Authenticate": "Basic"})
    with pytest.raises(SourceError, match=fix) as caught:
        await fetched(url, credentials=credentials)
    assert "secret-word" not in str(caught.value)


async def test_304_without_a_condition_is_refused(server: FeedServer) -> None:
    """Nothing was kept that could be unchanged."""
    with pytest.raises(SourceError, match="304"):
        await fetched(server.put("/a", "", status=304))


@pytest.mark.parametrize(
    "location", ["http://user:secret-word@[::bad/", "ftp://user:secret-word@127.0.0.1/"]
)
async def test_a_redirect_that_cannot_be_followed_shows_no_password(
    server: FeedServer, location: str
) -> None:
    """The address is in the message, its password is not."""
    with pytest.raises(SourceError, match="not a web address") as caught:
        await fetched(server.redirect("/a", location))
    assert "secret-word" not in str(caught.value)
