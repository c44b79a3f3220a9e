"""Tags are paired up without a parser."""

from __future__ import annotations

import pytest

from newsletter.rendering.markup import deepest_nesting, find_imbalance, find_suspect


@pytest.mark.parametrize(
    "source",
    [
        "",
        "plain < text & more > text",
        "<p>a<br>b<img src=x></p>",
        "<mj-image src='a>b' />",
        '<a title="1 > 0">x</a>',
        "<!-- <p> --><p></p>",
        "<p>\n<b>x</b>\n</p>",
    ],
)
def test_balanced(source: str) -> None:
    """Void elements, self-closed ones, comments and quoted brackets are no imbalance."""
    assert find_imbalance(source) is None


@pytest.mark.parametrize(
    ("source", "line", "message"),
    [
        ("<a>\n<b>\n</a>", 2, "<b> is not closed before </a> on line 3"),
        ("<a>\n</a>\n</b>", 3, "</b> closes nothing"),
        ("<a>\n\n<b>", 3, "<b> is not closed"),
    ],
)
def test_imbalance_names_the_line(source: str, line: int, message: str) -> None:
    """The first tag without a partner is named with its line."""
    found = find_imbalance(source)
    assert found is not None
    assert (found.line, found.message) == (line, message)


def test_deepest_nesting() -> None:
    """The depth is that of the deepest element, whatever is left open."""
    assert deepest_nesting("<a><b></b><c><d/></c></a>") == 2
    assert deepest_nesting("<i>" * 9000) == 9000
    assert deepest_nesting("</p></p><p>") == 1


@pytest.mark.parametrize(
    ("source", "line", "message"),
    [
        ("<a>\nx < y</a>", 2, "a bare <; write &lt;"),
        ("<a b='1'>\n\n<c d=1></c></a>", 3, "a value without quotes in <c>"),
    ],
)
def test_suspect_names_the_line(source: str, line: int, message: str) -> None:
    """What HTML forgives and MJML does not is found with its line."""
    found = find_suspect(source)
    assert found is not None
    assert (found.line, found.message) == (line, message)


def test_nothing_suspect() -> None:
    """Quoted values and escaped brackets raise no suspicion."""
    assert find_suspect("<a b=\"x=y < z\"><!-- < --><c d = '1'/>&lt; =</a>") is None
