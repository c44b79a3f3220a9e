"""Data for Gmail's Promotions tab: pictures and headlines of stories, as JSON-LD. Pure.

Gmail shows them below the subject (https://developers.google.com/workspace/gmail/promotab).
Nothing in the block runs, and this is the only `<script>` that lint lets through.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from newsletter.issues.issue import Item
from newsletter.rendering.safe_text import one_line, web_link

MEDIA_TYPE = "application/ld+json"
MOST_CARDS = 10
"""Gmail shows no more."""
_KEYS = frozenset({"@context", "@type", "image", "url", "headline", "position"})
# In a <script> nothing is decoded, so that no character may end it or begin a comment.
_ESCAPED = {character: f"\\u{ord(character):04x}" for character in "<>&"}


def with_annotations(html: str, items: Sequence[Item]) -> str:
    """The HTML with a card for each of the first stories that have a picture and a page."""
    cards: dict[str, dict[str, object]] = {}
    for item in items:
        picture = web_link(item.image.url) if item.image else ""
        page = web_link(item.article.url)
        if picture and page and picture not in cards and len(cards) < MOST_CARDS:
            cards[picture] = {
                "@context": "http://schema.org/",
                "@type": "PromotionCard",
                "image": picture,
                "url": page,
                "headline": one_line(item.title),
                "position": len(cards) + 1,
            }
    if not cards:
        return html
    text = json.dumps(list(cards.values()), separators=(",", ":"))
    for character, escaped in _ESCAPED.items():
        text = text.replace(character, escaped)
    head, end, body = html.partition("</head>")
    return f'{head}<script type="{MEDIA_TYPE}">{text}</script>{end}{body}'


def is_annotation(element: Any) -> bool:
    """Whether the element is a block as `with_annotations` makes it: cards in the head."""
    if element.get("type") != MEDIA_TYPE or element.getparent().tag != "head":
        return False
    try:
        cards = json.loads(element.text or "")
    except (ValueError, RecursionError):
        return False
    return isinstance(cards, list) and all(
        isinstance(card, dict) and card.get("@type") == "PromotionCard" and card.keys() <= _KEYS
        for card in cards
    )
