"""send --dry-run: every message that a send would make, written to files; nothing changes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from newsletter.delivery.message import compile_edition
from newsletter.pipeline.editions import current_editions, key_for, wishes_of
from newsletter.pipeline.messages import addressee, headers_for, signer_of
from newsletter.pipeline.readers import readers_of
from newsletter.pipeline.site import Site
from newsletter.store import issues as issue_store

BATCH = 1000
"""Readers held in memory at a time."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Rehearsal:
    """What a send would come to at this moment."""

    issue: str
    audience: int
    editions: int


def rehearse(
    site: Site, slug: str, number: int | None, *, out: Path | None, now: datetime
) -> Rehearsal:
    """Count, and with `out` write, the messages of everyone in the audience."""
    with site.database.transaction(read_only=True) as connection:
        issue = issue_store.find_issue(connection, slug, number)
        wishes = wishes_of(site, connection, slug, now)
    editions = {edition.key: edition for edition in current_editions(site, issue, wishes)}
    headers = headers_for(site, issue, now)
    compiled = {key: compile_edition(edition, headers) for key, edition in editions.items()}
    complete = key_for(site, issue, "")
    keys = {follows: key_for(site, issue, follows) for follows in wishes}
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
    signer, tokens = signer_of(site), site.tokens
    count = 0
    with site.database.transaction(read_only=True) as connection:
        query = readers_of(site, slug)(now)
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
            )
            key = keys.get(row.follows, complete)
            message = compiled.get(key, compiled[complete]).compose(to, signer)
            (out / f"{row.subscriber_id:08d}.eml").write_bytes(message)
    return Rehearsal(issue=issue.name, audience=count, editions=len(editions))
