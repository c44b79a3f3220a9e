"""The hours of a day in which a relay may send."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time
from typing import Annotated, Any

from pydantic import BeforeValidator


@dataclass(frozen=True, kw_only=True, slots=True)
class Hours:
    """From `start` until just before `end`; past midnight where `end` is the earlier time."""

    start: time
    end: time

    def __contains__(self, moment: datetime) -> bool:
        """Whether the moment, in its own time zone, is within these hours."""
        clock = moment.time()
        if self.start < self.end:
            return self.start <= clock < self.end
        return clock >= self.start or clock < self.end


def parse_hours(value: Any) -> Hours:
    """Parse hours such as `07:00-21:30`; raises ValueError for anything else."""
    if isinstance(value, Hours):
        return value
    match = re.fullmatch(r"(\d\d:\d\d)\s*-\s*(\d\d:\d\d)", str(value))
    try:
        start, end = (
            (time.fromisoformat(match[1]), time.fromisoformat(match[2])) if match else (0, 0)
        )
    except ValueError:
        start = end = 0
    if not isinstance(start, time) or not isinstance(end, time) or start == end:
        raise ValueError(f"{value!r} is not a range of hours; write one such as 07:00-21:00")
    return Hours(start=start, end=end)


SendingHours = Annotated[Hours, BeforeValidator(parse_hours)]
