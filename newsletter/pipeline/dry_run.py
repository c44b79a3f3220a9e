"""send --dry-run: count the messages of a send, or write them to files, without sending."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from newsletter.delivery.message import compile_edition
from newsletter.site.editions import current_editions, key_for, tag_selections_of
from newsletter.site.messages import addressee, headers_for, signer_of
from newsletter.site.recipients import recipients_of
from newsletter.site.site import Site
from newsletter.store import issues as issue_store

BATCH = 1000
"""How many readers are held in memory at a time."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DryRun:
    """The size of a send at this moment."""

    issue: str
    audience: int
    editions: int


def dry_run_send(
    site: Site, slug: str, number: int | None, *, out: Path | None, now: datetime
) -> DryRun:
    """Count the messages to the whole audience; with `out`, also write each one to a file there."""
    with site.database.transaction(read_only=True) as connection:
        issue = issue_store.find_issue(connection, slug, number)
        tag_selections = tag_selections_of(site, connection, slug, now)
    editions = {edition.key: edition for edition in current_editions(site, issue, tag_selections)}
    headers = headers_for(site, issue, now)
    compiled = {key: compile_edition(edition, headers) for key, edition in editions.items()}
    complete = key_for(site, issue, "")
    keys = {follows: key_for(site, issue, follows) for follows in tag_selections}
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
    signer, tokens = signer_of(site), site.tokens
    count = 0
    with site.database.transaction(read_only=True) as connection:
        query = recipients_of(site, slug)(now)
        for row in connection.execution_options(yield_per=BATCH).execute(query):
            count += 1
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
            key = keys.get(row.follows, complete)
            message = compiled.get(key, compiled[complete]).compose(to, signer)
            (out / f"{row.subscriber_id:08d}.eml").write_bytes(message)
    return DryRun(issue=issue.name, audience=count, editions=len(editions))
