"""What lint has to say about one place of an edition."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["blocking", "warning", "off"]
"""What stands in the way, what is only said, and what a site chose to let pass: still told."""


@dataclass(frozen=True, kw_only=True, slots=True)
class LintFinding:
    """`rule` broken by `element` on `line` (from 1; 0: the whole), whom it hurts, how to mend it.

    A blocking one stands between the issue and its readers.
    """

    rule: str
    severity: Severity
    element: str
    line: int
    who: str
    fix: str
