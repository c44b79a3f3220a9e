"""Lists, suppressions, pages of people and growth, by the command line, on both databases."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
import pytest
import sqlalchemy as sa

from newsletter.pipeline.own_data import erase
from newsletter.web.app import make_app
from subscribers import people, tables
from subscribers.history import Way
from subscribers.suppression import suppress
from subscribers.tokens import Purpose
from subscribers.unsubscribe import unsubscribe
from tests.acceptance.site import CommandLine
from tests.factories.mail import PostOffice, bounce, post_office, send_issue
from tests.factories.site import READERS
from tests.servers.web import serving

NOW = datetime(2026, 3, 5, 10, tzinfo=UTC)
MONDAY = datetime(2026, 3, 9, 7, tzinfo=UTC)


@pytest.fixture
def office(tmp_path: Path, database_url: str) -> Iterator[PostOffice]:
    """A site that takes mail, with four readers on `weekly`."""
    with post_office(tmp_path, database=database_url) as running:
        yield running


@pytest.fixture
def command(office: PostOffice) -> CommandLine:
    """`newsletter` in the site's folder."""
    return CommandLine(folder=office.site.folder, environment={})


def call_it(office: PostOffice, name: str) -> None:
    """Write another name for the newsletter's list into newsletter.toml."""
    path = office.site.folder / "newsletter.toml"
    current = office.site.newsletter("weekly").list
    path.write_text(path.read_text().replace(f'list = "{current}"', f'list = "{name}"'))
    office.reopen()


def test_lists_are_told_with_their_people(office: PostOffice, command: CommandLine) -> None:
    """By status, with the newsletters that are sent to them."""
    assert command("lists", "make", "members").code == 0
    with office.site.database.transaction() as connection:
        person = people.find(connection, READERS[0]).id
        unsubscribe(connection, person, "weekly", Way.PAGE, NOW)
    empty, weekly = command("lists", "list", "--json").document["lists"]
    assert (empty["list"], sum(empty["statuses"].values())) == ("members", 0)
    assert weekly["statuses"] == {
        "pending": 0,
        "active": 3,
        "unsubscribed": 1,
        "bounced": 0,
        "complained": 0,
    }
    assert weekly["newsletters"] == ["weekly"]
    assert "weekly: 3 active, 1 unsubscribed; newsletters: weekly" in command("lists", "list").out


def test_a_list_in_use_is_neither_renamed_nor_merged_nor_closed(command: CommandLine) -> None:
    """The error names the newsletter, and what to do first."""
    command("lists", "make", "members")
    for words in (
        ("rename", "weekly", "friday"),
        ("merge", "weekly", "--into", "members"),
        ("close", "weekly"),
    ):
        answer = command("lists", *words)
        assert answer.code == 77
        assert "the list 'weekly' is used by weekly" in answer.err
        assert "newsletters.weekly.list" in answer.err
    assert command("lists", "close", "none").code == 2
    assert command("lists", "make", "No Name").code == 65
    assert command("lists", "merge", "none", "--into", "weekly").code == 2


def test_a_renamed_list_keeps_the_links_and_addresses_of_sent_mails(
    office: PostOffice, command: CommandLine
) -> None:
    """One-click, the page, the mail command and the bounce address, all of the old name."""
    copies = send_issue(office, MONDAY)
    call_it(office, "friday")
    assert command("lists", "rename", "weekly", "friday").code == 0
    with office.site.database.transaction(read_only=True) as connection:
        ids = {one: people.find(connection, one).id for one in READERS}
    token = office.site.tokens.make(Purpose.UNSUBSCRIBE, ids[READERS[0]], "weekly")
    with serving(make_app(office.site, clock=lambda: office.now)) as url:
        page = httpx2.get(f"{url}/u/{token}").raise_for_status().text
        assert "The Weekly" in page
        done = httpx2.post(f"{url}/u/{token}", data={"List-Unsubscribe": "One-Click"})
        assert done.status_code == 200
    assert office.status(READERS[0], "friday") == "unsubscribed"
    token = office.site.tokens.make(Purpose.UNSUBSCRIBE, ids[READERS[1]], "weekly")
    office.mail("weekly-unsubscribe", sender=READERS[1], subject=token)
    assert office.status(READERS[1], "friday") == "unsubscribed"
    copy = next(one for one in copies if one.recipient == READERS[2])
    office.take(bounce(copy), copy.sender.strip("<>").partition("@")[0], envelope="")
    assert office.status(READERS[2], "friday") == "bounced"
    assert [mail.recipient for mail in send_issue(office, MONDAY + timedelta(days=7))] == [
        READERS[3]
    ]


def test_a_merge_is_counted_before_and_mails_nobody_who_left(
    office: PostOffice, command: CommandLine
) -> None:
    """A dry run changes nothing; then the stricter state of both lists wins."""
    with office.site.database.transaction() as connection:
        for address in (*READERS[:2], "new@example.org"):
            people.add(connection, address, list_slug="old", now=NOW)
        gone = people.find(connection, READERS[0]).id
        unsubscribe(connection, gone, "old", Way.PAGE, NOW)
    dry = command("lists", "merge", "old", "--into", "weekly", "--dry-run", "--json").document
    assert dry["dry_run"] is True
    done = command("lists", "merge", "old", "--into", "weekly", "--json").document
    assert {**done, "dry_run": True} == dry
    assert (done["people"], done["moved"], done["no_longer_active"]) == (3, {"active": 1}, 1)
    assert {
        "there": "unsubscribed",
        "here": "active",
        "becomes": "unsubscribed",
        "people": 1,
    } in done["on_both"]
    got = {mail.recipient for mail in send_issue(office, MONDAY)}
    assert got == {*READERS[1:], "new@example.org"}
    assert command("lists", "merge", "old", "--into", "weekly").code == 65


def test_people_are_listed_page_by_page(office: PostOffice, command: CommandLine) -> None:
    """Each once, with a cursor; the filters combine; as lines, JSON and CSV."""
    with office.site.database.transaction() as connection:
        connection.execute(
            sa.update(tables.subscribers)
            .where(tables.subscribers.c.address == READERS[1])
            .values(attributes={"plan": "gold"}, follows="|security|", name="=1+1")
        )
        people.add(connection, "else@example.net", list_slug="other", now=NOW)
    found, after = [], "0"
    while after:
        words = ("--list", "weekly", "--limit", "3", "--after", after, "--json")
        page = command("subscribers", "list", *words).document
        found += [one["address"] for one in page["subscribers"]]
        after = str(page["next"] or "")
    assert found == list(READERS)
    everybody = command("subscribers", "list", "--json").document
    assert len(everybody["subscribers"]) == 5
    assert everybody["next"] is None

    def addresses(*words: str) -> list[str]:
        answer = command("subscribers", "list", *words, "--json")
        assert answer.code == 0, answer.err
        return [one["address"] for one in answer.document["subscribers"]]

    gold = [READERS[1]]
    assert addresses("--tag", "security") == gold
    assert addresses("--attribute", "plan=gold", "--list", "weekly") == gold
    assert addresses("--segment", "plan = 'gold' and tag:security") == gold
    assert addresses("--domain", "example.net") == ["else@example.net"]
    assert addresses("--status", "unsubscribed", "--list", "weekly") == []
    assert addresses("--list", "weekly", "--joined-after", "2026-03-31") == []
    assert len(addresses("--list", "weekly", "--joined-before", "2026-03-31")) == 4
    send_issue(office, MONDAY)
    assert addresses("--had", "weekly/1", "--status", "active") == list(READERS)
    assert addresses("--had", "1", "--list", "weekly") == list(READERS)
    table = command("subscribers", "list", "--tag", "security", "--csv").out
    (row,) = csv.DictReader(io.StringIO(table))
    assert (row["address"], row["name"], row["attributes"]) == (READERS[1], "'=1+1", "plan=gold")
    for words, code in (
        (("--segment", "plan ="), 65),
        (("--had", "1"), 65),
        (("--domain", "nonsense"), 65),
        (("--list", "weakly"), 2),
        (("--attribute", "plan"), 2),
    ):
        assert command("subscribers", "list", *words).code == code
    mistyped = command("subscribers", "list", "--segment", "not list:weakly or plam = 'gold'")
    assert (mistyped.code, len(mistyped.out.splitlines())) == (0, 5)
    assert "there is no list 'weakly'. Fix: did you mean 'weekly'?" in mistyped.err
    assert "there is no attribute 'plam'. Fix: did you mean 'plan'?" in mistyped.err


def test_suppressions_are_listed_searched_explained_exported_and_lifted(
    office: PostOffice, command: CommandLine
) -> None:
    """With the reason and the evidence; lifting is recorded with its own reason."""
    copy = next(one for one in send_issue(office, MONDAY) if one.recipient == READERS[0])
    office.take(bounce(copy), copy.sender.strip("<>").partition("@")[0], envelope="")
    with office.site.database.transaction() as connection:
        suppress(connection, READERS[1], "asked by letter", NOW)
        suppress(connection, "@example.net", "refuses us", NOW)
    erase(office.site, READERS[2], now=NOW)

    def call(*words: str) -> dict[str, list[dict[str, object]]]:
        answer = command("subscribers", "suppressions", *words, "--json")
        assert answer.code == 0, answer.err
        document: dict[str, list[dict[str, object]]] = answer.document
        return document

    listed = call("list")["suppressions"]
    assert [one["pattern"] for one in listed] == [READERS[1], "@example.net", None]
    page = call("list", "--limit", "2")
    assert page["next"] == listed[1]["id"]
    rest = call("list", "--after", str(page["next"]))["suppressions"]
    assert [one["erased"] for one in rest] == [True]
    assert [one["pattern"] for one in call("search", "LETTER")["suppressions"]] == [READERS[1]]
    assert [one["pattern"] for one in call("search", "e.net")["suppressions"]] == ["@example.net"]
    why = call("explain", READERS[1])
    assert (why["mailed"], why["suppressions"][0]["reason"]) == ([], "asked by letter")
    bounced = call("explain", copy.recipient)
    assert bounced["subscriptions"][0]["status"] == "bounced"
    assert bounced["bounces"][0]["status"] == "5.1.1"
    assert "user unknown" in str(bounced["history"][-1]["detail"])
    assert call("explain", "some@example.net")["suppressions"][0]["pattern"] == "@example.net"
    assert call("explain", READERS[2])["suppressions"][0]["erased"] is True
    assert call("explain", READERS[3])["mailed"] == ["weekly"]
    exported = command("subscribers", "suppressions", "export")
    assert [row["pattern"] for row in csv.DictReader(io.StringIO(exported.out))] == [
        READERS[1],
        "'@example.net",
    ]
    assert "1 erased people are left out" in exported.err
    assert command("subscribers", "suppressions", "lift", READERS[1]).code == 2
    assert call("lift", READERS[1], "--reason", "wrote again")["lifted"] is True
    assert call("lift", READERS[1], "--reason", "wrote again")["lifted"] is False
    still = call("lift", "a@example.net", "--reason", "x")["still_suppressed_by"]
    assert still == ["@example.net"]
    with office.site.database.transaction(read_only=True) as connection:
        last = people.show(connection, READERS[1])["history"][-1]
        recorded = connection.execute(sa.text("SELECT what, detail FROM audit")).all()
    assert (last["event"], last["detail"]) == ("lift", "wrote again")
    assert ("lift suppression", f"{READERS[1]}: wrote again") in [tuple(row) for row in recorded]


def test_readers_are_restored_by_one_command(office: PostOffice, command: CommandLine) -> None:
    """Who bounced or was suppressed is mailed again, who left is not; the record says why."""
    copy = next(one for one in send_issue(office, MONDAY) if one.recipient == READERS[0])
    office.take(bounce(copy), copy.sender.strip("<>").partition("@")[0], envelope="")
    bounced, suppressed, gone = copy.recipient, READERS[1], READERS[2]
    with office.site.database.transaction() as connection:
        suppress(connection, suppressed, "by mistake", NOW)
        suppress(connection, "@example.net", "refuses us", NOW)
        unsubscribe(connection, people.find(connection, gone).id, "weekly", Way.PAGE, NOW)
    call = ("subscribers", "restore", bounced, suppressed, gone)
    assert command(*call).code == command(*call, "--reason", " ").code == 2
    answer = command(*call, "--reason", "our relay's limit", "--json")
    assert answer.code == 0, answer.err
    assert [(one["lists"], one["left"], one["lifted"]) for one in answer.document["restored"]] == [
        (["weekly"], [], False),
        ([], [], True),
        ([], ["weekly"], False),
    ]
    assert [office.status(one) for one in (bounced, suppressed, gone)] == [
        "active",
        "active",
        "unsubscribed",
    ]
    with office.site.database.transaction(read_only=True) as connection:
        last = people.show(connection, bounced)["history"][-1]
        counted = connection.execute(sa.select(tables.bounces)).all()
        recorded = connection.execute(sa.text("SELECT what, detail FROM audit")).all()
    assert (last["event"], last["detail"]) == ("restore", "our relay's limit")
    assert counted == []
    assert ("restore readers", f"{', '.join(call[2:])}: our relay's limit") in recorded
    again = command(*call, "--reason", "once more")
    assert again.out.splitlines()[0] == f"{bounced}: nothing to restore"
    assert command("subscribers", "restore", "nobody@example.org", "--reason", "x").code == 2


def test_growth_is_shown_by_day_with_a_plot(office: PostOffice, command: CommandLine) -> None:
    """In days of the site; an unknown list is an error with the nearest name."""
    with office.site.database.transaction() as connection:
        person = people.find(connection, READERS[0]).id
        unsubscribe(connection, person, "weekly", Way.ONE_CLICK, NOW)
    words = ("growth", "weekly", "--days", "10", "--now", "2026-03-06T09:00+00:00")
    days = command(*words, "--json").document["days"]
    assert [day["day"] for day in days] == [f"2026-02-{n}" for n in (25, 26, 27, 28)] + [
        f"2026-03-0{n}" for n in range(1, 7)
    ]
    assert sum(day["joined"] for day in days) == 4
    assert next(day["left"] for day in days if day["left"]) == {"one-click": 1}
    lines = command(*words).out
    assert "joined 4: 0 confirmed of 0 who asked, 4 by import" in lines
    assert "left 1, 1 by one-click" in lines
    assert "|" + "+" * 30 in lines
    answer = command("growth", "weakly")
    assert answer.code == 2
    assert "did you mean 'weekly'?" in answer.err
