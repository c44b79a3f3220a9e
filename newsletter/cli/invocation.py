"""What every command needs of its call: the site, the moment, and how to answer."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from newsletter.pipeline.site import Site

Command = TypeVar("Command", bound=Callable[..., Any])


@dataclass
class Invocation:
    """One call of the command line. `--now` sets `moment`, which then goes on like a clock."""

    folder: Path = Path()
    as_json: bool = False
    moment: datetime | None = None
    started: float = 0.0

    @cached_property
    def site(self) -> Site:
        """The site, opened when first asked for."""
        return self.open_site()

    def open_site(self, *, even_if_moved: bool = False) -> Site:
        """Open the site until the command ends."""
        from newsletter.pipeline.site import open_site  # `--help` needs no database

        site = open_site(self.folder, os.environ, even_if_moved=even_if_moved)
        click.get_current_context().call_on_close(site.database.close)
        return site

    @property
    def now(self) -> datetime:
        """The moment of the call, aware."""
        return self.moment or datetime.now(UTC)

    def clock(self) -> datetime:
        """The time as the work goes on: real, or counted from `--now`."""
        if self.moment is None:
            return datetime.now(UTC)
        return self.moment + timedelta(seconds=time.monotonic() - self.started)

    def answer(self, document: Any, *lines: str) -> None:
        """One JSON document with --json, else the lines."""
        if self.as_json:
            import json

            click.echo(json.dumps(document, ensure_ascii=False, indent=2, default=str))
        else:
            for line in lines:
                click.echo(line)

    def report(self, document: Any, *lines: str) -> None:
        """Like `answer`, for commands that change something: silent under cron."""
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
        raise click.BadParameter("write an ISO moment such as 2026-11-23T07:00+11:00") from error
    if moment.tzinfo is None:
        raise click.BadParameter("it has no offset; write one such as 2026-11-23T07:00+11:00")
    invocation = context.ensure_object(Invocation)
    invocation.moment, invocation.started = moment, time.monotonic()


json_option = click.option(
    "--json",
    is_flag=True,
    expose_value=False,
    callback=_set_json,
    help="Answer with one JSON document on stdout.",
)
now_option = click.option(
    "--now", hidden=True, expose_value=False, callback=_set_now, metavar="ISO"
)
processes_option = click.option(
    "--processes",
    type=click.IntRange(1, 64),
    help="How many processes send side by side; otherwise as [sending] says.",
)
pass_invocation = click.make_pass_decorator(Invocation, ensure=True)


def issue_argument(command: Command) -> Command:
    """ISSUE as `slug` and `number`: NAME is the current issue, NAME/NUMBER that one."""
    return click.argument("issue", metavar="ISSUE", callback=split_issue)(command)


def split_issue(
    _context: click.Context, _parameter: click.Parameter, value: str | None
) -> tuple[str, int | None] | None:
    """NAME or NAME/NUMBER taken apart; None where an optional argument is not given."""
    if value is None:
        return None
    slug, slash, number = value.partition("/")
    if slash and not number.isdigit():
        raise click.BadParameter(f"{value!r} is no issue; write NAME or NAME/NUMBER")
    return slug, int(number) if number else None
