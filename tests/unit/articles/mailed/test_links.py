"""Which links may be opened, and which addresses name somebody."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.articles.mailed.links import (
    forms_of,
    is_front_page,
    is_opaque,
    is_personal,
    tokens_of,
    without_personal,
)
from newsletter.articles.mailed.opening import may_be_a_story, ways_to_leave


@pytest.mark.parametrize(
    "link",
    [
        "https://site.example/2026/03/08/a-new-law-of-2026-passes/",
        "https://site.example/watch?v=dQw4w9WgXcQ",
        "https://site.example/article.php?id=123456",
        "https://site.example/news/8f3a9c0d1e2b",
        "https://site.example/@ann/a-story-of-maps-3f2a9c0d1e2b",
        "https://site.example/search?q=bridge+opening&page=2",
        "https://site.example/p/the-end-of-maps?utm_source=mail&mc_eid=8f3a9c0d1e",
        "https://site.example/story?title=a-new-bridge-opens-in-2026",
        "https://site.example/content/4/26210.html",
        "https://github.com/a/b/commit/8f3a9c0d1e2b4f5a6c7d8e9f8f3a9c0d1e2b4f5a",
        "https://docs.google.com/document/d/1AbCdEfGhIjKlMnOpQrStUvWxYz0123456789AbCdEfG/edit",
        "https://arxiv.org/abs/2603.01234",
        "https://open.spotify.com/episode/4rOoJ6Egrf8K2IrywzwOMk",
        "https://site.example/content/0b5f3a9c-0d1e-4b4f-9a6c-7d8e9f0a1b2c",
    ],
)
def test_addresses_of_pages(link: str) -> None:
    """Addresses that everybody has are not personal; parameters of trackers go anyway."""
    assert not is_personal(link)


@pytest.mark.parametrize(
    "link",
    [
        "https://site.example/a?e=8f3a9c0d1e",
        "https://site.example/a?token=eyJ1c2VyIjoxMjM0NX0",
        "https://site.example/a?x=eyJ1c2VyIjoxMjM0NX0abc123",
        "https://site.example/a?email=jo%40example.org",
        "https://site.example/u/jo@example.org",
        "https://site.example/u/jo%2540example.org",
        "https://site.example/a?contact=0b5f3a9c-0d1e-4b4f-9a6c-7d8e9f0a1b2c",
        "https://click.mailer.example/CL0/0100018f2a3b4c5d6e7f8a9b0c1d2e3f4a5b6c7d8e9f0a1b",
        "https://site.example/a?subscriber_id=12345",
        "https://site.example/a?subscriber=12345",
        "https://site.example/r/aW4rd2Vla2x5QG5ld3MuZXhhbXBsZS5vcmc=",
        "https://site.example/r/eGluK3dlZWtseUBuZXdzLmV4YW1wbGUub3JneQ",
        "https://site.example/x/eyJ1c2VyIjoxMjM0NX0/a",
        "https://site.example/a?ck_subscriber_id=999",
        "https://site.example/a#k=8f3a9c0d1e2b4f5a6c7d",
    ],
)
def test_addresses_that_name_somebody(link: str) -> None:
    """Tokens, numbers of subscribers and addresses of mail, however they are written."""
    assert is_personal(link)


@pytest.mark.parametrize(
    "link",
    [
        "https://mailer.example/unsubscribe?u=1",
        "https://mailer.example/r?to=https%3A%2F%2Fx.example%2Fopt-out",
        "https://mailer.example/manage/preferences/8f3a",
        "https://mailer.example/confirm/8f3a",
        "https://site.example/abmelden",
        "https://twitter.com/intent/tweet?text=x",
        "https://www.facebook.com/sharer/sharer.php?u=x",
        "https://www.instagram.com/thedaily/",
        "https://x.com/thedaily",
        "mailto:ann@example.org",
        "javascript:alert(1)",
        "#top",
        "",
    ],
)
def test_links_that_are_never_opened(link: str) -> None:
    """A link that may change a subscription, shares, or is not of the web."""
    assert not may_be_a_story(link)


def test_the_way_to_leave_is_never_opened() -> None:
    """However the header's address looks."""
    link = "https://mailer.example/x/1"
    assert may_be_a_story(link)
    assert not may_be_a_story(link, ways_to_leave([link]))


def test_what_names_somebody_is_taken_off() -> None:
    """The rest of the address stays."""
    link = "https://site.example/a?id=7&token=eyJ1c2VyIjoxMjM0NX0&page=2#k=8f3a9c0d1e2b4f5a6c7d"
    assert without_personal(link) == "https://site.example/a?id=7&page=2"


@given(
    st.lists(
        st.tuples(st.from_regex(r"[a-z]{1,8}", fullmatch=True), st.text(max_size=40)), max_size=5
    )
)
def test_an_address_without_it_is_not_personal(pairs: list[tuple[str, str]]) -> None:
    """Taking off what names somebody leaves nothing in the parameters that does."""
    from urllib.parse import urlencode

    bare = without_personal(f"https://site.example/a?{urlencode(pairs)}")
    assert not is_personal(bare)
    assert without_personal(bare) == bare


def test_front_pages() -> None:
    """A site is not a story."""
    assert is_front_page("https://site.example/")
    assert is_front_page("https://site.example?utm_source=mail")
    assert not is_front_page("https://site.example/?p=7")
    assert is_front_page("https://site.example/?source=mail")


def test_what_is_known_to_be_ours_is_personal() -> None:
    """The identifiers in the mail's ways to leave, and sums of our address."""
    ours = tokens_of(["https://m.example/bye/a1b2c3d4e5?n=123456&edition=2"])
    assert is_personal("https://site.example/story/A1B2C3D4E5", ours)
    assert is_personal("https://site.example/story?x=123456", ours)
    assert not is_personal("https://site.example/bye/2", ours)
    assert without_personal("https://site.example/story?x=123456&page=2", ours).endswith("?page=2")
    known = forms_of("Ann@example.org")
    assert all(is_personal(f"https://site.example/s/{form}", known) for form in known)


def test_addresses_that_say_nothing_of_their_page() -> None:
    """They may be a tracker's; titles, numbers and places of public identifiers are not."""
    assert is_opaque("https://t.example/c/a1b2c3d4e5")
    assert is_opaque("https://t.example/c?x=a1b2c3d4e5")
    assert not is_opaque("https://site.example/@ann/a-story-of-maps-3f2a9c0d1e2b")
    assert not is_opaque("https://site.example/content/4/26210.html")
    assert not is_opaque("https://www.youtube.com/watch?v=dQw4w9WgXcQ")
