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


def written(duration: timedelta) -> str:
    """The duration as newsletter.toml writes it, in whole seconds: `1h 30m`."""
    rest, parts = int(duration.total_seconds()), []
    for unit, seconds in (("d", 86400), ("h", 3600), ("m", 60), ("s", 1)):
        count, rest = divmod(rest, seconds)
        if count:
            parts.append(f"{count}{unit}")
    return " ".join(parts) or "0s"


Duration = Annotated[timedelta, BeforeValidator(parse_duration)]
