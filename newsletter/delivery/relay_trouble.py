"""What is wrong with a relay during a send, for the report."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class RelayTrouble:
    """Why a relay cannot be used. `again_at` is None for one that this send does not try again."""

    relay: str
    at: datetime
    said: str
    again_at: datetime | None
