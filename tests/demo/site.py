"""Makes the demo's site with the command line that everybody has, and drives it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from string import Template
from typing import Any
from urllib.request import Request, urlopen

from tests.demo.articles import SAMPLE
from tests.demo.catcher import CaughtMail

COMMAND = Path(sys.executable).parent / "newsletter"
"""The one of this checkout."""
PATIENCE_SECONDS = 300
"""More than a command needs on a slow, busy machine; one that has ended is noticed at once."""


class CommandFailedError(Exception):
    """A `newsletter` command ended with something else than 0."""

    def __init__(
        self, arguments: tuple[str, ...], result: subprocess.CompletedProcess[str]
    ) -> None:
        line = " ".join(("newsletter", *arguments))
        super().__init__(f"`{line}` ended with {result.returncode}\n{result.stdout}{result.stderr}")


def run_command(command: Path, *arguments: str) -> str:
    """Run `newsletter …` and return what it wrote; raises CommandFailedError."""
    result = subprocess.run(
        [command, *arguments], capture_output=True, text=True, check=False, env=_environment()
    )
    if result.returncode != 0:
        raise CommandFailedError(arguments, result)
    return result.stdout


class Site:
    """A site's folder and the commands run in it."""

    def __init__(self, folder: Path, command: Path = COMMAND) -> None:
        self.folder = folder
        self.command = command
        self.seconds: dict[str, float] = {}
        """How long each command took the last time."""

    def run(self, *arguments: str) -> str:
        """Run a command in this site and return what it wrote."""
        begun = time.perf_counter()
        output = run_command(self.command, "-C", str(self.folder), *arguments)
        self.seconds[arguments[0]] = time.perf_counter() - begun
        return output

    def ask(self, *arguments: str) -> Any:
        """Run a command with --json and return the document."""
        return json.loads(self.run(*arguments, "--json"))

    @contextmanager
    def serving(self, port: int) -> Iterator[None]:
        """Run `newsletter serve` while the block lasts."""
        with (self.folder / "serve.log").open("w") as log:
            process = subprocess.Popen(
                [self.command, "-C", self.folder, "serve", "--port", str(port), "--no-schedule"],
                stdout=log,
                stderr=log,
                env=_environment(),
            )
        try:
            wait_for(f"http://127.0.0.1:{port}/health", process, log=self.folder / "serve.log")
            yield
        finally:
            process.terminate()
            process.wait(PATIENCE_SECONDS)


def make_site(
    folder: Path,
    *,
    command: Path = COMMAND,
    site_url: str,
    sources: str,
    relay_port: int,
    now: datetime,
) -> Site:
    """`newsletter init`, then the sample's configuration and files over it.

    `command` is the program, `sources` the base address of the sample's web, `now` what its dates
    count back from.
    """
    run_command(command, "init", str(folder))
    values = SampleValues(now, base=sources, site_url=site_url, relay_port=str(relay_port))
    for path in sorted((SAMPLE / "site").rglob("*.*")):
        target = folder / path.relative_to(SAMPLE / "site")
        target.parent.mkdir(parents=True, exist_ok=True)
        filled = Template(path.read_text(encoding="utf-8")).substitute(values)
        target.write_text(filled, encoding="utf-8")
        os.utime(target, ((now - timedelta(hours=30)).timestamp(),) * 2)
    return Site(folder, command)


def unsubscribe_by_one_click(mail: CaughtMail) -> None:
    """Do what a mailbox provider does when its user says "unsubscribe" (RFC 8058)."""
    targets = re.findall(r"<(https?://[^>]+)>", str(mail.message["List-Unsubscribe"]))
    request = Request(targets[0], data=b"List-Unsubscribe=One-Click", method="POST")  # noqa: S310 - the demo's own address
    with urlopen(request, timeout=PATIENCE_SECONDS) as answer:  # noqa: S310 - the demo's own address
        answer.read()


class SampleValues(Mapping[str, str]):
    """What $names in the sample's files stand for; `$hours_ago_36` is a moment."""

    def __init__(self, now: datetime, **plain: str) -> None:
        self.now = now
        self.plain = plain

    def __getitem__(self, name: str) -> str:
        if match := re.fullmatch(r"hours_ago_(\d+)", name):
            return (self.now - timedelta(hours=int(match[1]))).isoformat(timespec="seconds")
        return self.plain[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.plain)

    def __len__(self) -> int:
        return len(self.plain)


def _environment() -> dict[str, str]:
    """Ours without settings meant for another site."""
    return {name: value for name, value in os.environ.items() if "NEWSLETTER__" not in name}


def wait_for(url: str, process: subprocess.Popen[Any], *, log: Path | None = None) -> None:
    """Until a GET is answered; raises RuntimeError, with the program's own words in the `log`."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urlopen(url, timeout=PATIENCE_SECONDS):  # noqa: S310 - a fixed http address on loopback
                return
        except OSError:
            time.sleep(0.05)
    said = log.read_text(encoding="utf-8", errors="replace") if log else ""
    ended = "is silent" if process.poll() is None else f"ended with code {process.returncode}"
    raise RuntimeError(f"`newsletter serve` for {url} {ended}\n{said}")
