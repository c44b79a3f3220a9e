"""No error of the floors below reaches the web's callers as it is: every route has a wall."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import pytest
from starlette.routing import Mount, Route

from newsletter.cli.logs import JsonLines
from newsletter.site.clicks import ClickCounter
from newsletter.store import database as store_database
from newsletter.store.database import Database
from tests.factories.database_faults import gone, locked, read_only
from tests.factories.web_requests import (
    HTML,
    JSON,
    REQUESTS,
    WebAnswer,
    WebRequest,
    WebSite,
    send_nothing,
)
from tests.sampling import IS_WHOLE

BELOW = ("newsletter.pipeline.", "newsletter.store.", "subscribers.")
AFTER_THE_ANSWER = {"post_or_leave", "mail_sign_in_link", "send", "count"}
"""What goes on when the answer is out: an error there can only be logged."""
TO_MAIL_A_LINK = {"find_credentials", "make_link"}
"""So do these if a sign-in link is asked for, so that the time does not tell who is an editor."""


class PlantedError(Exception):
    """Nobody foresaw it."""


@dataclass(frozen=True, slots=True)
class Call:
    """A function of a floor below, as a module of the web knows it."""

    owner: Any
    name: str

    @property
    def function(self) -> Callable[..., Any]:
        """What is called."""
        found: Callable[..., Any] = getattr(self.owner, self.name)
        return found


def calls_to_the_floor_below() -> list[Call]:
    """All of them: functions that the web's modules have imported, alone or with their module."""
    found: dict[tuple[int, str], Call] = {}
    for module in [
        module for name, module in sys.modules.items() if name.startswith("newsletter.web")
    ]:
        for name, value in vars(module).items():
            if isinstance(value, FunctionType) and value.__module__.startswith(BELOW):
                found[id(module), name] = Call(module, name)
            elif isinstance(value, ModuleType) and value.__name__.startswith(BELOW):
                for inner, function in vars(value).items():
                    if isinstance(function, FunctionType) and not inner.startswith("_"):
                        found[id(value), inner] = Call(value, inner)
    return [*found.values(), Call(ClickCounter, "count")]


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebSite]:
    """A site with an issue in each state."""
    web = WebSite(tmp_path_factory.mktemp("site"))
    yield web
    web.site.database.close()


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing goes to a relay."""
    send_nothing(monkeypatch)


@contextmanager
def replaced(call: Call, by: Callable[..., Any]) -> Iterator[None]:
    """The call leads elsewhere meanwhile."""
    before = call.function
    setattr(call.owner, call.name, by)
    try:
        yield
    finally:
        setattr(call.owner, call.name, before)


def made_by(web: WebSite, request: WebRequest) -> tuple[WebAnswer, list[Call]]:
    """The answer while all is well, and the calls that it took."""
    made: list[Call] = []
    web.put_back(request.state)
    app = web.app()
    with pytest.MonkeyPatch.context() as patch:
        for call in calls_to_the_floor_below():

            def watched(
                *given: Any, _call: Call = call, _real: Any = call.function, **named: Any
            ) -> Any:
                made.append(_call)
                return _real(*given, **named)

            patch.setattr(call.owner, call.name, watched)
        answer = web.ask(app, request)
    return answer, list(dict.fromkeys(made))


def is_told(answer: WebAnswer, request: WebRequest, status: int) -> None:
    """The failure is told with this status, in the type of the route, and gives nothing away."""
    assert (answer.status, answer.type) == (status, request.gives)
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert ("retry-after" in answer.headers) == (status == 503)
    text = answer.body.decode()
    assert "Traceback" not in text
    assert "PlantedError" not in text
    assert "newsletter.db" not in text
    if request.gives == HTML:
        assert "<h1>" in text
        assert "content-security-policy" in answer.headers
    elif request.gives == JSON and request.path.startswith("/api/"):
        problem = json.loads(text)["error"]
        assert set(problem) == {"code", "message", "file", "field", "fix"}


@pytest.mark.sampled
@pytest.mark.parametrize("request_", REQUESTS, ids=str)
def test_an_unforeseen_error_of_any_call_is_told_and_logged(
    web: WebSite, request_: WebRequest, caplog: pytest.LogCaptureFixture
) -> None:
    """Planted in each call that the request makes: 500 in its own type, the traceback in the log.

    In the suite in each third of them, beginning with another one for each request.
    """
    healthy, calls = made_by(web, request_)
    assert healthy.status < 500
    for call in calls if IS_WHOLE else calls[REQUESTS.index(request_) % 3 :: 3]:

        def broken(*_given: Any, **_named: Any) -> Any:
            raise PlantedError

        caplog.clear()
        web.put_back(request_.state)
        app = web.app()
        with replaced(call, broken):
            answer = web.ask(app, request_)
        later = AFTER_THE_ANSWER | (TO_MAIL_A_LINK if request_.form.get("way") == "link" else set())
        if call.name in later:
            assert answer.status == healthy.status, call
        else:
            is_told(answer, request_, 500)
        assert "PlantedError" in caplog.text, call
        assert "Traceback" in caplog.text


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("fault", "turn"), [(gone, 0), (locked, 1), (read_only, 2)], ids=["gone", "locked", "read_only"]
)
def test_without_its_database_every_route_still_answers_in_its_type(
    web: WebSite,
    fault: Callable[[Path, Database], Callable[[], None]],
    turn: int,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Gone, locked or read-only: what needs it answers 503 in its own type, the rest as ever.

    In the suite each route meets one of the three.
    """
    monkeypatch.setattr(store_database, "BUSY_SECONDS", 0)
    used: list[bool] = []
    transaction = Database.transaction

    def watched(database: Database, *, read_only: bool = False) -> Any:
        used.append(read_only)
        return transaction(database, read_only=read_only)

    monkeypatch.setattr(Database, "transaction", watched)
    refused = 0
    for request in REQUESTS if IS_WHOLE else REQUESTS[turn::3]:
        web.put_back(request.state)
        app = web.app()
        used.clear()
        healthy = web.ask(app, request)
        needs = bool(used) if fault is gone else False in used
        web.put_back(request.state)
        web.site.database.close()
        caplog.clear()
        app = web.app()
        back = fault(web.site.folder / "newsletter.db", web.site.database)
        try:
            answer = web.ask(app, request)
        finally:
            web.site.database.close()
            back()
        if needs:
            refused += 1
            assert answer.status == 503, request
            is_told(answer, request, 503)
            assert request.path.startswith("/health") or "Traceback" in caplog.text
        else:
            assert (answer.status, answer.type) == (healthy.status, healthy.type), request
    assert refused > 20


def test_every_route_is_walked(web: WebSite) -> None:
    """Who adds a route adds a request for it to the walk."""
    app = web.app()
    walked = set()
    routes = [(route, "") for route in app.routes if isinstance(route, Route)]
    for mount in [route for route in app.routes if isinstance(route, Mount)]:
        routes += [(route, mount.path) for route in mount.routes if isinstance(route, Route)]
    for request in REQUESTS:
        path = request.path.format(**web.words).partition("?")[0]
        for route, prefix in routes:
            inside = path.removeprefix(prefix)
            if request.method in (route.methods or ()) and route.path_regex.match(inside):
                walked.add((request.method, prefix + route.path))
                break
    every = {
        (method, prefix + route.path)
        for route, prefix in routes
        for method in (route.methods or set()) - {"HEAD"}
    }
    assert every - walked == set()


def test_a_traceback_in_the_log_is_json_where_the_log_is(web: WebSite) -> None:
    """--log-format json has one object a line, tracebacks included, and no reader's secret."""
    lines: list[str] = []

    class Kept(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(self.format(record))

    handler = Kept()
    handler.setFormatter(JsonLines())
    log = logging.getLogger("newsletter")
    log.addHandler(handler)

    def broken(*_given: Any, **_named: Any) -> Any:
        raise PlantedError

    app = web.app()
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("newsletter.web.reader.unsubscribe.leave", broken)
            web.put_back("draft")
            web.ask(app, WebRequest(method="POST", path="/u/{unsubscribe}"))
    finally:
        log.removeHandler(handler)
    (line,) = lines
    assert json.loads(line)["message"] == "POST /u/{token} failed"
    assert "PlantedError" in json.loads(line)["exception"]
    assert web.words["unsubscribe"] not in line
