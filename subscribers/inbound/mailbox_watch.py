"""Reads mail from a Maildir or an IMAP folder; a message is marked seen only once it is stored."""

from __future__ import annotations

import logging
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from imaplib import IMAP4
from pathlib import Path
from typing import Literal, Protocol

from imap_tools import AND, BaseMailBox, MailBox, MailBoxStartTls, MailBoxUnencrypted
from imap_tools.errors import ImapToolsError

from subscribers.errors import NewsletterError
from subscribers.inbound.mail_log import MAX_OCTETS
from subscribers.sasl import GIVE_UP, Mechanism, initial_response, reported_error

log = logging.getLogger("newsletter")

IDLE_SECONDS = 300
"""Duration of one IDLE. RFC 2177 allows 29 minutes, but routers drop idle connections sooner."""

POLL_SECONDS = 60
"""Interval between two checks of a server that does not offer IDLE."""

MAILDIR_SECONDS = 15

TIMEOUT = 60

RETRY_SECONDS = (5, 30, 120, 600)

StoreMessage = Callable[[bytes], None]
"""Stores a message; raises if it is not stored."""


def empty_maildir(folder: Path, store: StoreMessage) -> int:
    """Store every new message and mark it seen (in cur/, with ,S); return their number.

    A message that cannot be stored stays in new/ and does not delay the others.
    """
    stored = 0
    for path in sorted((folder / "new").glob("[!.]*")):
        with path.open("rb") as file:
            content = file.read(MAX_OCTETS)
        try:
            store(content)
        except Exception:  # it stays in new/, and the next round tries again
            log.exception("A message in the Maildir could not be stored.")
            continue
        (folder / "cur").mkdir(exist_ok=True)
        path.rename(folder / "cur" / f"{path.name.partition(':')[0]}:2,S")
        stored += 1
    return stored


def watch_maildir(folder: Path, store: StoreMessage, stop: threading.Event) -> None:
    """Empty the Maildir every MAILDIR_SECONDS until `stop` is set."""
    while not stop.is_set():
        try:
            empty_maildir(folder, store)
        except OSError:
            log.exception("The Maildir cannot be read.")
        stop.wait(MAILDIR_SECONDS)


class _TokenRefusedError(IMAP4.error):
    """The server refuses the access token."""


class TokenSource(Protocol):
    """Where access tokens come from; `was_kept` says that the last one was not new."""

    was_kept: bool

    def get_now(self) -> str:
        """A token; raises NewsletterError if there is none."""

    def forget(self) -> None:
        """Have a new token obtained."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TokenSignIn:
    """How to sign in by an access token."""

    mechanism: Mechanism
    tokens: TokenSource


@dataclass(frozen=True, kw_only=True, slots=True)
class ImapFolder:
    """The location of an IMAP folder and the account that opens it.

    `sign_in` is by a password, or by access tokens.
    """

    host: str
    port: int
    username: str
    sign_in: str | TokenSignIn = field(repr=False)
    folder: str = "INBOX"
    security: Literal["tls", "starttls", "none"] = "tls"

    def open(self) -> BaseMailBox:
        """Connect, sign in and select the folder; raises what imap_tools and sockets raise.

        An access token that the server refuses may have been withdrawn: a new one is tried once.
        """
        if isinstance(self.sign_in, str):
            box = self._connect()
            box.login(self.username, self.sign_in, self.folder)
            return box
        try:
            return self._open_by_token(self.sign_in)
        except _TokenRefusedError:
            if not self.sign_in.tokens.was_kept:
                raise
            self.sign_in.tokens.forget()
            return self._open_by_token(self.sign_in)

    def _open_by_token(self, sign_in: TokenSignIn) -> BaseMailBox:
        token, said = sign_in.tokens.get_now(), ""
        words = initial_response(
            sign_in.mechanism, username=self.username, token=token, host=self.host, port=self.port
        )

        def answer(challenge: bytes) -> bytes:
            nonlocal said, words
            response, words = words, GIVE_UP[sign_in.mechanism]
            said = reported_error(challenge)
            return response

        box = self._connect()
        try:
            box.client.authenticate(sign_in.mechanism.upper(), answer)
        except IMAP4.error as error:
            _close(box)
            raise _TokenRefusedError(
                f"the access token is refused: {error} {said}".strip()
            ) from error
        box.folder.set(self.folder)
        return box

    def _connect(self) -> BaseMailBox:
        context = ssl.create_default_context()
        box: BaseMailBox
        match self.security:
            case "tls":
                box = MailBox(self.host, self.port, timeout=TIMEOUT, ssl_context=context)
            case "starttls":
                box = MailBoxStartTls(self.host, self.port, timeout=TIMEOUT, ssl_context=context)
            case "none":
                box = MailBoxUnencrypted(self.host, self.port, timeout=TIMEOUT)
        return box


def empty_imap(box: BaseMailBox, store: StoreMessage) -> int:
    """Store every unseen message and mark it seen; return their number."""
    stored = 0
    for uid in box.uids(AND(seen=False)):
        content = _fetch(box, uid)
        if content is None:  # another client removed it meanwhile
            continue
        try:
            store(content[:MAX_OCTETS])  # again, as the server may not have cut it
        except Exception:  # it stays unseen, and the next round tries again
            log.exception("A message in the IMAP folder could not be stored.")
            continue
        # Not box.flag(), which also expunges messages that a person has marked as deleted.
        box.client.uid("STORE", uid, "+FLAGS", r"(\Seen)")
        stored += 1
    return stored


def watch_imap(mailbox: ImapFolder, store: StoreMessage, stop: threading.Event) -> None:
    """Empty the folder whenever mail arrives, until `stop` is set; reconnects after an error."""
    failures = 0
    while not stop.is_set():
        try:
            box = mailbox.open()
            try:
                failures = 0
                _fetch_until(box, store, stop)
            finally:
                _close(box)
        except (OSError, IMAP4.error, ImapToolsError, NewsletterError) as error:
            pause = RETRY_SECONDS[min(failures, len(RETRY_SECONDS) - 1)]
            failures += 1
            log.warning("IMAP at %s: %s; trying again in %d s", mailbox.host, error, pause)
            stop.wait(pause)


def _close(box: BaseMailBox) -> None:
    """Close the connection, whatever its state."""
    with suppress(OSError, IMAP4.error, ImapToolsError):
        box.logout()
    with suppress(OSError):
        box.client.shutdown()


def _fetch_until(box: BaseMailBox, store: StoreMessage, stop: threading.Event) -> None:
    may_idle = "IDLE" in box.client.capabilities
    while not stop.is_set():
        box.client.response("EXISTS")  # discard earlier announcements
        empty_imap(box, store)
        if box.client.response("EXISTS")[1] != [None]:
            continue  # mail arrived meanwhile, which IDLE would not announce again
        if not may_idle:
            stop.wait(POLL_SECONDS)
            continue
        with box.idle as waiting:
            waited = 0
            while waited < IDLE_SECONDS and not stop.is_set() and not waiting.poll(timeout=1):
                waited += 1


def _fetch(box: BaseMailBox, uid: str) -> bytes | None:
    """The raw message's first MAX_OCTETS: the server may hold one of any size (RFC 3501 section 6.4.5).

    imap_tools itself only returns it parsed and serialised again.
    """
    _, found = box.client.uid("FETCH", uid, f"(BODY.PEEK[]<0.{MAX_OCTETS}>)")
    return next((part[1] for part in found if isinstance(part, tuple)), None)
