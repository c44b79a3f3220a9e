"""worker: one sending node."""

from __future__ import annotations

import click

from newsletter.cli.interruption import interruptible
from newsletter.cli.invocation import Invocation, json_option, now_option, pass_invocation
from newsletter.pipeline.worker import run_worker
from newsletter.result_codes import OK


@click.command()
@click.option(
    "--connections",
    type=click.IntRange(min=1),
    help="Connections to each relay.  [default: as configured]",
)
@json_option
@now_option
@pass_invocation
def worker(invocation: Invocation, connections: int | None) -> int:
    """Run a sending node for `send`, `run` and `serve`; start as many as you need (PostgreSQL only).

    \b
    Example: newsletter worker --connections 16
    """
    with interruptible() as interrupted:
        run_worker(
            invocation.site,
            connections=connections,
            clock=invocation.clock,
            interrupted=interrupted,
        )
    return OK
