"""Readers who suggest: a site that takes suggestions, and a public page on loopback."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import httpx2
import pytest

from newsletter.articles import ssrf_guard
from newsletter.issues.issue import Issue
from newsletter.issues.suggestion import SuggestedStory
from newsletter.pipeline.approve import approve
from newsletter.pipeline.draft import draft
from newsletter.pipeline.edit import EditRequest
from newsletter.pipeline.flush_letters import flush
from newsletter.pipeline.form_requests import handle_requests
from newsletter.pipeline.gather import gather
from newsletter.pipeline.receive import Received
from newsletter.pipeline.send import send
from newsletter.pipeline.suggested_pages import read_suggested_pages
from newsletter.pipeline.suggestion_answers import answer_suggestions
from newsletter.pipeline.suggestions import add_suggested, list_suggestions
from newsletter.web.app import make_app
from tests.demo.catcher import CaughtMail
from tests.factories.mail import PostOffice, post_office
from tests.factories.site import publish
from tests.servers.feeds import FeedServer
from tests.servers.web import serving, web_client

DUE = datetime.fromisoformat("2026-03-09T07:00:00+00:00")
HOST = "harbour.example.net"
PAGE = (
    "<!doctype html><html><head><title>{title}</title>"
    '<meta property="og:title" content="{title}">'
    '<meta property="og:type" content="article">'
    '<meta property="article:published_time" content="2026-03-03T08:00:00Z">'
    '<meta name="description" content="How a lock of 1830 is repaired."></head>'
    "<body><article><h1>{title}</h1><p>The lock of 1830 is repaired by six people, who take it "
    "apart stone by stone and write down where each of them was.</p><p>They will need all of the "
    "summer, and the boats take the longer way round.</p></article></body></html>"
)


@dataclass(kw_only=True)
class Readers:
    """The running site as readers and editors meet it, and the pages that they suggest."""

    office: PostOffice
    client: httpx2.Client
    pages: FeedServer

    def public(self, path: str, title: str = "The old lock opens again") -> str:
        """The address of an article on a public host, which leads to our loopback server."""
        self.pages.put(path, PAGE.format(title=title), "text/html; charset=utf-8")
        return f"http://{HOST}:{self.pages.port}{path}"

    def stamp(self) -> str:
        """The stamp of a form shown some seconds ago."""
        found = re.search(r'name="stamp" value="([^"]+)"', self.client.get("/suggest/weekly").text)
        assert found is not None
        self.office.now += timedelta(seconds=6)
        return found[1]

    def suggest(self, url: str, **fields: str) -> httpx2.Response:
        """Fill in the form and press the button; what it asks for is done."""
        data = {"stamp": self.stamp(), "url": url, **fields}
        answer = self.client.post("/suggest/weekly", data=data)
        handle_requests(self.office.site, self.office.now)
        return answer

    def read(self) -> int:
        """Let the job read the pages that wait."""
        return read_suggested_pages(self.office.site, now=self.office.now)

    def stories(self) -> list[SuggestedStory]:
        """What is kept."""
        return list_suggestions(self.office.site, "weekly")

    def drafted(self) -> Issue:
        """The coming issue, of two stories of the folder."""
        site = self.office.site
        publish(site.folder, DUE - timedelta(days=2), DUE - timedelta(days=1))
        gather(site, "weekly", now=self.office.now)
        return draft(site, "weekly", now=self.office.now)

    def sent(self) -> None:
        """The issue goes out when it is due, and those whose article ran are told."""
        site = self.office.site
        self.office.now = DUE
        approve(site, "weekly", 1, now=DUE)
        send(site, "weekly", 1, clock=lambda: DUE)
        self.office.now = DUE + timedelta(minutes=1)
        self.told()

    def told(self) -> int:
        """Let the job tell readers; how many letters it writes."""
        written = answer_suggestions(self.office.site, now=self.office.now)
        flush(self.office.site, lambda: self.office.now)
        return written

    def answers(self) -> list[CaughtMail]:
        """The letters that say that a suggestion ran."""
        subject = "The Weekly has what you suggested"
        return [one for one in self.office.letters if one.message["Subject"] == subject]

    def add(self, number: int = 1) -> None:
        """An editor puts the suggestion into the issue."""
        request = EditRequest(newsletter="weekly", number=1, editor="ed", seen_version=99)
        site, now = self.office.site, self.office.now
        add_suggested(site, request, number, section="The rest", now=now)

    def write(self, text: str, **mail: Any) -> Received:
        """A mail to the address for suggestions comes in."""
        return self.office.mail("weekly-suggest", text=text, **mail)


@contextmanager
def suggesting_readers(
    folder: Path, monkeypatch: pytest.MonkeyPatch, **settings: Any
) -> Iterator[Readers]:
    """A site that takes suggestions, whose public pages are on loopback."""
    settings = {"keys": "suggestions = true\n", "approval": "hold", **settings}
    with FeedServer() as pages:
        let_lead_to_loopback(monkeypatch)
        with post_office(folder, **settings) as office:
            app = make_app(office.site, clock=lambda: office.now)
            with serving(app) as base, web_client(base_url=base) as client:
                yield Readers(office=office, client=client, pages=pages)


def let_lead_to_loopback(monkeypatch: pytest.MonkeyPatch, name: str = HOST) -> None:
    """Let the host have a public address whose packets arrive at our loopback server."""
    resolve, allow = ssrf_guard._resolve, ssrf_guard.Permissions.allow

    async def resolved(host: str, port: int) -> list[ssrf_guard.Address]:
        return [ip_address("127.0.0.1")] if host == name else await resolve(host, port)

    def allowed(
        permissions: ssrf_guard.Permissions, host: str, address: ssrf_guard.Address, port: int
    ) -> bool:
        return host == name or allow(permissions, host, address, port)

    monkeypatch.setattr(ssrf_guard, "_resolve", resolved)
    monkeypatch.setattr(ssrf_guard.Permissions, "allow", allowed)
