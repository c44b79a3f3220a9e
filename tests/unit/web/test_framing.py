from __future__ import annotations

import pytest

from newsletter.rendering.lint.document import Document, finding
from newsletter.rendering.render_edition import render_edition
from newsletter.rendering.sample import SAMPLE_MASTHEAD
from newsletter.rendering.theme import open_theme
from newsletter.web.editor.differences import differences
from newsletter.web.editor.framing import (
    Mark,
    frame_policy,
    framed,
    mark_of,
    plain_frame,
    read_mark,
    with_place,
)
from newsletter.web.editor.inbox import inbox_rows
from tests.factories.issues import make_issue, make_items

ISSUE = make_issue(make_items(3, pictures=True))
MAIL = render_edition(
    ISSUE,
    ISSUE.items,
    masthead=SAMPLE_MASTHEAD,
    theme=open_theme(None),
    nonce="nonce-of-tests",
    web_url="https://news.example.org/archive/weekly/12",
).html


def test_as_sent_is_byte_for_byte_what_is_sent() -> None:
    """The plain view changes nothing: its hash is the hash of what readers get."""
    assert framed(MAIL) == MAIL


def test_an_article_can_be_jumped_to_by_its_first_link() -> None:
    """Nothing else changes; an address that the mail does not have changes nothing."""
    url = ISSUE.items[1].article.url
    html = with_place(MAIL, url)
    assert html.replace('<span id="here"></span>', "") == MAIL
    before, _, after = html.partition('<span id="here"></span>')
    assert before.count(url) == 1
    assert url in after, "the first of several links"
    assert with_place(MAIL, "https://elsewhere.example.org/") == MAIL


@pytest.mark.parametrize(("scheme", "answered"), [("light", "not all"), ("dark", "all")])
def test_a_scheme_answers_the_mails_questions(scheme: str, answered: str) -> None:
    """No media query is left to the editor's own screen."""
    html = framed(MAIL, scheme=scheme)  # type: ignore[arg-type] # parametrised
    assert "prefers-color-scheme" not in html
    assert f"@media {answered}" in html


def test_inverted_is_light_turned_over() -> None:
    """A client that inverts by itself reads no dark styles."""
    html = framed(MAIL, scheme="inverted")
    assert "@media not all" in html
    assert "invert(1)" in html


def test_a_client_without_style_keeps_the_style_attributes() -> None:
    """Only the blocks go."""
    html = framed(MAIL, styles=False)
    assert "<style" not in html
    assert 'style="' in html


def test_the_very_element_of_a_finding_is_outlined_and_nothing_else_is() -> None:
    """The element a finding speaks of can be jumped to, among others on its line."""
    links = Document(MAIL).elements("a")
    link = next(link for link in links if link.get("href") == ISSUE.items[1].article.url)
    mark = mark_of(finding(link, "link-text", "warning", who="w", fix="f"))
    assert read_mark(str(mark)) == mark
    html = framed(MAIL, mark=mark)
    assert html.count("outline:3px") == 1
    (found,) = [one for one in Document(html).elements() if one.get("id") == "found"]
    assert (found.tag, found.get("href")) == ("a", link.get("href"))


def test_a_line_alone_marks_its_first_element() -> None:
    """And a line that is not there marks nothing."""
    line = next(n for n, text in enumerate(MAIL.splitlines(), 1) if "picture-1.png" in text)
    assert framed(MAIL, mark=Mark(line=line)).count('id="found"') == 1
    assert framed(MAIL, mark=Mark(line=999_999)) == MAIL


@pytest.mark.parametrize("text", ["", "0", "-1", "9" * 7, "1-", "1-xyz", "1-0123456789"])
def test_what_is_no_mark_marks_nothing(text: str) -> None:
    """Addresses are typed by anybody."""
    assert read_mark(text) is None


def test_no_frame_may_run_send_or_leave() -> None:
    """The policy forbids scripts, forms and frames; pictures where they are off."""
    policy = frame_policy(images=False)
    assert "script-src" not in policy
    assert "default-src 'none'" in policy
    assert "form-action 'none'" in policy
    assert "img-src 'none'" in policy
    assert policy.endswith("sandbox")


def test_a_raw_message_is_text_in_its_frame() -> None:
    """Markup in it is shown, not followed."""
    assert "<script>" not in plain_frame("<script>alert(1)</script>")


def test_differences_show_what_went_and_came_with_a_little_around() -> None:
    """Far-away sameness is folded."""
    before = "\n".join(["a"] * 10 + ["old"] + ["b"] * 20 + ["c"])
    after = "\n".join(["a"] * 10 + ["new"] + ["b"] * 20 + ["c", "d"])
    kinds = [(line.kind, line.text) for line in differences(before, after)]
    assert ("gone", "old") in kinds
    assert ("new", "new") in kinds
    assert ("new", "d") in kinds
    assert kinds.count(("fold", "")) == 1
    assert len(kinds) < 14
    assert differences(before, before) == []


def test_inboxes_cut_long_subjects_and_say_so() -> None:
    """A short subject is cut nowhere, a long one is by the narrow clients."""
    assert not any(row.cut for row in inbox_rows("Short", "And a preheader"))
    rows = {row.client: row for row in inbox_rows("A subject of quite some " * 4, "Preheader")}
    assert all(row.cut for row in rows.values())
    assert len(rows["Gmail, phone"].subject) < len(rows["Outlook, Windows"].subject)
