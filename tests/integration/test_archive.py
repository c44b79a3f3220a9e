"""The public archive of a real site: lists, issues and feeds, as anybody sees them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import feedparser
import httpx2
import pytest
from lxml import etree, html

from newsletter.pipeline.approve import approve, stop
from newsletter.pipeline.draft import draft
from newsletter.pipeline.gather import gather
from newsletter.pipeline.send import begin
from newsletter.site.site import Site
from newsletter.store import editions as edition_store
from newsletter.store import issues as issue_store
from newsletter.web.app import make_app
from tests.factories.site import make_site, publish
from tests.servers.web import serving, web_client

FIRST = datetime(2026, 3, 2, 7, tzinfo=UTC)
WEEK = timedelta(days=7)
FORMS = ["rss", "atom", "json"]


def send_out(site: Site, now: datetime, *, story: str, tag: str = "news") -> None:
    """An issue of two stories that its readers may have from `now` on."""
    moments = [now - timedelta(days=days) for days in (1, 2)]
    publish(site.folder, *moments, story=story)
    for path in (site.folder / "articles").glob(f"{story}-*.md"):
        path.write_text(path.read_text().replace("tags: [news]", f"tags: [{tag}, news]"))
    gather(site, "weekly", now=now)
    issue = draft(site, "weekly", now=now)
    approve(site, "weekly", issue.number, now=now)
    begin(site, "weekly", issue.number, now=now)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """Issue 1 about tides, issue 2 about <clocks> & "bells", and a draft of issue 3."""
    folder = tmp_path_factory.mktemp("archive")
    site = make_site(folder, now=FIRST - WEEK)
    draft(site, "weekly", now=FIRST - WEEK + timedelta(hours=1))
    send_out(site, FIRST, story="tides", tag="Sea")
    send_out(site, FIRST + WEEK, story="<clocks> & ]]> bells", tag="C++")
    publish(folder, FIRST + WEEK + timedelta(hours=2), story="secret")
    gather(site, "weekly", now=FIRST + WEEK + timedelta(hours=3))
    draft(site, "weekly", now=FIRST + WEEK + timedelta(hours=3))
    return site


@pytest.fixture(scope="module")
def client(site: Site) -> Iterator[httpx2.Client]:
    """A visitor."""
    app = make_app(site, clock=lambda: FIRST + 2 * WEEK)
    with serving(app) as url, web_client(base_url=url) as client:
        yield client


def test_the_list_names_what_went_out_the_newest_first(client: httpx2.Client) -> None:
    """Sent issues with their dates and subjects; drafts are nobody's business."""
    page = html.fromstring(client.get("/archive/weekly").text)
    links = [link.get("href") for link in page.cssselect(".issues h2 a")]
    assert links == ["/archive/weekly/2", "/archive/weekly/1"]
    assert "9 March 2026" in page.text_content()
    assert "secret" not in page.text_content()


def test_the_only_newsletter_is_shown_at_once(client: httpx2.Client) -> None:
    """/archive leads to the list."""
    assert client.get("/archive").headers["location"] == "/archive/weekly"


def test_an_issue_is_the_frozen_edition_without_personal_links(
    client: httpx2.Client, site: Site
) -> None:
    """The page holds what readers got, with nobody's token in it, and nothing runs."""
    answer = client.get("/archive/weekly/1")
    assert answer.status_code == 200
    assert "tides" in answer.text
    assert not re.search(r"/[up]/[\w-]+\.", answer.text)
    assert 'href="#"' not in answer.text
    (links,) = set(
        re.findall(r'href="([^"]*)"[^>]*>(?:Unsubscribe|Preferences and pause)<', answer.text)
    )
    assert links.startswith("https://news.example.org/")
    assert client.get(links.removeprefix("https://news.example.org")).status_code == 200
    assert "sandbox" in answer.headers["content-security-policy"]
    assert answer.headers["link"] == (
        '<https://news.example.org/archive/weekly/1>; rel="canonical"'
    )
    with site.database.transaction(read_only=True) as connection:
        issue = issue_store.find_issue(connection, "weekly", 1)
        edition = next(iter(edition_store.frozen_editions(connection, issue).values()))
    assert client.get(f"/archive/weekly/1/{edition.key}").text == answer.text


def test_a_shared_link_to_an_issue_shows_its_subject_and_address(client: httpx2.Client) -> None:
    """In the head, for programs that show links with a title and a picture."""
    page = html.fromstring(client.get("/archive/weekly/1").text)
    said = {meta.get("property"): meta.get("content") for meta in page.cssselect("meta[property]")}
    assert said["og:title"] == page.findtext(".//title")
    assert said["og:url"] == "https://news.example.org/archive/weekly/1"
    (description,) = page.cssselect('meta[name="description"]')
    assert said["og:description"] == description.get("content") != ""


@pytest.mark.parametrize(
    "path",
    [
        "/archive/weekly/3",
        "/archive/weekly/99999999999999999999",
        "/archive/daily",
        "/archive/daily/feed.rss",
        "/archive/weekly/feed.exe",
        "/archive/weekly/tags/no-such",
        "/archive/weekly/tags/no-such/feed.rss",
        "/archive/weekly/x",
    ],
)
def test_what_is_not_there_is_not_found(client: httpx2.Client, path: str) -> None:
    """Drafts, other newsletters and unknown tags have no page."""
    answer = client.get(path)
    # A cache would otherwise go on to say so when there is such an issue.
    assert (answer.status_code, answer.headers["cache-control"]) == (404, "no-store")


@pytest.mark.parametrize("before", ["2", "x", "-1", "99999999999999999999", "٣"])
def test_paging_survives_nonsense(client: httpx2.Client, before: str) -> None:
    """`before` pages back; anything that is not a number is passed over."""
    answer = client.get("/archive/weekly", params={"before": before})
    assert answer.status_code == 200
    assert ("/archive/weekly/2" in answer.text) == (before != "2")


def test_a_tag_has_its_own_issues_stories_and_feeds(client: httpx2.Client) -> None:
    """Under a tag stand the issues that have it; a tag of signs works as well as one of words."""
    listing = html.fromstring(client.get("/archive/weekly").text)
    links = {a.text_content(): a.get("href") for a in listing.cssselect("nav a.chip")}
    assert set(links) == {"C++", "Sea", "news"}
    page = html.fromstring(client.get(links["C++"]).text)
    assert [a.get("href") for a in page.cssselect(".issues h2 a")] == ["/archive/weekly/2"]
    for link in page.cssselect('link[rel="alternate"]'):
        assert client.get(link.get("href")).status_code == 200
    feed = feedparser.parse(client.get(f"{links['Sea']}/feed.atom").content)
    assert [entry.link for entry in feed.entries] == ["https://news.example.org/archive/weekly/1"]


@pytest.mark.parametrize("form", ["rss", "atom"])
def test_feeds_are_read_by_feed_readers(client: httpx2.Client, form: str) -> None:
    """Well-formed, complete, in order, with strangers' words escaped and not lost."""
    answer = client.get(f"/archive/weekly/feed.{form}")
    titles = etree.fromstring(answer.content).xpath("//*[local-name()='title']/text()")
    assert titles[1].startswith("<clocks> & ]]> bells of ")
    feed = feedparser.parse(answer.content)
    assert not feed.bozo
    assert feed.feed.title == "The Weekly"
    assert [entry.id for entry in feed.entries] == [
        "https://news.example.org/archive/weekly/2",
        "https://news.example.org/archive/weekly/1",
    ]
    newest = feed.entries[0]
    assert newest.published_parsed[:4] == (2026, 3, 9, 7)
    assert "https://press.example.org/" in newest.content[0].value


def test_the_json_feed_says_the_same(client: httpx2.Client) -> None:
    """JSON Feed 1.1, with the feed's own address in it."""
    answer = client.get("/archive/weekly/feed.json")
    assert answer.headers["content-type"].startswith("application/feed+json")
    document = answer.json()
    assert document["version"] == "https://jsonfeed.org/version/1.1"
    assert document["feed_url"] == "https://news.example.org/archive/weekly/feed.json"
    assert [item["url"][-1] for item in document["items"]] == ["2", "1"]
    assert "<clocks> & ]]> bells" in document["items"][0]["title"]
    assert "&lt;clocks&gt;" in document["items"][0]["content_html"]
    assert "C++" in document["items"][0]["tags"]


@pytest.mark.parametrize("form", FORMS)
def test_an_unchanged_feed_is_not_sent_again(client: httpx2.Client, form: str) -> None:
    """A reader that has the newest gets 304."""
    first = client.get(f"/archive/weekly/feed.{form}")
    again = client.get(
        f"/archive/weekly/feed.{form}", headers={"If-None-Match": first.headers["etag"]}
    )
    assert again.status_code == 304
    assert again.content == b""


def test_an_empty_archive_says_so(tmp_path: Path) -> None:
    """Before the first issue the list and the feeds are empty and sound."""
    app = make_app(make_site(tmp_path, now=FIRST), clock=lambda: FIRST)
    with serving(app) as url, web_client(base_url=url) as client:
        assert "still to come" in client.get("/archive/weekly").text
        for form in ("rss", "atom"):
            feed = feedparser.parse(client.get(f"/archive/weekly/feed.{form}").content)
            assert not feed.bozo
            assert feed.entries == []


def test_a_stopped_issue_leaves_the_list_but_keeps_its_page(tmp_path: Path) -> None:
    """A reader who already has the mail can still open it in the browser."""
    site = make_site(tmp_path, now=FIRST - WEEK)
    draft(site, "weekly", now=FIRST - WEEK + timedelta(hours=1))
    send_out(site, FIRST, story="tides")
    stop(site, "weekly", 1)
    with serving(make_app(site)) as url, web_client(base_url=url) as client:
        assert "/archive/weekly/1" not in client.get("/archive/weekly").text
        assert client.get("/archive/weekly/1").status_code == 200
