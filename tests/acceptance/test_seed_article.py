"""The article this project began with, as a text dump, comes out whole and clean."""

from __future__ import annotations

import os
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.conftest import SiteMaker
from tests.acceptance.site import NOW

SEED = Path(__file__).parents[1] / "data" / "articles" / "textdump" / "good-gear-guide.txt"


@pytest.fixture(scope="module")
def item(new_site: SiteMaker) -> Any:
    """The seed's item in `show --json`."""
    command = new_site()
    seed = command.folder / "saved" / "seed.txt"
    shutil.copyfile(SEED, seed)
    toml = command.folder / "newsletter.toml"
    head = toml.read_text(encoding="utf-8").split("[[newsletters.weekly.sources]]")[0]
    toml.write_text(
        head.replace('approval = "hold"', 'approval = "hold"\nmin_items = 1')
        + '[[newsletters.weekly.sources]]\ntextdump = "saved/seed.txt"\n',
        encoding="utf-8",
    )
    moment = datetime(2026, 3, 3, 12, tzinfo=UTC).timestamp()
    os.utime(seed, (moment, moment))
    command.done("gather", now=NOW)
    command.done("draft", "weekly", now=NOW)
    [only] = command.done("show", "weekly", "--json").document["items"]
    return only


def test_title_and_deck(item: Any) -> None:
    """The first line is the title, the second the summary."""
    assert item["title"] == "China calls for cooperation rather than war in cyberspace"
    assert item["summary"] == (
        "China's foreign minister denied claims that the country supported cyberattacks"
    )


def test_six_paragraphs(item: Any) -> None:
    """The body has its six paragraphs and nothing else."""
    paragraphs = [text for text in item["body_text"].split("\n") if text.strip()]
    assert len(paragraphs) == 6
    assert paragraphs[0].startswith("China's foreign minster on Saturday")
    assert paragraphs[-1].endswith("stealing data from foreign companies.")


def test_author_and_agency(item: Any) -> None:
    """By-line and agency after the body are read."""
    assert item["author"] == "Michael Kan"
    assert item["agency"] == "IDG News Service"


def test_glued_tags(item: Any) -> None:
    """The glued tag line comes apart into five tags."""
    labels = {label.lower() for label in item["tags"]}
    assert labels == {"intrusion", "security", "data breach", "mandiant", "government"}


@pytest.mark.parametrize(
    "boilerplate",
    ["Tags", "Comments", "newsletter", "Most Popular", "STYLISTIC", "Latest Jobs", "Sign up"],
)
def test_no_boilerplate(item: Any, boilerplate: str) -> None:
    """Nothing of the page around the article has come in."""
    assert boilerplate not in item["body_text"] + item["summary"] + item["title"]
