"""Which entries of a source are known."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.articles.identity.entries import Sighting, match_entries

MOMENT = datetime(2026, 3, 7, 9, 30, tzinfo=UTC)
WEEK = timedelta(days=7)
LINK = "https://example.org/advisories"


def entry(**changes: Any) -> Sighting:
    """An entry with an id, an address, a title and a date of its own."""
    given = {
        "id": "tag:example.org,2026:1",
        "url": "https://example.org/1-mayor-opens-library",
        "title": "Mayor opens the library",
        "published": MOMENT,
        "dated": True,
        "opening": "The mayor has opened the library on the market square.",
    }
    return Sighting(**{**given, **changes})


@pytest.mark.parametrize(
    "changes",
    [
        {"url": "http://www.example.org/1-mayor-opens-library?sid=9"},
        {"url": "https://example.org/1-mayor-opens-the-library", "title": "Mayor opens library"},
        {"id": "tag:example.org,2026:2"},
        {"id": "tag:example.org,2026:2", "url": "https://new.example/stories/1"},
        {"id": "", "url": "https://example.org/a-better-slug"},
        {"title": "Library opened by the mayor"},
        {"id": "", "published": MOMENT + WEEK, "title": "Mayor opens the library (updated)"},
        # A guid that is its link with a number that every edit counts up.
        {"id": "example.org/1-mayor-opens-library#3", "title": "Books for all at last",
         "published": MOMENT + WEEK,
         "opening": "The mayor has opened the library on the market square, on time and in budget."},
        {"id": "2", "title": "Mayor opens the new library", "published": MOMENT + WEEK,
         "opening": "The mayor has opened the library on the market square, on time and in budget."},
        {"id": "2", "url": "https://example.org/again", "published": MOMENT + WEEK,
         "title": "UPDATE 2: Mayor opens the library",
         "opening": "The mayor has opened the library on the market square, on time and in budget."},
        {"id": "2", "url": "https://example.org/again", "published": MOMENT + WEEK,
         "title": "Mayor opens the library [corrected]",
         "opening": "The mayor has opened the library on the market square, on time and in budget."},
        {"id": "2", "url": "https://example.org/again", "published": MOMENT + WEEK,
         "opening": "The mayor has opened the library on the market square, on time and in budget."},
        # A slug with the number of the article, corrected with the headline an hour later.
        {"id": "2", "url": "https://example.org/mayor-opens-librray-81234", "title": "Mayor opens librray",
         "published": MOMENT + timedelta(hours=1), "opening": "Books."},
    ],
)  # fmt: skip
def test_an_entry_is_known_again(changes: dict[str, Any]) -> None:
    """Through a move, a corrected slug or title, a new id, and when it is put out anew."""
    long = "The mayor has opened the library on the market square, on time and in budget."
    known = entry(opening=long) if changes.get("opening") == long else entry()
    if "81234" in changes.get("url", ""):
        known = entry(url="https://example.org/mayor-opens-library-81234")
    if "#" in changes.get("id", ""):
        known = replace(known, id="example.org/1-mayor-opens-library#2")
    assert match_entries([entry(**changes)], [known]) == [0]


@pytest.mark.parametrize(
    ("known", "shown"),
    [
        # An advisory list: one page for all, an id for each.
        ({"url": LINK, "title": "ADV-1: printer flaw"},
         {"url": LINK, "title": "ADV-2: kettle flaw", "id": "2", "published": MOMENT + WEEK,
          "opening": "Kettles may boil over."}),
        # A status page: one page, one title, an id for each.
        ({"url": LINK, "title": "Incident resolved"},
         {"url": LINK, "title": "Incident resolved", "id": "2", "published": MOMENT + WEEK,
          "opening": "Mail was late on Friday."}),
        # One page and one sentence for all, and ids that are its fragments.
        ({"id": "example.org/advisories#1", "url": LINK, "title": "Advisory 1",
          "opening": "A new advisory has been published; see the page for what it is about."},
         {"id": "example.org/advisories#2", "url": LINK, "title": "Advisory 2",
          "published": MOMENT + WEEK,
          "opening": "A new advisory has been published; see the page for what it is about."}),
        # An update with news in it.
        ({},
         {"id": "2", "url": "https://example.org/2", "title": "UPDATED: Mayor opens the library",
          "published": MOMENT + WEEK, "opening": "The roof leaks, and the library has closed again."}),
        # A feed that gives everything one id.
        ({"id": "https://example.org/"},
         {"id": "https://example.org/", "url": "https://example.org/2", "title": "Ferries on strike",
          "published": MOMENT + WEEK, "opening": "No ferry sails on Monday."}),
        # Neither id nor a page of its own: another title, another date.
        ({"id": "", "url": LINK},
         {"id": "", "url": LINK, "title": "Ferries on strike", "published": MOMENT + WEEK,
          "opening": "No ferry sails on Monday."}),
        # A heading that returns.
        ({"title": "Morning briefing"},
         {"id": "2", "url": "https://example.org/2", "title": "Morning briefing",
          "published": MOMENT + WEEK, "opening": "Ferries strike, and a new record."}),
    ],
)  # fmt: skip
def test_a_new_entry_is_new(known: dict[str, Any], shown: dict[str, Any]) -> None:
    """Though it shares an id, a link or a heading with one that is known."""
    assert match_entries([entry(**shown)], [entry(**known)]) == [None]


def test_release_notes_differ_in_their_fragment() -> None:
    """One page, and a fragment for each release."""
    page = "https://example.org/notes"
    known = entry(id="", url=f"{page}#1", title="Release of 7 March")
    shown = [
        entry(id="", url=f"{page}#2", title="Release of 14 March", published=MOMENT + WEEK),
        entry(id="", url=f"{page}#1", title="Release of 7 March"),
    ]
    assert match_entries(shown, [known]) == [None, 0]


def test_one_id_at_several_entries_names_none_of_them() -> None:
    """Their addresses do."""
    one = entry(id="x", url="https://example.org/1", title="One thing")
    two = entry(id="x", url="https://example.org/2", title="Another matter")
    assert match_entries([two, one], [one]) == [None, 0]


def entries() -> st.SearchStrategy[list[Sighting]]:
    """Documents whose entries share what entries can share."""
    one = st.builds(
        entry,
        id=st.sampled_from(["", "1", "2", "3"]),
        url=st.sampled_from(["", LINK, "https://example.org/1", "https://example.org/2"]),
        title=st.sampled_from(["Morning briefing", "Mayor opens library", "Ferries on strike"]),
        published=st.sampled_from([MOMENT, MOMENT + WEEK, MOMENT.replace(hour=0, minute=0)]),
        dated=st.booleans(),
        opening=st.sampled_from(["", "The mayor has opened the library on the square."]),
    )
    return st.lists(one, max_size=6)


@given(entries(), entries(), st.randoms(use_true_random=False))
def test_matching_is_one_to_one_and_has_no_order(
    shown: list[Sighting], known: list[Sighting], chance: random.Random
) -> None:
    """Each known entry is at most one of those shown, however the source orders them."""
    matches = match_entries(shown, known)
    taken = [match for match in matches if match is not None]
    assert len(taken) == len(set(taken))
    order = list(range(len(shown)))
    chance.shuffle(order)
    again = match_entries([shown[place] for place in order], known)
    assert again == [matches[place] for place in order]


@given(st.lists(st.integers(0, 10_000), unique=True, max_size=20))
def test_a_document_is_known_when_it_is_shown_again(numbers: list[int]) -> None:
    """Entries with ids and addresses of their own are themselves, in any number."""
    document = [
        entry(id=f"id {n}", url=f"https://example.org/{n}", title=f"Story {n}") for n in numbers
    ]
    assert match_entries(document, document) == list(range(len(numbers)))
