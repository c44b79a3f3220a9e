"""One story has one address, however its feeds spell it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.articles.urls import absolute_url, canonical_url, is_web_address


@pytest.mark.parametrize(
    ("spelled", "canonical"),
    [
        ("HTTPS://News.Example.ORG/Story", "https://news.example.org/Story"),
        ("http://example.org:80/a", "http://example.org/a"),
        ("https://example.org:443", "https://example.org/"),
        ("https://example.org:8443/a", "https://example.org:8443/a"),
        ("https://example.org/a#comments", "https://example.org/a"),
        ("https://example.org/a?utm_source=x&utm_medium=y", "https://example.org/a"),
        ("https://example.org/a?b=2&fbclid=q&a=1", "https://example.org/a?b=2&a=1"),
        ("https://example.org/a?UTM_Source=x&id=7", "https://example.org/a?id=7"),
        ("https://example.org/a?mc_cid=1&mc_eid=2&gclid=3", "https://example.org/a"),
        ("https://example.org/caf%c3%a9", "https://example.org/caf%C3%A9"),
        ("https://example.org/café", "https://example.org/caf%C3%A9"),
        ("https://example.org/%7Ejane", "https://example.org/~jane"),
        ("https://münchen.example/a", "https://xn--mnchen-3ya.example/a"),
        ("https://user:secret@example.org/a", "https://example.org/a"),
        ("  https://example.org/a b\n", "https://example.org/a%20b"),
        ("http://[2001:DB8::1]:8080/a", "http://[2001:db8::1]:8080/a"),
        ("https://example.org/a/", "https://example.org/a/"),
        ("https://example.org/?", "https://example.org/"),
    ],
)
def test_spellings_meet_in_one_address(spelled: str, canonical: str) -> None:
    """Case, default ports, fragments, tracking, escapes and IDN come to one spelling."""
    assert canonical_url(spelled) == canonical


@pytest.mark.parametrize(
    "text",
    [
        "",
        "story.html",
        "javascript:alert(1)",
        "mailto:desk@example.org",
        "ftp://example.org/a",
        "https://",
        "http://[::1",
        "https://example.org:port/",
        "https://example.org:65536/",
        "https://" + "a" * 3000 + ".example/",
    ],
)
def test_what_is_no_web_address_has_no_canonical_form(text: str) -> None:
    """Other schemes and broken addresses come to nothing, without an error."""
    assert canonical_url(text) == ""
    assert not is_web_address(text)


@given(
    st.text(max_size=40).map(lambda tail: "https://example.org/" + tail)
    | st.from_regex(r"\Ahttps?://[a-zA-Z0-9.\-]{1,12}(:[0-9]{1,4})?(/[!-~]{0,20})?\Z")
    | st.text(max_size=40)
)
def test_canonical_is_idempotent(url: str) -> None:
    """The canonical form of a canonical form is itself."""
    once = canonical_url(url)
    assert canonical_url(once) == once


def test_relative_addresses_resolve_against_their_document() -> None:
    """A feed's relative link becomes absolute; a link that leads nowhere becomes nothing."""
    assert (
        absolute_url("https://example.org/feed/rss.xml", "../a?b=1") == "https://example.org/a?b=1"
    )
    assert (
        absolute_url("https://example.org/", "//cdn.example.org/p.png")
        == "https://cdn.example.org/p.png"
    )
    assert absolute_url("https://example.org/", "javascript:alert(1)") == ""
    assert absolute_url("https://example.org/", "http://[broken") == ""
