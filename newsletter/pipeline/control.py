"""How whoever started a send stays in touch with it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class RunControl:
    """The time, when to stop, and whom to tell of progress.

    `clock` gives the time, aware. `interrupted` is set when the send is to end within 10 s.
    `progress` is told how many deliveries more have come to an end.
    """

    clock: Callable[[], datetime]
    interrupted: threading.Event | None = None
    progress: Callable[[int], None] | None = None

    @property
    def is_interrupted(self) -> bool:
        """Whether the send is to end."""
        return self.interrupted is not None and self.interrupted.is_set()
