"""What programs such as html2text put around the words of a page is not part of the words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.articles.dump_markup import plain_dump
from newsletter.articles.tags import make_vocabulary
from newsletter.articles.text_dump import parse_dump
from tests.effort import at_most

BODY = "\n\n".join(
    f"The council of the harbour said on day {day} that the old bridge stays closed until spring."
    for day in range(1, 5)
)
MARKDOWN = f"""[ ![Logo](/logo.png) ](/)

  * [Home](/home)
  * [Ferries every ten minutes](/ferries)

# The old bridge stays closed until spring

By [Ann Example](/people/ann)

{BODY}
"""
STARS = f"""[Logo]
Home
Ferries_every_ten_minutes
Jobs_in_the_harbour

****** The old bridge stays closed until spring ******
By Ann_Example

{BODY}
"""
UNDERLINED = f"""Home

Ferries every ten minutes

The old bridge stays closed until spring
========================================

By Ann Example

{BODY}
"""


@pytest.mark.parametrize("text", [MARKDOWN, STARS, UNDERLINED])
def test_a_marked_heading_is_the_title(text: str) -> None:
    """A heading of Markdown, between stars or above a line is found without its marks."""
    dump = parse_dump(text, vocabulary=make_vocabulary([], {}))
    assert dump.title == "The old bridge stays closed until spring"
    assert dump.author == "Ann Example"
    assert dump.paragraphs == tuple(BODY.split("\n\n"))


def test_links_keep_their_words_only() -> None:
    """Addresses, pictures, emphasis and escapes go; the words stay, on one line."""
    text = (
        "See [the\nplans](https://a.example/a(b)) and ![a map](m.png)**three** _others_ \\- "
        "[one](/1), [two](/2)."
    )
    assert " ".join(plain_dump(text).text.split()) == "See the plans and three others - one, two."


def test_other_texts_stay_as_they_are() -> None:
    """One link in brackets, a name with an underscore and a dash are the author's own."""
    text = "A note [1](see below) on snake_case\n\n- one\n- two\n\n2 * 3 * 4 = 24\n"
    assert plain_dump(text).text == text
    assert plain_dump(text).headings == frozenset()


@given(st.text(alphabet="a_* []()!#=\n-\\", max_size=300))
def test_no_letter_is_lost(text: str) -> None:
    """Words that are not addresses survive."""
    assert plain_dump(text).text.count("a") <= text.count("a")
    if "](" not in text and "[" not in text:
        assert plain_dump(text).text.count("a") == text.count("a")


@pytest.mark.parametrize(
    "part", ["[", "](", "![", "**a ", "_a", "# a\n", "a\n", "[a](", "****** a\n"]
)
def test_marks_that_never_end_cost_little(part: str) -> None:
    """Twenty thousand characters of opened marks are read in bounded work."""
    with at_most(300):
        plain_dump(part * (20_000 // len(part)))
