"""Mails of ten megabytes through every way that mail comes in: the memory of `serve` and its workers.

No process may hold more than the beginning that is kept, and some copies of it.
"""

from __future__ import annotations

import os
import re
import smtplib
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from newsletter.site.site import Site
from subscribers.tables import inbound_messages
from tests.acceptance.site import COMMAND, CommandLine
from tests.factories.editors import add_editor
from tests.factories.mail import NOW
from tests.factories.site import make_site
from tests.servers.imap import PASSWORD, USER, imap_server
from tests.servers.ports import await_port, free_port

TO = "weekly-request@news.example.org"
_HEAD = b"From: a@example.net\r\nTo: " + TO.encode() + b"\r\nMessage-ID: <%s@example.net>\r\n"

ORDINARY = _HEAD % b"0" + b"Subject: help\r\n\r\nhelp\r\n"
LARGE = {
    "empty lines": _HEAD % b"1" + b"\r\n" + b"\r\n" * 5_000_000,
    "parts": _HEAD % b"2"
    + b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n'
    + b"--b\r\n\r\nx\r\n" * 1_000_000,
    "nested": _HEAD % b"3"
    + b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (level, level)
        for level in range(170_000)
    ),
    "a header": _HEAD % b"4" + b"Subject: " + b"word\r\n " * 1_430_000 + b"\r\n\r\nhelp\r\n",
    "fields": _HEAD % b"5" + b"X-A: b\r\n" * 1_250_000 + b"\r\nhelp\r\n",
    "one line": _HEAD % b"6" + b"\r\n" + b"x" * 10_000_000 + b"\r\n",
}
"""What a mail of ten megabytes may consist of."""

MEGABYTE = 1_000_000
MAIN_GROWTH = 60 * MEGABYTE
WORKERS = 250 * MEGABYTE
WHOLE = 10 * MEGABYTE

_QUICKLY = (
    "import sys; from subscribers.inbound import mailbox_watch as watch; watch.MAILDIR_SECONDS = 0;"
    "from newsletter.cli.main import main; sys.argv[0] = 'newsletter'; main()"
)
"""The program, looking into its Maildir all the time instead of each quarter of a minute."""

Put = Callable[[bytes], None]


@contextmanager
def lmtp_or_smtp(kind: str, folder: Path) -> Iterator[tuple[str, Put]]:
    """The line of [inbound], and what hands a mail over."""
    port = free_port()

    def put(mail: bytes) -> None:
        await_port(port, "newsletter serve")
        client = smtplib.LMTP if kind == "lmtp" else smtplib.SMTP
        with client("127.0.0.1", port, local_hostname="localhost") as server:
            server.sendmail("", [TO], mail)

    yield f'{kind} = "127.0.0.1:{port}"', put


@contextmanager
def maildir(_kind: str, folder: Path) -> Iterator[tuple[str, Put]]:
    """The line of [inbound], and what puts a mail into the folder."""
    for name in ("new", "cur", "tmp"):
        (folder / "Maildir" / name).mkdir(parents=True)
    count = iter(range(100))

    def put(mail: bytes) -> None:
        name = str(next(count))
        (folder / "Maildir" / "tmp" / name).write_bytes(mail)
        (folder / "Maildir" / "tmp" / name).rename(folder / "Maildir" / "new" / name)

    yield 'maildir = "Maildir"', put


@contextmanager
def imap(_kind: str, _folder: Path) -> Iterator[tuple[str, Put]]:
    """The line of [inbound], and what puts a mail into the mailbox."""
    with imap_server() as box:
        yield (
            f'imap = {{host = "127.0.0.1", port = {box.port}, username = "{USER}", '
            f'password = "{PASSWORD}", security = "none"}}',
            box.put,
        )


WAYS = {"lmtp": lmtp_or_smtp, "smtp": lmtp_or_smtp, "maildir": maildir, "imap": imap}


def peak(process: int) -> int:
    """The most memory that the process has held so far, in octets; 0 once it has ended."""
    try:
        status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    except OSError:
        return 0
    found = re.search(r"VmHWM:\s*(\d+) kB", status)
    return int(found[1]) * 1024 if found else 0


def children(process: int) -> list[int]:
    """The processes that it has started, and those that these have."""
    found = []
    for task in Path(f"/proc/{process}/task").iterdir():
        try:
            own = [int(one) for one in (task / "children").read_text().split()]
        except OSError:
            continue
        found += own + [further for one in own for further in children(one)]
    return found


def handled(site: Site) -> int:
    """How many mails have been dealt with."""
    count = sa.select(sa.func.count()).where(inbound_messages.c.handled_at.is_not(None))
    with site.database.transaction(read_only=True) as connection:
        return connection.scalar(count) or 0


@contextmanager
def served(site: Site) -> Iterator[subprocess.Popen[bytes]]:
    """The process of `newsletter serve`."""
    command = CommandLine(folder=site.folder, environment={})
    words = command.line("serve", "--port", str(free_port()), "--no-schedule")[1:]
    with (site.folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", _QUICKLY, *words], stderr=log, env=command.full_environment
        )
        try:
            yield process
            assert process.poll() is None, (site.folder / "log").read_text()
        finally:
            process.terminate()
            process.wait(timeout=120)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="tells memory by /proc")
@pytest.mark.parametrize("kind", WAYS)
def test_ten_megabytes_are_never_held(tmp_path: Path, kind: str) -> None:
    """The process takes them from the network or a file, and keeps two; its workers stay small."""
    with ExitStack() as stack:
        line, put = stack.enter_context(WAYS[kind](kind, tmp_path))
        site = make_site(
            tmp_path, now=NOW, tables=f'[inbound]\ndomain = "news.example.org"\n{line}\n'
        )
        stack.callback(site.database.close)
        add_editor(site)
        process = stack.enter_context(served(site))
        workers: dict[int, int] = {}

        def take(mail: bytes) -> None:
            before = handled(site)
            put(mail)
            while True:
                done = handled(site) > before
                workers.update({one: peak(one) for one in children(process.pid) if peak(one)})
                if done:
                    return
                assert process.poll() is None
                time.sleep(0.01)

        take(ORDINARY)
        small, told = peak(process.pid), {}
        for name, mail in LARGE.items():
            assert len(mail) >= WHOLE * 0.99, name
            take(mail)
            told[name] = (peak(process.pid) - small) // MEGABYTE
        most = max(workers.values())
        print(f"\n{kind}: {small // MEGABYTE} MB, growth {told}, workers {most // MEGABYTE} MB")
    assert max(told.values()) * MEGABYTE <= MAIN_GROWTH, told
    assert most <= WORKERS


@pytest.mark.skipif(not hasattr(os, "wait4"), reason="tells memory by wait4")
def test_ten_megabytes_are_never_held_by_the_command(tmp_path: Path) -> None:
    """`newsletter receive` reads the beginning of its standard input."""
    site = make_site(tmp_path, now=NOW, tables='[inbound]\ndomain = "news.example.org"\n')
    site.database.close()
    command = CommandLine(folder=site.folder, environment={})
    used = {}
    for name, mail in {"ordinary": ORDINARY, **LARGE}.items():
        path = tmp_path / "mail"
        path.write_bytes(mail)
        with path.open("rb") as file:
            process = subprocess.Popen(
                [str(COMMAND), *command.line("receive", "--recipient", TO)[1:]],
                stdin=file,
                stdout=subprocess.DEVNULL,
                env=command.full_environment,
            )
            _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        assert process.returncode == 0, name
        used[name] = usage.ru_maxrss * 1024
    print({name: octets // MEGABYTE for name, octets in used.items()})
    assert max(used.values()) - used["ordinary"] <= WORKERS
