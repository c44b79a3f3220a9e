"""When the publishers are told of comments, and what a comment is about."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from newsletter.issues.review import about_of, is_time_to_tell
from tests.factories.issues import DUE, make_issue, make_items


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [([], False), ([5], True), ([4], False), ([20, 1], False), ([30, 1], True), ([60, 6], True)],
)
def test_one_mail_waits_for_a_quiet_moment_but_not_for_long(
    minutes: list[int], expected: bool
) -> None:
    """Five minutes after the last comment, and no later than half an hour after the first."""
    made = [DUE - timedelta(minutes=ago) for ago in minutes]
    assert is_time_to_tell(made, DUE) is expected


def test_a_comment_is_about_an_article_that_readers_see() -> None:
    """Or about the whole issue."""
    shown, hidden = make_items(2)
    issue = make_issue([shown, replace(hidden, hidden=True)])
    assert about_of(issue, shown.article.key) == shown.title
    assert about_of(issue, "") == ""
    assert about_of(issue, hidden.article.key) is None
