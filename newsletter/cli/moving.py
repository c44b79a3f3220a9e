"""approve, hold, stop: change the state of an issue."""

from __future__ import annotations

import click

from newsletter.cli.invocation import (
    Invocation,
    issue_argument,
    json_option,
    now_option,
    pass_invocation,
)
from newsletter.issues.issue import Issue
from newsletter.issues.local_times import read_time
from newsletter.issues.wording import note_text
from newsletter.pipeline.approve import approve as approve_issue
from newsletter.pipeline.approve import hold as hold_issue
from newsletter.pipeline.approve import reschedule
from newsletter.pipeline.approve import stop as stop_issue
from newsletter.result_codes import OK
from newsletter.store.audit import OPERATOR


@click.command()
@issue_argument
@click.option(
    "--at", metavar="TIME", help="When to send it instead of its due time: ISO, or HH:MM."
)
@json_option
@now_option
@pass_invocation
def approve(invocation: Invocation, issue: tuple[str, int | None], at: str | None) -> int:
    """Freeze the issue's bytes, so that exactly what is approved is sent.

    It approves the issue as it is now; the API wants to know which version was seen.

    Times are in the site's time zone. For an approved issue, --at changes the send time only.

    \b
    Example: newsletter approve weekly
             newsletter approve weekly --at 2026-11-23T09:30
             newsletter approve weekly --at 09:30
    """
    site, now = invocation.site, invocation.now
    site.newsletter(issue[0])
    moment = read_time(at, site.settings.site.zone, now) if at is not None else None
    moved = approve_issue(site, *issue, now=now, send_at=moment)
    if moment is not None and moved.send_at != moment:
        moved = reschedule(site, issue[0], moved.number, send_at=moment, editor=OPERATOR, now=now)
    return _answer(invocation, moved)


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
    """Stop a running send within a second; `send` resumes it.

    \b
    Example: newsletter stop weekly
    """
    return _answer(invocation, stop_issue(invocation.site, *issue))


def _answer(invocation: Invocation, issue: Issue) -> int:
    send_at = (
        issue.send_at.astimezone(invocation.site.settings.site.zone) if issue.send_at else None
    )
    invocation.report(
        {
            "issue": issue.name,
            "state": issue.state,
            "note": note_text(issue.note),
            "send_at": send_at.isoformat() if send_at else None,
        },
        f"{issue.name} is {issue.state}"
        + (f", to be sent on {send_at:%d %B %Y at %H:%M}" if send_at else ""),
    )
    return OK
