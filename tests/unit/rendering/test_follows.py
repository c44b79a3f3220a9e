"""The line that says which earlier story a story follows up."""

from __future__ import annotations

from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from newsletter.issues.issue import Follows
from newsletter.rendering.theme import open_theme
from tests.factories.editions import make_edition, make_masthead
from tests.factories.issues import make_item

FOLLOWS = Follows(number=12, title="Villages <cut> off", url="https://news.example/old")
THEMES = ("standard", "harbour", "brick", "plum", "serif", "letter")
WORDS = Path(__file__).parents[3] / "templates" / "issue" / "words"


@pytest.mark.parametrize("theme", THEMES)
def test_every_theme_prints_what_a_story_follows(theme: str) -> None:
    """In both parts, with the address of the issue that carried it."""
    edition = make_edition([make_item(follows=FOLLOWS), make_item()], theme=open_theme(None, theme))
    address = make_masthead().issue_url(12)
    assert address.endswith("/archive/weekly/12")
    assert "Follows No. 12: <a" in edition.html
    assert f'href="{address}"' in edition.html
    assert "Villages &lt;cut&gt; off" in edition.html
    assert "Follows No. 12: Villages <cut> off [" in edition.text
    assert address in edition.text
    assert edition.html.count("Follows No.") == 1


@pytest.mark.parametrize("language", ["ar", "de", "es", "fr", "zh"])
def test_the_line_is_in_the_newsletters_language(language: str) -> None:
    """As the words of the catalogue say it."""
    with (WORDS / f"{language}.po").open("rb") as file:
        message = read_po(file).get("Follows No. %(number)s:")
    assert message is not None
    said = str(message.string) % {"number": 12}
    edition = make_edition([make_item(follows=FOLLOWS)], masthead=make_masthead(language=language))
    assert said in edition.html
    assert said in edition.text
