from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.site.picture_addresses import PATH, PictureAddresses
from tests.factories.pictures import with_publishers_addresses

ADDRESSES = PictureAddresses(
    sign=lambda text: hashlib.sha256(f"key {text}".encode()).hexdigest(), base="/newsletter"
)
OURS = re.compile(rf'"(/newsletter{PATH}/[^"]*)"')


@pytest.mark.parametrize(
    "tag",
    [
        '<img src="https://cdn.example.org/a.png" alt="A">',
        '<img alt="a > b" width="148" src="http://cdn.example.org/a.png?w=1&amp;h=2#x" style="x:y" />',
        '<img src="https://cdn.example.org/a%20b.png?of=%2Fc"\n  alt="">',
        '<img alt="src=&quot;https://x.example/&quot;" src="https://cdn.example.org/ü.png">',
    ],
)
def test_a_picture_is_named_here_and_nothing_else_changes(tag: str) -> None:
    """Its address is signed and leads back to the publisher's."""
    html = f"<p>before</p>{tag}<p>after</p>"
    shown = ADDRESSES.in_html(html)
    assert 'src="http' not in shown
    assert with_publishers_addresses(shown, "/newsletter") == html
    (address,) = [unescape(found) for found in OURS.findall(shown)]
    parts = urlsplit(address)
    (url,) = parse_qs(parts.query)["of"]
    assert ADDRESSES.has_signed(parts.path.rpartition("/")[2], url)


@pytest.mark.parametrize(
    "html",
    [
        '<img src="data:image/png;base64,AAAA">',
        '<img src="cid:1">',
        '<img src="/logo.png">',
        '<a href="https://example.org/a.png">a</a>',
        'He wrote <code>&lt;img src="https://example.org/a.png"&gt;</code>.',
        '<meta property="og:image" content="https://example.org/a.png">',
        '<imgs src="https://example.org/a.png">',
    ],
)
def test_what_loads_nothing_of_a_stranger_stays(html: str) -> None:
    """Links, text, and pictures that a page carries with it."""
    assert ADDRESSES.in_html(html) == html


@given(url=st.text(min_size=1, max_size=80), other=st.text(max_size=80))
def test_only_what_was_signed_is_taken(url: str, other: str) -> None:
    """A signature is for one address; no other text has it."""
    signature = urlsplit(ADDRESSES.address("https://example.org/")).path.rpartition("/")[2]
    assert not ADDRESSES.has_signed(signature, url)
    assert not ADDRESSES.has_signed(other, "https://example.org/")


def test_addresses_outlive_a_change_of_the_key() -> None:
    """Those in sent mails are taken while the key that signed them is listed; the newest key signs."""
    new = PictureAddresses(
        sign=lambda text: hashlib.sha256(f"new {text}".encode()).hexdigest(), base=""
    )
    url = "https://cdn.example.org/a.gif"
    before = ADDRESSES.of_still(url).rpartition("/")[2].partition("?")[0]
    after = new.of_still(url).rpartition("/")[2].partition("?")[0]
    both = replace(new, former=(ADDRESSES.sign,))
    assert both.of_still(url) == new.of_still(url)
    assert both.has_signed(before, url)
    assert both.has_signed(after, url)
    assert not both.has_signed(before, f"{url}?other")
    assert not new.has_signed(before, url)
