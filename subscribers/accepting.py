"""What a server does while the process has no file left to accept a connection with."""

from __future__ import annotations

import asyncio
import errno
import logging
import time
from typing import Any

log = logging.getLogger("newsletter")

NO_RESOURCES = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})

LOG_INTERVAL = 60
"""Seconds between two lines in the log about connections that cannot be accepted."""


class QuietAccept:
    """An event loop's exception handler that tells of such connections in one line a minute.

    asyncio rests for a second then, but writes a traceback for each try (cpython issue 151615).
    """

    def __init__(self) -> None:
        self._told: float | None = None

    def __call__(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Handle what the loop met."""
        error = context.get("exception")
        if not isinstance(error, OSError) or error.errno not in NO_RESOURCES:
            loop.default_exception_handler(context)
            return
        self.tell(error)

    def tell(self, error: OSError) -> None:
        """Log that there is nothing left to accept a connection with, unless it was just logged."""
        now = time.monotonic()
        if self._told is None or now - self._told > LOG_INTERVAL:
            self._told = now
            log.error("connections cannot be accepted: %s; raise LimitNOFILE", error.strerror)
