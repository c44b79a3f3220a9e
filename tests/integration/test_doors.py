"""Each door opens to its own key only: no other site's form, no stranger, no read changes anything."""

from __future__ import annotations

import asyncio
import re
import sqlite3
from collections.abc import Collection, Iterator
from contextlib import closing
from dataclasses import replace

import pytest

from tests.factories.site import READERS
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
        (
            "/desk",
            "/settings",
            "/account",
            "/audit",
            "/nodes",
            "/sign-out",
            "/people",
            "/sources",
            "/api/",
        )
    )
]
BROWSERS = [one for one in EDITORS if not one.path.startswith("/api/")]
PROGRAMS = [one for one in EDITORS if one.path.startswith("/api/v1/")]

PUBLISHERS = re.compile(
    r"GET /(people|audit|settings)\b.*"
    r"|POST /((people|settings)\b.*|sources/(look|add|opml|mail/1)|sources/weekly/\{source\}/?)"
    r"|POST /desk/weekly/1/(approve|schedule|reopen|hold|send|stop|close|corrections/1/send)"
    r"|\w+ /api/v1/(subscribers|suppressions|audit|lists/).*"
    r"|\w+ /api/v1/newsletters/weekly/issues/1/(approve\?.*|schedule|hold|send|stop|unknown)"
    r"|\w+ /api/v1/newsletters/weekly/letters\b.*"
    r"|POST /api/v1/(sources(/import|/mail)?|source-mail/1)"
)
"""What only publishers may do."""

SCOPES = {
    "people": re.compile(
        r"\w+ /api/v1/(subscribers|suppressions|lists/).*|GET .*(/unknown|/preview\?as=.*)"
    ),
    "admin": re.compile(r"GET /api/v1/audit"),
    "read": re.compile(r"GET .*"),
    "issues": re.compile(r"(POST|PUT|DELETE) .*"),
}
"""The scope that an operation needs: the first that matches."""


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


def named(request: WebRequest) -> str:
    """The request as the tables of roles and scopes write it."""
    return f"{request.method} {request.path}"


def scope_of(request: WebRequest) -> str:
    """What a key must be made for."""
    return next(scope for scope, names in SCOPES.items() if names.fullmatch(named(request)))


def answered(web: WebSite, request: WebRequest, **headers: str) -> WebAnswer:
    """The answer to the request with these headers instead of its own, whatever it changes."""
    web.put_back(request.state)
    given = raw(request, web.words)
    changed = {name.replace("_", "-").encode(): value.encode() for name, value in headers.items()}
    app = web.app()

    async def ask() -> WebAnswer:
        async with app.router.lifespan_context(app):
            return await ask_raw(app, replace(given, headers={**given.headers, **changed}))

    return asyncio.run(ask())


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


@pytest.mark.sampled
@pytest.mark.parametrize("request_", BROWSERS[:: max(1, SHARE // 4)], ids=str)
def test_an_editor_does_what_editors_may(web: WebSite, request_: WebRequest) -> None:
    """What only publishers may do answers an editor 403 and changes nothing; the rest does not."""
    cookie = f"newsletter-session={web.words['editor_cookie']}"
    csrf = web.words["editor_csrf"]
    if PUBLISHERS.fullmatch(named(request_)):
        answer = asked(web, request_, {"authorization"}, cookie=cookie, x_csrf_token=csrf)
        assert answer.status == 403
        assert not any(reader.encode() in answer.body for reader in READERS)
    else:
        assert answered(web, request_, cookie=cookie, x_csrf_token=csrf).status != 403


@pytest.mark.sampled
@pytest.mark.parametrize("request_", PROGRAMS[:: max(1, SHARE // 4)], ids=str)
def test_an_editors_key_does_what_editors_may(web: WebSite, request_: WebRequest) -> None:
    """The same for the API, whatever the key is made for."""
    key = f"Bearer {web.words['editor_key']}"
    if PUBLISHERS.fullmatch(named(request_)):
        assert asked(web, request_, {"cookie"}, authorization=key).status == 403
    else:
        assert answered(web, request_, authorization=key).status != 403


@pytest.mark.sampled
@pytest.mark.parametrize("scope", SCOPES)
@pytest.mark.parametrize("request_", PROGRAMS[:: max(1, SHARE // 2)], ids=str)
def test_a_key_opens_what_it_is_made_for(web: WebSite, request_: WebRequest, scope: str) -> None:
    """Another scope's operations answer 403 and change nothing; only `people` and `admin` see readers."""
    key = f"Bearer {web.words[f'{scope}_key']}"
    if scope != scope_of(request_):
        assert asked(web, request_, {"cookie"}, authorization=key).status == 403
        return
    answer = answered(web, request_, authorization=key)
    assert answer.status != 403
    if scope in ("read", "issues"):
        assert not any(reader.encode() in answer.body for reader in READERS)


@pytest.mark.sampled
@pytest.mark.parametrize("token", ["", "0" * 64, "editor"], ids=["none", "wrong", "another's"])
@pytest.mark.parametrize(
    "request_",
    [one for one in BROWSERS if one.method != "GET" and one.path != "/sign-out"][
        :: max(1, SHARE // 4)
    ],
    ids=str,
)
def test_a_form_without_the_session_s_token_changes_nothing(
    web: WebSite, request_: WebRequest, token: str
) -> None:
    """Of the same site, as a page that was left open by somebody else may send it."""
    value = web.words.get(f"{token}_csrf", token)
    if value:
        answer = asked(web, request_, {"authorization"}, x_csrf_token=value)
    else:
        answer = asked(web, request_, {"authorization", "x-csrf-token"})
    assert answer.status == 403
