"""Editors who are signed in, and the desk's clock and letterbox, for tests of the web pages."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import httpx2
from starlette.applications import Starlette

from newsletter.config.proxies import trusted_proxies
from newsletter.site.site import Site
from newsletter.store.users import Editor, Role, save_user
from newsletter.web.app import make_app
from newsletter.web.forwarded import Forwarded
from newsletter.web.signin.passwords import hash_password
from tests.servers.web import serving, web_client

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
ADDRESS = "ed@press.example.org"
PASSWORD = "a sentence that is long"


@dataclass(kw_only=True)
class Office:
    """A running site: `letters` are the links that would have been mailed."""

    site: Site
    app: Starlette
    client: httpx2.Client
    browsers: ExitStack
    now: datetime = NOW
    letters: list[tuple[str, str]] = field(default_factory=list)
    news: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    def another_browser(self, **headers: str) -> httpx2.Client:
        """A client with a cookie jar of its own."""
        client = web_client(base_url=self.client.base_url, headers=headers)
        return self.browsers.enter_context(client)

    def mail(self, address: str, _name: str, link: str) -> None:
        """Keep a link instead of mailing it."""
        self.letters.append((address, link))
        self.news.release()

    def ask_for_link(self, **form: str) -> str:
        """The path of the link that comes by mail, which is sent after the answer."""
        self.client.post("/sign-in", data={"address": ADDRESS, "way": "link", **form})
        assert self.news.acquire(timeout=10)
        return self.letters[-1][1].removeprefix(self.site.settings.site.url)

    def add(self, address: str = ADDRESS, **changes: Any) -> Editor:
        """Add an editor, with the password PASSWORD."""
        return add_editor(self.site, address, **changes)

    def sign_in(self, client: httpx2.Client | None = None, address: str = ADDRESS) -> None:
        """Sign the client in by password."""
        answer = (client or self.client).post(
            "/sign-in", data={"address": address, "password": PASSWORD, "way": "password"}
        )
        assert answer.status_code == 303, answer.text

    def csrf(self, page: str = "/account") -> str:
        """The token in the page's forms."""
        found = re.search(r'name="csrf" value="([^"]+)"', self.client.get(page).text)
        assert found is not None
        return found[1]


_HASH = hash_password(PASSWORD)


def add_editor(
    site: Site, address: str = ADDRESS, *, role: Role = Role.PUBLISHER, name: str = "Ed"
) -> Editor:
    """Put an editor with the password PASSWORD into the site's database."""
    with site.database.transaction() as connection:
        return save_user(connection, address, name=name, role=role, now=NOW, password_hash=_HASH)[0]


@contextmanager
def open_office(site: Site) -> Iterator[Office]:
    """The site's web application, running, with a clock that stands at `Office.now`."""
    app = make_app(site)
    with serving(Forwarded(app, trusted_proxies({}))) as url, ExitStack() as browsers:
        client = browsers.enter_context(web_client(base_url=url))
        office = Office(site=site, app=app, client=client, browsers=browsers)
        app.state.auth_context = replace(
            app.state.auth_context,
            clock=lambda: office.now,
            send_link=office.mail,
        )
        yield office
