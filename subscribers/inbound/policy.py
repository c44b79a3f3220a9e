"""Decides whether reports that receivers refuse an issue by policy are enough to stop it.

One report proves little: every reader knows their own signed return path and could forge one,
and a single server may have unusual rules. Sending by SMTP pauses when a share of the last
messages is refused; here the same share of the accepted messages has to bounce, from several
readers at several domains.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

MIN_READERS = 3
"""Fewest readers whose mail bounced, so that no single reader can stop an issue for the others."""

MIN_DOMAINS = 2
"""Fewest recipient domains, as the refusal of one provider is not enough either."""

RECENT = timedelta(days=1)
"""Older reports do not count."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PolicyReports:
    """Policy refusals of one issue reported within RECENT, by readers and by domains."""

    readers: int
    domains: int
    accepted: int
    """Messages of the issue that relays have accepted so far."""

    @property
    def share(self) -> float:
        """The share of the accepted messages that bounced."""
        return self.readers / max(self.accepted, self.readers, 1)


def are_enough(reports: PolicyReports, pause_share: float) -> bool:
    """Whether the issue should wait for a person (pure); `pause_share` as in [sending]."""
    return (
        reports.readers >= MIN_READERS
        and reports.domains >= MIN_DOMAINS
        and reports.share > pause_share
    )
