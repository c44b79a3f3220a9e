"""Connections that keep the server waiting: they end, and nobody else waits for them."""

from __future__ import annotations

import asyncio
import logging
import resource
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from newsletter.web import connection_limits
from newsletter.web.connection_limits import LimitedProtocol, WaitsFor, most_connections
from newsletter.web.error_wall import ErrorWall
from newsletter.web.http_server import HttpServer, http_configuration
from subscribers.accepting import QuietAccept

MOST = 20
GET = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n"
LARGE = 40_000_000


class Served:
    """A server that is running, and what it knows of its connections."""

    def __init__(self, server: HttpServer, release: threading.Event) -> None:
        self.server = server
        self.release = release
        self.port = server.servers[0].sockets[0].getsockname()[1]

    def connect(self, stack: ExitStack, sent: bytes = b"") -> socket.socket:
        """A connection that has sent this."""
        connection = stack.enter_context(socket.create_connection(("127.0.0.1", self.port)))
        connection.settimeout(30)
        connection.sendall(sent)
        return connection

    def waiting(self, what: WaitsFor) -> list[LimitedProtocol]:
        """The connections that wait for this."""
        found = [
            one
            for one in list(self.server.server_state.connections)
            if isinstance(one, LimitedProtocol)
        ]
        return [one for one in found if one.what_it_waits_for() is what]


@contextmanager
def served(most: int = MOST) -> Iterator[Served]:
    """Our server with a small application, on loopback."""
    release = threading.Event()

    async def hello(_request: Request) -> Response:
        return PlainTextResponse("hello")

    async def slow(request: Request) -> Response:
        await request.body()
        await run_in_threadpool(release.wait)
        return PlainTextResponse("done")

    async def large(_request: Request) -> Response:
        return PlainTextResponse("x" * LARGE)

    routes = [
        Route("/", hello),
        Route("/slow", slow, methods=["GET", "POST"]),
        Route("/large", large),
    ]
    wall = ErrorWall(Starlette(routes=routes), lambda _request, _failure: Response(status_code=500))
    config = http_configuration(wall, host="127.0.0.1", port=0)
    config.limit_concurrency = most
    server = HttpServer(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started and thread.is_alive():
        thread.join(0.01)
    try:
        yield Served(server, release)
    finally:
        release.set()
        server.should_exit = True
        thread.join()


def until(condition: Callable[[], bool]) -> None:
    """Wait until it holds."""
    while not condition():
        threading.Event().wait(0.01)


def is_ended(connection: socket.socket) -> bool:
    """Wait for the end of the connection; False where something else came first."""
    try:
        return connection.recv(1000) == b""
    except ConnectionResetError:
        return True


def asked(place: Served) -> bytes:
    """The answer to a new client."""
    with ExitStack() as stack:
        client = place.connect(stack, GET + b"Connection: close\r\n\r\n")
        return b"".join(iter(lambda: client.recv(1000), b""))


@pytest.mark.parametrize(
    "sent",
    [b"", b"GET / HT", GET, b"POST /slow HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc"],
)
def test_many_connections_that_wait_give_way_to_a_new_client(sent: bytes) -> None:
    """Silent, half a head, half a body: the longest-waiting one ends, and each new client is served."""
    with served() as place, ExitStack() as stack:
        first = place.connect(stack, sent)
        until(lambda: len(place.server.server_state.connections) == 1)
        others = [place.connect(stack, sent) for _ in range(3 * MOST)]
        assert asked(place).endswith(b"hello")
        assert is_ended(first)
        assert len(place.server.server_state.connections) <= MOST
        assert len(others) == 3 * MOST


def test_the_one_to_end_is_found_without_looking_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """Strangers connect by the hundred a second, and everybody waits while it is looked for."""
    looks, look = [0], LimitedProtocol.note

    def counted(self: LimitedProtocol) -> None:
        looks[0] += 1
        look(self)

    monkeypatch.setattr(LimitedProtocol, "note", counted)
    monkeypatch.setattr("newsletter.web.http_server.end_overdue", list)
    with served(most=400) as place, ExitStack() as stack:
        for _ in range(400):
            place.connect(stack)
        until(lambda: len(place.server.server_state.connections) == 400)
        for _ in range(100):
            place.connect(stack)
        assert asked(place).endswith(b"hello")
        assert looks[0] < 500


def test_a_request_that_is_worked_on_does_not_give_way() -> None:
    """However many others connect, its answer arrives."""
    with served() as place, ExitStack() as stack:
        busy = place.connect(stack, b"GET /slow HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        until(lambda: bool(place.waiting(WaitsFor.WORK)))
        for _ in range(3 * MOST):
            place.connect(stack)
        assert asked(place).endswith(b"hello")
        place.release.set()
        assert b"".join(iter(lambda: busy.recv(1000), b"")).endswith(b"done")


@pytest.mark.parametrize(
    ("what", "sent", "drips"),
    [
        (WaitsFor.HEAD, b"", b""),
        (WaitsFor.HEAD, GET, b"X: y\r\n"),
        (WaitsFor.BODY, b"POST /slow HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n", b"a"),
        (WaitsFor.READER, b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n", b""),
    ],
)
def test_a_slow_client_is_ended(
    what: WaitsFor, sent: bytes, drips: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that sends an octet now and then, or does not read, is ended when its time is over."""
    with served() as place, ExitStack() as stack:
        slow = place.connect(stack, sent)
        until(lambda: len(place.waiting(what)) == 1)
        (connection,) = place.waiting(what)
        since = connection.since
        slow.sendall(drips)
        assert asked(place).endswith(b"hello")
        assert connection.since == since  # more octets buy no more time
        monkeypatch.setitem(connection_limits.MOST_SECONDS, what, 0)
        until(lambda: connection not in place.server.server_state.connections)
        read = 0
        with suppress(ConnectionResetError):
            while chunk := slow.recv(100_000):
                read += len(chunk)
        assert read < LARGE


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 20_000,
        b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 4_000,
        b"GET / HTTP/1.1\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9223372036854775808x\r\n\r\n",
        b"POST /slow HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
)
def test_what_is_not_http_is_refused_and_does_not_fill_the_log(
    sent: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    """TLS at a plain port, a large head, no host, wrong lengths: 400 with our headers."""
    with caplog.at_level(logging.INFO), served() as place, ExitStack() as stack:
        for _ in range(5):
            client = place.connect(stack, sent)
            answer = b"".join(iter(lambda: client.recv(1000), b""))  # noqa: B023 - called at once
            assert answer.startswith(b"HTTP/1.1 400 ")
            assert b"x-content-type-options: nosniff" in answer
        assert asked(place).endswith(b"hello")
    assert [record.getMessage() for record in caplog.records] == ["Invalid HTTP request received."]


def test_a_broken_body_after_the_answer_ends_the_connection(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The answer has been given, so nothing more is said, here or in the log."""
    with caplog.at_level(logging.INFO), served() as place, ExitStack() as stack:
        head = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        client = place.connect(stack, head)
        answer = b""
        while not answer.endswith(b"Not Allowed"):
            answer += client.recv(1000)
        client.sendall(b"zz\r\n")
        assert is_ended(client)
        assert asked(place).endswith(b"hello")
    assert "Traceback" not in caplog.text
    assert len(caplog.records) <= 1


def test_without_files_to_accept_with_the_log_has_one_line(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """EMFILE: accepting rests, goes on by itself, and is told once."""
    with caplog.at_level(logging.INFO), served(most=1000) as place, ExitStack() as stack:
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        held = place.connect(stack)
        until(lambda: len(place.server.server_state.connections) == 1)
        clients = [socket.socket() for _ in range(5)]
        for client in clients:
            stack.enter_context(client)
        # Nothing more can be opened: the highest number in use is the limit.
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(one.fileno() for one in clients) + 1, hard))
        try:
            for client in clients:
                client.connect(("127.0.0.1", place.port))
            until(lambda: "cannot be accepted" in caplog.text)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        assert asked(place).endswith(b"hello")
        assert held.fileno() > 0
    assert caplog.text.count("cannot be accepted") == 1
    assert "Traceback" not in caplog.text


def test_other_errors_of_the_loop_are_logged_as_ever(caplog: pytest.LogCaptureFixture) -> None:
    """Only the want of files is shortened."""
    loop = asyncio.new_event_loop()
    try:
        QuietAccept()(loop, {"message": "odd", "exception": ValueError("what")})
    finally:
        loop.close()
    assert "odd" in caplog.text


def test_the_connections_fit_into_half_of_the_files() -> None:
    """The other half is for the database, relays, sources and inbound mail."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        assert most_connections() <= connection_limits.MOST_CONNECTIONS
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(soft, 900), hard))
        assert most_connections() == connection_limits.MOST_CONNECTIONS or hard < 4000
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_serve_uses_these_limits() -> None:
    """The settings of `serve` name the protocol, and no other server's defaults."""
    config = http_configuration(Starlette(), host="127.0.0.1", port=0)
    assert isinstance(config, uvicorn.Config)
    assert config.http is LimitedProtocol
    assert config.limit_concurrency == most_connections()
