"""backup, arm, migrate-database: copy the database, allow a restored one to send, or move it."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from newsletter.cli.invocation import Invocation, json_option, pass_invocation
from newsletter.config.settings import SiteSettings
from newsletter.pipeline.migrate_database import DatabaseMove
from newsletter.pipeline.migrate_database import migrate_database as move_site
from newsletter.result_codes import OK
from newsletter.store.backup import back_up
from newsletter.store.newsletters import set_armed
from newsletter.store.seal import lift_seal


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@json_option
@pass_invocation
def backup(invocation: Invocation, file: Path) -> int:
    """Copy the database while it is in use; the copy may not send until it is armed.

    \b
    Example: newsletter backup /var/backups/newsletter-2026-11-23.db
    """
    back_up(invocation.site.database, file)
    invocation.report({"file": str(file)}, f"wrote {file}; after a restore, run `newsletter arm`")
    return OK


@click.command()
@json_option
@pass_invocation
def arm(invocation: Invocation) -> int:
    """Allow sending again after the database was restored from a backup or the site moved away.

    \b
    Example: newsletter arm
    """
    site = invocation.open_site(even_if_moved=True)
    with site.database.transaction() as connection:
        lift_seal(connection)
        set_armed(connection, True)
    invocation.report({"armed": True}, "this site may send")
    return OK


def _database(_context: click.Context, _parameter: click.Parameter, value: str) -> str:
    try:
        return SiteSettings.known_database(value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


@click.command()
@click.option(
    "--to",
    "url",
    required=True,
    metavar="URL",
    callback=_database,
    help="The new database, as in newsletter.toml.",
)
@click.option("--replace", is_flag=True, help="Delete what the new database contains.")
@json_option
@pass_invocation
def migrate_database(invocation: Invocation, url: str, replace: bool) -> int:
    """Move the site to another database and block all changes to the old one.

    Either everything moves or nothing does. Run it again to complete an interrupted move.
    Afterwards change one line in newsletter.toml, as the command tells you.

    \b
    Example: newsletter migrate-database --to postgresql://newsletter@localhost/newsletter
    """
    site = invocation.open_site(even_if_moved=True)
    moved = move_site(site, url, replace=replace, now=invocation.now)
    line = f'database = "{moved.to}"'
    invocation.answer(
        {
            "to": moved.to,
            "again": moved.again,
            "tables": [asdict(table) for table in moved.tables],
            "write": line,
        },
        *_lines(moved, line),
    )
    return OK


def _lines(moved: DatabaseMove, line: str) -> list[str]:
    widest = max(len(table.table) for table in moved.tables)
    return [
        *(f"{table.table:{widest}}  {table.rows:>10}  {table.hash[:16]}" for table in moved.tables),
        f"already moved to {moved.to}" if moved.again else f"moved to {moved.to}",
        f"In newsletter.toml, under [site], write: {line}",
        "Then restart `newsletter serve`. The old database refuses every change.",
    ]
