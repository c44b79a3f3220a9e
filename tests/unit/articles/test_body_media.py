"""Pictures and embeds of an article are ready to be shown in a mail."""

from __future__ import annotations

import pytest

from newsletter.articles.body_media import has_media, with_plain_media

BASE = "https://example.org/2026/story"


@pytest.mark.parametrize(
    ("source", "plain"),
    [
        ('<img src="/a.jpg" width=800 height=500 alt="A &amp; B">',
         '<img src="https://example.org/a.jpg" alt="A &amp; B" width="800" height="500">'),
        ('<img src="data:image/gif;base64,R0" data-src="/b.jpg" width="640">',
         '<img src="https://example.org/b.jpg" alt="" width="640">'),
        ('<picture><source srcset="/c-400.jpg 400w, /c-900.jpg 900w"><img src="/c.jpg"></picture>',
         '<img src="https://example.org/c-900.jpg" alt="" width="900">'),
        ('<img src="data:,"><noscript><img src="/d.jpg"></noscript>',
         '<img src="https://example.org/d.jpg" alt="">'),
        ('<img src="/e.jpg"><p>x</p><img src="/e.jpg">',
         '<img src="https://example.org/e.jpg" alt=""><p>x</p>'),
        ('<img src="/pixel.gif" width="1" height="1"><img src="/emoji/1f600.png">', ""),
    ],
    ids=["plain", "lazy", "several sizes", "without scripts", "twice", "no pictures"],
)  # fmt: skip
def test_each_real_picture_is_one_image(source: str, plain: str) -> None:
    """Its address is absolute, its size stays; what is not a picture of the story is left out."""
    assert has_media(source)
    assert with_plain_media(source, BASE) == plain


@pytest.mark.parametrize(
    ("source", "plain"),
    [
        ('<iframe src="https://www.youtube.com/embed/abcdefghijk?rel=0" title="A film"></iframe>',
         '<p><a href="https://www.youtube.com/watch?v=abcdefghijk"><img'
         ' src="https://i.ytimg.com/vi/abcdefghijk/hqdefault.jpg" alt="" width="480" height="360"><br>'
         "▶ A film</a></p>"),
        ('<iframe src="//player.vimeo.com/video/76979871"></iframe>',
         '<p><a href="https://vimeo.com/76979871">▶ vimeo.com</a></p>'),
        ('<video poster="/p.jpg" controls><source src="/v.mp4" type="video/mp4"></video>',
         '<p><a href="https://example.org/v.mp4"><img src="https://example.org/p.jpg" alt=""><br>'
         "▶ example.org</a></p>"),
        ('<audio src="/talk.mp3"></audio>', '<p><a href="https://example.org/talk.mp3">▶ example.org</a></p>'),
        ('<iframe src="https://ad.doubleclick.net/x"></iframe><iframe></iframe>', ""),
    ],
    ids=["youtube", "vimeo", "video", "audio", "advertisement"],
)  # fmt: skip
def test_an_embed_is_a_link(source: str, plain: str) -> None:
    """It has its still picture where one is known."""
    assert with_plain_media(source, BASE) == plain
