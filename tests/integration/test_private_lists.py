"""A list that is not public: strangers neither join it nor learn that there is one; its readers lose nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import pytest
import sqlalchemy as sa

from newsletter.config.loading import load_settings
from newsletter.issues.past.post import PastIssue
from newsletter.pipeline.export_issues import export_issues
from newsletter.pipeline.webhooks import body_of
from newsletter.site.lists import public_lists, public_newsletters
from newsletter.store.job_outcomes import Ended, JobOutcome, record_outcome
from newsletter.store.past_issues import keep_past_issue
from newsletter.store.tables import editions
from newsletter.store.webhooks import WebhookEvent
from newsletter.web.app import make_app
from subscribers.tables import subscribers
from subscribers.tokens import Purpose
from tests.factories.mail import PostOffice, post_office, send_issue
from tests.factories.site import READERS, make_site
from tests.servers.web import serving, web_client

MONDAY = datetime(2026, 3, 9, 7, tzinfo=UTC)
TITLE = "The Weekly"
PUBLIC = """
[newsletters.open]
title = "The Open Letter"
from = "The Open Letter <open@news.example.org>"
list = "open"
schedule = "0 7 * * mon"
paused = true
"""
STRANGER = "stranger@example.net"


@pytest.fixture
def office(tmp_path: Path) -> Iterator[PostOffice]:
    """A site whose newsletter "weekly" is not public, beside one that is."""
    with post_office(tmp_path, keys="public = false\n", tables=PUBLIC) as running:
        yield running


@pytest.fixture
def client(office: PostOffice) -> Iterator[httpx2.Client]:
    """A browser at the site."""
    with (
        serving(make_app(office.site, clock=lambda: office.now)) as base,
        web_client(base_url=base) as client,
    ):
        yield client


def test_no_page_shows_it(office: PostOffice, client: httpx2.Client) -> None:
    """Neither its name nor its title; where a list may be named, it is answered as one that is not there."""
    send_issue(office, MONDAY)
    for path in ("/", "/archive", "/join/open", "/links/open", "/robots.txt", "/favicon.ico"):
        answer = client.get(path, follow_redirects=True)
        assert answer.status_code == 200
        assert TITLE not in answer.text
        assert "weekly" not in answer.text.lower()
    for path in (
        *("/join/@", "/links/@", "/archive/@", "/archive/@/1", "/archive/@/feed.rss"),
        *("/archive/@/feed.json", "/archive/@/tags/news", "/archive/@/past/1"),
    ):
        hidden, absent = (client.get(path.replace("@", slug)) for slug in ("weekly", "absent"))
        assert hidden.status_code == absent.status_code == 404
        assert hidden.text == absent.text


def test_no_page_of_the_site_itself_names_it(office: PostOffice, client: httpx2.Client) -> None:
    """Neither the sign-in, nor the description of the API, nor the health of its jobs."""
    with office.site.database.transaction() as connection:
        for job in ("issue:weekly", "gathering:weekly", "issue:open"):
            at = {"started_at": MONDAY, "finished_at": MONDAY}
            record_outcome(connection, JobOutcome(job=job, ended=Ended.FAILED, **at))
    for path in ("/sign-in", "/sign-in/link/x", "/desk", "/api/openapi.json", "/api/docs"):
        assert TITLE not in client.get(path, follow_redirects=True).text
    assert "The Open Letter" in client.get("/sign-in").text
    assert client.get("/health").json()["jobs"] == {
        "issue": "failed",
        "gathering": "failed",
        "issue:open": "failed",
    }


def test_the_address_of_its_issue_cannot_be_guessed(
    office: PostOffice, client: httpx2.Client
) -> None:
    """Who reads the same sources knows the articles and so the edition's key, but not the site's secret."""
    html = send_issue(office, MONDAY)[0].part("html")
    with office.site.database.transaction(read_only=True) as connection:
        keys = list(connection.scalars(sa.select(editions.c.key)))
    for key in keys:
        assert client.get(f"/archive/weekly/1/{key}").status_code == 404
        assert client.get(f"/archive/weekly/1/{key}{'0' * 16}").status_code == 404
        address = office.site.edition_addresses.address("weekly", 1, key)
        path = address.removeprefix("https://news.example.org")
        shown = client.get(path)
        assert (shown.status_code, shown.headers["x-robots-tag"]) == (200, "noindex")
        assert client.get(path.replace("/1/", "/2/")).status_code == 404
        assert address in html


def test_a_mail_that_was_sent_before_addresses_were_signed_keeps_its_link(
    office: PostOffice, client: httpx2.Client
) -> None:
    """Its text holds the address without a mark; no other edition of the issue opens without one."""
    send_issue(office, MONDAY)
    addresses = office.site.edition_addresses
    with office.site.database.transaction() as connection:
        old, *others = connection.scalars(sa.select(editions.c.key)).all()
        signed = addresses.address("weekly", 1, old)
        unsigned = signed[: signed.index(old) + len(old)]
        connection.execute(
            sa.update(editions)
            .where(editions.c.key == old)
            .values(text=sa.func.replace(editions.c.text, signed, unsigned))
        )
    assert client.get(f"/archive/weekly/1/{old}").status_code == 200
    assert {client.get(f"/archive/weekly/1/{key}").status_code for key in others} <= {404}


def test_nobody_joins_it_by_form_or_json(office: PostOffice, client: httpx2.Client) -> None:
    """A form with a stamp of another list, without one, and JSON: all 404, and nobody is written to."""
    stamp = client.post("/join/open", json={"email": STRANGER, "stamp": "x"}).json()["error"]
    for list_slug in ("weekly", "absent"):
        path = f"/join/{list_slug}"
        posts = [
            client.post(path, data={"email": STRANGER, "stamp": stamp["stamp"]}),
            client.post(path, json={"email": STRANGER}),
            client.post(f"/links/{list_slug}", data={"email": READERS[0]}),
        ]
        assert [answer.status_code for answer in posts] == [404, 404, 404]
    office.settle()
    assert office.letters == []
    assert office.person(STRANGER) is None


@pytest.mark.parametrize(
    ("box", "subject"),
    [
        ("weekly-join", ""),
        ("weekly-subscribe", ""),
        ("weekly-request", "subscribe"),
        ("weekly-help", ""),
        ("weekly-request", "which"),
        *(("weekly-request", subject) for subject in ("", "hello", "tags: news", "confirm abc")),
        *(("weekly-request", subject) for subject in ("unsubscribe", "pause until 2026-06-01")),
        *((f"weekly-{box}", "") for box in ("leave", "unsubscribe", "bounces", "confirm+abc")),
    ],
)
def test_a_strangers_mail_gets_no_answer(office: PostOffice, box: str, subject: str) -> None:
    """Not even one that would name the list; its own readers are answered as ever."""
    got = office.mail(box, sender=STRANGER, subject=subject)
    assert got.action in ("none", "quarantine")
    assert office.letters == []
    assert office.person(STRANGER) is None
    office.mail("weekly-help")
    assert office.last().recipient == READERS[0]


def test_a_reader_of_another_list_is_a_stranger_to_it(
    office: PostOffice, client: httpx2.Client
) -> None:
    """Neither by mail nor at the page for preferences does somebody learn of a list they are not on."""
    office.mail("open-join", sender=STRANGER)
    box = str(office.last().message["Reply-To"]).partition("@")[0]
    office.mail(box, sender=STRANGER)
    assert office.status(STRANGER, "open") == "active"
    before = len(office.letters)
    assert office.mail("weekly-help", sender=STRANGER).action == "none"
    assert len(office.letters) == before
    person = office.person(STRANGER)
    assert person is not None
    token = office.site.tokens.make(Purpose.PREFERENCES, person.id, "open", office.now)
    page = client.get(f"/p/{token}")
    assert page.status_code == 200
    assert TITLE not in page.text


def test_its_readers_read_it_and_leave(office: PostOffice, client: httpx2.Client) -> None:
    """The issue opens in a browser by the address in the mail, and one click leaves; nobody is invited."""
    copy = send_issue(office, MONDAY)[0]
    html = copy.part("html")
    assert "/join/weekly" not in html + copy.part("plain")
    assert copy.message["List-Subscribe"] is None
    assert copy.message["List-Archive"] is None
    start = html.index("https://news.example.org/archive/weekly/1/")
    address = html[start : html.index('"', start)].removeprefix("https://news.example.org")
    assert client.get(address).status_code == 200
    assert "/links/weekly" not in client.get(address).text
    leave = str(copy.message["List-Unsubscribe"]).partition("<https://news.example.org")[2]
    done = client.post(leave.partition(">")[0], data={"List-Unsubscribe": "One-Click"})
    assert done.status_code == 200
    assert office.status(copy.recipient) == "unsubscribed"


def test_its_issues_are_exported_as_private_ones(office: PostOffice, tmp_path: Path) -> None:
    """As those for a segment: another program that takes them in would publish them otherwise."""
    send_issue(office, MONDAY)
    past = PastIssue(
        key="1", slug="old", title="Old", summary="", html="<p>x</p>", published=MONDAY
    )
    with office.site.database.transaction() as connection:
        keep_past_issue(connection, "weekly", past, MONDAY)
    export_issues(office.site, None, tmp_path / "out")
    files = [path for path in (tmp_path / "out").rglob("*.*") if path.is_file()]
    assert len(files) == 3
    assert all("private" in path.parts for path in files)


@pytest.mark.parametrize(("keys", "status"), [("public = false\n", 404), ("", 200)])
def test_a_newsletter_that_is_removed_is_as_public_as_it_was(
    tmp_path: Path, keys: str, status: int
) -> None:
    """Its readers go on to open what they have; for others the archive has it only if it was public."""
    with post_office(tmp_path, keys=keys, tables=PUBLIC) as office:
        html = send_issue(office, MONDAY)[0].part("html")
        start = html.index("https://news.example.org/archive/weekly/1/")
        address = html[start : html.index('"', start)].removeprefix("https://news.example.org")
        kept = {"open": office.site.settings.newsletters["open"]}
        settings = office.site.settings.model_copy(update={"newsletters": kept})
        site = replace(office.site, settings=settings)
        with serving(make_app(site)) as base, web_client(base_url=base) as client:
            assert client.get("/archive/weekly/1").status_code == status
            assert client.get(address[:-16]).status_code == status
            assert client.get(address).status_code == 200


def test_its_reader_whose_links_have_ended_leaves_by_the_old_one(
    office: PostOffice, client: httpx2.Client
) -> None:
    """No page leads to one that would mail links, as that would tell strangers of the list."""
    person = office.person()
    assert person is not None
    with office.site.database.transaction() as connection:
        connection.execute(sa.update(subscribers).values(links_since=office.now))
    leave = f"/u/{office.site.tokens.make(Purpose.UNSUBSCRIBE, person.id, 'weekly')}"
    assert 'href=""' not in client.get(leave).text
    assert "/links/weekly" not in client.get(leave).text
    client.post(leave)
    assert office.status() == "unsubscribed"


def test_a_site_without_public_newsletters_has_a_start_page(tmp_path: Path) -> None:
    """It answers, and shows none."""
    site = make_site(tmp_path, now=MONDAY, keys="public = false")
    with serving(make_app(site)) as base, web_client(base_url=base) as client:
        for path in ("/", "/archive"):
            answer = client.get(path)
            assert answer.status_code == 200
            assert TITLE not in answer.text


def test_a_program_is_told_no_address_that_leads_nowhere(office: PostOffice) -> None:
    """A webhook about a sent issue has the address of the archive only where the archive shows it."""
    for newsletter, has_address in (("weekly", False), ("open", True)):
        data = {"newsletter": newsletter, "number": 1}
        event = WebhookEvent(event="sent", subject="1", at=MONDAY, data=data)
        assert ("url" in json.loads(body_of(office.site, event))["data"]) is has_address


def test_a_digest_is_as_public_as_what_it_collects(tmp_path: Path) -> None:
    """Otherwise its archive would give away the newsletter."""
    digest = PUBLIC.replace("open", "monthly").replace(
        'schedule = "0 7 * * mon"', 'schedule = "0 7 1 * *"\ndigest_of = "weekly"'
    )
    make_site(
        tmp_path,
        now=MONDAY,
        keys="public = false",
        tables=PUBLIC + digest.replace('list = "monthly"', 'list = "weekly"'),
    ).database.close()
    settings = load_settings(tmp_path, {})
    assert set(public_newsletters(settings)) == {"open"}
    assert public_lists(settings) == {"open"}
