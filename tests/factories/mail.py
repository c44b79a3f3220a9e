"""A site that takes mail, a catcher of what it answers, and mails to it, for tests."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from newsletter.config.settings import InboundSettings
from newsletter.jobs.run import run
from newsletter.jobs.supervisor import Supervisor
from newsletter.pipeline.flush_letters import flush
from newsletter.pipeline.receive import Received, receive
from newsletter.site.site import Site, open_site
from newsletter.store.form_requests import due_requests
from newsletter.store.tables import outbox
from subscribers import people
from subscribers.errors import UnknownSubscriberError
from subscribers.subscriber import Subscriber
from subscribers.tokens import Purpose
from tests.demo.catcher import CaughtMail, MailCatcher, catching_mail
from tests.factories.site import make_site, publish

NOW = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)
READER = "reader0@example.org"
DOMAIN = "news.example.org"

_TABLES = """
[inbound]
domain = "news.example.org"

[operators]
mail = ["operator@example.net"]

[[newsletters.weekly.sections]]
title = "Security"
tags = ["security", "data-breach"]

[[newsletters.weekly.sections]]
title = "The rest"

{tables}
"""


@dataclass(kw_only=True)
class PostOffice:
    """The site, what its letters' readers got, and the time, which a test sets."""

    site: Site
    catcher: MailCatcher
    now: datetime = NOW
    count: int = field(default=0)

    def mail(
        self,
        to: str,
        *,
        sender: str = READER,
        subject: str = "",
        text: str = "",
        envelope: str | None = "",
        headers: str = "",
        **how: Any,
    ) -> Received:
        """A person's mail comes in; `envelope` "" is the writer's own address, None unknown."""
        self.count += 1
        content = (
            f"From: {sender}\nTo: {to}@{DOMAIN}\nSubject: {subject}\n"
            f"Message-ID: <{self.count}@example.org>\n{headers}\n{text}\n"
        )
        return self.take(
            content.encode(), to, envelope=sender if envelope == "" else envelope, **how
        )

    def take(self, content: bytes, to: str, *, envelope: str | None, send: bool = True) -> Received:
        """The message comes in, and the answers to it go out."""
        received = receive(
            self.site,
            content,
            recipient=f"{to}@{DOMAIN}",
            envelope_sender=envelope,
            now=self.now,
        )
        if send:
            flush(self.site, lambda: self.now)
        return received

    def reopen(self) -> None:
        """Open the site anew, after a change of newsletter.toml."""
        self.site.database.close()
        self.site = open_site(self.site.folder, {})

    def with_inbound(self, **ways: object) -> Site:
        """The same site with further keys in [inbound]."""
        inbound = InboundSettings.model_validate({"domain": DOMAIN, **ways})
        settings = self.site.settings.model_copy(update={"inbound": inbound})
        return replace(self.site, settings=settings)

    @property
    def letters(self) -> list[CaughtMail]:
        """What went out."""
        return self.catcher.mails

    def settle(self) -> None:
        """Wait until nothing is under way."""
        patience = threading.Event()
        while self._waiting():
            patience.wait(0.01)

    def _waiting(self) -> int:
        with self.site.database.transaction(read_only=True) as connection:
            letters = connection.scalar(sa.select(sa.func.count()).select_from(outbox)) or 0
            return letters + len(due_requests(connection, self.now))

    def last(self) -> CaughtMail:
        """The newest letter."""
        return self.catcher.mails[-1]

    def person(self, address: str = READER) -> Subscriber | None:
        """Whom the address belongs to."""
        with self.site.database.transaction(read_only=True) as connection:
            try:
                return people.find(connection, address)
            except UnknownSubscriberError:
                return None

    def status(self, address: str = READER, list_slug: str = "weekly") -> str:
        """Where the reader's subscription stands; "" where there is none."""
        with self.site.database.transaction(read_only=True) as connection:
            try:
                known = people.show(connection, address)
            except UnknownSubscriberError:
                return ""
        held = {entry["list"]: str(entry["status"]) for entry in known["subscriptions"]}
        return held.get(list_slug, "")


@contextmanager
def post_office(folder: Path, **settings: Any) -> Iterator[PostOffice]:
    """A site with [inbound] and four readers, its relay a catcher."""
    tables = _TABLES.format(tables=settings.pop("tables", ""))
    with catching_mail() as catcher:
        site = make_site(
            folder,
            now=NOW,
            port=catcher.port,
            tables=tables,
            keys='owner = "editor@example.net"\n' + settings.pop("keys", ""),
            **settings,
        )
        office = PostOffice(site=site, catcher=catcher)
        yield office
        office.site.database.close()  # a test may have opened the site anew


def reader_pages(office: PostOffice) -> list[str]:
    """The path of every page a reader can meet."""
    person = office.person()
    assert person is not None
    tokens, now = office.site.tokens, office.now
    mailed = [
        f"/{purpose}/{tokens.make(purpose, person.id, 'weekly', now)}"
        for purpose in (Purpose.CONFIRM, Purpose.ERASE, Purpose.EXPORT, Purpose.NO_ANSWER)
    ]
    return [
        "/join/weekly",
        "/links/weekly",
        f"/u/{tokens.make(Purpose.UNSUBSCRIBE, person.id, 'weekly')}",
        f"/p/{tokens.make(Purpose.PREFERENCES, person.id, 'weekly')}",
        *mailed,
        "/u/nonsense",
        f"/p/{tokens.make(Purpose.PREFERENCES, person.id, 'weekly')}A",
        f"/confirm/{tokens.make(Purpose.CONFIRM, person.id, 'weekly', now - timedelta(days=99))}",
        f"/u/{tokens.make(Purpose.UNSUBSCRIBE, 999_999, 'weekly')}",
        "/",
    ]


def link_in(mail: CaughtMail, kind: str) -> str:
    """The first link of that kind (confirm, u, p, move, erase, export) in a letter, its path."""
    found = re.search(rf"https://news\.example\.org(/{kind}/\S+)", mail.part("plain"))
    assert found is not None, mail.part("plain")
    return found[1]


def send_issue(office: PostOffice, monday: datetime) -> list[CaughtMail]:
    """Let the issue that is due at `monday` go out; the readers' copies."""
    before = len(office.letters)
    database = office.site.database
    run(office.site, Supervisor(database, lambda: monday - timedelta(days=3)))
    publish(office.site.folder, monday - timedelta(days=2), monday - timedelta(days=1))
    outcome, *_ = run(office.site, Supervisor(database, lambda: monday)).newsletters
    assert outcome.problem is None, outcome
    office.now = monday + timedelta(hours=1)
    return office.letters[before:]


def bounce(copy: CaughtMail, status: str = "5.1.1", reason: str = "user unknown") -> bytes:
    """A report (RFC 3464) that a copy failed."""
    return (
        "From: MAILER-DAEMON@mx.example.org\nTo: " + copy.sender + "\n"
        f"Subject: Undelivered Mail Returned to Sender\nMessage-ID: <{status}{copy.sender}>\n"
        'MIME-Version: 1.0\nContent-Type: multipart/report; report-type=delivery-status; boundary="b"\n'
        f"\n--b\nContent-Type: text/plain\n\nNot delivered.\n"
        "--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.org\n\n"
        f"Final-Recipient: rfc822; {copy.recipient}\nAction: failed\nStatus: {status}\n"
        f"Diagnostic-Code: smtp; 550 {status} {reason}\n\n--b--\n"
    ).encode()


def complaint(copy: CaughtMail, *, redacted: bool = False, proof: bool = True) -> bytes:
    """A feedback report (RFC 5965) about a copy; `proof` leaves our headers in it."""
    original = (
        copy.content.decode().replace("\r\n", "\n") if proof else "From: x\nSubject: y\n\nz\n"
    )
    if redacted:
        original = original.replace(copy.recipient, "redacted@example.org")
    rcpt = "" if redacted else f"Original-Rcpt-To: {copy.recipient}\n"
    return (
        "From: feedback@isp.example.net\nTo: weekly-owner@news.example.org\nSubject: abuse\n"
        f"Message-ID: <{hash((copy.recipient, redacted, proof))}@isp>\nMIME-Version: 1.0\n"
        'Content-Type: multipart/report; report-type=feedback-report; boundary="c"\n\n'
        "--c\nContent-Type: text/plain\n\nabuse\n--c\nContent-Type: message/feedback-report\n\n"
        f"Feedback-Type: abuse\nVersion: 1\nUser-Agent: test/1\n{rcpt}\n"
        f"--c\nContent-Type: message/rfc822\n\n{original}\n--c--\n"
    ).encode()
