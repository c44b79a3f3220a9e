from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import event

from newsletter.store.database import Database
from subscribers.history import Way
from subscribers.lists import list_id
from subscribers.preferences import pause
from subscribers.search import people_page
from subscribers.segments.compile import compile_condition
from subscribers.segments.parse import parse_segment
from subscribers.subscriber import Status
from subscribers.suppression import suppress
from subscribers.suppression_list import all_suppressions, explain, suppressions_page
from tests.factories.subscribers import LIST, NOW, join, set_status
from tests.unit.subscribers.segments.test_compile import MEANINGS


@pytest.mark.parametrize("limit", [1, 3, 8, 9])
def test_pages_together_are_everybody_once(database: Database, limit: int) -> None:
    """In the order of storing, whatever the size of a page."""
    with database.transaction() as connection:
        for number in range(8):
            person = join(connection, f"r{number}@example.org")
            if number % 3 == 0:
                set_status(connection, person, Status.BOUNCED)
        number_of_list = list_id(connection, LIST)
        for status, count in ((None, 8), (Status.BOUNCED, 3), (Status.ACTIVE, 5)):
            for which in (number_of_list, None):
                found, after = [], 0
                while page := people_page(
                    connection, list_id=which, status=status, after=after, limit=limit
                ):
                    assert len(page) <= limit
                    found += [one.id for one in page]
                    after = page[-1].id
                assert found == sorted(set(found))
                assert len(found) == count


def test_no_page_reads_a_table_through(sqlite_database: Database) -> None:
    """Each starts in an index after the last person, and needs no sorting."""
    seen: list[tuple[str, tuple[object, ...]]] = []

    def note(*given: object) -> None:
        seen.append((str(given[2]), tuple(given[3])))  # type: ignore[arg-type] # the driver's call

    with sqlite_database.transaction() as connection:
        join(connection)
        number = list_id(connection, LIST)
        event.listen(connection, "before_cursor_execute", note)
        condition = compile_condition(parse_segment("plan = gold or tag:ai"), MEANINGS)
        for which in (number, None):
            for status in (None, *Status):
                for also in (None, condition):
                    people_page(connection, list_id=which, status=status, condition=also, limit=10)
        suppressions_page(connection, after=1, limit=10)
        explain(connection, "jo@example.org", NOW)
        event.remove(connection, "before_cursor_execute", note)
        for statement, values in seen:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
            for step in plan.scalars(3).all():
                assert not step.startswith("SCAN sub"), (step, statement)
                sorts = step == "USE TEMP B-TREE FOR ORDER BY" and "LIMIT" in statement
                assert not sorts, (step, statement)


def test_why_an_address_is_not_mailed(database: Database) -> None:
    """A pause while it lasts, a suppressed domain with its reason; otherwise the lists that mail it."""
    with database.transaction() as connection:
        person = join(connection)
        assert explain(connection, "Jo@example.org", NOW)["mailed"] == [LIST]
        pause(connection, person, NOW + timedelta(days=7), Way.PAGE, NOW)
        why = explain(connection, "jo@example.org", NOW)
        assert (why["mailed"], why["paused_until"]) == ([], "2026-03-09T09:30:00+00:00")
        later = NOW + timedelta(days=7)
        assert explain(connection, "jo@example.org", later)["mailed"] == [LIST]
        suppress(connection, "@example.org", "refuses us", NOW)
        why = explain(connection, "jo@example.org", later)
        assert why["mailed"] == []
        assert why["suppressions"] == [
            {
                "pattern": "@example.org",
                "erased": False,
                "reason": "refuses us",
                "at": NOW.isoformat(),
            }
        ]
        assert [one.pattern for one in all_suppressions(connection)] == ["@example.org"]
        assert explain(connection, "@example.org", NOW)["suppressions"] == why["suppressions"]
