"""What any stranger can cause to be logged: it may not fill the log, nor the disk that it is on."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

INTERVAL = 60
"""Seconds between two warnings with the same message."""

LONGEST = 300
"""Characters of a message; a stranger's header may have a hundred thousand."""

MOST_MESSAGES = 1_000
"""How many different messages are remembered; with more, all are forgotten."""


class QuietLog:
    """Logs each message once a minute, and then how many more there were."""

    def __init__(
        self,
        logger: logging.Logger,
        clock: Callable[[], float] = time.monotonic,
        longest: int = LONGEST,
    ) -> None:
        self._logger = logger
        self._longest = longest
        self._clock = clock
        self._lock = threading.Lock()
        self._told: dict[str, float] = {}
        self._kept_back: dict[str, int] = {}

    def warning(self, message: str, *values: object) -> None:
        """Log the message with its values, unless it was just logged with some."""
        self._log(logging.WARNING, message, values)

    def error(self, message: str, *values: object) -> None:
        """The same as an error."""
        self._log(logging.ERROR, message, values)

    def exception(self, message: str, *values: object) -> None:
        """The same as an error, with the traceback of the exception that is being handled."""
        self._log(logging.ERROR, message, values, exc_info=True)

    def _log(
        self, level: int, message: str, values: tuple[object, ...], *, exc_info: bool = False
    ) -> None:
        now = self._clock()
        with self._lock:
            if now - self._told.get(message, now - INTERVAL) < INTERVAL:
                self._kept_back[message] = self._kept_back.get(message, 0) + 1
                return
            if len(self._told) >= MOST_MESSAGES:
                self._told.clear()
                self._kept_back.clear()
            self._told[message] = now
            more = self._kept_back.pop(message, 0)
        text = message % values
        shown = text if len(text) <= self._longest else f"{text[: self._longest]}…"
        before = f" (and {more} more before)" if more else ""
        self._logger.log(level, "%s%s", shown, before, exc_info=exc_info)
