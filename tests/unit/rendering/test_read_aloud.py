from __future__ import annotations

import pytest

from newsletter.rendering.read_aloud import read_aloud


def said(body: str) -> list[tuple[str, str]]:
    """Roles and words of a body."""
    spoken = read_aloud(f"<!DOCTYPE html><html><body>{body}</body></html>")
    return [(one.role, one.words) for one in spoken]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("<h2>News</h2><p>One.</p>", [("heading level 2", "News"), ("", "One.")]),
        ('<h2><a href="/a">News</a></h2>', [("heading level 2, link", "News")]),
        (
            '<p>Read <a href="/a">this</a>, please</p>',
            [("", "Read"), ("link", "this"), ("", ", please")],
        ),
        ('<a href="/a"><img src="a.png" alt="A lock"></a>', [("link", "A lock")]),
        ('<a href="/a" aria-label="Story"><img src="a.png" alt=""></a>', [("link", "Story")]),
        ('<img src="a.png" alt=""><img src="b.png" alt="Map">', [("picture", "Map")]),
        ("<ul><li>One</li><li>Two</li></ul>", [("list of 2", ""), ("", "One"), ("", "Two")]),
        ("<p>One <b>bold</b> word</p><p>Two</p>", [("", "One bold word"), ("", "Two")]),
        ("<p>One<br>Two</p>", [("", "One"), ("", "Two")]),
        ('<div role="main"><p>One</p></div>', [("main", ""), ("", "One")]),
        ('<table role="presentation"><tr><td>One</td><td>Two</td></tr></table>', [("", "One"), ("", "Two")]),
    ],
)  # fmt: skip
def test_a_mail_is_read_in_its_order(body: str, expected: list[tuple[str, str]]) -> None:
    """Headings, links, pictures and lists are said with what they are."""
    assert said(body) == expected


@pytest.mark.parametrize(
    "hidden",
    [
        '<div style="display:none">x</div>',
        '<div aria-hidden="true">x</div>',
        "<!-- x -->",
        "<style>x</style>",
        "<span> · </span>",
    ],
)
def test_what_is_hidden_is_not_said(hidden: str) -> None:
    """Hidden content, comments, style sheets and lone punctuation are silent."""
    assert said(f"{hidden}<p>One</p>") == [("", "One")]
