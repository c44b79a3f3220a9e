"""A source's password is used, and shown nowhere: not by a command, a page, the API or a log."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from newsletter.cli.logs import configure_logging
from newsletter.jobs.operators import watched_run
from newsletter.jobs.supervisor import Supervisor
from newsletter.pipeline.gather import gather
from newsletter.site.site import open_site
from newsletter.store.api_tokens import make_api_token
from newsletter.store.users import Role
from newsletter.web.app import make_app
from tests.acceptance.site import CommandLine
from tests.factories.editors import ADDRESS, add_editor
from tests.factories.site import make_site
from tests.servers.feeds import FeedServer, respond
from tests.servers.smtp import Catcher, smtp_server

NOW = datetime(2026, 5, 12, 12, 0, tzinfo=UTC)
SECRET = "hush-hush"
FEED = (
    "<rss version='2.0'><channel><title>Harbour</title><item><title>Bridge</title>"
    "<link>https://example.org/bridge</link><pubDate>Tue, 12 May 2026 09:30:00 GMT</pubDate>"
    "<description>It opens.</description></item></channel></rss>"
)


@pytest.fixture
def server() -> Iterator[FeedServer]:
    """A web server whose feeds want a password; some of them fail in spite of it."""
    with FeedServer() as running:

        def answer(request: BaseHTTPRequestHandler) -> None:
            if not request.headers.get("Authorization"):
                respond(request, b"", status=401)
            elif "/fails" in request.path:
                respond(request, b"", status=500)
            elif "/moves" in request.path:
                place = running.url("/feed").replace("://", f"://user:{SECRET}@")
                respond(request, b"", status=301, headers={"Location": place})
            elif "/astray" in request.path:
                headers = {"Location": f"ftp://user:{SECRET}@127.0.0.1/"}
                respond(request, b"", status=302, headers=headers)
            else:
                respond(request, FEED.encode())

        for path in ("/feed", "/fails", "/moves", "/astray", "/nowhere"):
            running.on(path, answer)
        yield running


@pytest.fixture
def site(tmp_path: Path, server: FeedServer) -> CommandLine:
    """A site of such sources, gathered and drafted."""
    sources = "".join(
        f'[[newsletters.weekly.sources]]\nfeed = "{server.url(path)}"\n'.replace(
            "://", f"://user:{SECRET}@"
        )
        for path in ("/feed", "/fails", "/moves", "/astray", "/gone")
    )
    fetch = '[fetch]\nallow_private = ["127.0.0.1"]\n\n'
    make_site(tmp_path, now=NOW, tables=fetch + sources, min_items=1).database.close()
    return CommandLine(folder=tmp_path, environment={})


def test_no_command_shows_it(site: CommandLine, server: FeedServer) -> None:
    """Neither on stdout nor on stderr, in words or JSON; and every source is asked with it."""
    url = server.url("/feed").replace("://", f"://other:{SECRET}@")
    now = ("--now", NOW.isoformat())
    commands = [
        ("gather", "weekly", *now),
        ("draft", "weekly", *now),
        ("show", "weekly"),
        ("status", *now),
        ("check",),
        ("run", *now),
        ("sources", "list"),
        ("sources", "test", url),
        ("sources", "test", server.url("/feed")),
        ("sources", "add", url),
        ("sources", "add", url.replace("/feed", "/nowhere?1"), "--dry-run"),
        ("sources", "add", url.replace("/feed", "/absent")),
        ("sources", "add", f"ftp://user:{SECRET}@a.example/"),
        ("sources", "add", f"https://user:{SECRET}/@nowhere.invalid/"),
        ("sources", "export"),
    ]
    for command in commands:
        for form in ((), ("--json",)):
            answer = site(*command, *form)
            assert SECRET not in answer.out + answer.err, command
            assert answer.code in (0, 1, 2, 65, 75), (command, answer.err)
    assert {seen.path for seen in server.seen if "authorization" in seen.headers} >= {
        *("/feed", "/fails", "/moves", "/astray"),
    }


def test_a_mistake_beside_it_does_not_show_it(site: CommandLine) -> None:
    """`check` names the field and the mistake, not the value."""
    file = site.folder / "newsletter.toml"
    good = file.read_text(encoding="utf-8")
    for wrong in (
        good.replace("http://user", "htp://user"),
        good.replace(f":{SECRET}@", f":{SECRET}/@"),
        good + f'auth = "{SECRET}"\n',
        good + f'headers = {{"X Y" = "{SECRET}"}}\n',
        good + f'headers = "{SECRET}"\n',
        good + f'tags = "{SECRET}"\nauth = "user:{SECRET}"\n',
    ):
        file.write_text(wrong, encoding="utf-8")
        for form in ((), ("--json",)):
            answer = site("check", *form)
            assert SECRET not in answer.out + answer.err


def test_the_database_does_not_have_it(site: CommandLine) -> None:
    """No table has it, and no file of the site but newsletter.toml."""
    site("gather", "weekly", "--now", NOW.isoformat())
    site.done("draft", "weekly", now=NOW)
    with sqlite3.connect(site.folder / "newsletter.db") as database:
        dump = "\n".join(database.iterdump())
    database.close()
    assert "http://127.0.0.1" in dump
    assert SECRET not in dump
    files = [path for path in site.folder.rglob("*") if path.is_file()]
    having = {path.name for path in files if SECRET.encode() in path.read_bytes()}
    assert having == {"newsletter.toml"}


async def test_no_letter_shows_it(site: CommandLine, server: FeedServer) -> None:
    """The operators read that sources fail or have moved, and where; and so do logs of runs."""
    with (site.folder / "newsletter.toml").open("a", encoding="utf-8") as file:
        file.write('[operators]\nmail = ["operator@example.net"]\n')
    async with smtp_server(Catcher()) as catcher:
        port = {"NEWSLETTER__RELAYS__0__PORT": str(catcher.port)}
        opened = open_site(site.folder, port)
        for days in range(5):
            moment = NOW + timedelta(days=days)
            await asyncio.to_thread(gather, opened, "weekly", now=moment)
            supervisor = Supervisor(opened.database, lambda moment=moment: moment)
            await asyncio.to_thread(watched_run, opened, supervisor)
        opened.database.close()
    letters = [
        str(message_from_bytes(caught.content, policy=policy.SMTP).get_body(("plain",)))
        for caught in catcher.caught
    ]
    assert any(server.url("/fails") in letter for letter in letters)
    assert not any(SECRET in letter for letter in letters)


def test_neither_the_desk_nor_the_api_shows_it(site: CommandLine, server: FeedServer) -> None:
    """Each GET of both, metrics, health and archive, and what changes sources."""
    site("gather", "weekly", "--now", NOW.isoformat())
    site.done("draft", "weekly", now=NOW)
    opened = open_site(site.folder, {})
    editor = add_editor(opened, ADDRESS, role=Role.PUBLISHER)
    with opened.database.transaction() as connection:
        key = make_api_token(connection, editor, name="test", now=NOW)
    client = TestClient(make_app(opened, clock=lambda: NOW), raise_server_exceptions=False)
    headers = {"Authorization": f"Bearer {key}"}
    url = server.url("/feed").replace("://", f"://other:{SECRET}@")
    answers = [
        client.get(path, headers=headers)
        for path in (
            *("/metrics", "/health", "/health/ready", "/", "/weekly", "/api/openapi.json"),
            *("/api/v1/sources", "/api/v1/sources/export", "/api/v1/status", "/api/v1/audit"),
            *("/api/v1/newsletters", "/api/v1/newsletters/weekly/issues/current"),
        )
    ]
    for path, body in (
        ("/api/v1/newsletters/weekly/gather", None),
        ("/api/v1/sources/test", {"url": url}),
        ("/api/v1/sources", {"newsletter": "weekly", "url": url}),
        ("/api/v1/sources", {"newsletter": "weekly", "url": url + "?x=1", "dry_run": True}),
        ("/api/v1/sources", {"newsletter": "weekly", "url": f"gopher://a:{SECRET}@b/"}),
        (
            "/api/v1/sources/import",
            {
                "newsletter": "weekly",
                "opml": f"<opml><body><outline xmlUrl='https://a:{SECRET}@b.example/'/>"
                f"<outline xmlUrl='ftp://a:{SECRET}@b.example/'/></body></opml>",
            },
        ),
        ("/api/v1/sources/test", None),
    ):
        answers.append(client.post(path, headers=headers, json=body))
    answers.append(client.get("/api/v1/audit", headers=headers))
    for answer in answers:
        assert SECRET not in answer.text, answer.url
        assert answer.status_code < 500, (answer.url, answer.text)
    assert client.get("/api/v1/sources", headers=headers).json()["sources"][1]["location"] == (
        server.url("/feed")
    )
    opened.database.close()


@pytest.mark.parametrize("form", ["text", "json"])
def test_no_log_shows_it(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever wrote it into a message, or raised it: the log has the address without it."""
    stderr = io.StringIO()
    monkeypatch.setattr("sys.stderr", stderr)
    configure_logging(form)
    address = f"https://user:{SECRET}@a.example/"
    log = logging.getLogger("newsletter")
    log.error("cannot read %s", address, exc_info=ValueError(address))
    for handler in log.handlers:
        handler.close()
    assert SECRET not in stderr.getvalue()
    assert "https://…@a.example/" in stderr.getvalue()
    if form == "json":
        assert "…@a.example" in json.loads(stderr.getvalue())["exception"]
