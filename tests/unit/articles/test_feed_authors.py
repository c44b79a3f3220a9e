"""By-lines hold names, not addresses, mark-up, or the names of nobody."""

from __future__ import annotations

import pytest

from newsletter.articles.feed_authors import author_name, author_names


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("ann@site.online (Ann Example)", "Ann Example"),
        ("Ann Example (ann@site.example)", "Ann Example"),
        ("Ann Example <ann@site.example>", "Ann Example"),
        ("Ann Example ann@site.example", "Ann Example"),
        ("noreply@blogger.com (Ann Example)", "Ann Example"),
        ("noreply@blogger.com (Unknown)", ""),
        ("mailto:ann@site.example", ""),
        ("ann@site.example", ""),
        ("https://site.example/ann", ""),
        ("<a href='/ann'>Ann Example</a>", "Ann Example"),
        ("<nology>", "nology"),
        ("Smith &amp; Sons (Ltd)", "Smith & Sons (Ltd)"),
        ("@jack", "@jack"),
        ("Jane Doe (@jane)", "Jane Doe (@jane)"),
        ("John (Johnny) Doe", "John (Johnny) Doe"),
        ("Unknown", ""),
        ("admin", ""),
        ("N/A", ""),
        ("(none)", ""),
        ("", ""),
    ],
)
def test_the_name_is_found(text: str, name: str) -> None:
    """Before, behind, and in the brackets of an address."""
    assert author_name(text) == name


def test_several_authors_are_named_once() -> None:
    """In the order of the feed."""
    assert (
        author_names(["Ann Example", "Bob Example", "ann example", "admin"])
        == "Ann Example, Bob Example"
    )
