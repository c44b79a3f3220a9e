"""Readers' time zones: which names are taken, who sets them, and where they go."""

from __future__ import annotations

import io
from zoneinfo import ZoneInfo

import pytest

from newsletter.site.time_zones import place_of, zones_by_region
from newsletter.store.database import Database
from subscribers import people
from subscribers.csv_file import export_subscribers
from subscribers.errors import TimeZoneError
from subscribers.everybody import everybody
from subscribers.history import Event, Way
from subscribers.importing.report import Rejected
from subscribers.person_update import PersonChanges, update_person
from subscribers.preferences import set_time_zone
from subscribers.time_zones import (
    OLD_NAMES,
    REGIONS,
    known_zones,
    offered_zones,
    time_zone_named,
)
from tests.factories.subscribers import LIST, NOW, events, import_text, join

ADDRESS = "jo@example.org"


def zone_of(database: Database, address: str = ADDRESS) -> str:
    """The time zone that is stored for the person."""
    with database.transaction(read_only=True) as connection:
        return people.find(connection, address).time_zone


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("", ""),
        (" Europe/London ", "Europe/London"),
        ("Asia/Calcutta", "Asia/Kolkata"),
        ("Europe/Kiev", "Europe/Kyiv"),
        ("UTC", "UTC"),
    ],
)
def test_a_zone_has_its_present_name(typed: str, name: str) -> None:
    """Names that browsers still report are understood; nothing is the site's own zone."""
    assert time_zone_named(typed) == name


@pytest.mark.parametrize(
    "typed",
    ["CET", "Europe", "Etc/GMT+3", "../etc/passwd", "europe/london\x00", "localtime", "x" * 999],
)
def test_what_is_no_place_is_refused(typed: str) -> None:
    """With a name that would do."""
    with pytest.raises(TimeZoneError, match="not a time zone") as refused:
        time_zone_named(typed)
    assert "write " in str(refused.value.problem.fix)


def test_every_zone_that_is_offered_is_known_and_has_a_place() -> None:
    """In regions that the page names, under names that people know, in each language."""
    assert 350 < len(offered_zones()) <= len(known_zones())
    assert set(OLD_NAMES.values()) <= known_zones()
    for language in ("en", "de", "ar", "zh", "fr", "es"):
        regions = zones_by_region(language, "Europe/Busingen")
        assert set(regions) <= set(REGIONS)
        named = [one for zones in regions.values() for one in zones]
        assert all(one.place and "_" not in one.place for one in named)
        assert all(ZoneInfo(one.zone) for one in named)
        assert sum(one.zone == "Europe/Busingen" for one in named) == 1
    assert (place_of("America/New_York", "en"), place_of("Asia/Kolkata", "de")) == (
        "New York",
        "Kalkutta",
    )


def test_a_reader_s_choice_is_recorded_once_and_can_be_taken_back(database: Database) -> None:
    """Choosing twice leaves one entry; a zone that there is not changes nothing."""
    with database.transaction() as connection:
        person = join(connection)
        assert set_time_zone(connection, person, "Asia/Tokyo", Way.PAGE, NOW)
        assert not set_time_zone(connection, person, "Asia/Tokyo", Way.PAGE, NOW)
        assert people.show(connection, ADDRESS)["time_zone"] == "Asia/Tokyo"
        (page,) = everybody(connection)
        assert page[person]["time_zone"] == "Asia/Tokyo"
        with pytest.raises(TimeZoneError):
            set_time_zone(connection, person, "Asia/Atlantis", Way.PAGE, NOW)
        assert set_time_zone(connection, person, "", Way.PAGE, NOW)
        assert events(connection, person)[1:] == [(Event.PREFERENCES, Way.PAGE)] * 2


def test_an_editor_changes_it(database: Database) -> None:
    """By name, and back to the site's own; what is wrong is refused before anything changes."""
    with database.transaction() as connection:
        join(connection)
    for zone, changed in (("Asia/Tokyo", ["time_zone"]), ("Asia/Tokyo", []), ("", ["time_zone"])):
        with database.transaction() as connection:
            person = people.find(connection, ADDRESS)
            wanted = PersonChanges(time_zone=zone)
            said = {"now": NOW, "way": Way.OPERATOR, "detail": "by ed"}
            assert update_person(connection, person, wanted, **said) == changed  # type: ignore[arg-type]  # of several types
        assert zone_of(database) == zone


def test_a_file_brings_zones_and_takes_them_along(database: Database) -> None:
    """A column of its own, or one that is mapped to it; a wrong name rejects its row and no other."""
    rejected: list[Rejected] = []
    text = (
        "email,name,time_zone\njo@example.org,Jo,Asia/Calcutta\nal@example.org,Al,\n"
        "mo@example.org,Mo,Mars/Base\n"
    )
    report = import_text(database, text, on_rejected=rejected.append)
    assert (report.added, report.rejected_count) == (2, 1)
    assert "'Mars/Base' is not a time zone" in rejected[0].reason
    assert (zone_of(database), zone_of(database, "al@example.org")) == ("Asia/Kolkata", "")
    out = io.StringIO()
    with database.transaction(read_only=True) as connection:
        assert export_subscribers(connection, LIST, out) == 2
    assert out.getvalue().splitlines() == [
        "email,name,tags,time_zone",
        "al@example.org,Al,,",
        "jo@example.org,Jo,,Asia/Kolkata",
    ]
    assert import_text(database, out.getvalue()).unchanged == 2
    mapped = "email,where\nal@example.org,Europe/Paris\n"
    assert import_text(database, mapped, mapping={"time_zone": "where"}).updated == 1
    assert zone_of(database, "al@example.org") == "Europe/Paris"
    assert import_text(database, "email,name\njo@example.org,Jo\n").unchanged == 1
    assert zone_of(database) == "Asia/Kolkata"


def test_a_file_without_zones_is_written_as_before(database: Database) -> None:
    """No column of which nobody has a value; a column of another name stays a further field."""
    import_text(database, "email,timezone\njo@example.org,somewhere\n")
    out = io.StringIO()
    with database.transaction(read_only=True) as connection:
        export_subscribers(connection, LIST, out)
    assert out.getvalue().splitlines() == ["email,name,tags,timezone", "jo@example.org,,,somewhere"]
    assert zone_of(database) == ""


def test_what_a_reader_chose_no_file_changes(database: Database) -> None:
    """The reader's own choice on the page stays."""
    with database.transaction() as connection:
        set_time_zone(connection, join(connection), "Asia/Tokyo", Way.PAGE, NOW)
    import_text(database, "email,time_zone\njo@example.org,Europe/Paris\n")
    assert zone_of(database) == "Asia/Tokyo"
