"""newsletter: the command line's front door."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from importlib import import_module
from pathlib import Path

import click

from newsletter import __version__
from newsletter.cli.exit_codes import USAGE, exit_code
from newsletter.cli.invocation import Invocation, configure_logging, json_option
from newsletter.errors import ConfigurationError, NewsletterError, Problem
from subscribers.errors import SubscribersError

COMMANDS = {
    "init": "setup",
    "check": "setup",
    "doctor": "doctor",
    "gather": "gathering",
    "draft": "gathering",
    "show": "gathering",
    "preview": "looking",
    "lint": "looking",
    "approve": "moving",
    "hold": "moving",
    "stop": "moving",
    "test": "looking",
    "send": "sending",
    "run": "sending",
    "serve": "serving",
    "worker": "working",
    "receive": "receiving",
    "subscribers": "people",
    "users": "users",
    "status": "sending",
    "unknown": "sending",
    "retry": "retrying",
    "backup": "arming",
    "arm": "arming",
    "migrate-database": "arming",
    "bench": "bench",
}
"""Every command and the module beside this one that holds it under the same name."""


class Commands(click.Group):
    """Imports a command's module when it is called: each needs only some of the libraries."""

    def list_commands(self, _context: click.Context) -> list[str]:
        """In the order in which an issue meets them."""
        return list(COMMANDS)

    def get_command(self, _context: click.Context, name: str) -> click.Command | None:
        """The command, or None when there is none of that name."""
        if name not in COMMANDS:
            return None
        module = import_module(f"newsletter.cli.{COMMANDS[name]}")
        command = getattr(module, name.replace("-", "_"))
        assert isinstance(command, click.Command)  # noqa: S101 - narrows for mypy
        return command


@click.group(
    cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.option(
    "-C",
    "--site",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    help="The site's folder, with newsletter.toml in it.  [default: this folder]",
)
@click.option(
    "--log-format",
    type=click.Choice(["text", "json"]),
    default="text",
    help="How the log on stderr is written.",
)
@json_option
@click.version_option(__version__, prog_name="newsletter")
@click.pass_context
def cli(context: click.Context, folder: Path, log_format: str) -> None:
    """Gather the week's tagged articles, render them as e-mail, send them to subscribers.

    \b
    A site is a folder with newsletter.toml. Make one and send its first issue:
      newsletter init my-site && cd my-site
      newsletter subscribers import people.csv --list weekly
      newsletter gather && newsletter draft weekly
      newsletter approve weekly && newsletter send weekly
    """
    context.ensure_object(Invocation).folder = folder
    configure_logging(log_format)


def main() -> None:
    """Run the command line and exit with the code of the contract."""
    invocation = Invocation()
    try:
        sys.exit(cli(obj=invocation, standalone_mode=False) or 0)
    except click.UsageError as error:
        if not invocation.as_json:
            error.show()
        else:
            _print_json(USAGE, Problem(message=error.format_message()), code="usage")
        sys.exit(USAGE)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        sys.exit(130)
    except ConfigurationError as error:
        _show(invocation, error, error.problems)
    except NewsletterError as error:
        _show(invocation, error, (error.problem,))
    except SubscribersError as error:
        problem = Problem(message=error.message, file=error.file, field=error.field, fix=error.fix)
        _show(invocation, error, (problem,))


def _show(
    invocation: Invocation,
    error: NewsletterError | SubscribersError,
    problems: tuple[Problem, ...],
) -> None:
    code = exit_code(error)
    if invocation.as_json:
        _print_json(code, *problems, code=error.code)
    for problem in problems:
        click.echo(f"newsletter: {problem}", err=True)
    sys.exit(code)


def _print_json(status: int, *problems: Problem, code: str) -> None:
    first = problems[0]
    document = {
        "code": code,
        "message": first.message,
        "file": first.file,
        "field": first.field,
        "fix": first.fix,
        "exit": status,
        "problems": [asdict(problem) for problem in problems],
    }
    click.echo(json.dumps({"error": document}, ensure_ascii=False, indent=2))
