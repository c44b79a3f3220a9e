"""approve, hold, stop: move an issue."""

from __future__ import annotations

import click

from newsletter.cli.exit_codes import OK
from newsletter.cli.invocation import (
    Invocation,
    issue_argument,
    json_option,
    now_option,
    pass_invocation,
)
from newsletter.issues.issue import Issue
from newsletter.pipeline.approve import approve as approve_issue
from newsletter.pipeline.approve import hold as hold_issue
from newsletter.pipeline.approve import stop as stop_issue


@click.command()
@issue_argument
@json_option
@now_option
@pass_invocation
def approve(invocation: Invocation, issue: tuple[str, int | None]) -> int:
    """Freeze the issue's bytes: what is approved is what is sent.

    \b
    Example: newsletter approve weekly
    """
    invocation.site.newsletter(issue[0])
    return _answer(invocation, approve_issue(invocation.site, *issue, now=invocation.now))


@click.command()
@issue_argument
@json_option
@pass_invocation
def hold(invocation: Invocation, issue: tuple[str, int | None]) -> int:
    """Keep the issue from being sent until it is approved again.

    \b
    Example: newsletter hold weekly
    """
    return _answer(invocation, hold_issue(invocation.site, *issue))


@click.command()
@issue_argument
@json_option
@pass_invocation
def stop(invocation: Invocation, issue: tuple[str, int | None]) -> int:
    """Stop the presses: a running send ends within a second; `send` resumes it.

    \b
    Example: newsletter stop weekly
    """
    return _answer(invocation, stop_issue(invocation.site, *issue))


def _answer(invocation: Invocation, issue: Issue) -> int:
    invocation.report(
        {"issue": issue.name, "state": issue.state, "note": issue.note},
        f"{issue.name} is {issue.state}",
    )
    return OK
