"""`sources`: listed, found, added, imported, exported and tested by hand, against real servers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from newsletter.pipeline import import_sources
from tests.acceptance.site import CommandLine
from tests.factories.site import make_site
from tests.servers.feeds import FeedServer

NOW = datetime(2026, 5, 12, 12, 0, tzinfo=UTC)
PRIVATE = '[fetch]\nallow_private = ["127.0.0.0/8"]\ntimeout = "20s"\n'
FEED = (
    "<rss version='2.0'><channel><title>{title}</title><item><title>Bridge</title>"
    "<link>https://example.org/bridge</link><guid>1</guid><category>News</category>"
    "<category>Boats</category><pubDate>Tue, 12 May 2026 09:30:00 GMT</pubDate>"
    "<description>It opens.</description></item></channel></rss>"
)
PAGE = (
    "<!doctype html><html><head><title>Harbour</title>{head}</head>"
    "<body><p>Welcome to the harbour, where the bridge opens at noon on every day.</p></body></html>"
)
OPML = "<opml version='2.0'><head/><body>{outlines}</body></opml>"

Maker = Callable[..., CommandLine]


@pytest.fixture
def server() -> Iterator[FeedServer]:
    """A web server on loopback."""
    with FeedServer() as running:
        yield running


@pytest.fixture
def new_site(tmp_path: Path) -> Maker:
    """Makes the site, with these lines more in newsletter.toml."""

    def make(tables: str = "", **environment: str) -> CommandLine:
        make_site(
            tmp_path,
            now=NOW,
            tables=f"{PRIVATE}\n[[newsletters.weekly.sections]]\ntitle = 'N'\ntags = ['news']\n{tables}",
        ).database.close()
        return CommandLine(folder=tmp_path, environment=environment)

    return make


def feed(title: str = "Harbour News") -> str:
    """A feed of one article."""
    return FEED.format(title=title)


def alternate(href: str, title: str = "") -> str:
    """A link to a feed in a page's head."""
    return f'<link rel="alternate" type="application/rss+xml" title="{title}" href="{href}">'


def written(site: CommandLine) -> str:
    """newsletter.toml."""
    return (site.folder / "newsletter.toml").read_text(encoding="utf-8")


def feeds(site: CommandLine) -> list[str]:
    """The addresses of the site's feeds."""
    listed = site.done("sources", "list", "--json").document["sources"]
    return [source["location"] for source in listed if source["kind"] == "feed"]


def test_a_feed_is_added_and_then_read(new_site: Maker, server: FeedServer) -> None:
    """It stands in newsletter.toml with its title and tags, gather reads it, list shows it."""
    site = new_site()
    before = written(site)
    url = server.put("/rss", feed())
    added = site.done("sources", "add", url, "--tag", "sea", "--json").document
    assert added["source"] == {"feed": url, "name": "Harbour News", "tags": ["sea"]}
    assert added["suggested_tags"] == ["News"]
    assert (added["entries"], added["newest"]) == (1, "2026-05-12T09:30:00+00:00")
    assert written(site) != before
    (source,) = [s for s in site.done("sources", "list", "--json").document["sources"] if s["name"]]
    assert (source["entries"], source["checked_at"]) == (None, None)
    site.done("gather", "weekly", now=NOW)
    (source,) = [s for s in site.done("sources", "list", "--json").document["sources"] if s["name"]]
    assert (source["location"], source["newsletters"], source["tags"]) == (url, ["weekly"], ["sea"])
    assert (source["entries"], source["problem"], source["findings"]) == (1, "", [])
    assert source["succeeded_at"] == source["checked_at"] == NOW.isoformat()
    assert source["newest"] == "2026-05-12T09:30:00+00:00"
    assert datetime.fromisoformat(source["next_check"]) > NOW
    assert "Harbour News: " in site.done("sources", "list").out


def test_the_state_of_the_last_reading_is_shown(new_site: Maker, server: FeedServer) -> None:
    """An unchanged feed keeps what it showed; a failing one says so beside it."""
    url = server.put("/rss", feed().replace("GMT", "2026"), headers={"ETag": '"1"'})
    site = new_site(f'[[newsletters.weekly.sources]]\nfeed = "{url}"\n')
    for minute, status in ((0, 200), (1, 200), (2, 500)):
        server.put("/rss", feed(), status=status)
        site("gather", "weekly", "--now", (NOW + timedelta(minutes=minute)).isoformat())
        source = site.done("sources", "list", "--json").document["sources"][-1]
        assert (source["entries"], source["problem"]) == (
            1,
            "" if status == 200 else "it answers 500 Internal Server Error",
        )
    assert source["succeeded_at"] == (NOW + timedelta(minutes=1)).isoformat()
    assert source["failing_since"] == (NOW + timedelta(minutes=2)).isoformat()
    assert "failing since" in site.done("sources", "list", "--newsletter", "weekly").out


def test_a_source_that_has_moved_says_so(new_site: Maker, server: FeedServer) -> None:
    """Though what it shows at its new address is what it showed before."""
    url = server.put("/rss", feed())
    site = new_site(f'[[newsletters.weekly.sources]]\nfeed = "{url}"\n')
    site.done("gather", "weekly", now=NOW)
    new = server.put("/new", feed())
    server.redirect("/rss", new, 308)
    site.done("gather", "weekly", now=NOW + timedelta(hours=1))
    assert f"has moved permanently to {new}, and is read there" in site.done("sources", "list").out


@pytest.mark.parametrize("place", ["/feed/", "/rss.xml", "/feed.json", "/blog/atom.xml"])
def test_the_feed_of_a_page_is_found(new_site: Maker, server: FeedServer, place: str) -> None:
    """Where the page's head names it, or at a well-known place; a JSON Feed as well."""
    site = new_site()
    json_feed = (
        '{"version": "https://jsonfeed.org/version/1.1", "title": "Harbour News",'
        ' "items": [{"id": "1", "url": "https://example.org/b", "content_text": "It opens."}]}'
    )
    url = server.put(place, json_feed if place.endswith("json") else feed())
    page = server.put("/blog/", PAGE.format(head=""), "text/html")
    assert site.done("sources", "add", page, "--json").document["source"]["feed"] == url


def test_the_main_feed_is_taken(new_site: Maker, server: FeedServer) -> None:
    """Not that of comments, not a dead one, not a page that calls itself a feed."""
    site = new_site()
    server.put("/comments", feed("Comments on: Harbour"))
    server.put("/c", feed("Comments on: Harbour"))
    server.put("/page", PAGE.format(head=""), "text/html")
    url = server.put("/news", feed())
    head = "".join(map(alternate, ["/comments", "/c", "/gone", "/page", "/news", "/other"]))
    page = server.put("/", PAGE.format(head=head), "text/html")
    assert site.done("sources", "add", page, "--json").document["source"]["feed"] == url
    assert "/comments" not in [seen.path for seen in server.seen]


def test_a_page_without_a_feed_is_told(new_site: Maker, server: FeedServer) -> None:
    """65, nothing is written; `test` reads the page itself."""
    site = new_site()
    page = server.put("/", PAGE.format(head=""), "text/html")
    before = written(site)
    answer = site("sources", "add", page, "--json")
    assert (answer.code, answer.document["error"]["field"]) == (65, "url")
    assert written(site) == before
    tested = site.done("sources", "test", page, "--json").document
    assert (tested["kind"], tested["location"], tested["entries"]) == ("page", page, 1)


@pytest.mark.parametrize("kind", ["same", "spelling", "moved", "configured before"])
def test_what_is_there_is_not_added_again(new_site: Maker, server: FeedServer, kind: str) -> None:
    """By the same address, another spelling, the address it moved to or the one it moved from."""
    url = server.put("/rss", feed())
    site = new_site(f'[[newsletters.weekly.sources]]\nfeed = "{url}"\nname = "Harbour"\n')
    again = url
    if kind == "spelling":
        again = url.replace("http:", "HTTP:") + "/?utm_source=feed"
        server.put("/rss/", feed())
    if kind == "moved":
        again = server.redirect("/old", url, 301)
    if kind == "configured before":
        site.done("gather", "weekly", now=NOW)
        text = written(site).replace(url, server.put("/new", feed()))
        (site.folder / "newsletter.toml").write_text(text, encoding="utf-8")
        site.done("gather", "weekly", now=NOW)
    before = written(site)
    answer = site("sources", "add", again, "--json")
    assert answer.code == 65
    assert "has this source already" in answer.document["error"]["message"]
    assert written(site) == before


def test_a_source_that_moved_is_added_at_its_new_address(
    new_site: Maker, server: FeedServer
) -> None:
    """A permanent redirect is followed once and for all; a temporary one is not written."""
    site = new_site()
    new = server.put("/new", feed())
    site.done("sources", "add", server.redirect("/old", new, 301))
    there = server.redirect("/today", server.put("/later", feed()))
    site.done("sources", "add", there)
    assert feeds(site) == [new, there]


def test_a_dry_run_shows_the_change_only(new_site: Maker, server: FeedServer) -> None:
    """The lines that would be added, for `add` and `import`, without the password."""
    site = new_site()
    before = written(site)
    url = server.put("/rss", feed()).replace("://", "://user:hush-hush@")
    answer = site.done("sources", "add", url, "--dry-run")
    assert '+name = "Harbour News"' in answer.out
    file = site.folder / "feeds.opml"
    file.write_text(OPML.format(outlines=f"<outline xmlUrl='{url}'/>"), encoding="utf-8")
    imported = site.done("sources", "import", str(file), "--dry-run")
    assert "+feed = " in imported.out
    assert "hush-hush" not in answer.out + answer.err + imported.out + imported.err
    assert written(site) == before


def test_a_newsletter_is_named_where_there_are_several(new_site: Maker, server: FeedServer) -> None:
    """2, with their names; an unknown one too."""
    other = (
        '[newsletters.daily]\ntitle = "D"\nfrom = "D <d@news.example.org>"\nlist = "daily"\n'
        'schedule = "0 7 * * *"\n'
    )
    site = new_site(other)
    url = server.put("/rss", feed())
    answer = site("sources", "add", url, "--json")
    assert (answer.code, answer.document["error"]["fix"]) == (2, "name one of: weekly, daily")
    assert site("sources", "add", url, "--newsletter", "none").code == 2
    assert site("sources", "list", "--newsletter", "none").code == 2
    site.done("sources", "add", url, "--newsletter", "daily")
    site.done("sources", "add", url, "--newsletter", "weekly")
    (source,) = site.done("sources", "list", "--json").document["sources"][1:]
    assert source["newsletters"] == ["weekly", "daily"]


def test_an_import_adds_what_is_new_and_names_what_is_wrong(new_site: Maker) -> None:
    """Folders become tags, known and repeated feeds are counted, invalid ones are named: 1."""
    site = new_site('[[newsletters.weekly.sources]]\nfeed = "https://known.example/rss"\n')
    outlines = (
        "<outline text='Boats'><outline text='Sails' xmlUrl='https://sails.example/rss'/>"
        "<outline text='Known' xmlUrl='http://www.known.example/rss/'/></outline>"
        "<outline text='Sea'><outline text='Sails' xmlUrl='https://sails.example/rss/'/></outline>"
        "<outline text='Feed' xmlUrl='feed://scheme.example/rss'/>"
        "<outline text='Mail' xmlUrl='mailto:jo:hush-hush@example.org'/>"
        "<outline text='Bare' type='rss'/>"
    )
    file = site.folder / "feeds.opml"
    file.write_text(OPML.format(outlines=outlines), encoding="utf-8")
    answer = site("sources", "import", str(file), "--json")
    assert answer.code == 1
    done = answer.document
    assert done["added"] == [
        {"feed": "https://sails.example/rss", "name": "Sails", "tags": ["Boats", "Sea"]},
        {"feed": "https://scheme.example/rss", "name": "Feed", "tags": []},
    ]
    assert done["duplicates"] == 2
    assert [(feed["title"], feed["reason"]) for feed in done["invalid"]] == [
        ("Mail", "it is not a web address"),
        ("Bare", "it has no address"),
    ]
    assert "WARNING: Bare: it has no address" in answer.err
    assert "hush-hush" not in answer.out + answer.err
    again = site("sources", "import", str(file), "--json")
    assert (again.code, again.document["added"], again.document["duplicates"]) == (1, [], 4)
    assert feeds(site)[1:] == ["https://sails.example/rss", "https://scheme.example/rss"]


def test_a_file_with_too_many_feeds_is_refused_whole(
    new_site: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The number is said, and what to do; one feed fewer is added."""
    monkeypatch.setattr(import_sources, "MOST_FEEDS", 3)
    site = new_site()
    before, file = written(site), site.folder / "feeds.opml"
    outlines = [f"<outline xmlUrl='https://feed{number}.example/'/>" for number in range(4)]
    file.write_text(OPML.format(outlines="".join(outlines)), encoding="utf-8")
    answer = site("sources", "import", str(file), "--json")
    assert (answer.code, written(site)) == (65, before)
    error = answer.document["error"]
    assert error["message"] == "it lists 4 feeds, and one file may add 3"
    assert error["fix"].startswith("import the folders")
    file.write_text(OPML.format(outlines="".join(outlines[1:])), encoding="utf-8")
    assert len(site.done("sources", "import", str(file), "--json").document["added"]) == 3


@pytest.mark.parametrize("content", [None, "", "<rss/>", "<!DOCTYPE o [<!ENTITY a 'b'>]><opml/>"])
def test_a_file_that_is_not_opml_is_refused(new_site: Maker, content: str | None) -> None:
    """65, and nothing is written."""
    site = new_site()
    before = written(site)
    file = site.folder / "feeds.opml"
    if content is not None:
        file.write_text(content, encoding="utf-8")
    answer = site("sources", "import", str(file), "--json")
    assert (answer.code, answer.document["error"]["code"]) == (65, "bad-input")
    assert written(site) == before


def test_what_is_exported_is_imported_again(new_site: Maker, tmp_path: Path) -> None:
    """Every feed with its name and tags, without its password, in another site."""
    sources = "".join(
        f'[[newsletters.weekly.sources]]\nfeed = "https://user:hush-hush@{host}.example/?a=1&b=2"\n'
        f'name = "{host} & <co>"\ntags = ["one", "two words"]\n'
        for host in ("a", "b")
    )
    site = new_site(sources)
    out = tmp_path / "feeds.opml"
    answer = site.done("sources", "export", "--out", str(out), "--json")
    assert (answer.document["exported"], answer.document["left_out"]) == (2, 1)
    printed = site.done("sources", "export", "--newsletter", "weekly").out
    assert "hush-hush" not in printed
    assert site("sources", "export", "--json").code == 2
    (tmp_path / "other").mkdir()
    make_site(tmp_path / "other", now=NOW).database.close()
    other = CommandLine(folder=tmp_path / "other", environment={})
    imported = other.done("sources", "import", str(out), "--json").document
    assert imported["added"] == [
        {
            "feed": f"https://{host}.example/?a=1&b=2",
            "name": f"{host} & <co>",
            "tags": ["one", "two words"],
        }
        for host in ("a", "b")
    ]


def test_sources_of_the_environment_are_told(new_site: Maker, server: FeedServer) -> None:
    """78, naming the variable, when the file does not decide over the sources."""
    site = new_site()
    url = server.put("/rss", feed())
    name = "NEWSLETTER__NEWSLETTERS__WEEKLY__SOURCES"
    elsewhere = CommandLine(
        folder=site.folder, environment={name: '[{"feed": "https://a.example/rss"}]'}
    )
    before = written(site)
    answer = elsewhere("sources", "add", url, "--json")
    assert answer.code == 78
    assert name in answer.document["error"]["message"]
    monthly = "NEWSLETTER__NEWSLETTERS__MONTHLY__"
    values = {"TITLE": "M", "FROM": "M <m@news.example.org>", "LIST": "m", "SCHEDULE": "0 7 1 * *"}
    whole = CommandLine(
        folder=site.folder, environment={monthly + key: value for key, value in values.items()}
    )
    answer = whole("sources", "add", url, "--newsletter", "monthly", "--json")
    assert (answer.code, answer.document["error"]["field"]) == (78, "newsletters.monthly")
    assert written(site) == before


def test_a_file_that_cannot_be_written_is_named(
    new_site: Maker, server: FeedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """77, with the file and what to do."""
    site = new_site()
    url = server.put("/rss", feed())
    monkeypatch.setattr("os.access", lambda path, _mode: Path(path).suffix != ".toml")
    answer = site("sources", "add", url, "--json")
    assert (answer.code, answer.document["error"]["code"]) == (77, "not-permitted")
    assert answer.document["error"]["file"] == str(site.folder / "newsletter.toml")


def test_a_test_says_what_would_be_read_and_how(new_site: Maker, server: FeedServer) -> None:
    """Status, type, encoding, dates, tags, pictures, how entries are known, pace and findings."""
    site = new_site()
    url = server.put(
        "/rss", feed(), "text/xml; charset=utf-8", headers={"Cache-Control": "max-age=7200"}
    )
    before = written(site)
    tested = site.done("sources", "test", url, "--json").document
    expected = {
        "kind": "feed", "url": url, "status": 200, "content_type": "text/xml; charset=utf-8",
        "charset": "utf-8", "title": "Harbour News", "entries": 1, "undated": 0, "pictures": 0,
        "summaries": 1, "known_by": "ids", "every": 7200, "findings": [],
        "tags": [{"tag": "News", "articles": 1}, {"tag": "Boats", "articles": 1}],
    }  # fmt: skip
    assert {key: tested[key] for key in expected} == expected
    out = site.done("sources", "test", url).out
    assert "entries are known by their ids" in out
    assert "every 2h" in out
    assert written(site) == before
    broken = site("sources", "test", server.put("/no", "{}", "application/json"), "--json")
    assert (broken.code, broken.document["findings"][0]["severity"]) == (1, "failure")
    assert site("sources", "test", server.url("/gone")).code == 65
    assert site("sources", "test", "ftp://user:hush-hush@site.example/").code == 65


def test_a_test_says_where_each_field_came_from(new_site: Maker, server: FeedServer) -> None:
    """Of the newest articles: the places that were used, and what was not used and why."""
    site = new_site()
    pixel = '<img src="https://stat.example/p.gif" width="1" height="1">'
    picture = '<img src="https://example.org/bridge.jpg" width="900" height="500">'
    text = f"<description><![CDATA[{pixel}{picture}It opens.]]></description>"
    url = server.put("/rss", feed().replace("<description>It opens.</description>", text))
    (example,) = site.done("sources", "test", url, "--json").document["examples"]
    (shown,) = [field for field in example["fields"] if field["field"] == "picture"]
    assert (example["title"], shown["place"], shown["detail"]) == ("Bridge", "img #2", "900×500")
    assert [(one["place"], one["why"]) for one in shown["refused"]] == [
        ("img #1", "a tracking pixel")
    ]
    out = site.done("sources", "test", url).out
    assert "read of “Bridge”:" in out
    assert "    picture: img #2, 900×500; not img #1: 1×1, a tracking pixel" in out


def test_a_test_names_elements_as_the_feed_does(new_site: Maker, server: FeedServer) -> None:
    """So that its maker finds them; not as a library for reading feeds calls them."""
    site = new_site()
    body = (
        feed()
        .replace("<rss ", "<rss xmlns:content='http://purl.org/rss/1.0/modules/content/' ")
        .replace("<guid>1</guid>", "<content:encoded>The bridge opens at noon.</content:encoded>")
    )
    out = site.done("sources", "test", server.put("/rss", body)).out
    assert "    text: content:encoded" in out
    assert "    summary: description" in out
    assert "    date: pubDate" in out


@pytest.mark.parametrize("command", [("test",), ("add",)])
def test_an_address_that_does_not_answer_is_named(
    new_site: Maker, server: FeedServer, command: tuple[str, ...]
) -> None:
    """With what to do about it."""
    url = server.put("/gone", "", status=404)
    refused = new_site()("sources", *command, url)
    assert refused.code == 65
    assert f"{url} cannot be read: it answers 404 Not Found" in refused.err
    assert "Fix: check the address of the source" in refused.err


def test_a_date_without_a_zone_is_tested_in_the_site_s(new_site: Maker, server: FeedServer) -> None:
    """As it would be gathered."""
    site = new_site(NEWSLETTER__SITE__TIMEZONE="Asia/Tokyo")
    url = server.put("/rss", feed().replace("09:30:00 GMT", "09:30:00"))
    tested = site.done("sources", "test", url, "--json").document
    assert tested["newest"] == "2026-05-12T00:30:00+00:00"


def test_a_configured_source_is_tested_as_it_is_configured(
    new_site: Maker, server: FeedServer
) -> None:
    """With its credentials and headers."""
    url = server.put("/rss", feed())
    site = new_site(
        f'[[newsletters.weekly.sources]]\nfeed = "{url}"\nauth = "user:pw"\n'
        'headers = {"X-Api-Key" = "k"}\nname = "Ours"\n'
    )
    assert site.done("sources", "test", url, "--json").document["title"] == "Ours"
    assert server.seen[0].headers["x-api-key"] == "k"
    assert server.seen[0].headers["authorization"].startswith("Basic ")


def test_a_scheme_that_is_left_out_is_tried(new_site: Maker, server: FeedServer) -> None:
    """https first, then http."""
    site = new_site()
    url = server.put("/rss", feed())
    added = site.done("sources", "add", url.removeprefix("http://"), "--json").document
    assert added["source"]["feed"] == url
