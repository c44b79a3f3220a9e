from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from newsletter.store.database import Database, open_database
from newsletter.store.migrations import is_current, upgrade, versions
from newsletter.store.outbox_ledger import OutboxLedger
from newsletter.store.tables import fetches, metadata, newsletters, sources
from subscribers.tables import lists
from subscribers.tables import metadata as subscribers_metadata

REVISIONS = sorted(path.stem.partition("_")[0] for path in Path(versions.__path__[0]).glob("0*.py"))
NOW = datetime(2026, 3, 5, 10, tzinfo=UTC)


@pytest.fixture(params=["sqlite", "postgres"])
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database without any table."""
    is_sqlite = request.param == "sqlite"
    url = "sqlite:///empty.db" if is_sqlite else request.getfixturevalue("empty_postgres_url")
    database = open_database(url, tmp_path)
    yield database
    database.close()


@pytest.mark.filterwarnings("ignore:.*expression-based index")
@pytest.mark.parametrize("revision", REVISIONS)
def test_every_schema_there_ever_was_runs_forward(empty_database: Database, revision: str) -> None:
    """A site of that version, with people in it, becomes one of today's; its rows stay."""
    upgrade(empty_database, to=revision)
    with empty_database.transaction() as connection:
        connection.execute(sa.text("INSERT INTO lists (slug) VALUES ('weekly')"))
        connection.execute(
            sa.text("INSERT INTO newsletters (slug, first_seen) VALUES ('weekly', :now)"),
            {"now": NOW if not empty_database.is_sqlite else NOW.isoformat()},
        )
    upgrade(empty_database)
    assert is_current(empty_database)
    with empty_database.transaction(read_only=True) as connection:
        assert connection.execute(sa.select(lists.c.slug)).scalar_one() == "weekly"
        assert connection.execute(sa.select(newsletters.c.first_seen)).scalar_one() == NOW
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, [metadata, subscribers_metadata]) == []


def test_letters_that_wait_survive_the_outbox_becoming_a_ledger(empty_database: Database) -> None:
    """Whether anybody had them in hand or not: they are due when they were due before."""
    upgrade(empty_database, to="0001")
    now = NOW if not empty_database.is_sqlite else NOW.isoformat()
    with empty_database.transaction() as connection:
        connection.execute(
            sa.text(
                "INSERT INTO outbox (recipient, envelope_sender, message, created_at, attempts, "
                "retry_at, answer) VALUES ('jo@example.org', '', :message, :now, 2, :now, '')"
            ),
            {"now": now, "message": b"hi\r\n"},
        )
    upgrade(empty_database)
    letters = OutboxLedger(empty_database)
    with letters.on_duty():
        assert letters.claim(1, NOW - timedelta(seconds=1)).claims == ()
        (claim,) = letters.claim(1, NOW).claims
        assert (claim.address, claim.attempts) == ("jo@example.org", 2)
        assert letters.letter(claim).message == b"hi\r\n"


def test_addresses_lose_their_passwords(empty_database: Database) -> None:
    """A source stays the same source; its last fetch is forgotten, and it is read once more."""
    upgrade(empty_database, to="0007")
    now = NOW if not empty_database.is_sqlite else NOW.isoformat()
    secret, plain = "https://user:hush@a.example/rss", "https://a.example/@user"
    with empty_database.transaction() as connection:
        for location in (secret, plain):
            connection.execute(
                sa.text("INSERT INTO sources (location, first_seen) VALUES (:location, :now)"),
                {"location": location, "now": now},
            )
            connection.execute(
                sa.text(
                    "INSERT INTO fetches (newsletter, source, fingerprint, etag, last_modified,"
                    " body_hash, checked_at, problem, failures, moved_to)"
                    " VALUES ('weekly', :location, '', '', '', '', :now, '', 0, '')"
                ),
                {"location": location, "now": now},
            )
    upgrade(empty_database)
    with empty_database.transaction(read_only=True) as connection:
        locations = connection.execute(sa.select(sources.c.location).order_by(sources.c.id))
        assert list(locations.scalars()) == ["https://a.example/rss", plain]
        assert list(connection.execute(sa.select(fetches.c.source)).scalars()) == [plain]
    empty_database.close()
