"""Names and agencies are told apart, and by-lines from other lines."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.articles.bylines import is_agency, is_name, read_byline, split_byline


@pytest.mark.parametrize(
    ("text", "author", "agency"),
    [
        ("By Jane Doe, Some News Service", "Jane Doe", "Some News Service"),
        ("Jane Doe (Some News Service)", "Jane Doe", "Some News Service"),
        ("Jane van der Beispiel | Example Times", "Jane van der Beispiel", "Example Times"),
        ("By Jane Doe for Example Wire", "Jane Doe", "Example Wire"),
        ("Jane Doe (Example World (UK))", "Jane Doe", "Example World (UK)"),
        ("By Jane Doe, Transport Editor", "Jane Doe", ""),
        ("Jane Doe, staff writer, Example Wire", "Jane Doe", "Example Wire"),
        ("Written by: Jane Doe", "Jane Doe", ""),
        ("Jane Doe and John Roe", "Jane Doe and John Roe", ""),
        ("Jane Doe, John Roe", "Jane Doe, John Roe", ""),
        ("Doe, Jane", "Doe, Jane", ""),
        ("Di Beispiel", "Di Beispiel", ""),
        ("AFP", "", "AFP"),
        ("Example News Staff", "", "Example News Staff"),
        ("jane", "jane", ""),
        ("作者：王小例", "王小例", ""),
        ("", "", ""),
    ],
)
def test_a_source_s_author_is_split(text: str, author: str, agency: str) -> None:
    """The author and the outlet are two values."""
    assert split_byline(text) == (author, agency)


@pytest.mark.parametrize(
    ("line", "byline"),
    [
        ("Jane Doe", ("Jane Doe", "")),
        ("Example News Service", ("", "Example News Service")),
        ("Von Erika Beispiel", ("Erika Beispiel", "")),
        ("Par Étienne Exemple, Agence Exemple", ("Étienne Exemple", "Agence Exemple")),
        ("بقلم سارة مثال", ("سارة مثال", "")),
        ("By the time he arrived the deal was done", None),
        ("By Monday, the bridge was open again.", None),
        ("Social media bans spread", None),
        ("The bridge is open", None),
        ("Von hier aus sieht man das Meer", None),
        ("What happens now?", None),
        ("", None),
    ],
)
def test_a_byline_is_known_by_its_form(line: str, byline: tuple[str, str] | None) -> None:
    """A line of a page is a by-line when it is a name, an agency, or marked as one."""
    assert read_byline(line) == byline


@pytest.mark.parametrize("text", ["J. R. Muster", "Mary O’Beispiel-Doe", "Ada de la Muestra"])
def test_names_have_many_forms(text: str) -> None:
    """Initials, apostrophes, hyphens and small words inside are names."""
    assert is_name(text)


@pytest.mark.parametrize("text", ["Jane", "jane doe", "Jane Doe 2", "Jane Doe went", "مثال سارة"])
def test_other_lines_are_no_names(text: str) -> None:
    """One word, small letters, digits and scripts without capitals say no name of themselves."""
    assert not is_name(text)


def test_an_agency_is_named_by_its_last_or_first_word() -> None:
    """A sentence about the media is not an agency."""
    assert is_agency("Example Newswire")
    assert is_agency("Agentur Muster")
    assert not is_agency("Press freedom is falling")
    assert not is_agency("Emily Post")


@given(st.text(max_size=80))
def test_any_line_can_be_asked(text: str) -> None:
    """No line makes it fail."""
    read_byline(text)
    author, agency = split_byline(text)
    assert "\n" not in author + agency
