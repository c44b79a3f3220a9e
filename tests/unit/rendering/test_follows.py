"""The line that says which earlier story a story follows up."""

from __future__ import annotations

from dataclasses import replace
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


def test_an_issue_that_the_archive_does_not_show_is_no_link() -> None:
    """The words stay, in both parts."""
    masthead = replace(make_masthead(), is_public=False)
    edition = make_edition(
        [make_item(follows=replace(FOLLOWS, number=7)), make_item()], masthead=masthead
    )
    assert "Follows No. 7: Villages <cut> off\n" in edition.text
    assert "Villages &lt;cut&gt; off" in edition.html
    assert "/archive/weekly/7" not in edition.html + edition.text
    assert "Follows No. 7: <a" not in edition.html


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
