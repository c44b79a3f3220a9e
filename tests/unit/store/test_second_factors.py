"""Passkeys, authenticator apps and recovery codes, on each of the two databases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from newsletter.store.authenticators import (
    authenticator_of,
    count_recovery_codes,
    remove_authenticator,
    set_authenticator,
    set_recovery_codes,
    use_recovery_code,
    use_step,
)
from newsletter.store.database import Database
from newsletter.store.passkeys import (
    NewPasskey,
    add_passkey,
    find_passkey,
    note_use,
    passkeys_of,
    remove_passkey,
    remove_passkeys,
    user_handle_of,
)
from newsletter.store.sessions import note_second_factor, session_of, start_session
from newsletter.store.users import Editor, Role, find_user, remove_user, save_user, user_by_id

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
MADE = NewPasskey(credential_id="AAAA", public_key=b"\x00\xff", sign_count=2**32 - 1)


@pytest.fixture
def connection(database: Database) -> Iterator[sa.Connection]:
    """A transaction on each of the two databases."""
    with database.transaction() as connection:
        yield connection


def editor(connection: sa.Connection, address: str = "ed@example.org") -> Editor:
    """An editor."""
    return save_user(connection, address, name="Ed", role=Role.EDITOR, now=NOW)[0]


def test_a_passkey_is_kept_once_and_found_by_its_id(connection: sa.Connection) -> None:
    """With its owner; all of an owner have one handle; nobody else removes it."""
    ed, eve = editor(connection), editor(connection, "eve@example.org")
    handle = user_handle_of(connection, ed)
    assert add_passkey(connection, ed, MADE, user_handle=handle, name="laptop", now=NOW)
    assert not add_passkey(connection, eve, MADE, user_handle="x", name="laptop", now=NOW)
    found = find_passkey(connection, "AAAA")
    assert found is not None
    assert (found.editor, found.public_key, found.sign_count) == (ed, b"\x00\xff", 2**32 - 1)
    assert user_handle_of(connection, ed) == handle
    assert user_handle_of(connection, eve) != handle
    assert remove_passkey(connection, eve, found.id) is None
    assert remove_passkey(connection, ed, found.id) == "laptop"
    assert find_passkey(connection, "AAAA") is None


def test_of_two_uses_at_once_one_is_noted(connection: sa.Connection) -> None:
    """The second has read a count that is no longer true."""
    ed = editor(connection)
    add_passkey(connection, ed, MADE, user_handle="x", name="laptop", now=NOW)
    read = passkeys_of(connection, ed)[0]
    assert note_use(connection, read, sign_count=5, now=NOW)
    assert not note_use(connection, read, sign_count=6, now=NOW)
    assert passkeys_of(connection, ed)[0].last_used_at == NOW
    assert remove_passkeys(connection, ed) == 1


def test_steps_only_go_on(connection: sa.Connection) -> None:
    """A code and all before it are spent; without an app there is none."""
    ed = editor(connection)
    assert not use_step(connection, ed, 7)
    set_authenticator(connection, ed, secret="s", step=7, now=NOW)
    assert [use_step(connection, ed, step) for step in (6, 7, 8, 8, 9)] == [
        False, False, True, False, True,
    ]  # fmt: skip
    found = authenticator_of(connection, ed)
    assert found is not None
    assert found.last_step == 9
    assert "secret" not in repr(found)


def test_recovery_codes_belong_to_one_editor_and_work_once(connection: sa.Connection) -> None:
    """New ones replace the old; they go with the app."""
    ed, eve = editor(connection), editor(connection, "eve@example.org")
    set_authenticator(connection, ed, secret="s", step=7, now=NOW)
    set_recovery_codes(connection, ed, ["one", "two"])
    assert not use_recovery_code(connection, eve, "one")
    assert use_recovery_code(connection, ed, "one")
    assert not use_recovery_code(connection, ed, "one")
    set_recovery_codes(connection, ed, ["three"])
    assert not use_recovery_code(connection, ed, "two")
    assert count_recovery_codes(connection, ed) == 1
    assert remove_authenticator(connection, ed)
    assert not remove_authenticator(connection, ed)
    assert count_recovery_codes(connection, ed) == 0


def test_a_session_keeps_what_was_shown_in_it(connection: sa.Connection) -> None:
    """From its beginning, or from when a factor was added in it."""
    ed = editor(connection)
    token = start_session(connection, ed, browser="", now=NOW)
    session = session_of(connection, token, NOW)
    assert session is not None
    assert not session.has_second_factor
    note_second_factor(connection, session)
    for later in (token, start_session(connection, ed, browser="", now=NOW, second_factor=True)):
        session = session_of(connection, later, NOW)
        assert session is not None
        assert session.has_second_factor


def test_an_account_is_removed_with_its_factors(connection: sa.Connection) -> None:
    """No row is left that would hold it."""
    ed = editor(connection)
    add_passkey(connection, ed, MADE, user_handle="x", name="laptop", now=NOW)
    set_authenticator(connection, ed, secret="s", step=7, now=NOW)
    set_recovery_codes(connection, ed, ["one"])
    remove_user(connection, find_user(connection, "ed@example.org"))
    assert user_by_id(connection, ed.id) is None
