"""The door to the web keeps its limits against real servers."""

from __future__ import annotations

import asyncio
import gzip
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from threading import Thread

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from newsletter.articles.fetch import Fetched, FetchMemory, HttpClient, RetryLaterError
from newsletter.articles.request import USER_AGENT
from newsletter.articles.response_headers import LONGEST_WAIT, retry_after
from newsletter.config.settings import FetchSettings
from newsletter.errors import SourceError
from tests.servers.feeds import FeedServer, respond

NOW = datetime(2026, 5, 4, 7, 0, tzinfo=UTC)


def settings(
    *, timeout: float = 5, max_bytes: int = 100_000, max_redirects: int = 3
) -> FetchSettings:
    """Limits for loopback."""
    return FetchSettings(
        allow_private=("127.0.0.1",),
        timeout=timedelta(seconds=timeout),
        max_bytes=max_bytes,
        max_redirects=max_redirects,
    )


async def fetched(
    url: str,
    memory: FetchMemory | None = None,
    *,
    now: datetime = NOW,
    limits: FetchSettings | None = None,
) -> Fetched:
    """One fetch through a door of its own."""
    async with HttpClient(limits or settings()) as door:
        return await door.fetch(url, memory=memory, now=now)


async def test_a_body_comes_with_its_address_and_type(server: FeedServer) -> None:
    """What is fetched carries the body, its type, its date, and says who asked."""
    url = server.put(
        "/rss.xml",
        "<rss/>",
        "text/xml; charset=utf-8",
        headers={"Last-Modified": "Mon, 04 May 2026 06:00:00 GMT"},
    )
    answer = await fetched(url)
    assert (answer.url, answer.body, answer.content_type) == (
        url,
        b"<rss/>",
        "text/xml; charset=utf-8",
    )
    assert answer.last_modified == datetime(2026, 5, 4, 6, tzinfo=UTC)
    assert server.seen[0].headers["user-agent"] == USER_AGENT


async def test_a_packed_body_is_unpacked(server: FeedServer) -> None:
    """A gzip answer comes out plain."""
    url = server.put("/a", gzip.compress(b"news"), headers={"Content-Encoding": "gzip"})
    assert (await fetched(url)).body == b"news"


async def test_what_has_not_changed_is_not_sent_again(server: FeedServer) -> None:
    """The validators of the last answer go with the next request; 304 means unchanged."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        known = request.headers.get("If-None-Match") == '"v1"'
        headers = {"ETag": '"v1"', "Last-Modified": "Mon, 04 May 2026 06:00:00 GMT"}
        respond(request, b"" if known else b"news", status=304 if known else 200, headers=headers)

    url = server.on("/a", answer)
    first = await fetched(url)
    second = await fetched(url, first.memory)
    assert (first.unchanged, second.unchanged, second.body) == (False, True, b"")
    assert second.memory == first.memory
    assert server.seen[1].headers["if-modified-since"] == "Mon, 04 May 2026 06:00:00 GMT"


async def test_an_equal_body_is_unchanged_without_validators(server: FeedServer) -> None:
    """Servers that know no ETag are caught by the hash of the body."""
    url = server.put("/a", "news")
    first = await fetched(url)
    assert (await fetched(url, first.memory)).unchanged
    server.put("/a", "other news")
    assert (await fetched(url, first.memory)).body == b"other news"


async def test_redirects_are_followed_and_remembered_when_permanent(server: FeedServer) -> None:
    """Relative and absolute redirects lead on; only a chain of permanent ones is a move."""
    last = server.put("/c", "news")
    server.redirect("/b", "/c", 301)
    first = server.redirect("/a", server.url("/b"), 308)
    answer = await fetched(first)
    assert (answer.body, answer.url, answer.moved_to) == (b"news", last, last)
    server.redirect("/a", last)
    assert (await fetched(first)).moved_to == ""


@pytest.mark.parametrize(
    ("location", "message"),
    [
        ("/a", "redirects more than 3 times"),
        ("file:///etc/passwd", "not a web address"),
        ("http://10.0.0.1/", "private address 10.0.0.1"),
        ("http://[::1]/", "private address ::1"),
        ("gopher://example.org/", "not a web address"),
        ("http://example.org:99999/", "not a web address"),
    ],
)
async def test_every_hop_is_judged(server: FeedServer, location: str, message: str) -> None:
    """A redirect neither runs in circles nor leads to files or private addresses."""
    url = server.redirect("/a", location)
    with pytest.raises(SourceError, match=message):
        await fetched(url)


@pytest.mark.parametrize(
    "url",
    ["http://[", "http://[::1", "http://a:99999/", "http://a:b/", "http:///x", "//a/", "file:///a"],
)
async def test_what_is_no_address_is_a_problem_of_its_source(url: str) -> None:
    """Nothing is asked for, and nothing else fails."""
    with pytest.raises(SourceError, match="not a web address"):
        await fetched(url)


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (404, "404 Not Found"),
        (410, "remove the source"),
        (500, "500 Internal"),
        (204, "204"),
        (599, "599"),
    ],
)
async def test_a_refusal_names_its_status(server: FeedServer, status: int, message: str) -> None:
    """Whatever is not 200 is an error with the status and what to do."""
    with pytest.raises(SourceError, match=message):
        await fetched(server.put("/a", "", status=status))


@pytest.mark.parametrize("status", [429, 503])
async def test_a_server_that_asks_for_a_pause_gets_it(server: FeedServer, status: int) -> None:
    """Until Retry-After is over the server is not asked again; then it is."""
    url = server.put("/a", "", status=status, headers={"Retry-After": "120"})
    with pytest.raises(RetryLaterError) as caught:
        await fetched(url)
    assert caught.value.not_before == NOW + timedelta(seconds=120)
    memory = FetchMemory(source=url, not_before=caught.value.not_before)
    with pytest.raises(RetryLaterError):
        await fetched(url, memory, now=NOW + timedelta(seconds=119))
    assert len(server.seen) == 1
    server.put("/a", "news")
    later = await fetched(url, memory, now=NOW + timedelta(seconds=120))
    assert (later.body, later.memory.not_before) == (b"news", None)


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        ("60", NOW + timedelta(seconds=60)),
        ("Mon, 04 May 2026 09:00:00 GMT", NOW + timedelta(hours=2)),
        ("Mon, 04 May 2026 06:00:00 GMT", None),
        ("9" * 40, NOW + LONGEST_WAIT),
        ("Fri, 31 Dec 9999 23:59:59 GMT", NOW + LONGEST_WAIT),
        ("0", None),
        ("-5", None),
        ("soon", None),
        ("", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(value: str, moment: datetime | None) -> None:
    """Both forms of RFC 9110 are read, and no wait is longer than a day."""
    assert retry_after(value, NOW) == moment


async def test_a_slow_drip_ends_at_the_time_limit(server: FeedServer) -> None:
    """A server that sends one byte now and then cannot hold the gathering."""

    def drip(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.end_headers()
        while not server.closing.wait(0.05):
            request.wfile.write(b" ")

    # The drip never ends by itself.
    async with asyncio.timeout(60):
        with pytest.raises(SourceError, match=r"within 0\.4 seconds"):
            await fetched(server.on("/a", drip), limits=settings(timeout=0.4))


async def test_a_large_body_stops_at_the_size_limit(server: FeedServer) -> None:
    """A body over max_bytes is refused with the setting to change."""
    with pytest.raises(SourceError, match=r"larger than 0\.1 MB.*max_bytes"):
        await fetched(server.put("/a", bytes(100_001)))


async def test_a_broken_connection_is_an_error_of_ours(server: FeedServer) -> None:
    """A server that hangs up in the middle, talks no HTTP, or is not there: one kind of error."""

    def hang_up(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Length", "1000")
        request.end_headers()
        request.wfile.write(b"half")

    def babble(request: BaseHTTPRequestHandler) -> None:
        request.wfile.write(b"+OK ready\r\n\r\n")

    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{unused.getsockname()[1]}/"
        with pytest.raises(SourceError, match="cannot be reached"):
            await fetched(nobody)
    for address in (server.on("/half", hang_up), server.on("/babble", babble)):
        with pytest.raises(SourceError, match="connection broke"):
            await fetched(address)


@contextmanager
def tls_listener(folder: Path) -> Iterator[int]:
    """A TLS server with a certificate that nobody vouches for; yields its port."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    certificate = (
        x509.CertificateBuilder(issuer_name=name, subject_name=name, public_key=key.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2040, 1, 1, tzinfo=UTC))
        .sign(key, hashes.SHA256())
    )
    pem = folder / "server.pem"
    pem.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def shake_hands() -> None:
            connection, _ = listener.accept()
            with connection:
                try:
                    context.wrap_socket(connection, server_side=True).close()
                except OSError:
                    return  # the client refuses the certificate: what the test is about

        thread = Thread(target=shake_hands)
        thread.start()
        yield int(listener.getsockname()[1])
        thread.join(5)


async def test_an_untrusted_certificate_is_refused(tmp_path: Path) -> None:
    """TLS is verified: a self-signed certificate ends the fetch."""
    with tls_listener(tmp_path) as port, pytest.raises(SourceError, match="cannot be trusted"):
        await fetched(f"https://127.0.0.1:{port}/")
