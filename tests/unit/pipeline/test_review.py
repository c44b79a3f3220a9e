"""Comments by reviewers: what is kept, and one mail for all of them."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from newsletter.errors import InputError, NotPermittedError, UnknownNameError
from newsletter.issues.review import Remark, ReviewComment
from newsletter.pipeline.approve import approve
from newsletter.pipeline.review import (
    LONGEST_TEXT,
    comment,
    require_settled,
    settle_comment,
    tell_of_comments,
)
from newsletter.site.site import Site
from newsletter.store.database import Database
from newsletter.store.issues import find_issue
from newsletter.store.review_comments import comments_mark, comments_on
from newsletter.store.tables import outbox
from newsletter.store.users import Role, save_user
from tests.factories.desk import NOW, SLUG, drafted, make_site


@pytest.fixture
def site(database: Database, tmp_path: Path) -> Site:
    """A site with the draft of No. 1 and one publisher, on SQLite and PostgreSQL."""
    site = make_site(database, tmp_path)
    drafted(site)
    with site.database.transaction() as connection:
        for address, role in (
            ("boss@example.org", Role.PUBLISHER),
            ("copy@example.org", Role.EDITOR),
        ):
            save_user(connection, address, name="", role=role, now=NOW)
    return site


def make_remark(**changes: str) -> Remark:
    """A remark on the whole issue."""
    return Remark(**{"article_key": "", "about": "", "name": "Ada", "text": "Fine.", **changes})


def kept(site: Site) -> list[ReviewComment]:
    """The comments on No. 1."""
    with site.database.transaction(read_only=True) as connection:
        return comments_on(connection, find_issue(connection, SLUG, 1))


def letters(site: Site) -> list[tuple[str, bytes]]:
    """Recipient and message of every letter in the outbox."""
    with site.database.transaction(read_only=True) as connection:
        rows = connection.execute(sa.select(outbox.c.recipient, outbox.c.message))
        return [(row[0], bytes(row[1])) for row in rows]


def test_a_comment_is_kept_as_plain_text_with_the_headline(site: Site) -> None:
    """Markup stays as it was typed, control characters go, lines stay."""
    with site.database.transaction(read_only=True) as connection:
        item = find_issue(connection, SLUG, 1).items[0]
    remark = make_remark(article_key=item.article.key, text="<b>One</b>\r\n\x07two  \n\n")
    comment(site, SLUG, 1, remark, now=NOW)
    (made,) = kept(site)
    assert made.remark.text == "<b>One</b>\ntwo"
    assert made.remark.about == item.title


@pytest.mark.parametrize(
    "changes", [{"name": " "}, {"text": "\n \n"}, {"text": "x" * (LONGEST_TEXT + 1)}]
)
def test_what_is_empty_or_endless_is_refused(site: Site, changes: dict[str, str]) -> None:
    """And nothing is kept."""
    with pytest.raises(InputError):
        comment(site, SLUG, 1, make_remark(**changes), now=NOW)
    assert kept(site) == []


def test_an_article_that_is_gone_and_an_issue_that_is_sent(site: Site) -> None:
    """Comments are for what can still be changed."""
    with pytest.raises(UnknownNameError):
        comment(site, SLUG, 1, make_remark(article_key="gone"), now=NOW)
    approve(site, SLUG, 1, now=NOW)
    comment(site, SLUG, 1, make_remark(), now=NOW)  # it can be reopened
    with site.database.transaction() as connection:
        connection.execute(sa.text("UPDATE issues SET state = 'sent'"))
    with pytest.raises(NotPermittedError):
        comment(site, SLUG, 1, make_remark(), now=NOW)


def test_a_comment_is_resolved_and_opened_again(site: Site) -> None:
    """Each changes the mark that the desk's tabs ask for; approving asks while one stands."""
    marks = []

    def mark() -> None:
        with site.database.transaction(read_only=True) as connection:
            marks.append(comments_mark(connection, SLUG, 1))

    mark()
    comment(site, SLUG, 1, make_remark(), now=NOW)
    mark()
    (made,) = kept(site)
    with site.database.transaction(read_only=True) as connection:
        issue = find_issue(connection, SLUG, 1)
    with pytest.raises(NotPermittedError, match="1 comment is open"):
        require_settled(site, issue, despite=0)
    require_settled(site, issue, despite=1)
    settle_comment(site, issue, made.id, editor="copy@example.org", is_resolved=True, now=NOW)
    mark()
    require_settled(site, issue, despite=0)
    assert kept(site)[0].resolved_by == "copy@example.org"
    settle_comment(site, issue, made.id, editor="copy@example.org", is_resolved=False, now=NOW)
    assert kept(site)[0].is_open
    assert len(set(marks)) == 3
    with pytest.raises(UnknownNameError):
        settle_comment(site, issue, 999, editor="copy@example.org", is_resolved=True, now=NOW)


def test_publishers_get_one_mail_for_several_comments(site: Site) -> None:
    """Once it has been quiet for a while, each comment in one mail only."""

    def tell(at: datetime) -> int:
        return tell_of_comments(site, now=at)

    comment(site, SLUG, 1, make_remark(text="The first."), now=NOW)
    comment(site, SLUG, 1, make_remark(text="<i>The second.</i>"), now=NOW + timedelta(minutes=4))
    assert tell(NOW + timedelta(minutes=8)) == 0
    assert tell(NOW + timedelta(minutes=9)) == 1
    assert tell(NOW + timedelta(minutes=10)) == 0
    ((recipient, message),) = letters(site)
    assert recipient == "boss@example.org"
    assert b"The first." in message
    assert b"&lt;i&gt;The second." in message
    assert b"<i>The second." in message, "the text part is plain text"
    comment(site, SLUG, 1, make_remark(text="The third."), now=NOW + timedelta(hours=1))
    assert tell(NOW + timedelta(hours=2)) == 1
    assert b"The first." not in letters(site)[-1][1]
