from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings

from newsletter.store.database import Database
from subscribers import tables
from subscribers.audience import audience
from subscribers.list_changes import rename_list
from subscribers.segments.compile import Meanings, compile_condition
from subscribers.segments.conditions import Condition, IssueName
from subscribers.segments.parse import parse_segment
from subscribers.subscriber import Status
from tests.factories.subscribers import LIST, NOW, import_text, join, set_status
from tests.sampling import sampled
from tests.unit.subscribers.segments.test_parse import conditions

MEANINGS = Meanings(
    now=NOW,
    zone=ZoneInfo("Australia/Sydney"),
    tag_slug=lambda label: {"infosec": "security"}.get(label, label.replace(" ", "-")),
    had=lambda issue: sa.literal(issue == IssueName(newsletter="", number=12)),
)

PEOPLE = b"""email,name,tags,plan
gold@example.org,Gold,security,gold
silver@example.org,Silver,ai;data-breach,silver
plain@example.net,,,
odd@example.org,,,100%_\\
"""


@pytest.fixture
def people(database: Database) -> Database:
    """Four readers, of whom one is on another list too."""
    import_text(database, PEOPLE)
    with database.transaction() as connection:
        join(connection, "gold@example.org", list_slug="other")
        person = tables.subscribers.c
        connection.execute(
            sa.update(tables.subscribers)
            .where(person.address == "plain@example.net")
            .values(frequency="monthly", attributes={"tags": "VIP; First 100%"})
        )
    return database


def selected(database: Database, text: str) -> set[str]:
    """The local parts of those whom the segment selects."""
    condition = compile_condition(parse_segment(text), MEANINGS)
    with database.transaction(read_only=True) as connection:
        rows = connection.execute(audience(LIST, NOW, segment=[condition])).all()
    return {row.address.partition("@")[0] for row in rows}


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("plan = gold", "gold"),
        ("plan != gold", "silver plain odd"),
        ("plan = ''", "plain"),
        ("plan in (gold, silver)", "gold silver"),
        ("not plan in (gold, silver)", "plain odd"),
        ("plan = '100%_\\'", "odd"),
        ("plan = Gold", ""),
        ("plann = gold", ""),
        ("plann != gold", "gold silver plain odd"),
        ("tag:security", "gold"),
        ("tag:infosec", "gold"),
        ("tag:'data breach'", "silver"),
        ("tag:vip", "plain"),
        ("tag:'first 100%'", "plain"),
        ("tag:'first 1000'", ""),
        ("tag:ip", ""),
        ("tag:*", "gold silver plain"),
        ("tag:security or not tag:*", "gold odd"),
        ("list:other", "gold"),
        ("not list:other", "silver plain odd"),
        ("list in (other, weekly)", "gold silver plain odd"),
        ("frequency:monthly", "plain"),
        ("domain:EXAMPLE.net", "plain"),
        ("domain != example.net", "gold silver odd"),
        ("had:12", "gold silver plain odd"),
        ("had:11", ""),
        ("plan = gold and tag:security", "gold"),
        ("plan = gold and not tag:security", ""),
        ("plan = silver or frequency:monthly", "silver plain"),
    ],
)
def test_a_segment_selects(people: Database, text: str, names: str) -> None:
    """On both databases alike; of nobody is anything unknown, so `not` means everybody else."""
    assert selected(people, text) == set(names.split())


def test_a_list_is_named_by_its_former_names_too(people: Database) -> None:
    """Also in a segment that an approval froze: a rename or merge changes no audience."""
    with people.transaction() as connection:
        rename_list(connection, "other", "new")
    assert selected(people, "list:other") == selected(people, "list:new") == {"gold"}


@pytest.mark.parametrize(
    ("text", "is_in"),
    [
        ("joined before 2026-03-02", False),
        ("joined before 2026-03-03", True),
        ("joined after 2026-03-01", True),
        ("joined after 2026-03-02", False),
        ("joined within 1 day", True),
        ("not joined within 1 day", False),
    ],
)
def test_days_are_those_of_the_site(database: Database, text: str, is_in: bool) -> None:
    """2026-03-02 lasts in Sydney from 13:00 to 13:00 UTC; before and after leave the day out."""
    for hour in (13, 12 + 24):
        moment = datetime(2026, 3, 1, tzinfo=UTC) + timedelta(hours=hour)
        with database.transaction() as connection:
            join(connection, f"at{hour}@example.org", now=moment)
    meant = {"at13", "at36"} if is_in else set()
    assert selected(database, text) == meant


def test_a_segment_selects_only_whom_the_list_mails(database: Database) -> None:
    """It narrows the one audience: an `or` brings back nobody."""
    with database.transaction() as connection:
        person = join(connection, "left@example.org")
        set_status(connection, person, Status.UNSUBSCRIBED)
    assert selected(database, "plan = '' or plan != ''") == set()


@settings(
    max_examples=sampled(whole=40, sample=20),
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(condition=conditions)
def test_every_condition_is_valid_sql_and_splits_the_audience(
    people: Database, condition: Condition
) -> None:
    """Everybody is either in the segment or in its negation, whatever the values contain."""
    compiled = compile_condition(condition, MEANINGS)
    with people.transaction(read_only=True) as connection:

        def count(one: sa.ColumnElement[bool]) -> int:
            rows = audience(LIST, NOW, segment=[one]).subquery()
            return connection.scalar(sa.select(sa.func.count()).select_from(rows)) or 0

        assert count(compiled) + count(sa.not_(compiled)) == 4


def test_groups_tell_who_sees_which_part(people: Database) -> None:
    """One digit for each condition, in the same query as the addresses."""
    parts = [compile_condition(parse_segment(text), MEANINGS) for text in ("plan=gold", "tag:*")]
    with people.transaction(read_only=True) as connection:
        rows = connection.execute(audience(LIST, NOW, parts=parts)).all()
    assert {row.address.partition("@")[0]: row.sees for row in rows} == {
        "gold": "11",
        "silver": "01",
        "plain": "01",
        "odd": "00",
    }
