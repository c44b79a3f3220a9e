"""The letters of corrections: puts them into the outbox in batches."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from newsletter.site.recipients import still_subscribed
from newsletter.site.site import Site
from newsletter.store.audience import Audience
from newsletter.store.correction_letters import has_room, open_corrections, queue_batch


def queue_letters(site: Site, now: datetime) -> None:
    """Put letters into the outbox until a batch of them waits, or none is left to write."""
    with site.database.transaction(read_only=True) as connection:
        waiting = open_corrections(connection)
    for number, slug in waiting.items():
        audience = partial(still_subscribed, site, slug)
        while _queue(site, number, audience, now):
            pass


def _queue(site: Site, number: int, audience: Audience, now: datetime) -> bool:
    """Write one batch of the correction's letters, if few wait; whether there may be more."""
    with site.database.transaction() as connection:
        return has_room(connection, now) and queue_batch(connection, number, audience, now)
