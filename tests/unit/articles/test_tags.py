"""Many spellings, one tag."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.articles.article import Tag
from newsletter.articles.tags import MAX_TAGS, make_vocabulary, slug_of


@pytest.mark.parametrize(
    ("label", "slug"),
    [
        ("Data Breach", "data-breach"),
        ("  data_breach ", "data-breach"),
        ("C", "c"),
        ("C++", "c-plus-plus"),
        ("C#", "c-sharp"),
        (".NET", "dot-net"),
        ("#security", "security"),
        ("R&D", "r-and-d"),
        ("U.S.", "us"),
        ("Women’s health", "womens-health"),
        ("Économie", "économie"),
        ("Straße", "strasse"),
        ("ＡＩ", "ai"),
        ("数据泄露", "数据泄露"),
        ("أمن المعلومات", "أمن-المعلومات"),
        ("हिन्दी", "हिन्दी"),
        ("🔥", ""),
        ("--", ""),
    ],
)
def test_a_label_has_one_slug(label: str, slug: str) -> None:
    """Case, spaces and punctuation do not matter; letters of any script do, and so do C, C++ and C#."""
    assert slug_of(label) == slug


@given(st.text(max_size=30))
def test_slug_is_idempotent(label: str) -> None:
    """The slug of a slug is itself, whatever the label."""
    assert slug_of(slug_of(label)) == slug_of(label)


def test_aliases_resolve_to_the_known_label() -> None:
    """A feed's spelling becomes the site's tag, through a chain of aliases too."""
    vocabulary = make_vocabulary(
        ["Data breach"], {"Leaks": "data-leak", "data leak": "data-breach", "infosec": "Security"}
    )
    assert vocabulary.tag("LEAKS") == Tag(slug="data-breach", label="Data breach")
    assert vocabulary.tag("InfoSec") == Tag(slug="security", label="Security")


def test_aliases_that_run_in_a_circle_end_in_one_tag() -> None:
    """Two aliases of each other still mean one tag, and nothing hangs."""
    vocabulary = make_vocabulary([], {"b": "a", "a": "b"})
    assert {vocabulary.tag("a"), vocabulary.tag("b")} == {Tag(slug="a", label="a")}


def test_tags_are_each_there_once_in_order() -> None:
    """The first spelling gives an unknown tag its label; repeats and empty labels go."""
    vocabulary = make_vocabulary(["security"], {})
    assert vocabulary.tags(["Cloud", "SECURITY", "cloud", "!!", "security"]) == (
        Tag(slug="cloud", label="Cloud"),
        Tag(slug="security", label="security"),
    )


def test_a_tag_flood_is_bounded() -> None:
    """A feed that lists a thousand categories gives an article no more than the limit."""
    assert len(make_vocabulary([], {}).tags(f"tag {n}" for n in range(1000))) == MAX_TAGS


def test_a_label_is_one_clean_line() -> None:
    """Line ends and control characters of a feed's category do not reach the label."""
    assert make_vocabulary([], {}).tag("big\r\n\x00 data") == Tag(slug="big-data", label="big data")


def test_a_slug_in_the_configuration_is_shown_with_spaces() -> None:
    """Sections name their tags by slug; readers see words, and a written label where there is one."""
    only_slugs = make_vocabulary(["data-breach"], {})
    both = make_vocabulary(["Data Breach", "data-breach"], {})
    assert only_slugs.tag("DATA BREACH") == Tag(slug="data-breach", label="data breach")
    assert both.tag("data-breach") == Tag(slug="data-breach", label="Data Breach")
