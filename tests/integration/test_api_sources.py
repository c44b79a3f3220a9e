"""The sources over the API: the same as by the command line, by those who may."""

from __future__ import annotations

from pathlib import Path

from newsletter.store.users import Role
from tests.integration.test_api import key_of, open_api
from tests.servers.feeds import FeedServer

FETCH = '[fetch]\nallow_private = ["127.0.0.1"]\n'
INBOUND = '[inbound]\ndomain = "news.example.org"\nmaildir = "Maildir"\n'
FEED = (
    "<rss version='2.0'><channel><title>Harbour News</title><item><title>Bridge</title>"
    "<link>https://example.org/bridge</link><category>Boats</category></item></channel></rss>"
)
OPML = "<opml><body><outline text='A' xmlUrl='https://a.example/rss'/><outline type='rss'/></body></opml>"


def test_a_source_is_tested_added_and_read(tmp_path: Path) -> None:
    """What was added is gathered by the same process, without a restart."""
    with FeedServer() as server, open_api(tmp_path, tables=FETCH) as api:
        url = server.put("/rss", FEED)
        tested = api.done("POST", "/sources/test", {"url": url})
        assert (tested["title"], tested["entries"], tested["tags"]) == (
            *("Harbour News", 1, [{"tag": "Boats", "articles": 1}]),
        )
        (example,) = tested["examples"]
        assert (example["title"], example["published"]) == ("Bridge", None)
        assert {"field": "link", "place": "link", "detail": "", "refused": []} in example["fields"]
        body = {"newsletter": "weekly", "url": url, "tags": ["sea"]}
        dry = api.done("POST", "/sources", {**body, "dry_run": True})
        assert '+tags = ["sea"]' in dry["diff"]
        added = api.done("POST", "/sources", body)
        assert added["source"] == {"feed": url, "name": "Harbour News", "tags": ["sea"]}
        assert api.refused("POST", "/sources", body) == (422, "bad-input")
        gathered = api.done("POST", "/newsletters/weekly/gather")
        assert [source["source"] for source in gathered["sources"]] == ["articles", "Harbour News"]
        listed = api.done("GET", "/sources?newsletter=weekly")["sources"]
        assert [(source["location"], source["entries"]) for source in listed] == [
            *(("articles", 3), (url, 1)),
        ]
        assert "add source over the API" in "\n".join(api.recorded())


def test_an_address_for_newsletters_by_mail_is_added(tmp_path: Path) -> None:
    """A list's own address is refused, and so is any where no mail can arrive."""
    with open_api(tmp_path, tables=INBOUND) as api:
        body = {"newsletter": "weekly", "address": "in+weekly@news.example.org", "tags": ["sea"]}
        dry = api.done("POST", "/sources/mail", {**body, "dry_run": True})
        assert '+mail = "in+weekly@news.example.org"' in dry["diff"]
        added = api.done("POST", "/sources/mail", body)
        assert (added["address"], added["tags"]) == (body["address"], ["sea"])
        listed = api.done("GET", "/sources?newsletter=weekly")["sources"]
        assert [source["kind"] for source in listed] == ["folder", "mail"]
        assert api.refused("POST", "/sources/mail", body) == (422, "bad-input")
        taken = {**body, "address": "weekly@news.example.org"}
        assert api.refused("POST", "/sources/mail", taken) == (422, "bad-input")
    (tmp_path / "other").mkdir()
    with open_api(tmp_path / "other") as api:
        assert api.refused("POST", "/sources/mail", body) == (422, "bad-input")


def test_lists_of_feeds_are_imported_and_exported(tmp_path: Path) -> None:
    """OPML in, OPML out; what is wrong is named."""
    with open_api(tmp_path, tables=FETCH) as api:
        body = {"newsletter": "weekly", "opml": OPML}
        done = api.done("POST", "/sources/import", body)
        assert [source["feed"] for source in done["added"]] == ["https://a.example/rss"]
        assert [feed["reason"] for feed in done["invalid"]] == ["it has no address"]
        assert api.done("POST", "/sources/import", body)["duplicates"] == 1
        exported = api.done("GET", "/sources/export")
        assert 'xmlUrl="https://a.example/rss"' in exported["opml"]
        assert (exported["exported"], exported["left_out"]) == (1, 1)
        assert api.refused("POST", "/sources/import", {**body, "opml": "<rss/>"})[0] == 422
        assert api.refused("GET", "/sources?newsletter=none")[0] == 404


def test_editors_see_sources_and_publishers_change_them(tmp_path: Path) -> None:
    """newsletter.toml is the publishers' own."""
    with open_api(tmp_path, tables=FETCH) as api:
        key = key_of(api.site, "editor@example.org", role=Role.EDITOR)
        headers = {"Authorization": f"Bearer {key}"}
        for path in ("/sources", "/sources/export"):
            assert api.call("GET", path, **headers).status_code == 200
        for path in ("/sources", "/sources/import"):
            assert api.call("POST", path, {}, **headers).status_code == 403


def test_a_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """409 with the file, and the source is not used."""
    with open_api(tmp_path, tables=FETCH) as api:
        (tmp_path / "newsletter.toml").unlink()
        status, code = api.refused(
            "POST", "/sources/import", {"newsletter": "weekly", "opml": OPML}
        )
        assert (status, code) == (500, "configuration")
        assert len(api.done("GET", "/sources")["sources"]) == 1
