from __future__ import annotations

import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.config.source_changing import with_source_changed, without_source
from newsletter.errors import ConfigurationError

TEXT = """\
# Ours.
[newsletters.weekly]  # every week
title = "W"

[[newsletters.weekly.sources]]
feed = "https://user:pass@a.example/feed"  # the first
tags = ["news"]

# Slow, but good.
[[newsletters.weekly.sources]]
page = "https://b.example/"

[[newsletters.other.sources]]
feed = "https://a.example/feed"
"""


def test_only_the_values_of_one_source_change() -> None:
    """Comments, passwords, order and the other newsletter's source of that address stay."""
    after = with_source_changed(
        TEXT, "weekly", "https://a.example/feed", {"name": "A", "tags": None, "paused": True}
    )
    assert after == TEXT.replace('tags = ["news"]\n', 'name = "A"\npaused = true\n')


def test_a_value_that_is_the_same_changes_nothing() -> None:
    """Saving a form that nobody has touched leaves the file as it is."""
    values = {"tags": ["news"], "name": None, "max_items": None}
    assert with_source_changed(TEXT, "weekly", "https://a.example/feed", values) == TEXT


def test_a_source_is_removed_alone() -> None:
    """The others stay, with what was written about them."""
    after = tomllib.loads(without_source(TEXT, "weekly", "https://b.example/"))
    before = tomllib.loads(TEXT)
    del before["newsletters"]["weekly"]["sources"][1]
    assert after == before


@pytest.mark.parametrize(
    "text",
    [
        '[newsletters.weekly]\nsources = [{feed = "https://a.example/feed"}]\n',
        '[[newsletters.weekly.sources]]\nfeed = "https://a.example/feed"\n',
    ],
)
def test_the_last_source_is_removed_and_changed_however_it_is_written(text: str) -> None:
    """As a table of its own or in a list on one line."""
    changed = tomllib.loads(
        with_source_changed(text, "weekly", "https://a.example/feed", {"paused": True})
    )
    assert changed["newsletters"]["weekly"]["sources"][0]["paused"] is True
    gone: Any = tomllib.loads(without_source(text, "weekly", "https://a.example/feed"))
    assert not gone.get("newsletters", {}).get("weekly", {}).get("sources")


@pytest.mark.parametrize(
    ("newsletter", "location"),
    [("weekly", "https://c.example/"), ("none", "https://a.example/feed")],
)
def test_a_source_that_is_not_there_is_said(newsletter: str, location: str) -> None:
    """Somebody may have taken it out of the file in the meantime."""
    with pytest.raises(ConfigurationError, match="not in the settings any more"):
        without_source(TEXT, newsletter, location)


@given(st.text(max_size=30), st.lists(st.text(max_size=10), max_size=3))
def test_any_text_can_be_a_value(name: str, lines: list[str]) -> None:
    """Quotation marks, line ends and other alphabets come back as they were."""
    values = {"name": name.replace("\x7f", ""), "include": lines}
    try:
        after = with_source_changed(TEXT, "weekly", "https://b.example/", values)
    except (ValueError, ConfigurationError):  # control characters that TOML cannot have
        return
    source = tomllib.loads(after)["newsletters"]["weekly"]["sources"][1]
    assert (source["name"], source["include"]) == (values["name"], lines)
