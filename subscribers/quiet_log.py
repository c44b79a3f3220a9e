"""Warnings that any stranger can cause: they may not fill the log, nor the disk that it is on."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

INTERVAL = 60
"""Seconds between two warnings with the same message."""

LONGEST = 300
"""Characters of a warning; a stranger's header may have a hundred thousand."""


class QuietLog:
    """Logs each message once a minute, and then how many more there were."""

    def __init__(self, logger: logging.Logger, clock: Callable[[], float] = time.monotonic) -> None:
        self._logger = logger
        self._clock = clock
        self._lock = threading.Lock()
        self._told: dict[str, float] = {}
        self._kept_back: dict[str, int] = {}

    def warning(self, message: str, *values: object) -> None:
        """Log the message with its values, unless it was just logged with some."""
        now = self._clock()
        with self._lock:
            if now - self._told.get(message, now - INTERVAL) < INTERVAL:
                self._kept_back[message] = self._kept_back.get(message, 0) + 1
                return
            self._told[message] = now
            more = self._kept_back.pop(message, 0)
        text = message % values
        shown = text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
        self._logger.warning("%s%s", shown, f" (and {more} more before)" if more else "")
