"""The machine that the figures come from, and its load."""

from __future__ import annotations

import os
import platform
import re
import shutil
import sqlite3
import subprocess
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from benchmarks.programs import start


@dataclass(frozen=True, kw_only=True, slots=True)
class Machine:
    """A machine; `versions` maps a program or library to its version."""

    processor: str
    cores: int
    memory_bytes: int
    system: str
    versions: dict[str, str]


def this_machine() -> Machine:
    """This machine, as far as it can be read without privileges."""
    cpu = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    model = re.search(r"model name\s*:\s*(.+)", cpu)
    return Machine(
        processor=model[1].strip() if model else platform.machine(),
        cores=len(os.sched_getaffinity(0)),
        memory_bytes=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        system=f"{platform.system()} {platform.release()}",
        versions=_versions(),
    )


def load_average() -> float:
    """How many processes were runnable on average during the last minute."""
    return os.getloadavg()[0]


def _versions() -> dict[str, str]:
    found = {"Python": platform.python_version(), "SQLite": sqlite3.sqlite_version}
    for name in ("cryptography", "SQLAlchemy", "aiosmtplib", "dkimpy"):
        found[name] = version(name)
    postconf = shutil.which("postconf") or "/usr/sbin/postconf"
    for name, command in (
        ("Node.js", ["node", "--version"]),
        ("Postfix", [postconf, "-dh", "mail_version"]),
    ):
        if shutil.which(command[0]):
            output, _ = start(command, stderr=subprocess.DEVNULL).communicate(timeout=10)
            found[name] = output.strip().removeprefix("v")
    return found
