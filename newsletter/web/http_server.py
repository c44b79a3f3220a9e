"""uvicorn as `serve` runs it: with limits of connections, a quiet log, and an end that is announced."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import threading
import time
from types import FrameType

import uvicorn
from starlette.types import ASGIApp

from newsletter.web.connection_limits import (
    ACCEPTED_AT_ONCE,
    BACKLOG,
    LimitedProtocol,
    LimitedState,
    end_overdue,
    most_connections,
)
from subscribers.accepting import LOG_INTERVAL, QuietAccept

TICKS_PER_SECOND = 10
"""How often uvicorn calls `on_tick`."""


class OncePerInterval(logging.Filter):
    """Lets a warning through once a minute: strangers cause them, and could fill the log."""

    def __init__(self) -> None:
        super().__init__()
        self._last: dict[str, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is logged."""
        if record.levelno > logging.WARNING:
            return True
        now, key = time.monotonic(), str(record.msg)
        if key in self._last and now - self._last[key] < LOG_INTERVAL:
            return False
        self._last[key] = now
        return True


class HttpServer(uvicorn.Server):
    """Sets `stop` as soon as a signal arrives, while the last requests are still answered."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.server_state = LimitedState()
        self.stop = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to accept connections."""
        self._accept_errors = QuietAccept()
        asyncio.get_running_loop().set_exception_handler(self._accept_errors)
        self._quiet = OncePerInterval()
        logging.getLogger("uvicorn.error").addFilter(self._quiet)
        await super().startup(sockets)
        for listener in [one for server in self.servers for one in server.sockets]:
            with socket.fromfd(listener.fileno(), listener.family, listener.type) as kept:
                kept.listen(BACKLOG)  # asyncio would accept as many at one go

    async def on_tick(self, counter: int) -> bool:
        """Look after the connections once a second; returns whether the server has to end."""
        if counter % TICKS_PER_SECOND == 0:
            end_overdue(list(self.server_state.connections))
            self._tell_of_missing_files()
        return await super().on_tick(counter)

    def _tell_of_missing_files(self) -> None:
        """Log that the process can open no more files: uvloop then closes new connections silently."""
        try:
            os.close(os.open(os.devnull, os.O_RDONLY))
        except OSError as error:
            self._accept_errors.tell(error)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End."""
        await super().shutdown(sockets)
        logging.getLogger("uvicorn.error").removeFilter(self._quiet)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Handle a signal."""
        self.stop.set()
        super().handle_exit(sig, frame)


def http_configuration(app: ASGIApp, *, host: str, port: int) -> uvicorn.Config:
    """The settings of our server."""
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        http=LimitedProtocol,
        ws="none",
        backlog=ACCEPTED_AT_ONCE,
        limit_concurrency=most_connections(),
        log_config=None,  # its errors go the way of all libraries: see logs.py
        log_level="warning",
        server_header=False,
        proxy_headers=False,  # uvicorn's own believes the first hop, which anybody can write
        access_log=False,  # its lines would contain readers' tokens
        # An open desk page keeps its connection for ever; the shutdown must not wait for it.
        timeout_graceful_shutdown=3,
    )
