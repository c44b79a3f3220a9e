"""bench: measure how fast this machine sends the site's newsletter."""

from __future__ import annotations

import click

from newsletter.cli.invocation import Invocation, json_option, pass_invocation, processes_option
from newsletter.pipeline.bench import bench as measure
from newsletter.result_codes import OK


@click.command()
@click.argument("name", required=False)
@click.option(
    "--messages",
    type=click.IntRange(1, 1_000_000),
    default=10_000,
    show_default=True,
    help="How many messages to send.",
)
@processes_option
@json_option
@pass_invocation
def bench(invocation: Invocation, name: str | None, messages: int, processes: int | None) -> int:
    """Measure how fast this machine sends a sample issue of NAME; nobody gets mail.

    The messages go to a sink on this machine, with the newsletter's theme, the site's DKIM keys
    and a ledger on the site's disk. A real relay may be slower.

    \b
    Example: newsletter bench weekly --messages 20000 --processes 2
    """
    site = invocation.site
    slug = name or next(iter(site.settings.newsletters), "")
    site.newsletter(slug)
    measured = measure(site, slug, messages=messages, processes=processes, clock=invocation.clock)
    signed = " and ".join(measured.signatures) or "no DKIM"
    invocation.answer(
        {
            "newsletter": slug,
            "messages": measured.messages,
            "seconds": round(measured.seconds, 3),
            "rate": round(measured.rate, 1),
            "processes": measured.processes,
            "signatures": list(measured.signatures),
            "octets": measured.octets,
            "readers": measured.readers,
        },
        f"{measured.messages:,} messages of {measured.octets / 1000:.0f} kB in {measured.seconds:.1f} s: "
        f"{measured.rate:,.0f} a second ({measured.processes} process"
        f"{'' if measured.processes == 1 else 'es'}, {signed})",
        f"the {measured.readers:,} readers of {slug} would take "
        f"{measured.readers / measured.rate:,.1f} s, if the relay accepts them as fast",
    )
    return OK
