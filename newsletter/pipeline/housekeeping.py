"""What must happen now and then: letters that wait, mail left lying, wishes that ran out."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from newsletter.errors import NewsletterError
from newsletter.pipeline.post import flush
from newsletter.pipeline.receive import handle_left_lying
from newsletter.pipeline.site import Site
from newsletter.store.tries import clear_tries
from subscribers.bounces import forget_bounces
from subscribers.consent import drop_unconfirmed
from subscribers.counting import fold
from subscribers.inbound.book import forget_handled
from subscribers.moving import forget_wishes

log = logging.getLogger("newsletter")

TRIES_KEPT = timedelta(days=2)
"""Longer than any limit's period."""


def keep_house(site: Site, clock: Callable[[], datetime]) -> None:
    """Do all of it; whatever fails is logged and tried again next time."""
    now = clock()
    try:
        if site.settings.inbound is not None:
            handle_left_lying(site, now=now)
        flush(site, clock)
        with site.database.transaction() as connection:
            drop_unconfirmed(connection, now - site.settings.site.forget_unconfirmed)
            forget_wishes(connection, now)
            forget_bounces(connection, now)
            forget_handled(connection, now)
            clear_tries(connection, now - TRIES_KEPT)
            fold(connection)
    except NewsletterError as error:
        log.error("%s", error)  # noqa: TRY400 - its message says where and why
