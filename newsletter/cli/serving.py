"""serve: the web pages and the scheduler in one process."""

from __future__ import annotations

from contextlib import nullcontext

import click
import uvicorn

from newsletter.cli.exit_codes import OK
from newsletter.cli.invocation import Invocation, json_option, pass_invocation
from newsletter.scheduler import scheduling
from newsletter.web.app import make_app


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8000, show_default=True, help="The port; 0 takes a free one.")
@click.option("--no-schedule", is_flag=True, help="Only the web pages; cron calls `run`.")
@json_option
@pass_invocation
def serve(invocation: Invocation, host: str, port: int, no_schedule: bool) -> int:
    """Answer readers' links, and send due issues (unless --no-schedule).

    \b
    Example: newsletter serve --host 127.0.0.1 --port 8000
    """
    site = invocation.site
    app = make_app(site)
    with nullcontext() if no_schedule else scheduling(site):
        uvicorn.run(app, host=host, port=port, log_level="warning", server_header=False)
    return OK
