"""The page at the root of a site, and the files that browsers and robots ask for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest

from newsletter.web.app import make_app
from tests.factories.mail import NOW, PostOffice, post_office, send_issue
from tests.servers.web import serving, web_client

SECOND = """
[newsletters.daily]
title = "The Daily"
tagline = "Every <morning>"
from = "The Daily <daily@news.example.org>"
list = "daily"
schedule = "0 7 * * *"

[[newsletters.daily.sources]]
folder = "articles"

[newsletters.monthly]
title = "The Monthly"
from = "The Monthly <monthly@news.example.org>"
list = "weekly"
digest_of = "weekly"
schedule = "0 7 1 * *"
"""


@pytest.fixture
def office(tmp_path: Path) -> Iterator[PostOffice]:
    """A site that takes mail."""
    with post_office(tmp_path) as running:
        yield running


def get(office: PostOffice, path: str) -> httpx2.Response:
    """The answer to a browser."""
    with serving(make_app(office.site, clock=lambda: office.now)) as base:
        return httpx2.get(f"{base}{path}")


def test_one_newsletter_has_the_page_to_itself(office: PostOffice) -> None:
    """Its name, its form, its newest issue and its feeds; search engines may list it."""
    empty = get(office, "/")
    assert "The first issue is still to come." in empty.text
    send_issue(office, NOW + timedelta(days=5))
    answer = get(office, "/")
    assert "x-robots-tag" not in answer.headers
    assert "<h1>The Weekly</h1>" in answer.text
    assert 'action="/join/weekly"' in answer.text
    assert 'href="/archive/weekly/1"' in answer.text
    assert 'href="/archive/weekly/feed.atom"' in answer.text
    assert "Our newsletters" not in answer.text


def test_each_list_has_its_form(tmp_path: Path) -> None:
    """Newsletters are shown in the order of the file; a digest has no place of its own."""
    with post_office(tmp_path, tables=SECOND) as office:
        text = get(office, "/").text
        assert ">Our newsletters</h1>" in text
        assert text.index("The Weekly</h2>") < text.index("The Daily</h2>")
        assert "Every &lt;morning&gt;" in text
        assert "The Monthly" not in text
        assert [text.count(f'action="/join/{name}"') for name in ("weekly", "daily")] == [1, 1]
        assert get(office, "/join/daily").status_code == 200


def test_its_form_signs_up(office: PostOffice) -> None:
    """The same fields as on the page of the list, so it needs no second form."""
    with (
        serving(make_app(office.site, clock=lambda: office.now)) as base,
        web_client(base_url=base) as client,
    ):
        stamp = client.get("/").text.partition('name="stamp" value="')[2].partition('"')[0]
        office.now += timedelta(seconds=6)
        fields = {"email": "new@example.org", "stamp": stamp, "proof": ""}
        assert "Check your mail" in client.post("/join/weekly", data=fields).text
    assert office.status("new@example.org") == "pending"


def test_robots_may_read_the_archive_only(office: PostOffice) -> None:
    """Personal links and the desk are not for search engines."""
    text = get(office, "/robots.txt").text
    assert "Disallow: /desk/\n" in text
    assert "Disallow: /u/\n" in text
    assert "/archive" not in text
    assert "Allow: /\n" in text


def test_the_icon_can_be_the_sites_own(office: PostOffice) -> None:
    """Ours is made of the accent colour; a file in templates/web takes its place."""
    assert get(office, "/favicon.ico").content.startswith(b"\0\0\1\0")
    folder = office.site.folder / "templates" / "web"
    folder.mkdir(parents=True)
    (folder / "favicon.ico").write_bytes(b"our own")
    assert get(office, "/favicon.ico").content == b"our own"


def test_security_txt_names_the_contact(
    office: PostOffice, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """It has what RFC 9116 requires, and is missing where no contact is configured."""
    assert get(office, "/.well-known/security.txt").status_code == 404
    settings = office.site.settings
    settings.site.__dict__["security_contact"] = "security@example.org"
    answer = get(office, "/.well-known/security.txt")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert "Contact: mailto:security@example.org\n" in answer.text
    assert "Expires: 2026-08-31T00:00:00Z\n" in answer.text
    assert "Canonical: https://news.example.org/.well-known/security.txt\n" in answer.text


def test_a_site_may_have_a_page_of_its_own(office: PostOffice) -> None:
    """Its templates folder overrides ours file by file."""
    folder = office.site.folder / "templates" / "web" / "archive"
    folder.mkdir(parents=True)
    (folder / "landing.html.j2").write_text("{{ lists[0].newsletters[0].title }}, by us")
    assert get(office, "/").text == "The Weekly, by us"
