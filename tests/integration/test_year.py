"""`newsletter year`: what was really sent and clicked, in sums, as files."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from newsletter.pipeline.gather import gather
from newsletter.pipeline.year import year_report
from newsletter.site.site import Site
from newsletter.store.clicks import add_clicks
from newsletter.store.tables import links
from tests.acceptance.site import CommandLine
from tests.demo.catcher import catching_mail
from tests.factories.runs import MONDAY, THURSDAY, WEEK, run_at
from tests.factories.site import make_site, publish

NOW = datetime(2026, 12, 26, 9, 0, tzinfo=UTC)
SECTIONS = """
[[newsletters.weekly.sections]]
title = "All"

[[newsletters.weekly.sections]]
title = "Members"
tags = ["members"]
only = "plan = 'gold'"
"""


@pytest.fixture
def site(tmp_path: Path, database_url: str) -> Iterator[Site]:
    """A site that counts clicks, on either database."""
    with catching_mail() as catcher:
        made = make_site(
            tmp_path,
            now=THURSDAY,
            port=catcher.port,
            database=database_url,
            keys="count_clicks = true",
            tables=SECTIONS,
        )
        yield made
        made.database.close()


def send_two_issues(site: Site, folder: Path) -> None:
    """Two Mondays with three and two stories, one of them for some readers only."""
    hours = [timedelta(hours=n) for n in range(3)]
    publish(folder, *[THURSDAY + hour for hour in hours])
    asyncio.run(run_at(site, THURSDAY + timedelta(hours=3)))
    asyncio.run(run_at(site, MONDAY))
    publish(folder, *[MONDAY + hour + timedelta(days=2) for hour in hours[:2]], story="later")
    secret = MONDAY + timedelta(days=3)
    publish(folder, secret, story="secret")
    path = next((folder / "articles").glob("secret*"))
    path.write_text(path.read_text("utf-8").replace("[news]", "[members]"), encoding="utf-8")
    gather(site, "weekly", now=secret)
    asyncio.run(run_at(site, MONDAY + WEEK))


def click(site: Site, slug: str, count: int) -> None:
    """So many clicks on the story's link."""
    with site.database.transaction() as connection:
        found = {row.url: row.token for row in connection.execute(links.select())}
        (token,) = [token for url, token in found.items() if slug in url]
        add_clicks(connection, {(token, MONDAY.date()): count})


def test_the_report_is_of_what_was_sent_to_everybody(site: Site, tmp_path: Path) -> None:
    """Stories of sections with a condition are not told, and four clicks are not shown."""
    send_two_issues(site, tmp_path)
    click(site, "story-2026-03-05-10", 9)
    click(site, "story-2026-03-05-11", 4)
    report = year_report(site, "weekly", 2026, now=NOW)
    assert [issue.number for issue in report.issues] == [1, 2]
    assert report.accepted == 8
    assert report.stories == 5
    assert report.by_month[2] == 5
    assert report.followed is not None
    assert [one.clicks for one in report.followed] == [9]
    assert report.growth.joined[2] == 4
    assert dict(report.tags) == {"news": report.by_month}


def test_the_command_writes_a_page_a_mail_and_an_article(site: Site, tmp_path: Path) -> None:
    """A folder for each newsletter; it never overwrites, and an empty year is an error."""
    send_two_issues(site, tmp_path)
    command = CommandLine(folder=tmp_path, environment={})
    out = tmp_path / "the-year"
    document = command.done("year", "2026", "--out", str(out), "--json", now=NOW).document
    assert document["newsletters"]["weekly"]["issues"] == 2
    assert document["newsletters"]["weekly"]["followed"] == []
    names = ["index.html", "mail.html", "mail.txt", "year.md"]
    assert sorted(path.name for path in (out / "weekly").iterdir()) == names
    page = (out / "weekly" / "index.html").read_text("utf-8")
    assert page.count("<svg") == 3
    assert "secret" not in page
    assert command("year", "2026", "weekly", "--out", str(out)).code == 77
    answer = command("year", "2019", "--out", str(tmp_path / "other"))
    assert (answer.code, "nothing was sent" in answer.err) == (65, True)


def test_the_article_becomes_an_issue_that_an_editor_may_send(site: Site, tmp_path: Path) -> None:
    """Put into a folder that is a source, it is gathered as any other article."""
    send_two_issues(site, tmp_path)
    command = CommandLine(folder=tmp_path, environment={})
    command.done("year", "2026", "weekly", "--out", str(tmp_path / "y"), now=NOW)
    (tmp_path / "y" / "weekly" / "year.md").rename(tmp_path / "articles" / "year.md")
    command.done("gather", "weekly", now=NOW + timedelta(hours=1))
    asyncio.run(run_at(site, NOW + timedelta(hours=1)))
    command.done("draft", "weekly", now=NOW + timedelta(hours=2))
    shown = command.done("show", "weekly", "--json").document
    assert "The Weekly: 2026" in [item["title"] for item in shown["items"]]
    (body,) = [i["body_text"] for i in shown["items"] if i["title"] == "The Weekly: 2026"]
    assert "Stories by month" in body
