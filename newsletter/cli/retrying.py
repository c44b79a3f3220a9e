"""retry: send again to readers who were wrongly refused."""

from __future__ import annotations

import click

from newsletter.cli.invocation import (
    Invocation,
    issue_argument,
    json_option,
    now_option,
    pass_invocation,
)
from newsletter.pipeline.retry import retry_rejected
from newsletter.result_codes import OK


@click.command()
@issue_argument
@click.option(
    "--rejected",
    is_flag=True,
    required=True,
    help="Retry the readers whom a relay refused permanently.",
)
@click.option(
    "--reason", default="", metavar="WORDS", help="Only those whose refusal contains these words."
)
@json_option
@now_option
@pass_invocation
def retry(
    invocation: Invocation, issue: tuple[str, int | None], rejected: bool, reason: str
) -> int:
    """Make refused deliveries pending again, and restore the subscriptions that they ended.

    Use it for refusals that were not the readers' fault, such as a limit of your account at the
    relay. It is noted on each restored reader's record. Send the issue afterwards.

    \b
    Example: newsletter retry weekly/12 --rejected --reason "daily limit"
             newsletter send weekly/12
    """
    site = invocation.site
    site.newsletter(issue[0])
    done = retry_rejected(site, *issue, reason=reason, now=invocation.now)
    invocation.report(
        {"pending": done.deliveries, "restored": done.restored},
        f"{done.deliveries} deliveries pending again, {done.restored} subscriptions restored",
    )
    return OK
