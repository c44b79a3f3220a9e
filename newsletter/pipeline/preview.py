"""preview and lint: show and check the bytes that will be sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from newsletter.issues.issue import Issue
from newsletter.pipeline.approve import lint_findings
from newsletter.pipeline.reader_copy import Reader, copy_for, message_of
from newsletter.pipeline.reader_view import AudienceSize, selected_audience
from newsletter.rendering.lint import LintFinding
from newsletter.site.editions import current_editions, groups_of
from newsletter.site.readers_hour import goes_out_to
from newsletter.site.site import Site
from newsletter.store import issues as issue_store


@dataclass(frozen=True, kw_only=True, slots=True)
class Preview:
    """One reader's message, its HTML and text, and the lint findings of its edition.

    In the HTML and text, counted links are replaced by direct ones: a person who previews an issue is not counted.
    """

    issue: Issue
    message: bytes
    html: str
    text: str
    findings: Sequence[LintFinding]
    audience: AudienceSize | None
    """The audience, if a condition selects it."""
    goes_out: datetime | None
    """When this reader gets it; None for an issue that is being sent, or was."""


def preview(
    site: Site, slug: str, number: int | None, *, as_address: str | None, now: datetime
) -> Preview:
    """The message that `as_address` would get; None shows the complete edition."""
    with site.database.transaction(read_only=True) as connection:
        issue = issue_store.find_issue(connection, slug, number)
    copy = copy_for(site, issue, Reader(address=as_address or ""), now=now)
    return Preview(
        issue=issue,
        message=message_of(site, issue, copy),
        html=copy.uncounted.html,
        text=copy.uncounted.text,
        findings=lint_findings(site, issue, [copy.edition]),
        audience=selected_audience(site, issue, now=now),
        goes_out=goes_out_to(site, issue, copy.time_zone),
    )


def lint_issue(site: Site, slug: str, number: int | None, *, now: datetime) -> list[LintFinding]:
    """The lint findings of every edition of the issue."""
    with site.database.transaction(read_only=True) as connection:
        issue = issue_store.find_issue(connection, slug, number)
        groups = groups_of(site, connection, issue, now)
    return lint_findings(site, issue, current_editions(site, issue, groups))
