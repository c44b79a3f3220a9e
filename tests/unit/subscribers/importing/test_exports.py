from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.exports import write_export
from newsletter.store.database import Database
from subscribers import people
from subscribers.audience import audience
from subscribers.errors import ImportFileError
from subscribers.importing.cells import MAX_REMEMBERED, remembered
from subscribers.importing.layouts import LAYOUTS, NAMED
from subscribers.subscriber import Status
from tests.factories.subscribers import LIST, NOW, import_text, join, listing

DATA = Path(__file__).parents[3] / "data" / "subscribers" / "exports"
EXPECTED: dict[str, dict[str, list[str]]] = json.loads((DATA / "expected.json").read_text("utf-8"))


def by_status(database: Database) -> dict[str, list[str]]:
    """Everybody on the list, by status."""
    found: dict[str, list[str]] = {}
    with database.transaction(read_only=True) as connection:
        for row in listing(connection, LIST):
            found.setdefault(str(row["status"]), []).append(row["address"])
    return {status: sorted(addresses) for status, addresses in found.items()}


def mailed(database: Database) -> list[str]:
    """Whom an issue would go to."""
    with database.transaction(read_only=True) as connection:
        return sorted(row.address for row in connection.execute(audience(LIST, NOW)))


@pytest.mark.parametrize("name", EXPECTED)
def test_each_tools_export_keeps_its_statuses(name: str, database: Database) -> None:
    """Recognised by its header; who left, bounced, complained or never confirmed is not mailed."""
    expected = {**EXPECTED[name]}
    report = import_text(database, (DATA / name).read_bytes(), source_name=name)
    assert report.layout == expected.pop("from")
    assert report.rejected == []
    assert by_status(database) == expected
    assert mailed(database) == expected.get("active", [])
    assert {status: count for status, count in report.statuses.items() if count} == {
        status: len(addresses) for status, addresses in expected.items()
    }
    again = import_text(database, (DATA / name).read_bytes(), source_name=name)
    assert (again.added, again.updated) == (0, 0)


@pytest.mark.parametrize("name", EXPECTED)
def test_two_hundred_rows_of_each_export_get_their_statuses(
    name: str, database: Database, tmp_path: Path
) -> None:
    """The files that `python -m benchmarks.exports` makes and imports at any size."""
    expected = write_export(name, 200, tmp_path / name)
    report = import_text(database, (tmp_path / name).read_bytes(), source_name=name)
    assert report.rejected == []
    assert {str(status): count for status, count in report.statuses.items() if count} == expected
    assert len(mailed(database)) == expected["active"]


def test_a_field_of_the_last_person_in_a_json_document_counts(database: Database) -> None:
    """However many come before; a document of one person, and one that breaks off, are read too."""
    people = [{"email": f"p{number}@example.net"} for number in range(300)]
    gone = {"email": "gone@example.net", "unsubscribed_at": "2024-05-01"}
    import_text(database, json.dumps({"page": 1, "data": {"results": [*people, gone]}}))
    assert len(mailed(database)) == 300
    assert by_status(database)["unsubscribed"] == ["gone@example.net"]
    import_text(database, json.dumps({"email": "one@example.net", "status": "active"}))
    assert "one@example.net" in mailed(database)
    with pytest.raises(ImportFileError, match="not valid JSON"):
        import_text(database, json.dumps(people)[:-20])


@pytest.mark.parametrize("status", ["bounced", "complained"])
def test_who_bounced_or_complained_elsewhere_is_not_imported(
    database: Database, status: str
) -> None:
    """The address is dead, or its reader called us spam; with a stated consent they come."""
    import_text(database, f"email,status\na@example.org,{status}\n", list_slug="daily")
    report = import_text(database, "email\na@example.org\nb@example.org\n")
    assert mailed(database) == ["b@example.org"]
    assert f"{status} on daily since" in str(report.rejected[0])
    import_text(database, "email\na@example.org\n", force=True, consent="by letter")
    assert mailed(database) == ["a@example.org", "b@example.org"]


def test_who_left_one_list_may_be_on_another(database: Database) -> None:
    """Each list is a choice of its own."""
    import_text(database, "email,status\na@example.org,unsubscribed\n", list_slug="daily")
    import_text(database, "email\na@example.org\n")
    assert mailed(database) == ["a@example.org"]


def test_owners_and_strangers_in_a_mailman_roster_are_not_members(database: Database) -> None:
    """Only who is a member is mailed; an owner who is one too is; the others are named."""
    rows = ("a,enabled,member", "b,enabled,owner", "a,enabled,owner", "c,enabled,nonmember")
    text = "address,delivery_status,role\n" + "".join(
        row.replace(",", "@example.org,", 1) + "\n" for row in rows
    )
    report = import_text(database, text, source_name="roster.csv")
    assert report.layout == "mailman"
    assert mailed(database) == ["a@example.org"]
    assert report.rejected_count == 3
    assert "role is 'nonmember'" in str(report.rejected[-1])


def test_every_layout_has_its_golden_file() -> None:
    """All but our own, which also reads what other tools mark in words that everybody knows."""
    assert {str(one["from"]) for one in EXPECTED.values()} == set(NAMED)
    assert len({layout.name for layout in LAYOUTS}) == len(LAYOUTS)


@pytest.mark.parametrize("name", EXPECTED)
def test_no_export_brings_back_who_left_here(name: str, database: Database) -> None:
    """Whatever the other tool says of them."""
    active = EXPECTED[name].get("active", [])
    for address in active:
        import_text(database, f"email\n{address}\n", left=True)
    report = import_text(database, (DATA / name).read_bytes(), source_name=name)
    assert report.rejected_count == len(active)
    assert mailed(database) == []


def test_consent_tags_and_fields_of_the_other_tool_are_kept(database: Database) -> None:
    """When and from where they agreed is the consent record; only tags on offer are followed."""
    name = "mailchimp-subscribed_email_audience_export.csv"
    import_text(database, (DATA / name).read_bytes(), source_name=name, offered={"boats"})
    with database.transaction(read_only=True) as connection:
        ana = people.show(connection, "ana@example.net")
    assert (ana["name"], ana["tags"]) == ("Ana Ray", ["boats"])
    assert ana["attributes"] == {
        "Town": "Leith",
        "TIMEZONE": "Europe/London",
        "CC": "gb",
        "REGION": "sct",
        "tags": "donor; Boats",
    }
    assert ana["history"][0]["detail"] == (
        f"{name} (Mailchimp): joined 2024-02-01 10:00:00 from 192.0.2.1; "
        "confirmed 2024-02-01 10:05:00 from 192.0.2.2"
    )


def test_custom_fields_in_json_become_attributes(database: Database) -> None:
    """Each field by its own name."""
    import_text(database, (DATA / "listmonk.csv").read_bytes())
    with database.transaction(read_only=True) as connection:
        ana = people.show(connection, "ana@example.net")
    assert ana["attributes"] == {"town": "Leith", "topics": '["boats"]'}


def test_the_record_says_how_somebody_left_there(database: Database) -> None:
    """In the other tool's words."""
    import_text(database, (DATA / "substack.csv").read_bytes(), source_name="substack.csv")
    with database.transaction(read_only=True) as connection:
        cy = people.show(connection, "cy@example.net")
    assert cy["history"] == [
        {
            "at": NOW.isoformat(),
            "event": "unsubscribe",
            "way": "import",
            "list": LIST,
            "detail": "substack.csv (Substack): joined 2024-02-01T10:00:00.000Z; email_disabled=true",
        }
    ]


def test_whoever_left_there_leaves_here(database: Database) -> None:
    """A standing reader whom the export calls unsubscribed is taken off."""
    with database.transaction() as connection:
        join(connection, "bo@example.net")
    report = import_text(database, (DATA / "ghost.csv").read_bytes())
    assert (report.added, report.updated) == (2, 1)
    assert by_status(database)["unsubscribed"] == ["bo@example.net", "cy@example.net"]


@pytest.mark.parametrize(
    "text",
    [
        "email,status\na@example.net,active\nb@example.net,gone fishing\n",
        "email,blacklisted\na@example.net,perhaps\n",
        "email,opted_out\na@example.net,maybe\n",
        "email,Newsletter (weekly)\na@example.net,yes\nb@example.net,Unsubscribed\n",
        "email,unsub_flag\na@example.net,7\n",
        "email,Newsletter\na@example.net,1\nb@example.net,0\n",
        "email,mailing_list\na@example.net,member\nb@example.net,removed\n",
        "email,observaciones\na@example.net,suscrito\nb@example.net,dado de baja\n",
        "email,Contact permission status\na@example.net,somehow\n",
    ],
)
def test_a_status_that_is_not_known_refuses_the_file(text: str, database: Database) -> None:
    """Before anything is imported; to guess would be to mail who left."""
    with pytest.raises(ImportFileError, match="which is not a known status"):
        import_text(database, text)
    with database.transaction(read_only=True) as connection:
        assert connection.execute(audience(LIST, NOW)).all() == []


@pytest.mark.parametrize(
    ("header", "gone"),
    [
        ("Email blocklisted", "true"),
        ("Unsubscribed from all email", "1"),
        ("unsub_timestamp", "2024-02-01 10:00:00"),
        ("Stop Time", "01/02/2024"),
        ("Email Marketing Consent", "NEVER_SUBSCRIBED"),
        ("OPT_OUT_DATE", "1706781600"),
        ("Do not email", "Yes"),
        ("Don't send newsletters", "yes"),
        ("Abgemeldet am", "01.02.2024"),
        ("Contact permission status", "Unsubscribed"),
        ("marketingContactStatus", "Non-marketing contact"),
        ("isUnsubscribed", "true"),
        ("Suppression reason", "asked by telephone"),
    ],
)
def test_any_tools_column_of_leaving_is_honoured(
    header: str, gone: str, database: Database
) -> None:
    """Listed or not."""
    is_a_word = any(part in header for part in ("Consent", "tatus"))
    word = "subscribed" if is_a_word else ""
    import_text(database, f"email,{header}\na@example.net,{word}\nb@example.net,{gone}\n")
    assert by_status(database) == {
        "active": ["a@example.net"],
        "unsubscribed": ["b@example.net"],
    }


@pytest.mark.parametrize("header", ["Wants newsletter", "receive_emails", "GDPR consent"])
def test_a_wish_is_a_status(header: str, database: Database) -> None:
    """However the column is called."""
    import_text(database, f"email,{header}\na@example.net,yes\nb@example.net,no\n")
    assert mailed(database) == ["a@example.net"]
    import_text(database, "email,Newsletter\nc@example.net,weekly\n")
    text = "email,newsletter\nd@example.net,1\ne@example.net,0\n"
    import_text(database, text, mapping={"status": "newsletter"})
    assert mailed(database) == ["a@example.net", "c@example.net", "d@example.net"]


@pytest.mark.parametrize(
    "text",
    [
        "a@example.net,subscribed\nb@example.net,unsubscribed\n",
        "a@example.net;Ana;Bounced\n",
        "a@example.net\nb@example.net\tunsubscribed\n",
    ],
)
def test_a_list_of_addresses_with_a_status_is_refused(text: str, database: Database) -> None:
    """Without a header nobody can say what its columns are."""
    with pytest.raises(ImportFileError, match="a list of addresses says"):
        import_text(database, text)
    assert mailed(database) == []


@pytest.mark.parametrize("title", ["Members of weekly@example.org", "Export of 2 May", "a;b\n\nc"])
def test_a_title_above_the_header_is_not_an_address(title: str, database: Database) -> None:
    """The columns below it are read."""
    text = f"{title}\nEmail,Status\na@example.net,unsubscribed\nb@example.net,active\n"
    import_text(database, text)
    assert mailed(database) == ["b@example.net"]


def test_a_reason_for_a_bounce_is_one(database: Database) -> None:
    """Whatever the reason is."""
    text = "email,Email bounced reason\na@example.net,550 5.1.1\nb@example.net,\n"
    import_text(database, text)
    assert by_status(database) == {"active": ["b@example.net"], "bounced": ["a@example.net"]}


def test_what_is_about_text_messages_is_not_about_mail(database: Database) -> None:
    """Whoever wants no text messages may still read."""
    text = "email,SMS status,Phone opt out\na@example.net,Unsubscribed,yes\n"
    import_text(database, text)
    assert mailed(database) == ["a@example.net"]


def test_a_blank_marketing_status_waits_for_a_confirmation(database: Database) -> None:
    """Nothing says that they agreed."""
    import_text(database, "email,Newsletter status\na@example.net,\nb@example.net,Subscribed\n")
    assert by_status(database) == {"active": ["b@example.net"], "pending": ["a@example.net"]}


def test_a_column_that_is_no_status_can_be_said_to_be_none(database: Database) -> None:
    """It is an attribute then; and another column can be named."""
    text = "email,status,standing\na@example.net,gold,active\nb@example.net,gold,unsubscribed\n"
    import_text(database, text, mapping={"status": "standing"})
    assert mailed(database) == ["a@example.net"]
    report = import_text(database, "email,status\nc@example.net,gold\n", mapping={"status": ""})
    assert report.added == 1
    with database.transaction(read_only=True) as connection:
        assert people.show(connection, "c@example.net")["attributes"] == {"status": "gold"}


def test_a_dry_run_says_what_would_become_and_changes_nothing(database: Database) -> None:
    """With each status in the file's own words."""
    report = import_text(database, (DATA / "ghost.csv").read_bytes(), dry_run=True)
    assert report.added == 3
    assert report.source_statuses["subscribed_to_emails=false", Status.UNSUBSCRIBED] == 1
    assert report.source_statuses["subscribed_to_emails=true", Status.ACTIVE] == 1
    with database.transaction(read_only=True) as connection:
        assert connection.execute(audience(LIST, NOW)).all() == []


def test_one_can_insist_on_a_layout(database: Database) -> None:
    """`inactive` is unconfirmed at Kit, and left elsewhere."""
    text = "email,status\na@example.net,inactive\n"
    import_text(database, text, layout="kit")
    assert by_status(database) == {"pending": ["a@example.net"]}
    with pytest.raises(ImportFileError, match="no layout 'kitt'"):
        import_text(database, text, layout="kitt")


SPREADSHEETS = {
    "sep": b"sep=;\r\nemail;name\r\nb@example.net;B\r\n",
    "UTF-16": "email\tname\r\nb@example.net\tB\r\n".encode("utf-16"),
    "UTF-16 without a mark": "email,name\r\nb@example.net,B\r\n".encode("utf-16-le"),
    "UTF-8 with a mark": b"\xef\xbb\xbfemail,name\nb@example.net,B\n",
    "comma in a header": b'email;"Name, first"\r\nb@example.net;"B"\r\n',
    "an address with its name": b"email\nB <b@example.net>\n",
    "another word for the column": b"E-Mail Address,Name\nb@example.net,B\n",
    "blank lines before": b"\r\n\r\nemail,name\r\nb@example.net,B\r\n",
    "pipes": b"email|name\nb@example.net|B\n",
    "spaces around quotes": b'"email"      , "name"\nb@example.net , "B, of ""Quay"""   ,\n',
}


@pytest.mark.parametrize("name", SPREADSHEETS)
def test_spreadsheets_are_read_as_they_come(name: str, database: Database) -> None:
    """Separators, encodings, and an address with its name in one cell."""
    report = import_text(database, SPREADSHEETS[name])
    assert (report.added, report.rejected) == (1, [])
    assert mailed(database) == ["b@example.net"]


def test_spaces_before_a_quoted_cell_do_not_make_the_quotes_part_of_it(database: Database) -> None:
    """A database's program pads its columns: a status is read, and so is a comma in a name."""
    rows = 'a@example.net , "Roe, Ann" , "unsubscribed" ,\nb@example.net , "B" , "active" ,\n'
    import_text(database, f"email , name , status ,\n{rows}")
    assert by_status(database) == {"unsubscribed": ["a@example.net"], "active": ["b@example.net"]}
    with database.transaction(read_only=True) as connection:
        assert people.show(connection, "a@example.net")["name"] == "Roe, Ann"


def test_tags_separated_by_commas_are_several(database: Database) -> None:
    """As spreadsheets and people write them."""
    import_text(database, 'email,tags\na@example.net,"Boats, Tides"\nb@example.net,Boats;Tides\n')
    with database.transaction(read_only=True) as connection:
        for address in ("a@example.net", "b@example.net"):
            assert people.show(connection, address)["tags"] == ["boats", "tides"]


def test_what_begins_like_json_and_is_none_is_refused(database: Database) -> None:
    """And so is a document without people."""
    for text in ('{"data": ', '{"version": 1}'):
        with pytest.raises(ImportFileError, match="JSON"):
            import_text(database, text)


@pytest.mark.parametrize(
    "name", ["unsubscribed.csv", "bounced_contacts.csv", "Suppression list.txt"]
)
def test_a_file_named_after_those_who_left_needs_a_word(name: str, database: Database) -> None:
    """Its rows look like anybody's."""
    text = "email\na@example.net\n"
    with pytest.raises(ImportFileError, match="its name says that these people left"):
        import_text(database, text, source_name=name)
    import_text(database, text, source_name=name, left=True)
    assert by_status(database) == {"unsubscribed": ["a@example.net"]}


def test_an_archive_says_what_to_do(database: Database) -> None:
    """Several tools export one."""
    with pytest.raises(ImportFileError, match="an archive or a spreadsheet"):
        import_text(database, b"PK\x03\x04rest of it")


IN_OTHER_LANGUAGES = {
    "German": "E-Mail-Adresse;Status\nana@example.net;Angemeldet\nbo@example.net;Abgemeldet\n",
    "German, yes and no": "E-Mail;Abgemeldet\nana@example.net;FALSCH\nbo@example.net;WAHR\n",
    "German, dates": "Mailadresse;Abmeldedatum\nana@example.net;\nbo@example.net;03.04.2024\n",
    "French": "Adresse e-mail,Désinscrit\nana@example.net,non\nbo@example.net,oui\n",
    "Spanish": "Correo electrónico,Estado\nana@example.net,Suscrito\nbo@example.net,Baja\n",
    "Spanish, yes and no": "Correo;Cancelado\nana@example.net;FALSO\nbo@example.net;VERDADERO\n",
    "Italian": "Indirizzo email,Stato\nana@example.net,Iscritto\nbo@example.net,Disiscritto\n",
    "Portuguese": "Endereço de email,Situação\nana@example.net,Ativo\nbo@example.net,Inativo\n",
    "Dutch": "E-mailadres;Status\nana@example.net;Ingeschreven\nbo@example.net;Uitgeschreven\n",
    "Polish": "Adres e-mail;Status\nana@example.net;Aktywny\nbo@example.net;Wypisany\n",
    "Czech": "E-mailová adresa;Stav\nana@example.net;Přihlášen\nbo@example.net;Odhlášen\n",
    "Danish": "E-mailadresse;Status\nana@example.net;Tilmeldt\nbo@example.net;Afmeldt\n",
    "Russian": "Электронная почта;Статус\nana@example.net;Активен\nbo@example.net;Отписан\n",
    "Chinese": "邮箱,状态\nana@example.net,已订阅\nbo@example.net,已退订\n",
    "Japanese": "メールアドレス,状態\nana@example.net,購読中\nbo@example.net,配信停止\n",
    "numbers of days": "Email;Unsubscribed at\nana@example.net;\nbo@example.net;45123,52\n",
    "titles and blank rows": "List;\n;\nEmail;Status\n\nana@example.net;active\n;\nbo@example.net;left\n",
    "pasted addresses": "Email,Status\nmailto:ana@example.net,active\n\u200bbo@example.net;,unsubscribed\n",
}


@pytest.mark.parametrize("language", IN_OTHER_LANGUAGES)
def test_spreadsheets_in_other_languages_keep_their_statuses(
    language: str, database: Database
) -> None:
    """Headers, words, yes and no, and dates are those that people and their spreadsheets write."""
    import_text(database, IN_OTHER_LANGUAGES[language])
    assert by_status(database) == {
        "active": ["ana@example.net"],
        "unsubscribed": ["bo@example.net"],
    }


@pytest.mark.parametrize("header", ["Consent", "Einwilligung", "Newsletter", "GDPR"])
def test_a_no_that_may_be_about_mail_refuses_the_file(header: str, database: Database) -> None:
    """A person has to say what the column means; other text in it is kept."""
    with pytest.raises(ImportFileError, match="not a known status"):
        import_text(database, f"Email,{header}\nana@example.net,Ja\nbo@example.net,Nein\n")
    import_text(database, f"Email,{header}\nana@example.net,website form\n")
    assert mailed(database) == ["ana@example.net"]


@pytest.mark.parametrize(
    "name", ["abgemeldete.csv", "désabonnés-2024.csv", "bajas.csv", "退订.csv"]
)
def test_the_name_of_a_file_says_that_they_left_in_other_languages(
    name: str, database: Database
) -> None:
    """No column says otherwise, so it is refused."""
    with pytest.raises(ImportFileError, match="its name says that these people left"):
        import_text(database, "Email,Name\na@example.net,A\n", source_name=name)


def test_whoever_left_in_one_row_has_left(database: Database) -> None:
    """Rows of one address may disagree, in any order."""
    import_text(
        database,
        "Email,Status\nana@example.net,active\nANA@example.net,unsubscribed\n"
        "bo@example.net,bounced\nbo@example.net,active\n",
    )
    assert mailed(database) == []
    assert by_status(database) == {
        "unsubscribed": ["ana@example.net"],
        "bounced": ["bo@example.net"],
    }


def test_a_spreadsheets_date_of_joining_is_recorded_as_a_date(database: Database) -> None:
    """45123 is a number of days since the end of 1899."""
    import_text(database, "Email,Opted in at\nana@example.net,45123\n")
    with database.transaction(read_only=True) as connection:
        shown = people.show(connection, "ana@example.net")
    assert "joined 2023-07-16" in shown["history"][0]["detail"]


def test_a_labels_slug_is_made_once() -> None:
    """A million rows have few labels; a long one is not kept, because a stranger wrote it."""
    asked: list[str] = []

    def slug_of(label: str) -> str:
        asked.append(label)
        return label.casefold()

    slug = remembered(slug_of)
    long = "x" * (MAX_REMEMBERED + 1)
    assert [slug("Boats"), slug("Boats"), slug(long), slug(long)] == ["boats", "boats", long, long]
    assert asked == ["Boats", long, long]
