"""A mail catcher: a real SMTP server on loopback that keeps what it is given."""

from __future__ import annotations

import asyncio
import hashlib
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from functools import cached_property

from aiosmtpd.smtp import SMTP, Envelope, Session

HOST = "127.0.0.1"

_PERSONAL_LINK = re.compile(r"(/[up]/)[\w.-]+")


@dataclass(frozen=True, kw_only=True)
class CaughtMail:
    """One message as it came over the wire."""

    sender: str
    recipient: str
    content: bytes

    @cached_property
    def message(self) -> EmailMessage:
        """The parsed message; a fault in it is in its `defects`."""
        return message_from_bytes(self.content, policy=SMTP_POLICY)

    def part(self, subtype: str) -> str:
        """The text of the body part `text/SUBTYPE`, or "" where there is none."""
        part = self.message.get_body((subtype,))
        return str(part.get_content()) if part else ""

    @property
    def html_sha256(self) -> str:
        """The hash of the HTML part with specimen links, as the desk's preview shows it."""
        html = _PERSONAL_LINK.sub(r"\1specimen", self.part("html").replace("\r\n", "\n"))
        return hashlib.sha256(html.encode()).hexdigest()


@dataclass(kw_only=True)
class MailCatcher:
    """What has been caught, in order of arrival, and the port it is caught on.

    `answer` may refuse or delay a recipient: it returns an SMTP reply, or "" to accept.
    """

    port: int = 0
    mails: list[CaughtMail] = field(default_factory=list)
    answer: Callable[[str], str] = lambda recipient: ""
    _arrival: threading.Condition = field(default_factory=threading.Condition)

    def wait_for(self, count: int, *, seconds: float = 60) -> bool:
        """Wait until `count` messages have been caught; False when it took too long."""
        with self._arrival:
            return self._arrival.wait_for(lambda: len(self.mails) >= count, timeout=seconds)

    @contextmanager
    def answering(self, answer: Callable[[str], str]) -> Iterator[None]:
        """Answer recipients this way while the block lasts."""
        before, self.answer = self.answer, answer
        try:
            yield
        finally:
            self.answer = before

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd calls it by this name
        """Keep the message once for each of its recipients."""
        for recipient in envelope.rcpt_tos:
            if refusal := self.answer(recipient):
                return refusal
            content = envelope.content
            mail = CaughtMail(
                sender=envelope.mail_from or "",
                recipient=recipient,
                content=content if isinstance(content, bytes) else str(content).encode(),
            )
            with self._arrival:
                self.mails.append(mail)
                self._arrival.notify_all()
        return "250 2.0.0 caught"


@contextmanager
def catching_mail() -> Iterator[MailCatcher]:
    """Run a catcher on a free port for as long as the block lasts."""
    catcher = MailCatcher()
    started = threading.Event()
    stopping: list[Callable[[], object]] = []

    async def run() -> None:
        loop = asyncio.get_running_loop()
        stop = asyncio.Event()
        stopping.append(lambda: loop.call_soon_threadsafe(stop.set))
        server = await loop.create_server(
            lambda: SMTP(catcher, hostname="catcher.example", enable_SMTPUTF8=True, loop=loop),
            HOST,
            0,
        )
        catcher.port = server.sockets[0].getsockname()[1]
        started.set()
        await stop.wait()
        server.close()

    thread = threading.Thread(target=lambda: asyncio.run(run()), daemon=True)
    thread.start()
    started.wait()
    try:
        yield catcher
    finally:
        stopping[0]()
        thread.join()
