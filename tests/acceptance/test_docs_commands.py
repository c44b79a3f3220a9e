"""Every `newsletter …` command of the documentation is run, each in a prepared site of its own."""

from __future__ import annotations

import io
import shutil
import signal
import subprocess
import sys
import zipfile
from datetime import timedelta
from pathlib import Path
from urllib.request import urlopen

import pytest
from PIL import Image

from newsletter.cli import doctor
from newsletter.issues.source_mail import HeldReason
from newsletter.issues.suggestion import SuggestionWay
from newsletter.pipeline import screenshots as gallery
from newsletter.pipeline.doctor.dns_records import LiveRecords
from newsletter.pipeline.suggested_pages import read_suggested_pages
from newsletter.site.site import open_site
from newsletter.store.issues import find_issue
from newsletter.store.source_mails import keep_mail
from newsletter.store.suggestions import NewSuggestion, add_suggestion
from tests.acceptance.conftest import SiteMaker, Stage
from tests.acceptance.documented import Documented, documented_commands, leaf
from tests.acceptance.site import NOW, CommandLine
from tests.demo.serving import free_port
from tests.demo.site import wait_for
from tests.servers.dns import name_server

COMMANDS = documented_commands()
SERVING = [command for command in COMMANDS if "serve" in command.words]

IN_THE_TEST = {
    "weekly/12": "weekly/1",
    "one hand": "shows the tide",
    "12": "1",
    "2026-11-23T09:30": (NOW + timedelta(hours=2)).isoformat(timespec="minutes"),
    "/srv/news": ".",
    "/srv/newsletter": "my-site",
    "../my-letter": "my-letter",
    "/var/backups/newsletter-2026-11-23.db": "backup.db",
    "${recipient}": "weekly@news.example.org",
    "${sender}": "reader@example.org",
}
"""Issues, articles, times, messages and places of the documentation, and ours."""

CODES = {
    "doctor": 1,  # the test's site is not https, and its zone is empty
    "preview weekly --out preview --screenshots": 69,  # tests/browser has the pictures
    # No such site; tests/integration/test_sources.py has servers.
    "sources test https://site.example/": 65,
    "sources add https://site.example/ --newsletter weekly --tag news --dry-run": 65,
    "worker": 78,  # the test's site is on SQLite; tests/integration/test_nodes.py has nodes
    "worker --connections 16": 78,
}
"""What ends with something else than 0."""

APPROVED = ("send", "status", "unknown", "retry", "correct", "stop", "run", "backup", "year")
"""The commands that find an approved issue; others find a draft."""

LETTER = "--days 5 --subject Hello --text-file letter.md"
"""The letter that others of the commands are about; people.csv then takes the place of its words."""

EDITORS = ("ed@example.org", "pat@example.org")
PEOPLE = "email,name,tags\nyou@example.org,,\nmore@example.net,Mo,security\n"
MEMBERS = "email,name,subscribed_to_emails\nyou@example.org,You,true\nmore@example.net,Mo,false\n"
FEEDS = "<opml><body><outline text='A' xmlUrl='https://a.example/rss'/></body></opml>"
UNREADABLE = b"\xff\xfe no header at all"


@pytest.fixture
def prepared(
    request: pytest.FixtureRequest, new_site: SiteMaker, monkeypatch: pytest.MonkeyPatch
) -> CommandLine:
    """A site with what the documentation's commands are about."""
    documented: Documented = request.param
    first = documented.words[0]
    stage: Stage = "approved" if first in APPROVED else "drafted"
    site = new_site(stage, NEWSLETTER__INBOUND__DOMAIN="news.example.org")
    monkeypatch.chdir(site.folder)
    (site.folder / "people.csv").write_text(PEOPLE, encoding="utf-8")
    (site.folder / "members.csv").write_text(MEMBERS, encoding="utf-8")
    (site.folder / "feeds.opml").write_text(FEEDS, encoding="utf-8")
    with zipfile.ZipFile(site.folder / "export.zip", "w") as export:
        export.writestr("2024-05-31-tides.html", "<title>Tides</title><p>High.</p>")
    (site.folder / "left.csv").write_text("email\nfriend@example.com\n", encoding="utf-8")
    if first == "subscribers" or "--as" in documented.words:
        for address in ("reader@example.org", "friend@example.net"):
            if address not in documented.words or "add" not in documented.words:
                site.done("subscribers", "add", address, "--list", "weekly")
    if first == "lists" and "make" not in documented.words:
        site.done("lists", "make", "members")
    if first == "users":
        for address in EDITORS:
            if "add" not in documented.words:
                site.done("users", "add", address)
    (site.folder / "correction.txt").write_text("It was two metres.\n", encoding="utf-8")
    if first in ("unknown", "retry", "correct", "year"):
        site.done("send", "weekly", now=NOW)
    if "--from" in documented.words and first == "init":
        site.done("export", "site.zip")
    if first == "stop":
        send_in_vain(site)
    if first == "receive":
        give_mail(monkeypatch)
        site.done("receive", "--recipient", "weekly@news.example.org")
        give_mail(monkeypatch)
    Image.new("RGB", (600, 300), "teal").save(site.folder / "bridge.jpg")
    if documented.words[:2] == ("sources", "mail"):
        let_a_mail_wait(site)
    (site.folder / "letter.md").write_text("Our **best**.\n", encoding="utf-8")
    if (first == "letters" and documented.words[1] != "write") or "--letter" in documented.words:
        site.done("letters", "write", "weekly", *LETTER.split(), now=NOW)
        site.done("letters", "write", "weekly", "--letter", "1", *LETTER.split()[:-1], "people.csv")
    if first == "suggestions":
        suggest_a_story(site)
        if "unblock" in documented.words:
            site.done("suggestions", "block", "weekly", "1")
    if "--revoke" in documented.words:
        site.done(*(word for word in documented.words if word != "--revoke"))
    if "export" in documented.words:
        (site.folder / "people.csv").unlink()
    return site


def give_mail(monkeypatch: pytest.MonkeyPatch) -> None:
    """A message on stdin, as a mail server's pipe has it."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(UNREADABLE)))


def let_a_mail_wait(site: CommandLine) -> None:
    """A source takes newsletters of others, and nobody has confirmed the sender of one."""
    path = site.folder / "newsletter.toml"
    table = '\n[[newsletters.weekly.sources]]\nmail = "in@news.example.org"\n'
    path.write_text(path.read_text(encoding="utf-8") + table, encoding="utf-8")
    with open_site(site.folder, site.full_environment).database.transaction() as connection:
        keep_mail(
            connection,
            source=("weekly", "in@news.example.org"),
            message=1,
            sender="daily@digest.example",
            subject="Confirm your address",
            content=b"Subject: Confirm\n\nFollow the link.",
            held_for=HeldReason.UNCONFIRMED,
            now=NOW,
        )


def suggest_a_story(site: CommandLine) -> None:
    """A reader suggests a story that a source has, which needs no fetch."""
    opened = open_site(site.folder, site.full_environment)
    with opened.database.transaction() as connection:
        story = find_issue(connection, "weekly", 1).items[0].article
        new = NewSuggestion(
            newsletter="weekly",
            url=story.url,
            title="",
            reader="x",
            way=SuggestionWay.FORM,
            is_proven=True,
        )
        add_suggestion(connection, new, NOW)
    assert read_suggested_pages(opened, now=NOW) == 1
    opened.database.close()


def send_in_vain(site: CommandLine) -> None:
    """No relay answers: the issue stays half sent."""
    relay = {"NEWSLETTER__RELAYS__0__PORT": str(free_port())}
    away = CommandLine(folder=site.folder, environment={**site.environment, **relay})
    assert away("send", "weekly", "--now", NOW.isoformat()).code == 69


def restored_by_litestream(folder: Path) -> None:
    """The database under the name that litestream was told."""
    shutil.move(folder / "newsletter.db", folder / "restored.db")


@pytest.mark.parametrize(
    ("prepared", "documented"),
    [(command, command) for command in COMMANDS if command not in SERVING],
    ids=[str(command) for command in COMMANDS if command not in SERVING],
    indirect=["prepared"],
)
def test_a_documented_command_does_what_it_is_for(
    prepared: CommandLine,
    documented: Documented,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:
    """It ends with 0, or with the code that its page or the contract says."""
    words = [IN_THE_TEST.get(word, word) for word in documented.words]
    if "migrate-database" in words:
        words[-1] = request.getfixturevalue("empty_postgres_url")
    name, _, value = documented.setting.partition("=")
    if name:
        restored_by_litestream(prepared.folder)
    site = CommandLine(
        folder=prepared.folder,
        environment={**prepared.environment, **({name: value} if name else {})},
    )
    command, _rest = leaf(documented.words)
    if any(parameter.name == "now" for parameter in command.params):
        words += ["--now", NOW.isoformat()]
    monkeypatch.setattr(gallery, "CHROMIUM", ())
    with name_server({}) as port:
        monkeypatch.setattr(doctor, "LiveRecords", lambda: LiveRecords(["127.0.0.1"], port))
        answer = site(*words)
    assert answer.code == CODES.get(str(documented), 0), answer.out + answer.err


@pytest.mark.parametrize(
    ("prepared", "documented"),
    [(command, command) for command in SERVING],
    ids=[str(command) for command in SERVING],
    indirect=["prepared"],
)
def test_serve_answers_until_it_is_stopped(prepared: CommandLine, documented: Documented) -> None:
    """On a free port, until it is told to end."""
    port = free_port()
    process = subprocess.Popen(
        prepared.line(*documented.words, "--port", str(port)), env=prepared.full_environment
    )
    try:
        wait_for(f"http://127.0.0.1:{port}/health", process)
        with urlopen(f"http://127.0.0.1:{port}/health/live") as answer:
            assert answer.status == 200
    finally:
        process.terminate()
        ended = process.wait(30)
    assert ended == -signal.SIGTERM  # after an orderly end, uvicorn hands on the signal
