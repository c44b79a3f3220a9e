from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from subscribers.inbound.policy import (
    MIN_DOMAINS,
    MIN_READERS,
    PolicyReports,
    are_enough,
)

SHARE = 0.3

counts = st.integers(min_value=0, max_value=2_000)


def reports(readers: int, domains: int, accepted: int) -> PolicyReports:
    """What came back, and of how many."""
    return PolicyReports(readers=readers, domains=domains, accepted=accepted)


def test_a_share_from_several_readers_of_several_domains_is_enough() -> None:
    """One reader, one domain, or a small share of the messages is not."""
    assert are_enough(reports(3, 2, 4), SHARE)
    assert are_enough(reports(400, 9, 1_000), SHARE)
    assert not are_enough(reports(MIN_READERS - 1, 2, 2), SHARE)
    assert not are_enough(reports(400, MIN_DOMAINS - 1, 1_000), SHARE)
    assert not are_enough(reports(300, 9, 1_000), SHARE)


@given(counts, counts, counts)
def test_one_reader_or_one_domain_never_stops_an_issue(
    readers: int, domains: int, accepted: int
) -> None:
    """Whatever the share is."""
    assert not are_enough(reports(1, domains, accepted), SHARE)
    assert not are_enough(reports(readers, 1, accepted), SHARE)
