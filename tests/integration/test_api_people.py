"""The API of people: pages, changes, imports, erasure; scopes of keys, and requests repeated."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
import sqlalchemy as sa

from newsletter.store.api_answers import GIVEN_UP, KEPT, begin_request, forget_answers
from newsletter.store.api_tokens import ApiScope, api_tokens_of, make_api_token
from newsletter.store.tables import api_answers
from newsletter.store.users import find_user
from newsletter.web.api.app import OPERATIONS
from tests.factories.editors import ADDRESS
from tests.factories.site import READERS
from tests.integration.test_api import NOW, Api, open_api

PATH = "/lists/weekly/subscribers"
NEW = {"address": "new@example.org", "name": "New", "tags": ["AI"]}
PERSON = "/subscribers/new@example.org"


@pytest.fixture
def api(tmp_path: Path, database_url: str) -> Iterator[Api]:
    """A site with four readers, called with a publisher's key."""
    with open_api(tmp_path, database=database_url) as api:
        yield api


@contextmanager
def with_key(api: Api, *scopes: ApiScope) -> Iterator[dict[str, str]]:
    """The header of another key of the same editor."""
    with api.site.database.transaction() as connection:
        editor = find_user(connection, ADDRESS)
        key = make_api_token(connection, editor, name="scoped", now=NOW, scopes=scopes)
    yield {"Authorization": f"Bearer {key}"}


def test_people_come_in_pages(api: Api) -> None:
    """Each once, whatever joins meanwhile; filters combine, and mistakes are named."""
    found, after = [], 0
    while after is not None:
        page = api.done("GET", f"/subscribers?list=weekly&limit=3&after={after}")
        found += [one["address"] for one in page["subscribers"]]
        after = page["next"]
    assert found == list(READERS)
    api.done("POST", PATH, NEW)
    (one,) = api.done("GET", "/subscribers?tag=ai&status=active")["subscribers"]
    assert (one["address"], one["tags"]) == ("new@example.org", ["ai"])
    assert one["subscriptions"] == [{"list": "weekly", "status": "active"}]
    quoted = "plan%20%3D%20'gold'"
    assert api.done("GET", f"/subscribers?segment={quoted}")["subscribers"] == []
    assert api.refused("GET", "/subscribers?segment=plan") == (422, "bad-segment")
    assert api.refused("GET", "/subscribers?list=weakly") == (404, "unknown-list")
    assert api.refused("GET", "/subscribers?had=1")[0] == 422
    assert api.refused("GET", "/subscribers?limit=0")[0] == 422


def test_a_person_is_changed_unsubscribed_and_restored(api: Api) -> None:
    """Only what is given changes; who left comes back only with a stated consent, on record."""
    api.done("POST", PATH, NEW)
    change = {"frequency": "monthly", "attributes": {"plan": "gold"}, "tags": ["AI", "law"]}
    assert api.done("PATCH", PERSON, change)["changed"] == ["attributes", "frequency", "tags"]
    assert api.done("PATCH", PERSON, change)["changed"] == []
    assert api.done("PATCH", PERSON, {"attributes": {"plan": None}})["changed"] == ["attributes"]
    assert api.refused("PATCH", PERSON, {"attributes": {'a"b': "x"}}) == (422, "bad-attribute")
    assert api.refused("PATCH", PERSON, {"surprise": 1})[0] == 422
    shown = api.done("GET", PERSON)
    assert (shown["name"], shown["tags"], shown["frequency"]) == ("New", ["ai", "law"], "monthly")
    assert (shown["attributes"], shown["issues"]) == ({}, [])
    gone = api.done("POST", PERSON + "/unsubscribe", {"reason": "asked by phone"})
    assert gone["unsubscribed"] == ["weekly"]
    last = api.done("GET", PERSON)["history"][-1]
    assert (last["event"], last["way"]) == ("unsubscribe", "api")
    assert last["detail"].endswith("over the API: asked by phone")
    assert api.refused("POST", PATH, NEW) == (409, "suppressed")
    assert api.refused("POST", PERSON + "/restore", {"list": "weekly", "consent": ""})[0] == 422
    back = {"list": "weekly", "consent": "wrote on 3 March"}
    assert api.done("POST", PERSON + "/restore", back)["outcome"] == "added"
    assert "wrote on 3 March" in api.done("GET", PERSON)["history"][-1]["detail"]
    nobody = "/subscribers/nobody@example.org/restore"
    assert api.refused("POST", nobody, back) == (404, "unknown-subscriber")


def test_a_file_of_people_is_imported(api: Api) -> None:
    """A dry run changes nothing; who left is not brought back, and mistakes are named."""
    text = "email,status\na@example.org,active\nb@example.org,unsubscribed\nnonsense,active\n"
    dry = api.done("POST", "/lists/weekly/import", {"csv": text, "dry_run": True})
    assert api.refused("GET", "/subscribers/a@example.org")[0] == 404
    done = api.done("POST", "/lists/weekly/import", {"csv": text})
    assert {**done, "dry_run": True} == dry
    assert (done["added"], done["rejected"], done["statuses"]["unsubscribed"]) == (2, 1, 1)
    assert done["rejected_rows"][0]["line"] == 4
    again = api.done("POST", "/lists/weekly/import", {"csv": "email\nb@example.org\n"})
    assert again["rejected"] == 1
    asked = {"csv": "email\nc@example.org\n", "confirm": True}
    assert api.done("POST", "/lists/weekly/import", asked)["asked"] == 1
    assert api.refused("POST", "/lists/weakly/import", {"csv": text}) == (404, "unknown-list")
    assert api.refused("POST", "/lists/weekly/import", {"csv": "x\ny\n"}) == (
        422,
        "bad-import-file",
    )
    assert api.refused("POST", "/lists/weekly/import", {"csv": text, "from": "excel"})[0] == 422
    rows = "".join(f"d{n}@example.org,{'x' * 100_000}\n" for n in range(15))
    large = f"email,note\n{rows}"
    report = api.done("POST", "/lists/weekly/import", {"csv": large, "dry_run": True})
    assert report["added"] == 15


def test_an_erased_person_leaves_no_trace(api: Api) -> None:
    """Neither in the audit log nor among the answers that are kept for repeated requests."""
    answer = api.call("POST", PATH, NEW, **{"Idempotency-Key": "one"})
    assert answer.status_code == 200
    api.done("DELETE", PATH + "/new@example.org")
    assert api.done("DELETE", PERSON) == {"erased": True}
    assert api.done("DELETE", PERSON) == {"erased": False}
    assert api.refused("GET", PERSON)[0] == 404
    assert "new@example.org" not in "\n".join(api.recorded())
    assert f"{ADDRESS}: erase subscriber over the API" in api.recorded()
    with api.site.database.transaction(read_only=True) as connection:
        assert connection.execute(sa.select(api_answers.c.answer)).all() == []
    assert api.refused("POST", PATH, NEW) == (409, "suppressed")


def test_suppressions_are_paged_explained_and_lifted(api: Api) -> None:
    """With reasons on record."""
    for pattern in ("@example.net", READERS[0]):
        api.done("POST", "/suppressions", {"pattern": pattern, "reason": "asked"})
    page = api.done("GET", "/suppressions?limit=1")
    assert page["suppressions"][0]["pattern"] == "@example.net"
    rest = api.done("GET", f"/suppressions?after={page['next']}&search=reader0")
    assert [one["pattern"] for one in rest["suppressions"]] == [READERS[0]]
    why = api.done("GET", f"/suppressions/{READERS[0]}")
    assert (why["known"], why["mailed"]) == (True, [])
    assert (why["history"][-1]["event"], why["history"][-1]["way"]) == ("suppress", "api")
    assert api.done("GET", f"/suppressions/{READERS[1]}")["mailed"] == ["weekly"]
    lift = {"pattern": READERS[0], "reason": "asked again"}
    assert api.done("POST", "/suppressions/lift", lift)["lifted"] is True
    assert api.done("POST", "/suppressions/lift", lift)["lifted"] is False
    assert api.refused("POST", "/suppressions/lift", {**lift, "reason": ""})[0] == 422
    assert api.done("GET", f"/suppressions/{READERS[0]}")["mailed"] == ["weekly"]


def test_lists_and_growth_are_told(api: Api) -> None:
    """Counts only, so a key that may only read sees them."""
    with with_key(api, ApiScope.READ) as headers:
        (weekly,) = api.call("GET", "/lists", **headers).json()["lists"]
        assert (weekly["list"], weekly["statuses"]["active"]) == ("weekly", 4)
        days = api.call("GET", "/growth?list=weekly&days=2", **headers).json()["days"]
        assert [day["joined"] for day in days] == [4, 0]
        assert api.call("GET", "/growth?list=weakly", **headers).status_code == 404
        year = api.call("GET", "/newsletters/weekly/years/2026", **headers).json()
        assert (year["issues"], len(year["joined"])) == (0, 12)
        assert api.call("GET", "/newsletters/weakly/years/2026", **headers).status_code == 404


def test_a_key_is_good_for_its_scopes_only(api: Api) -> None:
    """Every operation names its scope in the document; a key without a scope has all."""
    described = api.client.get("/api/openapi.json").json()
    for scope in ApiScope:
        with with_key(api, scope) as headers:
            for operation in OPERATIONS:
                if operation.scope is not scope:
                    answer = api.call(operation.method, operation.path, {}, **headers)
                    assert answer.status_code == 403
                    assert answer.json()["error"]["code"] == "scope"
                methods = described["paths"]["/api/v1" + operation.path]
                said = methods[operation.method.lower()]["description"]
                assert f"scope `{operation.scope}`" in said
    with with_key(api, ApiScope.PEOPLE, ApiScope.READ) as headers:
        assert api.call("GET", f"/subscribers/{READERS[0]}", **headers).status_code == 200
        assert api.call("GET", "/status", **headers).status_code == 200
        assert api.call("GET", "/audit", **headers).status_code == 403
    with api.site.database.transaction(read_only=True) as connection:
        keys = api_tokens_of(connection, find_user(connection, ADDRESS))
    assert {key.name: key.scopes for key in keys} == {
        "scoped": {ApiScope.PEOPLE, ApiScope.READ},
        "test": set(ApiScope),
    }


def once(api: Api, key: str, path: str, body: Any) -> httpx2.Response:
    """A POST with an idempotency key."""
    return api.call("POST", path, body, **{"Idempotency-Key": key})


def test_a_repeated_request_gets_the_first_answer(api: Api) -> None:
    """It changes nothing and is not recorded again; without the key it is another request."""
    first, second = once(api, "k1", PATH, NEW), once(api, "k1", PATH, NEW)
    assert first.json() == second.json() == {**first.json(), "outcome": "added"}
    assert (first.status_code, second.status_code) == (200, 200)
    assert "idempotency-replayed" not in first.headers
    assert second.headers["idempotency-replayed"] == "true"
    assert second.headers["cache-control"] == "no-store"
    assert len([one for one in api.recorded() if "add subscriber" in one]) == 1
    assert api.done("POST", PATH, NEW)["outcome"] == "unchanged"


def test_a_key_belongs_to_one_request(api: Api) -> None:
    """Another body or path under the same key is refused; so is a key that is not text."""
    once(api, "k1", PATH, NEW)
    for path, body in ((PATH, {**NEW, "name": "Other"}), ("/suppressions", {"pattern": "@x.test"})):
        answer = once(api, "k1", path, body)
        assert answer.status_code == 422
        assert answer.json()["error"]["code"] == "idempotency-key-reused"
    for key in ("", "x" * 256):
        assert once(api, key, PATH, NEW).json()["error"]["code"] == "bad-idempotency-key"


def test_what_failed_may_be_repeated_with_its_key(api: Api) -> None:
    """A refusal changed nothing, so its reason may be removed and the request sent again."""
    api.done("POST", "/suppressions", {"pattern": "new@example.org"})
    assert once(api, "k1", PATH, NEW).status_code == 409
    assert once(api, "k2", PATH, {"x": 1}).status_code == 422
    api.done("POST", "/suppressions/lift", {"pattern": "new@example.org", "reason": "asked"})
    assert once(api, "k1", PATH, NEW).json()["outcome"] == "added"


def test_answers_are_kept_for_a_day(api: Api) -> None:
    """A request whose process died is handled anew after a while; until then it is under way."""
    with api.site.database.transaction() as connection:
        begin_request(connection, "1 dead", "x", NOW - GIVEN_UP - timedelta(seconds=1))
        editor = find_user(connection, ADDRESS)
        body = f"POST /api/v1{PATH}?\n"
        begin_request(connection, f"{editor.id} alive", body, NOW)
    assert once(api, "alive", PATH, NEW).json()["error"]["code"] == "idempotency-key-reused"
    once(api, "kept", PATH, NEW)
    with api.site.database.transaction() as connection:
        forget_answers(connection, NOW - KEPT)
        assert connection.scalar(sa.select(sa.func.count()).select_from(api_answers)) == 3
        forget_answers(connection, NOW + timedelta(seconds=1))
        assert connection.execute(sa.select(api_answers)).all() == []


def test_a_time_zone_is_set_and_shown(api: Api) -> None:
    """With a new reader, by a change, and back to the site's own; a wrong name is refused."""
    api.done("POST", PATH, {**NEW, "time_zone": "Asia/Calcutta"})
    assert api.done("GET", PERSON)["time_zone"] == "Asia/Kolkata"
    assert api.refused("PATCH", PERSON, {"time_zone": "Mars/Base"}) == (422, "bad-time-zone")
    for zone in ("Europe/London", ""):
        assert api.done("PATCH", PERSON, {"time_zone": zone})["changed"] == ["time_zone"]
        assert api.done("GET", PERSON)["time_zone"] == zone


def test_a_form_of_mails_is_set_and_shown(api: Api) -> None:
    """By a change, and back; a wrong word is refused."""
    api.done("POST", PATH, NEW)
    assert api.done("GET", PERSON)["mail_format"] == "html"
    assert api.refused("PATCH", PERSON, {"mail_format": "huge"})[0] == 422
    for form in ("large-contrast", "html"):
        assert api.done("PATCH", PERSON, {"mail_format": form})["changed"] == ["mail_format"]
        assert api.done("GET", PERSON)["mail_format"] == form
