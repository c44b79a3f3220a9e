"""What lint has to say about one place of an edition."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["blocking", "warning"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """`rule` broken by `element` on `line` (from 1; 0: the whole), whom it hurts, how to mend it.

    A blocking one stands between the issue and its readers.
    """

    rule: str
    severity: Severity
    element: str
    line: int
    who: str
    fix: str
