from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newsletter.errors import UnknownNameError
from newsletter.store import audit
from newsletter.store.api_tokens import (
    api_tokens_of,
    make_api_token,
    revoke_api_token,
    valid_api_key,
)
from newsletter.store.attempt_limits import (
    AttemptLimit,
    clear_attempts,
    count_attempt,
    forget_attempts,
)
from newsletter.store.database import Database
from newsletter.store.sessions import (
    LINK_LASTS,
    SESSION_LASTS,
    editor_of_link,
    is_first_link,
    make_link,
    session_of,
    sessions_of,
    start_session,
    use_link,
)
from newsletter.store.users import Editor, Role, find_user, remove_user, save_user
from subscribers.errors import AddressError

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
LIMIT = AttemptLimit(most=3, per=timedelta(minutes=15))


def editor_of(connection: sa.Connection, token: str, now: datetime) -> Editor | None:
    """The editor of a key that works."""
    key = valid_api_key(connection, token, now)
    return key.editor if key is not None else None


@pytest.fixture
def connection(database: Database) -> Iterator[sa.Connection]:
    """A transaction on each of the two databases."""
    with database.transaction() as connection:
        yield connection


def ed(connection: sa.Connection, role: Role = Role.EDITOR) -> Editor:
    """An editor."""
    return save_user(connection, "Ed@Example.org", name="Ed", role=role, now=NOW)[0]


def test_one_person_is_one_user_however_spelled(connection: sa.Connection) -> None:
    """Addresses are compared as people mean them; what is not an address is refused."""
    editor = ed(connection)
    assert find_user(connection, "ed@EXAMPLE.org") == editor
    with pytest.raises(UnknownNameError):
        find_user(connection, "eve@example.org")
    with pytest.raises(AddressError):
        save_user(connection, "no address", name="", role=Role.EDITOR, now=NOW)


def test_a_session_lives_its_time(connection: sa.Connection) -> None:
    """Until the thirtieth day, and known to nobody without its secret."""
    editor = ed(connection)
    token = start_session(connection, editor, browser="Firefox", now=NOW)
    almost = NOW + SESSION_LASTS - timedelta(seconds=1)
    found = session_of(connection, token, almost)
    assert found is not None
    assert found.editor == editor
    assert session_of(connection, token, NOW + SESSION_LASTS) is None
    assert session_of(connection, token + "x", NOW) is None
    assert len(sessions_of(connection, editor, NOW)) == 1


def test_a_link_is_spent_by_its_use_and_by_time(connection: sa.Connection) -> None:
    """One use, twenty minutes, one editor."""
    editor = ed(connection)
    token = make_link(connection, editor, NOW)
    assert editor_of_link(connection, token, NOW) == editor
    assert editor_of_link(connection, token, NOW + LINK_LASTS) is None
    assert not is_first_link(connection, token, NOW)
    assert use_link(connection, token)
    assert not use_link(connection, token)
    assert editor_of_link(connection, token, NOW) is None


def test_the_first_link_is_worth_nothing_once_there_are_users(connection: sa.Connection) -> None:
    """Only an empty site is opened by it."""
    token = make_link(connection, None, NOW)
    assert is_first_link(connection, token, NOW)
    ed(connection)
    assert not is_first_link(connection, token, NOW)


def test_keys_are_told_apart_by_name(connection: sa.Connection) -> None:
    """A new key of a name replaces the old; revoking is heard once."""
    editor = ed(connection)
    old = make_api_token(connection, editor, name="robot", now=NOW)
    new = make_api_token(connection, editor, name="robot", now=NOW)
    assert editor_of(connection, old, NOW) is None
    assert editor_of(connection, new, NOW) == editor
    assert [token.name for token in api_tokens_of(connection, editor)] == ["robot"]
    assert revoke_api_token(connection, editor, "robot")
    assert not revoke_api_token(connection, editor, "robot")


def test_a_key_works_until_it_expires(connection: sa.Connection) -> None:
    """To the second; one without an expiry works on."""
    editor = ed(connection)
    brief = make_api_token(connection, editor, name="brief", now=NOW, lasts=timedelta(days=30))
    lasting = make_api_token(connection, editor, name="lasting", now=NOW)
    end = NOW + timedelta(days=30)
    assert editor_of(connection, brief, end - timedelta(seconds=1)) == editor
    assert editor_of(connection, brief, end) is None
    assert editor_of(connection, lasting, end + timedelta(days=3650)) == editor
    assert [key.expires_at for key in api_tokens_of(connection, editor)] == [end, None]


def test_a_new_password_ends_the_keys_and_a_new_name_does_not(connection: sa.Connection) -> None:
    """Somebody else may have known the old one."""
    key = make_api_token(connection, ed(connection), name="x", now=NOW)
    renamed, _ = save_user(connection, "ed@example.org", name="Edna", role=Role.EDITOR, now=NOW)
    assert editor_of(connection, key, NOW) == renamed
    save_user(
        connection, "ed@example.org", name="", role=Role.EDITOR, now=NOW, password_hash="hash"
    )
    assert editor_of(connection, key, NOW) is None


def test_whoever_is_removed_leaves_no_way_in(connection: sa.Connection) -> None:
    """The next user, even with the same address, inherits nothing."""
    editor = ed(connection)
    session = start_session(connection, editor, browser="", now=NOW)
    link, key = (
        make_link(connection, editor, NOW),
        make_api_token(connection, editor, name="x", now=NOW),
    )
    remove_user(connection, editor)
    after = ed(connection)
    assert after.id != editor.id
    assert session_of(connection, session, NOW) is None
    assert editor_of_link(connection, link, NOW) is None
    assert editor_of(connection, key, NOW) is None


def test_tries_are_counted_within_their_period(connection: sa.Connection) -> None:
    """The limit holds for each key; a new period begins anew; success forgets."""
    for _ in range(LIMIT.most):
        assert count_attempt(connection, "a", LIMIT, NOW)
    assert not count_attempt(connection, "a", LIMIT, NOW)
    assert count_attempt(connection, "b", LIMIT, NOW)
    assert count_attempt(connection, "a", LIMIT, NOW + LIMIT.per)
    forget_attempts(connection, "a")
    for _ in range(LIMIT.most):
        assert count_attempt(connection, "a", LIMIT, NOW)
    clear_attempts(connection, NOW + timedelta(seconds=1))
    assert count_attempt(connection, "a", LIMIT, NOW)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(minutes=st.lists(st.integers(0, 60), min_size=1, max_size=40))
def test_no_period_lets_more_through(database: Database, minutes: list[int]) -> None:
    """However the tries are spread, two limits' worth at most go through in any one period."""
    moments = [NOW + timedelta(minutes=minute) for minute in sorted(minutes)]
    with database.transaction() as connection:
        forget_attempts(connection, "k")
        through = [moment for moment in moments if count_attempt(connection, "k", LIMIT, moment)]
    for start in through:
        inside = [moment for moment in through if start <= moment < start + LIMIT.per]
        assert len(inside) <= 2 * LIMIT.most


def test_the_record_is_read_backwards_page_by_page(connection: sa.Connection) -> None:
    """The newest first; `before` goes on where a page ended; long details are clipped."""
    for number in range(5):
        audit.record(
            connection, who="ed@example.org", what=f"did {number}", detail="x" * 600, now=NOW
        )
    first = audit.entries(connection, limit=3)
    assert [entry.what for entry in first] == ["did 4", "did 3", "did 2"]
    assert len(first[0].detail) == audit.MAX_DETAIL
    rest = audit.entries(connection, limit=3, before=first[-1].id)
    assert [entry.what for entry in rest] == ["did 1", "did 0"]
    assert audit.has_happened(connection, "did 1")
    assert not audit.has_happened(connection, "did 9")
