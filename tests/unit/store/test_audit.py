from __future__ import annotations

from newsletter.store import audit
from newsletter.store.database import Database
from tests.factories.subscribers import NOW


def test_an_erased_address_is_in_no_detail(database: Database) -> None:
    """What was done stays on record; the reader's address does not, however it was spelled."""
    with database.transaction() as connection:
        for detail in ("weekly/Jo_1@example.org over the API", "weekly/joy1@example.org"):
            audit.record(connection, who="ed@example.org", what="add", detail=detail, now=NOW)
        audit.forget_address(connection, "jo_1@example.org", now=NOW)
        details = [entry.detail for entry in audit.entries(connection, limit=9)]
    assert details == ["weekly/joy1@example.org", "weekly/(erased) over the API"]
