"""An issue as Markdown: our own reader of past issues reads it back."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from html import unescape
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from newsletter.issues.blocks import Block, BlockKind, Place
from newsletter.issues.issue import Issue, Words
from newsletter.issues.markdown import escaped, issue_markdown
from newsletter.issues.past.bundle import open_bundle
from newsletter.issues.past.files import read_files
from newsletter.issues.past.post import Standing
from tests.factories.issues import make_article, make_issue, make_item

SENT = datetime(2026, 3, 9, 7, 0, tzinfo=UTC)
HOSTILE = '"---\n# [x](https://evil.example) <script>`*_'


def an_issue() -> Issue:
    """Two articles in two sections, with words and blocks around them."""
    block = Block(id="1", kind=BlockKind.QUOTE, title="A quote", text="*So it is.*")
    over = replace(block, id="2", title="Long over", ends=date(2020, 1, 1), place=Place.END)
    items = [
        make_item(make_article(1, title="First & best"), section="News"),
        make_item(make_article(2), section="More"),
        make_item(make_article(3), section="More", hidden=True),
    ]
    return make_issue(
        items, words=Words(intro="Good *morning*.", closing="Bye."), blocks=(block, over)
    )


def markdown_of(issue: Issue, *, subject: str = "The subject", is_public: bool = True) -> str:
    """The issue with all its items."""
    return issue_markdown(
        replace(issue, subject=subject, preheader="What else"),
        sent_at=SENT,
        full_sections=(),
        is_public=is_public,
    )


def test_everything_that_readers_saw_is_there_in_order() -> None:
    """Hidden articles and blocks whose time is over are not."""
    text = markdown_of(an_issue())
    parts = ["Good *morning*.", "## News", "First \\& best", "A quote", "## More", "Bye."]
    places = [text.index(part) for part in parts]
    assert places == sorted(places)
    assert "Long over" not in text
    assert make_article(3).title not in text


@pytest.mark.parametrize("subject", ["The subject", HOSTILE, "Yes: 'no' #1", "{{ config }}"])
def test_it_is_read_back(tmp_path: Path, subject: str) -> None:
    """By the import of past issues, whatever the subject has in it."""
    (tmp_path / "2026-03-09-weekly-1.md").write_text(
        markdown_of(an_issue(), subject=subject), encoding="utf-8"
    )
    (post,) = read_files(open_bundle(tmp_path))
    assert (post.problem, post.title, post.published) == (None, subject.strip(), SENT)
    assert post.summary == "What else"
    assert post.standing is Standing.PUBLISHED


def test_an_issue_for_some_readers_is_marked(tmp_path: Path) -> None:
    """So that no import publishes it."""
    (tmp_path / "a.md").write_text(markdown_of(an_issue(), is_public=False), encoding="utf-8")
    (post,) = read_files(open_bundle(tmp_path))
    assert post.standing is Standing.RESTRICTED


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["Cc", "Zl", "Zp"])))
@example("1. one")
@example("- one")
@example("=== one")
@example("&lt;b&gt;")
@example("~~~ one")
def test_an_escaped_text_is_only_text(text: str) -> None:
    """No heading, list, link, markup or emphasis comes of it, and no word is lost."""
    html = MarkdownIt("commonmark").render(escaped(text))
    assert html.count("<") == html.count("<p>") + html.count("</p>") <= 2
    assert unescape(html.removeprefix("<p>").removesuffix("</p>\n")).split() == text.split()
