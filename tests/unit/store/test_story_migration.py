"""How a site from before stories becomes one that has them: nothing is lost, drafts stay."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from newsletter.articles.identity.sources import Configured
from newsletter.store.articles import save_articles
from newsletter.store.database import Database, open_database
from newsletter.store.issues import find_issue, used_by
from newsletter.store.migrations import upgrade
from newsletter.store.sources import find_sources, settle_sources
from newsletter.store.tables import articles, audit
from tests.factories.articles import an_article
from tests.factories.gathered import load_articles

NOW = datetime(2026, 3, 5, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)
BRIDGE = "https://example.org/bridge"


@pytest.fixture(params=["sqlite", "postgres"])
def old_site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database as the version before stories left it."""
    url = "sqlite:///old.db"
    if request.param == "postgres":
        url = request.getfixturevalue("empty_postgres_url")
    database = open_database(url, tmp_path)
    upgrade(database, to="0001")
    yield database
    database.close()


def insert(database: Database, table: str, **values: Any) -> None:
    """Write a row as the old version would have."""
    shown = {
        name: value.isoformat(sep=" ", timespec="microseconds")
        if database.is_sqlite and isinstance(value, datetime)
        else json.dumps(value) if isinstance(value, (list, dict)) else value
        for name, value in values.items()
    }  # fmt: skip
    names = ", ".join(shown)
    slots = ", ".join(f":{name}" for name in shown)
    with database.transaction() as connection:
        connection.execute(sa.text(f"INSERT INTO {table} ({names}) VALUES ({slots})"), shown)  # noqa: S608


def old_article(database: Database, location: str, url: str, **changes: Any) -> None:
    """An article that a source at `location` told of, by its old key."""
    values = {
        "newsletter": "weekly", "location": location, "source": "Site News", "key": url, "url": url,
        "title": "Council opens the new bridge", "summary": "", "body_html": "", "body_text": "",
        "tags": [], "author": "", "agency": "", "published": NOW, "first_seen": NOW,
    }  # fmt: skip
    insert(database, "articles", **{**values, **changes})


def old_issue(database: Database, number: int, state: str, items: list[dict[str, Any]]) -> None:
    """An issue with items as the old version kept them."""
    insert(
        database, "issues", id=number, newsletter="weekly", number=number, state=state,
        window_start=NOW, window_end=NOW, due=NOW, due_date=f"2026-03-0{number}", subject="",
        preheader="", note="", frozen_hash="", words={}, blocks=[], version=1,
    )  # fmt: skip
    for position, item in enumerate(items):
        article = {
            "url": item["key"], "title": item.get("title", "x"), "source": "Site News",
            "published": NOW.isoformat(), "dated": True, "summary": "", "body_html": "",
            "body_text": "", "tags": [], "author": "", "agency": "", "image": None, "also": [],
            "merged_keys": item.get("merged", []), "key": item["key"],
        }  # fmt: skip
        insert(
            database, "items", issue_id=number, article_key=item["key"], section="This week",
            position=position, pinned=item.get("pinned", False), hidden=item.get("hidden", False),
            placed=item.get("placed", False),
            reason="", overrides=item.get("overrides", {}), article=article,
        )  # fmt: skip
        if state == "sent":
            for key in (item["key"], *item.get("merged", [])):
                insert(database, "used_keys", newsletter="weekly", article_key=key, issue_id=number)


def test_what_a_site_knew_it_still_knows(old_site: Database) -> None:
    """Tellings become one story, http and https too; what was used is used, and it is told."""
    feed, other = "https://example.org/feed", "https://example.net/rss"
    old_article(old_site, feed, BRIDGE)
    old_article(old_site, other, BRIDGE)
    old_article(old_site, feed + "/", BRIDGE.replace("https", "http"), first_seen=NOW + HOUR)
    old_article(old_site, feed, "https://example.org/2", title="Ferry sails")
    old_article(old_site, other, "https://example.net/ferry", title="A ferry sails")
    merged = {"key": "https://example.org/2", "merged": ["https://example.net/ferry"]}
    old_issue(old_site, 1, "sent", [merged, {"key": "https://gone.example/old"}])
    upgrade(old_site)
    with old_site.transaction() as connection:
        found = load_articles(connection, "weekly", since=NOW - HOUR)
        assert sorted((article.title, first) for article, first in found) == [
            ("A ferry sails", NOW),
            ("Council opens the new bridge", NOW),
            ("Council opens the new bridge", NOW),
            ("Ferry sails", NOW),
        ]
        assert len({article.key for article, _first in found}) == 2
        assert set(used_by(connection, "weekly")) == {
            "https://example.org/2", "https://example.net/ferry", "https://gone.example/old"
        }  # fmt: skip
        told = connection.execute(sa.select(audit.c.what, audit.c.detail)).one()
        assert told.what == "upgraded stories"
        assert (
            "keys joined to another: 2; articles that a source told twice, and that are kept once: 1"
            in (told.detail)
        )
        places = [Configured(location=feed), Configured(location=feed + "/")]
        assert len(find_sources(connection, "weekly", places)) == 1


def test_a_draft_keeps_what_editors_did(old_site: Database) -> None:
    """Order, pins, hides and overrides stand, and the next gathering finds the same stories."""
    old_article(old_site, "https://example.org/feed", BRIDGE)
    overrides = {"title": "Bridge!", "summary": None, "image": None, "link_text": None}
    old_issue(
        old_site, 2, "draft",
        [{"key": "https://example.org/2", "hidden": True, "placed": True}, {"key": BRIDGE, "pinned": True, "overrides": overrides}],
    )  # fmt: skip
    upgrade(old_site)
    with old_site.transaction() as connection:
        issue = find_issue(connection, "weekly", None)
        assert [(item.article.key, item.pinned, item.title) for item in issue.items] == [
            ("https://example.org/2", False, "x"), (BRIDGE, True, "Bridge!")
        ]  # fmt: skip
        assert [(item.hidden, item.placed) for item in issue.items] == [
            (True, True),
            (False, False),
        ]
        place = [Configured(location="https://www.example.org/feed/")]
        (source,) = settle_sources(connection, "weekly", place, NOW)
        again = an_article(
            "Council opens the new bridge", url=BRIDGE.replace("https", "http"), published=NOW
        )
        save_articles(connection, "weekly", source, [again], NOW + HOUR)
        count = sa.select(sa.func.count()).select_from(articles)
        assert connection.scalar(count) == 1
        assert load_articles(connection, "weekly", since=NOW - HOUR)[0][0].key == BRIDGE
