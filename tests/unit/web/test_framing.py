from __future__ import annotations

import pytest

from newsletter.rendering.press import render_edition
from newsletter.rendering.sample import SAMPLE_MASTHEAD
from newsletter.rendering.theme import open_theme
from newsletter.web.editor.differences import differences
from newsletter.web.editor.framing import frame_policy, framed, plain_frame
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


def test_a_marked_line_is_outlined_and_nothing_else_is() -> None:
    """The element a finding speaks of can be jumped to."""
    line = next(n for n, text in enumerate(MAIL.splitlines(), 1) if "picture-1.png" in text)
    html = framed(MAIL, mark=line)
    assert html.count('id="found"') == 1
    assert html.count("outline:3px") == 1
    assert framed(MAIL, mark=999_999) == MAIL


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
