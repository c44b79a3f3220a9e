"""A site for acceptance tests, driven as a person drives it: by the `newsletter` command."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from newsletter.cli.main import main

COMMAND = Path(sys.executable).parent / "newsletter"
NOW = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)
"""A Wednesday: the issue in the making serves Monday, 9 March, 7:00 in the site's zone."""

READERS = (
    *((f"reader{number:02}@example.org", "", "") for number in range(10)),
    *((f"guard{number}@example.net", f"Reader {number}", "Security") for number in range(5)),
    *((f"maker{number}@example.com", "", "gear;repair") for number in range(4)),
    ("leser@bücher.example", "Leser", ""),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What a command answered: its exit code and both outputs."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The JSON document on stdout."""
        return json.loads(self.out)


@dataclass(frozen=True, kw_only=True, slots=True)
class CommandLine:
    """Runs `newsletter -C FOLDER …`."""

    folder: Path
    environment: Mapping[str, str]

    def __call__(self, *arguments: str) -> Answer:
        """Run one command to its end, whatever its exit code.

        In this process: starting Python anew for each of some hundred commands would cost
        minutes. What must be killed, and what is installed, runs on its own.
        """
        out, err = io.StringIO(), io.StringIO()
        with (
            patch.object(sys, "argv", self.line(*arguments)),
            patch.dict(os.environ, self.full_environment, clear=True),
            redirect_stdout(out),
            redirect_stderr(err),
            pytest.raises(SystemExit) as ended,
        ):
            main()
        code = ended.value.code
        assert isinstance(code, int)
        return Answer(code=code, out=out.getvalue(), err=err.getvalue())

    def done(self, *arguments: str, now: datetime | None = None) -> Answer:
        """Run one command that must succeed; `now` is what it takes for the present."""
        moment = ("--now", now.isoformat()) if now else ()
        answer = self(*arguments, *moment)
        assert answer.code == 0, f"{arguments}: {answer.code}\n{answer.out}{answer.err}"
        return answer

    def line(self, *arguments: str) -> list[str]:
        """The whole command line, for tests that start it themselves."""
        return [str(COMMAND), "-C", str(self.folder), *arguments]

    @property
    def full_environment(self) -> dict[str, str]:
        """This process's environment without settings of another site, and ours over it."""
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("NEWSLETTER__")}
        return {**inherited, **self.environment}


def write_readers(path: Path, readers: tuple[tuple[str, str, str], ...] = READERS) -> Path:
    """Write a CSV of subscribers as the contract has it."""
    lines = ["email,name,tags", *(",".join(reader) for reader in readers)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
