"""A source outlives its address."""

from __future__ import annotations

from newsletter.articles.identity.sources import Configured, resolve

KNOWN = {"example.org/feed": 1, "example.net/rss": 2}


def found(*configured: Configured, names: dict[str, int] | None = None) -> list[int | None]:
    """The known sources that these are."""
    return resolve(configured, KNOWN, names or {})


def test_a_place_decides() -> None:
    """Another scheme or a slash is the same place; a new place is a new source."""
    assert found(
        Configured(location="http://example.org/feed/"),
        Configured(location="https://example.org/other"),
    ) == [1, None]


def test_a_name_outlives_a_move() -> None:
    """A source that newsletter.toml still calls by its name is itself at its new address."""
    moved = Configured(location="https://new.example/feed", name="Example")
    assert found(moved, names={"Example": 1}) == [1]


def test_two_feeds_of_one_name_stay_two() -> None:
    """Readers may see several feeds of a publisher under one name."""
    politics = Configured(location="https://new.example/politics", name="Example")
    sports = Configured(location="https://new.example/sports", name="Example")
    assert found(politics, sports, names={"Example": 1}) == [None, None]
    first = Configured(location="https://example.org/feed", name="Example")
    assert (
        found(first, Configured(location="https://new.example/x"), names={"Example": 1})[1] is None
    )


def test_a_name_does_not_take_a_source_that_has_its_place() -> None:
    """A source that stands at its old place under a new name is not given away."""
    stays = Configured(location="https://example.org/feed", name="New name")
    newcomer = Configured(location="https://new.example/feed", name="Example")
    assert found(stays, newcomer, names={"Example": 1}) == [1, None]
