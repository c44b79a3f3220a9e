"""The subject line from the newsletter's template."""

from __future__ import annotations

import pytest

from newsletter.errors import ConfigurationError
from newsletter.rendering.subject import LONGEST, render_subject
from tests.factories.editions import make_masthead
from tests.factories.issues import make_article, make_item, make_items


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{{ lead.title }}", "Story 1: a valve that learns the tide"),
        ("{{ newsletter }} #{{ number }}", "Good Gear Weekly #12"),
        ("{{ lead.title }} and {{ items|length - 1 }} more", "Story 1: a valve that learns the tide and 2 more"),
        ("{% for i in items %}{{ i.title[:7] }} {% endfor %}", "Story 1 Story 2 Story 3"),
    ],
)  # fmt: skip
def test_subject(template: str, expected: str) -> None:
    """The template sees the newsletter, the number, the lead and the items."""
    subject = render_subject(template, masthead=make_masthead(), number=12, items=make_items(3))
    assert subject == expected


def test_subject_is_one_line() -> None:
    """A title cannot add a header, nor fill the inbox."""
    article = make_article(title="a\r\nBcc: evil@example.org\u2028" + "x" * 300)
    subject = render_subject(
        "{{ lead.title }}", masthead=make_masthead(), number=1, items=[make_item(article)]
    )
    assert subject.startswith("a Bcc: evil@example.org x")
    assert len(subject.splitlines()) == 1
    assert len(subject) <= LONGEST


def test_title_is_not_a_template() -> None:
    """Braces in an article's title stay braces."""
    article = make_article(title="{{ newsletter }} & <b>")
    subject = render_subject(
        "{{ lead.title }}", masthead=make_masthead(), number=1, items=[make_item(article)]
    )
    assert subject == "{{ newsletter }} & <b>"


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("{{ leed.title }}", "'leed' is undefined"),
        ("{{ lead.titel }}", "no attribute 'titel'"),
        ("{{ lead.title", "expected 'end of print statement'"),
        ("{{ 1 / 0 }}", "division by zero"),
        ("{{ ''.__class__.__mro__ }}", "unsafe"),
        ("  ", "renders to an empty line"),
    ],
)
def test_wrong_subject_is_named(template: str, message: str) -> None:
    """A mistake is a ConfigurationError with the field it stands in."""
    field = "newsletters.weekly.subject"
    with pytest.raises(ConfigurationError, match=message) as caught:
        render_subject(
            template, masthead=make_masthead(), number=1, items=make_items(1), field=field
        )
    assert caught.value.problem.field == field
    assert "{{ lead.title }}" in str(caught.value.problem.fix)
