"""Whether the reports that receivers refuse an issue on policy are enough to stop it.

One report proves little: every reader holds a signed return path of her own, and one strange
server may refuse us. Sending by SMTP pauses when a share of the last messages is refused; here
the same share of what was accepted has to come back, from several readers of several
domains.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

MIN_READERS = 3
"""So many readers' mails have to come back at the least: no reader stops an issue for the others."""

MIN_DOMAINS = 2
"""From so many recipient domains at the least: one provider's refusal is no reason either."""

RECENT = timedelta(days=1)
"""Older reports say nothing about the present."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PolicyReports:
    """What came back of one issue within RECENT as refused by policy, and of how many messages."""

    readers: int
    domains: int
    accepted: int
    """Messages of the issue that relays have accepted so far."""

    @property
    def share(self) -> float:
        """How much of what was accepted came back."""
        return self.readers / max(self.accepted, self.readers, 1)


def are_enough(reports: PolicyReports, pause_share: float) -> bool:
    """Whether the issue should wait for a person (pure); `pause_share` as in [sending]."""
    return (
        reports.readers >= MIN_READERS
        and reports.domains >= MIN_DOMAINS
        and reports.share > pause_share
    )
