"""newsletter: the command line's front door."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path

import click

from newsletter import __version__
from newsletter.cli.arming import arm, backup
from newsletter.cli.exit_codes import USAGE, exit_code
from newsletter.cli.gathering import draft, gather, show
from newsletter.cli.invocation import Invocation, configure_logging, json_option
from newsletter.cli.looking import lint, preview, test
from newsletter.cli.moving import approve, hold, stop
from newsletter.cli.people import subscribers
from newsletter.cli.sending import run, send, status, unknown
from newsletter.cli.serving import serve
from newsletter.cli.setup import check, init
from newsletter.cli.users import users
from newsletter.errors import ConfigurationError, NewsletterError, Problem
from subscribers.errors import SubscribersError


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
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


for command in (
    init,
    check,
    gather,
    draft,
    show,
    preview,
    lint,
    approve,
    hold,
    stop,
    test,
    send,
    run,
    serve,
    subscribers,
    users,
    status,
    unknown,
    backup,
    arm,
):
    cli.add_command(command)


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
