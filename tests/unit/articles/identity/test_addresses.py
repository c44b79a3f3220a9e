"""What of an address says which page it is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.articles.identity.addresses import address_key, location_key, names_a_page


@pytest.mark.parametrize(
    "spelled",
    [
        "http://example.org/a/story",
        "https://www.example.org/a/story/",
        "https://example.org/a/story/index.html",
        "https://m.example.org/a/story?utm_source=rss",
        "https://example.org/a/story;jsessionid=0A1B2C",
        "https://example.org/a/story?PHPSESSID=77&sid=3",
        "https://example.org/a/story?source=rss",
        "https://example.org/a/story/amp/",
        "https://example.org/a/story#comments",
        "https://example.org/a/story#xtor=RSS-1",
    ],
)
def test_ways_to_a_page_do_not_make_another_page(spelled: str) -> None:
    """Scheme, host prefix, index name, sessions, tracking and page boilerplate do not count."""
    assert address_key(spelled) == "example.org/a/story"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://example.org/notes#2026-03-07", "https://example.org/notes#2026-03-14"),
        ("https://example.org/?p=12", "https://example.org/?p=13"),
        ("https://example.org/a?source=8", "https://example.org/a?source=9"),
        ("https://example.org/A", "https://example.org/a"),
        ("https://example.org:8443/a", "https://example.org/a"),
        ("https://m.example/a", "https://example/a"),
    ],
)
def test_what_names_a_page_counts(one: str, other: str) -> None:
    """A fragment, an article's number, the case of a path and a port tell pages apart."""
    assert address_key(one) != address_key(other)


@given(st.from_regex(r"\Ahttps?://(www\.)?[a-z]{1,6}\.example(/[!-~]{0,20})?\Z"))
def test_a_key_says_all_that_a_second_reading_says(url: str) -> None:
    """The key of an address that is its own key is that key."""
    key = address_key(url)
    assert address_key(f"https://{key}") == key


def test_a_front_page_names_no_story() -> None:
    """Every entry of a careless feed links there."""
    assert not names_a_page(address_key("https://www.example.org/index.html"))
    assert names_a_page(address_key("https://example.org/?p=1"))


def test_a_source_lies_where_it_lies_with_or_without_a_slash() -> None:
    """/feed and /feed/ are one place; a path of the site is one as it is written."""
    assert location_key("https://example.org/feed/") == location_key("http://www.example.org/feed")
    assert location_key("articles/") == location_key("articles")
