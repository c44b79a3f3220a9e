"""The furniture of pages is known by its habits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.articles.furniture import Furniture, furniture_of


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("Comments", Furniture.END),
        ("12 Comments", Furniture.END),
        ("Comments (1,204)", Furniture.END),
        ("Comments are now closed.", Furniture.END),
        ("Show Comments", Furniture.END),
        ("Leave a reply", Furniture.END),
        ("Most Popular Reviews", Furniture.END),
        ("Latest News Articles", Furniture.END),
        ("Latest Jobs", Furniture.END),
        ("Related stories", Furniture.END),
        ("You may also like", Furniture.END),
        ("Follow us on Mastodon", Furniture.END),
        ("Don’t have an account? Sign up here", Furniture.END),
        ("Forgot password?", Furniture.END),
        ("© 2026 Example Media. All rights reserved.", Furniture.END),
        ("Kommentare (3)", Furniture.END),
        ("相关文章", Furniture.END),
        ("Resources", Furniture.PERHAPS_END),
        ("Keep up with the latest news by subscribing to the Example newsletter.", Furniture.PLUG),
        ("Sign up for our daily newsletter", Furniture.PLUG),
        ("Get the best of Example in your inbox every morning.", Furniture.PLUG),
        ("Melden Sie sich für unseren Newsletter an.", Furniture.PLUG),
        ("ADVERTISEMENT", Furniture.LITTER),
        ("Share | Tweet | Email", Furniture.LITTER),
        ("3 min read", Furniture.LITTER),
        ("Photo: Example Port Authority", Furniture.LITTER),
        ("Read more: Bridge closes for nine weeks", Furniture.LITTER),
    ],
)
def test_furniture_is_known(line: str, kind: Furniture) -> None:
    """Each habit of pages has its kind."""
    assert furniture_of(line) is kind


@pytest.mark.parametrize(
    "line",
    [
        "Comments by the minister caused a stir in parliament on Monday, and nobody took them back.",
        "The company asks its customers to subscribe to a newsletter before they may complain.",
        "Get out of the water when the siren sounds, the council said.",
        "Share prices fell on Monday after the bridge closed again.",
        "Most popular among the visitors were the otters, which had not been fed since noon.",
        "Photographs of the bridge were taken down.",
        "Copyright law does not cover recipes, the court said.",
        "Follow the river to the sea and you will find the old pier.",
        "Related costs were not published.",
        "The jobs will go to the next town",
        "Image processing found the crack before the inspectors did.",
    ],
)
def test_sentences_are_no_furniture(line: str) -> None:
    """Words of furniture inside a sentence do not make it furniture."""
    assert furniture_of(line) is None


@given(st.text(max_size=200))
def test_any_line_can_be_asked(line: str) -> None:
    """No line makes it fail."""
    furniture_of(line)
