"""The picture of an article is a picture of its story, or there is none."""

from __future__ import annotations

import pytest

from newsletter.articles.pictures import Candidate, choose, pictures_in, unfit
from newsletter.articles.provenance import Unfit, explained
from tests.effort import at_most

BASE = "https://site.example/2026/post/"


def chosen(html: str) -> str:
    """The address of the picture that is chosen from the HTML; "" for none."""
    image, _source, _spare = choose(list(pictures_in(html, BASE)))
    return image.url if image else ""


@pytest.mark.parametrize(
    ("html", "url"),
    [
        ('<img src="a.jpg">', f"{BASE}a.jpg"),
        (
            '<img src="/a.jpg" width="300"><img src="/b.jpg" width="900">',
            "https://site.example/b.jpg",
        ),
        (
            '<img src="/a-150x150.jpg"><img src="/b-1024x768.jpg">',
            "https://site.example/b-1024x768.jpg",
        ),
        ('<img src="/blank.gif" data-src="/a.jpg">', "https://site.example/a.jpg"),
        ('<img src="/x.png" data-lazy-src="/a.jpg">', "https://site.example/a.jpg"),
        (
            '<img src="data:image/gif;base64,R0" data-srcset="/s.jpg 300w, /m.jpg 1200w, /l.jpg 2400w">',
            "https://site.example/m.jpg",
        ),
        ('<img srcset="/a.jpg 1x,/b.jpg 2x" src="/a.jpg">', "https://site.example/b.jpg"),
        (
            '<img src="data:image/svg+xml,x"><noscript><img src="/a.jpg"></noscript>',
            "https://site.example/a.jpg",
        ),
        (
            '<picture><source type="image/avif" srcset="/a.avif"><img src="/a.jpg"></picture>',
            "https://site.example/a.jpg",
        ),
        (
            '<img src="/a.webp" width="900"><img src="/a.jpg" width="600">',
            "https://site.example/a.jpg",
        ),
        ('<img src="/a.webp" width="900">', "https://site.example/a.webp"),
        ('<video poster="/a.jpg"></video>', "https://site.example/a.jpg"),
        ("<p>no picture</p>", ""),
    ],
)
def test_the_largest_real_picture_is_chosen(html: str, url: str) -> None:
    """Wherever the page hides its address, and the smallest that is large enough of a set."""
    assert chosen(html) == url


@pytest.mark.parametrize(
    ("html", "why"),
    [
        ('<img src="https://s.w.org/images/core/emoji/15.0.3/72x72/1f389.png">', Unfit.EMOJI),
        ('<img src="/a.png" class="wp-smiley">', Unfit.EMOJI),
        ('<img src="/a.png" style="height: 1em">', Unfit.SMALL),
        ('<img src="https://0.gravatar.com/avatar/abc?s=256">', Unfit.AVATAR),
        ('<img src="/ann.jpg" class="author-photo">', Unfit.AVATAR),
        ('<img src="https://avatars.githubusercontent.com/u/1">', Unfit.AVATAR),
        ('<img src="/img/share-button.png">', Unfit.ICON),
        ('<img src="https://feeds.wordpress.com/1.0/delicious/x/1/">', Unfit.ICON),
        ('<img src="/icons/facebook.png">', Unfit.ICON),
        ('<img src="https://feeds.feedburner.com/~r/x/~4/abc">', Unfit.PIXEL),
        ('<img src="https://stats.example/x?1" style="width:1px;height:1px">', Unfit.PIXEL),
        ('<img src="https://x.example/x.gif" width="1" height="1">', Unfit.PIXEL),
        ('<img src="https://x.example/x.gif" style="display:none">', Unfit.PIXEL),
        ('<img src="/lazyload.gif" width="800">', Unfit.PLACEHOLDER),
        ('<img src="data:image/png;base64,AAAA">', Unfit.PLACEHOLDER),
        ('<img src="/a.svg">', Unfit.FORMAT),
        ('<img src="/a.heic">', Unfit.FORMAT),
        ('<img src="/a.jpg" width="60" height="60">', Unfit.SMALL),
        ('<img src="/a-80x80.jpg">', Unfit.SMALL),
        ('<img src="/a.jpg" width="728" height="90">', Unfit.BANNER),
        ('<img src="javascript:alert(1)">', Unfit.ADDRESS),
    ],
)
def test_what_is_no_picture_of_the_story_is_refused(html: str, why: Unfit) -> None:
    """Emoji, portraits, buttons, pixels, placeholders and what mail programs do not show."""
    assert [unfit(candidate) for candidate in pictures_in(html, BASE)] == [why]


def test_the_choice_is_explained() -> None:
    """An editor sees where the picture came from, and why not from elsewhere."""
    image, source, spare = choose(
        [
            Candidate(
                url="https://0.gravatar.com/avatar/a", place="media:content #1", width=80, height=80
            ),
            Candidate(
                url="https://x.example/a.jpg", place="media:content #2", width=1200, height=630
            ),
            Candidate(url="https://x.example/b.jpg", place="img #1"),
        ]
    )
    assert image is not None
    assert source is not None
    assert explained([source]) == [
        "picture: media:content #2, 1200×630; not media:content #1: 80×80, a portrait of the author;"
        " not img #1: another one is larger"
    ]
    assert [image.url for image in spare] == ["https://x.example/b.jpg"]


def test_absurd_markup_takes_no_quadratic_time() -> None:
    """Thousands of sets and unclosed tags are read in one pass."""
    html = f'<img srcset="{"a" * 7000}">' * 100 + "<img " * 20_000
    with at_most(100):
        list(pictures_in(html, BASE))


@pytest.mark.parametrize(
    ("html", "alt"),
    [
        ('<figure><img src="/a.jpg"><figcaption>The <b>gate</b>&nbsp;&amp; sea</figcaption></figure>', "The gate & sea"),
        ('<figure><img src="/a.jpg" alt="Own"><figcaption>The gate</figcaption></figure>', "Own"),
        ('<figure><img src="/a.jpg"></figure><figure><figcaption>Other</figcaption></figure>', ""),
        ('<img src="/a.jpg"><figure><img src="/b.jpg" width="9"><figcaption>Other</figcaption></figure>', ""),
        ('<figure><img src="/a.jpg"><figcaption>never ends', ""),
    ],
)  # fmt: skip
def test_a_caption_says_what_a_picture_shows(html: str, alt: str) -> None:
    """Of the picture in its own figure, if that has no alternative text."""
    image, _source, _spare = choose(list(pictures_in(html, BASE)))
    assert image is not None
    assert image.alt == alt
