"""The balance of stories over weeks of feeds with every habit there is."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.factories.story_year import HABITS, simulate, year_site
from tests.sampling import sampled


@pytest.mark.sampled
def test_every_visible_story_is_in_one_issue_or_left_out_with_a_reason(tmp_path: Path) -> None:
    """Ids and addresses change, feeds move, die and repeat each other: none is twice, none lost."""
    feeds = sampled(whole=40, sample=len(HABITS))
    site = year_site(tmp_path, feeds)
    balance = simulate(site, weeks=sampled(whole=52, sample=6), feeds=feeds)
    site.database.close()
    assert (balance.twice, balance.lost) == ([], [])
    assert balance.stories == balance.carried + balance.left_out > 200
