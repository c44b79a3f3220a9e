from __future__ import annotations

from pathlib import Path

import pytest

from newsletter.errors import DatabaseUnavailableError
from newsletter.store.database import Database, open_database
from newsletter.store.liveness import FOLDER, LeaderLock, is_alive, living_sender


def test_a_sender_lives_as_long_as_its_block(database: Database) -> None:
    """Asking does not disturb it, nor do others who ask or live."""
    with living_sender(database) as one, living_sender(database) as other:
        assert is_alive(database, one.identity)
        assert is_alive(database, one.identity)
        assert one.identity != other.identity
    assert not is_alive(database, one.identity)


def test_a_sender_nobody_knows_is_dead(database: Database) -> None:
    """Its lock is nowhere."""
    assert not is_alive(database, "0" * 32)


def test_the_file_of_a_dead_sender_is_cleared_away(sqlite_database: Database) -> None:
    """A killed process leaves its file, not its lock."""
    folder = Path(str(sqlite_database.engine.url.database)).parent / FOLDER
    folder.mkdir()
    (folder / "killed").touch()
    assert not is_alive(sqlite_database, "killed")
    assert list(folder.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """The operator is told which file."""
    (tmp_path / FOLDER).write_text("a file where the folder should be")
    database = open_database("sqlite:///newsletter.db", tmp_path)
    with pytest.raises(DatabaseUnavailableError, match=FOLDER), living_sender(database):
        pass


def test_a_sender_that_has_ended_is_known_to_at_once(database: Database) -> None:
    """A sender that recovers its rows right after finds none of them held."""
    for _round in range(40):
        with living_sender(database) as sender:
            assert is_alive(database, sender.identity)
        assert not is_alive(database, sender.identity)


def test_one_holds_an_office_until_it_resigns(database: Database) -> None:
    """Others ask in vain, and ask again; another office is free."""
    one, other = LeaderLock(database, "due issues"), LeaderLock(database, "due issues")
    elsewhere = LeaderLock(database, "webhooks")
    assert one.is_ours()
    assert one.is_ours()
    assert not other.is_ours()
    assert elsewhere.is_ours()
    one.resign()
    assert other.is_ours()
    assert not one.is_ours()
    other.resign()
    elsewhere.resign()


def test_who_lost_the_database_lost_the_office(postgres_url: str) -> None:
    """The server ends the session, and the lock with it; a sender is told so, too."""
    database = open_database(postgres_url, Path())
    one, other = LeaderLock(database, "due issues"), LeaderLock(database, "due issues")
    with living_sender(database) as sender:
        assert one.is_ours()
        with database.transaction() as connection:
            ended = (
                "SELECT pg_terminate_backend(pid, 60000) FROM pg_locks WHERE locktype = 'advisory'"
            )
            connection.exec_driver_sql(f"{ended} AND pid <> pg_backend_pid()")
        assert other.is_ours()
        assert not one.is_ours()
        with pytest.raises(DatabaseUnavailableError):
            sender.check()
    assert not is_alive(database, sender.identity)
    other.resign()
    database.close()


def test_two_databases_in_one_folder_have_offices_of_their_own(tmp_path: Path) -> None:
    """Two sites side by side: each has somebody who sends."""
    first = LeaderLock(open_database("sqlite:///first.db", tmp_path), "issue:weekly")
    second = LeaderLock(open_database("sqlite:///second.db", tmp_path), "issue:weekly")
    assert first.is_ours()
    assert second.is_ours()
    first.resign()
    second.resign()


def test_one_database_is_one_by_whatever_path_it_is_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Relative, absolute, by way of .., or through a link to the file or to its folder."""
    folder = tmp_path / "site"
    (folder / "sub").mkdir(parents=True)
    (folder / "news.db").touch()
    (tmp_path / "linked").symlink_to(folder)
    (tmp_path / "linked.db").symlink_to(folder / "news.db")
    monkeypatch.chdir(tmp_path)
    holder = LeaderLock(open_database("sqlite:///news.db", folder), "letters")
    assert holder.is_ours()
    for url, place in [
        (f"sqlite:///{folder}/news.db", tmp_path),
        ("sqlite:///site/news.db", Path()),
        ("sqlite:///../news.db", folder / "sub"),
        ("sqlite:///news.db", tmp_path / "linked"),
        ("sqlite:///linked.db", tmp_path),
    ]:
        assert not LeaderLock(open_database(url, place), "letters").is_ours(), url
    holder.resign()


def test_an_office_of_any_name_has_a_file(tmp_path: Path) -> None:
    """Names may be long, or hold what no file's name can."""
    database = open_database(f"sqlite:///{'d' * 240}.db", tmp_path)
    one, other = LeaderLock(database, f"a/{'j' * 300}1"), LeaderLock(database, f"a/{'j' * 300}2")
    assert one.is_ours()
    assert other.is_ours()
    one.resign()
    other.resign()
