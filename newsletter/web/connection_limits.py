"""Limits of HTTP connections: how many there are, and how long each may keep us waiting.

uvicorn limits the size of a request's head (16 KiB) and how long a connection rests between two
requests. A client that sends nothing, or one octet at a time, would keep its connection for ever.
"""

from __future__ import annotations

import asyncio
import resource
from collections import OrderedDict
from collections.abc import Iterable
from enum import Enum, auto
from typing import Any, cast

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

MOST_CONNECTIONS = 1000

ACCEPTED_AT_ONCE = 100
"""How many connections are accepted at one go, before anything else gets its turn."""

BACKLOG = 4096
"""How many connections the kernel keeps for us until we accept them. When it has no room for one, the
client tries again after a second, and then after two more."""

HEAD_SECONDS = 20
"""How long a request's head may take."""

TRANSFER_SECONDS = 120
"""How long a request's body may take, and how long a client may not read what we send."""

_BAD_REQUEST = [
    ("content-type", "text/plain; charset=utf-8"),
    ("cache-control", "no-store"),
    ("x-content-type-options", "nosniff"),
    ("connection", "close"),
]


class WaitsFor(Enum):
    """What a connection waits for: the client, except while a request is worked on."""

    HEAD = auto()
    BODY = auto()
    READER = auto()  # the client does not read what we send
    WORK = auto()


MOST_SECONDS = {
    WaitsFor.HEAD: HEAD_SECONDS,
    WaitsFor.BODY: TRANSFER_SECONDS,
    WaitsFor.READER: TRANSFER_SECONDS,
}


class LimitedState(ServerState):
    """What the connections of one server share."""

    def __init__(self) -> None:
        super().__init__()
        self.waiting: OrderedDict[LimitedProtocol, None] = OrderedDict()
        """The connections that wait for their client, those that wait longest first.

        Kept in this order, because a server with too many connections has to find the first one at
        each new connection, and they come by the hundred a second.
        """


class LimitedProtocol(H11Protocol):
    """uvicorn's connection with limits of time, which gives way to others when there are many.

    How many there may be is uvicorn's `limit_concurrency`, by which uvicorn itself would refuse the
    newest request, whoever sends it.
    """

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn's
        """Begin; where there are too many connections, the one that waits longest is ended."""
        self._waiting = cast("LimitedState", self.server_state).waiting
        most, self.limit_concurrency = self.limit_concurrency, None
        super().connection_made(transport)
        self._begin_to_wait_for(WaitsFor.HEAD)
        if most is not None and len(self.connections) > most:
            _longest_waiting(self._waiting).end()

    @property
    def since(self) -> float:
        """When it began to wait for what it waits for now, on the loop's clock."""
        return self._since

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._waiting.pop(self, None)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what the client sent."""
        super().data_received(data)
        self.note()

    def on_response_complete(self) -> None:
        """Wait for the next request."""
        super().on_response_complete()
        self.note()

    def pause_writing(self) -> None:
        """Wait until the client reads."""
        super().pause_writing()
        self.note()

    def resume_writing(self) -> None:
        """Go on."""
        super().resume_writing()
        self.note()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is not HTTP; an answer that has begun can only be cut off."""
        if self.cycle is not None:
            self.cycle.disconnected = True  # it must not answer as well
            self.cycle.message_event.set()
        if self.conn.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
            self.end()
            return
        for event in (
            h11.Response(status_code=400, headers=_BAD_REQUEST, reason=b"Bad Request"),
            h11.Data(data=f"{msg}\n".encode("ascii")),
            h11.EndOfMessage(),
        ):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()

    def end(self) -> None:
        """End the connection at once, whatever the client has not read yet."""
        self.connections.discard(self)
        self._waiting.pop(self, None)
        self.transport.abort()

    def end_if_overdue(self) -> None:
        """End the connection if its client has kept it waiting for too long."""
        self.note()
        most = MOST_SECONDS.get(self._waits_for)
        if most is not None and self.loop.time() - self._since > most:
            self.end()

    def note(self) -> None:
        """Begin to measure anew when the connection waits for something else."""
        waits_for = self.what_it_waits_for()
        if waits_for is not self._waits_for:
            self._begin_to_wait_for(waits_for)

    def _begin_to_wait_for(self, waits_for: WaitsFor) -> None:
        self._waits_for, self._since = waits_for, self.loop.time()
        self._waiting.pop(self, None)
        if waits_for is not WaitsFor.WORK and self in self.connections:  # else it has ended
            self._waiting[self] = None

    def what_it_waits_for(self) -> WaitsFor:
        """What has to happen next."""
        if self.flow.write_paused or self.transport.is_closing():
            return WaitsFor.READER
        if self.conn.their_state is h11.IDLE:
            return WaitsFor.HEAD
        if self.conn.their_state is h11.SEND_BODY:
            return WaitsFor.BODY
        return WaitsFor.WORK


def _longest_waiting(waiting: OrderedDict[LimitedProtocol, None]) -> LimitedProtocol:
    """The first in the order, unless it has begun to wait for something else unnoticed."""
    first, noted = next(iter(waiting)), None
    while first is not noted:
        first.note()
        first, noted = next(iter(waiting)), first
    return first


def end_overdue(connections: Iterable[Any]) -> None:
    """End the connections whose clients have kept them waiting for too long."""
    for one in connections:
        if isinstance(one, LimitedProtocol):
            one.end_if_overdue()


def most_connections() -> int:
    """How many connections fit into half of the files that the process may open, after raising that.

    The other half is for the database, relays, sources and inbound mail.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 4 * MOST_CONNECTIONS
    if soft < wanted and hard > soft:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return min(MOST_CONNECTIONS, max(ACCEPTED_AT_ONCE, soft // 2 - ACCEPTED_AT_ONCE))
