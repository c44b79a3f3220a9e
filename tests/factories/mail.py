"""A site that takes mail, a catcher of what it answers, and mails to it, for tests."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from newsletter.pipeline.post import flush
from newsletter.pipeline.receive import Received, receive
from newsletter.pipeline.site import Site
from subscribers import people
from subscribers.errors import UnknownSubscriberError
from subscribers.subscriber import Subscriber
from tests.demo.catcher import CaughtMail, MailCatcher, catching_mail
from tests.factories.site import make_site

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

    @property
    def letters(self) -> list[CaughtMail]:
        """What went out."""
        return self.catcher.mails

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
        yield PostOffice(site=site, catcher=catcher)
        site.database.close()


def link_in(mail: CaughtMail, kind: str) -> str:
    """The first link of that kind (confirm, u, p, move, erase, export) in a letter, its path."""
    found = re.search(rf"https://news\.example\.org(/{kind}/\S+)", mail.part("plain"))
    assert found is not None, mail.part("plain")
    return found[1]
