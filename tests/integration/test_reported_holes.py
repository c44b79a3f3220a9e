"""Holes that were reported of other newsletters and mailing lists, tried on this one.

Each test names the report. What is tried elsewhere: formulas behind a separator (tests/unit/subscribers/
test_csv_file.py), answers to errors that a cache keeps (test_archive.py), XSS from editors' words
(test_hostile_words.py), redirects, enumeration and forged tokens (test_sign_in.py, test_clicks.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
import sqlalchemy as sa

from newsletter.issues.past.post import PastIssue
from newsletter.store.past_issues import keep_past_issue
from newsletter.web.app import make_app
from subscribers import tables
from subscribers.tokens import Purpose
from tests.factories.editors import ADDRESS, NOW, PASSWORD, add_editor, open_office
from tests.factories.mail import PostOffice, bounce, post_office, send_issue
from tests.factories.site import READERS, make_site
from tests.integration.test_private_lists import MONDAY, PUBLIC
from tests.integration.test_second_factor import set_up
from tests.servers.web import serving, web_client

OTHER = READERS[1]


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


def membership(office: PostOffice, address: str) -> list[tuple[object, ...]]:
    """All that the site keeps of the person and their subscriptions."""
    person = office.person(address)
    assert person is not None
    asked = (
        sa.select(tables.subscribers).where(tables.subscribers.c.id == person.id),
        sa.select(tables.subscriptions).where(tables.subscriptions.c.subscriber_id == person.id),
    )
    with office.site.database.transaction(read_only=True) as connection:
        return [tuple(row) for query in asked for row in connection.execute(query)]


def test_a_link_acts_for_nobody_else(office: PostOffice, client: httpx2.Client) -> None:
    """Mailtrain issue 221 and phpList issue 405: an address beside the link, or in its place, chose the person."""
    person, other = office.person(), office.person(OTHER)
    assert person is not None
    assert other is not None
    before = membership(office, OTHER)
    beside = {
        "email": OTHER,
        "address": OTHER,
        "subscriber_id": str(other.id),
        "uid": str(other.id),
    }
    tokens = office.site.tokens
    preferences = f"/p/{tokens.make(Purpose.PREFERENCES, person.id, 'weekly', office.now)}"
    leave = f"/u/{tokens.make(Purpose.UNSUBSCRIBE, person.id, 'weekly')}"
    for path in ("/p/", "/u/", "/p/x", preferences, leave):
        answer = client.get(path, params=beside)
        assert OTHER not in answer.text
    for action in ("save", "pause", "undo", "reason", "data", "erase"):
        for path in (preferences, leave):
            client.post(path, params=beside, data={"action": action, "weeks": "4", **beside})
    one_click = {"List-Unsubscribe": "One-Click", **beside}
    assert client.post(leave, params=beside, data=one_click).status_code == 200
    assert office.status() == "unsubscribed"
    office.settle()
    assert membership(office, OTHER) == before


def test_a_sign_up_says_nothing_of_its_own_standing(
    office: PostOffice, client: httpx2.Client
) -> None:
    """Ghost CVE-2022-41654: fields that the form does not have were stored as they came."""
    asked = {
        "email": "new@example.org", "status": "active", "confirmed": True, "lists": ["open"], "id": 1,
        "attributes": {"plan": "gold"}, "plan": "gold", "subscriber_id": 1, "consent": "yes", "links_since": None,
    }  # fmt: skip
    before = membership(office, READERS[0])
    assert client.post("/join/weekly", json=asked).status_code == 202
    office.settle()
    assert office.status("new@example.org") == "pending"
    assert "gold" not in str(membership(office, "new@example.org"))
    assert membership(office, READERS[0]) == before


def test_past_issues_are_as_public_as_their_newsletter(tmp_path: Path) -> None:
    """HyperKitty CVE-2021-33038: archives of private lists could be seen once they were imported."""
    with (
        post_office(tmp_path, keys="public = false\n", tables=PUBLIC) as office,
        serving(make_app(office.site)) as base,
        web_client(base_url=base) as client,
    ):
        past = PastIssue(
            key="1", slug="tides", title="Tides", summary="", html="<p>High.</p>", published=MONDAY
        )
        with office.site.database.transaction() as connection:
            for newsletter in ("weekly", "open"):
                keep_past_issue(connection, newsletter, past, MONDAY)
        assert client.get("/archive/open/past/tides").status_code == 200
        for path in ("past/tides", "feed.rss", "feed.atom", "feed.json", "", "1"):
            assert client.get(f"/archive/weekly/{path}", follow_redirects=True).status_code == 404


def test_what_a_mail_server_says_is_text_at_the_desk(
    office: PostOffice, client: httpx2.Client
) -> None:
    """Mautic CVE-2021-27910: markup in the reason of a bounce ran in the browser of who looked at it."""
    markup = "<img src=x onerror=alert(1)>"
    copy = send_issue(office, MONDAY)[0]
    box = copy.sender.partition("@")[0]
    office.take(bounce(copy, reason=f"user {markup} unknown"), box, envelope="")
    add_editor(office.site)
    client.post("/sign-in", data={"address": ADDRESS, "password": PASSWORD})
    person = office.person(copy.recipient)
    assert person is not None
    pages = (
        f"/people/{person.id}",
        "/people",
        "/people/mail",
        "/people/blocked",
        "/desk/weekly/1/report",
    )
    shown = [client.get(path, follow_redirects=True) for path in (*pages, "/desk", "/audit")]
    assert {answer.status_code for answer in shown} <= {200, 404}
    assert not any(markup in answer.text for answer in shown)
    assert any("&lt;img src=x onerror" in answer.text for answer in shown)


def test_no_page_opens_between_the_password_and_the_code(tmp_path: Path) -> None:
    """Ghost CVE-2026-22594: after the password other pages opened without the second factor."""
    with open_office(make_site(tmp_path, now=NOW)) as office:
        office.add()
        office.sign_in()
        set_up(office)
        browser = office.another_browser()
        browser.post("/sign-in", data={"address": ADDRESS, "password": PASSWORD})
        for path in (
            "/desk",
            "/account",
            "/account/authenticator",
            "/audit",
            "/people",
            "/settings",
        ):
            answer = browser.get(path)
            assert answer.is_redirect, path
            assert answer.headers["location"].partition("?")[0].endswith("/sign-in"), path
            assert browser.post(path).status_code in (401, 405), path
        for path in ("/account/passkey", "/sign-out", "/people/export", "/people/add"):
            assert browser.post(path).status_code == 401, path
        assert browser.get("/api/v1/status").status_code in (401, 404)
