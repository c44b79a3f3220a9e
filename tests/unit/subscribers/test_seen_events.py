from __future__ import annotations

from datetime import timedelta

from newsletter.store.database import Database
from subscribers.provider_events.seen import (
    KEPT,
    count_outcomes,
    forget_events,
    is_new,
    outcome_counts,
)
from tests.factories.subscribers import NOW


def test_an_event_is_new_once_for_each_provider(database: Database) -> None:
    """Until it is forgotten, long after any provider repeats it."""
    with database.transaction() as connection:
        assert is_new(connection, "ses", "event-1", NOW)
        assert not is_new(connection, "ses", "event-1", NOW + timedelta(days=2))
        assert is_new(connection, "mailgun", "event-1", NOW)
        assert forget_events(connection, NOW + KEPT) == 0
        assert forget_events(connection, NOW + KEPT + timedelta(seconds=1)) == 2
        assert is_new(connection, "ses", "event-1", NOW)


def test_outcomes_add_up(database: Database) -> None:
    """By provider."""
    with database.transaction() as connection:
        count_outcomes(connection, "ses", {"taken": 2, "seen": 1})
        count_outcomes(connection, "ses", {"taken": 3})
        count_outcomes(connection, "brevo", {"taken": 1})
        assert outcome_counts(connection) == {
            ("brevo", "taken"): 1,
            ("ses", "seen"): 1,
            ("ses", "taken"): 5,
        }
