"""`serve` while strangers do everything at once: a reader's one click still counts."""

from __future__ import annotations

import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import pytest

from newsletter.site.site import Site
from subscribers.subscriber import Status
from subscribers.tokens import Purpose
from subscribers.unsubscribe import status_of
from tests.acceptance.site import CommandLine
from tests.factories.editors import ADDRESS, add_editor
from tests.factories.site import READERS, make_site
from tests.sampling import sampled
from tests.servers.ports import free_port
from tests.servers.web import web_client

NOT_HTTP = (
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 20_000,
    b"POST /join/weekly HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"POST /join/weekly HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 30000\r\n\r\n"
    + b"[" * 30_000,
    b"GET /%0A%00%FF HTTP/1.1\r\nHost: evil.example\r\n\r\n",
    b"GET /archive/weekly/99999999999999999999 HTTP/1.1\r\nHost: x\r\n\r\n",
)


@contextmanager
def served(site: Site) -> Iterator[int]:
    """The port of a running `newsletter serve`."""
    port = free_port()
    command = CommandLine(folder=site.folder, environment={})
    log = (site.folder / "log").open("wb")
    process = subprocess.Popen(
        command.line("serve", "--port", str(port), "--no-schedule"),
        stderr=log,
        env=command.full_environment,
    )
    try:
        with web_client() as client:
            while process.poll() is None:
                try:
                    client.get(f"http://127.0.0.1:{port}/health/live")
                    break
                except httpx2.TransportError:
                    threading.Event().wait(0.05)
        yield port
        assert process.poll() is None
    finally:
        process.terminate()
        process.wait(timeout=60)
        log.close()


@contextmanager
def attacked(port: int, idle: int) -> Iterator[None]:
    """Silent and half-open connections, what is not HTTP, and a flood of passwords, until the end."""
    over = threading.Event()

    def guess(number: int) -> None:
        form = {"address": ADDRESS, "password": "wrong"}
        with web_client(timeout=60) as client:
            while not over.is_set():
                number += 1
                network = {"X-Forwarded-For": f"10.{number % 250}.{number // 250 % 250}.1"}
                assert client.post(
                    f"http://127.0.0.1:{port}/sign-in", data=form, headers=network
                ).status_code in (403, 429, 503)

    def shout() -> None:
        while not over.is_set():
            for octets in NOT_HTTP:
                with (
                    suppress(ConnectionError),
                    socket.create_connection(("127.0.0.1", port), 60) as connection,
                ):
                    connection.sendall(octets)
                    connection.recv(1000)

    with ExitStack() as stack:
        for number in range(idle):
            connection = stack.enter_context(socket.create_connection(("127.0.0.1", port), 60))
            connection.sendall((b"", b"GET / HT", b"POST / HTTP/1.1\r\nHost: x\r\n")[number % 3])
        threads = [threading.Thread(target=guess, args=[n * 5000]) for n in range(8)]
        threads += [threading.Thread(target=shout) for _ in range(2)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            over.set()
            for thread in threads:
                thread.join()


@pytest.mark.sampled
def test_one_click_counts_while_strangers_do_everything_at_once(tmp_path: Path) -> None:
    """200 connections that wait, requests that are none, and passwords: each reader who leaves has left."""
    site = make_site(tmp_path, now=datetime.now(UTC))
    add_editor(site)
    tokens = {
        number: site.tokens.make(Purpose.UNSUBSCRIBE, number, "weekly")
        for number in range(1, len(READERS) + 1)
    }
    with served(site) as port, attacked(port, idle=sampled(whole=900, sample=200)):
        for _ in range(sampled(whole=200, sample=2)):
            for token in tokens.values():
                answer = httpx2.post(
                    f"http://127.0.0.1:{port}/u/{token}",
                    data={"List-Unsubscribe": "One-Click"},
                    timeout=60,
                )
                assert (answer.status_code, answer.text) == (200, "Unsubscribed.\n")
    assert "Traceback" not in (site.folder / "log").read_text(encoding="utf-8")
    with site.database.transaction(read_only=True) as connection:
        assert {status_of(connection, number, "weekly") for number in tokens} == {
            Status.UNSUBSCRIBED
        }
    site.database.close()
