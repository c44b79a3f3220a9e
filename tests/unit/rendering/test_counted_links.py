"""Counted links: what is led by way of the site, and back again."""

from __future__ import annotations

from dataclasses import replace

from newsletter.rendering.counted_links import CountedLink, Counting, with_direct_links
from newsletter.rendering.html import encoded_size
from newsletter.rendering.render_edition import SIZE_BUDGET, render_edition
from newsletter.rendering.slots import LOOKALIKE
from newsletter.rendering.theme import open_theme
from tests.factories.editions import NONCE, WEB_URL, make_edition, make_masthead
from tests.factories.issues import make_issue, make_items

BASE = "https://news.example.org/c"
COUNTING = Counting(
    base=BASE, key="a secret of the issue", uncounted=("https://news.example.org", WEB_URL)
)


def test_a_link_is_led_by_way_of_the_site_and_back() -> None:
    """Its address is read as HTML reads it, and stands there again as HTML writes it."""
    page = '<a style="x" href="https://a.example/?x=1&amp;y=2" class="c">words</a>'
    (link,) = COUNTING.links(page, ())
    assert link.url == "https://a.example/?x=1&y=2"
    counted = COUNTING.counted(page)
    assert counted == f'<a style="x" href="{BASE}/{link.token}" class="c">words</a>'
    assert with_direct_links(counted, [link], in_html=True) == page
    assert with_direct_links(f"[1] {link.address}", [link], in_html=False) == f"[1] {link.url}"


def test_what_is_no_story_stays_direct() -> None:
    """Slots, mail addresses, places on the page, the site itself, and the issue on the web."""
    for address in (
        f"slot-{NONCE}-unsubscribe-slot", "mailto:a@b.example", "#top", "https://news.example.org",
        WEB_URL,
    ):  # fmt: skip
        page = f'<a href="{address}">words</a>'
        assert COUNTING.counted(page) == page
        assert COUNTING.links(page, ()) == ()
    picture = '<img src="https://a.example/x.png">'
    assert COUNTING.counted(picture) == picture


def test_a_link_that_says_an_address_leads_there() -> None:
    """Readers and filters take a link that says one address and has another for phishing."""
    for said in ("https://a.example", " www.a.example"):
        page = f'<a href="https://a.example">{said}</a>'
        assert COUNTING.counted(page) == page


def test_the_same_page_has_one_token_and_another_issue_has_others() -> None:
    """A token tells the issue and the page, and nothing that could be turned into another."""
    other = replace(COUNTING, key="another issue's")
    tokens = {
        counting.link(url).token
        for counting in (COUNTING, other)
        for url in ("https://a.example/1", "https://a.example/2", "https://a.example/1")
    }
    assert len(tokens) == 4


def test_an_edition_is_counted_in_both_parts_and_can_be_had_uncounted() -> None:
    """Without its counted links it is the edition that a site without counting has."""
    items = make_items(5, pictures=True)
    plain = make_edition(items)
    counted = render_edition(
        make_issue(items), items, masthead=make_masthead(), theme=open_theme(None), nonce=NONCE,
        web_url=WEB_URL, counting=COUNTING,
    )  # fmt: skip
    assert counted.html != plain.html
    assert counted.text != plain.text
    assert {link.url for link in counted.links} >= {item.article.url for item in items}
    assert all(isinstance(link, CountedLink) for link in counted.links)
    assert counted.uncounted == plain
    assert LOOKALIKE.findall(counted.html) == LOOKALIKE.findall(plain.html)


def test_long_counted_links_are_part_of_the_size() -> None:
    """The layout steps down for the bytes that are sent."""
    items = make_items(60, pictures=True)
    counting = replace(COUNTING, base="https://" + "long" * 60 + ".example/c")
    edition = render_edition(
        make_issue(items), items, masthead=make_masthead(), theme=open_theme(None), nonce=NONCE,
        web_url=WEB_URL, counting=counting,
    )  # fmt: skip
    assert edition.links
    assert encoded_size(edition.html) <= SIZE_BUDGET
