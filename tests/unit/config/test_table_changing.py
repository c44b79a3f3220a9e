"""Values of one table of newsletter.toml are changed, and nothing else is."""

from __future__ import annotations

import tomllib
from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.config.table_changing import with_values
from newsletter.errors import ConfigurationError

FILE = """\
# A site of ours.
[site]
url = "https://news.example.org"   # public

# Who takes our mail.
[[relays]]
name = "main"

[newsletters.weekly]
title = "The Weekly"               # as in print
schedule = "0 7 * * mon"
theme = "brick"

[[newsletters.weekly.sections]]
title = "Security"

# About sources.
[[newsletters.weekly.sources]]
feed = "https://a.example/feed"
"""

WEEKLY = ("newsletters", "weekly")


def test_a_value_is_changed_added_and_taken_out_where_it_belongs() -> None:
    """Every comment and every other line is as it was."""
    values = {"schedule": "0 8 * * tue", "holidays": [date(2026, 12, 25)], "theme": None}
    assert with_values(FILE, WEEKLY, values) == FILE.replace(
        'schedule = "0 7 * * mon"\ntheme = "brick"\n',
        'schedule = "0 8 * * tue"\nholidays = [2026-12-25]\n',
    )


def test_a_new_key_comes_before_what_is_said_of_the_next_table() -> None:
    """The comment about relays stays with them."""
    changed = with_values(FILE, ("site",), {"language": "de"})
    assert 'public\nlanguage = "de"\n\n# Who takes our mail.\n[[relays]]' in changed


def test_a_table_that_is_not_there_is_made() -> None:
    """At the end of the file."""
    changed = with_values(FILE, ("operators",), {"mail": ["ed@example.org"]})
    assert changed == FILE + '\n[operators]\nmail = ["ed@example.org"]\n'


@pytest.mark.parametrize(
    "text",
    [
        'newsletters = {weekly = {title = "T", schedule = "x"}}\n',
        'newsletters.weekly.title = "T"\nnewsletters.weekly.schedule = "x"\n',
        '[newsletters]\nweekly.title = "T"\nweekly.schedule = "x"\n[newsletters.other]\na = 1\n',
        '[newsletters.weekly]\ntitle = "T"\n[other]\na = 1\n[newsletters.weekly.more]\nb = 1\n',
    ],
)
def test_every_way_to_write_a_table_is_changed_or_refused(text: str) -> None:
    """Never half: what is read from the new text is what was meant."""
    expected = tomllib.loads(text)
    expected["newsletters"]["weekly"]["title"] = "New"
    expected["newsletters"]["weekly"]["palette"] = "dusk"
    with suppress(ConfigurationError):
        changed = with_values(text, WEEKLY, {"title": "New", "palette": "dusk"})
        assert tomllib.loads(changed) == expected


def test_what_is_not_a_table_is_refused() -> None:
    """Another value stands where the table would be."""
    with pytest.raises(ConfigurationError, match="cannot be changed here"):
        with_values('newsletters = "none"\n', WEEKLY, {"title": "New"})


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=40))
def test_any_text_comes_back_as_it_was_typed(title: str) -> None:
    """Quotes, lines and signs of every script are written as TOML writes them."""
    changed = with_values(FILE, WEEKLY, {"title": title})
    assert tomllib.loads(changed)["newsletters"]["weekly"]["title"] == title
