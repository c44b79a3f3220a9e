"""premailer as rendering uses it; imported when something is rendered, for it loads slowly."""

from __future__ import annotations

from typing import Any, ClassVar

from premailer import Premailer

_SHEETS_KEPT = 64

_Rules = tuple[list[Any], list[Any]]


class Inliner(Premailer):  # type: ignore[misc] # no type information published
    """premailer, reading each style sheet of a theme once: two thirds of its time is that.

    Its own cache is shared with style attributes, whose keys a hostile one could meet.
    """

    _read: ClassVar[dict[tuple[str, int], _Rules]] = {}

    def _parse_style_rules(self, css_body: str, ruleset_index: int) -> _Rules:
        key = (css_body, ruleset_index)
        if key not in self._read:
            if len(self._read) >= _SHEETS_KEPT:
                self._read.clear()
            self._read[key] = super()._parse_style_rules(css_body, ruleset_index)
        rules, leftover = self._read[key]
        return list(rules), list(leftover)
