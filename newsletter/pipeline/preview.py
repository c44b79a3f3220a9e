"""preview and lint: the bytes that will be sent, to look at before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from newsletter.issues.issue import Issue
from newsletter.pipeline.approve import lint_findings
from newsletter.pipeline.editions import current_editions, wishes_of
from newsletter.pipeline.reader_copy import Reader, copy_for, message_of
from newsletter.pipeline.site import Site
from newsletter.rendering.lint import Finding
from newsletter.store import issues as issue_store


@dataclass(frozen=True, kw_only=True, slots=True)
class Preview:
    """One reader's message, whole and in parts, and what stands against its edition.

    In the parts counted links are direct: a person who previews an issue is not counted.
    """

    issue: Issue
    message: bytes
    html: str
    text: str
    findings: Sequence[Finding]


def preview(site: Site, slug: str, number: int | None, *, as_address: str | None) -> Preview:
    """The message as `as_address` would get it; without one the complete edition."""
    with site.database.transaction(read_only=True) as connection:
        issue = issue_store.find_issue(connection, slug, number)
    copy = copy_for(site, issue, Reader(address=as_address or ""))
    return Preview(
        issue=issue,
        message=message_of(site, issue, copy),
        html=copy.uncounted.html,
        text=copy.uncounted.text,
        findings=lint_findings(site, issue, [copy.edition]),
    )


def lint_issue(site: Site, slug: str, number: int | None, *, now: datetime) -> list[Finding]:
    """What stands against every edition of the issue."""
    with site.database.transaction(read_only=True) as connection:
        issue = issue_store.find_issue(connection, slug, number)
        wishes = wishes_of(site, connection, slug, now)
    return lint_findings(site, issue, current_editions(site, issue, wishes))
