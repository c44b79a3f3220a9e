"""Each door opens to its own key only: no other site's form, no stranger, no read changes anything."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Collection, Iterator
from contextlib import closing
from dataclasses import replace

import pytest

from tests.factories.web_requests import (
    REQUESTS,
    RawRequest,
    WebAnswer,
    WebRequest,
    WebSite,
    ask_raw,
    raw,
    send_nothing,
)
from tests.sampling import sampled

SHARE = sampled(whole=1, sample=20)
"""Of the requests, one in so many is made."""

OPEN_TO_ALL = (
    "/sign-in",
    "/sign-out",
    "/desk/static/",
    "/shared/",
    "/api/openapi.json",
    "/api/docs",
    "/health",
)
KEPT_OF_USE = {"tries", "sessions", "api_tokens", "sqlite_sequence"}
"""Tables that count attempts and note when a session or key was last used."""

EDITORS = [
    request
    for request in REQUESTS
    if request.path.startswith(
        ("/desk", "/settings", "/account", "/audit", "/nodes", "/sign-out", "/api/")
    )
]


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebSite]:
    """A site with readers."""
    web = WebSite(tmp_path_factory.mktemp("site"))
    yield web
    web.site.database.close()


@pytest.fixture(autouse=True)
def no_relay(monkeypatch: pytest.MonkeyPatch) -> None:
    """No request reaches a relay."""
    send_nothing(monkeypatch)


def rows(web: WebSite) -> dict[str, list[tuple[object, ...]]]:
    """What the database holds."""
    with closing(sqlite3.connect(web.site.folder / "newsletter.db")) as connection:
        names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        return {
            name: connection.execute(f"SELECT * FROM {name}").fetchall()  # noqa: S608 - our own tables
            for (name,) in names
            if name not in KEPT_OF_USE
        }


def asked(web: WebSite, request: WebRequest, change: Collection[str], **more: str) -> WebAnswer:
    """The answer to the request without the headers named in `change` and with `more`; it changes nothing."""
    web.put_back(request.state)
    before, app = rows(web), web.app()
    given = raw(request, web.words)
    headers = {name: value for name, value in given.headers.items() if name.decode() not in change}
    headers |= {name.replace("_", "-").encode(): value.encode() for name, value in more.items()}

    async def ask(given: RawRequest) -> WebAnswer:
        async with app.router.lifespan_context(app):
            return await ask_raw(app, given)

    answer = asyncio.run(ask(replace(given, headers=headers)))
    assert rows(web) == before
    return answer


@pytest.mark.sampled
@pytest.mark.parametrize("request_", EDITORS[::SHARE], ids=str)
def test_a_stranger_neither_sees_nor_changes_anything(web: WebSite, request_: WebRequest) -> None:
    """Without a cookie and a key, every page and operation of editors sends a stranger away."""
    answer = asked(web, request_, {"cookie", "authorization", "x-csrf-token"})
    if not request_.path.startswith(OPEN_TO_ALL):
        assert answer.status in (303, 401, 403, 404)


@pytest.mark.sampled
@pytest.mark.parametrize(
    "request_", [one for one in EDITORS if one.method != "GET"][:: max(1, SHARE // 2)], ids=str
)
@pytest.mark.parametrize("origin", ["https://evil.example", "null"])
def test_the_form_of_another_site_changes_nothing(
    web: WebSite, request_: WebRequest, origin: str
) -> None:
    """Though the browser sends the editor's cookie with it; the API takes no cookie."""
    answer = asked(
        web, request_, {"authorization", "x-csrf-token"}, origin=origin, sec_fetch_site="cross-site"
    )
    assert answer.status in (401, 403)


@pytest.mark.sampled
@pytest.mark.parametrize(
    "request_", [one for one in REQUESTS if one.method == "GET"][::SHARE], ids=str
)
def test_reading_changes_nothing(web: WebSite, request_: WebRequest) -> None:
    """Link scanners and prefetching browsers follow every link."""
    assert asked(web, request_, ()).status < 500


@pytest.mark.sampled
@pytest.mark.parametrize("request_", REQUESTS[::SHARE], ids=str)
def test_a_name_that_is_not_ours_gets_nothing(web: WebSite, request_: WebRequest) -> None:
    """A stranger's name that points here (DNS rebinding) is answered by 421, with no page."""
    answer = asked(web, request_, (), host="evil.example")
    assert answer.status == 421 or request_.path.startswith("/health")
