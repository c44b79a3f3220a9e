"""Mail while `serve` runs: inbound mail (LMTP, SMTP, a Maildir, IMAP), and letters to send."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from newsletter.config.settings import ImapSettings, InboundSettings
from newsletter.delivery.access_tokens import tokens_of
from newsletter.errors import ConfigurationError, Problem
from newsletter.jobs.letters import letters_job
from newsletter.jobs.supervisor import Supervisor
from newsletter.pipeline.doctor.dns_records import LiveRecords
from newsletter.pipeline.flush_letters import post_soon, post_until
from newsletter.pipeline.receive import receive, takes
from newsletter.pipeline.sender_authentication import (
    SenderRecords,
    is_authenticated,
    is_from_its_domain,
)
from newsletter.site.mail_sources import has_mail_source
from newsletter.site.site import Site
from newsletter.store.liveness import LeaderLock
from subscribers.inbound.listener import Client, listening_at
from subscribers.inbound.mailbox_watch import (
    ImapFolder,
    TokenSignIn,
    watch_imap,
    watch_maildir,
)

log = logging.getLogger("newsletter")

CHECK_INTERVAL = 5.0
"""Seconds between two checks of whether this process has to watch a mailbox."""

_PROTOCOLS: tuple[Literal["lmtp", "smtp"], ...] = ("lmtp", "smtp")

Watch = Callable[[threading.Event], None]
Deliver = Callable[..., None]
"""Takes a message: its content, and where they are known its recipient and envelope sender."""


def _now() -> datetime:
    return datetime.now(UTC)


@contextmanager
def listening(
    site: Site,
    *,
    clock: Callable[[], datetime] = _now,
    stop: threading.Event | None = None,
    records: SenderRecords | None = None,
) -> Iterator[dict[str, str]]:
    """Send letters, and receive mail in every way that [inbound] names, while the context is open.

    Yields the addresses at which it listens, by protocol. Once `stop` is set, no further letter is
    sent and no mailbox is watched. `records`: another DNS than this machine's. Raises ConfigurationError for an address that is in use.
    """
    inbound = site.settings.inbound
    stop = stop or threading.Event()
    with ExitStack() as stack:
        stack.enter_context(_posting(site, clock, stop))
        if inbound is None:
            yield {}
            return

        def deliver(
            content: bytes,
            recipient: str | None = None,
            sender: str | None = None,
            client: Client | None = None,
        ) -> None:
            authenticated = None
            if client is not None:
                asked = records or LiveRecords()
                is_of_source = has_mail_source(site.settings, recipient or "")
                vouched = is_from_its_domain if is_of_source else is_authenticated
                authenticated = vouched(content, sender or "", client, asked)
            receive(
                site,
                content,
                recipient=recipient,
                envelope_sender=sender,
                now=clock(),
                authenticated=authenticated,
            )
            post_soon(site, clock)

        addresses: dict[str, str] = {
            kind: stack.enter_context(_listener(site, inbound, kind, deliver))
            for kind in _PROTOCOLS
            if getattr(inbound, kind) is not None
        }
        for name, watch in _mailbox_watches(site, inbound, deliver):
            stack.enter_context(_watching(site, name, watch, stop))
        yield addresses


@contextmanager
def _listener(
    site: Site, inbound: InboundSettings, kind: Literal["lmtp", "smtp"], deliver: Deliver
) -> Iterator[str]:
    """Listen for mail by LMTP or SMTP while the context is open; yields the address."""
    address: str = getattr(inbound, kind)
    listener = listening_at(
        address,
        lmtp=kind == "lmtp",
        hostname=inbound.domain,
        takes=lambda recipient: takes(site, recipient),
        deliver=deliver,
    )
    with ExitStack() as stack:
        try:
            listening_address = stack.enter_context(listener)
        except OSError as error:
            raise _cannot_listen(kind, address, error) from error
        yield listening_address


def _mailbox_watches(
    site: Site, inbound: InboundSettings, deliver: Deliver
) -> Iterator[tuple[str, Watch]]:
    """The mailboxes that the site watches: the name of each one's lock, and its watch."""
    if inbound.maildir is not None:
        folder: Path = site.folder / inbound.maildir
        yield "maildir", lambda stop: watch_maildir(folder, deliver, stop)
    if inbound.imap is not None:
        imap = _imap_folder(inbound.imap)
        yield "imap", lambda stop: watch_imap(imap, deliver, stop)


@contextmanager
def _posting(site: Site, clock: Callable[[], datetime], stop: threading.Event) -> Iterator[None]:
    """Send the letters in the outbox while the context is open."""
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
    """While the context is open, this or another `serve` on the database watches the mailbox."""
    thread = threading.Thread(target=_watch_in_turn, args=[site, name, watch, stop], name="mailbox")
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _watch_in_turn(site: Site, name: str, watch: Watch, stop: threading.Event) -> None:
    lock = LeaderLock(site.database, name)
    while not stop.is_set():
        if _is_ours(lock):
            stop_watching = threading.Event()
            watcher = threading.Thread(
                target=_watch_safely, args=[name, watch, stop_watching], name=name
            )
            watcher.start()
            while watcher.is_alive() and not stop.is_set() and _is_ours(lock):
                stop.wait(CHECK_INTERVAL)
            stop_watching.set()
            watcher.join()
        stop.wait(CHECK_INTERVAL)
    lock.resign()


def _watch_safely(name: str, watch: Watch, stop_watching: threading.Event) -> None:
    """Watch the mailbox; an unexpected error is logged, and the caller starts the watch again."""
    try:
        watch(stop_watching)
    except BaseException:
        log.exception("%s: unexpected error", name)


def _is_ours(lock: LeaderLock) -> bool:
    try:
        return lock.is_ours()
    except Exception as error:
        log.warning("mailboxes cannot be watched yet: %s", error)
        return False


def _imap_folder(imap: ImapSettings) -> ImapFolder:
    tokens = tokens_of(imap)
    return ImapFolder(
        host=imap.host,
        port=imap.port,
        username=imap.username,
        sign_in=(
            TokenSignIn(mechanism=imap.auth, tokens=tokens)
            if tokens is not None and imap.auth != "password"
            else imap.password or ""
        ),
        folder=imap.folder,
        security=imap.security,
    )


def _cannot_listen(kind: str, address: str, error: OSError) -> ConfigurationError:
    return ConfigurationError(
        [
            Problem(
                message=f"cannot listen at {address!r}: {error.strerror or error}",
                file="newsletter.toml",
                field=f"inbound.{kind}",
                fix="stop another `serve` that uses it, or name another port",
            )
        ]
    )
