"""Handles mail that was left behind; what reads mail is loaded only when there is some."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from newsletter.site.site import Site
from subscribers.inbound import mail_log

RETRY_AFTER = timedelta(minutes=10)
"""How long after its arrival or last attempt an unhandled message is attempted again."""


def handle_left_over(
    site: Site, clock: Callable[[], datetime], *, interrupted: threading.Event
) -> int:
    """Handle the messages that a dead process recorded, or that failed before; returns how many.

    Once `interrupted` is set, no further message is begun.
    """
    with site.database.transaction(read_only=True) as connection:
        waiting = mail_log.unhandled(connection, clock() - RETRY_AFTER)
    for number, message_id in enumerate(waiting):
        if interrupted.is_set():
            return number
        from newsletter.pipeline.receive import handle

        handle(site, message_id, now=clock())
    return len(waiting)
