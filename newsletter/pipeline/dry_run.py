"""send --dry-run: count the messages of a send, or write them to files, without sending."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

from newsletter.delivery.message import compile_edition
from newsletter.issues.issue import Issue
from newsletter.issues.selection import SectionRule
from newsletter.site.editions import current_editions, fitting_key, groups_of
from newsletter.site.messages import addressee, headers_for, signer_of
from newsletter.site.readers_hour import mornings_of
from newsletter.site.recipients import recipients_of, selection_of
from newsletter.site.site import Site
from newsletter.store import issues as issue_store
from newsletter.store.database import create_private
from subscribers.audience import ReaderGroup

BATCH = 1000
"""How many readers are held in memory at a time."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DryWave:
    """How many messages would go at this moment."""

    not_before: datetime
    messages: int


@dataclass(frozen=True, kw_only=True, slots=True)
class DryRun:
    """The size of a send at this moment; `waves` has none if all messages would go at once."""

    issue: str
    audience: int
    editions: int
    segment: str
    sections: tuple[SectionRule, ...]
    waves: tuple[DryWave, ...]


def dry_run_send(
    site: Site, slug: str, number: int | None, *, out: Path | None, now: datetime
) -> DryRun:
    """Count the messages to the whole audience; with `out`, also write each one to a file there."""
    with site.database.transaction(read_only=True) as connection:
        issue = issue_store.find_issue(connection, slug, number)
        groups = groups_of(site, connection, issue, now)

    @cache
    def key_of(group: ReaderGroup) -> str | None:
        return fitting_key(site, issue, editions, group)

    editions = {edition.key: edition for edition in current_editions(site, issue, groups)}
    headers = headers_for(site, issue, now)
    compiled = {key: compile_edition(edition, headers) for key, edition in editions.items()}
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
    signer, tokens = signer_of(site), site.tokens
    zones: Counter[str] = Counter()
    with site.database.transaction(read_only=True) as connection:
        query = recipients_of(site, issue)(now)
        for row in connection.execution_options(yield_per=BATCH).execute(query):
            key = key_of(ReaderGroup(row.follows, row.sees))
            if key is None:
                continue  # the issue has no section for this reader
            zones[row.time_zone] += 1
            if out is None:
                continue
            to = addressee(
                site,
                tokens,
                slug,
                subscriber_id=row.subscriber_id,
                address=row.address,
                name=row.name,
                links_since=row.links_since,
            )
            message = compiled[key].compose(to, signer)
            file = out / f"{row.subscriber_id:08d}.eml"
            create_private(file)  # it has the reader's own links
            file.write_bytes(message)
    selection = selection_of(site, issue)
    return DryRun(
        issue=issue.name,
        audience=zones.total(),
        editions=len(editions),
        segment=selection.segment,
        sections=selection.rules,
        waves=_waves(site, issue, zones, now),
    )


def _waves(site: Site, issue: Issue, zones: Counter[str], now: datetime) -> tuple[DryWave, ...]:
    moments_of = mornings_of(site, issue.newsletter, start=min(issue.goes_out, now))
    if moments_of is None:
        return ()
    messages: Counter[datetime] = Counter()
    for zone, moment in moments_of(zones).items():
        messages[moment] += zones[zone]
    return tuple(DryWave(not_before=at, messages=messages[at]) for at in sorted(messages))
