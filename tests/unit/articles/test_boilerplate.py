"""The boilerplate of pages is known by its habits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.articles.boilerplate import Boilerplate, boilerplate_of


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("Comments", Boilerplate.END),
        ("Email Sent!", Boilerplate.LITTER),
        ("Your link was successfully shared!", Boilerplate.LITTER),
        ("What's this?", Boilerplate.LITTER),
        ("Read More: Example Bank, Interest Rates, Harbour, Business News", Boilerplate.LITTER),
        ("Try it free for 30 days", Boilerplate.PLUG),
        ("Text available under a Creative Commons licence", Boilerplate.END),
        ("12 Comments", Boilerplate.END),
        ("Comments (1,204)", Boilerplate.END),
        ("Comments are now closed.", Boilerplate.END),
        ("Show Comments", Boilerplate.END),
        ("Leave a reply", Boilerplate.END),
        ("Most Popular Reviews", Boilerplate.END),
        ("Latest News Articles", Boilerplate.END),
        ("Latest Jobs", Boilerplate.END),
        ("Related stories", Boilerplate.END),
        ("You may also like", Boilerplate.END),
        ("Follow us on Mastodon", Boilerplate.END),
        ("Don’t have an account? Sign up here", Boilerplate.END),
        ("Forgot password?", Boilerplate.END),
        ("© 2026 Example Media. All rights reserved.", Boilerplate.END),
        ("Kommentare (3)", Boilerplate.END),
        ("相关文章", Boilerplate.END),
        ("Resources", Boilerplate.PERHAPS_END),
        (
            "Keep up with the latest news by subscribing to the Example newsletter.",
            Boilerplate.PLUG,
        ),
        ("Sign up for our daily newsletter", Boilerplate.PLUG),
        ("Get the best of Example in your inbox every morning.", Boilerplate.PLUG),
        ("Melden Sie sich für unseren Newsletter an.", Boilerplate.PLUG),
        ("ADVERTISEMENT", Boilerplate.LITTER),
        ("Share | Tweet | Email", Boilerplate.LITTER),
        ("3 min read", Boilerplate.LITTER),
        ("Photo: Example Port Authority", Boilerplate.LITTER),
        ("Read more: Bridge closes for nine weeks", Boilerplate.LITTER),
    ],
)
def test_boilerplate_is_known(line: str, kind: Boilerplate) -> None:
    """Each habit of pages has its kind."""
    assert boilerplate_of(line) is kind


@pytest.mark.parametrize(
    "line",
    [
        "Comments by the minister caused a stir in parliament on Monday, and nobody took them back.",
        "The company asks its customers to subscribe to a newsletter before they may complain.",
        "Get out of the water when the siren sounds, the council said.",
        "Test flights are free for a month, the museum said, because the hall is closed.",
        "The link was sent to all members before the meeting began.",
        "Try to be there at nine, the harbour master said.",
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
def test_sentences_are_no_boilerplate(line: str) -> None:
    """Words of boilerplate inside a sentence do not make it boilerplate."""
    assert boilerplate_of(line) is None


@given(st.text(max_size=200))
def test_any_line_can_be_asked(line: str) -> None:
    """No line makes it fail."""
    boilerplate_of(line)
