"""lint --reach: dead links and heavy pictures, asked through the guarded door."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from newsletter.errors import SourceError
from newsletter.pipeline.check_links import HEAVY, check_links
from newsletter.pipeline.draft import draft
from newsletter.pipeline.find_source import find_source
from newsletter.pipeline.gather import gather
from tests.factories.site import make_site
from tests.servers.feeds import FeedServer

NOW = datetime(2026, 5, 5, 9, 0, tzinfo=UTC)
FETCH = '[fetch]\nallow_private = ["127.0.0.1"]\n'


def write_article(folder: Path, name: str, url: str, image: str = "") -> None:
    """An article of yesterday in the site's folder."""
    picture = f"image: {image}\n" if image else ""
    (folder / "articles" / f"{name}.md").write_text(
        f"---\ntitle: Story {name}\ndate: {(NOW - timedelta(days=1)).isoformat()}\n"
        f"url: {url}\n{picture}---\nIt happened.\n",
        encoding="utf-8",
    )


def test_what_does_not_answer_is_told(tmp_path: Path) -> None:
    """A page that is gone and a picture that weighs too much are findings; a sound one is not."""
    with FeedServer() as server:
        sound = server.put("/sound", "<p>here</p>", content_type="text/html")
        heavy = server.put("/heavy.png", b"x" * (HEAVY + 1), content_type="image/png")
        gone = server.url("/gone")
        site = make_site(tmp_path, now=NOW - timedelta(days=8), tables=FETCH)
        write_article(tmp_path, "sound", sound, heavy)
        write_article(tmp_path, "gone", gone)
        gather(site, "weekly", now=NOW)
        draft(site, "weekly", now=NOW)
        found = check_links(site, "weekly", None, now=NOW)
        asked = [seen.path for seen in server.seen]
        site.database.close()
    assert sorted(finding.rule for finding in found) == ["image-weight", "unreachable"]
    (dead,) = [finding for finding in found if finding.rule == "unreachable"]
    assert gone in dead.element
    assert "404" in dead.fix
    assert sorted(asked) == ["/gone", "/heavy.png", "/sound"]


def test_severity_is_the_sites(tmp_path: Path) -> None:
    """A site may let a dead link block; an address the guard refuses does not answer either."""
    tables = '[lint]\nunreachable = "blocking"\n'
    site = make_site(tmp_path, now=NOW - timedelta(days=8), tables=tables)
    write_article(tmp_path, "one", "http://127.0.0.1:9/x")
    gather(site, "weekly", now=NOW)
    draft(site, "weekly", now=NOW)
    found = check_links(site, "weekly", None, now=NOW)
    site.database.close()
    assert [(finding.rule, finding.severity) for finding in found] == [("unreachable", "blocking")]


def test_a_source_reaches_the_private_host_that_it_names(tmp_path: Path) -> None:
    """At its port, with its articles' pages; neither another source nor an editor reaches it."""
    with FeedServer() as server:
        page = server.put("/story", "<html><body><p>It opens at noon.</p></body></html>")
        url = server.put(
            "/rss",
            "<rss version='2.0'><channel><title>Harbour</title><item><title>The bridge opens</title>"
            f"<link>{page}</link><guid>1</guid><pubDate>Mon, 04 May 2026 09:30:00 GMT</pubDate>"
            "</item></channel></rss>",
        )
        port = urlsplit(url).port
        source = "[[newsletters.weekly.sources]]\nfeed = '{}'\nallow_private = ['{}']\n{}\n"
        site = make_site(
            tmp_path,
            now=NOW - timedelta(days=8),
            tables=source.format(url, f"127.0.0.1:{port}", "follow = true")
            + source.format(f"{url}?other", "127.0.0.1:1", ""),
        )
        gathered = gather(site, "weekly", now=NOW)
        asked = {seen.path for seen in server.seen}
        with pytest.raises(SourceError, match="private address"):
            find_source(site, page, as_configured=False, now=NOW)
        assert find_source(site, url, as_configured=True, now=NOW).reading.articles
        with pytest.raises(SourceError, match="private address"):
            find_source(site, f"{url}?other", as_configured=True, now=NOW)
        site.database.close()
    assert asked == {"/rss", "/story"}
    assert [bool(reading.articles) for reading in gathered[-2:]] == [True, False]
