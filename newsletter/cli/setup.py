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
@click.option(
    "--from",
    "archive",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="ARCHIVE",
    help="Make it of an archive that `newsletter export` wrote, without sample articles.",
)
@json_option
@now_option
@pass_invocation
def init(invocation: Invocation, directory: Path, theme: str, archive: Path | None) -> int:
    """Make a new site: newsletter.toml, a secret key, sample articles. Never overwrites.

    \b
    Example: newsletter init my-site --theme harbour
    """
    if archive is not None:
        if theme != STANDARD:
            raise click.UsageError("--theme is for a new site; one of an archive has its own")
        return _init_from(invocation, directory, archive)
    written = init_site(directory, theme=theme, now=invocation.now)
    invocation.report(
        {"site": str(directory), "files": [str(path) for path in written]},
        *[f"wrote {path}" for path in written],
        f"next: newsletter -C {directory} subscribers import people.csv --list weekly",
    )
    return OK


def _init_from(invocation: Invocation, directory: Path, archive: Path) -> int:
    from newsletter.pipeline.site_archive.unpack import unpack_site  # `check` needs none of it

    unpacked = unpack_site(archive, directory)
    manifest = unpacked.manifest
    name = manifest.database
    moved = (
        ()
        if unpacked.is_found
        else (
            f"its newsletter.toml names another database, {unpacked.database}: to use the one in the "
            f'archive, write database = "sqlite:///{name}"',
        )
    )
    invocation.report(
        {
            "site": str(directory),
            "files": [str(directory / place) for place in manifest.places.values()],
            "tables": [asdict(table) for table in manifest.tables],
            "database": unpacked.database,
            "database_found": unpacked.is_found,
        },
        f"wrote {len(manifest.files)} files to {directory}, each with the hash it had",
        *moved,
        f"next: newsletter -C {directory} check; it sends nothing until `newsletter arm`",
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
    found = remarks(invocation.folder, os.environ, now=invocation.now)
    for remark in found:
        log.warning("%s", remark)
    invocation.report(
        {"problems": [], "remarks": [asdict(remark) for remark in found]},
        "everything is in order",
    )
    return OK
