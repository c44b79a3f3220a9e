"""preview and lint: the bytes that will be sent, to look at before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from newsletter.delivery.message import Addressee, compile_edition
from newsletter.issues.issue import OPEN_STATES, Issue, State
from newsletter.pipeline.approve import lint_findings
from newsletter.pipeline.editions import key_for, render_all, wishes_of
from newsletter.pipeline.messages import addressee, headers_for, signer_of
from newsletter.pipeline.site import Site
from newsletter.rendering.edition import Edition, Slot
from newsletter.rendering.lint import Finding
from newsletter.rendering.slots import fill
from newsletter.store import editions as edition_store
from newsletter.store import issues as issue_store
from subscribers.audience import format_follows
from subscribers.people import find

SAMPLE_READER = "reader@example.org"


@dataclass(frozen=True, kw_only=True, slots=True)
class Preview:
    """One reader's message, whole and in parts, and what stands against its edition.

    In the parts counted links are direct: whoever looks is not counted.
    """

    issue: Issue
    message: bytes
    html: str
    text: str
    findings: Sequence[Finding]


def preview(
    site: Site, slug: str, number: int | None, *, as_address: str | None, now: datetime
) -> Preview:
    """The message as `as_address` would get it; without one the complete edition."""
    follows, subscriber_id, name = "", 0, ""
    with site.database.transaction(read_only=True) as connection:
        issue = issue_store.find_issue(connection, slug, number)
        if as_address is not None:
            reader = find(connection, as_address)
            follows, subscriber_id, name = format_follows(reader.follows), reader.id, reader.name
    editions = current_editions(site, issue, (follows,))
    key = key_for(site, issue, follows)
    edition = next((edition for edition in editions if edition.key == key), editions[0])
    to = addressee(
        site,
        site.tokens,
        slug,
        subscriber_id=subscriber_id,
        address=as_address or SAMPLE_READER,
        name=name,
    )
    compiled = compile_edition(edition, headers_for(site, issue, message_date(site, issue)))
    values, shown = slot_values(to), edition.uncounted
    return Preview(
        issue=issue,
        message=compiled.compose(to, signer_of(site)),
        html=fill(shown.html, edition.nonce, values, escape=True),
        text=fill(shown.text, edition.nonce, values, escape=False),
        findings=lint_findings(site, issue, [edition]),
    )


def lint_issue(site: Site, slug: str, number: int | None, *, now: datetime) -> list[Finding]:
    """What stands against every edition of the issue."""
    with site.database.transaction(read_only=True) as connection:
        issue = issue_store.find_issue(connection, slug, number)
        wishes = wishes_of(site, connection, slug, now)
    return lint_findings(site, issue, current_editions(site, issue, wishes))


def current_editions(site: Site, issue: Issue, wishes: Sequence[str]) -> tuple[Edition, ...]:
    """The frozen editions of an approved issue; those of an open one as they render now."""
    if issue.state in OPEN_STATES - {State.APPROVED} or issue.state is State.SKIPPED:
        return render_all(site, issue, wishes)
    with site.database.transaction(read_only=True) as connection:
        return tuple(edition_store.frozen_editions(connection, issue).values())


def message_date(site: Site, issue: Issue) -> datetime:
    """The Date of every message of the issue: when its send began, else when it is to."""
    with site.database.transaction(read_only=True) as connection:
        _approved, started = issue_store.send_times(connection, issue)
    return started or issue.goes_out


def slot_values(to: Addressee) -> dict[Slot, str]:
    """What stands in the open slots of this reader's edition."""
    return {
        Slot.UNSUBSCRIBE: to.unsubscribe_url,
        Slot.PREFERENCES: to.preferences_url,
        Slot.NAME: to.name,
    }
