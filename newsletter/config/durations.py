"""Durations in newsletter.toml: "90s", "30m", "6h", "2d", "1w"."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def parse_duration(value: Any) -> timedelta:
    """Parse a duration such as `6h` or `1h 30m`; raises ValueError for anything else."""
    if isinstance(value, timedelta):
        return value
    text = str(value).replace(" ", "")
    if not re.fullmatch(r"(?:\d+[smhdw])+", text):
        raise ValueError(f"{value!r} is not a duration; write one such as 30m, 6h or 2d")
    parts = re.findall(r"(\d+)([smhdw])", text)
    return sum((timedelta(**{_UNITS[unit]: int(count)}) for count, unit in parts), timedelta())


Duration = Annotated[timedelta, BeforeValidator(parse_duration)]
