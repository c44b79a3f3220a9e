"""serve: the web pages, the scheduler and the mail listeners in one process."""

from __future__ import annotations

import errno
import logging
import os
import socket
from contextlib import closing, nullcontext

import click

from newsletter.cli.interruption import leave_at_once
from newsletter.cli.invocation import Invocation, json_option, pass_invocation
from newsletter.config.proxies import trusted_proxies
from newsletter.errors import UnavailableError
from newsletter.listening import listening
from newsletter.pipeline.sign_in import first_link
from newsletter.result_codes import OK
from newsletter.scheduler import scheduling

log = logging.getLogger("newsletter")


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8000, show_default=True, help="The port; 0 takes a free one.")
@click.option(
    "--no-schedule", is_flag=True, help="Do not send due issues; call `run` from cron instead."
)
@json_option
@pass_invocation
def serve(invocation: Invocation, host: str, port: int, no_schedule: bool) -> int:
    """Serve the readers' pages and the desk, and send due issues (unless --no-schedule).

    \b
    Example: newsletter serve --host 127.0.0.1 --port 8000
    """
    # Only this command needs the web's libraries; no other command, and no --help, imports them.
    from newsletter.web.app import make_app
    from newsletter.web.forwarded import Forwarded
    from newsletter.web.http_server import HttpServer, http_configuration

    site = invocation.site
    app = Forwarded(make_app(site), trusted_proxies(os.environ, site.settings.web.trusted_hops))
    config = http_configuration(app, host=host, port=port)
    with closing(_bound(host, port)) as bound:
        link = first_link(site, now=invocation.now)
        address = _local_address(host, bound.getsockname()[1])
        if link is None:
            log.info("The desk is at %s/desk", address)
        else:
            log.info("Nobody has signed in yet. This link signs you in, once: %s%s", address, link)
        server = HttpServer(config)
        jobs = nullcontext() if no_schedule else scheduling(site, stop=server.stop)
        with listening(site, stop=server.stop), jobs as supervisor:
            server.run(sockets=[bound])
    if supervisor is not None and supervisor.has_abandoned_any:
        leave_at_once(OK)
    return OK


def _bound(host: str, port: int) -> socket.socket:
    """A socket at the address. Raises UnavailableError if it cannot be had."""
    bound = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
    except OSError as error:
        bound.close()
        is_taken = error.errno == errno.EADDRINUSE
        raise UnavailableError(
            f"port {port} of {host} is used by another program"
            if is_taken
            else f"cannot listen on port {port} of {host}: {error.strerror}",
            field="--port" if is_taken else "--host",
            fix="end that program, or choose another port with --port; is this site served already?"
            if is_taken
            else "choose another --host or --port",
        ) from error
    return bound


def _local_address(host: str, port: int) -> str:
    """The address for a browser on this machine."""
    shown = "127.0.0.1" if host in {"0.0.0.0", "::", ""} else host  # noqa: S104 - compared, not bound
    return f"http://{f'[{shown}]' if ':' in shown else shown}:{port}"
