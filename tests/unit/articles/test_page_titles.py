"""A title does not repeat the name of its site."""

from __future__ import annotations

import pytest

from newsletter.articles.page_titles import title_without_site


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Bridge opens | Example Times", "Bridge opens"),
        ("Bridge opens - Example Times", "Bridge opens"),
        ("Bridge opens – The Example Times", "Bridge opens"),
        ("Bridge opens · ExampleTimes.com", "Bridge opens"),
        ("Bridge opens - times.example", "Bridge opens"),
        ("Example Times | Bridge opens", "Bridge opens"),
        ("Example Times: Bridge opens", "Bridge opens"),
        ("Bridge opens - Late - Daily", "Bridge opens"),
        ("Bridge opens | example times | EXAMPLE TIMES", "Bridge opens"),
        ("Bridge opens [Example Times]", "Bridge opens [Example Times]"),
        ("Bridge opens - again", "Bridge opens - again"),
        ("Example Times", "Example Times"),
        ("A day at the Example Times", "A day at the Example Times"),
        ("Bridge-Example Times", "Bridge-Example Times"),
        ("", ""),
    ],
)
def test_a_site_is_cut_off(title: str, expected: str) -> None:
    """A part before or after a separator that is a name of the site goes, and nothing else."""
    sites = ("Example Times", "times.example", "Late - Daily", "")
    assert title_without_site(title, sites=sites) == expected


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Bridge opens | Some Paper", "Bridge opens"),
        ("Bridge opens: what now", "Bridge opens: what now"),
        ("Bridge opens again", "Bridge opens again"),
    ],
)
def test_the_page_s_own_headline_shows_a_standing_suffix(title: str, expected: str) -> None:
    """What follows the headline after a separator is the site's, unless it is a colon."""
    assert title_without_site(title, sites=(), heading="Bridge opens") == expected
