"""However often a stranger causes it, each message fills one line a minute: at every place that logs one."""

from __future__ import annotations

import ast
import asyncio
import logging
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx2
import pytest
import sqlalchemy as sa
from starlette.exceptions import HTTPException
from starlette.responses import Response

import newsletter
import subscribers
from newsletter.errors import ParserCrashedError, UnavailableError
from newsletter.pipeline import form_requests, reader_letters, receive, sender_authentication
from newsletter.sandbox import Limits, Pool
from newsletter.sandbox import pool as pool_module
from newsletter.store.form_requests import FormKind, keep_request
from newsletter.web import error_wall, health, hooks
from newsletter.web.app import make_app
from newsletter.web.error_wall import ErrorWall
from newsletter.web.signin import attempts, entry, passkey_pages
from subscribers.inbound import listener
from subscribers.letters import LetterRequest, Template
from subscribers.quiet_log import QuietLog
from tests.factories.editors import ADDRESS, NOW, open_office
from tests.factories.mail import DOMAIN, PostOffice, post_office
from tests.factories.provider_reports import Report, hooks_tables, signed
from tests.factories.site import make_site
from tests.integration.test_sender_authentication import check, mail
from tests.servers.web import serving, web_client

TIMES = 12
MONDAY = datetime(2026, 3, 9, 7, tzinfo=UTC)

ELSEWHERE = {
    # Flooded in test_provider_floods.py.
    "an editor could not be sent to the identity provider: %s",
    "the identity provider refuses a sign-in: %.100r",
    "an editor could not sign in by the identity provider",
    "%s recognised somebody %s",
    "%s recognised somebody who is not a user",
    # What needs a disk or a system that refuses: each is a line of the same class.
    "a picture could not be kept in %s: %s",
    "Something that others wrote could not be read.",
    "the page about an error could not be made",
}
"""Messages that are not flooded below."""


def _messages() -> set[str]:
    """What every place that a stranger reaches may log."""
    found = set()
    for package in (newsletter, subscribers):
        for path in Path(str(package.__file__)).parent.rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and re.fullmatch(
                    r"(self\.)?strangers\.(warning|error|exception)", ast.unparse(node.func)
                ):
                    first = node.args[0]
                    is_text = isinstance(first, ast.Constant)
                    found.add(str(first.value) if is_text else "… failed")
    return found


def _hooks(folder: Path, make: Callable[[PostOffice], Report]) -> None:
    with (
        post_office(folder, tables=hooks_tables()) as office,
        serving(make_app(office.site, clock=lambda: office.now)) as url,
    ):
        made = make(office)
        for _ in range(TIMES):
            sent = httpx2.post(
                f"{url}/hooks/{made.provider}", content=made.body, headers=dict(made.headers)
            )
            assert sent.status_code in (400, 403)


def _unproven(folder: Path) -> None:
    _hooks(folder, lambda _office: Report(provider="generic", body=b"{}"))


def _unreadable_report(folder: Path) -> None:
    _hooks(folder, lambda office: signed("generic", "text", office.now))


def _passkeys(folder: Path) -> None:
    with open_office(make_site(folder, now=NOW)) as office:
        for _ in range(TIMES):
            state = office.client.get("/sign-in/passkey/ask").json()["state"]
            form = {"state": state, "credential": "x"}
            assert office.client.post("/sign-in/passkey", data=form).status_code == 403


def _unknown_editors(folder: Path) -> None:
    with open_office(make_site(folder, now=NOW)) as office:
        for number in range(TIMES):
            form = {"address": f"no{number}@example.net", "password": "x", "way": "password"}
            assert office.client.post("/sign-in", data=form).status_code == 403


def _links(folder: Path, send: Callable[[str, str, str], None] | None) -> None:
    with open_office(make_site(folder, now=NOW)) as office:
        office.add()
        if send is not None:
            auth = office.app.state.auth_context
            office.app.state.auth_context = replace(auth, send_link=send)
        for number in range(TIMES):
            form = {"address": ADDRESS, "way": "link"}
            origin = {"X-Forwarded-For": f"198.51.{number}.1"}
            assert office.client.post("/sign-in", data=form, headers=origin).status_code == 200


def _many_links(folder: Path) -> None:
    _links(folder, None)


def _links_without_relay(folder: Path) -> None:
    def refuse(*_: str) -> None:
        raise UnavailableError("the relay is away")

    _links(folder, refuse)


def _records(_folder: Path) -> None:
    def broken(*_: object) -> bool:
        raise RecursionError("a record without end")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sender_authentication, "_passes_spf", broken)
        for _ in range(TIMES):
            assert not check(mail(), {})


def _mails(folder: Path, patches: dict[str, object]) -> None:
    with post_office(folder) as office, pytest.MonkeyPatch.context() as patch:
        for name, value in patches.items():
            patch.setattr(receive, name, value)
        for number in range(TIMES):
            office.take(
                b"From: a@example.net\nSubject: x\nMessage-ID: <%d@example.net>\n\nhi" % number,
                "weekly",
                envelope="a@example.net",
                send=False,
            )


def _header(folder: Path) -> None:
    _mails(folder, {"LIMITS": Limits(seconds=10, output=1)})


def _quarantine(folder: Path) -> None:
    _mails(folder, {"LIMITS": Limits(seconds=10, output=1), "KEPT_OCTETS": -1})


def _handling(folder: Path) -> None:
    def broken(*_: object, **__: object) -> None:
        raise KeyError("no such field")

    _mails(folder, {"_settle": broken})


def _session(_folder: Path) -> None:
    handler = listener._Handler(lambda _: True, lambda *_: None, is_public=False)
    for _ in range(TIMES):
        answer = asyncio.run(
            handler.handle_exception(UnicodeDecodeError("ascii", b"\xff", 0, 1, "no"))
        )
        assert answer.startswith("451 ")


def _letters(folder: Path, address: str, per_day: int) -> None:
    with post_office(folder, tables="") as office:
        inbound = office.with_inbound(answers_per_day=per_day)
        for number in range(TIMES):
            letter = LetterRequest(
                template=Template.HELP,
                subscriber_id=None,
                address=address.format(number=number),
                list_slug="weekly",
            )
            with inbound.database.transaction() as connection:
                reader_letters.put_letter(inbound, connection, letter, NOW, in_reply_to="<1@x>")


def _bad_address(folder: Path) -> None:
    _letters(folder, "root{number}@localhost", 500)


def _many_answers(folder: Path) -> None:
    _letters(folder, "a{number}@example.net", 1)


def _requests(folder: Path, content: dict[str, Any]) -> None:
    site = make_site(folder, now=NOW)
    for _ in range(TIMES):
        with site.database.transaction() as connection:
            keep_request(connection, FormKind.LINKS, content, NOW)
    form_requests.handle_requests(site, NOW + timedelta(seconds=1))


def _closed(folder: Path) -> None:
    _requests(folder, {"list_slug": "gone", "address": "a@example.net"})


def _broken_request(folder: Path) -> None:
    _requests(folder, {"list_slug": "weekly"})


def _not_ready(folder: Path) -> None:
    site = make_site(folder, now=NOW)
    with serving(make_app(site)) as url, web_client(base_url=url) as client:
        site.database.close()
        (folder / "newsletter.db").unlink()
        (folder / "newsletter.db").mkdir()
        for _ in range(TIMES):
            assert client.get("/health").status_code == 503


def _storing(_folder: Path) -> None:
    def broken(*_: object) -> None:
        raise sa.exc.OperationalError("INSERT", {}, OSError("disk is full"))

    handler = listener._Handler(lambda _: True, broken, is_public=False)

    class Envelope:
        content, mail_from, rcpt_tos = b"Subject: x\n\nhi", "a@example.net", [f"weekly@{DOMAIN}"]

    for _ in range(TIMES):
        said = asyncio.run(handler.handle_DATA(None, None, Envelope()))  # type: ignore[arg-type]
        assert said.startswith("451 ")


def _route(_folder: Path) -> None:
    async def broken(*_: object) -> None:
        raise HTTPException(503)

    async def nothing(*_: object) -> None: ...

    wall = ErrorWall(broken, lambda _request, failure: Response(status_code=failure.status))
    scope = {"type": "http", "method": "GET", "path": "/u/secret", "path_params": {"t": "secret"}}
    for _ in range(TIMES):
        asyncio.run(wall(scope, nothing, nothing))  # type: ignore[arg-type]


def faulty() -> None:
    """A parser with a bug."""
    raise KeyError("no such field")


def _parser(_folder: Path) -> None:
    pool = Pool(most=1)
    for _ in range(3):  # each costs a worker
        with suppress(ParserCrashedError):
            pool.run(faulty, limits=Limits(seconds=10))
    pool.close()


FLOODS: dict[str, tuple[ModuleType, Callable[[Path], None]]] = {
    "a report to /hooks/%s was refused: %s": (hooks, _unproven),
    "a report to /hooks/%s cannot be read: %s": (hooks, _unreadable_report),
    "a sign-in with a passkey failed: %s": (passkey_pages, _passkeys),
    "a sign-in from %s failed: no editor has the address": (attempts, _unknown_editors),
    "no further sign-in link is mailed to an editor within the hour": (attempts, _many_links),
    "the sign-in link for an editor could not be sent": (entry, _links_without_relay),
    "a sender could not be authenticated: %s: %s": (sender_authentication, _records),
    "The header of a message could not be read: %s.": (receive, _header),
    "a message was not kept: the quarantine is full; see receive --list": (receive, _quarantine),
    "message %d could not be handled": (receive, _handling),
    "inbound mail: %s: %s": (listener, _session),
    "A message could not be stored.": (listener, _storing),
    "a letter cannot be written: %s": (reader_letters, _bad_address),
    "no letter was written: the daily limit of answers to mail is reached": (
        reader_letters,
        _many_answers,
    ),
    "a request by a form waits: %s": (form_requests, _closed),
    "a request by a form could not be handled, and waits": (form_requests, _broken_request),
    "not ready": (health, _not_ready),
    "… failed": (error_wall, _route),
    "Something that others wrote could not be read.\n%s": (pool_module, _parser),
}
"""By the message: who logs it, and what a stranger does."""


def test_every_message_is_flooded() -> None:
    """A new one is added above."""
    assert _messages() == {*FLOODS, *ELSEWHERE}


@pytest.mark.parametrize("message", FLOODS)
def test_a_flood_fills_one_line(
    message: str, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same again and again within a minute, of which the log has the first."""
    module, flood = FLOODS[message]
    if hasattr(module, "strangers"):
        quiet = QuietLog(module.log, clock=lambda: 0.0)
        monkeypatch.setattr(module, "strangers", quiet)
    start = re.split(r"%[a-z]|…", message.partition("\n")[0])[0]
    with caplog.at_level(logging.WARNING):
        flood(tmp_path)
    lines = [line for record in caplog.records if (line := record.getMessage()).startswith(start)]
    if message == "… failed":
        lines = [line for line in lines if line.startswith("GET /u/{t} failed")]
    assert len(lines) == 1, lines
