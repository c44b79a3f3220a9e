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
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import pytest
import sqlalchemy as sa

from newsletter.site.site import Site
from subscribers.tables import inbound_messages
from tests.acceptance.site import CommandLine
from tests.factories.editors import add_editor
from tests.factories.mail import NOW
from tests.factories.site import make_site
from tests.sampling import sampled
from tests.servers.imap import PASSWORD, USER, imap_server
from tests.servers.ports import await_port, free_port

TO = "weekly-request@news.example.org"
_HEAD = b"From: a@example.net\r\nTo: " + TO.encode() + b"\r\n"

LARGE: Mapping[str, Callable[[], bytes]] = {
    "empty lines": lambda: _HEAD + b"\r\n" + b"\r\n" * 5_000_000,
    "parts": lambda: (
        _HEAD
        + b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n'
        + b"--b\r\n\r\nx\r\n" * 1_000_000
    ),
    "nested": lambda: (
        _HEAD
        + b"".join(
            b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (level, level)
            for level in range(170_000)
        )
    ),
    "a header": lambda: _HEAD + b"Subject: " + b"word\r\n " * 1_430_000 + b"\r\n\r\nhelp\r\n",
    "fields": lambda: _HEAD + b"X-A: b\r\n" * 1_250_000 + b"\r\nhelp\r\n",
    "one line": lambda: _HEAD + b"\r\n" + b"x" * 10_000_000 + b"\r\n",
}
"""What a mail of ten megabytes may consist of."""

MEGABYTE = 1_000_000
MAIN_GROWTH = 60 * MEGABYTE
WORKERS = 250 * MEGABYTE

_QUICKLY = (
    "import sys; from subscribers.inbound import mailbox_watch as watch; watch.MAILDIR_SECONDS = 0;"
    "from newsletter.cli.main import main; sys.argv[0] = 'newsletter'; main()"
)
"""The program, looking into its Maildir all the time instead of each quarter of a minute."""

_PEAK = (
    "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True);"
    "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
)
"""Runs a command, and prints the peak of its largest process."""

Put = Callable[[bytes], None]

_numbers = count()


def unlike(mail: bytes) -> bytes:
    """The mail with another Message-ID, as the same mail is taken once."""
    return b"Message-ID: <%d.%d@example.net>\r\n" % (os.getpid(), next(_numbers)) + mail


def ordinary() -> bytes:
    """A mail as people write them."""
    return unlike(_HEAD + b"Subject: help\r\n\r\nhelp\r\n")


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

    def put(mail: bytes) -> None:
        name = str(next(_numbers))
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


def held(process: int, field: str = "VmHWM") -> int:
    """The most memory that the process has held, in octets, or with VmRSS what it holds; 0 once it has ended."""
    try:
        status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    except OSError:
        return 0
    found = re.search(rf"{field}:\s*(\d+) kB", status)
    return int(found[1]) * 1024 if found else 0


def forget_peak(process: int) -> None:
    """Let the peak be what the process holds now."""
    Path(f"/proc/{process}/clear_refs").write_text("5", encoding="ascii")


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


@dataclass(kw_only=True)
class Measured:
    """The running `serve`; `workers` are its workers, each with the most that it has held."""

    site: Site
    process: subprocess.Popen[bytes]
    workers: dict[int, int] = field(default_factory=dict)

    def take(self, put: Put, mail: bytes) -> int:
        """Hand the mail over, wait until it has been dealt with; by how much the process grew meanwhile."""
        number, before = self.process.pid, handled(self.site)
        forget_peak(number)
        begun = held(number)
        put(mail)
        while True:
            is_done = handled(self.site) > before
            own = children(number)
            self.workers |= {one: most for one in own if (most := held(one))}
            if is_done:
                return held(number) - begun
            assert self.process.poll() is None
            time.sleep(0.01)


@pytest.mark.sampled
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="tells memory by /proc")
def test_ten_megabytes_are_never_held(tmp_path: Path) -> None:
    """The process takes them from the network or a file, and keeps two; its workers stay small."""
    with ExitStack() as stack:
        ways = {kind: stack.enter_context(way(kind, tmp_path)) for kind, way in WAYS.items()}
        lines = "\n".join(line for line, _put in ways.values())
        tables = f'[inbound]\ndomain = "news.example.org"\n{lines}\n'
        site = make_site(tmp_path, now=NOW, tables=tables)
        stack.callback(site.database.close)
        add_editor(site)
        measured = Measured(site=site, process=stack.enter_context(served(site)))
        for _, put in ways.values():
            measured.take(put, ordinary())
        usual = held(measured.process.pid, "VmRSS")
        kinds = list(LARGE)
        for first, (kind, (_, put)) in enumerate(ways.items()):
            tried = range(first * 2, first * 2 + sampled(whole=len(kinds), sample=2))
            for name in (kinds[number % len(kinds)] for number in tried):
                grown = measured.take(put, unlike(LARGE[name]()))
                now = held(measured.process.pid, "VmRSS")
                print(f"{kind}, {name}: {grown // MEGABYTE} MB, after it {now // MEGABYTE} MB")
                assert grown <= MAIN_GROWTH, (kind, name)
        assert held(measured.process.pid, "VmRSS") - usual <= 2 * MAIN_GROWTH
    print(f"workers: {max(measured.workers.values()) // MEGABYTE} MB")
    assert 0 < max(measured.workers.values()) <= WORKERS


@pytest.mark.sampled
@pytest.mark.skipif(sys.platform != "linux", reason="counts in kB")
def test_ten_megabytes_are_never_held_by_the_command(tmp_path: Path) -> None:
    """`newsletter receive` reads the beginning of its standard input."""
    site = make_site(tmp_path, now=NOW, tables='[inbound]\ndomain = "news.example.org"\n')
    site.database.close()
    command = CommandLine(folder=site.folder, environment={})
    used = {}
    kinds = list(LARGE)[: sampled(whole=len(LARGE), sample=2)]
    for name, mail in {"ordinary": ordinary(), **{kind: LARGE[kind]() for kind in kinds}}.items():
        # Of a program between, as a process begins with the peak of the one that started it.
        done = subprocess.run(
            [sys.executable, "-c", _PEAK, *command.line("receive", "--recipient", TO)],
            input=mail,
            stdout=subprocess.PIPE,
            env=command.full_environment,
            check=True,
        )
        used[name] = int(done.stdout.split()[-1]) * 1024
    print({name: octets // MEGABYTE for name, octets in used.items()})
    assert max(used.values()) - used["ordinary"] <= WORKERS
