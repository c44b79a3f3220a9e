from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from newsletter.store.database import Database
from subscribers.audience import ReaderGroup, audience, count_groups, format_follows, parse_follows
from subscribers.history import Way
from subscribers.preferences import pause
from subscribers.subscriber import Status
from subscribers.suppression import suppress
from tests.factories.subscribers import LIST, NOW, join, set_status


def addresses(connection: sa.Connection) -> set[str]:
    """Who is to be mailed."""
    return {row.address for row in connection.execute(audience(LIST, NOW))}


def test_the_audience_is_whoever_is_active_on_the_list(database: Database) -> None:
    """Only active subscriptions to this very list are mailed."""
    with database.transaction() as connection:
        join(connection, "active@example.org", name="Reader", follows=["ai"])
        join(connection, "elsewhere@example.org", list_slug="other")
        for status in set(Status) - {Status.ACTIVE}:
            set_status(connection, join(connection, f"{status}@example.org"), status)
        rows = connection.execute(audience(LIST, NOW)).all()
    assert [(row.address, row.name, row.follows) for row in rows] == [
        ("active@example.org", "Reader", "|ai|")
    ]


def test_the_suppressed_are_left_out_whatever_the_list_says(database: Database) -> None:
    """An address and a whole domain are suppressed; a domain means neither sub- nor superdomain."""
    with database.transaction() as connection:
        for address in (
            "Jo@example.org",
            "mo@example.org",
            "mo@example.net",
            "mo@mail.example.net",
            "leser@bücher.example",
        ):
            join(connection, address)
        suppress(connection, "jo@EXAMPLE.org", "asked by letter", NOW)
        suppress(connection, "@example.net", "refuses us", NOW)
        suppress(connection, "@xn--bcher-kva.example", "refuses us", NOW)
        assert addresses(connection) == {"mo@example.org", "mo@mail.example.net"}


def test_a_pause_ends_by_itself(database: Database) -> None:
    """Mail stops while a pause lasts, and comes again at the moment it ends."""
    with database.transaction() as connection:
        person = join(connection)
        pause(connection, person, NOW + timedelta(days=14), Way.PAGE, NOW)
        assert addresses(connection) == set()
        later = audience(LIST, NOW + timedelta(days=14))
        assert len(connection.execute(later).all()) == 1


def test_the_audience_feeds_an_insert(database: Database) -> None:
    """A send is planned by one INSERT … SELECT over the audience."""
    plan = sa.Table("plan", sa.MetaData(), sa.Column("subscriber_id", sa.BigInteger))
    with database.transaction() as connection:
        plan.create(connection)
        person = join(connection)
        readers = audience(LIST, NOW).subquery()
        connection.execute(
            sa.insert(plan).from_select(["subscriber_id"], sa.select(readers.c.subscriber_id))
        )
        assert connection.scalars(sa.select(plan.c.subscriber_id)).all() == [person]


def test_readers_are_counted_by_their_wishes(database: Database) -> None:
    """Equal sets of tags are one wish, whatever their order; no tags is a wish as well."""
    with database.transaction() as connection:
        join(connection, "a@example.org", follows=["security", "ai"])
        join(connection, "b@example.org", follows=["ai", "security"])
        join(connection, "c@example.org")
        assert count_groups(connection, audience(LIST, NOW)) == {
            ReaderGroup("|ai|security|"): 2,
            ReaderGroup(): 1,
        }


@given(st.frozensets(st.text(st.characters(exclude_characters="|"), min_size=1)))
def test_follows_read_back_as_written(slugs: frozenset[str]) -> None:
    """A set of tags survives its text form."""
    assert parse_follows(format_follows(slugs)) == slugs


def test_a_bar_in_a_slug_is_refused() -> None:
    """A bar would make two tags of one."""
    with pytest.raises(ValueError, match="cannot contain a bar"):
        format_follows(["a|b"])
