"""A finding about one source in one gathering."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, kw_only=True, slots=True)
class SourceFinding:
    """A message about a source for the operator: what happened, and how to fix it.

    `failure`: nothing was read. `warning`: something was lost. `notice`: for information.
    """

    source: str
    severity: Literal["failure", "warning", "notice"]
    message: str
    fix: str = ""
