from __future__ import annotations

from collections import Counter
from datetime import timedelta
from random import Random

import pytest
import sqlalchemy as sa

from newsletter.store.database import Database
from subscribers import kept_counts as counting
from subscribers import people, privacy
from subscribers.consent import JoinRequest, ask_to_join, confirm, drop_unconfirmed
from subscribers.errors import SubscribersError
from subscribers.history import Way
from subscribers.kept_counts import fold, subscriptions_by_status
from subscribers.tables import lists, subscription_counts, subscriptions
from subscribers.unsubscribe import undo, unsubscribe
from tests.factories.subscribers import NOW, join

LISTS = ("weekly", "monthly")


def counted(connection: sa.Connection) -> dict[tuple[str, str], int]:
    """The same, counted one by one."""
    rows = connection.execute(
        sa.select(lists.c.slug, subscriptions.c.status).join(
            subscriptions, subscriptions.c.list_id == lists.c.id
        )
    )
    return dict(Counter((row[0], row[1]) for row in rows))


def test_whatever_is_done_the_count_is_right(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After each of many random changes, those that are rolled back and all ways there are."""
    monkeypatch.setattr(counting, "FOLD_AT", 10)
    random = Random(3)  # noqa: S311 - the same each time
    for _ in range(150):
        address, slug = f"reader{random.randrange(12)}@example.org", random.choice(LISTS)
        try:
            with database.transaction() as connection:
                act(connection, random.randrange(9), address, slug)
                if random.random() < 0.2:
                    connection.rollback()
        except SubscribersError:
            pass
        with database.transaction(read_only=True) as connection:
            assert subscriptions_by_status(connection) == counted(connection)


def act(connection: sa.Connection, deed: int, address: str, slug: str) -> None:
    """One of the ways in which a subscription changes."""
    if deed < 2:
        join(connection, address, list_slug=slug)
    elif deed == 2:
        ask_to_join(connection, JoinRequest(address=address, list_slug=slug, way=Way.FORM), NOW)
    elif deed == 3:
        privacy.erase(connection, address, NOW)
    elif deed == 4:
        drop_unconfirmed(connection, NOW + timedelta(days=1))
    elif deed == 5:
        fold(connection)
    else:
        person = people.find(connection, address).id
        change = (
            lambda: confirm(connection, person, slug, way=Way.PAGE, now=NOW),
            lambda: unsubscribe(connection, person, slug, Way.PAGE, NOW),
            lambda: undo(connection, person, slug, NOW),
        )[deed - 6]
        change()


def test_differences_are_summed_up(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many changes there were, a few rows remain."""
    monkeypatch.setattr(counting, "FOLD_AT", 2)
    with database.transaction() as connection:
        for number in range(5):
            join(connection, f"reader{number}@example.org")
        before = subscriptions_by_status(connection)
        fold(connection)
        assert subscriptions_by_status(connection) == before == {("weekly", "active"): 5}
        assert connection.scalar(sa.select(sa.func.count()).select_from(subscription_counts)) == 1
