"""Spans of time as newsletter.toml writes them: "90s", "30m", "6h", "2d", "1w"."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def parse_duration(value: Any) -> timedelta:
    """A positive span: `6h`, `1h 30m`. Raises ValueError otherwise."""
    if isinstance(value, timedelta):
        return value
    text = str(value).replace(" ", "")
    if not re.fullmatch(r"(?:\d+[smhdw])+", text):
        raise ValueError(f"{value!r} is no span of time; write one such as 30m, 6h or 2d")
    parts = re.findall(r"(\d+)([smhdw])", text)
    return sum((timedelta(**{_UNITS[unit]: int(count)}) for count, unit in parts), timedelta())


Duration = Annotated[timedelta, BeforeValidator(parse_duration)]
