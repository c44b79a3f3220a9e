"""The unsubscribe link of a real message works, and the next issue leaves that reader out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from email.message import EmailMessage

import httpx2
import pytest

from tests.acceptance.conftest import SiteMaker
from tests.acceptance.site import NOW, READERS, CommandLine
from tests.demo.catcher import CaughtMail, MailCatcher
from tests.demo.serving import free_port, serving
from tests.demo.site import Site
from tests.demo.sources import sources_application

NEXT_WEEK = NOW + timedelta(days=7)


@pytest.fixture(scope="module")
def served(new_site: SiteMaker, catcher: MailCatcher) -> Iterator[CommandLine]:
    """A site that has sent its first issue and answers at its own url."""
    port = free_port()
    command = new_site(url=f"http://127.0.0.1:{port}")
    send_issue(command, "weekly/1")
    with Site(command.folder).serving(port):
        yield command


def send_issue(command: CommandLine, issue: str, days: int = 0) -> None:
    """gather → draft → approve → send, so many days after NOW."""
    moment = NOW + timedelta(days=days)
    command.done("gather", now=moment)
    command.done("draft", "weekly", now=moment)
    command.done("approve", issue, now=moment)
    command.done("send", issue, now=moment)


def link_of(mail: CaughtMail) -> str:
    """The https address of List-Unsubscribe."""
    [link] = re.findall(r"<(https?://[^>]+)>", mail.message["List-Unsubscribe"])
    return str(link)


def mail_to(catcher: MailCatcher, address: str) -> CaughtMail:
    """The newest message to that address."""
    return [mail for mail in catcher.mails if mail.recipient == address][-1]


def subscription(command: CommandLine, address: str) -> str:
    """The status of the reader's only subscription."""
    [only] = command.done("subscribers", "show", address, "--json").document["subscriptions"]
    assert only["list"] == "weekly"
    return str(only["status"])


def test_opening_the_link_changes_nothing(served: CommandLine, catcher: MailCatcher) -> None:
    """GET and HEAD show a page and leave the subscription as it is (rule 5)."""
    link = link_of(mail_to(catcher, "reader01@example.org"))
    for method in ("GET", "HEAD", "GET"):
        assert httpx2.request(method, link).status_code == 200
    assert subscription(served, "reader01@example.org") == "active"


def test_the_body_links_to_the_same_page(served: CommandLine, catcher: MailCatcher) -> None:
    """HTML and text both carry a working unsubscribe link and a preferences link."""
    mail = mail_to(catcher, "reader02@example.org")
    for part in ("html", "plain"):
        links = set(re.findall(r"http://127\.0\.0\.1:\d+/[up]/[\w.-]+", mail.part(part)))
        assert {link.split("/")[3] for link in links} == {"u", "p"}
        assert all(httpx2.get(link).status_code == 200 for link in links)


def test_one_click_leaves_the_reader_out_of_the_next_issue(
    served: CommandLine, catcher: MailCatcher
) -> None:
    """POST List-Unsubscribe=One-Click, twice, then next week's issue: everybody else gets it."""
    leaver = "reader03@example.org"
    link = link_of(mail_to(catcher, leaver))
    for _ in range(2):
        answer = httpx2.post(link, data={"List-Unsubscribe": "One-Click"})
        assert answer.status_code == 200
        assert not answer.history
        assert "set-cookie" not in answer.headers
    assert subscription(served, leaver) == "unsubscribed"

    before = len(catcher.mails)
    with serving(sources_application(NEXT_WEEK)) as next_web:
        toml = served.folder / "newsletter.toml"
        text = toml.read_text(encoding="utf-8")
        toml.write_text(
            re.sub(r'feed = "http://[^/]+/', f'feed = "{next_web}/', text), encoding="utf-8"
        )
        send_issue(served, "weekly/2", days=7)
    reached = [mail.recipient for mail in catcher.mails[before:]]
    assert leaver not in reached
    assert len(reached) == len(set(reached)) == len(READERS) - 1


def test_a_damaged_link_is_refused_politely(served: CommandLine, catcher: MailCatcher) -> None:
    """A token with a changed letter gives a page with a client error, and no stack trace."""
    link = link_of(mail_to(catcher, "reader04@example.org"))
    answer = httpx2.post(link[:-3] + "xyz", data={"List-Unsubscribe": "One-Click"})
    assert 400 <= answer.status_code < 500
    assert "Traceback" not in answer.text
    assert subscription(served, "reader04@example.org") == "active"


def test_a_reader_is_told_apart_by_nobody_else(served: CommandLine, catcher: MailCatcher) -> None:
    """The page masks the address: who was sent a forwarded mail learns nothing."""
    page = httpx2.get(link_of(mail_to(catcher, "reader05@example.org"))).text
    assert "reader05@example.org" not in page


def test_messages_are_marked_for_robots(served: CommandLine, catcher: MailCatcher) -> None:
    """Bulk mail says so, so that vacation responders keep still (RFC 3834)."""
    message: EmailMessage = mail_to(catcher, "reader06@example.org").message
    assert message["List-Id"]
    assert message["Precedence"] == "bulk" or message["Auto-Submitted"]
