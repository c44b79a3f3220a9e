from __future__ import annotations

from datetime import UTC, datetime, timedelta

from newsletter.store.api_answers import (
    GIVEN_UP,
    KEPT,
    KeptAnswer,
    KeyState,
    begin_request,
    keep_answer,
    release_key,
)
from newsletter.store.database import Database

NOW = datetime(2026, 3, 5, 10, tzinfo=UTC)


def begin(database: Database, request: str = "POST /x", now: datetime = NOW) -> object:
    """Ask in a transaction of its own, as each request does."""
    with database.transaction() as connection:
        return begin_request(connection, "1 key", request, now)


def test_of_two_requests_at_once_one_is_handled(database: Database) -> None:
    """The second one waits for the first, and then gets its answer, for a day."""
    assert begin(database) is KeyState.NEW
    assert begin(database) is KeyState.IN_PROGRESS
    assert begin(database, "POST /y") is KeyState.OTHER_REQUEST
    with database.transaction() as connection:
        keep_answer(connection, "1 key", 200, '{"a": 1}')
    assert begin(database) == KeptAnswer(status=200, answer='{"a": 1}')
    assert begin(database, now=NOW + KEPT) == KeptAnswer(status=200, answer='{"a": 1}')
    assert begin(database, now=NOW + KEPT + timedelta(seconds=1)) is KeyState.NEW


def test_a_request_whose_process_died_is_handled_anew(database: Database) -> None:
    """After a while; one that failed at once."""
    assert begin(database) is KeyState.NEW
    assert begin(database, now=NOW + GIVEN_UP) is KeyState.IN_PROGRESS
    assert begin(database, now=NOW + GIVEN_UP + timedelta(seconds=1)) is KeyState.NEW
    with database.transaction() as connection:
        release_key(connection, "1 key")
    assert begin(database) is KeyState.NEW
