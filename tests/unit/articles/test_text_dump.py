"""A dump of a page gives its article, and nothing of the page's boilerplate."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.articles.tags import make_vocabulary
from newsletter.articles.text_dump import Dump, parse_dump
from tests.effort import at_most

DUMPS = Path(__file__).parents[2] / "data" / "articles" / "textdump"
NOTHING_KNOWN = make_vocabulary([], {})


def summary_of(dump: Dump) -> dict[str, object]:
    """What the expected files state of a dump."""
    return {
        "title": dump.title,
        "deck": dump.deck,
        "paragraphs": len(dump.paragraphs),
        "last": dump.paragraphs[-1] if dump.paragraphs else None,
        "labels": list(dump.labels),
        "unsplit": list(dump.unsplit),
        "author": dump.author,
        "agency": dump.agency,
        "published": dump.published.isoformat() if dump.published else None,
        "url": dump.url,
    }


@pytest.mark.parametrize("path", sorted(DUMPS.glob("*.txt")), ids=lambda path: path.stem)
def test_a_dump_gives_its_article(path: Path) -> None:
    """Title, deck, body, tags, by-line, date and address come out as the file beside says."""
    dump = parse_dump(path.read_text(encoding="utf-8"), vocabulary=NOTHING_KNOWN)
    assert summary_of(dump) == json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))


WORDS = st.sampled_from(
    [
        *("bridge", "council", "ferry", "harbour", "money", "water", "morning", "slowly", "opened"),
        *("newsletter", "comments", "subscribe", "tags", "reviews", "jobs", "follow", "author"),
    ]
)
PROSE = st.lists(WORDS, min_size=14, max_size=30).map(
    lambda words: f"The {' '.join(words)} and that was that."
)
ENDS = st.sampled_from(
    [
        "Comments",
        "12 Comments",
        "Most Popular Reviews",
        "Latest News Articles",
        "Don’t have an account? Sign up here",
        "Keep up with the latest news by subscribing to the Example newsletter.",
        "Tags harbour, ferry",
        "Follow us",
    ]
)


@given(st.lists(PROSE, min_size=2, max_size=6), ENDS, st.lists(PROSE, max_size=1))
def test_no_paragraph_before_the_boilerplate_is_lost(
    paragraphs: list[str], end: str, beyond: list[str]
) -> None:
    """Every paragraph above the boilerplate is in the body, in order, and none below it is."""
    text = "\n\n".join(["Bridge opens", "It was late", *paragraphs, end, "Comments", *beyond])
    dump = parse_dump(text, vocabulary=NOTHING_KNOWN)
    assert (dump.title, dump.deck) == ("Bridge opens", "It was late")
    assert list(dump.paragraphs) == paragraphs


@given(st.text(max_size=300) | st.lists(PROSE | ENDS | st.text(max_size=30)).map("\n".join))
def test_any_text_can_be_read(text: str) -> None:
    """No text makes it fail, and a text with something in it has a title."""
    dump = parse_dump(text, vocabulary=NOTHING_KNOWN)
    assert bool(dump.title) or not any(letter.isalnum() for letter in text)


def test_a_subheading_that_reads_like_boilerplate_stays() -> None:
    """ "Resources" between paragraphs is the article's; among other boilerplate it is the page's."""
    prose = ["The council counted its money twice and found the same sum both times, it said."] * 3
    inside = "\n\n".join(["Money", "It is there", prose[0], "Resources", *prose[1:]])
    below = "\n\n".join(["Money", "It is there", *prose, "Resources", "Latest Jobs", "Clerk"])
    assert len(parse_dump(inside, vocabulary=NOTHING_KNOWN).paragraphs) == 4
    assert len(parse_dump(below, vocabulary=NOTHING_KNOWN).paragraphs) == 3


def test_title_and_deck_in_one_block_are_two() -> None:
    """A line break alone separates the title from the deck, however long they are."""
    text = (
        "Harbour bridge reopens after eleven weeks of repairs\n"
        "Ferries keep their extra trips until the end of the month\n\n"
        "The harbour bridge reopened to traffic on Monday morning, eleven weeks after it closed."
    )
    dump = parse_dump(text, vocabulary=NOTHING_KNOWN)
    assert dump.title == "Harbour bridge reopens after eleven weeks of repairs"
    assert dump.deck == "Ferries keep their extra trips until the end of the month"


def test_an_article_without_deck_keeps_its_first_paragraph() -> None:
    """A first paragraph is not a deck, though it stands second."""
    prose = [
        "The harbour bridge reopened to traffic on Monday morning, eleven weeks after it closed.",
        "The first bus crossed at ten past five, with nobody in it but the mayor and her dog.",
    ]
    dump = parse_dump("\n\n".join(["Bridge opens", *prose]), vocabulary=NOTHING_KNOWN)
    assert (dump.deck, list(dump.paragraphs)) == ("", prose)


def test_known_tags_of_the_site_split_a_run() -> None:
    """The site's own labels decide where a run is cut."""
    prose = ["The harbour bridge reopened to traffic on Monday, eleven weeks after it closed."] * 2
    text = "\n\n".join(["Bridge opens", "Late", *prose, "Tags zorkmidsquidditcharbour life"])
    known = make_vocabulary(["zorkmids", "quidditch", "arbour-life"], {})
    assert parse_dump(text, vocabulary=known).labels == ("zorkmids", "quidditch", "arbour life")


def test_a_hostile_dump_ends_in_time() -> None:
    """A thousand lines that each might be a date and a name are given up, not pondered."""
    text = "\n".join(f"{n} Jane May 2026 Doe | {n} news" for n in range(20_000))
    with at_most(3_000):
        parse_dump(text, vocabulary=NOTHING_KNOWN)


@pytest.mark.parametrize(
    ("line", "author"),
    [
        ("Ann Example | Sep. 21, 2026, 3:17 PM | 1,209 | 5", "Ann Example"),
        ("By Ann Example2026-01-26 21:32:46 UTC", "Ann Example"),
        ("Ann Example, EXAMPLE TODAY 8:42 a.m. EDT October 3, 2026", "Ann Example"),
        ("Example Post | 04.05.2026 à 13h36 | Par Ann Example (avec Ben Sample)", "Ann Example"),
        ("By Ann Example Tuesday, June 26, 2026", "Ann Example"),
        ("Par ANN BRETTON, BEN EXAMPLE", "Ann Bretton, Ben Example"),
        ("By Ann S.A. Example and Ben Sample, AP", "Ann S.A. Example, Ben Sample"),
    ],
)
def test_a_name_beside_times_and_counts(line: str, author: str) -> None:
    """Dates, clock times, readers' counts and the site's name are not part of a name."""
    body = "\n\n".join(
        ["The council has said that the harbour opens again in the spring of the year."] * 3
    )
    text = f"Council opens the harbour again\n{line}\n\n{body}"
    assert parse_dump(text, vocabulary=make_vocabulary([], {})).author == author


def test_a_title_above_its_deck_below_a_menu() -> None:
    """Of the lines above the by-line, the title is the first that is on the subject."""
    menu = "\n".join(
        ["Home", "News", "Sports", "Weather today", "Opinion", "Subscribe", "Log in"] * 3
    )
    body = "\n\n".join(
        [
            "The council said that the harbour bridge opens to waiting boats in the spring of this year."
        ]
        * 4
    )
    text = (
        f"{menu}\nCouncil opens harbour bridge\nThe bridge waits for boats since spring, says the council\n"
        f"Topics: harbour, bridge, council, boats, spring\nBy Ann Example\nMarch 3, 2026, 5:00 PM EST\n\n{body}"
    )
    dump = parse_dump(text, vocabulary=make_vocabulary([], {}))
    assert (dump.title, dump.author) == ("Council opens harbour bridge", "Ann Example")
