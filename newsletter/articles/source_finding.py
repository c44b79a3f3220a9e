"""What went wrong, or is worth knowing, about one source in one gathering."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, kw_only=True, slots=True)
class SourceFinding:
    """A remark on a source, for the operator: what happened and what to do.

    `failure`: nothing was read; `warning`: read, with losses; `notice`: good to know.
    """

    source: str
    severity: Literal["failure", "warning", "notice"]
    message: str
    fix: str = ""
