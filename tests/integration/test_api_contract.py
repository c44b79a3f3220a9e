"""Whatever a program sends, and however the database is, answers keep to the OpenAPI document."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import one_of
from schemathesis import GenerationMode, openapi
from schemathesis.checks import CHECKS, load_all_checks
from starlette.testclient import TestClient

from newsletter.store import database as store_database
from newsletter.store.database import Database
from newsletter.web.api.app import OPERATIONS
from tests.factories.database_faults import gone, locked, read_only
from tests.factories.site import READERS
from tests.factories.web_requests import WebSite

EXAMPLES = 3
"""Requests for each operation, each kind of request and each state of the database."""

WORTH_TRYING = {
    "newsletter": ["weekly", "none", "a b"],
    "number": ["current", "1", "2147483648", "first"],
    "correction": [1, 2, 7],
    "letter": [1, 2, 7],
    "suggestion": [1, 2, 7],
    "block": [1, 7],
    "mail": [1, 2, 7],
    "year": [1, 2026, 9998, 0],
    "list": ["weekly", "none"],
    "address": [READERS[0], "nobody@example.org", "no address"],
    "pattern": [READERS[0], "@example.org", "no address"],
}
"""Words for the parameters in paths: of all words hardly any would name something."""

load_all_checks()
CONTRACT = CHECKS.get_by_names(
    ["status_code_conformance", "content_type_conformance", "response_schema_conformance"]
)


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebSite]:
    """A site with a drafted issue."""
    web = WebSite(tmp_path_factory.mktemp("site"))
    yield web
    web.site.database.close()


@pytest.fixture(scope="module")
def document(web: WebSite) -> Any:
    """The OpenAPI document, with words in its paths that lead somewhere."""
    described = TestClient(web.app()).get("/api/openapi.json").json()
    for methods in described["paths"].values():
        for operation in methods.values():
            for parameter in operation.get("parameters", []):
                if parameter["in"] == "path":
                    parameter["schema"] = {"enum": WORTH_TRYING[parameter["name"]]}
    return openapi.from_dict(described)


def healthy(_site_file: Path, _database: Database) -> Callable[[], None]:
    """Nothing is wrong."""
    return lambda: None


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.unique_id)
def test_answers_keep_to_the_document(
    web: WebSite, document: Any, operation: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Status, type and shape of every answer stand in the document, and nothing is unforeseen."""
    monkeypatch.setattr(store_database, "BUSY_SECONDS", 0)
    monkeypatch.setattr("newsletter.web.editor.send_jobs.SendJobs.start", lambda *_given: None)
    monkeypatch.setattr(
        "newsletter.web.editor.rehearsals.Rehearsals.start", lambda *_given, **_named: None
    )
    described = document[f"/api/v1{operation.path}"][operation.method]
    headers = {"Authorization": f"Bearer {web.words['key']}"}

    modes = [GenerationMode.POSITIVE]
    if operation.body_field or operation.dependant.query_params:
        modes.append(GenerationMode.NEGATIVE)
    cases = [described.as_strategy(generation_mode=mode) for mode in modes]

    def check(client: TestClient) -> None:
        @settings(
            max_examples=EXAMPLES * len(modes),
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(case=one_of(cases))
        def conforms(case: Any) -> None:
            body: dict[str, Any] = {}
            if operation.body_field:
                body = {"content" if isinstance(case.body, bytes) else "json": case.body}
            answer = client.request(
                case.method, case.formatted_path, params=case.query, headers=headers, **body
            )
            assert answer.status_code != 500, answer.text
            case.validate_response(answer, checks=CONTRACT, headers=headers)

        conforms()

    for state in (healthy, gone, locked, read_only):
        web.put_back("draft")
        client = TestClient(web.app(), base_url="http://127.0.0.1:8000", follow_redirects=False)
        web.site.database.close()
        mend = state(web.site.folder / "newsletter.db", web.site.database)
        try:
            check(client)
        finally:
            web.site.database.close()
            mend()
