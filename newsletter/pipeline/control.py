"""How the caller of a send controls it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class RunControl:
    """The clock, the request to stop, and the callback for progress.

    `clock` returns the current time, aware. When `interrupted` is set, the send ends within 10 s.
    `progress` is called with the number of deliveries that have ended since the last call.
    """

    clock: Callable[[], datetime]
    interrupted: threading.Event | None = None
    progress: Callable[[int], None] | None = None

    @property
    def is_interrupted(self) -> bool:
        """Whether the send has to end."""
        return self.interrupted is not None and self.interrupted.is_set()
