"""Lists of feeds from feed readers are read, and what we write is read again."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.articles.opml import OpmlFeed, parse_opml, write_opml
from newsletter.articles.sanitize import one_line

DATA = Path(__file__).parents[2] / "data" / "articles" / "opml"
NOW = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)
# XML has no control characters, and attributes no line ends.
WORDS = st.text(
    st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=9
).filter(lambda word: one_line(word) == word)


@pytest.mark.parametrize(
    ("name", "feeds"),
    [
        (
            "feedly",
            [
                ("https://locks.example/feed", "Locks & Keys", ("Security",)),
                ("http://passes.example/rss.xml", "Passes", ("Security",)),
                ("https://locks.example/feed", "Locks & Keys", ("News",)),
            ],
        ),
        (
            "inoreader",
            [
                ("https://tools.example/atom.xml?a=1&b=2", "Tools", ("Tech",)),
                ("https://alone.example/rss", "Alone", ()),
            ],
        ),
        (
            "netnewswire",
            [
                ("https://serifs.example/feed.json", "Serifs", ("Design", "Type")),
                ("feed://loose.example/rss", "Loose", ()),
            ],
        ),
        ("thunderbird", [("https://sails.example/feed/", "Sails", ("Boats",))]),
    ],
)
def test_the_export_of_a_feed_reader_is_read(
    name: str, feeds: list[tuple[str, str, tuple[str, ...]]]
) -> None:
    """Addresses, titles, and the folders around each feed as its tags."""
    document = parse_opml((DATA / f"{name}.opml").read_bytes())
    assert [(feed.url, feed.title, feed.tags) for feed in document.feeds] == feeds
    assert document.problem == ""


@given(
    st.lists(
        st.builds(
            OpmlFeed,
            url=st.integers(0, 10_000).map(lambda n: f"https://example.org/{n}?a&b"),
            title=WORDS,
            tags=st.lists(
                WORDS.filter(lambda word: "," not in word and "/" not in word), unique=True
            ).map(tuple),
        )
    )
)
def test_what_is_written_is_read_again(feeds: list[OpmlFeed]) -> None:
    """Addresses, titles and tags come back as they were."""
    assert parse_opml(write_opml("Ours", feeds, now=NOW).encode()).feeds == tuple(feeds)


@pytest.mark.parametrize(
    ("outline", "feed"),
    [
        ('<outline xmlurl="https://a.example/"/>', OpmlFeed(url="https://a.example/")),
        ('<outline type="rss" url="https://a.example/"/>', OpmlFeed(url="https://a.example/")),
        ('<outline type="rss" text="None"/>', OpmlFeed(url="", title="None")),
        (
            '<outline text="A" xmlUrl="https://a.example/" category="/Tech/Web,news"/>',
            OpmlFeed(url="https://a.example/", title="A", tags=("Tech/Web", "news")),
        ),
        (
            '<outline type="rss" title="F"><outline title="A" xmlUrl="https://a.example/"/></outline>',
            OpmlFeed(url="https://a.example/", title="A", tags=("F",)),
        ),
        (
            '<outline text="A & B" xmlUrl="https://a.example/?a=1&b=2"/>',
            OpmlFeed(url="https://a.example/?a=1&b=2", title="A & B"),
        ),
    ],
)
def test_outlines_that_are_not_quite_right_are_read(outline: str, feed: OpmlFeed) -> None:
    """Attributes in other cases, other names, folders that call themselves feeds, bare ampersands."""
    body = f"<opml version='2.0'><body>{outline}</body></opml>".encode()
    assert parse_opml(body).feeds == (feed,)


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"", "not an OPML file"),
        (b"not XML", "not an OPML file"),
        (b"<rss version='2.0'/>", "first element is not opml"),
        (b"<", "not an OPML file"),
        (b"<!DOCTYPE opml [<!ENTITY a 'aaa'>]><opml><body/></opml>", "entities"),
        (
            "<!DOCTYPE opml [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><opml/>".encode("utf-16"),
            "entities",
        ),
    ],
)
def test_what_is_not_opml_is_told(body: bytes, problem: str) -> None:
    """Nothing is raised, nothing is expanded."""
    assert problem in parse_opml(body).problem


def test_folders_without_end_do_no_harm() -> None:
    """Thousands of folders within each other are read as far as fifty."""
    deep = b"<outline text='f'>" * 100_000
    inside = b"<outline xmlUrl='https://a.example/'/>"
    assert parse_opml(b"<opml><body>" + inside + deep + inside).feeds[0].url == "https://a.example/"


@given(st.binary(max_size=200))
def test_any_bytes_are_answered(body: bytes) -> None:
    """No bytes raise."""
    parse_opml(body)
    parse_opml(b"<opml><body>" + body)
