"""How mails look to a reader: the choice, by whom it is made, and how files carry it."""

from __future__ import annotations

import io

import pytest

from newsletter.store.database import Database
from subscribers import people
from subscribers.csv_file import export_subscribers
from subscribers.errors import MailFormatError
from subscribers.everybody import everybody
from subscribers.history import Way
from subscribers.importing.report import Rejected
from subscribers.person_update import PersonChanges, update_person
from subscribers.subscriber import MailFormat, mail_format_named
from tests.factories.subscribers import LIST, NOW, import_text, join

ADDRESS = "jo@example.org"


def form_of(database: Database, address: str = ADDRESS) -> MailFormat:
    """The form that is stored for the person."""
    with database.transaction(read_only=True) as connection:
        return people.find(connection, address).mail_format


def test_a_form_is_named_as_it_is_stored() -> None:
    """Nothing says nothing, and anything else is refused with the words that would do."""
    assert [mail_format_named(text) for text in ("", " Large ", "text")] == ["", "large", "text"]
    with pytest.raises(MailFormatError, match="'huge' is not a form of mails") as refused:
        mail_format_named("huge")
    assert "large-contrast" in str(refused.value.problem.fix)


def test_an_editor_changes_it_and_everything_that_is_shown_says_so(database: Database) -> None:
    """Once, and the record says by whom."""
    with database.transaction() as connection:
        number = join(connection)
    for changed in (["mail_format"], []):
        with database.transaction() as connection:
            wanted = PersonChanges(mail_format=MailFormat.LARGE)
            person = people.find(connection, ADDRESS)
            done = update_person(
                connection, person, wanted, now=NOW, way=Way.OPERATOR, detail="by ed"
            )
            assert done == changed
    with database.transaction(read_only=True) as connection:
        assert people.show(connection, ADDRESS)["mail_format"] == "large"
        (page,) = everybody(connection)
        assert page[number]["mail_format"] == "large"


def test_a_file_brings_forms_and_takes_them_along(database: Database) -> None:
    """A column of its own where somebody chose something; a wrong word rejects its row and no other."""
    rejected: list[Rejected] = []
    text = (
        "email,name,mail_format\njo@example.org,Jo,Large-Contrast\nal@example.org,Al,\n"
        "mo@example.org,Mo,huge\n"
    )
    report = import_text(database, text, on_rejected=rejected.append)
    assert (report.added, report.rejected_count) == (2, 1)
    assert "'huge' is not a form of mails" in rejected[0].reason
    assert form_of(database) is MailFormat.LARGE_CONTRAST
    assert form_of(database, "al@example.org") is MailFormat.HTML
    out = io.StringIO()
    with database.transaction(read_only=True) as connection:
        assert export_subscribers(connection, LIST, out) == 2
    assert out.getvalue().splitlines() == [
        "email,name,tags,mail_format",
        "al@example.org,Al,,",
        "jo@example.org,Jo,,large-contrast",
    ]
    assert import_text(database, out.getvalue()).unchanged == 2
    mapped = "email,look\nal@example.org,text\n"
    assert import_text(database, mapped, mapping={"mail_format": "look"}).updated == 1
    assert form_of(database, "al@example.org") is MailFormat.TEXT
    assert import_text(database, "email,name\njo@example.org,Jo\n").unchanged == 1
    assert form_of(database) is MailFormat.LARGE_CONTRAST
