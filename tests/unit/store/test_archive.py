from __future__ import annotations

import sqlalchemy as sa

from newsletter.articles.article import Tag
from newsletter.issues.issue import Overrides, State
from newsletter.store.archive import ArchivedStory, PublishedIssue, published, stories_of
from newsletter.store.database import Database
from newsletter.store.issues import save_draft
from newsletter.store.tables import issues
from tests.factories.issues import DUE, make_article, make_issue, make_item


def test_the_public_sees_sent_issues_and_what_readers_saw(database: Database) -> None:
    """Neither drafts nor hidden items; an editor's words before the article's."""
    tag = Tag(slug="c++", label="C++ “x” 中")
    items = (
        make_item(make_article(1), overrides=Overrides(title="Better", summary="")),
        make_item(make_article(2, tags=(tag,)), position=1),
        make_item(make_article(3), position=2, hidden=True),
    )
    with database.transaction() as connection:
        for number, state in ((1, State.SENT), (2, State.SENDING), (3, State.DRAFT)):
            issue = make_issue(items, number=number, subject=f"No. {number}")
            save_draft(connection, issue, due_date=f"2025-03-0{number}")
            if state is not State.DRAFT:
                connection.execute(
                    sa.update(issues)
                    .where(issues.c.number == number)
                    .values(state=state, send_started_at=DUE)
                )
        listed = published(connection, "weekly", limit=5)
        assert listed == [
            PublishedIssue(number=2, subject="No. 2", preheader="", sent_at=DUE, dated=DUE),
            PublishedIssue(number=1, subject="No. 1", preheader="", sent_at=DUE, dated=DUE),
        ]
        assert published(connection, "weekly", limit=5, before=2) == listed[1:]
        assert published(connection, "daily", limit=5) == []
        first, second = stories_of(connection, "weekly", [1])[1]
    assert (first.title, first.summary) == ("Better", "")
    article = make_article(2)
    assert second == ArchivedStory(
        key=article.key,
        title=article.title,
        url=article.url,
        summary=article.summary,
        tags=(tag,),
        section="News",
    )
