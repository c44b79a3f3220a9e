from __future__ import annotations

from random import Random
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from newsletter.store.database import Database
from subscribers import people, privacy
from subscribers.bounded_search import CANDIDATES, LOOKED_AT, PeopleWanted, look_for_people
from subscribers.history import Way
from subscribers.lists import list_id
from subscribers.person_update import PersonChanges, update_person
from subscribers.search_words import MOST_WORDS, spellings, words_of
from subscribers.subscriber import Status
from subscribers.tables import subscriber_words, subscribers, subscriptions
from subscribers.unsubscribe import unsubscribe
from tests.factories.subscribers import NOW, join

NAMES = (
    "",
    "Jane Smith",
    "Éva van der Berg",
    'Say "Hi" You',
    "Back\\slash O'Brien",
    "Jane Jane",
    "Ørsted",
)


def found(connection: sa.Connection, words: str, **wanted: object) -> list[str]:
    """The addresses of those whom the words find."""
    look = look_for_people(connection, PeopleWanted(words=words, **wanted), limit=50)  # type: ignore[arg-type] # the fields of PeopleWanted
    return [person.address for person in look.people]


def test_whatever_is_done_the_words_are_those_of_the_people(database: Database) -> None:
    """After each of many additions, renamings and erasures: those of names, nothing else."""
    random = Random(5)  # noqa: S311 - the same each time
    for _ in range(120):
        address, name = f"reader{random.randrange(8)}@example.org", random.choice(NAMES)
        with database.transaction() as connection:
            there = connection.scalar(
                sa.select(subscribers.c.id).where(subscribers.c.address_key == address)
            )
            if there is None:
                people.add(
                    connection, address, list_slug="weekly", now=NOW, name=name,
                    note=people.OperatorNote(force=True, consent="asked"),
                )  # fmt: skip
            elif random.random() < 0.3:
                privacy.erase(connection, address, NOW)
            else:
                person = people.find(connection, address)
                changes = PersonChanges(name=name)
                update_person(connection, person, changes, now=NOW, way=Way.OPERATOR, detail="")
        with database.transaction(read_only=True) as connection:
            stored = {
                (row.word, row.subscriber_id)
                for row in connection.execute(sa.select(subscriber_words))
            }
            expected = {
                (word, row.id)
                for row in connection.execute(sa.select(subscribers))
                for word in row.name.split()
            }
            assert {(word.lower(), number) for word, number in stored} == {
                (word.lower(), number) for word, number in expected
            }


@pytest.mark.parametrize(
    ("words", "addresses"),
    [
        ("jane@", ["jane@example.org"]),
        ("JANE", ["jane@example.org", "x@example.org"]),
        ("ber", ["eva@example.org"]),
        ("éva", ["eva@example.org"]),
        ("ÉVA BERG", ["eva@example.org"]),
        ("jane smi", ["x@example.org"]),
        ("jane berg", []),
        ("100%", []),
        ("_", []),
        ("smith", ["x@example.org"]),
        ("Jane@Exa", ["jane@example.org"]),
        ("example.org", ["eva@example.org", "jane@example.org", "x@example.org"]),
        ("SUB.ex", ["mary.ann@sub.example.org"]),
        ("jane example", ["jane@example.org", "x@example.org"]),
        ("mary.ann@sub.", ["mary.ann@sub.example.org"]),
        ("mary sub", ["mary.ann@sub.example.org"]),
        ("xample", []),
        ("ann@", []),
    ],
)
def test_people_are_found_by_how_their_words_begin(
    database: Database, words: str, addresses: list[str]
) -> None:
    """Address, domain, any name, in any case and alphabet; each word has to be there."""
    with database.transaction() as connection:
        join(connection, "jane@example.org")
        join(connection, "x@example.org", name="Jane Smith")
        join(connection, "eva@example.org", name="Éva van der Berg")
        join(connection, "mary.ann@sub.example.org")
        assert found(connection, words) == addresses


def test_a_rare_word_is_found_among_those_of_a_frequent_one(database: Database) -> None:
    """However many share the domain or the first name, the other word decides."""
    with database.transaction() as connection:
        people.add(
            connection, "z@example.org", list_slug="weekly", now=NOW, name="Jane Zuiderveld",
        )  # fmt: skip
        rows = [
            {"address": f"r{n}@example.org", "address_key": f"r{n}@example.org", "created_at": NOW}
            for n in range(CANDIDATES + 1)
        ]
        connection.execute(sa.insert(subscribers), rows)
        assert found(connection, "example.org zuid") == ["z@example.org"]
        assert found(connection, "jane example.org") == ["z@example.org"]


@given(st.text(max_size=20))
def test_any_text_is_a_search(text: str) -> None:
    """Words are few, and their spellings are never longer than three cases make them."""
    words = words_of(text)
    assert len(words) <= MOST_WORDS
    assert all(spellings(word) for word in words)


def test_pages_go_from_the_newest_to_the_oldest(database: Database) -> None:
    """Each person once, on the list that was asked for, whatever was added meanwhile."""
    with database.transaction() as connection:
        for number in range(7):
            join(connection, f"r{number}@example.org")
        join(connection, "other@example.org", list_slug="monthly")
        weekly = list_id(connection, "weekly")
        seen, before = list[str](), None
        while True:
            look = look_for_people(connection, PeopleWanted(list_id=weekly), before=before, limit=3)
            seen += [person.address for person in look.people]
            before = look.older
            if before is None:
                break
            join(connection, f"late{before}@example.org")
    assert seen == [f"r{number}@example.org" for number in reversed(range(7))]


def test_a_status_is_that_on_the_list(database: Database) -> None:
    """Without a list, that of any subscription."""
    with database.transaction() as connection:
        gone = join(connection, "gone@example.org")
        join(connection, "gone@example.org", list_slug="monthly")
        join(connection, "stays@example.org")
        unsubscribe(connection, gone, "weekly", Way.PAGE, NOW)
        weekly, monthly = list_id(connection, "weekly"), list_id(connection, "monthly")
        for wanted, addresses in (
            (PeopleWanted(list_id=weekly, status=Status.UNSUBSCRIBED), ["gone@example.org"]),
            (PeopleWanted(list_id=monthly, status=Status.UNSUBSCRIBED), []),
            (PeopleWanted(status=Status.UNSUBSCRIBED), ["gone@example.org"]),
            (PeopleWanted(list_id=weekly, status=Status.ACTIVE), ["stays@example.org"]),
            (PeopleWanted(words="gone", list_id=weekly, status=Status.ACTIVE), []),
        ):
            look = look_for_people(connection, wanted, limit=10)
            assert [person.address for person in look.people] == addresses


def test_a_rare_condition_looks_at_so_many_people_and_no_more(database: Database) -> None:
    """The page says how many it has looked at, and the next one goes on below them."""
    rows = [
        {"address": f"r{n}@example.org", "address_key": f"r{n}@example.org", "created_at": NOW,
         "follows": "|rare|" if n == 0 else ""}
        for n in range(LOOKED_AT + 5)
    ]  # fmt: skip
    rare = subscribers.c.follows.contains("|rare|")
    with database.transaction() as connection:
        connection.execute(sa.insert(subscribers), rows)
        first = look_for_people(connection, PeopleWanted(condition=rare), limit=10)
        assert (list(first.people), first.looked_at) == ([], LOOKED_AT)
        second = look_for_people(
            connection, PeopleWanted(condition=rare), before=first.older, limit=10
        )
    assert [person.address for person in second.people] == ["r0@example.org"]
    assert second.older is None


def test_a_word_of_many_says_that_there_are_more(database: Database) -> None:
    """It shows the first of them, and asks for more letters."""
    rows = [
        {
            "address": f"r{n:04}@example.org",
            "address_key": f"r{n:04}@example.org",
            "created_at": NOW,
        }
        for n in range(CANDIDATES + 1)
    ]
    with database.transaction() as connection:
        connection.execute(sa.insert(subscribers), rows)
        look = look_for_people(connection, PeopleWanted(words="r"), limit=10)
    assert look.has_more
    assert look.people[0].address == "r0000@example.org"


def test_no_search_reads_a_table_through(sqlite_database: Database) -> None:
    """SQLite's plans: every step of a page is a search by an index, or walks one in its order."""
    seen: list[tuple[str, Any]] = []
    with sqlite_database.transaction() as connection:
        sa.event.listen(
            connection,
            "before_cursor_execute",
            lambda _connection, _cursor, text, given, *_rest: seen.append((text, given)),
        )
        join(connection)
        weekly = list_id(connection, "weekly")
        for wanted in (
            PeopleWanted(words="jo smith"),
            PeopleWanted(words="jo@ example.org"),
            PeopleWanted(words="jo", list_id=weekly, status=Status.ACTIVE),
            PeopleWanted(list_id=weekly),
            PeopleWanted(list_id=weekly, status=Status.UNSUBSCRIBED),
        ):
            seen.clear()
            look_for_people(connection, wanted, limit=50)
            for text, given in [one for one in seen if one[0].startswith("SELECT")]:
                plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", given).all()
                scans = [row.detail for row in plan if row.detail.startswith("SCAN")]
                large = (subscribers.name, subscriptions.name, subscriber_words.name)
                assert [one for one in scans if one.split()[1] in large] == [], text
