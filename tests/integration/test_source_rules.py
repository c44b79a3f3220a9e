"""Filters and limits of sources and sections, with the reason in `show`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from newsletter.issues.wording import left_out_text
from newsletter.pipeline.draft import draft
from newsletter.pipeline.gather import gather
from tests.factories.site import make_site
from tests.factories.story_feeds import DAY, NOW, feed, item
from tests.servers.feeds import FeedServer


@pytest.fixture
def server() -> Iterator[FeedServer]:
    """A web server on loopback."""
    with FeedServer() as running:
        yield running


def reasons(
    folder: Path, server: FeedServer, source: str = "", section: str = ""
) -> dict[str, str]:
    """Why the stories of a feed are in or out, where source and section have these lines."""
    entries = (
        item("Football final is sold out", guid="1", days=-1),
        item("Harbour bridge opens", guid="2", days=-2),
        item("Ferry timetable changes", guid="3", days=-3),
        item("Old mill is sold", guid="4", days=-5),
    )
    url = server.put("/rss", feed(*entries))
    tables = (
        '[fetch]\nallow_private = ["127.0.0.1"]\n\n'
        f'[[newsletters.weekly.sections]]\ntitle = "All"\nmax_items = 9\n{section}\n'
        f'[[newsletters.weekly.sources]]\nfeed = "{url}"\n{source}\n'
    )
    site = make_site(folder, now=NOW - 9 * DAY, tables=tables, min_items=1)
    gather(site, "weekly", now=NOW)
    issue = draft(site, "weekly", now=NOW)
    return {shown.title: "in" for shown in issue.items} | {
        o.title: left_out_text(o) for o in issue.left_out
    }


def test_a_source_without_rules_gives_all(tmp_path: Path, server: FeedServer) -> None:
    """What is said below is due to the rules."""
    assert set(reasons(tmp_path, server).values()) == {"in"}


@pytest.mark.parametrize(
    ("rule", "title", "reason"),
    [
        (
            'exclude = ["football", "/^old /"]',
            "Old mill is sold",
            "excluded by the filter of Site News: '/^old /'",
        ),
        (
            'include = ["bridge"]',
            "Ferry timetable changes",
            "not included by the filter of Site News: 'bridge'",
        ),
        ("max_items = 2", "Ferry timetable changes", "did not fit in Site News (2)"),
        ('max_age = "4d"', "Old mill is sold", "published 2026-03-03, too old for Site News"),
    ],
)
def test_a_source_s_rule_is_the_reason(
    tmp_path: Path, server: FeedServer, rule: str, title: str, reason: str
) -> None:
    """What a filter or limit of a source keeps out is left out, and says so."""
    found = reasons(tmp_path, server, source=rule)
    assert found[title] == reason
    assert found["Harbour bridge opens"] == "in"


def test_a_section_s_rule_is_the_reason(tmp_path: Path, server: FeedServer) -> None:
    """A section takes nothing that its filter keeps out."""
    found = reasons(tmp_path, server, section='exclude = ["football"]')
    assert found["Football final is sold out"] == "excluded by the filter of All: 'football'"
    assert found["Harbour bridge opens"] == "in"
