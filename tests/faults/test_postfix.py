"""A real Postfix hands over to us: by a pipe to `newsletter receive`, and by LMTP to `serve`."""

from __future__ import annotations

import os
import shutil
import smtplib
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from newsletter.listening import listening
from tests.factories.mail import DOMAIN, PostOffice, post_office
from tests.servers.postfix import has_postfix, nobody, postfix

pytestmark = pytest.mark.skipif(
    not has_postfix() or os.geteuid() != 0, reason="there is no Postfix here, or nobody to start it"
)

NEWCOMER = "new@example.org"
MAIL = f"From: New <{NEWCOMER}>\nSubject: hello\nMessage-ID: <1@example.org>\n\nhello\n"

_SKIPPED = ("test", "site-packages", "__pycache__", "config-*", "idlelib", "ensurepip", "tkinter")


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that other users may enter; pytest's own they may not."""
    made = Path(tempfile.mkdtemp(prefix="newsletter-site-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


def test_lmtp(folder: Path) -> None:
    """The transport of docs/how-to/take-mail.md."""
    with post_office(folder) as office:
        ours = office.with_inbound(lmtp="127.0.0.1:0")
        with listening(ours) as places, postfix(DOMAIN, f"lmtp:inet:{places['lmtp']}") as port:
            is_joined_through(office, port)


def test_pipe(folder: Path) -> None:
    """The pipe of docs/how-to/take-mail.md; its user may write to the site."""
    with post_office(folder) as office:
        for path in (folder, *folder.iterdir()):
            os.chown(path, nobody(), -1)
        program = write_program(folder)
        pipe = (
            f"newsletter unix - n n - 4 pipe\n  flags=R user=nobody argv={program}\n"
            "  receive --recipient ${original_recipient} --sender ${sender}"
        )
        with postfix(DOMAIN, "newsletter:", pipe=pipe) as port:
            is_joined_through(office, port)


def is_joined_through(office: PostOffice, port: int) -> None:
    """A mail asks, and the answer to the question joins: both through Postfix."""
    with smtplib.SMTP("127.0.0.1", port) as client:
        client.sendmail(NEWCOMER, [f"weekly-subscribe@{DOMAIN}"], MAIL)
        assert office.catcher.wait_for(1, seconds=30)
        box = str(office.last().message["Reply-To"])
        client.sendmail(NEWCOMER, [box], MAIL.replace("<1@", "<2@"))
        assert office.catcher.wait_for(2, seconds=30)
    assert office.status(NEWCOMER) == "active"


def write_program(folder: Path) -> Path:
    """`newsletter` as anybody can start it, wherever the interpreter of the tests lies."""
    python = Path(sys.executable)
    home = ""
    if not may_run(python):
        copy = folder / "python"
        python, home = copy_python(copy), f"PYTHONHOME={copy} LD_LIBRARY_PATH={copy / 'lib'}"
    paths = f"{Path(__file__).parents[2]}:{sysconfig.get_path('purelib')}"
    program = folder / "newsletter"
    program.write_text(
        f"#!/bin/sh\nexec env {home} PYTHONPATH={paths} {python} -c "
        f'"from newsletter.cli.main import main; main()" -C {folder} "$@"\n'
    )
    program.chmod(0o755)
    return program


def may_run(python: Path) -> bool:
    """Whether nobody, the user of the pipe, can start it."""
    try:
        return subprocess.run([python, "-c", ""], user="nobody").returncode == 0
    except PermissionError:
        return False


def copy_python(to: Path) -> Path:
    """The interpreter and its library, where everybody may read them."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    library = Path(sysconfig.get_path("stdlib"))
    shutil.copytree(library, to / "lib" / version, ignore=shutil.ignore_patterns(*_SKIPPED))
    for shared in library.parent.glob("libpython*"):
        shutil.copy(shared, to / "lib")
    (to / "bin").mkdir()
    return Path(shutil.copy(Path(sys.executable).resolve(), to / "bin" / "python3"))
