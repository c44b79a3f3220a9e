"""Issues that another tool sent: imported by the command, read in the archive and its feeds."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import feedparser
import httpx2
import pytest

from newsletter.web.app import make_app
from newsletter.web.archive import archive_reader
from tests.acceptance.site import CommandLine
from tests.factories.mail import NOW, PostOffice, post_office, send_issue
from tests.servers.web import serving, web_client

DATA = Path(__file__).parents[1] / "data" / "past_issues"


@pytest.fixture
def office(tmp_path: Path) -> Iterator[PostOffice]:
    """A site that takes mail."""
    with post_office(tmp_path) as running:
        yield running


@pytest.fixture
def client(office: PostOffice) -> Iterator[httpx2.Client]:
    """A visitor."""
    with (
        serving(make_app(office.site, clock=lambda: office.now)) as base,
        web_client(base_url=base) as client,
    ):
        yield client


def load(office: PostOffice, name: str, *options: str, code: int = 0) -> dict[str, object]:
    """What the command says."""
    command = CommandLine(folder=office.site.folder, environment={})
    answer = command(
        "archive", "import", str(DATA / name), "--newsletter", "weekly", "--json", *options
    )
    assert answer.code == code, answer.err
    document: dict[str, object] = json.loads(answer.out)
    return document


def test_an_import_is_counted_and_twice_is_once(office: PostOffice, client: httpx2.Client) -> None:
    """A rehearsal keeps nothing; the second import changes nothing."""
    rehearsed = load(office, "ghost.json", "--dry-run")
    assert (rehearsed["from"], rehearsed["added"]) == ("ghost", 3)
    assert "Knots" not in client.get("/archive/weekly").text
    first = load(office, "ghost.json")
    assert first["skipped"] == {"draft": 1, "restricted": 1, "not-an-issue": 1}
    second = load(office, "ghost.json", "--from", "ghost")
    assert (second["added"], second["updated"], second["unchanged"]) == (0, 0, 3)
    changed = load(office, "ghost.json", "--base", "https://old.example.org")
    assert (changed["updated"], changed["unchanged"]) == (2, 1)


def test_a_long_post_is_cleaned_in_a_process_of_its_own(
    office: PostOffice, client: httpx2.Client, tmp_path: Path
) -> None:
    """It is whole, and a base that is not an address is a mistake of the command line."""
    folder = tmp_path / "export"
    folder.mkdir()
    text = "".join(f"Paragraph {number} of many.\n\n" for number in range(12_000))
    (folder / "2020-01-01-long.md").write_text(f"# Long\n\n{text}")
    assert load(office, str(folder))["added"] == 1
    assert "Paragraph 11999 of many." in client.get("/archive/weekly/past/long").text
    command = CommandLine(folder=office.site.folder, environment={})
    wrong = ("archive", "import", str(folder), "--newsletter", "weekly", "--base", "old")
    assert command(*wrong).code == 2
    assert command("archive", "import", str(folder), "--newsletter", "wekly").code == 2


def test_what_cannot_be_read_is_named(office: PostOffice) -> None:
    """The rest is imported, and the exit code says that something is missing."""
    document = load(office, "files", code=1)
    assert document["added"] == 3
    assert document["unreadable"] == [
        {"post": "broken.md", "reason": "no-text"},
        {"post": "Undated", "reason": "no-date"},
    ]


def test_the_archive_has_both(office: PostOffice, client: httpx2.Client) -> None:
    """The site's own issues first and numbered from 1, then the past ones by date."""
    load(office, "substack", code=1)
    landing = client.get("/").text
    assert 'href="/archive/weekly/past/a-talk"' in landing
    send_issue(office, NOW + timedelta(days=5))
    text = client.get("/archive/weekly").text
    places = [
        text.index(f'href="/archive/weekly/{name}"')
        for name in ("1", "past/a-talk", "past/the-first-tide")
    ]
    assert places == sorted(places)
    assert 'href="/archive/weekly/1"' in client.get("/").text


def test_a_past_issue_has_a_page(office: PostOffice, client: httpx2.Client) -> None:
    """With its pictures, without scripts, for search engines; a wrong address is 404."""
    load(office, "substack", code=1)
    page = client.get("/archive/weekly/past/the-first-tide")
    assert "<h1>The first tide</h1>" in page.text
    assert "3 April 2023" in page.text
    assert "script-src" not in page.headers["content-security-policy"]
    assert "img-src 'self';" in page.headers["content-security-policy"]
    sources = re.findall(r'<img[^>]* src="([^"]*)"', page.text)
    assert sources
    assert all(source.startswith("/pictures/") for source in sources)
    assert page.headers["link"].startswith("<https://news.example.org/archive/weekly/past/")
    assert "x-robots-tag" not in page.headers
    for path in ("weekly/past/nothing", "daily/past/the-first-tide", "weekly/past/for-supporters"):
        assert client.get(f"/archive/{path}").status_code == 404


@pytest.mark.parametrize("form", ["rss", "atom", "json"])
def test_feeds_have_both(office: PostOffice, client: httpx2.Client, form: str) -> None:
    """The newest first, the past ones with their content."""
    load(office, "substack", code=1)
    send_issue(office, NOW + timedelta(days=5))
    answer = client.get(f"/archive/weekly/feed.{form}")
    if form == "json":
        urls = [item["url"] for item in answer.json()["items"]]
        contents = [item["content_html"] for item in answer.json()["items"]]
    else:
        entries = feedparser.parse(answer.content).entries
        urls = [entry.link for entry in entries]
        contents = [entry.content[0].value for entry in entries]
    home = "https://news.example.org/archive/weekly"
    assert urls == [f"{home}/1", f"{home}/past/a-talk", f"{home}/past/the-first-tide"]
    assert "We talk about nets." in contents[1]


def test_pages_of_the_archive_go_through_both(
    office: PostOffice, client: httpx2.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every issue is on one page, in order, whatever the length of a page."""
    load(office, "substack", code=1)
    load(office, "ghost.json")
    send_issue(office, NOW + timedelta(days=5))
    for length in (1, 2, 3):
        monkeypatch.setattr(archive_reader, "ON_A_PAGE", length)
        seen, path = [], "/archive/weekly"
        while path:
            text = client.get(path).text
            seen += [part.split('"')[0] for part in text.split('<h2><a href="/archive/weekly/')[1:]]
            _, found, rest = text.partition('<p><a href="/archive/weekly?')
            path = f"/archive/weekly?{rest.partition(chr(34))[0]}" if found else ""
        assert seen == [
            "1", "past/a-talk", "past/the-first-tide", "past/by-mail-only", "past/knots", "past/older",
        ]  # fmt: skip
    assert client.get("/archive/weekly?after=nothing").status_code == 200


def test_two_issues_with_one_name(
    office: PostOffice, client: httpx2.Client, tmp_path: Path
) -> None:
    """Each has an address of its own, and keeps it."""
    folder = tmp_path / "export"
    folder.mkdir()
    for day in (1, 2, 3):
        (folder / f"2020-01-0{day}-news.md").write_text(f"# News\n\nDay {day}.\n")
    for _ in range(2):
        load(office, str(folder))
        pages = [client.get(f"/archive/weekly/past/news{end}").text for end in ("", "-2", "-3")]
        assert [f"Day {day}." in page for day, page in enumerate(pages, 1)] == [True] * 3
