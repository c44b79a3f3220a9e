"""newsletter: the command line's front door."""

from __future__ import annotations

import logging
import sys
from importlib import import_module
from pathlib import Path

import click

from newsletter import __version__
from newsletter.cli.commands import COMMANDS
from newsletter.cli.exit_codes import USAGE, exit_code
from newsletter.cli.invocation import Invocation, json_option
from newsletter.errors import ConfigurationError, NewsletterError, Problem

log = logging.getLogger("newsletter")

UNFORESEEN_CODE = "unforeseen"
"""In the error document, of an error that nobody raised on purpose."""


class Summaries(click.Group):
    """Shows commands in the order given, not by name."""

    def list_commands(self, _context: click.Context) -> list[str]:
        """In the order in which an issue meets them."""
        return list(COMMANDS)


class Commands(Summaries):
    """Imports a command's module when it is called: each needs only some of the libraries."""

    def get_command(self, _context: click.Context, name: str) -> click.Command | None:
        """The command, or None when there is none of that name."""
        if name not in COMMANDS:
            return None
        module = import_module(f"newsletter.cli.{COMMANDS[name].module}")
        command = getattr(module, name.replace("-", "_"))
        assert isinstance(command, click.Command)  # noqa: S101 - narrows for mypy
        return command

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands by their summaries, so that `--help` imports none of them."""
        known = {name: click.Command(name, help=entry.summary) for name, entry in COMMANDS.items()}
        Summaries(commands=known).format_commands(context, formatter)


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
    from newsletter.cli.logs import configure_logging  # `--help` writes no log

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
    except SystemExit:
        raise
    except BaseException as error:
        log.critical("an error that nobody foresaw", exc_info=error)
        problem = Problem(
            message=f"an error that nobody foresaw: {type(error).__name__}: {error}",
            fix="report it, with the traceback above, to the makers of newsletter",
        )
        _show(invocation, error, (problem,))


def _show(invocation: Invocation, error: BaseException, problems: tuple[Problem, ...]) -> None:
    code = exit_code(error)
    if invocation.as_json:
        name = error.code if isinstance(error, NewsletterError) else UNFORESEEN_CODE
        _print_json(code, *problems, code=name)
    for problem in problems:
        click.echo(f"newsletter: {problem}", err=True)
    sys.exit(code)


def _print_json(status: int, *problems: Problem, code: str) -> None:
    import json
    from dataclasses import asdict

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
