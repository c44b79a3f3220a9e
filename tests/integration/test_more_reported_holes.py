"""Further holes that were reported of newsletters, feed readers and their neighbours, tried on this one.

Each test names the report. What is tried elsewhere: hosts that poison links in mail (ltb-project/self-service-password
issue 755) and pages that one is led to after signing in (CVE-2022-25799) in test_foreign_pages.py, addresses that
an identity provider has not verified (mcdonc/klangk issue 1226) in test_identity_provider.py, private addresses in disguise
(redlemonbe/Runbound issue 110) and behind redirects (brendanlong/lion-reader issue 1077) in test_ssrf_guard.py
and test_pictures.py.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import httpx2
import pytest

from newsletter.pipeline.draft import draft
from newsletter.pipeline.gather import gather
from newsletter.site.picture_addresses import PATH
from newsletter.web.app import make_app
from subscribers.tokens import Purpose
from tests.factories.editors import ADDRESS, PASSWORD, add_editor
from tests.factories.mail import NOW, READER, PostOffice, link_in, post_office
from tests.integration.test_api import open_api
from tests.servers.web import serving, web_client

SCRIPT = "<script>alert(1)</script>"


@pytest.fixture
def office(tmp_path: Path) -> Iterator[PostOffice]:
    """A site with four readers."""
    with post_office(tmp_path) as running:
        yield running


@pytest.fixture
def client(office: PostOffice) -> Iterator[httpx2.Client]:
    """A browser at the site."""
    with (
        serving(make_app(office.site, clock=lambda: office.now)) as base,
        web_client(base_url=base) as client,
    ):
        yield client


def test_no_words_of_a_search_reach_another_table(tmp_path: Path) -> None:
    """Listmonk issue 2412: a condition on subscribers read the table of sessions."""
    conditions = [
        "1=1) OR EXISTS (SELECT 1 FROM sessions) --",
        "plan = (select token from sessions)",
        "plan = 'x' union select address from users",
        "plan = 'a' or '1'='1'; drop table users",
    ]
    with open_api(tmp_path) as api:
        for condition in conditions:
            path = f"/subscribers?segment={quote(condition)}"
            assert api.refused("GET", path) == (422, "bad-segment"), condition
        # A name with a dot is an attribute's name, and no column's.
        found = [
            api.done("GET", f"/subscribers?segment={quote(name)}%20%3D%20%27%27")
            for name in ("users.password_hash", "subscribers.id", "nobody.has_this")
        ]
        assert found[0] == found[1] == found[2]
        assert len(api.done("GET", "/subscribers")["subscribers"]) == 4


def test_a_change_of_a_person_leaves_what_it_does_not_name(tmp_path: Path) -> None:
    """Listmonk issues 2228, 2737 and 2902: what the one who changes does not see was removed."""
    with open_api(tmp_path) as api:
        path = f"/subscribers/{READER}"
        before = api.done("GET", path)
        api.done("PATCH", path, {"name": "Ann"})
        after = api.done("GET", path)
        assert after["name"] == "Ann"
        for field in ("tags", "frequency", "subscriptions"):
            assert after[field] == before[field]


def test_the_subject_of_a_mail_is_text_at_the_desk(
    office: PostOffice, client: httpx2.Client
) -> None:
    """Postorius CVE-2026-44742: markup in the subject of a mail ran for the moderator who looked at it."""
    for sender in ("eve@example.net", READER):
        office.mail("weekly", text=SCRIPT, sender=sender, subject=f"Hello {SCRIPT}")
    add_editor(office.site)
    client.post("/sign-in", data={"address": ADDRESS, "password": PASSWORD})
    person = office.person()
    assert person is not None
    for path in (
        "/people/mail",
        "/people/mail/1",
        "/people/mail/2",
        f"/people/{person.id}",
        "/desk",
    ):
        assert SCRIPT not in client.get(path, follow_redirects=True).text


@pytest.mark.parametrize(
    "url",
    [f"http:a{SCRIPT}", f"http://{SCRIPT}/", f"javascript:{SCRIPT}", f"http://127.0.0.1/{SCRIPT}"],
)
def test_a_picture_that_cannot_be_had_repeats_no_address(
    office: PostOffice, client: httpx2.Client, url: str
) -> None:
    """Miniflux pull request 1746 and GHSA-xwh2-742g-w3wp: a signed address was shown, or led inside."""
    signed = office.site.picture_addresses.address(url)
    for path in (signed, f"{PATH}/x?of={quote(url)}"):
        answer = client.get(path)
        assert answer.status_code == 404
        assert "alert(1)" not in answer.text


def test_a_link_of_a_feed_leads_to_no_page_of_ours(
    office: PostOffice, client: httpx2.Client
) -> None:
    """FreshRSS issue 1434: a relative link in a feed became one to the reader's own pages."""
    articles = office.site.folder / "articles"
    for number, link in enumerate(
        ("/sign-out", "desk/weekly/1/send", "//", "?x=1", "\\\\evil.example")
    ):
        (articles / f"{number}.md").write_text(
            f"---\ntitle: Story {number}\nurl: '{link}'\ndate: {NOW - timedelta(hours=number + 1)}\n"
            "tags: [news]\nsummary: What happened.\n---\nIt happened.\n"
        )
    gather(office.site, "weekly", now=office.now)
    issue = draft(office.site, "weekly", now=office.now)
    links = [item.article.url for item in issue.items] + [out.url for out in issue.left_out]
    assert all(link == "" or link.startswith(("http://", "https://")) for link in links)


def test_the_question_repeats_nothing_that_was_typed(
    office: PostOffice, client: httpx2.Client
) -> None:
    """Listmonk issue 1133 and redimp/otterwiki issue 235: the name at the form carried spam to strangers."""
    spam = "Click http://evil.example now"
    fields = {"email": "victim@example.com", "name": spam, "website_": spam, "tag": spam}
    guard = client.post("/join/weekly", json=fields).json()
    assert guard == {"status": "check-your-mail"}
    office.settle()
    letter = office.last()
    assert letter.recipient == "victim@example.com"
    assert "evil.example" not in letter.content.decode("utf-8", "replace")
    assert "evil" not in str(letter.message["To"])


def test_no_page_behind_a_link_leads_where_its_address_says(
    office: PostOffice, client: httpx2.Client
) -> None:
    """Newsletter Manager 1.4: the page after a confirmation redirected to what a parameter said."""
    client.post("/join/weekly", json={"email": "new@example.com"})
    office.settle()
    confirm = link_in(office.last(), "confirm")
    person = office.person()
    assert person is not None
    tokens = office.site.tokens
    leave = f"/u/{tokens.make(Purpose.UNSUBSCRIBE, person.id, 'weekly')}"
    choose = f"/p/{tokens.make(Purpose.PREFERENCES, person.id, 'weekly', office.now)}"
    names = ("appurl", "next", "redirect", "redirectUrl", "return", "url", "goto", "r", "u")
    elsewhere = dict.fromkeys(names, "https://evil.example")
    for path in (confirm, leave, choose, "/join/weekly", "/links/weekly", "/"):
        for answer in (
            client.get(path, params=elsewhere),
            client.post(path, params=elsewhere, data=elsewhere),
        ):
            assert "location" not in answer.headers
            assert "evil.example" not in answer.text
            assert "refresh" not in answer.headers


def test_no_address_in_the_place_of_a_token_acts(office: PostOffice, client: httpx2.Client) -> None:
    """Tuist pull request 11732 and freeCodeCamp issue 5142: the token of a link was the address, in clear or encoded."""

    for token in (
        READER,
        base64.urlsafe_b64encode(READER.encode()).decode(),
        READER.encode().hex(),
    ):
        for purpose in ("u", "p", "confirm", "erase", "export", "move"):
            assert client.get(f"/{purpose}/{token}").status_code in (400, 404)
            answer = client.post(f"/{purpose}/{token}", data={"List-Unsubscribe": "One-Click"})
            assert answer.status_code in (400, 404)
    assert office.status() == "active"
