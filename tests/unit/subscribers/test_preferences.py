from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from newsletter.store.database import Database
from subscribers import people
from subscribers.history import Event, Way
from subscribers.preferences import choose, pause, resume
from subscribers.subscriber import MAX_NAME, clean_name
from tests.factories.subscribers import NOW, events, join


def test_a_choice_is_kept_and_recorded_once(database: Database) -> None:
    """Saving the same page twice leaves one entry."""
    with database.transaction() as connection:
        person = join(connection)
        wish = {"name": " Jo  Doe ", "follows": ["security", "ai"], "way": Way.PAGE, "now": NOW}
        assert choose(connection, person, **wish)
        assert not choose(connection, person, **wish)
        reader = people.get(connection, person)
        assert reader is not None
        assert (reader.name, reader.follows) == ("Jo Doe", {"ai", "security"})
        assert events(connection, person)[1:] == [(Event.PREFERENCES, Way.PAGE)]


def test_a_pause_can_be_ended_before_its_time(database: Database) -> None:
    """Pausing and resuming are recorded, each once."""
    until = NOW + timedelta(weeks=2)
    with database.transaction() as connection:
        person = join(connection)
        assert pause(connection, person, until, Way.PAGE, NOW)
        assert not pause(connection, person, until, Way.PAGE, NOW)
        assert resume(connection, person, Way.PAGE, NOW)
        assert not resume(connection, person, Way.PAGE, NOW)
        assert [event for event, _ in events(connection, person)[1:]] == [
            Event.PAUSE,
            Event.RESUME,
        ]


def test_a_pause_that_is_over_needs_no_resuming(database: Database) -> None:
    """The record has no resume for what ended by itself."""
    with database.transaction() as connection:
        person = join(connection)
        pause(connection, person, NOW + timedelta(weeks=2), Way.PAGE, NOW)
        assert not resume(connection, person, Way.PAGE, NOW + timedelta(weeks=3))


@given(st.text(max_size=300))
def test_a_name_is_one_clean_line(text: str) -> None:
    """No name breaks a header or turns the text beside it around; cleaning twice is once."""
    name = clean_name(text)
    assert len(name) <= MAX_NAME
    assert not set(name) & set("\r\n\x00\x0b\u2028\u2029\u202e\u2066")
    assert clean_name(name) == name
