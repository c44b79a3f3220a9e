"""A new site has the theme it asks for, and articles for its first issue."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from newsletter.errors import ConfigurationError, InputError
from newsletter.pipeline.check import check
from newsletter.pipeline.draft import draft
from newsletter.pipeline.gather import gather
from newsletter.pipeline.init import init
from newsletter.site.site import open_site
from tests.factories.issues import DUE


def test_theme_is_written_and_used(tmp_path: Path) -> None:
    """`init --theme letter` makes a site whose issues are letters."""
    init(tmp_path / "site", theme="letter", now=DUE)
    site = open_site(tmp_path / "site", {})
    assert site.settings.newsletters["weekly"].theme == "letter"
    assert site.theme("weekly").folders[0].name == "letter"
    site.database.close()


def test_unknown_theme_writes_nothing(tmp_path: Path) -> None:
    """A theme we do not ship is refused before a file is written."""
    with pytest.raises(InputError, match="no theme 'leter'"):
        init(tmp_path / "site", theme="leter", now=DUE)
    assert not (tmp_path / "site").exists()


def test_check_names_the_wrong_theme(tmp_path: Path) -> None:
    """A theme that does not exist is named with its field, by check and by every command that prints."""
    init(tmp_path, now=DUE)
    environment = {"NEWSLETTER__NEWSLETTERS__WEEKLY__THEME": "leter"}
    fields = [problem.field for problem in check(tmp_path, environment, now=DUE)]
    assert "newsletters.weekly.theme" in fields
    site = open_site(tmp_path, environment)
    with pytest.raises(ConfigurationError):
        site.theme("weekly")
    site.database.close()


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2026, 11, 30, 1, 31, tzinfo=UTC),  # a Monday, before the hour of the first issue
        datetime(2026, 11, 30, 6, 59, 59, tzinfo=UTC),
        datetime(2026, 11, 30, 7, 0, tzinfo=UTC),
        datetime(2026, 11, 30, 7, 0, 1, tzinfo=UTC),
        datetime(2026, 11, 30, 9, 0, tzinfo=UTC),
        datetime(2026, 12, 3, 12, 0, tzinfo=UTC),
        datetime(2026, 12, 6, 23, 59, tzinfo=timezone(timedelta(hours=-8))),
    ],
    ids=str,
)
def test_the_first_issue_has_the_sample_articles(tmp_path: Path, moment: datetime) -> None:
    """At whatever hour of the week a site is made, its first draft has all four articles."""
    init(tmp_path / "site", now=moment)
    site = open_site(tmp_path / "site", {})
    gather(site, "weekly", now=moment)
    issue = draft(site, "weekly", now=moment)
    assert len(issue.items) == 4
    site.database.close()
