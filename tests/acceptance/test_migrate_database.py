"""migrate-database, as an operator runs it: all of a site or none of it, and nothing sent twice."""

from __future__ import annotations

import subprocess
import time
from collections import Counter
from pathlib import Path

import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient

from newsletter.errors import DatabaseUnavailableError
from newsletter.site.site import open_site
from newsletter.store.database import Database, open_database
from newsletter.store.liveness import living_sender
from newsletter.store.transfer import COPIED
from newsletter.web.app import make_app
from subscribers.bounded_search import PeopleWanted, look_for_people
from tests.acceptance.conftest import SiteMaker
from tests.acceptance.site import NOW, CommandLine
from tests.demo.catcher import MailCatcher
from tests.demo.serving import free_port


@pytest.fixture
def site(new_site: SiteMaker) -> CommandLine:
    """A site on SQLite with an approved issue and its readers."""
    return new_site("approved")


@pytest.fixture
def moved(site: CommandLine, empty_postgres_url: str) -> CommandLine:
    """The same site with the new line in its configuration, after the move."""
    site.done("migrate-database", "--to", empty_postgres_url)
    return on(site, empty_postgres_url)


def on(site: CommandLine, url: str) -> CommandLine:
    """The site with another database in its configuration."""
    return CommandLine(
        folder=site.folder, environment={**site.environment, "NEWSLETTER__SITE__DATABASE": url}
    )


def move(site: CommandLine, url: str, *options: str) -> list[dict[str, object]]:
    """Move, and give what was told of each table."""
    tables: list[dict[str, object]] = site.done(
        "migrate-database", "--to", url, *options, "--json"
    ).document["tables"]
    return tables


def numbers_in(url: str, folder: Path) -> dict[str, int]:
    """How many rows each table has."""
    database = open_database(url, folder)
    with database.transaction(read_only=True) as connection:
        found = {
            table.name: connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0
            for table in COPIED
        }
    database.close()
    return found


def test_everything_moves_and_both_sides_are_told(
    site: CommandLine, empty_postgres_url: str
) -> None:
    """Each table with rows and hash; the new line; and the issue is there to be sent."""
    before = numbers_in("sqlite:///newsletter.db", site.folder)
    answer = site.done("migrate-database", "--to", empty_postgres_url, "--json").document
    told = {table["table"]: table["rows"] for table in answer["tables"]}
    assert told == before
    assert all(len(table["hash"]) == 64 for table in answer["tables"])
    assert answer["write"].startswith('database = "postgresql://')
    assert on(site, empty_postgres_url).done("show", "weekly", "--json").document["state"] == (
        "approved"
    )


def test_what_was_moved_is_sent_once_and_only_from_there(
    moved: CommandLine, site: CommandLine, catcher: MailCatcher
) -> None:
    """An old cron line is told what to change (78); the new database sends to everybody once."""
    caught = len(catcher.mails)
    for command in (("run",), ("send", "weekly"), ("status",), ("check",)):
        answer = site(*command)
        assert answer.code == 78, command
        assert 'database = "postgresql://' in answer.out + answer.err
    assert len(catcher.mails) == caught
    moved.done("send", "weekly", now=NOW)
    copies = Counter(mail.recipient for mail in catcher.mails[caught:])
    assert len(copies) == 20
    assert set(copies.values()) == {1}


def test_numbers_go_on_where_they_were(site: CommandLine, empty_postgres_url: str) -> None:
    """Neither a number in use nor that of somebody erased is given to a newcomer."""
    site.done("subscribers", "add", "last@example.org", "--list", "weekly")
    last = site.done("subscribers", "show", "last@example.org", "--json").document
    assert last["address"] == "last@example.org"
    before = newest_number("sqlite:///newsletter.db", site.folder)
    site.done("subscribers", "erase", "last@example.org")
    move(site, empty_postgres_url)
    moved = on(site, empty_postgres_url)
    moved.done("subscribers", "add", "newcomer@example.org", "--list", "weekly")
    assert newest_number(empty_postgres_url, site.folder) > before


def test_who_moved_is_found_by_name(moved: CommandLine, empty_postgres_url: str) -> None:
    """The new database knows the words of their names."""
    database = open_database(empty_postgres_url, moved.folder)
    with database.transaction(read_only=True) as connection:
        look = look_for_people(connection, PeopleWanted(words="reader"), limit=20)
    database.close()
    assert {f"guard{number}@example.net" for number in range(5)} <= {
        person.address for person in look.people
    }


def newest_number(url: str, folder: Path) -> int:
    """The highest number that a reader has."""
    database = open_database(url, folder)
    with database.transaction(read_only=True) as connection:
        number = connection.scalar(sa.text("SELECT max(id) FROM subscribers"))
    database.close()
    assert isinstance(number, int)
    return number


def test_moving_twice_is_once(moved: CommandLine, site: CommandLine, catcher: MailCatcher) -> None:
    """The second run changes nothing of what has happened there since, and tells the same."""
    url = moved.environment["NEWSLETTER__SITE__DATABASE"]
    first = move(site, url)
    moved.done("send", "weekly", now=NOW)
    caught = len(catcher.mails)
    assert move(site, url) == first
    assert moved.done("status", "weekly", "--json").document["deliveries"]["accepted"] == 20
    moved.done("send", "weekly", now=NOW)
    assert len(catcher.mails) == caught


def test_a_move_that_is_killed_is_completed_by_the_next(
    site: CommandLine, empty_postgres_url: str
) -> None:
    """Whenever kill -9 strikes: the target is empty or whole, and nothing is sent meanwhile."""
    before = numbers_in("sqlite:///newsletter.db", site.folder)
    for pause in (0.6, 0.9, 1.2):
        process = subprocess.Popen(
            site.line("migrate-database", "--to", empty_postgres_url),
            env=site.full_environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        time.sleep(pause)
        process.kill()
        process.wait()
    assert {table["table"]: table["rows"] for table in move(site, empty_postgres_url)} == before
    assert numbers_in(empty_postgres_url, site.folder) == {
        **before,
        "site": before["site"] + 1,  # the note of the move
    }


def test_another_sites_data_is_not_overwritten(
    site: CommandLine, new_site: SiteMaker, empty_postgres_url: str
) -> None:
    """77 unless told to replace; a refusal leaves the site in use where it is."""
    other = new_site("drafted")
    move(other, empty_postgres_url)
    refused = site("migrate-database", "--to", empty_postgres_url, "--json")
    assert refused.code == 77
    assert "--replace" in refused.document["error"]["fix"]
    site.done("status")
    before = numbers_in("sqlite:///newsletter.db", site.folder)
    assert {t["table"]: t["rows"] for t in move(site, empty_postgres_url, "--replace")} == before


def test_there_and_back(moved: CommandLine, site: CommandLine) -> None:
    """Back into the old file, which was sealed: only when told to give that up."""
    back = f"sqlite:///{site.folder / 'newsletter.db'}"
    assert moved("migrate-database", "--to", back).code == 77
    move(moved, back, "--replace")
    assert moved("status").code == 78
    site.done("subscribers", "add", "after@example.org", "--list", "weekly")
    assert site.done("show", "weekly", "--json").document["state"] == "approved"


def test_it_moves_to_one_place_only(moved: CommandLine, site: CommandLine) -> None:
    """Once moved, the old database cannot be the source of another."""
    assert moved.environment
    assert site("migrate-database", "--to", "sqlite:///third.db").code == 77


def test_a_place_that_cannot_be_reached_changes_nothing(site: CommandLine) -> None:
    """69 for a server that is away, 2 for what is not a database, 77 for the site's own."""
    away = f"postgresql://nobody@127.0.0.1:{free_port()}/none"
    assert site("migrate-database", "--to", away).code == 69
    assert site("migrate-database", "--to", "mysql://x/y").code == 2
    assert site("migrate-database", "--to", "sqlite:///newsletter.db").code == 77
    site.done("status")


def test_nothing_moves_while_an_issue_is_being_sent(
    site: CommandLine, empty_postgres_url: str
) -> None:
    """75 while a living sender has messages in hand; a dead one's are moved as they are."""
    database = open_database("sqlite:///newsletter.db", site.folder)
    with living_sender(database) as sender:
        hold_a_delivery(database, sender.identity)
        assert site("migrate-database", "--to", empty_postgres_url).code == 75
        site.done("status")
    move(site, empty_postgres_url)
    database.close()
    there = on(site, empty_postgres_url).done("status", "weekly", "--recount", "--json").document
    assert there["deliveries"]["claimed"] == 1


def hold_a_delivery(database: Database, sender: str) -> None:
    """As if `sender` had just claimed it."""
    with database.transaction() as connection:
        connection.execute(sa.text("UPDATE issues SET state = 'sending'"))
        connection.execute(
            sa.text(
                "INSERT INTO deliveries (issue_id, subscriber_id, edition_id, state, attempts, sender)"
                " VALUES (1, 1, 1, 'claimed', 0, :sender)"
            ),
            {"sender": sender},
        )


def test_a_row_that_cannot_be_written_gives_the_site_back(
    site: CommandLine, empty_postgres_url: str
) -> None:
    """65 names the table (PostgreSQL takes no NUL); the old database is in use, the new one empty."""
    database = open_database("sqlite:///newsletter.db", site.folder)
    with database.transaction() as connection:
        connection.execute(sa.text("UPDATE articles SET title = 'a' || char(0) || 'b'"))
    database.close()
    answer = site("migrate-database", "--to", empty_postgres_url, "--json")
    assert answer.code == 65
    assert answer.document["error"]["field"] == "articles"
    site.done("subscribers", "add", "after@example.org", "--list", "weekly")
    assert set(numbers_in(empty_postgres_url, site.folder).values()) == {0}


def test_an_open_process_of_the_old_database_cannot_write(
    site: CommandLine, empty_postgres_url: str
) -> None:
    """What `serve` would do after the move fails, so that no unsubscription is lost unseen."""
    opened = open_site(site.folder, site.full_environment)
    move(site, empty_postgres_url)
    with (
        pytest.raises(DatabaseUnavailableError, match="moved"),
        opened.database.transaction() as connection,
    ):
        connection.execute(sa.text("UPDATE subscriptions SET status = 'unsubscribed'"))
    with TestClient(make_app(opened)) as client:
        assert client.get("/health/ready").status_code == 503
    opened.database.close()


def test_arm_takes_a_move_back(moved: CommandLine, site: CommandLine) -> None:
    """By a person's word alone the old database is used again."""
    assert moved.environment
    site.done("arm")
    site.done("status")
