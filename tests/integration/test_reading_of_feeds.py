"""What gathering finds out about feeds: pictures that answer, undated backlogs, where fields came from."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from click.testing import CliRunner
from PIL import Image as Pillow

from newsletter.articles.article import Article
from newsletter.cli.invocation import Invocation
from newsletter.cli.main import cli
from newsletter.errors import UnknownNameError
from newsletter.issues.reasons import LeftOutReason
from newsletter.pipeline.draft import draft
from newsletter.pipeline.gather import gather
from newsletter.pipeline.preview import lint_issue
from newsletter.site.site import Site
from newsletter.store.issues import find_issue
from tests.factories.gathered import load_articles
from tests.factories.site import make_site
from tests.servers.feeds import FeedServer

NOW = datetime(2026, 5, 12, 7, 0, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def server() -> Iterator[FeedServer]:
    """A web server on loopback."""
    with FeedServer() as running:
        yield running


def site_with_feed(folder: Path, *urls: str) -> Site:
    """A site whose newsletter reads these feeds."""
    sources = "".join(f'[[newsletters.weekly.sources]]\nfeed = "{url}"\n' for url in urls)
    tables = f'[fetch]\nallow_private = ["127.0.0.1"]\ntimeout = "5s"\n\n{sources}'
    return make_site(folder, now=NOW - 8 * DAY, tables=tables)


def item(title: str, html: str = "Words.", date: str = "Mon, 11 May 2026 06:00:00 GMT") -> str:
    """One entry."""
    dated = f"<pubDate>{date}</pubDate>" if date else ""
    return (
        f"<item><title>{title}</title><link>https://example.org/{title}</link>{dated}"
        f"<description><![CDATA[{html}]]></description></item>"
    )


def rss(*items: str) -> str:
    """A feed of these entries."""
    return f"<rss version='2.0'><channel><title>News</title>{''.join(items)}</channel></rss>"


def picture(size: tuple[int, int], form: str = "PNG", mode: str = "RGB") -> bytes:
    """The bytes of a picture."""
    file = BytesIO()
    Pillow.new(mode, size).save(file, form)
    return file.getvalue()


def kept(site: Site) -> dict[str, Article]:
    """The articles in the database, by title."""
    with site.database.transaction(read_only=True) as connection:
        found = load_articles(connection, "weekly", since=NOW - 30 * DAY)
    return {article.title: article for article, _ in found}


def test_pictures_are_looked_at_once(tmp_path: Path, server: FeedServer) -> None:
    """What is not a picture gives way to the next; what does not answer stays, and lint shows it."""
    large = server.put("/large.png", picture((900, 500)), content_type="image/png")
    small = server.put("/small.png", picture((60, 60)), content_type="image/png")
    page = server.put("/page.jpg", "<p>Sorry</p>", content_type="text/html")
    printed = server.put(
        "/print.jpg", picture((900, 500), "JPEG", "CMYK"), content_type="image/jpeg"
    )
    gone = server.url("/gone.png")
    feed = rss(
        item("Fine", f"<img src='{large}'>"),
        item("Second", f"<img src='{gone}'><img src='{page}'><img src='{large}'>"),
        item("Print", f"<img src='{printed}'>"),
        item("Small", f"<img src='{small}'>"),
        item("Gone", f"<img src='{gone}'>"),
        item("Old", f"<img src='{gone}?old'>", "Mon, 11 May 2020 06:00:00 GMT"),
    )
    site = site_with_feed(tmp_path, server.put("/rss", feed))
    gather(site, "weekly", now=NOW)
    articles = kept(site)
    fine = articles["Fine"].image
    assert fine is not None
    assert (fine.width, fine.height, fine.type, fine.answers) == (900, 500, "image/png", True)
    assert articles["Second"].image == fine
    assert articles["Print"].image is None
    assert articles["Small"].image is None
    silent = articles["Gone"].image
    assert silent is not None
    assert (silent.url, silent.answers) == (gone, False)
    draft(site, "weekly", now=NOW)
    rules = [finding.rule for finding in lint_issue(site, "weekly", None, now=NOW)]
    assert rules.count("image-answer") == 1
    asked = len([seen for seen in server.seen if seen.path == "/large.png"])
    server.put("/rss", feed.replace("Words", "More words"))
    gather(site, "weekly", now=NOW + timedelta(hours=1))
    assert asked == 2
    assert not any(seen.path.endswith("?old") for seen in server.seen)
    assert kept(site)["Fine"].image == fine
    site.database.close()


def test_a_picture_that_does_not_move_goes_before_an_animation(
    tmp_path: Path, server: FeedServer
) -> None:
    """An article with nothing but an animation keeps it, and it is known to be one."""
    frames = [Pillow.new("RGB", (600, 400), colour) for colour in ("red", "blue")]
    written = BytesIO()
    frames[0].save(written, "GIF", save_all=True, append_images=frames[1:], duration=100)
    moving = server.put("/moving.gif", written.getvalue(), content_type="image/gif")
    still = server.put("/still.png", picture((500, 300)), content_type="image/png")
    feed = rss(
        item("Both", f"<img src='{moving}' width='600' height='400'><img src='{still}' width='500' height='300'>"),
        item("Alone", f"<img src='{moving}?2' width='600' height='400'>"),
    )  # fmt: skip
    server.put("/moving.gif?2", written.getvalue(), content_type="image/gif")
    site = site_with_feed(tmp_path, server.put("/rss", feed))
    gather(site, "weekly", now=NOW)
    images = {title: article.image for title, article in kept(site).items()}
    site.database.close()
    moves = {title: image.moves for title, image in images.items() if image}
    assert moves == {"Both": False, "Alone": True}


def test_what_had_no_date_when_the_feed_was_first_read_is_not_news(
    tmp_path: Path, server: FeedServer
) -> None:
    """It may be of any age; what appears later is news, and what gets a date has one."""
    site = site_with_feed(tmp_path, server.put("/rss", rss(item("Old", date=""), item("Dated"))))
    gather(site, "weekly", now=NOW)
    server.put("/rss", rss(item("New", date=""), item("Old", date=""), item("Dated")))
    gather(site, "weekly", now=NOW + DAY)
    issue = draft(site, "weekly", now=NOW + DAY)
    assert {shown.title for shown in issue.items} == {"New", "Dated"}
    assert [(out.title, out.reason) for out in issue.left_out] == [("Old", LeftOutReason.UNDATED)]
    server.put("/rss", rss(item("New", date=""), item("Old"), item("Dated")))
    gather(site, "weekly", now=NOW + 2 * DAY)
    draft(site, "weekly", now=NOW + 2 * DAY)
    with site.database.transaction(read_only=True) as connection:
        titles = {shown.title for shown in find_issue(connection, "weekly", None).items}
    assert titles == {"New", "Old", "Dated"}
    site.database.close()


def test_an_editor_sees_why_two_outlets_tell_one_story(tmp_path: Path, server: FeedServer) -> None:
    """By the words that their headlines have in common, whatever signs they use."""
    feeds = [
        server.put("/one", rss(item("Zentro fined €50m in France over privacy breaches"))),
        server.put("/two", rss(item("France hits Zentro with 50 million euro fine"))),
    ]
    site = site_with_feed(tmp_path, *feeds)
    gather(site, "weekly", now=NOW)
    issue = draft(site, "weekly", now=NOW)
    site.database.close()
    assert len(issue.items) == 1
    shown = CliRunner().invoke(
        cli,
        ["-C", str(tmp_path), "show", "weekly", "--explain", "Zentro"],
        obj=Invocation(folder=tmp_path),
        catch_exceptions=False,
    )
    assert "the same story, because the headlines have the same words (france" in shown.stdout


def test_an_editor_sees_where_fields_came_from(tmp_path: Path, server: FeedServer) -> None:
    """By a part of the title; what is not found, or found twice, is said."""
    feed = rss(
        item("Bridge opens", "<img src='https://0.gravatar.com/avatar/a' width='80' height='80'>"),
        item("Bridge closes"),
    )
    site = site_with_feed(tmp_path, server.put("/rss", feed))
    gather(site, "weekly", now=NOW)
    draft(site, "weekly", now=NOW)
    site.database.close()

    def show(wanted: str, *options: str) -> str:
        invocation = Invocation(folder=tmp_path)
        arguments = ["-C", str(tmp_path), "show", "weekly", "--explain", wanted, *options]
        done = CliRunner().invoke(
            cli, arguments, obj=invocation, standalone_mode=False, catch_exceptions=False
        )
        return done.stdout

    assert "picture: none; not img #1: 80×80, a portrait of the author" in show("opens")
    fields = json.loads(show("opens", "--json"))["versions"][0]["fields"]
    assert {"title", "link", "date"} <= {field["field"] for field in fields}
    with pytest.raises(UnknownNameError, match="2 articles"):
        show("Bridge")
    with pytest.raises(UnknownNameError, match="no article"):
        show("ferry")
