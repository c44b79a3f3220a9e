"""The hour of each reader's own day at which a newsletter goes out."""

from __future__ import annotations

import re
from datetime import time
from typing import Annotated, Any

from pydantic import BeforeValidator


def parse_readers_hour(value: Any) -> time:
    """Parse `reader 07:00`; raises ValueError for anything else."""
    if isinstance(value, time):
        return value
    match = re.fullmatch(r"reader\s+(\d\d:\d\d)", str(value).strip())
    try:
        hour = time.fromisoformat(match[1]) if match else None
    except ValueError:
        hour = None
    if hour is None:
        raise ValueError(f'{value!r} is not an hour of readers; write one such as "reader 07:00"')
    return hour


ReadersHour = Annotated[time, BeforeValidator(parse_readers_hour)]
"""`reader 07:00`, as the time alone."""
