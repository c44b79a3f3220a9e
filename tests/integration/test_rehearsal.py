"""`newsletter rehearse`: the coming weeks from what sources brought, with nothing changed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from newsletter.articles.identity.sources import Configured
from newsletter.config.loading import load_settings
from newsletter.pipeline.rehearsal.rehearse import rehearse
from newsletter.pipeline.rehearsal.replay import Flow
from newsletter.pipeline.rehearsal.season import Season, Trouble
from newsletter.site.site import Site
from newsletter.store.articles import save_articles
from newsletter.store.newsletters import lock_newsletter
from newsletter.store.sources import settle_sources
from newsletter.store.transfer import Copied, totals_of
from tests.acceptance.site import CommandLine
from tests.factories.articles import an_article
from tests.factories.site import make_site

NOW = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)
DAY, WEEK = timedelta(days=1), timedelta(weeks=1)
FEEDS = {"busy": 4, "young": 2, "gone": 0}
"""Feeds, and how many articles each brought in each of the weeks that are known of it."""

TABLES = "".join(
    f'[[newsletters.weekly.sources]]\nfeed = "https://{name}.example/feed"\nname = "{name}"\n'
    for name in FEEDS
)
DIGEST = """
[newsletters.monthly]
title = "The Monthly"
from = "The Monthly <monthly@news.example.org>"
list = "weekly"
schedule = "0 8 1 * *"
digest_of = "weekly"
"""
VERBS = ["opens", "closes", "visits", "repairs", "sells", "finds", "builds", "paints"]


@contextmanager
def a_site(folder: Path, **settings: Any) -> Iterator[Site]:
    """A site with three feeds that knows them for eight weeks."""
    made = make_site(folder, now=NOW - 8 * WEEK, **{"tables": TABLES, **settings})
    try:
        yield made
    finally:
        made.database.close()


@pytest.fixture
def site(tmp_path: Path, database_url: str) -> Iterator[Site]:
    """It has read one feed for eight weeks, one for two, and one never; on either database."""
    with a_site(tmp_path, database=database_url, relay='rate = "1/m"') as made:
        bring(made, "busy", weeks=8)
        bring(made, "young", weeks=2)
        yield made


def bring(site: Site, feed: str, *, weeks: int) -> None:
    """Articles of the feed in each of the last weeks, each seen an hour after it was published."""
    for number in range(weeks * FEEDS[feed]):
        week, nth = divmod(number, FEEDS[feed])
        at = NOW - (week + 1) * WEEK + (nth + 1) * DAY
        word = f"{feed}{week}x{nth}".translate(str.maketrans("0123456789", "abcdefghij"))
        article = an_article(
            f"{word.capitalize()} {VERBS[(week + nth) % 8]} {word[::-1]}",
            url=f"https://{feed}.example/{word}",
            source=feed,
            published=at,
            summary=f"What {word} did.",
            body_text=f"What {word} did with {word[::-1]}.",
        )
        seen = at + timedelta(hours=1)
        with site.database.transaction() as connection:
            lock_newsletter(connection, "weekly", seen)
            where = Configured(location=f"https://{feed}.example/feed", name=feed)
            (source,) = settle_sources(connection, "weekly", [where], seen)
            save_articles(connection, "weekly", source, [article], seen)


def files_of(folder: Path) -> dict[str, str]:
    """Every file of the site with the hash of its content."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and not path.name.endswith(("-shm", "-wal"))
    }


def rows_of(site: Site) -> list[Copied]:
    """The number of rows of every table, and their hash."""
    with site.database.transaction(read_only=True) as connection:
        return totals_of(connection)


def season(site: Site, *slugs: str, weeks: int = 4, past: int = 8) -> Season:
    """The coming weeks of these newsletters, or of the only one."""
    return rehearse(site, slugs or ("weekly",), weeks=weeks, past=past, now=NOW)


def test_the_coming_issues_have_what_the_sources_bring_in_a_week(site: Site) -> None:
    """Four articles of one feed and two of the other, each to the sink, by the relay's rate."""
    found = season(site)
    assert [issue.name for issue in found.issues] == [f"weekly/{number}" for number in range(1, 5)]
    assert [issue.stories for issue in found.issues[1:]] == [6, 6, 6]
    assert all(issue.due.weekday() == 0 and issue.due.hour == 7 for issue in found.issues)
    assert all(issue.accepted == 2 for issue in found.issues)
    assert all(0 < issue.octets < 102_000 for issue in found.issues)
    assert all(issue.readers == 4 for issue in found.issues)
    assert {issue.takes for issue in found.issues} == {timedelta(minutes=4)}
    assert not any(issue.troubles for issue in found.issues)


def test_the_sources_say_what_they_bring(site: Site) -> None:
    """A feed that was never read brings nothing; a young one is not silent."""
    by_name = {source.name: source for source in season(site).sources}
    assert by_name["busy"].habit.weeks == (4,) * 8
    assert by_name["young"].habit.weeks == (2, 2)
    assert by_name["gone"].habit.flow is Flow.DRY
    assert by_name["gone"].carried == 0
    assert by_name["busy"].carried > by_name["young"].carried > 0


def test_nothing_of_the_site_is_changed(site: Site, tmp_path: Path) -> None:
    """Neither its database nor its folder, and no directory is left anywhere."""
    before = files_of(tmp_path), rows_of(site)
    season(site, weeks=2)
    assert (files_of(tmp_path), rows_of(site)) == before


def test_a_thin_issue_is_skipped_and_its_articles_go_into_the_next(tmp_path: Path) -> None:
    """Four articles a week, where five are needed: every second issue is sent."""
    with a_site(tmp_path, min_items=5) as site:
        bring(site, "busy", weeks=8)
        found = season(site, weeks=6)
    thin = [Trouble.THIN in issue.troubles for issue in found.issues]
    assert thin[1:] in ([True, False, True, False, True], [False, True, False, True, False])
    assert all(issue.accepted == 0 for issue in found.issues if Trouble.THIN in issue.troubles)


def test_a_send_that_outlasts_the_lateness_is_late(tmp_path: Path) -> None:
    """Four readers at one message an hour have it after four hours; two are allowed."""
    two_hours = {"NEWSLETTER__NEWSLETTERS__WEEKLY__MAX_LATENESS": "2h"}
    with a_site(tmp_path, relay='rate = "1/h"') as site:
        bring(site, "busy", weeks=8)
        found = season(replace(site, settings=load_settings(tmp_path, two_hours)), weeks=2)
    assert [Trouble.LATE in issue.troubles for issue in found.issues] == [True, True]
    assert {issue.takes for issue in found.issues} == {timedelta(hours=4)}


def test_an_issue_that_gmail_would_clip_is_named_and_the_next_is_made(tmp_path: Path) -> None:
    """Full articles of forty kilobytes: the lint forbids to approve them as they are."""
    sections = '[[newsletters.weekly.sections]]\ntitle = "All"\nmax_items = 500\n'
    with a_site(tmp_path, tables=sections + TABLES) as site:
        with site.database.transaction() as connection:
            lock_newsletter(connection, "weekly", NOW - 6 * DAY)
            where = Configured(location="https://busy.example/feed", name="busy")
            (source,) = settle_sources(connection, "weekly", [where], NOW - 6 * DAY)
            articles = [
                an_article(
                    f"Headline {number} of {'many words ' * 12}",
                    url=f"https://busy.example/{number}",
                    published=NOW - 5 * DAY - timedelta(minutes=number),
                    summary="A summary of a usual length, as feeds have them. " * 6,
                )
                for number in range(300)
            ]
            save_articles(connection, "weekly", source, articles, NOW - 4 * DAY)
        found = season(site, weeks=2, past=1)
    assert [Trouble.CLIPPED in issue.troubles for issue in found.issues] == [True, True]
    assert all("size" in issue.blocking and issue.accepted == 0 for issue in found.issues)


def test_a_digest_is_rehearsed_from_the_rehearsed_issues(tmp_path: Path) -> None:
    """It shows what the issues of its newsletter would show; only it is listed."""
    with a_site(tmp_path, tables=TABLES + DIGEST) as site:
        bring(site, "busy", weeks=8)
        found = season(site, "monthly", weeks=9)
    assert [issue.name for issue in found.issues] == ["monthly/1", "monthly/2"]
    assert all(issue.stories > 0 for issue in found.issues)
    assert [issue.accepted for issue in found.issues] == [1, 1]


def test_the_command_prints_a_table_a_document_and_a_plot(site: Site, tmp_path: Path) -> None:
    """By the command line, as an editor asks."""
    command = CommandLine(folder=tmp_path, environment={})
    plot = tmp_path / "season.svg"
    answer = command.done("rehearse", "weekly", "--weeks", "2", "--plot", str(plot), now=NOW)
    assert "weekly/2  Mon 2026-03-16 07:00" in answer.out
    assert "weekly: gone" in answer.out
    assert answer.out.endswith("2 issues: nothing is wrong\n4 sources: 2 dry\n")
    assert etree.parse(plot).getroot().tag.endswith("svg")
    document = json.loads(command.done("rehearse", "--weeks", "1", "--json", now=NOW).out)
    assert document["issues"][0]["seconds"] == 240
    assert {source["flow"] for source in document["sources"]} == {"steady", "dry"}
    assert command("rehearse", "monthly").code == 2


def test_a_plot_without_a_folder_is_an_error_that_names_it(site: Site, tmp_path: Path) -> None:
    """Before the rehearsal, which may take minutes."""
    command = CommandLine(folder=tmp_path, environment={})
    plot = tmp_path / "no such folder" / "season.svg"
    answer = command("rehearse", "--weeks", "1", "--plot", str(plot), "--now", NOW.isoformat())
    assert answer.code == 65
    assert "there is no such folder" in answer.err
