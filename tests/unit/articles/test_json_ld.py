"""JSON-LD is read in all the shapes in which pages write it."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.articles.json_ld import decoded, is_article, names, read_json_ld, strings


@pytest.mark.parametrize(
    "script",
    [
        '{"@type": "NewsArticle", "headline": "Bridge opens"}',
        '[{"@type": "Organization"}, {"@type": "NewsArticle", "headline": "Bridge opens"}]',
        '{"@graph": [{"@type": ["Article", "NewsArticle"], "headline": "Bridge opens"}]}',
        '{"@type": "WebPage", "mainEntity": {"@type": "Article", "headline": "Bridge opens"}}',
        '{"@type": "https://schema.org/NewsArticle", "headline": "Bridge opens"}',
        '{"@type": "LiveBlogPosting", "headline": "Bridge opens", "liveBlogUpdate": [{"@type": "BlogPosting", "headline": "x"}]}',
        '<!-- {"@type": "NewsArticle", "headline": "Bridge opens"} -->',
        '//<![CDATA[\n{"@type": "NewsArticle", "headline": "Bridge opens"}\n//]]>',
        '{"@type": "NewsArticle", /* the // title */ "headline": "Bridge opens",}',
        '{"@type": "NewsArticle", "headline": "Bridge opens", "keywords": ["a", "b",],};',
        '{"@type": "NewsArticle", "headline": "Bridge opens", "text": "one\ntwo\tthree"}',
        "{&quot;@type&quot;: &quot;NewsArticle&quot;, &quot;headline&quot;: &quot;Bridge opens&quot;}",
        '{"@type": "WebSite"}\n{"@type": "NewsArticle", "headline": "Bridge opens"}',
        '"{\\"@type\\": \\"NewsArticle\\", \\"headline\\": \\"Bridge opens\\"}"',
        '{"@type": "NewsArticle", "headline": {"@value": "Bridge opens"}}',
    ],
)
def test_the_article_is_found_in_every_shape(script: str) -> None:
    """Graphs, lists, full types, comments, trailing commas and escapes make no difference."""
    articles = [node for node in read_json_ld(script) if is_article(node)]
    assert [strings(node.get("headline")) for node in articles] == [["Bridge opens"]]


@pytest.mark.parametrize("script", ["", "null", "7", "{", "[[[", '"text"', "{]", "[" * 100_000])
def test_an_unreadable_script_gives_nothing(script: str) -> None:
    """No script can raise an error."""
    assert read_json_ld(script) == []


def test_a_string_with_slashes_is_not_a_comment() -> None:
    """What looks like a comment or a comma inside a string stays."""
    (node,) = read_json_ld('{"url": "https://a.example/x", "text": "a /* b */, ]",}')
    assert node == {"url": "https://a.example/x", "text": "a /* b */, ]"}


@pytest.mark.parametrize(
    ("author", "expected"),
    [
        ("Ann Example", ["Ann Example"]),
        (["Ann Example", {"name": "Ben Example"}], ["Ann Example", "Ben Example"]),
        (
            {"@type": "Person", "name": ["Ann Example", "Ben Example"]},
            ["Ann Example", "Ben Example"],
        ),
        ({"@id": "#ann"}, ["Ann Example"]),
        ([{"@id": "#ann"}, {"@id": "#nobody"}], ["Ann Example"]),
        ("https://social.example/ann", []),
        ("ann@press.example", []),
        ({"givenName": "Ann", "familyName": "Example"}, ["Ann Example"]),
        ({"name": "Ann O&#039;Neil"}, ["Ann O'Neil"]),
        (None, []),
        ([None, 7, {}], []),
    ],
)
def test_authors_are_read_in_every_shape(author: object, expected: list[str]) -> None:
    """Strings, objects, lists and references to other objects; addresses are not names."""
    assert names(author, [{"@id": "#ann", "@type": "Person", "name": "Ann Example"}]) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("it&#8217;s", "it’s"),
        ("it&amp;#8217;s", "it’s"),
        ("Smith &amp; Sons", "Smith & Sons"),
        ("The <em>Ann</em> sails", "The Ann sails"),
        ("if a < b", "if a < b"),
    ],
)
def test_text_is_decoded(text: str, expected: str) -> None:
    """Character references, also those escaped twice, and markup are not part of a text."""
    assert decoded(text) == expected


@given(st.text(alphabet='{}[]",:/*\\ a1&;<!-', max_size=200))
def test_no_script_breaks_the_reader(script: str) -> None:
    """Whatever the script, reading it gives objects or nothing."""
    assert all(isinstance(node, dict) for node in read_json_ld(script))


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda part: (
            st.lists(part, max_size=3)
            | st.dictionaries(
                st.sampled_from(["@type", "@graph", "@id", "name", "mainEntity", "@value"]),
                part,
                max_size=4,
            )
        ),
        max_leaves=12,
    )
)
def test_no_document_breaks_the_reader(document: object) -> None:
    """Values of any type in any place are passed over."""
    nodes = read_json_ld(json.dumps(document))
    with suppress(RecursionError):
        for node in nodes:
            is_article(node)
            names(node.get("name"), nodes)
