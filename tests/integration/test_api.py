"""The API through a real server: the hallway's verbs for programs, each behind a key."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount, Route

from newsletter.site.site import Site
from newsletter.store import audit
from newsletter.store.api_tokens import make_api_token
from newsletter.store.users import Role, find_user, remove_user
from newsletter.web.api.app import OPERATIONS
from newsletter.web.app import make_app
from tests.factories.editors import ADDRESS, add_editor
from tests.factories.site import READERS, make_site, publish
from tests.servers.smtp import Catcher, smtp_server
from tests.servers.web import serving, web_client

NOW = datetime(2026, 3, 5, 10, tzinfo=UTC)
ISSUE = "/newsletters/weekly/issues/current"


@dataclass(kw_only=True)
class Api:
    """The API of a running site, called with a publisher's key."""

    site: Site
    app: Starlette
    client: httpx2.Client

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> httpx2.Response:
        """One call."""
        return self.client.request(method, f"/api/v1{path}", json=body, headers=headers)

    def done(self, method: str, path: str, body: Any = None) -> Any:
        """One call that must succeed; its document."""
        answer = self.call(method, path, body)
        assert answer.status_code < 300, answer.text
        return answer.json()

    def refused(self, method: str, path: str, body: Any = None) -> tuple[int, str]:
        """One call that must not succeed; status and code of its error."""
        answer = self.call(method, path, body)
        return answer.status_code, answer.json()["error"]["code"]

    def approve(self) -> Any:
        """Approve the current issue as it is now."""
        version = self.done("GET", ISSUE)["version"]
        return self.done("POST", f"{ISSUE}/approve?version={version}")

    def recorded(self) -> list[str]:
        """What the audit log says, oldest first."""
        with self.site.database.transaction(read_only=True) as connection:
            found = audit.entries(connection, limit=100)
        return [f"{entry.who}: {entry.what} {entry.detail}" for entry in reversed(found)]


def key_of(site: Site, address: str = ADDRESS, role: Role = Role.PUBLISHER) -> str:
    """A key in the name of a new editor."""
    editor = add_editor(site, address, role=role)
    with site.database.transaction() as connection:
        return make_api_token(connection, editor, name="test", now=NOW)


@contextmanager
def open_api(folder: Path, **settings: Any) -> Iterator[Api]:
    """A site with three stories in its folder."""
    site = make_site(folder, now=NOW - timedelta(days=1), **settings)
    publish(folder, *(NOW - timedelta(hours=hours) for hours in (1, 2, 3)))
    app = make_app(site, clock=lambda: NOW)
    headers = {"Authorization": f"Bearer {key_of(site)}"}
    with (
        closing(site.database),
        serving(app) as url,
        web_client(base_url=url, headers=headers, timeout=60) as client,
    ):
        yield Api(site=site, app=app, client=client)


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    """A site whose coming issue has been drafted."""
    with open_api(tmp_path) as api:
        api.done("POST", "/newsletters/weekly/gather")
        api.done("POST", "/newsletters/weekly/draft")
        yield api


def test_an_approved_issue_is_scheduled_anew(api: Api) -> None:
    """A chosen time, with or without an offset, shows in the status; null is when it is due."""
    assert api.refused("POST", ISSUE + "/schedule", {"send_at": None}) == (409, "not-permitted")
    api.approve()
    for typed in ("2026-03-06T08:30:00Z", "2026-03-06T08:30"):
        done = api.done("POST", ISSUE + "/schedule", {"send_at": typed})
        assert datetime.fromisoformat(done["send_at"]) == datetime(2026, 3, 6, 8, 30, tzinfo=UTC)
    assert api.done("GET", ISSUE)["send_at"] == done["send_at"]
    assert "schedule weekly/1 for 2026-03-06T08:30+00:00" in "\n".join(api.recorded())
    status, _code = api.refused("POST", ISSUE + "/schedule", {"send_at": "2026-03-04T08:30:00Z"})
    assert status == 422
    assert api.done("POST", ISSUE + "/schedule", {"send_at": None})["send_at"] is None


def test_the_weekly_round_by_calls_alone(tmp_path: Path) -> None:
    """gather, draft, show, lint, preview, rehearse, approve: the same words as the command line."""
    with open_api(tmp_path) as api:
        gathered = api.done("POST", "/newsletters/weekly/gather")
        assert [source["articles"] for source in gathered["sources"]] == [3]
        drafted = api.done("POST", "/newsletters/weekly/draft")
        assert drafted["issue"] == "weekly/1"
        assert len(drafted["items"]) == 3
        assert api.done("GET", ISSUE) == drafted
        assert api.done("GET", ISSUE + "/lint")["blocking"] == 0
        seen = api.done("GET", ISSUE + "/preview?as=" + READERS[0])
        assert f"To: {READERS[0]}" in seen["message"]
        assert "/u/specimen" in seen["text"]
        assert not re.search(r"/[up]/(?!specimen)[\w=.-]", seen["text"] + seen["html"])
        assert drafted["items"][0]["title"] in seen["text"]
        assert api.done("GET", ISSUE + "/rehearsal")["audience"] == len(READERS)
        stale = api.call("POST", ISSUE + f"/approve?version={drafted['version'] - 1}")
        assert stale.status_code == 409
        assert api.refused("POST", ISSUE + "/approve") == (422, "bad-input")
        assert api.done("GET", ISSUE)["state"] == "draft"
        approve = ISSUE + f"/approve?version={drafted['version']}"
        assert api.done("POST", approve)["state"] == "approved"
        assert api.done("GET", "/newsletters/weekly/issues/1/status")["state"] == "approved"
        assert api.done("GET", "/status")["issues"][0]["issue"] == "weekly/1"
        assert [
            one["issue"] for one in api.done("GET", "/newsletters/weekly/issues")["issues"]
        ] == ["weekly/1"]
        assert api.done("POST", ISSUE + "/hold") == {
            "issue": "weekly/1",
            "state": "held",
            "note": f"held by {ADDRESS}",
        }
        assert api.recorded()[-2:] == [
            f"{ADDRESS}: approve weekly/current over the API",
            f"{ADDRESS}: hold weekly/current over the API",
        ]


async def test_a_send_begins_at_once_and_reaches_everybody(tmp_path: Path) -> None:
    """send answers before the last message is out; each reader gets one; stop comes too late."""
    async with smtp_server(Catcher()) as catcher:
        loop = asyncio.get_running_loop()

        def work() -> None:
            with open_api(tmp_path, port=catcher.port) as api:
                api.done("POST", "/newsletters/weekly/gather")
                api.done("POST", "/newsletters/weekly/draft")
                assert api.refused("POST", ISSUE + "/send") == (409, "not-permitted")
                api.approve()
                begun = api.call("POST", ISSUE + "/send")
                assert begun.status_code == 202
                api.done("POST", ISSUE + "/send")
                # A server that stops ends its sends, so it is kept until the last message is out.
                caught = catcher.has_caught(len(READERS))
                asyncio.run_coroutine_threadsafe(caught, loop).result(timeout=60)

        await asyncio.to_thread(work)
    assert sorted(catcher.recipients) == sorted(READERS)


async def test_a_test_message_goes_where_the_site_allows(tmp_path: Path) -> None:
    """One marked message; any other address is refused."""
    async with smtp_server(Catcher()) as catcher:

        def work() -> None:
            with open_api(tmp_path, port=catcher.port) as api:
                api.done("POST", "/newsletters/weekly/gather")
                api.done("POST", "/newsletters/weekly/draft")
                done = api.done("POST", ISSUE + "/test", {"to": "weekly@news.example.org"})
                assert done["code"] == 250
                refused = api.refused("POST", ISSUE + "/test", {"to": "boss@example.org"})
                assert refused == (409, "not-permitted")

        await asyncio.to_thread(work)
    assert catcher.recipients == ["weekly@news.example.org"]
    assert b"[TEST]" in catcher.caught[0].content


def test_edits_are_those_of_the_desk(api: Api) -> None:
    """A program pins, hides, moves and rewrites; what it does not name stays as it is."""
    issue = api.done("GET", ISSUE)
    first, second, third = (item["id"] for item in issue["items"])

    def edit(action: str, **fields: Any) -> Any:
        version = api.done("GET", ISSUE)["version"]
        return api.done("POST", ISSUE + "/edits", {"version": version, "action": action, **fields})

    edit("hide", item=second)
    edit("lead", item=third)
    edit("rewrite", item=first, title="A better title")
    edit("rewrite", item=first, link_text="On")
    edit("say-inbox", subject="Read this")
    after = api.done("GET", ISSUE)
    assert after["items"][0]["id"] == third
    by_id = {item["id"]: item for item in after["items"]}
    assert by_id[second]["hidden"]
    assert by_id[first]["title"] == "A better title"
    assert by_id[first]["summary"] == issue["items"][0]["summary"]
    assert after["subject"] == "Read this"
    assert after["version"] > issue["version"]


def test_an_edit_that_would_overwrite_anothers_is_refused(api: Api) -> None:
    """A program that looked before somebody else wrote gets 409, and nothing is lost."""
    issue = api.done("GET", ISSUE)
    eve = {"Authorization": f"Bearer {key_of(api.site, 'eve@press.example.org')}"}
    rewrite = {"version": issue["version"], "action": "rewrite", "item": issue["items"][0]["id"]}
    mine = api.call("POST", ISSUE + "/edits", {**rewrite, "title": "Mine"})
    assert mine.status_code == 200
    hers = api.call("POST", ISSUE + "/edits", {**rewrite, "title": "Hers"}, **eve)
    assert hers.status_code == 409
    assert hers.json()["error"]["code"] == "conflict"
    assert api.done("GET", ISSUE)["items"][0]["title"] == "Mine"


@pytest.mark.parametrize(
    "fields",
    [
        {"action": "rewrite", "image_url": "javascript:alert(1)"},
        {"action": "block", "kind": "jobs", "place": "end", "title": "x", "url": "data:x"},
        {"action": "block", "kind": "jobs", "place": "end", "title": "x", "starts": "soon"},
        {"action": "block", "kind": "podcast", "place": "end", "title": "x", "minutes": "0"},
        {"action": "burn"},
        {"action": "pin", "surprise": 1},
        {"action": "pin", "version": "x"},
    ],
)
def test_nonsense_is_named(api: Api, fields: dict[str, Any]) -> None:
    """What cannot be used answers 422 in the shape of errors, and changes nothing."""
    issue = api.done("GET", ISSUE)
    body = {"version": issue["version"], "item": issue["items"][0]["id"], **fields}
    assert api.refused("POST", ISSUE + "/edits", body)[0] == 422
    assert api.done("GET", ISSUE) == issue


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/newsletters/daily/issues", 404),
        ("GET", "/newsletters/weekly/issues/99", 404),
        ("GET", "/newsletters/weekly/issues/x", 404),
        ("GET", "/newsletters/weekly/issues/99999999999999999999", 404),
        ("GET", "/nothing", 404),
        ("GET", "/subscribers/who@example.org", 404),
        ("GET", "/subscribers/nobody", 422),
        ("GET", "/audit?before=x", 422),
        ("POST", "/newsletters/weekly/issues/current/stop", 409),
        ("POST", "/newsletters/weekly/issues/current/unknown", 400),
        ("POST", "/lists/no-such/subscribers", 400),
    ],
)
def test_every_refusal_has_the_shape_of_errors(
    api: Api, method: str, path: str, status: int
) -> None:
    """Whatever goes wrong is said as {"error": {"code", "message", …}}."""
    answer = api.call(method, path)
    assert answer.status_code == status
    assert set(answer.json()["error"]) == {"code", "message", "file", "field", "fix"}


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[1]", b"null", b"[" * 100_000])
def test_a_body_that_is_no_document_is_refused(api: Api, body: bytes) -> None:
    """Broken, deep or empty JSON is the caller's mistake, not a failure of ours."""
    answer = api.client.post(f"/api/v1{ISSUE}/edits", content=body)
    assert answer.status_code in {400, 422}


def test_a_body_that_is_too_long_is_refused(api: Api) -> None:
    """A megabyte is enough for anybody."""
    body = json.dumps({"version": 1, "action": "pin", "item": "x" * 1_100_000})
    assert api.client.post(f"/api/v1{ISSUE}/edits", content=body).status_code == 400


def test_subscribers_come_and_go(api: Api) -> None:
    """A person is put on a list, shown, taken off; who left is not brought back by a program."""
    path = "/lists/weekly/subscribers"
    new = {"address": "new@example.org", "name": "New", "tags": ["AI"]}
    assert api.done("POST", path, new)["outcome"] == "added"
    shown = api.done("GET", "/subscribers/new@example.org")
    assert shown["tags"] == ["ai"]
    assert shown["history"][0]["detail"] == f"by {ADDRESS} over the API"
    assert api.done("DELETE", path + "/new@example.org")["unsubscribed"] == ["weekly"]
    assert api.done("DELETE", path + "/new@example.org")["unsubscribed"] == []
    assert api.refused("POST", path, new) == (409, "suppressed")
    assert api.refused("POST", "/lists/weakly/subscribers", new) == (404, "unknown-list")
    assert api.done("POST", "/suppressions", {"pattern": "@example.net"})["changed"]
    assert not api.done("POST", "/suppressions", {"pattern": "@example.net"})["changed"]


@pytest.mark.parametrize("authorization", ["", "Bearer", "Bearer nl_wrong", "Basic eDp5", "nl_x"])
def test_without_a_key_nothing_opens(api: Api, authorization: str) -> None:
    """No call works without a key, and a cookie is none."""
    for operation in OPERATIONS:
        path = re.sub(r"{\w+}", "x", operation.path)
        answer = api.call(operation.method, path, {}, Authorization=authorization)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"


def test_only_publishers_approve_send_and_see_people(api: Api) -> None:
    """An editor's key opens what an editor may do; who loses the account loses the key."""
    eve = {"Authorization": f"Bearer {key_of(api.site, 'eve@press.example.org', Role.EDITOR)}"}
    assert api.call("GET", ISSUE, **eve).status_code == 200
    for operation in OPERATIONS:
        if operation.publisher:
            path = re.sub(r"{\w+}", "x", operation.path)
            assert api.call(operation.method, path, {}, **eve).status_code == 403
    assert {one.name for one in OPERATIONS if one.publisher} >= {
        "approve", "hold", "send", "stop", "settle", "audit", "show subscriber", "add subscriber",
    }  # fmt: skip
    with api.site.database.transaction() as connection:
        remove_user(connection, find_user(connection, "eve@press.example.org"))
    assert api.call("GET", ISSUE, **eve).status_code == 401


def test_every_route_is_in_the_document_and_nothing_else(api: Api) -> None:
    """OpenAPI names each path with each method, and each reference in it leads somewhere."""
    described = api.client.get("/api/openapi.json").json()
    assert described["openapi"] == "3.1.0"
    mounts = [route for route in api.app.routes if isinstance(route, Mount)]
    (mount,) = [mount for mount in mounts if mount.path == "/api/v1"]
    routed = {
        (mount.path + route.path, method.lower())
        for route in mount.routes
        if isinstance(route, Route)
        for method in (route.methods or set()) - {"HEAD"}
    }
    written = {(path, method) for path, methods in described["paths"].items() for method in methods}
    assert written == routed
    for reference in re.findall(r'"\$ref": ?"([^"]+)"', json.dumps(described)):
        place: Any = described
        for step in reference.removeprefix("#/").split("/"):
            place = place[step]
    names = [
        operation["operationId"]
        for methods in described["paths"].values()
        for operation in methods.values()
    ]
    assert len(names) == len(set(names))


def test_answers_are_what_the_document_says(api: Api) -> None:
    """Each field of an answer is in its schema, and each required one in the answer."""
    described = api.client.get("/api/openapi.json").json()
    for path in ("/status", "/newsletters", ISSUE, ISSUE + "/lint", ISSUE + "/preview", "/audit"):
        template = path.replace("weekly", "{newsletter}").replace("current", "{number}")
        operation = described["paths"][f"/api/v1{template}"]["get"]
        name = operation["responses"]["200"]["content"]["application/json"]["schema"]["$ref"]
        schema = described["components"]["schemas"][name.rpartition("/")[2]]
        given = api.done("GET", path)
        assert set(given) <= set(schema["properties"])
        assert set(given) >= set(schema["required"])


def test_the_page_for_people_names_every_operation(api: Api) -> None:
    """The documentation needs no script, and leaves nothing out."""
    page = api.client.get("/api/docs")
    assert "<script" not in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
    for operation in OPERATIONS:
        assert f"/api/v1{operation.path}" in page.text.replace("<wbr>", "")


def test_the_methods_of_a_path_are_those_of_http(api: Api) -> None:
    """HEAD is answered as GET is, and any other method is refused in the shape of errors."""
    head = api.call("HEAD", "/status")
    assert (head.status_code, head.text) == (200, "")
    assert api.refused("PUT", "/status") == (405, "method-not-allowed")


def test_answers_are_not_kept_by_caches(api: Api) -> None:
    """Subscribers' data stays between the caller and us."""
    assert api.call("GET", "/status").headers["cache-control"] == "no-store"
    assert api.call("GET", "/nothing").headers["cache-control"] == "no-store"
