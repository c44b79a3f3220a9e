from __future__ import annotations

import json
from typing import Any

import pytest
from lxml import etree

from newsletter.rendering.annotations import is_annotation, with_annotations
from newsletter.rendering.lint.document import Document
from tests.factories.editions import make_edition, make_masthead
from tests.factories.issues import make_article, make_image, make_item, make_items

PAGE = "<!DOCTYPE html><html><head><title>t</title></head><body><p>x</p></body></html>"


def cards(html: str) -> Any:
    """The cards in a page, or None."""
    found = Document(html).root.xpath("//head/script[@type='application/ld+json']/text()")
    return json.loads(found[0]) if found else None


def test_cards_are_of_stories_with_picture_and_page() -> None:
    """A card leads to the story's page; a picture has one card, and there are ten at most."""
    image = make_image(url="https://press.example.org/a.png")
    items = [
        make_item(make_article(title="One", url="https://press.example.org/1", image=image)),
        make_item(make_article(title="Again", url="https://press.example.org/2", image=image)),
        make_item(make_article(title="No picture", image=None)),
        make_item(make_article(title="No page", url="", image=image)),
    ]
    assert cards(with_annotations(PAGE, items)) == [
        {
            "@context": "http://schema.org/",
            "@type": "PromotionCard",
            "image": "https://press.example.org/a.png",
            "url": "https://press.example.org/1",
            "headline": "One",
            "position": 1,
        }
    ]
    assert len(cards(with_annotations(PAGE, make_items(14, pictures=True)))) == 10
    assert with_annotations(PAGE, items[2:]) == PAGE


def test_a_headline_does_not_end_the_block() -> None:
    """What an article says stays a value."""
    title = "</script><script>alert(1)</script> <!-- & Ünïcode"
    item = make_item(make_article(title=title, image=make_image()))
    html = with_annotations(PAGE, [item])
    assert html.count("<script") == 1
    assert cards(html)[0]["headline"] == title


def test_an_issue_has_them_where_its_newsletter_says_so() -> None:
    """By default an issue has no script; with cards, lint is silent all the same."""
    items = make_items(3, pictures=True)
    assert "<script" not in make_edition(items).html
    assert len(cards(make_edition(items, masthead=make_masthead(annotated=True)).html)) == 3


@pytest.mark.parametrize(
    ("head", "allowed"),
    [
        ('<script type="application/ld+json">[{"@type":"PromotionCard","url":"x"}]</script>', True),
        ('<script type="application/ld+json">[{"@type":"Offer"}]</script>', False),
        ('<script type="application/ld+json">[{"@type":"PromotionCard","x":1}]</script>', False),
        ('<script type="application/ld+json">alert(1)</script>', False),
        ('<script type="application/ld+json">{"@type":"PromotionCard"}</script>', False),
        ("<script>[]</script>", False),
    ],
)
def test_only_cards_in_the_head_are_let_through(head: str, allowed: bool) -> None:
    """Any other script, or a block of another kind, remains an error."""
    page = f"<html><head>{head}</head><body></body></html>"
    (script,) = etree.fromstring(page, etree.HTMLParser()).iter("script")
    assert is_annotation(script) is allowed
    body = f"<html><head></head><body>{head}</body></html>"
    (script,) = etree.fromstring(body, etree.HTMLParser()).iter("script")
    assert is_annotation(script) is False
