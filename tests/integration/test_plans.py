"""The plans of the hot queries, in a short form of `make plans`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from benchmarks.plans.explain import explaining, large_tables
from benchmarks.plans.fill import Size
from benchmarks.plans.page import write_page
from benchmarks.plans.watching import Findings, watch
from newsletter.store.database import open_database
from newsletter.store.migrations import upgrade
from newsletter.store.tables import deliveries
from subscribers.audience import audience

SIZE = Size(readers=20_000, deliveries=200_000)

# In tables that fit into memory PostgreSQL would rightly scan; it is to find another way here, without reading all of the other side of a join.
NO_SCANS = (
    "?options="
    + "".join(f"-cenable_{way}%3Doff%20" for way in ("seqscan", "hashjoin", "mergejoin"))
    + "&"
)


@pytest.fixture
def findings(empty_postgres_url: str, tmp_path: Path) -> Findings:
    """What was seen in a filled database."""
    url = empty_postgres_url.replace("?", NO_SCANS)
    return watch(url, SIZE, tmp_path, say=lambda _step: None)


def test_no_hot_query_reads_a_large_table_through(findings: Findings, tmp_path: Path) -> None:
    """Each finds its few rows by an index; the page tells which."""
    assert {"deliveries", "receipts", "subscribers", "subscriptions"} <= findings.large
    assert all(seen.statements for seen in (*findings.hot, *findings.whole))
    assert list(findings.faults) == []
    page = write_page(findings, tmp_path).read_text(encoding="utf-8")
    assert "by ix_deliveries_state" in page


def test_a_scan_is_seen(empty_postgres_url: str, tmp_path: Path) -> None:
    """The guard notices a statement that no index serves, in whatever code it stands."""
    watch(empty_postgres_url, Size(readers=500, deliveries=2000), tmp_path, say=lambda _step: None)
    database = open_database(empty_postgres_url, tmp_path)
    assert "deliveries" in large_tables(database, least=1000)
    with explaining(database) as seen, database.transaction() as connection:
        connection.execute(sa.select(deliveries).where(deliveries.c.attempts == 3))
    database.close()
    (reading,) = seen[0].readings
    assert (reading.table, reading.is_scan) == ("deliveries", True)
    assert reading.rows >= 2000


def test_who_is_suppressed_is_found_by_an_index(empty_postgres_url: str, tmp_path: Path) -> None:
    """The addresses and the suppressions have other collations; a loop over both would take hours."""
    database = open_database(empty_postgres_url.replace("?", NO_SCANS), tmp_path)
    upgrade(database)
    with database.transaction(read_only=True) as connection:
        query = audience("weekly", datetime(2026, 3, 4, tzinfo=UTC)).compile(
            dialect=connection.dialect, compile_kwargs={"literal_binds": True}
        )
        plan = connection.scalars(sa.text(f"EXPLAIN {query}".replace(":", "\\:"))).all()
    database.close()
    looks = [line for line in plan if "Cond: " in line and "pattern" in line]
    assert len(looks) == 2, "\n".join(plan)
    assert all("Index Cond: " in line for line in looks)
