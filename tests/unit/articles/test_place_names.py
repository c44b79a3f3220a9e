"""The names of places by which glued tags are cut."""

from __future__ import annotations

import pytest

from newsletter.articles.place_names import place_names


@pytest.mark.parametrize(
    ("language", "known"),
    [
        ("en", {"South Korea", "New York", "Berlin"}),
        ("de", {"Südkorea", "Mexiko-Stadt", "New York"}),
        ("zh", {"美国", "东京"}),
    ],
)
def test_countries_and_cities_in_the_language(language: str, known: set[str]) -> None:
    """Names are those of the article's language; none is so short that other words have it."""
    names = place_names(language)
    assert known <= names
    assert all(len(name) > 3 or name > "\u3040" for name in names)


def test_an_unknown_language_has_no_names() -> None:
    """The words of the article are then all that is known."""
    assert place_names("xx") == place_names("no such language") == frozenset()
