"""What changed between two texts, line by line, with unchanged lines folded. Pure."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import Literal

CONTEXT = 2
"""Lines shown around a change."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One line of the comparison. `fold` stands for unchanged lines that are left out."""

    kind: Literal["same", "gone", "new", "fold"]
    text: str


def differences(before: str, after: str) -> list[Line]:
    """The lines of `after`, with those of `before` that are gone; [] when nothing changed."""
    old, new = before.splitlines(), after.splitlines()
    lines: list[Line] = []
    for group in difflib.SequenceMatcher(None, old, new, autojunk=False).get_grouped_opcodes(
        CONTEXT
    ):
        if lines:
            lines.append(Line(kind="fold", text=""))
        for tag, i1, i2, j1, j2 in group:
            if tag == "equal":
                lines += [Line(kind="same", text=text) for text in old[i1:i2]]
            else:
                lines += [Line(kind="gone", text=text) for text in old[i1:i2]]
                lines += [Line(kind="new", text=text) for text in new[j1:j2]]
    return lines
