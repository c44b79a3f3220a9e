"""The words of relays whose codes say less than their words, or something else.

Sources: the postmaster pages of Gmail, Outlook, Yahoo and other large hosts, and the replies of
Exchange, Postfix and Exim.
"""

from __future__ import annotations

import re
from collections.abc import Iterable


def _any_of(phrases: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(phrases), re.IGNORECASE)


_TOO_FAST = _any_of(
    (
        r"rate[ -]?limit|throttl",
        r"too (many|much) (messages|connections|mail|recipients|emails|requests)",
        r"(sending|message|connection|maximum) rate",
        r"slow down|too fast|unusual rate",
        r"unexpected volume|user complaints",  # Yahoo's TSS04
        r"\[(ts|tss)\d\d\]|\brp-00\d\b",
        r"temporarily (deferred|blocked|rate)",
        r"exceeded .{0,30}(limit|rate)",
    )
)
_GREYLISTED = _any_of((r"gr[ae]y[ -]?list", r"postgrey", r"try again in \d+ (sec|min)"))


def asks_to_slow_down(text: str) -> bool:
    """Whether the text says that we send too fast, and is not greylisting."""
    return _GREYLISTED.search(text) is None and _TOO_FAST.search(text) is not None


def is_greylisting(text: str) -> bool:
    """Whether the text asks an unknown sender to try again, which is normal."""
    return _GREYLISTED.search(text) is not None
