"""bench: how fast this machine sends this site's newsletter."""

from __future__ import annotations

import click

from newsletter.cli.exit_codes import OK
from newsletter.cli.invocation import Invocation, json_option, pass_invocation, processes_option
from newsletter.pipeline.bench import bench as measure


@click.command()
@click.argument("name", required=False)
@click.option(
    "--messages",
    type=click.IntRange(1, 1_000_000),
    default=10_000,
    show_default=True,
    help="How many are sent.",
)
@processes_option
@json_option
@pass_invocation
def bench(invocation: Invocation, name: str | None, messages: int, processes: int | None) -> int:
    """Measure the send path: a sample issue of NAME into a sink on this machine; nobody gets mail.

    With the newsletter's theme, the site's DKIM keys and a ledger on the site's disk. What a
    relay can take is another question.

    \b
    Example: newsletter bench weekly --messages 20000 --processes 2
    """
    site = invocation.site
    slug = name or next(iter(site.settings.newsletters), "")
    site.newsletter(slug)
    found = measure(site, slug, messages=messages, processes=processes, clock=invocation.clock)
    signed = " and ".join(found.signatures) or "no DKIM"
    invocation.answer(
        {
            "newsletter": slug,
            "messages": found.messages,
            "seconds": round(found.seconds, 3),
            "rate": round(found.rate, 1),
            "processes": found.processes,
            "signatures": list(found.signatures),
            "octets": found.octets,
            "readers": found.readers,
        },
        f"{found.messages:,} messages of {found.octets / 1000:.0f} kB in {found.seconds:.1f} s: "
        f"{found.rate:,.0f} a second ({found.processes} process"
        f"{'' if found.processes == 1 else 'es'}, {signed})",
        f"the {found.readers:,} readers of {slug} would take "
        f"{found.readers / found.rate:,.1f} s, if the relay takes them as fast",
    )
    return OK
