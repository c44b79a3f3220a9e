"""A new site, and a newsletter that changes its mind, get the theme they ask for."""

from __future__ import annotations

from pathlib import Path

import pytest

from newsletter.errors import ConfigurationError, InputError
from newsletter.pipeline.check import check
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
