"""Habits of feeds that people reported to readers and mailers: each entry is sent once, none is lost."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.factories.story_feeds import NOW, close_sites, feed, item, site_of
from tests.integration.test_stories import drafted, sent, titles
from tests.servers.feeds import FeedServer

HOME = "https://n.example/"
WORDS = ("cod", "eel", "ray")


@pytest.fixture(autouse=True)
def close_databases() -> Iterator[None]:
    """Close what the sites of a test have opened."""
    yield
    close_sites()


def post(title: str, path: str, guid: str = "", *, days: float = -1, text: str = "") -> str:
    """An entry of the site; its guid is its address if none is given."""
    return item(title, link=HOME + path, guid=guid or HOME + path, days=days, text=text)


NEW = post("A new story", "new", days=6)
TEXT = "Ten recipes for a long weekend at home, most of them without an oven or much work."


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        pytest.param(
            [post("A guide", "a", "g1", text="Old tools for the small shops of ten years ago.")],
            [post("Winter gardens", "b", "g1", days=5, text="How to keep lemons alive in the cold.")],
            ["Winter gardens"],
            id="the id of an old entry for another one",
        ),
        pytest.param(
            [post("Cod", "p/1?source=rss-1", "https://m.example/abc"), post("Eel", "p/2?source=rss-1", "https://m.example/def")],
            [NEW, post("Cod", "p/1?source=rss-2", HOME + "p/1"), post("Eel", "p/2?source=rss-2", HOME + "p/2")],
            ["A new story"],
            id="ids that turn into addresses",
        ),
        pytest.param(
            [item("A study of bones", link="https://library.example/doi/1?af=R")],
            [NEW, item("A study of bones", link="https://society.library.example/doi/1?af=R")],
            ["A new story"],
            id="two hosts in turn, and no ids",
        ),
        pytest.param(
            [post("Cod", "c"), post("Eel", "e")],
            [NEW, post("Cod", "c", days=6.9), post("Eel", "e", days=6.9)],
            ["A new story"],
            id="dates that are always today",
        ),
        pytest.param(
            [post("Cod", "c")],
            [NEW, post("Eel", "e", days=-4)],
            ["A new story", "Eel"],
            id="the date of a draft that was published later",
        ),
        pytest.param(
            [post("The magazine", "m", "1", text=TEXT)],
            [NEW, post("The magazine", "m", "2", text=TEXT), post("The magazine", "m", "1", text=TEXT)],
            ["A new story"],
            id="one entry under two ids",
        ),
        pytest.param(
            [post("Our best recipes", "best", "1", text=TEXT)],
            [NEW, post("Our best recipes", "best", "77", days=5, text=TEXT)],
            ["A new story"],
            id="promoted again under another id",
        ),
        pytest.param(
            [post(f"A post about {word}", f"?p={word}", text=f"All about {word} in the sea.") for word in WORDS],
            [NEW, *(post(f"A post about {word}", f"blog/{word}/", text=f"All about {word} in the sea.") for word in WORDS)],
            ["A new story"],
            id="a site that was built anew",
        ),
        pytest.param(
            [post("Goverment falls in Carland", "goverment-falls-81234", text="It has lost a vote.")],
            [NEW, post("Government falls in Carland", "government-falls-81234", days=-0.9, text="It has lost a vote of confidence.")],
            ["A new story"],
            id="address, id, headline, date and text corrected",
        ),
        pytest.param(
            [post("Cod", "c", "null"), post("Eel", "e", "null")],
            [post("Ray", "r", "null", days=5)],
            ["Ray"],
            id="one word as the id of all",
        ),
        pytest.param(
            [item("Cod", link=HOME + "c#xtor=RSS-1")],
            [NEW, item("Cod", link=HOME + "c#xtor=RSS-2")],
            ["A new story"],
            id="a fragment for statistics",
        ),
    ],
)  # fmt: skip
def test_what_the_second_issue_has(
    tmp_path: Path, first: list[str], second: list[str], expected: list[str]
) -> None:
    """The issue after the feed changed has what is new, and only that."""
    with FeedServer() as server:
        site = site_of(tmp_path, f'feed = "{server.put("/a", feed(*first))}"')
        sent(site, drafted(site))
        server.put("/a", feed(*second))
        assert titles(drafted(site, NOW + timedelta(days=7))) == expected


def test_a_release_that_was_withdrawn_and_comes_back_is_in_the_next_issue(tmp_path: Path) -> None:
    """It was published by mistake, with the id and address that the real one has later."""
    older, mistake = post("v6.9", "v6", days=-2), post("v7.0.0", "v7")
    with FeedServer() as server:
        site = site_of(tmp_path, f'feed = "{server.put("/a", feed(mistake, older))}"')
        assert titles(drafted(site)) == ["v6.9", "v7.0.0"]
        server.put("/a", feed(older))
        issue = drafted(site, NOW + timedelta(hours=1))
        assert titles(issue) == ["v6.9"]
        sent(site, issue)
        server.put("/a", feed(post("v7.0.0", "v7", days=5), older))
        assert titles(drafted(site, NOW + timedelta(days=7))) == ["v7.0.0"]
