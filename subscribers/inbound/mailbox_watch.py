"""Mailboxes that we look into: a Maildir, and IMAP. Nothing leaves them before it is written down."""

from __future__ import annotations

import logging
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from imaplib import IMAP4
from pathlib import Path
from typing import Literal

from imap_tools import AND, BaseMailBox, MailBox, MailBoxStartTls, MailBoxUnencrypted
from imap_tools.errors import ImapToolsError

from subscribers.inbound.mail_log import MAX_OCTETS

log = logging.getLogger("newsletter")

IDLE_SECONDS = 300
"""How long one IDLE lasts (RFC 2177 allows 29 minutes); routers forget sooner."""

POLL_SECONDS = 60
"""Between two looks, where IDLE is not offered."""

MAILDIR_SECONDS = 15

TIMEOUT = 60

RETRY_SECONDS = (5, 30, 120, 600)

Take = Callable[[bytes], None]
"""Takes a message; it returns when the message is written down, and raises when it is not."""


def empty_maildir(folder: Path, take: Take) -> int:
    """Take every new message and mark it seen (in cur/, with ,S); how many.

    One that cannot be taken stays in new/ and does not hold up the others.
    """
    taken = 0
    for path in sorted((folder / "new").glob("[!.]*")):
        with path.open("rb") as file:
            content = file.read(MAX_OCTETS)
        try:
            take(content)
        except Exception:  # it stays where it is, and the next round tries again
            log.exception("a message in the Maildir could not be taken")
            continue
        (folder / "cur").mkdir(exist_ok=True)
        path.rename(folder / "cur" / f"{path.name.partition(':')[0]}:2,S")
        taken += 1
    return taken


def watch_maildir(folder: Path, take: Take, stop: threading.Event) -> None:
    """Empty the Maildir now and then, until `stop`."""
    while not stop.is_set():
        try:
            empty_maildir(folder, take)
        except OSError:
            log.exception("the Maildir cannot be read")
        stop.wait(MAILDIR_SECONDS)


@dataclass(frozen=True, kw_only=True, slots=True)
class ImapFolder:
    """Where an IMAP mailbox is and how to open it."""

    host: str
    port: int
    username: str
    password: str = field(repr=False)
    folder: str = "INBOX"
    security: Literal["tls", "starttls", "none"] = "tls"

    def open(self) -> BaseMailBox:
        """A connection, signed in, the folder selected; raises what IMAP and sockets raise."""
        context = ssl.create_default_context()
        box: BaseMailBox
        match self.security:
            case "tls":
                box = MailBox(self.host, self.port, timeout=TIMEOUT, ssl_context=context)
            case "starttls":
                box = MailBoxStartTls(self.host, self.port, timeout=TIMEOUT, ssl_context=context)
            case "none":
                box = MailBoxUnencrypted(self.host, self.port, timeout=TIMEOUT)
        box.login(self.username, self.password, self.folder)
        return box


def empty_imap(box: BaseMailBox, take: Take) -> int:
    """Take every message that is not seen, and mark it seen; how many."""
    taken = 0
    for uid in box.uids(AND(seen=False)):
        content = _fetch(box, uid)
        if content is None:  # another client took it meanwhile
            continue
        try:
            take(content[:MAX_OCTETS])
        except Exception:  # it stays unseen, and the next round tries again
            log.exception("a message in the IMAP folder could not be taken")
            continue
        # Not box.flag(), which expunges as well: what a person marked deleted is theirs.
        box.client.uid("STORE", uid, "+FLAGS", r"(\Seen)")
        taken += 1
    return taken


def watch_imap(place: ImapFolder, take: Take, stop: threading.Event) -> None:
    """Empty the folder whenever something comes, until `stop`; connects anew when cut off."""
    failures = 0
    while not stop.is_set():
        try:
            box = place.open()
            try:
                failures = 0
                _stay(box, take, stop)
            finally:
                _close(box)
        except (OSError, IMAP4.error, ImapToolsError) as error:
            pause = RETRY_SECONDS[min(failures, len(RETRY_SECONDS) - 1)]
            failures += 1
            log.warning("IMAP at %s: %s; again in %d s", place.host, error, pause)
            stop.wait(pause)


def _close(box: BaseMailBox) -> None:
    """End the connection, dead or alive."""
    with suppress(OSError, IMAP4.error, ImapToolsError):
        box.logout()
    with suppress(OSError):
        box.client.shutdown()


def _stay(box: BaseMailBox, take: Take, stop: threading.Event) -> None:
    may_idle = "IDLE" in box.client.capabilities
    while not stop.is_set():
        box.client.response("EXISTS")  # what was announced before is looked at now
        empty_imap(box, take)
        if box.client.response("EXISTS")[1] != [None]:
            continue  # came meanwhile: IDLE would not tell of it again
        if not may_idle:
            stop.wait(POLL_SECONDS)
            continue
        with box.idle as waiting:
            waited = 0
            while waited < IDLE_SECONDS and not stop.is_set() and not waiting.poll(timeout=1):
                waited += 1


def _fetch(box: BaseMailBox, uid: str) -> bytes | None:
    """The message as it lies there. imap-tools gives it parsed and written anew."""
    _, found = box.client.uid("FETCH", uid, "(BODY.PEEK[])")
    return next((part[1] for part in found if isinstance(part, tuple)), None)
