"""bench: measure the site's send path, with its theme and keys, into a sink on this machine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import sqlalchemy as sa

from newsletter.delivery.loopback_sink import sink
from newsletter.issues.issue import Issue, State
from newsletter.pipeline.send import send
from newsletter.pipeline.site_on_sink import site_on_sink, subscribe_readers
from newsletter.rendering.sample import sample_issue, sample_items
from newsletter.site.editions import complete_group, frozen_hash, render_for
from newsletter.site.messages import signer_of
from newsletter.site.recipients import readers_of
from newsletter.site.site import Site
from newsletter.store import editions as edition_store
from newsletter.store import issues as issue_store

ARTICLES = 20
CONNECTIONS = 16


@dataclass(frozen=True, kw_only=True, slots=True)
class Measurement:
    """The result of a measurement.

    `octets` is the size of one message's HTML and text before they are encoded. `readers` is how
    many readers the newsletter has now.
    """

    messages: int
    seconds: float
    processes: int
    signatures: tuple[str, ...]
    octets: int
    readers: int

    @property
    def rate(self) -> float:
        """Messages per second."""
        return self.messages / self.seconds


def bench(
    site: Site, slug: str, *, messages: int, processes: int | None, clock: Callable[[], datetime]
) -> Measurement:
    """Send `messages` messages of a sample issue to a sink, without touching the site's database.

    The ledger is a temporary SQLite file in the site's folder, so that the same disk is measured.
    """
    process_count = processes or site.settings.sending.processes
    signer = signer_of(site)
    with TemporaryDirectory(dir=site.folder, prefix=".bench-") as name, sink() as port:
        copy = site_on_sink(
            site,
            Path(name).resolve(),
            port,
            connections=max(CONNECTIONS, process_count),
            # The sample has no readers who chose monthly, and none whom a segment would find.
            otherwise={"digest_of": None, "segment": None},
        )
        try:
            subscribe_readers(copy, slug, messages, clock())
            octets = _approve_sample(copy, slug, clock())
            outcome = send(copy, slug, 1, clock=clock, processes=process_count)
        finally:
            copy.database.close()
    return Measurement(
        messages=outcome.report.accepted if outcome.report else 0,
        seconds=outcome.report.seconds if outcome.report else 0.0,
        processes=process_count,
        signatures=tuple(key.algorithm for key in signer.keys) if signer else (),
        octets=octets,
        readers=_count_readers(site, slug, clock()),
    )


def _approve_sample(site: Site, slug: str, now: datetime) -> int:
    """Freeze a sample issue in the newsletter's theme; returns its size in octets."""
    issue: Issue = replace(sample_issue(sample_items(ARTICLES)), newsletter=slug, due=now)
    edition = render_for(site, issue, complete_group(site, issue))
    with site.database.transaction() as connection:
        issue_store.save_draft(connection, issue, due_date=now.date().isoformat())
        edition_store.freeze_editions(
            connection, issue, [edition], frozen_hash=frozen_hash([edition])
        )
        issue_store.move(connection, issue, State.APPROVED, approved_at=now)
    return len(edition.html.encode()) + len(edition.text.encode())


def _count_readers(site: Site, slug: str, now: datetime) -> int:
    with site.database.transaction(read_only=True) as connection:
        readers = readers_of(site, slug)(now).subquery()
        return connection.scalar(sa.select(sa.func.count()).select_from(readers)) or 0
