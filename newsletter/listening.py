"""Mail while `serve` runs: what comes in (LMTP, SMTP, a Maildir, IMAP), and letters that go out."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from newsletter.config.settings import ImapSettings
from newsletter.errors import ConfigurationError, Problem
from newsletter.jobs.letters import letters_job
from newsletter.jobs.supervisor import Supervisor
from newsletter.pipeline.post import post_soon, post_until
from newsletter.pipeline.receive import receive, takes
from newsletter.pipeline.site import Site
from newsletter.store.liveness import Office
from subscribers.inbound.listener import listening_at
from subscribers.inbound.mailbox import ImapPlace, watch_imap, watch_maildir

log = logging.getLogger("newsletter")

LOOK = 5.0
"""Seconds between two looks at whose turn it is to watch the mailboxes."""

Watch = Callable[[threading.Event], None]


def _now() -> datetime:
    return datetime.now(UTC)


@contextmanager
def listening(
    site: Site,
    *,
    clock: Callable[[], datetime] = _now,
    stop: threading.Event | None = None,
) -> Iterator[dict[str, str]]:
    """While entered, letters go out, and mail is taken in every way that [inbound] names.

    Gives where it listens. Once `stop` is set no further letter is sent, and no mailbox is watched.
    Raises ConfigurationError when an address to listen on cannot be had.
    """
    inbound = site.settings.inbound
    places: dict[str, str] = {}
    stop = stop or threading.Event()
    with ExitStack() as stack:
        stack.enter_context(_posting(site, clock, stop))
        if inbound is None:
            yield places
            return

        def take(content: bytes, recipient: str | None = None, sender: str | None = None) -> None:
            receive(site, content, recipient=recipient, envelope_sender=sender, now=clock())
            post_soon(site, clock)

        for kind in ("lmtp", "smtp"):
            place = getattr(inbound, kind)
            if place is None:
                continue
            door = listening_at(
                place,
                lmtp=kind == "lmtp",
                hostname=inbound.domain,
                takes=lambda address: takes(site, address),
                deliver=take,
            )
            try:
                places[kind] = stack.enter_context(door)
            except OSError as error:
                raise _taken(kind, place, error) from error
        if inbound.maildir is not None:
            folder: Path = site.folder / inbound.maildir
            stack.enter_context(
                _watching(site, "maildir", lambda leave: watch_maildir(folder, take, leave), stop)
            )
        if inbound.imap is not None:
            imap = _place(inbound.imap)
            stack.enter_context(
                _watching(site, "imap", lambda leave: watch_imap(imap, take, leave), stop)
            )
        yield places


@contextmanager
def _posting(site: Site, clock: Callable[[], datetime], stop: threading.Event) -> Iterator[None]:
    """While entered, what waits in the outbox is sent."""
    supervisor, letters = Supervisor(site.database, clock, stop), letters_job(site, clock)

    def send() -> None:
        supervisor.run(letters)

    thread = threading.Thread(target=post_until, args=[site, clock, stop, send], name="posting")
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


@contextmanager
def _watching(site: Site, name: str, watch: Watch, stop: threading.Event) -> Iterator[None]:
    """While entered the mailbox is watched, by us or by another `serve` on the database."""
    thread = threading.Thread(target=_watch_in_turn, args=[site, name, watch, stop], name="mailbox")
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _watch_in_turn(site: Site, name: str, watch: Watch, stop: threading.Event) -> None:
    office = Office(site.database, name)
    while not stop.is_set():
        if _is_ours(office):
            leave = threading.Event()
            watcher = threading.Thread(target=_walled, args=[name, watch, leave], name=name)
            watcher.start()
            while watcher.is_alive() and not stop.is_set() and _is_ours(office):
                stop.wait(LOOK)
            leave.set()
            watcher.join()
        stop.wait(LOOK)
    office.resign()


def _walled(name: str, watch: Watch, leave: threading.Event) -> None:
    """Watch the mailbox; after an error that nobody foresaw it is watched anew."""
    try:
        watch(leave)
    except BaseException:
        log.exception("%s: an error that nobody foresaw", name)


def _is_ours(office: Office) -> bool:
    try:
        return office.is_ours()
    except Exception as error:
        log.warning("mailboxes wait: %s", error)
        return False


def _place(imap: ImapSettings) -> ImapPlace:
    return ImapPlace(
        host=imap.host,
        port=imap.port,
        username=imap.username,
        password=imap.password,
        folder=imap.folder,
        security=imap.security,
    )


def _taken(kind: str, place: str, error: OSError) -> ConfigurationError:
    return ConfigurationError(
        [
            Problem(
                message=f"cannot listen at {place!r}: {error.strerror or error}",
                file="newsletter.toml",
                field=f"inbound.{kind}",
                fix="is another `serve` running? else name another port",
            )
        ]
    )
