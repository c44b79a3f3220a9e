"""Whether an address is known is not told by the work that an answer waits for."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import sqlalchemy as sa
from sqlalchemy import event
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from newsletter.store.tables import audit, outbox
from newsletter.store.users import Role, save_user
from newsletter.web.app import make_app
from newsletter.web.reader.stamp import make_stamp
from newsletter.web.signin.passwords import hash_password
from tests.factories.mail import NOW, READER, PostOffice, post_office
from tests.factories.web_requests import RawRequest, WebAnswer, ask_raw

EDITOR, STRANGER = "ed@press.example.org", "nobody@press.example.org"
FORM, JSON = "application/x-www-form-urlencoded", "application/json"


@dataclass(frozen=True, kw_only=True, slots=True)
class Work:
    """What was done before the answer ended, and how many statements and letters came after it."""

    answer: WebAnswer
    before: list[str]
    letters_before: int
    after: int
    letters: int


@pytest.fixture
def office(tmp_path: Path) -> Iterator[PostOffice]:
    """A site with readers, an editor who has a password, and one who has none."""
    with post_office(tmp_path, keys="suggestions = true\n") as running:
        with running.site.database.transaction() as connection:
            for address, password in (
                (EDITOR, "a sentence that is long"),
                (f"link.{EDITOR}", None),
            ):
                save_user(
                    connection, address, name="Ed", role=Role.EDITOR, now=NOW,
                    password_hash=hash_password(password) if password else None,
                )  # fmt: skip
        yield running


def post(office: PostOffice, path: str, fields: dict[str, str], *, type_: str = FORM) -> Work:
    """Post the form, and watch the database until the work behind the answer is done."""
    done: list[str] = []
    at_answer: list[tuple[int, int]] = []

    def note(*arguments: Any) -> None:
        done.append(re.sub(r"\W[0-9a-f]{16,}", "", arguments[2]))

    def letters() -> int:
        with office.site.database.transaction(read_only=True) as connection:
            waiting = connection.scalar(sa.select(sa.func.count()).select_from(outbox)) or 0
        return int(waiting) + len(office.letters)

    before = letters()

    def watched(app: ASGIApp) -> ASGIApp:
        async def asked(scope: Scope, receive: Receive, send: Send) -> None:
            async def watched_send(message: Message) -> None:
                await send(message)
                if message["type"] == "http.response.body" and not message.get("more_body"):
                    at_answer.append((len(done), letters() - before))

            await app(scope, receive, watched_send)

        return asked

    body = json.dumps(fields) if type_ == JSON else urlencode(fields)
    request = RawRequest(
        method="POST",
        path=path.encode(),
        query=b"",
        headers={b"host": b"127.0.0.1:8000", b"content-type": type_.encode()},
        body=body.encode(),
    )
    event.listen(office.site.database.engine, "before_cursor_execute", note)
    try:
        app = watched(make_app(office.site, clock=lambda: office.now))
        answer = asyncio.run(ask_raw(app, request))  # type: ignore[arg-type] # it is only called
    finally:
        event.remove(office.site.database.engine, "before_cursor_execute", note)
    ((count, sent),) = at_answer
    # The count of letters at the answer was one statement of this test.
    return Work(
        answer=answer,
        before=done[:count],
        letters_before=sent,
        after=len(done) - count - 1,
        letters=letters() - before,
    )


def stamp(office: PostOffice, purpose: str = "weekly") -> str:
    """The stamp of a form that was shown a while ago; each is taken once."""
    office.now += timedelta(seconds=20)
    return make_stamp(office.site, purpose, office.now - timedelta(seconds=10))


@pytest.mark.parametrize("way", ["join", "join by JSON", "links", "sign-in link"])
def test_known_and_unknown_cost_the_same_until_the_answer(office: PostOffice, way: str) -> None:
    """The same statements, the same answer and no letter; what differs is done behind it."""
    work = []
    known = EDITOR if way == "sign-in link" else READER
    for address in (known, STRANGER):
        match way:
            case "sign-in link":
                done = post(office, "/sign-in", {"address": address, "way": "link"})
            case "links":
                done = post(office, "/links/weekly", {"email": address})
            case "join":
                done = post(office, "/join/weekly", {"email": address, "stamp": stamp(office)})
            case _:
                fields = {"email": address, "stamp": stamp(office)}
                done = post(office, "/join/weekly", fields, type_=JSON)
        work.append(done)
    of_known, of_unknown = work
    assert of_known.before == of_unknown.before
    assert (of_known.letters_before, of_unknown.letters_before) == (0, 0)
    assert of_known.answer.status == of_unknown.answer.status < 300
    assert of_known.answer.body.replace(known.encode(), STRANGER.encode()).count(b"\n") == (
        of_unknown.answer.body.count(b"\n")
    )
    assert of_known.after > 0
    assert of_known.letters == 1


def test_a_suggestion_does_not_tell_whose_address_it_gives(office: PostOffice) -> None:
    """Whether it is a reader's is looked up behind the answer; nobody gets a letter."""
    of_known, of_unknown = [
        post(
            office,
            "/suggest/weekly",
            {
                "email": address,
                "url": f"https://press.example.org/{number}",
                "stamp": stamp(office, "suggest weekly"),
            },
        )
        for number, address in enumerate((READER, STRANGER))
    ]
    assert of_known.before == of_unknown.before
    assert of_known.answer.status == of_unknown.answer.status == 200
    assert len(of_known.answer.body) == len(of_unknown.answer.body)
    assert of_known.after > of_unknown.after
    assert (of_known.letters, of_unknown.letters) == (0, 0)


@pytest.mark.parametrize("known", [EDITOR, f"link.{EDITOR}"])
def test_a_wrong_password_costs_the_same_for_everybody(office: PostOffice, known: str) -> None:
    """That an editor's failure is recorded, and a stranger's is not, is seen behind the answer."""
    of_known, of_unknown = [
        post(office, "/sign-in", {"address": address, "password": "wrong", "way": "password"})
        for address in (known, STRANGER)
    ]
    assert of_known.answer.status == of_unknown.answer.status == 403
    assert of_known.before == of_unknown.before
    assert of_known.after > of_unknown.after
    with office.site.database.transaction(read_only=True) as connection:
        failed = sa.select(sa.func.count()).where(audit.c.what == "failed to sign in")
        assert connection.scalar(failed) == 1
