"""The sample's site served to real browsers: a drafted issue, publishers, a catcher of mail."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext

from newsletter.site.site import Site, open_site
from newsletter.store.users import Role, save_user
from newsletter.web.app import make_app
from newsletter.web.signin.passwords import hash_password
from tests.acceptance.site import NOW
from tests.factories.desk_browser import COOKIE, session_cookie
from tests.servers.web import serving, web_client

PASSWORD = "the tide waits for no valve"
NEWS_DESK, COPY_DESK = "news@news.example.org", "copy@news.example.org"
NAMES = {NEWS_DESK: "News desk", COPY_DESK: "Copy desk"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Office:
    """A running site and who works there."""

    site: Site
    base: str

    def sit_down(
        self, browser: Browser, address: str = NEWS_DESK, *, width: int = 1280, height: int = 900,
        scheme: str = "light", touch: bool = False, role: Role = Role.PUBLISHER, script: bool = True,
    ) -> BrowserContext:  # fmt: skip
        """A browser of somebody who is signed in."""
        context = browser.new_context(
            base_url=self.base,
            viewport={"width": width, "height": height},
            color_scheme="dark" if scheme == "dark" else "light",
            has_touch=touch,
            java_script_enabled=script,
            locale="en-GB",
        )
        context.set_default_timeout(15_000)
        cookie = session_cookie(self.site, address, role=role, now=NOW, name=NAMES.get(address, ""))
        context.add_cookies([{"name": COOKIE, "value": cookie, "url": self.base}])
        return context


@contextmanager
def open_office(folder: Path) -> Iterator[Office]:
    """Serve the site in `folder`; for it the present is NOW, and time goes on from there."""
    site = open_site(folder, {})
    started = datetime.now(UTC)
    clock: Callable[[], datetime] = lambda: NOW + (datetime.now(UTC) - started)  # noqa: E731 - short
    with site.database.transaction() as connection:
        for address, name in NAMES.items():
            save_user(
                connection,
                address,
                name=name,
                role=Role.PUBLISHER,
                now=NOW,
                password_hash=hash_password(PASSWORD),
            )
    try:
        with serving(make_app(site, clock=clock)) as base:
            yield Office(site=site, base=base)
    finally:
        site.database.close()


def count_clicks(folder: Path) -> None:
    """Switch the counting of clicks on in the sample's site."""
    configuration = folder / "newsletter.toml"
    text = configuration.read_text(encoding="utf-8")
    table = "[newsletters.weekly]\n"
    configuration.write_text(text.replace(table, f"{table}count_clicks = true\n"), encoding="utf-8")


def follow_links(office: Office, html: str) -> None:
    """Readers follow the first links most."""
    paths = dict.fromkeys(re.findall(r"/c/[0-9a-f]+", html))
    with web_client(base_url=office.base, headers={"User-Agent": "Mozilla/5.0"}) as reader:
        for path, clicks in zip(paths, (19, 4, 7, 12, 9, 8, 5, 5, 3, 2, 1), strict=False):
            for _click in range(clicks):
                reader.get(path)
