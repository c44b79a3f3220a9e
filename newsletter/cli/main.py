"""newsletter: the entry point of the command line."""

from __future__ import annotations

import gc
import os
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType

import click

from newsletter import __version__
from newsletter.cli.commands import COMMANDS
from newsletter.cli.invocation import Invocation, json_option
from newsletter.cli.printing import json_text, say
from newsletter.errors import ConfigurationError, NewsletterError, Problem
from newsletter.result_codes import USAGE, codes_of

UNEXPECTED_ERROR_CODE = "unforeseen"
"""The code of an unexpected error in the JSON error document."""


class OrderedGroup(click.Group):
    """Lists the commands in the order of COMMANDS, not by name."""

    def list_commands(self, _context: click.Context) -> list[str]:
        """The names in the order of COMMANDS."""
        return list(COMMANDS)


class LazyGroup(OrderedGroup):
    """Imports a command's module when the command is called: each needs only some libraries."""

    def get_command(self, _context: click.Context, name: str) -> click.Command | None:
        """The command with this name, or None."""
        if name not in COMMANDS:
            return None
        module = _import_without_pauses(f"newsletter.cli.{COMMANDS[name].module}")
        command = getattr(module, name.replace("-", "_"))
        assert isinstance(command, click.Command)  # noqa: S101 - narrows for mypy
        return command

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands with their summaries, so that `--help` imports none of them."""
        known = {name: click.Command(name, help=entry.summary) for name, entry in COMMANDS.items()}
        OrderedGroup(commands=known).format_commands(context, formatter)


def _import_without_pauses(name: str) -> ModuleType:
    """Import a module while the garbage collector rests, and exempt what it defines for good.

    Otherwise a quarter of a short command's time goes to the collector, which examines every module
    during the imports and again when the process ends. Some goes to looking for plug-ins of
    pydantic, of which we use none.
    """
    if name in sys.modules:
        return sys.modules[name]
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    gc.disable()
    try:
        return import_module(name)
    finally:
        gc.freeze()
        gc.enable()


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
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
    help="The format of the log on stderr.",
)
@json_option
@click.version_option(__version__, prog_name="newsletter")
@click.pass_context
def cli(context: click.Context, folder: Path, log_format: str) -> None:
    """Gather tagged articles, render them as e-mail, and send them to subscribers.

    \b
    A site is a folder with newsletter.toml. Make one and send its first issue:
      newsletter init my-site && cd my-site
      newsletter subscribers import people.csv --list weekly
      newsletter gather && newsletter draft weekly
      newsletter approve weekly && newsletter send weekly
    """
    from newsletter.cli.logs import configure_logging  # `--help` writes no log

    invocation = context.ensure_object(Invocation)
    invocation.folder, invocation.log_format = folder, log_format
    configure_logging(log_format)


def main() -> None:
    """Run the command line and exit with a documented exit code."""
    _open_standard_streams()
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
        say("interrupted", err=True)
        sys.exit(130)
    except ConfigurationError as error:
        _exit_with(invocation, error, error.problems)
    except NewsletterError as error:
        _exit_with(invocation, error, (error.problem,))
    except SystemExit:
        raise
    except BaseException as error:
        import logging

        logging.getLogger("newsletter").critical("unexpected error", exc_info=error)
        problem = Problem(
            message=f"unexpected error: {type(error).__name__}: {error}",
            fix="report it, with the traceback above, to the makers of newsletter",
        )
        _exit_with(invocation, error, (problem,))


def _open_standard_streams() -> None:
    """Open to nowhere what the caller closed, as some supervisors do.

    Else Python has None for it, and the next file or connection gets its number.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            nowhere = Path(os.devnull).open(mode, encoding="utf-8")  # noqa: SIM115 - for good
            setattr(sys, name, nowhere)


def _exit_with(invocation: Invocation, error: BaseException, problems: tuple[Problem, ...]) -> None:
    code = codes_of(error).exit_code
    if invocation.as_json:
        name = error.code if isinstance(error, NewsletterError) else UNEXPECTED_ERROR_CODE
        _print_json(code, *problems, code=name)
    for problem in problems:
        if invocation.log_format == "text":
            say(f"newsletter: {problem}", err=True)
        else:
            import logging

            logging.getLogger("newsletter").error("%s", problem)
    sys.exit(code)


def _print_json(status: int, *problems: Problem, code: str) -> None:
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
    say(json_text({"error": document}))
