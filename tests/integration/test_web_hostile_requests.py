"""Requests that no browser sends: each is refused in the route's own words, none is a failure."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from subscribers.subscriber import Status
from subscribers.tokens import Purpose
from subscribers.unsubscribe import status_of
from tests.factories.web_requests import WebSite


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebSite]:
    """A site with readers."""
    web = WebSite(tmp_path_factory.mktemp("site"))
    yield web
    web.site.database.close()


@pytest.fixture
def client(web: WebSite) -> TestClient:
    """A program that speaks to it, with an editor's cookie and key."""
    web.put_back("draft")
    cookie = f"newsletter-session={web.words['cookie']}"
    return TestClient(
        web.app(),
        base_url="http://127.0.0.1:8000",
        headers={"Cookie": cookie, "Authorization": f"Bearer {web.words['key']}"},
    )


@pytest.mark.parametrize(
    "type_",
    [
        "multipart/form-data; boundary=x; charset=undefined",
        "multipart/form-data; boundary=x; charset=no-such",
        "multipart/form-data",
    ],
)
def test_a_one_click_form_in_an_unknown_charset_unsubscribes(
    web: WebSite, client: TestClient, type_: str
) -> None:
    """Who posts to the link wants out, whatever the form is written in."""
    part = '--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n'
    token = web.site.tokens.make(Purpose.UNSUBSCRIBE, 1, "weekly")
    answer = client.post(f"/u/{token}", content=part, headers={"Content-Type": type_})
    assert answer.status_code == 200
    with web.site.database.transaction(read_only=True) as connection:
        assert status_of(connection, 1, "weekly") is Status.UNSUBSCRIBED


@pytest.mark.parametrize(
    "body",
    [
        "[" * 30_000,
        '{"email": "\\ud800@example.org"}',
        '{"email": "a@example.org", "name": "\\udc00"}',
        "{",
    ],
)
def test_json_that_cannot_be_used_is_refused_at_the_sign_up_form(
    client: TestClient, body: str
) -> None:
    """Too deep, or not Unicode: 400, in JSON."""
    answer = client.post("/join/weekly", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "bad-request"


def test_an_origin_that_is_no_address_is_another_site(client: TestClient) -> None:
    """The form is refused."""
    answer = client.post("/sign-in", data={"address": "x"}, headers={"Origin": "http://["})
    assert answer.status_code == 403


@pytest.mark.parametrize("number", [2**31, 2**63, 10**40])
@pytest.mark.parametrize("path", ["/desk/weekly/{}", "/archive/weekly/{}", "/archive/weekly/{}/x"])
def test_numbers_beyond_the_database_name_nothing(
    client: TestClient, path: str, number: int
) -> None:
    """404, as for any number that no issue has."""
    assert client.get(path.format(number)).status_code == 404


@pytest.mark.parametrize("text", ['{"version": 1e400}', f'{{"version": {10**40}, "action": "up"}}'])
def test_numbers_beyond_the_database_are_refused_by_the_api(client: TestClient, text: str) -> None:
    """422, naming the field."""
    answer = client.post("/api/v1/newsletters/weekly/issues/1/edits", content=text)
    assert answer.status_code == 422
    assert answer.json()["error"]["field"] == "version"
    assert client.get(f"/api/v1/audit?before={2**63}").status_code == 422


@pytest.mark.parametrize("path", ["/api/v1/x%0A", "/api/%0A", "/x%0A", "/desk/%0A", "/u/%0A/%0A"])
def test_a_line_break_in_a_path_is_answered_as_any_unknown_address(
    client: TestClient, path: str
) -> None:
    """404 in the type of that part of the site, with its headers."""
    answer = client.get(path)
    assert answer.status_code == 404
    expected = "application/json" if path.startswith("/api/") else "text/html"
    assert answer.headers["content-type"].startswith(expected)
    assert answer.headers["x-content-type-options"] == "nosniff"
