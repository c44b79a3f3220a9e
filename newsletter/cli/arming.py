"""arm: let a restored site send again."""

from __future__ import annotations

import click

from newsletter.cli.exit_codes import OK
from newsletter.cli.invocation import Invocation, json_option, pass_invocation
from newsletter.store.newsletters import set_armed


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
