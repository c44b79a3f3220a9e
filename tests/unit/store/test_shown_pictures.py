"""The texts that name a picture are found wherever an issue, or a step that can be undone, has them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from newsletter.articles.article import Image
from newsletter.issues.blocks import Block, BlockKind
from newsletter.issues.edits import Edit, Illustrate, PutBlock, Say
from newsletter.issues.issue import Issue
from newsletter.pipeline.edit import EditRequest, edit
from newsletter.site.site import Site
from newsletter.store.database import Database
from newsletter.store.shown_pictures import texts_with
from newsletter.store.tables import issues, items
from tests.factories.desk import NOW, SLUG, drafted, make_site

AT = "https://news.example.org/pictures/kept/"
PICTURE = Image(url=f"{AT}1.jpg", alt="A bridge", answers=True)


@pytest.fixture
def site(database: Database, tmp_path: Path) -> Site:
    """A site on SQLite and on PostgreSQL."""
    return make_site(database, tmp_path)


def do(site: Site, issue: Issue, edited: Edit) -> Issue:
    """Make the edit."""
    request = EditRequest(newsletter=SLUG, number=1, editor="ed", seen_version=issue.version)
    return edit(site, request, [edited], now=NOW).issue


def found(site: Site) -> list[str]:
    """The texts that name a kept picture."""
    with site.database.transaction(read_only=True) as connection:
        return list(texts_with(connection, "/pictures/kept/"))


def test_a_picture_is_found_wherever_it_is_shown(site: Site) -> None:
    """With an article, a block and a note, and in an article that another issue carried."""
    issue = drafted(site)
    assert found(site) == []
    issue = do(site, issue, Illustrate(item=issue.items[0].article.key, image=PICTURE))
    block = Block(id="ad", kind=BlockKind.SPONSOR, title="Ropes")
    issue = do(site, issue, PutBlock(block=replace(block, picture=replace(PICTURE, url=AT + "2"))))
    do(site, issue, Say(name="intro", text=f"![A rope]({AT}3)"))
    with site.database.transaction() as connection:
        connection.execute(sa.update(issues).values(state="sent"))
        carried = sa.select(items.c.article).where(
            items.c.article_key == issue.items[1].article.key
        )
        article = {**connection.execute(carried).scalar_one(), "image": {"url": AT + "4"}}
        connection.execute(
            sa.update(items)
            .where(items.c.article_key == issue.items[1].article.key)
            .values(article=article)
        )
    texts = found(site)
    assert len(texts) == 4
    for name in ("1.jpg", "2", "3", "4"):
        assert any(AT + name in text for text in texts)


def test_what_may_still_be_undone_is_found_until_the_issue_is_sent(site: Site) -> None:
    """The picture was replaced, and undoing brings it back."""
    issue = drafted(site)
    key = issue.items[0].article.key
    issue = do(site, issue, Illustrate(item=key, image=PICTURE))
    do(site, issue, Illustrate(item=key, image=None))
    assert found(site) != []
    with site.database.transaction() as connection:
        connection.execute(sa.update(issues).values(state="sent"))
    assert found(site) == []
