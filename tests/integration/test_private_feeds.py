"""A private feed: the stories of the reader's subjects, beside the mail or instead of it."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import feedparser
import httpx2
import pytest
import sqlalchemy as sa

from newsletter.pipeline.export_everybody import export_everybody
from newsletter.pipeline.flush_letters import flush
from newsletter.pipeline.import_people import import_people
from newsletter.pipeline.lists import all_lists
from newsletter.pipeline.own_data import erase, export
from newsletter.site.site import Site
from newsletter.store.api_tokens import make_api_token
from newsletter.store.users import Role, save_user
from newsletter.web.app import make_app
from newsletter.web.reader import preferences
from newsletter.web.reader.private_feed import WHOLE_IN_A_MINUTE
from subscribers import people, private_feeds
from subscribers.address_changes import ask_to_move, open_change, refuse
from subscribers.csv_file import export_subscribers
from subscribers.history import Event, Way, entries_of
from subscribers.importing.options import ImportOptions
from subscribers.list_changes import make_list, merge_lists
from subscribers.preferences import choose, pause
from subscribers.subscriber import FeedUse
from subscribers.suppression import lift, suppress
from subscribers.tables import address_changes
from subscribers.tables import private_feeds as rows
from subscribers.tokens import Purpose
from subscribers.unsubscribe import undo, unsubscribe
from tests.demo.catcher import MailCatcher, catching_mail
from tests.factories.corrections import (
    AFTER,
    EDITOR,
    TEXT,
    correct,
    everything_reader,
    hill_reader,
    sea_reader,
    send_two_stories,
    site_with_two_stories,
)
from tests.factories.runs import HOUR, MONDAY, THURSDAY
from tests.servers.web import serving, web_client

ADDRESS = re.compile(r'value="(https?://[^"]+/feed/([A-Za-z0-9_-]{43})\.(atom|json))"')


@dataclass
class Desk:
    """A running site, its browser, and its clock."""

    site: Site
    catcher: MailCatcher
    client: httpx2.Client
    now: datetime

    def number(self, address: str) -> int:
        """The person's number."""
        with self.site.database.transaction(read_only=True) as connection:
            return people.find(connection, address).id

    def press(self, address: str, action: str) -> str:
        """Press a button on the person's preferences page; returns the page."""
        token = self.site.tokens.make(Purpose.PREFERENCES, self.number(address), "weekly", self.now)
        answer = self.client.post(f"/p/{token}", data={"action": action})
        assert answer.status_code == 200
        return answer.text

    def make(self, address: str) -> str:
        """Make the person's feed; returns its token."""
        found = ADDRESS.findall(self.press(address, "feed-make"))
        assert [form for _, _, form in found] == ["atom", "json"]
        return str(found[0][1])

    def titles(self, token: str) -> list[str]:
        """The titles of the entries."""
        return [one.title for one in feedparser.parse(self.get(token).content).entries]

    def get(self, token: str, form: str = "atom", **headers: str) -> httpx2.Response:
        """Ask for the feed."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.get(f"/feed/{token}.{form}", headers=named)


@contextmanager
def desk_of(folder: Path, database_url: str, **keys: str) -> Iterator[Desk]:
    """An issue with a story of the sea and one of the hills is not sent yet."""
    with catching_mail() as catcher:
        site = site_with_two_stories(folder, port=catcher.port, database=database_url, **keys)
        running: list[Desk] = []
        with (
            serving(make_app(site, clock=lambda: running[0].now)) as base,
            web_client(base_url=base) as client,
        ):
            running.append(Desk(site, catcher, client, THURSDAY))
            yield running[0]
        site.database.close()


@pytest.fixture
def desk(tmp_path: Path, database_url: str) -> Iterator[Desk]:
    """A list that anybody may join."""
    with desk_of(tmp_path, database_url) as running:
        yield running


@pytest.fixture
def closed_desk(tmp_path: Path, database_url: str) -> Iterator[Desk]:
    """A list whose newsletter is not public."""
    with desk_of(tmp_path, database_url, keys="public = false\n") as running:
        yield running


def test_the_feed_has_the_stories_of_the_reader_s_subjects(desk: Desk) -> None:
    """All without a choice; as the archive words them, with a page of the issue, and valid in both forms."""
    sea, everything = desk.make(sea_reader(0)), desk.make(everything_reader(0))
    assert desk.titles(sea) == []
    send_two_stories(desk.site)
    desk.now = MONDAY + HOUR
    assert desk.titles(sea) == ["News of the sea"]
    assert desk.titles(everything) == ["News of the sea", "News of the hills"]
    answer = desk.get(sea, "json")
    assert answer.headers["content-type"].startswith("application/feed+json")
    (item,) = answer.json()["items"]
    assert item["url"] == "https://press.example.org/sea"
    assert item["tags"] == ["sea"]
    page = re.search(r'href="[^"]+(/archive/weekly/1/[0-9a-f]+)"', item["content_html"])
    assert page is not None
    shown = desk.client.get(page[1])
    assert shown.status_code == 200
    assert "News of the sea" in shown.text
    assert "News of the hills" not in shown.text
    again = desk.get(sea, "json").json()["items"][0]
    assert again["id"] == item["id"]


def test_a_correction_comes_by_the_feed_and_not_by_mail_to_who_reads_by_feed_alone(
    desk: Desk,
) -> None:
    """No issue mail, no correction mail; the feed has both, and the counts of the send are right."""
    token = desk.make(sea_reader(0))
    page = desk.press(sea_reader(0), "feed-alone")
    assert "by feed alone" in page
    send_two_stories(desk.site)
    got = [mail.recipient for mail in desk.catcher.mails]
    assert sorted(got) == sorted(
        [sea_reader(1), *(one(n) for one in (hill_reader, everything_reader) for n in range(2))]
    )
    desk.now = AFTER
    before = desk.get(token)
    correct(desk.site)
    flush(desk.site, lambda: AFTER)
    assert sea_reader(0) not in [mail.recipient for mail in desk.catcher.mails]
    assert sea_reader(1) in [mail.recipient for mail in desk.catcher.mails[len(got) :]]
    after = desk.get(token, If_None_Match=before.headers["etag"])
    assert after.status_code == 200
    (entry,) = feedparser.parse(after.content).entries
    assert TEXT in entry.content[0].value
    assert entry.updated > entry.published
    desk.press(sea_reader(0), "feed-beside")
    with desk.site.database.transaction(read_only=True) as connection:
        known = people.show(connection, sea_reader(0))
    assert [one["use"] for one in known["feeds"]] == ["beside"]


def test_who_reads_by_feed_alone_is_counted_and_said(desk: Desk) -> None:
    """A subscriber among the others, and how many read so; what is known of them says it too."""
    desk.make(sea_reader(0))
    desk.make(hill_reader(0))
    desk.press(sea_reader(0), "feed-alone")
    (weekly,) = all_lists(desk.site)
    assert weekly.feeds == {FeedUse.BESIDE: 1, FeedUse.ALONE: 1}
    assert sum(weekly.statuses.values()) == 6
    document = export(desk.site, desk.number(sea_reader(0)))
    assert document is not None
    assert [(one["list"], one["use"]) for one in document["feeds"]] == [("weekly", "alone")]
    assert "token" not in json.dumps(document)


def test_a_feed_reader_that_asks_every_minute_costs_little(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """304 by ETag and by date, without reading a story; new choices, issues and corrections are new."""
    token = desk.make(everything_reader(0))
    send_two_stories(desk.site)
    desk.now = MONDAY + HOUR
    whole = desk.get(token)
    assert whole.headers["cache-control"].startswith("private")
    assert "noindex" in whole.headers["x-robots-tag"]
    known = {"If_None_Match": whole.headers["etag"]}
    dated = {"If_Modified_Since": whole.headers["last-modified"]}
    head = desk.client.head(f"/feed/{token}.atom")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["etag"] == whole.headers["etag"]
    assert desk.get(token, "json").headers["etag"] != whole.headers["etag"]

    def not_read(*_given: object) -> None:
        raise AssertionError("a story was read")

    with monkeypatch.context() as patched:
        patched.setattr("newsletter.web.archive.private_feed.all_stories_of", not_read)
        for _ in range(2 * WHOLE_IN_A_MINUTE):
            answer = desk.get(token, **known)
            assert (answer.status_code, answer.content) == (304, b"")
        assert answer.headers["etag"] == whole.headers["etag"]
        assert desk.get(token, **dated).status_code == 304
    assert desk.get(token, **dated, If_None_Match='"other"').status_code == 200
    reader = desk.number(everything_reader(0))
    desk.now += timedelta(minutes=1)
    with desk.site.database.transaction() as connection:
        choose(connection, reader, name="", follows=["sea"], way=Way.PAGE, now=desk.now)
    assert desk.get(token, **known).status_code == 200
    assert desk.get(token, **dated).status_code == 200
    assert desk.titles(token) == ["News of the sea"]


def test_a_client_that_wants_the_whole_again_and_again_waits(desk: Desk) -> None:
    """429 with a time to wait; another feed is not held up, and the next minute it is answered."""
    token, other = desk.make(sea_reader(0)), desk.make(sea_reader(1))
    for _ in range(WHOLE_IN_A_MINUTE):
        assert desk.get(token).status_code == 200
    busy = desk.get(token)
    assert (busy.status_code, busy.headers["retry-after"]) == (429, "60")
    assert desk.get(other).status_code == 200
    desk.now += timedelta(minutes=1)
    assert desk.get(token).status_code == 200


def test_a_day_s_presses_on_the_preferences_are_bounded(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who has a forwarded link fills no reader's record; the next day the page works again."""
    monkeypatch.setattr(preferences, "PRESSES", replace(preferences.PRESSES, most=3))
    number = desk.number(sea_reader(0))
    token = desk.site.tokens.make(Purpose.PREFERENCES, number, "weekly", desk.now)
    press = {"action": "feed-make"}
    answers = [desk.client.post(f"/p/{token}", data=press).status_code for _ in range(5)]
    assert answers == [200, 200, 200, 429, 429]
    with desk.site.database.transaction(read_only=True) as connection:
        lines = [one for one in entries_of(connection, number) if one["event"] == Event.FEED]
    assert len(lines) == 3
    leaving = desk.site.tokens.make(Purpose.UNSUBSCRIBE, number, "weekly", desk.now)
    one_click = {"List-Unsubscribe": "One-Click"}
    assert desk.client.post(f"/u/{leaving}", data=one_click).status_code == 200
    desk.now += timedelta(days=1)
    assert desk.client.post(f"/p/{token}", data=press).status_code == 200


@pytest.mark.parametrize(
    "date",
    [
        "Mon, 01 Jan 99999999999999999999 00:00:00 GMT",
        "Mon, 01 Jan 2026 00:00:00 +99999999999999999999",
        "Mon, 01 Jan 2026 99999999999999999999:00:00 GMT",
        "yesterday",
    ],
)
def test_a_date_that_there_is_not_gets_the_whole_feed(desk: Desk, date: str) -> None:
    """Whatever a program says about its copy, the feed answers."""
    assert desk.get(desk.make(sea_reader(0)), If_Modified_Since=date).status_code == 200


def test_an_ended_address_and_one_that_never_was_are_answered_alike(desk: Desk) -> None:
    """410 with the same words; a new address ends the old one; other text is not an address at all."""
    old = desk.make(sea_reader(0))
    new = desk.make(sea_reader(0))
    assert old != new
    never = private_feeds.new_feed_token()
    ended, unknown = desk.get(old), desk.get(never)
    assert (ended.status_code, unknown.status_code) == (410, 410)
    assert ended.text == unknown.text
    assert desk.get(new).status_code == 200
    for path in ("x.atom", f"{new}.rss", f"{new}A.atom", f"{new}"):
        assert desk.client.get(f"/feed/{path}").status_code == 404
    assert "no longer works" in desk.press(sea_reader(0), "feed-end")
    assert desk.get(new).text == unknown.text
    with desk.site.database.transaction(read_only=True) as connection:
        details = [one["detail"] for one in people.show(connection, sea_reader(0))["history"]]
    assert details[-3:] == [
        "makes a private feed",
        "makes a new address of the private feed",
        "ends the private feed",
    ]


def test_the_addresses_of_a_closed_list_s_feed_are_mailed_and_not_shown(closed_desk: Desk) -> None:
    """Whoever has a forwarded mail makes a feed that only the reader can find."""
    reader = sea_reader(0)
    page = closed_desk.press(reader, "feed-make")
    assert "/feed/" not in page
    assert "We have mailed you the address of your feed" in page
    assert closed_desk.catcher.wait_for(1)
    letter = closed_desk.catcher.mails[0]
    assert letter.recipient == reader
    for part in ("plain", "html"):
        found = re.findall(
            r"https?://[^\s\"<]+/feed/([A-Za-z0-9_-]{43})\.(?:atom|json)", letter.part(part)
        )
        assert len(set(found)) == 1
        assert closed_desk.get(found[0]).status_code == 200


def test_a_feed_that_cannot_be_mailed_today_leaves_the_old_one(closed_desk: Desk) -> None:
    """A day's letters bound how often a stranger can end the reader's feed."""
    reader = sea_reader(0)
    for count in range(1, 11):
        closed_desk.press(reader, "feed-make")
        assert closed_desk.catcher.wait_for(count)
    token = re.findall(
        r"/feed/([A-Za-z0-9_-]{43})\.atom", closed_desk.catcher.mails[-1].part("plain")
    )[0]
    assert "Please make the feed tomorrow" in closed_desk.press(reader, "feed-make")
    assert closed_desk.get(token).status_code == 200


def test_the_token_opens_nothing_else_and_is_stored_nowhere(desk: Desk) -> None:
    """No page takes it; the database has a hash; no mail contains it."""
    token = desk.make(sea_reader(0))
    for page in ("p", "u", "c", "confirm", "export", "erase", "shared"):
        assert desk.client.get(f"/{page}/{token}").status_code in (400, 404)
    for purpose in Purpose:
        link = desk.site.tokens.make(purpose, desk.number(sea_reader(0)), "weekly", desk.now)
        assert desk.client.get(f"/feed/{link}.atom").status_code == 404
    send_two_stories(desk.site)
    assert all(token not in mail.message.as_string() for mail in desk.catcher.mails)
    with desk.site.database.transaction(read_only=True) as connection:
        stored = connection.execute(sa.select(rows)).all()
        history = people.show(connection, sea_reader(0))
    assert token not in str(stored)
    assert token not in str(history)
    assert token not in desk.press(sea_reader(0), "feed-beside")


def test_a_pause_keeps_the_feed_and_the_end_of_the_subscription_ends_it(desk: Desk) -> None:
    """For good: who comes back makes a new one, and gets issues by mail until then."""
    token, reader = desk.make(sea_reader(0)), desk.number(sea_reader(0))
    desk.press(sea_reader(0), "feed-alone")
    with desk.site.database.transaction() as connection:
        pause(connection, reader, MONDAY + timedelta(weeks=8), Way.PAGE, desk.now)
    assert desk.get(token).status_code == 200
    desk.now += HOUR
    with desk.site.database.transaction() as connection:
        unsubscribe(connection, reader, "weekly", Way.ONE_CLICK, desk.now)
    assert desk.get(token).status_code == 410
    assert ADDRESS.search(desk.press(sea_reader(0), "feed-make")) is None
    with desk.site.database.transaction() as connection:
        assert undo(connection, reader, "weekly", desk.now)
    assert desk.get(token).status_code == 410


@pytest.mark.parametrize("pattern", [sea_reader(0), "@example.org"])
def test_a_blocked_reader_s_feed_ends_and_stays_ended(desk: Desk, pattern: str) -> None:
    """By address and by domain; lifting the block brings no feed back."""
    token = desk.make(sea_reader(0))
    with desk.site.database.transaction() as connection:
        suppress(connection, pattern, "asked", desk.now)
    assert desk.get(token).status_code == 410
    assert ADDRESS.search(desk.press(sea_reader(0), "feed-make")) is None
    with desk.site.database.transaction() as connection:
        lift(connection, pattern, "by mistake", desk.now)
    assert desk.get(token).status_code == 410


def test_erasure_and_a_refused_change_of_address_end_the_feed(desk: Desk) -> None:
    """Whoever had the forwarded mail may have made it; nothing of it is kept."""
    token, erased = desk.make(sea_reader(0)), desk.make(sea_reader(1))
    reader = desk.number(sea_reader(0))
    with desk.site.database.transaction() as connection:
        ask_to_move(connection, reader, "thief@example.net", "weekly", desk.now)
        number = connection.execute(sa.select(address_changes.c.id)).scalar_one()
        change = open_change(connection, number, desk.now)
        assert change is not None
        refuse(connection, change, desk.now)
    assert desk.get(token).status_code == 410
    erase(desk.site, sea_reader(1), now=desk.now)
    assert desk.get(erased).status_code == 410
    with desk.site.database.transaction(read_only=True) as connection:
        assert connection.execute(sa.select(rows)).all() == []


def test_a_feed_goes_with_its_list_when_that_is_merged(desk: Desk) -> None:
    """The address goes on; who got the other list by mail goes on getting it so."""
    with desk.site.database.transaction() as connection:
        make_list(connection, "old")
        for address in (sea_reader(0), "new@example.org"):
            people.add(connection, address, list_slug="old", now=THURSDAY)
            number = people.find(connection, address).id
            private_feeds.make_feed(connection, number, "old", f"hash of {address}", THURSDAY)
            private_feeds.set_use(connection, number, "old", FeedUse.ALONE, THURSDAY)
        merge_lists(connection, "old", into="weekly", now=THURSDAY)
        found = private_feeds.feed_counts(connection)
        assert found == {("weekly", FeedUse.ALONE): 1, ("weekly", FeedUse.BESIDE): 1}
        reader = private_feeds.feed_reader(connection, f"hash of {sea_reader(0)}")
    assert reader is not None
    assert reader.list_slug == "weekly"


def test_whatever_ends_a_subscription_ends_its_feed_for_good(desk: Desk) -> None:
    """A file says that the reader left; put back with their consent, they get issues by mail again."""
    token = desk.make(sea_reader(0))
    desk.press(sea_reader(0), "feed-alone")
    options = ImportOptions(
        list_slug="weekly", source_name="left.csv", now=desk.now + HOUR, left=True
    )
    import_people(desk.site, f"email\n{sea_reader(0)}\n".encode(), options)
    assert desk.get(token).status_code == 410
    note = people.OperatorNote(force=True, consent="by telephone")
    with desk.site.database.transaction() as connection:
        assert connection.execute(sa.select(rows)).all() == []
        people.add(
            connection, sea_reader(0), list_slug="weekly", now=desk.now + 2 * HOUR, note=note
        )
        assert private_feeds.feed_counts(connection) == {}
        assert people.show(connection, sea_reader(0))["feeds"] == []
    assert desk.get(token).status_code == 410
    send_two_stories(desk.site)
    assert sea_reader(0) in [mail.recipient for mail in desk.catcher.mails]


def test_a_file_of_readers_says_who_reads_by_feed_and_can_be_imported(desk: Desk) -> None:
    """Without what opens a feed; the column makes no further field of a reader."""
    desk.make(sea_reader(0))
    desk.make(sea_reader(1))
    desk.press(sea_reader(1), "feed-alone")
    file = io.StringIO()
    with desk.site.database.transaction(read_only=True) as connection:
        export_subscribers(connection, "weekly", file)
    rows_ = list(csv.DictReader(io.StringIO(file.getvalue())))
    uses = {row["email"]: row["private_feed"] for row in rows_ if row["private_feed"]}
    assert uses == {sea_reader(0): "beside", sea_reader(1): "alone"}
    text = file.getvalue().replace("sea1@", "moved@")
    options = ImportOptions(list_slug="weekly", source_name="people.csv", now=desk.now)
    report, _asked = import_people(desk.site, text.encode(), options)
    assert (report.added, report.rejected_count) == (1, 0)
    with desk.site.database.transaction(read_only=True) as connection:
        moved = people.show(connection, "moved@example.org")
    assert (moved["attributes"], moved["feeds"]) == ({}, [])
    everybody = [json.loads(line) for line in export_everybody(desk.site)]
    feeds = {one["address"]: one["feeds"] for one in everybody if one["feeds"]}
    assert set(feeds) == {sea_reader(0), sea_reader(1)}
    assert set(feeds[sea_reader(0)][0]) == {"list", "use", "made_at"}


def test_the_log_has_no_token_when_a_feed_fails(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """500 for the client, and the route without what is secret in it for the operator."""
    token = desk.make(sea_reader(0))

    def broken(*_given: object, **_named: object) -> None:
        raise ValueError("planted")

    monkeypatch.setattr("newsletter.web.archive.private_feed.sent_issues", broken)
    assert desk.get(token).status_code == 500
    assert "planted" in caplog.text
    assert "/feed/{token}" in caplog.text
    assert token not in caplog.text


def test_a_program_sees_and_ends_a_feed(desk: Desk) -> None:
    """The API shows that there is one and counts it; ended, issues come by mail, and the record says who."""
    token = desk.make(sea_reader(0))
    desk.press(sea_reader(0), "feed-alone")
    with desk.site.database.transaction() as connection:
        editor = save_user(connection, EDITOR, name="", role=Role.PUBLISHER, now=desk.now)[0]
        key = make_api_token(connection, editor, name="test", now=desk.now)
    headers = {"Authorization": f"Bearer {key}"}
    person = f"/api/v1/subscribers/{sea_reader(0)}"
    feeds = desk.client.get(person, headers=headers).json()["feeds"]
    assert [(one["list"], one["use"]) for one in feeds] == [("weekly", "alone")]
    (weekly,) = desk.client.get("/api/v1/lists", headers=headers).json()["lists"]
    assert weekly["feeds"] == {"beside": 0, "alone": 1}
    path = f"/api/v1/lists/weekly/subscribers/{sea_reader(0)}/feed"
    for ended in (["weekly"], []):
        assert desk.client.delete(path, headers=headers).json()["ended"] == ended
    assert desk.get(token).status_code == 410
    known = desk.client.get(person, headers=headers).json()
    last = known["history"][-1]
    assert (known["feeds"], last["event"], last["way"]) == ([], "feed", "api")
    assert EDITOR in last["detail"]
