"""Signing up and one's own data in the browser: from the form to the mail and back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
import sqlalchemy as sa
from sqlalchemy import event

from newsletter.config.proxies import trusted_proxies
from newsletter.errors import DatabaseBusyError
from newsletter.pipeline import form_requests
from newsletter.pipeline.flush_letters import flush
from newsletter.pipeline.own_data import erase, export, make_due_moves
from newsletter.site.site import Site
from newsletter.store.database import Database
from newsletter.store.form_requests import due_requests
from newsletter.web.app import make_app
from newsletter.web.forwarded import Forwarded
from newsletter.web.reader import answers
from newsletter.web.reader.robots import has_proof
from subscribers import people
from subscribers.consent import ASK_AT_MOST, JoinRequest
from subscribers.errors import UnknownSubscriberError
from subscribers.tokens import Purpose
from tests.factories.mail import READER, PostOffice, link_in, post_office
from tests.servers.web import serving, web_client

NEWCOMER = "new@example.org"


@contextmanager
def statements(database: Database) -> Iterator[list[str]]:
    """The statements that the database executes meanwhile."""
    done: list[str] = []

    def note(*arguments: Any) -> None:
        done.append(arguments[2])

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield done
    finally:
        event.remove(database.engine, "before_cursor_execute", note)


@dataclass(kw_only=True)
class Web:
    """The running site, as a browser and a reader's mailbox see it."""

    office: PostOffice
    client: httpx2.Client

    def stamp(self) -> str:
        """The stamp of a form shown some seconds ago."""
        found = re.search(r'name="stamp" value="([^"]+)"', self.client.get("/join/weekly").text)
        assert found is not None
        self.office.now += timedelta(seconds=5)
        return found[1]

    def sign_up(self, address: str = NEWCOMER, **fields: str) -> httpx2.Response:
        """Fill in the form and press the button."""
        data = {"stamp": self.stamp(), "email": address, **fields}
        return self.client.post("/join/weekly", data=data)

    def ask(self, address: str = NEWCOMER, **fields: str) -> httpx2.Response:
        """Sign up by JSON with the stamp of a first request, as a script of another page does."""
        first = self.client.post("/join/weekly", json={"email": address, "stamp": "none"})
        guard = first.json()["error"]
        assert (first.status_code, guard["code"]) == (428, "stamp-needed")
        self.office.now += timedelta(milliseconds=guard["wait_ms"])
        again = {"email": address, "stamp": guard["stamp"], **fields}
        return self.client.post("/join/weekly", json=again)

    def preferences(self, address: str = READER) -> str:
        """The path of a reader's preferences."""
        person = self.office.person(address)
        assert person is not None
        return f"/p/{self.office.site.tokens.make(Purpose.PREFERENCES, person.id, 'weekly')}"

    def status(self, address: str = READER) -> str:
        """The reader's status, once all requests by forms are handled."""
        form_requests.handle_requests(self.office.site, self.office.now)
        return self.office.status(address)

    def got(self, count: int) -> None:
        """Wait for so many letters in all."""
        assert self.office.catcher.wait_for(count, seconds=10)


@pytest.fixture
def web(tmp_path: Path) -> Iterator[Web]:
    """A site that takes mail, on loopback."""
    with post_office(tmp_path) as office:
        app = make_app(office.site, clock=lambda: office.now)
        with serving(app) as base, web_client(base_url=base) as client:
            yield Web(office=office, client=client)


def test_the_form_asks_and_the_button_joins(web: Web) -> None:
    """Form, question by mail, page, button: and the record says when, from where, in which words."""
    answer = web.sign_up(name="Jo", tag="security")
    assert "Check your mail" in answer.text
    web.got(1)
    path = link_in(web.office.last(), "confirm")
    assert "Yes, subscribe me" in web.client.get(path).text
    assert web.status(NEWCOMER) == "pending"

    assert "You are subscribed" in web.client.post(path).text
    assert web.client.post(path).status_code == 200  # pressed twice is pressed once

    assert web.status(NEWCOMER) == "active"
    web.got(2)
    with web.office.site.database.transaction(read_only=True) as connection:
        known = people.show(connection, NEWCOMER)
    assert (known["name"], known["tags"]) == ("Jo", ["security"])
    asked, confirmed = known["history"]
    assert (asked["event"], asked["way"]) == ("subscribe", "form")
    assert "127.0.0.1" in asked["detail"]
    assert "Yes, send me The Weekly by e-mail" in asked["detail"]
    assert (confirmed["event"], confirmed["way"]) == ("confirm", "page")


def test_known_and_unknown_look_the_same(web: Web) -> None:
    """The page never tells who reads."""
    answers = [web.sign_up(address).text for address in (NEWCOMER, READER)]
    assert answers[0].replace(NEWCOMER, "") == answers[1].replace(READER, "")


def test_a_form_on_another_page_takes_one_more_button(web: Web) -> None:
    """Without our stamp nothing is mailed yet: the page comes back filled in."""
    answer = web.client.post("/join/weekly", data={"email": NEWCOMER})
    assert f'value="{NEWCOMER}"' in answer.text
    assert "One more click" in answer.text
    assert web.status(NEWCOMER) == ""


@pytest.mark.parametrize("wait", [0, 86_500])
def test_a_stamp_has_its_time(web: Web, wait: int) -> None:
    """Sooner than a person can, or a day later: once more."""
    stamp = web.stamp()
    web.office.now += timedelta(seconds=wait - 5)
    answer = web.client.post("/join/weekly", data={"email": NEWCOMER, "stamp": stamp})
    assert "One more click" in answer.text
    forged = web.client.post("/join/weekly", data={"email": NEWCOMER, "stamp": "1.abc"})
    assert "One more click" in forged.text
    assert web.status(NEWCOMER) == ""


def test_the_trap_asks_once_more(web: Web) -> None:
    """A robot that fills in everything sends nothing; a reader's password manager costs one click."""
    again = web.sign_up(website="https://spam.example").text
    assert "One more click" in again
    assert 'name="website"' not in again
    assert web.status(NEWCOMER) == ""
    stamp = re.search(r'name="stamp" value="([^"]+)"', again)
    assert stamp is not None
    web.office.now += timedelta(seconds=5)
    web.client.post("/join/weekly", data={"email": NEWCOMER, "stamp": stamp[1]})
    assert web.status(NEWCOMER) == "pending"


def test_a_trapped_request_in_json_is_refused_aloud(web: Web) -> None:
    """The page that sent it can tell its reader."""
    answer = web.client.post("/join/weekly", json={"email": NEWCOMER, "website": "x"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "trapped")
    assert web.status(NEWCOMER) == ""


def test_a_wrong_address_is_shown_again(web: Web) -> None:
    """With 422, its error tied to its field, and no letter."""
    answer = web.sign_up("not an address")
    assert answer.status_code == 422
    assert 'aria-describedby="problem"' in answer.text


def test_json_from_any_page(web: Web) -> None:
    """The endpoint is open to every origin, with a preflight, and answers in JSON."""
    preflight = web.client.options("/join/weekly", headers={"Origin": "https://shop.example"})
    assert preflight.headers["access-control-allow-origin"] == "*"
    answer = web.ask()
    assert (answer.status_code, answer.json()) == (202, {"status": "check-your-mail"})
    assert answer.headers["access-control-allow-origin"] == "*"
    web.got(1)
    assert web.client.post("/join/weekly", json={"email": "no"}).status_code == 422
    assert web.client.post("/join/weekly", json=[1]).status_code == 400
    assert web.client.post("/join/nowhere", json={"email": NEWCOMER}).status_code == 404


def test_json_is_held_by_what_holds_the_form(web: Web) -> None:
    """A stamp of ours, which is old enough or comes with a proof, and serves once."""

    def send(**fields: str) -> tuple[int, str]:
        answer = web.client.post("/join/weekly", json={"email": NEWCOMER, **fields})
        return answer.status_code, answer.json().get("error", {}).get("code", "")

    assert send(stamp="forged") == (428, "stamp-needed")
    forged = {"email": NEWCOMER, "stamp": "forged"}
    guard = web.client.post("/join/weekly", json=forged).json()["error"]
    stamp = guard["stamp"]
    assert send(stamp=stamp) == (428, "too-early")
    web.office.now += timedelta(milliseconds=guard["age_ms"])
    assert send(stamp=stamp) == (428, "too-early")
    proof = next(str(n) for n in range(10**7) if has_proof(stamp, str(n), guard["bits"]))
    assert send(stamp=stamp, proof=proof)[0] == 202
    assert send(stamp=stamp, proof=proof)[0] == 202  # sent twice is sent once
    assert send(email="other@example.org", stamp=stamp, proof=proof) == (428, "stamp-needed")
    assert web.status("other@example.org") == ""
    web.office.now += timedelta(days=2)
    assert send(stamp=stamp) == (428, "stamp-needed")
    web.got(1)
    assert web.status(NEWCOMER) == "pending"


def test_a_script_is_told_how_long_to_wait(web: Web) -> None:
    """The message is for its reader; the same stamp counts on."""
    forged = {"email": NEWCOMER, "stamp": "forged"}
    first = web.client.post("/join/weekly", json=forged).json()["error"]
    web.office.now += timedelta(seconds=3)
    again = {"email": NEWCOMER, "stamp": first["stamp"]}
    told = web.client.post("/join/weekly", json=again).json()["error"]
    assert (told["stamp"], told["wait_ms"]) == (first["stamp"], 2000)
    web.office.now += timedelta(milliseconds=told["wait_ms"])
    assert web.client.post("/join/weekly", json=again).status_code == 202


def test_a_few_scripts_that_know_no_stamp_are_taken(tmp_path: Path) -> None:
    """Three of a network in an hour, and a hundred in a day from all; then they need one."""
    with post_office(tmp_path) as office:
        app = Forwarded(make_app(office.site, clock=lambda: office.now), trusted_proxies({}))
        with serving(app) as base, web_client(base_url=base) as client:

            def send(network: str) -> int:
                asked = {"email": f"n{network}@example.org"}
                origin = {"X-Forwarded-For": network}
                return client.post("/join/weekly", json=asked, headers=origin).status_code

            assert [send("192.0.2.1") for _ in range(5)] == [202, 202, 202, 428, 428]
            codes = [send(f"198.51.{number}.1") for number in range(100)]
            assert codes == [202] * 97 + [428] * 3
            assert Web(office=office, client=client).ask().status_code == 202
            office.now += timedelta(days=1, seconds=1)
            assert send("192.0.2.1") == 202


def test_one_network_has_its_limit(web: Web) -> None:
    """After twenty in an hour it is told to wait."""
    codes = [web.ask(f"n{number}@example.org").status_code for number in range(22)]
    assert codes == [202] * 20 + [429] * 2


def test_a_victim_is_asked_a_few_times_ever(web: Web) -> None:
    """Once a day, and no more after the third question without an answer."""
    for _day in range(6):
        for _ in range(3):
            web.ask()
        web.office.settle()
        web.office.now += timedelta(hours=25)
    web.got(ASK_AT_MOST)
    assert [letter.recipient for letter in web.office.letters] == [NEWCOMER] * ASK_AT_MOST


def test_lost_links_are_mailed_to_readers_only(web: Web) -> None:
    """The page says the same to all; a stranger gets nothing."""
    known = web.client.post("/links/weekly", data={"email": READER})
    unknown = web.client.post("/links/weekly", data={"email": NEWCOMER})
    assert known.text == unknown.text
    web.got(1)
    assert [letter.recipient for letter in web.office.letters] == [READER]
    assert web.client.get(link_in(web.office.last(), "p")).status_code == 200


def test_leaving_on_the_page_says_goodbye(web: Web) -> None:
    """A friend with a forwarded mail cannot do it unseen: the reader can undo it from a mail."""
    person = web.office.person()
    assert person is not None
    path = f"/u/{web.office.site.tokens.make(Purpose.UNSUBSCRIBE, person.id, 'weekly')}"
    web.client.post(path, data={"action": "unsubscribe"})
    web.got(1)
    assert web.office.last().recipient == READER
    web.client.post(link_in(web.office.last(), "u"), data={"action": "undo"})
    assert web.status() == "active"


def test_one_click_sends_no_goodbye(web: Web) -> None:
    """A mail program's button asks for no more mail, and gets none."""
    person = web.office.person()
    assert person is not None
    path = f"/u/{web.office.site.tokens.make(Purpose.UNSUBSCRIBE, person.id, 'weekly')}"
    web.client.post(path, data={"List-Unsubscribe": "One-Click"})
    assert web.status() == "unsubscribed"
    web.client.post("/links/weekly", data={"email": "reader1@example.org"})
    web.got(1)
    assert [letter.recipient for letter in web.office.letters] == ["reader1@example.org"]


def ask_and_confirm(web: Web, address: str = NEWCOMER) -> str:
    """Ask for another address and confirm it there; the path of the question to the old address."""
    web.client.post(web.preferences(), data={"action": "move", "email": address})
    web.got(1)
    path = link_in(web.office.last(), "move")
    web.client.get(path)
    assert "Thank you, one more step" in web.client.post(path).text
    web.got(2)
    assert web.office.last().recipient == READER
    return link_in(web.office.last(), "move-answer")


def test_both_addresses_agree_to_a_change_and_the_old_one_can_undo_it(web: Web) -> None:
    """Nothing changes until the old address agrees by a button; then it has a way back."""
    answer = ask_and_confirm(web)
    web.client.get(answer)
    assert web.status(NEWCOMER) == ""
    web.client.post(answer, data={"action": "agree"})
    assert (web.status(NEWCOMER), web.status()) == ("active", "")
    web.got(3)
    assert web.office.last().recipient == READER
    assert web.client.post(answer).status_code == 410
    web.office.now += timedelta(days=29)
    web.client.post(link_in(web.office.last(), "move-back"))
    assert (web.status(NEWCOMER), web.status()) == ("", "active")


def test_an_unanswered_change_is_made_after_a_week_and_announced(web: Web) -> None:
    """The old address is told when its silence has made the change."""
    ask_and_confirm(web)
    web.office.now += timedelta(days=6)
    assert make_due_moves(web.office.site, now=web.office.now) == 0
    web.office.now += timedelta(days=1)
    assert make_due_moves(web.office.site, now=web.office.now) == 1
    assert (web.status(NEWCOMER), web.status()) == ("active", "")
    flush(web.office.site, lambda: web.office.now)
    web.got(3)
    assert web.office.last().recipient == READER


def test_a_forwarded_issue_gives_nobody_the_subscription(web: Web) -> None:
    """The true reader refuses, and the forwarded link to the preferences is dead afterwards."""
    forwarded = web.preferences()
    web.client.post(ask_and_confirm(web), data={"action": "refuse"})
    assert (web.status(NEWCOMER), web.status()) == ("", "active")
    for data in ({"action": "move", "email": "again@example.org"}, {"action": "erase"}):
        assert web.client.post(forwarded, data=data).status_code == 410
    assert web.client.get(forwarded).status_code == 410


def test_a_change_ends_older_links_but_not_those_that_unsubscribe(web: Web) -> None:
    """Preferences, export and erase links of the time before are dead; unsubscribing still works."""
    person = web.office.person()
    assert person is not None
    old = web.preferences()
    tokens = web.office.site.tokens
    mailed = [
        f"/{purpose}/{tokens.make(purpose, person.id, 'weekly', web.office.now)}"
        for purpose in (Purpose.ERASE, Purpose.EXPORT)
    ]
    web.office.now += timedelta(seconds=1)
    web.client.post(ask_and_confirm(web), data={"action": "agree"})
    assert [web.client.post(path).status_code for path in (old, *mailed)] == [410, 410, 410]
    leave = f"/u/{tokens.make(Purpose.UNSUBSCRIBE, person.id, 'weekly')}"
    assert "/links/weekly" in web.client.get(leave).text
    assert "/p/" not in web.client.get(leave).text
    web.client.post(leave)
    assert web.status(NEWCOMER) == "unsubscribed"


def test_data_waits_a_week_at_a_new_address(web: Web) -> None:
    """The new address can neither export nor erase until it has been the reader's for a week."""
    web.client.post(ask_and_confirm(web), data={"action": "agree"})
    web.got(3)
    person = web.office.person(NEWCOMER)
    assert person is not None
    link = web.office.site.tokens.make(Purpose.PREFERENCES, person.id, "weekly", person.links_since)
    for action in ("export", "erase"):
        page = web.client.post(f"/p/{link}", data={"action": action})
        assert "Your address has changed within the last week" in page.text
    web.office.now += timedelta(days=7)
    web.client.post(f"/p/{link}", data={"action": "erase"})
    web.got(4)
    assert "/erase/" in link_in(web.office.last(), "erase")


def test_a_new_address_gets_issues_with_links_that_work(web: Web) -> None:
    """The link in the next letter after a change opens the preferences."""
    web.client.post(ask_and_confirm(web), data={"action": "agree"})
    web.got(3)
    web.client.post("/links/weekly", data={"email": NEWCOMER})
    web.got(4)
    assert web.office.last().recipient == NEWCOMER
    assert web.client.get(link_in(web.office.last(), "p")).status_code == 200


def test_moving_to_another_readers_address_joins_the_two(web: Web) -> None:
    """Who reads at both addresses reads at one of them after that."""
    other = "reader1@example.org"
    web.client.post(ask_and_confirm(web, other), data={"action": "agree"})
    assert (web.status(other), web.status()) == ("active", "unsubscribed")


def test_data_and_erasure_come_by_mail(web: Web) -> None:
    """The page alone shows and destroys nothing: the mailed links do, by POST."""
    page = web.preferences()
    web.client.post(page, data={"action": "export"})
    web.got(1)
    path = link_in(web.office.last(), "export")
    assert READER not in web.client.get(path).text
    assert web.client.post(path).json()["address"] == READER

    web.client.post(page, data={"action": "erase"})
    web.got(2)
    path = link_in(web.office.last(), "erase")
    web.client.get(path)
    assert web.status() == "active"
    assert "Your data has been erased" in web.client.post(path).text
    assert web.office.person() is None
    assert web.client.get(path).status_code == 410


def test_mailed_links_run_out(web: Web) -> None:
    """A day for one's data, a week to confirm; a token of another purpose opens nothing."""
    person = web.office.person()
    assert person is not None
    for purpose, days in ((Purpose.ERASE, 1), (Purpose.EXPORT, 1), (Purpose.CONFIRM, 7)):
        token = web.office.site.tokens.make(purpose, person.id, "weekly", web.office.now)
        assert web.client.get(f"/{purpose}/{token}").status_code == 200
        assert web.client.post(f"/u/{token}").status_code == 400
        web.office.now += timedelta(days=days, hours=1)
        assert web.client.post(f"/{purpose}/{token}").status_code == 410
    assert web.status() == "active"


def test_a_button_pressed_twice_sends_one_letter(web: Web) -> None:
    """The second press is answered like the first; the record has one request."""
    fields = {"stamp": web.stamp(), "email": NEWCOMER}
    answers = [web.client.post("/join/weekly", data=fields).text for _ in range(2)]
    assert answers[0] == answers[1]
    web.got(1)
    assert len(web.office.letters) == 1


def test_a_stamp_is_used_only_with_its_request(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the database could not keep the request, the same form works a minute later."""

    def busy(*_: object) -> bool:
        raise DatabaseBusyError("the database is busy")

    fields = {"stamp": web.stamp(), "email": NEWCOMER}
    with monkeypatch.context() as patched:
        patched.setattr(form_requests, "keep_request", busy)
        assert web.client.post("/join/weekly", data=fields).status_code == 503
    assert web.status(NEWCOMER) == ""
    web.client.post("/join/weekly", data=fields)
    assert web.status(NEWCOMER) == "pending"


def test_a_stamp_serves_one_address(web: Web) -> None:
    """A robot that uses it again sends nothing; a person who went back to mend a letter goes on."""
    stamp = web.stamp()
    web.client.post("/join/weekly", data={"stamp": stamp, "email": "nwe@example.org"})
    again = web.client.post("/join/weekly", data={"stamp": stamp, "email": NEWCOMER})
    assert web.status(NEWCOMER) == ""
    fresh = re.search(r'name="stamp" value="([^"]+)"', again.text)
    assert fresh is not None
    assert fresh[1] != stamp
    web.office.now += timedelta(seconds=5)
    web.client.post("/join/weekly", data={"stamp": fresh[1], "email": NEWCOMER})
    assert web.status(NEWCOMER) == "pending"


def test_a_hasty_form_keeps_its_stamp(web: Web) -> None:
    """Who presses again after the time that the page names is through; nothing has to be typed twice."""
    stamp = web.stamp()
    web.office.now -= timedelta(seconds=2)
    answer = web.client.post("/join/weekly", data={"stamp": stamp, "email": NEWCOMER})
    assert "wait 2 seconds" in answer.text
    assert stamp in answer.text
    assert f'value="{NEWCOMER}"' in answer.text
    assert web.status(NEWCOMER) == ""
    web.office.now += timedelta(seconds=2)
    web.client.post("/join/weekly", data={"stamp": stamp, "email": NEWCOMER})
    assert web.status(NEWCOMER) == "pending"


def test_a_proof_saves_the_wait(web: Web) -> None:
    """What a browser calculates stands for the time."""
    stamp = web.stamp()
    web.office.now -= timedelta(seconds=3)
    proof = next(str(n) for n in range(10**7) if has_proof(stamp, str(n), 14))
    web.client.post("/join/weekly", data={"stamp": stamp, "email": NEWCOMER, "proof": proof})
    assert web.status(NEWCOMER) == "pending"


def test_a_day_has_its_limit(tmp_path: Path) -> None:
    """From whatever networks they come."""
    with post_office(tmp_path, tables="[sign_up]\nper_day = 2") as office:
        app = make_app(office.site, clock=lambda: office.now)
        with serving(app) as base, web_client(base_url=base) as client:
            web = Web(office=office, client=client)
            codes = [web.ask(f"n{number}@example.org").status_code for number in range(3)]
            office.now += timedelta(days=1, seconds=1)
            later = web.ask("later@example.org")
    assert codes == [202, 202, 429]
    assert later.status_code == 202


def test_a_link_scanner_confirms_nothing(web: Web) -> None:
    """Who has just followed the link that nobody sees is asked once more, and is not locked out."""
    web.sign_up()
    web.got(1)
    letter = web.office.last()
    assert "/robot" not in letter.part("plain")
    assert "https://news.example.org/robot" in letter.part("html")
    path = link_in(letter, "confirm")
    assert web.client.get("/robot").status_code == 200
    assert "One more click" in web.client.post(path).text
    assert web.status(NEWCOMER) == "pending"
    web.office.now += timedelta(seconds=11)
    web.client.post(path)
    assert web.status(NEWCOMER) == "active"


def test_known_and_unknown_take_the_same_work_before_the_answer(
    web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same statements for known and unknown addresses; the letters are made later."""
    monkeypatch.setattr(answers, "post_or_leave", lambda *_: None)
    for path in ("/join/weekly", "/links/weekly"):
        work = []
        for address in (READER, NEWCOMER):
            stamp = web.stamp()
            with statements(web.office.site.database) as done:
                web.client.post(path, data={"stamp": stamp, "email": address})
            work.append([re.sub(r"\W[0-9a-f]{16,}", "", one) for one in done])
        assert work[0] == work[1]
        assert any("INSERT INTO form_requests" in one for one in work[0])
    assert not web.office.letters


@pytest.mark.parametrize("path", ["/join/weekly", "/links/weekly"])
def test_a_request_outlives_the_process_that_took_it(
    web: Web, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    """It is kept before the answer; the next process mails the letter, once."""
    monkeypatch.setattr(answers, "post_or_leave", lambda *_: None)
    data = {"stamp": web.stamp(), "email": READER}
    assert web.client.post(path, data=data).status_code == 200
    assert not web.office.letters
    for _ in range(2):
        flush(web.office.site, lambda: web.office.now)
    assert [letter.recipient for letter in web.office.letters] == [READER]


def test_erasing_drops_what_was_asked_for(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    """A request by a form that still waits, of a reader and of somebody unknown."""
    monkeypatch.setattr(answers, "post_or_leave", lambda *_: None)
    for address in (READER, NEWCOMER, "other@example.org"):
        web.client.post("/join/weekly", data={"stamp": web.stamp(), "email": address.upper()})
    reader = web.office.person()
    assert reader is not None
    known = export(web.office.site, reader.id)
    assert known is not None
    assert [one["list_slug"] for one in known["form_requests"]] == ["weekly"]
    for address in (READER, NEWCOMER):
        assert erase(web.office.site, address, now=web.office.now)
    with web.office.site.database.transaction(read_only=True) as connection:
        left = due_requests(connection, web.office.now)
    assert [one.content["address"] for one in left] == ["OTHER@EXAMPLE.ORG"]
    with pytest.raises(UnknownSubscriberError):
        erase(web.office.site, NEWCOMER, now=web.office.now)


def test_one_request_that_fails_does_not_stop_the_others(
    web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It waits an hour and is tried again."""
    works = form_requests.join

    def join(site: Site, connection: sa.Connection, request: JoinRequest, *, now: datetime) -> None:
        if request.address == "bad@example.org":
            raise ZeroDivisionError
        works(site, connection, request, now=now)

    monkeypatch.setattr(form_requests, "join", join)
    for address in ("bad@example.org", NEWCOMER):
        web.sign_up(address)
    assert web.status(NEWCOMER) == "pending"
    assert web.status("bad@example.org") == ""
    monkeypatch.setattr(form_requests, "join", works)
    assert web.status("bad@example.org") == ""
    web.office.now += timedelta(hours=1)
    assert web.status("bad@example.org") == "pending"
