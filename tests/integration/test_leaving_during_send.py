"""Readers who leave while an issue goes out, by every way there is, get no copy any more."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import pytest

from newsletter.web.app import make_app
from subscribers import people
from subscribers.tokens import Purpose
from tests.acceptance.site import CommandLine
from tests.demo.catcher import CaughtMail
from tests.factories.mail import (
    DOMAIN,
    PostOffice,
    bounce,
    complaint,
    post_office,
    send_issue,
)
from tests.servers.web import serving, web_client

MONDAY = datetime(2026, 3, 9, 7, tzinfo=UTC)
BYSTANDERS = 640
"""So many before those who leave: a sender has claimed a few hundred when the first is asked."""


class Leavers:
    """Each leaves by the way that names them, over the real door of that way."""

    def __init__(self, office: PostOffice, web: httpx2.Client) -> None:
        self.office = office
        self.command = CommandLine(folder=office.site.folder, environment={})
        self.web = web

    def leave_by_import(self, address: str) -> None:
        """A file of people who left elsewhere."""
        file = self.office.site.folder / "left.csv"
        file.write_text(f"email\n{address}\n", encoding="utf-8")
        self.command.done(
            "subscribers", "import", str(file), "--list", "weekly", "--left", now=MONDAY
        )

    def leave_by_remove(self, address: str) -> None:
        """The operator takes them off."""
        self.command.done("subscribers", "remove", address, "--list", "weekly", now=MONDAY)

    def leave_by_suppress(self, address: str) -> None:
        """The operator suppresses the address."""
        self.command.done("subscribers", "suppress", address, now=MONDAY)

    def leave_by_domain(self, address: str) -> None:
        """The operator suppresses the whole domain."""
        self.command.done("subscribers", "suppress", f"@{address.partition('@')[2]}", now=MONDAY)

    def leave_by_erase(self, address: str) -> None:
        """The operator erases the person."""
        self.command.done("subscribers", "erase", address, now=MONDAY)

    def leave_by_one_click(self, address: str) -> None:
        """The mail program's button (RFC 8058)."""
        answer = self.web.post(self.link(address), data={"List-Unsubscribe": "One-Click"})
        assert answer.status_code == 200

    def leave_by_page(self, address: str) -> None:
        """The page's button."""
        assert self.web.post(self.link(address), data={"action": "leave"}).status_code == 200

    def leave_by_pause(self, address: str) -> None:
        """Not for good: the preferences page, for eight weeks."""
        link = self.link(address, Purpose.PREFERENCES)
        assert self.web.post(link, data={"action": "pause", "weeks": "8"}).status_code == 200

    def leave_by_mail(self, address: str) -> None:
        """A mail to weekly-leave@."""
        self.office.mail("weekly-leave", sender=address, send=False)

    def leave_by_reply(self, address: str) -> None:
        """ "Unsubscribe", in answer to an issue."""
        self.office.mail(
            "weekly", sender=address, subject="Re: News", text="unsubscribe", send=False
        )

    def leave_by_bounce(self, address: str) -> None:
        """A hard bounce of an earlier letter."""
        reader = self.number(address)
        sender = self.office.site.return_paths.make("weekly", DOMAIN, reader, 0)
        copy = CaughtMail(sender=sender, recipient=address, content=b"")
        self.office.take(bounce(copy), sender.partition("@")[0], envelope="", send=False)

    def leave_by_complaint(self, address: str) -> None:
        """The provider's feedback report, with our link in the returned mail."""
        link = f"https://{DOMAIN}{self.link(address)}"
        content = f"From: weekly@{DOMAIN}\nTo: {address}\nList-Unsubscribe: <{link}>\n\nNews\n"
        copy = CaughtMail(sender="", recipient=address, content=content.encode())
        self.office.take(complaint(copy), "weekly-owner", envelope="x@isp.example.net", send=False)

    def link(self, address: str, purpose: Purpose = Purpose.UNSUBSCRIBE) -> str:
        """The path of the reader's own link."""
        token = self.office.site.tokens.make(purpose, self.number(address), "weekly")
        return f"/{'u' if purpose is Purpose.UNSUBSCRIBE else 'p'}/{token}"

    def number(self, address: str) -> int:
        """The reader's number."""
        with self.office.site.database.transaction(read_only=True) as connection:
            return people.find(connection, address).id

    @property
    def ways(self) -> dict[str, Callable[[str], None]]:
        """By address. The commands first: they send what waits, and the relay is held up."""
        names = [name for name in vars(Leavers) if name.startswith("leave_by_")]
        return {
            f"{name[9:]}@{name[9:].replace('_', '-')}.example": getattr(self, name)
            for name in names
        }


@pytest.fixture
def office(tmp_path: Path) -> Iterator[PostOffice]:
    """A site with many readers; those who will leave come last."""
    leavers = [name[9:] for name in vars(Leavers) if name.startswith("leave_by_")]
    readers = (
        *(f"reader{number}@example.org" for number in range(BYSTANDERS)),
        *(f"{name}@{name.replace('_', '-')}.example" for name in leavers),
    )
    with post_office(tmp_path, readers=readers) as running:
        yield running


def test_leaving_by_any_way_stops_every_later_message(office: PostOffice) -> None:
    """Twelve ways, all while the first reader's copy is on the wire: twelve copies fewer."""
    left: list[str] = []
    app = make_app(office.site, clock=lambda: office.now)
    with serving(app) as base, web_client(base_url=base) as web:
        leavers = Leavers(office, web)

        def leave(_recipient: str) -> str:
            if not left:
                for address, by_that_way in leavers.ways.items():
                    left.append(address)
                    by_that_way(address)
            return ""

        with office.catcher.answering(leave):
            sent = send_issue(office, MONDAY)
        office.settle()
    issues = [mail.recipient for mail in sent if mail.message["List-Id"]]
    assert len(left) == 12
    assert sorted(issues) == sorted(f"reader{number}@example.org" for number in range(BYSTANDERS))
