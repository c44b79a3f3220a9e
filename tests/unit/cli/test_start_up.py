"""A command starts at once: it loads what it uses. Modules are counted, not seconds."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import click
import pytest

from newsletter.cli.commands import COMMANDS
from newsletter.cli.main import cli
from newsletter.pipeline.gather import gather
from tests.factories.site import make_site

MODULES_AFTER = """
import json, sys
from newsletter.cli.main import main
try:
    main()
except SystemExit as end:
    print(json.dumps({"code": end.code, "modules": sorted(sys.modules)}), file=sys.stderr)
"""

NEVER_FOR_HELP = {
    "aiosmtplib", "alembic", "apscheduler", "asyncio", "babel", "cryptography", "dateparser",
    "email_validator", "feedparser", "httpx2", "jinja2", "logging", "lxml", "mjml", "premailer",
    "psycopg", "pydantic", "rich", "sqlalchemy", "ssl", "starlette", "trafilatura", "uvicorn",
}  # fmt: skip

NEVER_WITHOUT_WORK = {
    "aiosmtplib", "aiosmtpd", "alembic", "cryptography", "dateparser", "dns", "email_validator",
    "feedparser", "flufl", "httpcore2", "httpx2", "jinja2", "lxml", "markdown_it", "mjml",
    "premailer", "procrastinate", "psycopg", "rapidfuzz", "requests", "rich", "starlette",
    "tinycss2", "trafilatura", "uvicorn",
}  # fmt: skip

SEND_OR_READ_MAIL = {
    "newsletter.delivery.sender", "newsletter.pipeline.receive", "newsletter.pipeline.send",
    "newsletter.pipeline.send_letters", "subscribers.blame.general_words",
}  # fmt: skip

REQUEST = b"From: reader0@example.org\nTo: weekly-request@news.example.org\nSubject: help\n\nhelp\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site that is ready to send, with nothing due."""
    folder = tmp_path_factory.mktemp("site")
    site = make_site(
        folder, now=datetime.now(UTC), tables='[inbound]\ndomain = "news.example.org"\n'
    )
    gather(site, "weekly", now=datetime.now(UTC))  # so that no source is due either
    site.database.close()
    return folder


def modules_after(*arguments: str, given: bytes = b"") -> list[str]:
    """The modules that a process has loaded when the command has ended well."""
    done = subprocess.run(
        [sys.executable, "-c", MODULES_AFTER, *arguments],
        input=given,
        capture_output=True,
        timeout=300,
    )
    found = json.loads(done.stderr.splitlines()[-1])
    assert found["code"] == 0, (done.stdout + done.stderr).decode()
    modules: list[str] = found["modules"]
    return modules


def packages(modules: list[str]) -> set[str]:
    """The packages at the top of these modules."""
    return {name.partition(".")[0] for name in modules}


@pytest.mark.parametrize("option", ["--version", "--help"])
def test_what_asks_for_nothing_loads_nothing(option: str) -> None:
    """The version and the help load Click and little else."""
    loaded = modules_after(option)
    assert not NEVER_FOR_HELP & packages(loaded)
    ours = [name for name in loaded if name.partition(".")[0] in ("newsletter", "subscribers")]
    assert len(ours) <= 10
    assert len(loaded) <= 150


@pytest.mark.parametrize(
    ("command", "bound"), [(("status",), 552), (("check",), 554), (("run",), 632)]
)
def test_a_command_without_work_loads_no_tool_for_it(
    folder: Path, command: tuple[str, ...], bound: int
) -> None:
    """What fetches, renders, signs and sends is loaded only when there is something to do."""
    loaded = modules_after("-C", str(folder), *command)
    assert not NEVER_WITHOUT_WORK & packages(loaded)
    assert not SEND_OR_READ_MAIL & set(loaded)
    assert len(loaded) <= bound


def test_the_collector_leaves_alone_what_was_imported() -> None:
    """It would take a quarter of a short command's time, most of it when the process ends."""
    code = "import gc, newsletter.cli.main as main\n"
    code += "main.cli.get_command(None, 'status'); print(gc.isenabled(), gc.get_freeze_count())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=300, text=True)
    enabled, frozen = done.stdout.split()
    assert enabled == "True"
    assert int(frozen) > 10_000


def test_a_message_is_received_without_what_renders_and_fetches(folder: Path) -> None:
    """A mail server starts `receive` once for each message."""
    loaded = modules_after("-C", str(folder), "receive", given=REQUEST)
    answering = {
        "aiosmtplib",
        "cryptography",
        "email_validator",
        "jinja2",
    }  # a letter is written and posted
    assert not (NEVER_WITHOUT_WORK - answering) & packages(loaded)
    assert len(loaded) <= 773


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_s_list_says_what_each_command_says_itself(name: str) -> None:
    """The summaries that `--help` shows without importing a command are the commands' own."""
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    assert command.get_short_help_str(limit=1000) == COMMANDS[name].summary


def test_a_command_works_without_standard_streams(folder: Path) -> None:
    """Some supervisors close them; what would be printed is lost, and nothing else."""
    code = "from newsletter.cli.main import main; main()"
    command = [sys.executable, "-c", code, "-C", str(folder), "gather", "weekly"]
    done = subprocess.run(["sh", "-c", 'exec "$@" 0<&- 1>&- 2>&-', "sh", *command], timeout=300)
    assert done.returncode == 0
