"""init, check: make a new site, and check whether a site is ready to send."""

from __future__ import annotations

import logging
import os
from dataclasses import asdict
from pathlib import Path

import click

from newsletter.cli.invocation import Invocation, json_option, now_option, pass_invocation
from newsletter.errors import ConfigurationError
from newsletter.pipeline.check import check as check_site
from newsletter.pipeline.check import remarks
from newsletter.pipeline.init import init as init_site
from newsletter.rendering.theme import STANDARD, theme_names
from newsletter.result_codes import OK

log = logging.getLogger("newsletter")


@click.command()
@click.argument("directory", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--theme",
    type=click.Choice(theme_names()),
    default=STANDARD,
    show_default=True,
    help="The theme of its issues; newsletter.toml can change it later.",
)
@json_option
@now_option
@pass_invocation
def init(invocation: Invocation, directory: Path, theme: str) -> int:
    """Make a new site: newsletter.toml, a secret key, sample articles. Never overwrites.

    \b
    Example: newsletter init my-site --theme harbour
    """
    written = init_site(directory, theme=theme, now=invocation.now)
    invocation.report(
        {"site": str(directory), "files": [str(path) for path in written]},
        *[f"wrote {path}" for path in written],
        f"next: newsletter -C {directory} subscribers import people.csv --list weekly",
    )
    return OK


@click.command()
@json_option
@now_option
@pass_invocation
def check(invocation: Invocation) -> int:
    """Read configuration, templates and database; list every mistake with file, field and fix.

    \b
    Example: newsletter check
    """
    problems = check_site(invocation.folder, os.environ, now=invocation.now)
    if problems:
        raise ConfigurationError(problems)
    found = remarks(invocation.folder, os.environ)
    for remark in found:
        log.warning("%s", remark)
    invocation.report(
        {"problems": [], "remarks": [asdict(remark) for remark in found]},
        "everything is in order",
    )
    return OK
