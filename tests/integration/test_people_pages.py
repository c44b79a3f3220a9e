"""/people by HTTP, as a browser without JavaScript uses it: on SQLite, and what is new in SQL on both."""

from __future__ import annotations

import asyncio
import csv
import io
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from newsletter.pipeline.background_imports import run_imports
from newsletter.pipeline.import_people import import_people
from newsletter.pipeline.receive import receive
from newsletter.site.site import Site
from newsletter.store import people_imports
from newsletter.store.audit import ERASED, entries
from newsletter.store.people_imports import ImportChoices, ImportState
from newsletter.store.users import Role
from subscribers import people, suppression, tables
from subscribers.history import Way
from subscribers.importing.options import ImportOptions
from subscribers.unsubscribe import unsubscribe
from tests.factories.desk_browser import Browser, Page, visit
from tests.factories.site import READERS, make_site
from tests.factories.web_requests import NOW, REQUESTS

EDITOR = "ed@press.example.org"
SECTIONS = '[[newsletters.weekly.sections]]\ntitle = "Security"\ntags = ["Security", "Making"]\n'
INBOUND = '[inbound]\ndomain = "news.example.org"\nmaildir = "Maildir"\n'


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A site with four readers, which takes mail."""
    site = make_site(
        tmp_path, now=NOW - timedelta(days=9), url="http://127.0.0.1:8000", keys=SECTIONS,
        tables=INBOUND,
    )  # fmt: skip
    yield site
    site.database.close()


def recorded(site: Site) -> list[tuple[str, str]]:
    """The record of who did what, oldest first."""
    with site.database.transaction(read_only=True) as connection:
        return [(one.what, one.detail) for one in reversed(entries(connection, limit=100))]


def statuses(site: Site, address: str) -> dict[str, str]:
    """The person's subscriptions."""
    with site.database.transaction(read_only=True) as connection:
        shown = people.show(connection, address)
    return {one["list"]: one["status"] for one in shown["subscriptions"]}


def row_of(site: Site, address: str) -> int:
    """The person's number."""
    with site.database.transaction(read_only=True) as connection:
        return people.find(connection, address).id


def form_with(page: Page, action: str) -> object:
    """The form whose hidden field, or button, says this action."""
    found = page.tree.xpath(f"//form[.//*[@name='action'][@value='{action}']]")
    assert found, action
    return found[0]


def test_people_are_found_added_changed_and_put_back(site: Site) -> None:
    """A week's work on one reader, each step in the history and in the record."""

    async def work(browser: Browser) -> None:
        page = await browser.get("/people")
        assert "4 subscribers" in page.words
        form = page.tree.xpath("//form[contains(@action, '/people/add')]")[0]
        page = await browser.submit(
            form, address="Jane@Example.org", name="Jane Smith", tags="making"
        )
        assert "Added to the list." in page.words
        here = page.url
        page = await browser.submit(form, address="broken", name="Kept", tags="")
        assert page.status == 409
        assert page.tree.xpath("//input[@name='name'][@value='Kept']")

        page = await browser.get("/people?q=smi")
        assert [one.text_content() for one in page.tree.xpath("//span[@class='address']")] == [
            "Jane@example.org"
        ]
        page = await browser.get(here)
        assert "Gets every issue of weekly." in page.words
        page = await browser.submit(
            form_with(page, "save"),
            **{"name": "Jane Doe", "new-field": "city", "new-value": "Perth"},
        )
        assert "Saved." in page.words
        page = await browser.get("/people?field=city&value=Perth")
        assert "Jane Doe" in page.words
        page = await browser.get(here)
        page = await browser.submit(form_with(page, "unsubscribe"), reason="by telephone")
        assert "Gets no mail: unsubscribed from weekly." in page.words
        assert "by telephone" in page.words

        page = await browser.submit(form, address="jane@example.org", name="", tags="")
        assert page.status == 409
        link = page.tree.xpath("//a[normalize-space()='Open their page']/@href")[0]
        page = await browser.get(link)
        page = await browser.submit(form_with(page, "bring-back"), consent="asked by letter")
        assert "Gets every issue of weekly." in page.words
        assert "asked by letter" in page.words

        page = await browser.submit(form_with(page, "block"), reason="a trap")
        assert "this address is blocked (a trap)" in page.words
        page = await browser.get("/people/blocked?q=jane@example.org")
        assert "this address is blocked (a trap)" in page.words
        page = await browser.get(here)
        page = await browser.submit(form_with(page, "unblock"), reason="a mistake")
        assert "Unblocked." in page.words

    visit(site, work, editor=EDITOR, now=NOW)
    what = [what for what, _detail in recorded(site)]
    assert what == [
        "add reader", "change reader", "unsubscribe reader", "restore reader",
        "suppress", "lift suppression",
    ]  # fmt: skip


def test_erasing_leaves_nothing_that_names_the_reader(site: Site) -> None:
    """Not in the tables, the record, the reports of imports, nor what search knows."""
    address = READERS[1]
    content = f"email,name\n{address},Secret Name\n{address}x@,\n".encode()
    with site.database.transaction() as connection:
        number = people_imports.add_import(
            connection, who=EDITOR, file_name="x.csv", content=content,
            choices=ImportChoices(list_slug="weekly"), now=NOW,
        )  # fmt: skip
        unsubscribe(connection, row_of(site, address), "weekly", Way.PAGE, NOW)
    run_imports(site, lambda: NOW, threading.Event())
    with site.database.transaction() as connection:
        people_imports.choose(
            connection, number, ImportChoices(list_slug="weekly"), ImportState.IMPORTING
        )
    run_imports(site, lambda: NOW, threading.Event())
    with site.database.transaction(read_only=True) as connection:
        done = people_imports.find_import(connection, number)
    assert done is not None
    assert any(row["address"] == address for row in done.report["rejected_rows"])

    async def work(browser: Browser) -> None:
        here = f"/people/{row_of(site, address)}"
        page = await browser.get(f"{here}/erase")
        assert "This cannot be undone" in page.words
        page = await browser.submit(page.tree.xpath("//main//form")[0])
        assert "Erased." in page.words
        assert (await browser.get(here)).status == 404
        assert "Nobody was found" in (await browser.get(f"/people?q={address}")).words

    visit(site, work, editor=EDITOR, now=NOW)
    assert ("erase reader", "") in recorded(site)
    with site.database.transaction(read_only=True) as connection:
        for table in (
            *tables.metadata.sorted_tables,
            *people_imports.people_imports.metadata.sorted_tables,
        ):
            for row in connection.execute(sa.select(table)):
                if table.name != "people_imports" or row.content is None:
                    assert address not in repr(row).replace(f"{address}x@", "").lower(), table.name
    assert ERASED not in str(recorded(site)[0])


def test_a_file_is_looked_through_mapped_and_imported(site: Site) -> None:
    """Columns are lost by no guess: the editor names them, sees what would be, and imports."""

    async def finished(browser: Browser, page: Page) -> Page:
        while "is being read" in page.words or "of the file" in page.words:
            await asyncio.sleep(0.05)
            page = await browser.get(page.url)
        return page

    async def work(browser: Browser) -> None:
        page = await browser.get("/people/import")
        token = page.tree.xpath("//input[@name='csrf']/@value")[0]
        content = "Mail address,Full name,Town\nnew@example.org,New One,Perth\nbroken,,\n"
        answer = await browser._client.post(
            "/people/import",
            data={"csrf": token, "list": "weekly", "who": "agreed"},
            files={"file": ("members.csv", content.encode())},
        )
        page = await finished(browser, await browser.get(str(answer.url.path)))
        assert "Not usable yet" in page.words
        assert "Mail address, Full name, Town" in page.words
        form = form_with(page, "check")
        page = await browser.submit(
            form, action="check", **{"column-email": "Mail address", "column-name": "Full name"}
        )
        page = await finished(browser, page)
        assert "Would be added1" in page.words
        assert "Refused1" in page.words
        page = await finished(browser, await browser.press(page, "import"))
        assert "Imported" in page.words
        assert "is not a valid e-mail address" in page.words

    visit(site, work, editor=EDITOR, now=NOW)
    with site.database.transaction(read_only=True) as connection:
        person = people.find(connection, "new@example.org")
        assert (person.name, person.attributes) == ("New One", {"Town": "Perth"})
        assert people_imports.content_of(connection, 1) is None
    assert recorded(site) == [("import readers", "members.csv to weekly")]


def test_a_file_of_leavers_is_refused_as_on_the_command_line(site: Site) -> None:
    """Its name says so; as people who left they are kept off the list."""
    content = b"email\n" + READERS[0].encode() + b"\ngone@example.org\n"
    with site.database.transaction() as connection:
        number = people_imports.add_import(
            connection, who=EDITOR, file_name="unsubscribed.csv", content=content,
            choices=ImportChoices(list_slug="weekly"), now=NOW,
        )  # fmt: skip
    run_imports(site, lambda: NOW, threading.Event())
    with site.database.transaction() as connection:
        one = people_imports.find_import(connection, number)
        assert one is not None
        assert one.state is ImportState.REFUSED
        assert one.problem == "its name says that these people left, and no column says otherwise"
        left = ImportChoices(list_slug="weekly", left=True)
        assert people_imports.choose(connection, number, left, ImportState.IMPORTING)
        assert not people_imports.choose(connection, number, left, ImportState.IMPORTING)
    run_imports(site, lambda: NOW, threading.Event())
    assert statuses(site, READERS[0]) == {"weekly": "unsubscribed"}
    assert statuses(site, "gone@example.org") == {"weekly": "unsubscribed"}


def test_an_import_that_is_interrupted_is_taken_up_again(site: Site) -> None:
    """A stop leaves it as it is, not half done; the next process imports all of it."""
    content = b"email\n" + b"".join(b"r%d@example.net\n" % n for n in range(4500))
    with site.database.transaction() as connection:
        number = people_imports.add_import(
            connection, who=EDITOR, file_name="many.csv", content=content,
            choices=ImportChoices(list_slug="weekly"), now=NOW,
        )  # fmt: skip
        connection.execute(sa.update(people_imports.people_imports).values(state="importing"))
    stop = threading.Event()

    class StopsLater(threading.Event):
        """Set once the first page has been imported."""

        def is_set(self) -> bool:
            with site.database.transaction(read_only=True) as connection:
                return people_imports.find_import(connection, number).done > 0  # type: ignore[union-attr] # it is there

    assert run_imports(site, lambda: NOW, StopsLater()) == 0
    with site.database.transaction(read_only=True) as connection:
        one = people_imports.find_import(connection, number)
        assert one is not None
        assert (one.state, one.attempts) == (ImportState.IMPORTING, 0)
    assert run_imports(site, lambda: NOW, stop) == 1
    with site.database.transaction(read_only=True) as connection:
        one = people_imports.find_import(connection, number)
        there = connection.scalar(sa.select(sa.func.count()).select_from(tables.subscribers))
    assert one is not None
    assert one.state is ImportState.DONE
    assert one.report["added"] + one.report["unchanged"] == 4500
    assert there == 4504


def test_an_import_that_kills_its_process_is_given_up(site: Site) -> None:
    """After three attempts it is said to have failed, and the file is gone."""
    with site.database.transaction() as connection:
        number = people_imports.add_import(
            connection, who=EDITOR, file_name="x.csv", content=b"email\na@example.org\n",
            choices=ImportChoices(list_slug="weekly"), now=NOW,
        )  # fmt: skip
        people_imports.note_attempt(connection, number, people_imports.MAX_ATTEMPTS)
    run_imports(site, lambda: NOW, threading.Event())
    with site.database.transaction(read_only=True) as connection:
        one = people_imports.find_import(connection, number)
    assert one is not None
    assert (one.state, one.has_content) == (ImportState.FAILED, False)


def test_a_download_has_every_field_and_can_be_imported_again(site: Site) -> None:
    """Status and further fields, each in a column; the record says who took it."""
    with site.database.transaction() as connection:
        people.add(connection, "=cmd@example.org", list_slug="weekly", now=NOW, name="=1+1")
        connection.execute(
            sa.update(tables.subscribers)
            .where(tables.subscribers.c.address == READERS[0])
            .values(attributes={"town": "Perth"})
        )
        unsubscribe(connection, row_of(site, READERS[1]), "weekly", Way.PAGE, NOW)
    taken: list[str] = []

    async def work(browser: Browser) -> None:
        page = await browser.get("/people")
        form = page.tree.xpath("//form[contains(@action, '/people/export')]")[0]
        answer = await browser._client.post("/people/export", data=dict(form.fields))
        taken.append(answer.text)
        assert "weekly-" in answer.headers["content-disposition"]

    visit(site, work, editor=EDITOR, now=NOW)
    rows = {row["email"]: row for row in csv.DictReader(io.StringIO(taken[0]))}
    assert rows[READERS[0]] == {
        "email": READERS[0], "name": "", "tags": "", "status": "active", "town": "Perth",
    }  # fmt: skip
    assert rows[READERS[1]]["status"] == "unsubscribed"
    assert rows["'=cmd@example.org"]["name"] == "'=1+1"
    assert recorded(site) == [("export readers", "list=weekly")]
    before = export_state(site)
    report, _asked = import_people(
        site, taken[0].encode(), ImportOptions(list_slug="weekly", source_name="again.csv", now=NOW)
    )
    assert (report.added, report.rejected_count) == (0, 0)
    assert export_state(site) == before


def export_state(site: Site) -> list[tuple[object, ...]]:
    """Everybody with all that a download has, and their status."""
    with site.database.transaction(read_only=True) as connection:
        rows = connection.execute(
            sa.select(tables.subscribers, tables.subscriptions.c.status)
            .join(tables.subscriptions)
            .order_by(tables.subscribers.c.id)
        )
        return [(row.address, row.name, row.follows, row.attributes, row.status) for row in rows]


def test_mail_that_needs_a_person_is_handled_again(site: Site) -> None:
    """A stranger's letter that nobody can be sent to waits; pressing the button tries once more."""
    letter = (
        b"From: jo@example.net\nTo: weekly@news.example.org\nMessage-ID: <1@example.net>\n\nHi\n"
    )
    receive(
        site, letter, recipient="weekly@news.example.org", envelope_sender="jo@example.net", now=NOW
    )

    async def work(browser: Browser) -> None:
        page = await browser.get("/people/mail")
        assert "Kept for a person to look at" in page.words
        page = await browser.submit(page.tree.xpath("//main//td/form")[0])
        assert "Handled again." in page.words
        assert "jo@example.net" in (await browser.get("/people/mail?kind=reply")).words

    visit(site, work, editor=EDITOR, now=NOW)
    assert recorded(site) == [("replay mail", "1")]


def test_growth_counts_who_came_and_went(site: Site) -> None:
    """By way, in a picture and in a table."""
    with site.database.transaction() as connection:
        unsubscribe(connection, row_of(site, READERS[0]), "weekly", Way.ONE_CLICK, NOW)

    async def work(browser: Browser) -> None:
        page = await browser.get("/people/growth?days=30&list=weekly")
        assert "From a file4" in page.words
        assert "Unsubscribe button1" in page.words
        assert page.tree.xpath("//main//*[name()='svg'][@role='img']")
        assert (await browser.get("/people/growth?list=none")).status == 409

    visit(site, work, editor=EDITOR, now=NOW)


def test_only_publishers_see_people_and_change_sources(site: Site) -> None:
    """Every route, asked by an editor: refused, or, where it only shows sources, answered."""
    shown = {"/sources", "/sources/export"}
    paths = sorted(
        {
            (request.method, request.path.partition("?")[0])
            for request in REQUESTS
            if request.path.startswith(("/people", "/sources"))
        }
    )
    assert len(paths) > 25

    async def work(browser: Browser) -> None:
        for method, path in paths:
            answer = await browser._client.request(method, path.format(source="0" * 12))
            is_source = path.startswith(("/sources/weekly", "/sources/mail"))
            if path in shown:
                assert answer.status_code == 200, path
            elif is_source and (method == "GET" or path.endswith("/test")):
                assert answer.status_code in (403, 404), path
            else:
                assert answer.status_code == 403, (method, path)
                assert "Only publishers" in answer.text or method == "POST", path
        page = await browser.get("/desk")
        assert not page.tree.xpath("//nav//a[contains(@href, '/people')]")

    visit(site, work, editor=EDITOR, now=NOW, role=Role.EDITOR)


def test_what_does_not_exist_is_said(site: Site) -> None:
    """Numbers that no database can hold, buttons that no page has, searches of any kind."""

    async def work(browser: Browser) -> None:
        for path in ("/people/99", "/people/99999999999999999999", "/people/import/99"):
            assert (await browser.get(path)).status == 404, path
        for query in (
            "q=%00",
            "before=x",
            "status=rich",
            "tag=%25",
            "list=none",
            "q=@",
            "q=@@",
            "field=%22",
        ):
            page = await browser.get(f"/people?{query}")
            assert page.status in (200, 409), query
        here = await browser.get("/people/1")
        token = here.tree.xpath("//input[@name='csrf']/@value")[0]
        answer = await browser._client.post("/people/1", data={"csrf": token, "action": "dance"})
        assert answer.status_code == 404

    visit(site, work, editor=EDITOR, now=NOW)
    with site.database.transaction(read_only=True) as connection:
        assert not suppression.is_suppressed(connection, READERS[0])
