"""Who leads, who gets a picture, and in what order."""

from __future__ import annotations

from itertools import pairwise

from newsletter.rendering.layout import DENSITIES, Density, densities, lay_out
from tests.factories.issues import make_article, make_image, make_item, make_items

TWO_CARDS = Density(cards=2, lead_summary=10, card_summary=10, row_summary=10)


def test_first_item_leads_and_the_rest_keep_their_order() -> None:
    """The lead leaves its section; sections come in the order of their first items."""
    items = make_items(5, sections=("A", "B"))
    layout = lay_out(items, TWO_CARDS)
    assert layout.lead is items[0]
    assert [part.title for part in layout.parts] == ["A", "B"]
    assert [item for part in layout.parts for item in part.items] == list(items[1:])


def test_nothing_to_lay_out() -> None:
    """No items: no lead, no sections."""
    layout = lay_out((), TWO_CARDS)
    assert layout.lead is None
    assert layout.parts == ()


def test_sections_share_cards_in_turn() -> None:
    """Each section gets a picture before any gets two; items without one get none."""
    items = [
        make_item(make_article(1)),
        make_item(make_article(2, image=make_image()), section="A"),
        make_item(make_article(3, image=make_image()), section="A"),
        make_item(make_article(4), section="B"),
        make_item(make_article(5, image=make_image()), section="B"),
    ]
    assert lay_out(items, TWO_CARDS).cards == {items[1].article.key, items[4].article.key}


def test_densities_step_down() -> None:
    """Each density takes no more room than the one before."""
    for roomy, dense in pairwise(DENSITIES):
        assert dense.cards <= roomy.cards
        assert dense.lead_summary <= roomy.lead_summary
        assert dense.row_summary < roomy.row_summary


def test_a_themes_own_density_comes_first_and_bounds_the_others() -> None:
    """A theme without cards gets none when an issue is too large either."""
    own = Density(cards=0, lead_summary=300, card_summary=0, row_summary=90, card_width=264)
    first, *others = densities(own, with_full_text=False)
    assert first == own
    assert {(one.cards, one.card_width) for one in others} == {(0, 264)}
    assert [one.row_summary for one in others] == [90, 90, 80, 0]
