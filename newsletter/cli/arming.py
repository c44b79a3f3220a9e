"""backup, arm: copy the database, and let a restored one send again."""

from __future__ import annotations

from pathlib import Path

import click

from newsletter.cli.exit_codes import OK
from newsletter.cli.invocation import Invocation, json_option, pass_invocation
from newsletter.store.backup import back_up
from newsletter.store.newsletters import set_armed


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
    invocation.report({"file": str(file)}, f"wrote {file}; restored, it needs `newsletter arm`")
    return OK


@click.command()
@json_option
@pass_invocation
def arm(invocation: Invocation) -> int:
    """Allow sending again after a database was restored from a backup.

    \b
    Example: newsletter arm
    """
    with invocation.site.database.transaction() as connection:
        set_armed(connection, True)
    invocation.report({"armed": True}, "this site may send")
    return OK
