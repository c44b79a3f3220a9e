"""A text with a NUL, which PostgreSQL cannot hold, fails no request on either database."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from newsletter.site.site import Site
from newsletter.store.api_tokens import make_api_token
from newsletter.store.database import Database
from newsletter.store.users import Role, find_user
from newsletter.web.app import make_app
from newsletter.web.reader.stamp import make_stamp
from subscribers.tokens import Purpose
from tests.factories.desk import NOW, drafted, make_site, subscribe
from tests.factories.desk_browser import COOKIE, session_cookie
from tests.factories.web_requests import send_nothing, share_token

TEXT = "Jo\x00hn"
EDITOR = "ed@press.example.org"
API = "/api/v1"


@pytest.fixture
def site(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    """A site with a drafted issue and a reader."""
    send_nothing(monkeypatch)
    made = make_site(database, tmp_path)
    drafted(made, 3)
    subscribe(made, "reader@example.net")
    return made


@pytest.fixture
def browser(site: Site) -> Iterator[TestClient]:
    """A publisher's browser, with the token of its forms and an API key."""
    cookie = session_cookie(site, EDITOR, role=Role.PUBLISHER, now=NOW)
    with site.database.transaction() as connection:
        key = make_api_token(connection, find_user(connection, EDITOR), name="x", now=NOW)
    headers = {"Cookie": f"{COOKIE}={cookie}", "Authorization": f"Bearer {key}"}
    app = make_app(site, clock=lambda: NOW)
    with TestClient(
        app, base_url="http://127.0.0.1:8000", headers=headers, raise_server_exceptions=False
    ) as client:
        found = re.search(r'name="csrf" value="([^"]+)"', client.get("/people/import").text)
        assert found is not None
        client.headers["X-CSRF-Token"] = found[1]
        yield client


def test_no_form_or_document_fails_with_a_nul(site: Site, browser: TestClient) -> None:
    """Readers' forms, reviewers' comments, editors' pages, uploads and the API."""
    token = site.tokens.make(Purpose.PREFERENCES, 1, "weekly", NOW)
    forms = {
        "/join/weekly": {"email": "new@example.org", "name": TEXT, "tag": TEXT},
        "/links/weekly": {"email": f"{TEXT}@example.org"},
        f"/p/{token}": {"action": "save", "name": TEXT, "tag": TEXT, "frequency": TEXT},
        f"/shared/{share_token(site)}/comments": {"item": TEXT, "name": TEXT, "text": TEXT},
        "/sign-in": {"address": f"{TEXT}@example.org", "password": TEXT, "way": "password"},
        "/account": {"action": "make-key", "name": TEXT, "scope": "read", "lasts": "90"},
        "/people/add": {"address": "jo@example.org", "name": TEXT, "list": "weekly", "tags": TEXT},
        "/people/1": {"action": "save", "name": TEXT, "tag": TEXT, "frequency": "weekly"},
        "/people/blocked": {"action": "block", "pattern": "@example.com", "reason": TEXT},
        "/desk/weekly/1": {"action": "say-intro", "intro": TEXT, "seen": "1"},
        "/desk/weekly/1/ask": {"note": TEXT},
        "/sources/opml": {"newsletter": "weekly", "opml": f"<opml>{TEXT}</opml>"},
    }
    names = {"/join/weekly": "weekly", f"/shared/{share_token(site)}/comments": "review/weekly/1"}
    for path, form in forms.items():
        stamp = make_stamp(site, names.get(path, "weekly"), NOW - timedelta(minutes=1))
        answer = browser.post(path, data={**form, "stamp": stamp}, follow_redirects=False)
        assert answer.status_code < 500, (path, answer.text)
    documents = {
        f"{API}/lists/weekly/subscribers": {
            "address": "a@example.org",
            "name": TEXT,
            "tags": [TEXT],
        },
        f"{API}/suppressions": {"pattern": "@example.edu", "reason": TEXT},
        f"{API}/lists/weekly/import": {"csv": f"email,name,{TEXT}\nb@example.org,{TEXT},{TEXT}\n"},
        f"{API}/newsletters/weekly/issues/1/edits": {
            "version": 1,
            "action": "say-intro",
            "intro": TEXT,
        },
        "/join/weekly": {"email": "c@example.org", "name": TEXT, "tags": [TEXT]},
    }
    for path, document in documents.items():
        answer = browser.post(path, json=document)
        assert answer.status_code < 500, (path, answer.text)
    changed = browser.patch(
        f"{API}/subscribers/reader@example.net", json={"name": TEXT, "attributes": {"a": TEXT}}
    )
    assert changed.status_code < 500, changed.text
    assert browser.get(f"{API}/subscribers/reader@example.net").status_code == 200
    for path in (
        "/people?q=%00",
        "/people?field=a&value=John",
        "/people?domain=%00",
        "/people?list=%00",
        "/people/blocked?q=%00",
        "/archive/weekly/past/%00",
        "/archive/weekly?after=%00",
        "/archive/weekly/tags/%00",
        "/audit?who=%00",
        f"{API}/subscribers?tag=%00",
        f"{API}/suppressions?after=%00",
        f"{API}/subscribers/%00@example.org",
        "/desk/weekly/1/preview?as=%00&tags=%00",
        "/c/%00",
        "/u/%00",
    ):
        answer = browser.get(path, follow_redirects=False)
        assert answer.status_code < 500, (path, answer.text)


def test_a_file_name_with_a_nul_is_a_name(site: Site, browser: TestClient) -> None:
    """Neither controls nor marks that turn the reading direction are kept of it."""
    body = (
        '--e\r\nContent-Disposition: form-data; name="list"\r\n\r\nweekly\r\n--e\r\n'
        'Content-Disposition: form-data; name="file"; filename="a\x00b\u202egnp.csv"\r\n\r\n'
        "email\nnew@example.org\n\r\n--e--\r\n"
    )
    answer = browser.post(
        "/people/import",
        content=body.encode(),
        headers={"Content-Type": "multipart/form-data; boundary=e"},
        follow_redirects=False,
    )
    assert answer.status_code == 303, answer.text
    assert "abgnp.csv" in browser.get(answer.headers["location"]).text
