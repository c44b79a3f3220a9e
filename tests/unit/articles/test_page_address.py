"""The address that a page states for itself counts where it can be believed."""

from __future__ import annotations

import pytest

from newsletter.articles.page_address import stated_address


@pytest.mark.parametrize(
    ("url", "stated", "expected"),
    [
        ("https://a.example.org/x/y", "https://a.example.org/x/z", "https://a.example.org/x/z"),
        (
            "https://amp.example.org/x/y",
            "https://www.example.org/x/y",
            "https://www.example.org/x/y",
        ),
        ("https://a.example.co.uk/x", "https://b.example.co.uk/x", "https://b.example.co.uk/x"),
        ("https://a.example.co.uk/x", "https://b.other.co.uk/x", "https://a.example.co.uk/x"),
        ("https://a.example.org/x/amp/", "https://a.example.org/x/", "https://a.example.org/x/"),
        ("https://a.example.org/x/y/2", "https://a.example.org/x/y", "https://a.example.org/x/y"),
        (
            "https://a.example.org/news/bridge-opens",
            "https://a.example.org/news/",
            "https://a.example.org/news/bridge-opens",
        ),
        ("https://a.example.org/x", "https://a.example.org/", "https://a.example.org/x"),
        ("https://a.example.org/x", "https://a.example.org/?p=7", "https://a.example.org/?p=7"),
        (
            "https://a-example-org.cdn.ampproject.org/c/s/a.example.org/x",
            "https://a.example.org/x",
            "https://a.example.org/x",
        ),
        ("http://a.example.org/x", "https://a.example.org/x", "https://a.example.org/x"),
        ("https://a.example.org/x", "javascript:void(0)", "https://a.example.org/x"),
        ("", "https://a.example.org/x", "https://a.example.org/x"),
        ("", "", ""),
        ("http://127.0.0.1:8080/x/y", "http://127.0.0.1:8080/x/z", "http://127.0.0.1:8080/x/z"),
    ],
)
def test_an_address_is_believed_within_its_site(url: str, stated: str, expected: str) -> None:
    """Not a front page, not a section, not another site; a copy gives way to its original."""
    assert stated_address(url, [stated]) == expected
