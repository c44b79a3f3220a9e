from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result

from newsletter.cli.invocation import Invocation
from newsletter.cli.main import cli
from newsletter.errors import InputError, UnknownNameError
from newsletter.pipeline.sign_in import RESET
from newsletter.store import audit
from newsletter.store.api_tokens import valid_api_key
from newsletter.store.authenticators import (
    authenticator_of,
    count_recovery_codes,
    set_authenticator,
    set_recovery_codes,
)
from newsletter.store.passkeys import NewPasskey, add_passkey, passkeys_of
from newsletter.store.sessions import session_of, start_session
from newsletter.store.users import Editor, find_user, password_hash_of
from newsletter.web.signin.passwords import is_right
from tests.factories.editors import NOW
from tests.factories.site import make_site
from tests.factories.subjects import told


def editor_of(connection: sa.Connection, token: str, now: datetime) -> Editor | None:
    """The editor of a key that works."""
    key = valid_api_key(connection, token, now)
    return key.editor if key is not None else None


@pytest.fixture
def invocation(tmp_path: Path) -> Invocation:
    """A call of the command line in a fresh site."""
    make_site(tmp_path, now=NOW)
    return Invocation(folder=tmp_path)


def call(invocation: Invocation, *arguments: str, text: str = "") -> Result:
    """Run `newsletter users …`; errors are raised here."""
    return CliRunner().invoke(
        cli,
        ["-C", str(invocation.folder), "users", *arguments],
        obj=invocation,
        input=text,
        standalone_mode=False,
        catch_exceptions=False,
    )


def answer(invocation: Invocation, *arguments: str, text: str = "") -> Any:
    """The JSON document of `newsletter users …`."""
    return json.loads(call(invocation, *arguments, "--json", text=text).stdout)


def editor(invocation: Invocation, address: str = "ed@example.org") -> Editor:
    """The user as the database has them."""
    with invocation.site.database.transaction(read_only=True) as connection:
        return find_user(connection, address)


def recorded(invocation: Invocation) -> Sequence[str]:
    """What the command line did, oldest first."""
    with invocation.site.database.transaction(read_only=True) as connection:
        found = audit.entries(connection, limit=50)
    return [f"{entry.who}: {entry.what} {entry.detail}" for entry in reversed(found)]


def test_adding_twice_is_once_and_the_second_changes(invocation: Invocation) -> None:
    """`users add` makes an editor; again, in another spelling, it changes the same one."""
    first = answer(invocation, "add", "Ed@Example.org", "--name", "Ed")
    assert first == {
        "address": "Ed@example.org",
        "name": "Ed",
        "role": "editor",
        "outcome": "added",
    }
    second = answer(invocation, "add", "ed@example.org", "--role", "publisher")
    assert second["outcome"] == "updated"
    assert second["name"] == "Ed"
    assert answer(invocation, "list") == {
        "users": [{"address": "Ed@example.org", "name": "Ed", "role": "publisher"}]
    }
    assert recorded(invocation) == [
        "operator: add user Ed@example.org (editor)",
        "operator: change user Ed@example.org (publisher)",
    ]


def test_a_password_comes_on_stdin_and_ends_sessions(invocation: Invocation) -> None:
    """The password is read from a pipe, kept as a hash, and signs everybody else out."""
    answer(invocation, "add", "ed@example.org")
    with invocation.site.database.transaction() as connection:
        token = start_session(connection, editor(invocation), browser="", now=NOW)
    answer(invocation, "add", "ed@example.org", "--password", text="a sentence that is long\n")
    with invocation.site.database.transaction(read_only=True) as connection:
        password_hash = password_hash_of(connection, editor(invocation))
        assert session_of(connection, token, NOW) is None
    assert is_right("a sentence that is long", password_hash)


@pytest.mark.parametrize("text", ["", "short\n"])
def test_a_password_that_is_none_is_refused(invocation: Invocation, text: str) -> None:
    """Too short, or nothing at all: nobody is added."""
    with pytest.raises(InputError):
        call(invocation, "add", "ed@example.org", "--password", text=text)
    assert answer(invocation, "list") == {"users": []}


def test_removing_ends_everything_but_the_record(invocation: Invocation) -> None:
    """Sessions and keys are gone with the account; what was done stays written."""
    answer(invocation, "add", "ed@example.org")
    key = answer(invocation, "token", "ed@example.org")["token"]
    with invocation.site.database.transaction() as connection:
        token = start_session(connection, editor(invocation), browser="", now=NOW)
    answer(invocation, "remove", "ed@example.org")
    with invocation.site.database.transaction(read_only=True) as connection:
        assert session_of(connection, token, NOW) is None
        assert editor_of(connection, key, invocation.now) is None
    assert recorded(invocation)[-1] == "operator: remove user ed@example.org"
    with pytest.raises(UnknownNameError):
        call(invocation, "remove", "ed@example.org")


def test_a_key_is_printed_once_replaced_by_name_and_revoked(invocation: Invocation) -> None:
    """One key for each name; the plain answer is the key alone, ready for a pipe."""
    answer(invocation, "add", "ed@example.org")
    first = call(invocation, "token", "ed@example.org", "--name", "robot").stdout.strip()
    second = answer(invocation, "token", "ed@example.org", "--name", "robot")["token"]
    with invocation.site.database.transaction(read_only=True) as connection:
        assert editor_of(connection, first, invocation.now) is None
        assert editor_of(connection, second, invocation.now) == editor(invocation)
    answer(invocation, "token", "ed@example.org", "--name", "robot", "--revoke")
    with invocation.site.database.transaction(read_only=True) as connection:
        assert editor_of(connection, second, invocation.now) is None


def test_a_lost_second_factor_is_reset(invocation: Invocation) -> None:
    """Passkeys, app and codes go, sessions end, the record and a mail say so; the password stays."""
    call(invocation, "add", "ed@example.org", "--password", text="a sentence that is long\n")
    ed = editor(invocation)
    with invocation.site.database.transaction() as connection:
        made = NewPasskey(credential_id="a", public_key=b"b", sign_count=0)
        add_passkey(connection, ed, made, user_handle="c", name="laptop", now=NOW)
        set_authenticator(connection, ed, secret="d", step=1, now=NOW)
        set_recovery_codes(connection, ed, ["one", "two"])
        token = start_session(connection, ed, browser="", now=NOW)
    expected = {"address": "ed@example.org", "passkeys": 1, "app": True}
    assert answer(invocation, "reset", "Ed@example.org") == expected
    with invocation.site.database.transaction(read_only=True) as connection:
        assert not passkeys_of(connection, ed)
        assert authenticator_of(connection, ed) is None
        assert count_recovery_codes(connection, ed) == 0
        assert session_of(connection, token, NOW) is None
        assert password_hash_of(connection, ed)
    assert recorded(invocation)[-1] == (
        "operator: reset second factor ed@example.org, passkeys: 1, authenticator app: yes"
    )
    assert told(invocation.site, "ed@example.org") == [RESET]
    assert answer(invocation, "reset", "ed@example.org") == {
        **expected,
        "passkeys": 0,
        "app": False,
    }
    with pytest.raises(UnknownNameError):
        call(invocation, "reset", "who@example.org")
