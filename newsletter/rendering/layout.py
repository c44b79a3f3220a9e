"""Lays out an edition's items: the lead, cards with a picture, rows of text. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice, zip_longest

from newsletter.issues.issue import Item
from newsletter.rendering.design_tokens import StoryLayout
from newsletter.rendering.pictures import CARD_WIDTH, LEAD_WIDTH


@dataclass(frozen=True, kw_only=True, slots=True)
class Density:
    """How much space items may take: number of cards, characters of a summary (0 is none).

    `full_text` is how many characters of an article are shown where it is shown whole; None is all.
    `is_compact` asks templates for the markup that takes the fewest octets. `lead_width` and `card_width` are the greatest widths of pictures,
    in CSS pixels.
    """

    cards: int
    lead_summary: int
    card_summary: int
    row_summary: int
    full_text: int | None = 400
    is_compact: bool = False
    lead_width: int = LEAD_WIDTH
    card_width: int = CARD_WIDTH

    def at_most(self, other: Density) -> Density:
        """This density with nothing larger than in the other; the pictures are as wide as there."""
        return replace(
            self,
            cards=min(self.cards, other.cards),
            lead_summary=min(self.lead_summary, other.lead_summary),
            card_summary=min(self.card_summary, other.card_summary),
            row_summary=min(self.row_summary, other.row_summary),
            lead_width=other.lead_width,
            card_width=other.card_width,
        )


DENSITIES = (
    Density(cards=3, lead_summary=280, card_summary=120, row_summary=150),
    Density(cards=1, lead_summary=280, card_summary=120, row_summary=120),
    Density(cards=0, lead_summary=240, card_summary=0, row_summary=80, is_compact=True),
    Density(cards=0, lead_summary=200, card_summary=0, row_summary=0, is_compact=True),
)
"""From sparse to dense; the first that fits the size budget is used."""
_FULL_TEXTS = (None, 40_000, 25_000, 16_000, 12_000, 9000, 7000, 5500, 4000, 3000, 2000, 1200, 700)


def theme_density(layout: StoryLayout) -> Density:
    """The density with which a theme renders an issue that fits."""
    return replace(
        DENSITIES[0],
        lead_width=layout.lead_width,
        cards=layout.cards,
        card_width=layout.card_width,
        card_summary=layout.card_summary,
        row_summary=layout.row_summary,
    )


def densities(sparsest: Density, *, with_full_text: bool) -> tuple[Density, ...]:
    """From a theme's sparsest density to the densest.

    Texts that are shown whole become shorter before anything else does.
    """
    denser = tuple(each.at_most(sparsest) for each in DENSITIES)
    if not with_full_text:
        return (sparsest, *denser)
    shorter = (replace(sparsest, full_text=characters) for characters in _FULL_TEXTS)
    return (*shorter, sparsest, *denser)


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """A section: its title and its items in reading order."""

    title: str
    items: tuple[Item, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Layout:
    """The lead story and the sections after it; `cards` are keys of items with a picture."""

    lead: Item | None
    parts: tuple[Part, ...]
    cards: frozenset[str]


def lay_out(items: Sequence[Item], density: Density) -> Layout:
    """Make the first item the lead and group the rest by section, in their order."""
    by_section: dict[str, list[Item]] = {}
    for item in items[1:]:
        by_section.setdefault(item.section, []).append(item)
    return Layout(
        lead=items[0] if items else None,
        parts=tuple(
            Part(title=title, items=tuple(members)) for title, members in by_section.items()
        ),
        cards=_choose_cards(by_section.values(), density.cards),
    )


def _choose_cards(sections: Iterable[Sequence[Item]], count: int) -> frozenset[str]:
    """Choose items with a picture, one from each section in turn."""
    pictured = [[item.article.key for item in section if item.image] for section in sections]
    in_turn = (key for row in zip_longest(*pictured) for key in row if key is not None)
    return frozenset(islice(in_turn, count))
