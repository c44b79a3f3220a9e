"""A finding of lint about one place in an edition."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["blocking", "warning", "off"]
"""Blocking findings prevent sending, warnings do not; those a site turned off are still listed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class LintFinding:
    """`element`, on `line` (from 1; 0 is the whole edition), breaks `rule`.

    `who` are the readers or clients it affects, and `fix` says how to correct it.
    """

    rule: str
    severity: Severity
    element: str
    line: int
    who: str
    fix: str
