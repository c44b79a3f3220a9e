"""Requests that no browser sends: each is refused in the route's own words, none is a failure."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlencode, urlsplit

import pytest
from starlette.testclient import TestClient

from subscribers.subscriber import Status
from subscribers.tokens import Purpose
from subscribers.unsubscribe import status_of
from tests.factories.hostile_requests import variants
from tests.factories.web_requests import (
    HTML,
    JSON,
    REQUESTS,
    WebRequest,
    WebSite,
    ask_raw,
    raw,
    send_nothing,
)
from tests.sampling import sampled
from tests.servers.web import serving


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


def test_a_request_that_tells_its_length_twice_ends_the_connection(web: WebSite) -> None:
    """A proxy in front may believe the other length; what follows is not answered as a request."""
    web.put_back("draft")
    head = b"POST /join/weekly HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n"
    follows = b"0\r\n\r\nGET /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
    with serving(web.app()) as url:
        answers = [
            _said(url, head + b"Content-Length: 5\r\n\r\n" + follows),
            _said(url, head + b"\r\n" + follows),
        ]
    assert [answer.count(b"HTTP/1.1 ") for answer in answers] == [1, 2]
    assert answers[0].startswith(b"HTTP/1.1 400 ")
    assert answers[1].endswith(b'{"live":true}')


def _said(url: str, sent: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", urlsplit(url).port or 0)) as client:
        client.settimeout(60)
        client.sendall(sent)
        return b"".join(iter(lambda: client.recv(65_536), b""))


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


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing goes to a relay."""
    send_nothing(monkeypatch)


@pytest.mark.sampled
@pytest.mark.usefixtures("short")
@pytest.mark.parametrize("number", range(len(REQUESTS)), ids=map(str, REQUESTS))
def test_no_route_fails_whatever_a_stranger_makes_of_its_request(
    web: WebSite, number: int, caplog: pytest.LogCaptureFixture
) -> None:
    """Paths, queries, headers and bodies that no browser sends: an answer below 500, with our headers."""
    request = REQUESTS[number]
    web.put_back(request.state)
    app = web.app()
    every = list(variants(raw(request, web.words)))
    step = sampled(whole=1, sample=40)

    async def ask() -> None:
        async with app.router.lifespan_context(app):
            for name, variant in every[number % step :: step]:
                answer = await ask_raw(app, variant)
                assert 200 <= answer.status < 500, name
                assert answer.headers["x-content-type-options"] == "nosniff", name
                assert "content-security-policy" in answer.headers, name
                assert "referrer-policy" in answer.headers, name
                if answer.status == 404 and request.gives == HTML:
                    assert answer.type in (HTML, JSON), name

    asyncio.run(ask())
    assert "Traceback" not in caplog.text


@pytest.mark.sampled
@pytest.mark.usefixtures("short")
def test_whatever_the_form_is_one_click_unsubscribes(web: WebSite) -> None:
    """RFC 8058: a POST to the link means to leave, however a mail provider writes the form."""
    request = raw(REQUESTS[1], web.words)
    assert REQUESTS[1].form == {"List-Unsubscribe": "One-Click"}
    app = web.app()
    bodies = [
        (name, one) for name, one in variants(request) if name.startswith(("type", "form", "json"))
    ]
    step = sampled(whole=1, sample=5)

    async def ask() -> None:
        async with app.router.lifespan_context(app):
            for name, variant in [("as it is", request), *bodies[::step]]:
                web.put_back("draft")
                answer = await ask_raw(app, variant)
                assert answer.status == 200, name
                with web.site.database.transaction(read_only=True) as connection:
                    assert status_of(connection, 1, "weekly") is Status.UNSUBSCRIBED, name

    asyncio.run(ask())


@pytest.mark.parametrize("type_", [
    "application/x-www-form-urlencoded", "application/x-www-form-urlencoded; charset=UTF-8",
    "multipart/form-data; boundary=x", "multipart/form-data; charset=utf-8; boundary=\"x\"",
])  # fmt: skip
@pytest.mark.parametrize("extra", [False, True])
def test_one_click_as_providers_send_it(
    web: WebSite, client: TestClient, type_: str, extra: bool
) -> None:
    """Either kind of form, with a charset and with further fields, is answered in a few words."""
    fields = {"List-Unsubscribe": "One-Click"} | ({"action": "undo", "x": "y"} if extra else {})
    if type_.startswith("multipart"):
        body = "".join(
            f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
            for name, value in fields.items()
        )
        body += "--x--\r\n"
    else:
        body = urlencode(fields)
    client.cookies.clear()
    answer = client.post(
        f"/u/{web.words['unsubscribe']}", content=body, headers={"Content-Type": type_}
    )
    assert (answer.status_code, answer.text) == (200, "Unsubscribed.\n")
    with web.site.database.transaction(read_only=True) as connection:
        assert status_of(connection, 1, "weekly") is Status.UNSUBSCRIBED


def test_a_field_that_comes_twice_does_not_hide_one_click(web: WebSite, client: TestClient) -> None:
    """The first value may be another one."""
    body = "List-Unsubscribe=x&List-Unsubscribe=One-Click"
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = client.post(f"/u/{web.words['unsubscribe']}", content=body, headers=headers)
    assert answer.status_code == 200
    with web.site.database.transaction(read_only=True) as connection:
        assert status_of(connection, 1, "weekly") is Status.UNSUBSCRIBED


@pytest.mark.parametrize("path", ["/", "/api/v1/status", "/desk", "/metrics", "/archive/weekly"])
def test_a_request_for_another_host_is_told_where_the_site_is(
    client: TestClient, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    """421 with the site's address; the log says once how a name is added, whatever strangers send."""
    for host in ("evil.example", "news.example.org.evil.example:8000"):
        answer = client.get(path, headers={"Host": host})
        assert answer.status_code == 421
        assert "https://news.example.org" in answer.text
        assert answer.headers["x-content-type-options"] == "nosniff"
    assert caplog.text.count("[web] hosts") == 1
    assert client.get("/health/live", headers={"Host": "evil.example"}).status_code == 200


def test_metrics_without_a_key_are_for_the_names_of_this_machine(web: WebSite) -> None:
    """A proxy here that does not say for whom it asks gets none."""
    metrics = raw(WebRequest(method="GET", path="/metrics"), web.words)
    statuses = [
        asyncio.run(ask_raw(web.app(), replace(metrics, headers={b"host": host}))).status
        for host in (b"127.0.0.1:8000", b"localhost:8000", b"news.example.org", b"192.0.2.1")
    ]
    assert statuses == [200, 200, 401, 401]
