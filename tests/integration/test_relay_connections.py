"""A relay admits fewer connections than `connections`: the issue goes out by those it admits."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from newsletter.delivery.classify import Stage
from newsletter.store.database import Database
from tests.factories.ledger import planned_ledger
from tests.factories.sending import QUICK, send
from tests.factories.tls import make_identity
from tests.servers.fast_smtp import AtOnce, FastCatcher, Spoilt, fast_server, slow_at

BUSY = Spoilt(reply="421 4.3.2 Too many connections", hang_up=True)
READERS = 120

CONNECTIONS = [
    (Stage.CONNECT, "421 4.7.0 relay.example.org Error: too many connections from 192.0.2.1"),
    (Stage.CONNECT, "421 Too many concurrent SMTP connections; please try again later."),
    (Stage.CONNECT, "554 5.7.1 Too many connections from your host"),
    (Stage.CONNECT, ""),
    (Stage.EHLO, "421 4.3.2 Too many open connections."),
    (Stage.AUTH, "535 5.7.8 Too many concurrent sessions for user"),
    (Stage.MAIL, "452 4.5.3 Too many concurrent sessions for this account"),
    (Stage.RCPT, "450 4.7.1 Error: too many connections from your host"),
]
"""What Postfix, Exim, sendmail and others answer to connections beyond their limit."""

MESSAGES = [
    (Stage.DATA, "432 4.3.2 Concurrent connections limit exceeded"),
    (Stage.DOT, "432 4.3.2 Concurrent connections limit exceeded. Visit https://aka.ms/x"),
    (Stage.DOT, "432 4.3.2 STOREDRV.ClientSubmit; sender thread limit exceeded"),
]
"""What Exchange Online answers to a fourth message at one time, of any connection."""


@contextmanager
def silent_port(address: str, port: int) -> Iterator[None]:
    """A port that answers no connection, not even by a refusal: its queue is full."""
    with socket.socket() as listener, socket.socket() as first, socket.socket() as second:
        listener.bind((address, port))
        listener.listen(0)
        for waiting in (first, second):
            waiting.setblocking(False)
            waiting.connect_ex((address, port))
        yield


@pytest.mark.parametrize(
    ("stage", "reply", "transactions"),
    [(*case, False) for case in CONNECTIONS] + [(*case, True) for case in MESSAGES],
)
async def test_what_the_relay_does_not_admit_goes_by_the_other_connections(
    sqlite_database: Database, tmp_path: Path, stage: Stage, reply: str, *, transactions: bool
) -> None:
    """Nobody is put off, the run does not pause, and the relay is not asked again and again."""
    ledger = planned_ledger(sqlite_database, readers=READERS)
    limit = AtOnce(
        most=2,
        stage=stage,
        spoilt=Spoilt(reply=reply, hang_up=not transactions),
        transactions=transactions,
    )
    identity = make_identity(tmp_path / "identity")
    signs_in: dict[str, Any] = {
        "security": "starttls",
        "ca_file": identity.ca_file,
        "username": "news",
        "password": "s3cret",
    }
    catcher = FastCatcher(
        plan=slow_at(Stage.DOT, 0.02),
        at_once=limit,
        tls=identity.context,
        signs_in=stage is Stage.AUTH,
    )
    async with fast_server(catcher):
        relay = catcher.relay(connections=4, **(signs_in if stage is Stage.AUTH else {}))
        report = await send(ledger, relay, pauses=(0.1, 0.2, 0.4))
    assert (report.accepted, report.deferred, report.paused) == (READERS, 0, "")
    assert max(catcher.copies.values()) == 1
    assert catcher.connections < 20  # it was asked a hundred times once


async def test_an_address_that_does_not_answer_delays_nobody(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A relay's IPv6 address is often unreachable without a word: the next address is tried beside it."""
    ledger = planned_ledger(sqlite_database, readers=5)
    loop = asyncio.get_running_loop()

    async def two_addresses(_host: str, port: int, **_hints: object) -> list[tuple[object, ...]]:
        kind = (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "")
        return [(*kind, (address, port)) for address in ("127.0.0.2", "127.0.0.1")]

    async with fast_server(FastCatcher()) as catcher:
        monkeypatch.setattr(loop, "getaddrinfo", two_addresses)
        relay = catcher.relay(host="relay.example.org", connections=1, security="none")
        with silent_port("127.0.0.2", catcher.port):
            report = await send(ledger, relay, timeouts=replace(QUICK, connect=3_600))
    assert report.accepted == 5


async def test_a_slow_greeting_is_awaited_however_often_the_relay_refuses_further_connections(
    sqlite_database: Database,
) -> None:
    """A relay that admits one connection, and greets it late, is not down: the send goes on."""
    ledger = planned_ledger(sqlite_database, readers=20)
    calls = iter(range(9))

    def one_at_a_time(stage: Stage, _recipient: str) -> Spoilt | None:
        if stage is not Stage.CONNECT or (call := next(calls, None)) is None:
            return None
        return Spoilt(delay=0.4) if call == 0 else BUSY

    async with fast_server(FastCatcher(plan=one_at_a_time)) as catcher:
        report = await send(ledger, catcher.relay(connections=2), pauses=(0.01,) * 8)
    assert report.accepted == 20


async def test_a_slow_message_is_awaited_however_often_the_relay_refuses_further_connections(
    sqlite_database: Database,
) -> None:
    """A relay that admits one connection, and examines its message for long, is not down."""
    ledger = planned_ledger(sqlite_database, readers=20)
    calls, messages = iter(range(9)), iter(range(1))

    def one_at_a_time(stage: Stage, _recipient: str) -> Spoilt | None:
        if stage is Stage.CONNECT and (call := next(calls, None)) is not None:
            return BUSY if call else None
        return Spoilt(delay=0.4) if stage is Stage.DOT and next(messages, 1) == 0 else None

    async with fast_server(FastCatcher(plan=one_at_a_time)) as catcher:
        report = await send(ledger, catcher.relay(connections=2), pauses=(0.01,) * 5)
    assert report.accepted == 20
