"""Handles requests by forms and sends letters when there are any; only then is the rest loaded."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import datetime
from weakref import WeakKeyDictionary

from newsletter.errors import NewsletterError
from newsletter.pipeline.control import RunControl
from newsletter.site.site import Site
from newsletter.store import newsletters as newsletter_store
from newsletter.store import outbox
from newsletter.store.correction_letters import has_room, open_corrections
from newsletter.store.database import Database
from newsletter.store.form_requests import due_requests

log = logging.getLogger("newsletter")

CHECK_INTERVAL, MIN_INTERVAL = 1.0, 0.1
"""Seconds between two checks for waiting letters, at most and at least."""


class _FlushState:
    """Lets one thread of a process at a time send letters.

    Another thread that wants letters sent meanwhile sets `requested`, and the sending thread goes
    on. `loops` counts the threads that are in `post_until`.
    """

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.requested = threading.Event()
        self.loops = 0


_flush_states: WeakKeyDictionary[Database, _FlushState] = WeakKeyDictionary()
_flush_states_lock = threading.Lock()


def flush(
    site: Site, clock: Callable[[], datetime], *, interrupted: threading.Event | None = None
) -> int:
    """Handle the requests that wait, and send the letters that are due in the outbox.

    Returns how many letters were accepted.

    A relay's failure is not raised: the letter waits for its next attempt. Ends within 10 s after
    `interrupted` is set. If another thread of this process is sending, that thread does the work.
    """
    control = RunControl(clock=clock, interrupted=interrupted)
    state, accepted = _flush_state_of(site), 0
    _handle_requests(site, clock())
    state.requested.set()
    while state.requested.is_set() and state.lock.acquire(blocking=False):
        try:
            state.requested.clear()
            while not control.is_interrupted and _is_anything_to_do(site, clock()):
                from newsletter.pipeline.send_letters import send_waiting

                tried, newly_accepted = send_waiting(site, control)
                accepted += newly_accepted
                if not tried:
                    break
        finally:
            state.lock.release()
    return accepted


def post_soon(site: Site, clock: Callable[[], datetime]) -> None:
    """Have this process's `post_until` flush the outbox; without one, flush it now."""
    state = _flush_state_of(site)
    state.requested.set()
    if not state.loops:
        flush(site, clock)


def post_or_leave(site: Site, clock: Callable[[], datetime]) -> None:
    """The same after an answer: letters that cannot be sent now stay in the outbox for later."""
    try:
        post_soon(site, clock)
    except NewsletterError as error:
        log.warning("letters wait: %s", error)


def post_until(
    site: Site,
    clock: Callable[[], datetime],
    stop: threading.Event,
    send: Callable[[], None],
) -> None:
    """Call `send` within a second after any process queues a letter, until `stop` is set.

    Requests by forms are handled as soon. The connection that brought one has no part in that.
    """
    state = _flush_state_of(site)
    with _flush_states_lock:
        state.loops += 1
    try:
        while not stop.wait(MIN_INTERVAL):
            state.requested.clear()
            try:
                _handle_requests(site, clock())
                if _is_anything_to_do(site, clock()):
                    send()
            except Exception as error:  # the database may be back at the next check
                log.warning("letters cannot be sent yet: %s", error)
            state.requested.wait(CHECK_INTERVAL)
    finally:
        with _flush_states_lock:
            state.loops -= 1


def _flush_state_of(site: Site) -> _FlushState:
    with _flush_states_lock:
        return _flush_states.setdefault(site.database, _FlushState())


def _handle_requests(site: Site, now: datetime) -> None:
    with site.database.transaction(read_only=True) as connection:
        if not due_requests(connection, now):
            return
    from newsletter.pipeline.form_requests import handle_requests

    handle_requests(site, now)


def _is_anything_to_do(site: Site, now: datetime) -> bool:
    """Whether the site may send, and a letter is due or was left behind by a dead sender."""
    if not site.settings.relays:
        return False
    with site.database.transaction(read_only=True) as connection:
        if not newsletter_store.is_armed(connection):
            return False
        if outbox.is_anything_due(connection, now):
            return True
        if open_corrections(connection) and has_room(connection, now):
            return True
    return bool(outbox.dead_senders(site.database))
