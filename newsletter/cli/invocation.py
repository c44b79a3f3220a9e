"""What every command needs: the site, the current time, and how to print its result."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from newsletter.cli.printing import json_text, say

if TYPE_CHECKING:
    from newsletter.site.site import Site

Command = TypeVar("Command", bound=Callable[..., Any])


@dataclass
class Invocation:
    """One call of the command line. `--now` sets `moment`, from which the clock then runs on."""

    folder: Path = Path()
    as_json: bool = False
    log_format: str = "text"
    moment: datetime | None = None
    started: float = 0.0

    @cached_property
    def site(self) -> Site:
        """The site, opened on first use."""
        return self.open_site()

    def open_site(self, *, even_if_moved: bool = False) -> Site:
        """Open the site; its database is closed when the command ends."""
        from newsletter.site.site import open_site  # `--help` needs no database

        site = open_site(self.folder, os.environ, even_if_moved=even_if_moved)
        click.get_current_context().call_on_close(site.database.close)
        return site

    @property
    def now(self) -> datetime:
        """The time of the call, aware."""
        return self.moment or datetime.now(UTC)

    def clock(self) -> datetime:
        """The current time, aware: real, or counted from `--now`."""
        if self.moment is None:
            return datetime.now(UTC)
        return self.moment + timedelta(seconds=time.monotonic() - self.started)

    def pause(self, stop: threading.Event, duration: timedelta) -> None:
        """Wait, or until `stop` is set; not at all with `--now`, whose time is made up."""
        if self.moment is None:
            stop.wait(duration.total_seconds())

    def answer(self, document: Any, *lines: str) -> None:
        """Print `document` as JSON with --json, otherwise print the lines."""
        if self.as_json:
            say(json_text(document))
        else:
            for line in lines:
                say(line)

    def report(self, document: Any, *lines: str) -> None:
        """Print like `answer`, for commands that change something: silent under cron."""
        if self.as_json or sys.stdout.isatty():
            self.answer(document, *lines)


def _set_json(context: click.Context, _parameter: click.Parameter, value: bool) -> None:
    if value:
        context.ensure_object(Invocation).as_json = True


def _set_now(context: click.Context, _parameter: click.Parameter, value: str | None) -> None:
    if value is None:
        return
    try:
        moment = datetime.fromisoformat(value)
    except ValueError as error:
        raise click.BadParameter("write an ISO time such as 2026-11-23T07:00+11:00") from error
    if moment.tzinfo is None:
        raise click.BadParameter(
            "it has no UTC offset; write a time such as 2026-11-23T07:00+11:00"
        )
    invocation = context.ensure_object(Invocation)
    invocation.moment, invocation.started = moment, time.monotonic()


json_option = click.option(
    "--json",
    is_flag=True,
    expose_value=False,
    callback=_set_json,
    help="Print one JSON document to stdout.",
)
now_option = click.option(
    "--now", hidden=True, expose_value=False, callback=_set_now, metavar="ISO"
)
processes_option = click.option(
    "--processes",
    type=click.IntRange(1, 64),
    help="How many processes send in parallel.  [default: as configured]",
)
pass_invocation = click.make_pass_decorator(Invocation, ensure=True)


def issue_argument(command: Command) -> Command:
    """Add the ISSUE argument, as a tuple of slug and number (None for the current issue)."""
    return click.argument("issue", metavar="ISSUE", callback=split_issue)(command)


def split_issue(
    _context: click.Context, _parameter: click.Parameter, value: str | None
) -> tuple[str, int | None] | None:
    """Split NAME or NAME/NUMBER; None if an optional argument is not given."""
    if value is None:
        return None
    slug, slash, number = value.partition("/")
    if slash and not number.isdigit():
        raise click.BadParameter(f"{value!r} is not a valid issue; write NAME or NAME/NUMBER")
    return slug, int(number) if number else None
