"""A site at /newsletter behind Debian's nginx, in Chromium: joining, leaving, the desk, the API."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest
from playwright.sync_api import Browser, Page, Response

from newsletter.articles.fetch import HttpClient
from newsletter.config.access import Access
from newsletter.config.proxies import trusted_proxies
from newsletter.config.settings import FetchSettings
from newsletter.pipeline.doctor.proxy import HEADERS, judge_proxy
from newsletter.pipeline.draft import draft
from newsletter.pipeline.gather import gather
from newsletter.pipeline.sign_in import first_link
from newsletter.store.api_tokens import make_api_token
from newsletter.store.users import find_user
from newsletter.web.app import make_app
from newsletter.web.forwarded import Forwarded
from tests.browsers import Chromium
from tests.factories.mail import NOW, PostOffice, post_office, send_issue
from tests.factories.site import publish
from tests.servers.nginx import has_nginx, nginx
from tests.servers.ports import free_port
from tests.servers.web import serving

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not has_nginx(), reason="there is no nginx on this machine"),
]

EDITOR, NEWCOMER = "editor@example.org", "new@example.org"

WAYS = {
    "passed on": ("/newsletter/", ""),
    "stripped": ("/newsletter/", "/"),
    "stripped but for a slash": ("/newsletter", "/"),
}
"""How nginx is told: the location, and what stands behind the address of proxy_pass."""


@contextmanager
def site_behind(folder: Path, way: str) -> Iterator[tuple[PostOffice, str]]:
    """The site and its public address."""
    location, end = WAYS[way]
    port = free_port()
    url = f"http://127.0.0.1:{port}/newsletter"
    with post_office(folder, url=url) as office:
        app = Forwarded(make_app(office.site, clock=lambda: office.now), trusted_proxies({}))
        with serving(app) as base, nginx(port, location=location, target=f"{base}{end}"):
            yield office, url


class Visitor:
    """A browser whose every answer must be found, and below the site's path."""

    def __init__(self, page: Page, url: str, office: PostOffice) -> None:
        self.page, self.url, self.office = page, url, office
        self.wrong: list[str] = []
        page.on("response", self._look)

    def _look(self, response: Response) -> None:
        if response.status >= 400 or not response.url.startswith(self.url):
            self.wrong.append(f"{response.status} {response.url}")

    def link(self, kind: str) -> str:
        """The link of that kind in the last letter."""
        found = re.search(rf"{self.url}/{kind}/\S+", self.office.last().part("plain"))
        assert found is not None
        return found[0]

    def press(self, button: str, then: str) -> None:
        """Press the button and wait for what the page says."""
        self.page.get_by_role("button", name=button, exact=True).first.click()
        self.page.wait_for_selector(f"text={then}")


@pytest.mark.parametrize("way", WAYS)
def test_everything_works_below_a_path(tmp_path: Path, chromium: Chromium, way: str) -> None:
    """From the landing page to the list and off it, the desk with its events, archive and API."""
    with site_behind(tmp_path, way) as (office, url):
        send_issue(office, NOW + timedelta(days=5))
        publish(office.site.folder, office.now - timedelta(minutes=1))
        gather(office.site, "weekly", now=office.now)
        draft(office.site, "weekly", now=office.now)
        link = str(first_link(office.site, now=office.now))

        def visit(browser: Browser) -> list[str]:
            context = browser.new_context()
            visitor = Visitor(context.new_page(), url, office)
            _join_and_leave(visitor)
            _read_the_archive(visitor)
            _work_at_the_desk(visitor, link)
            cookies = {(cookie["path"], cookie["name"]) for cookie in context.cookies()}
            context.close()
            assert cookies == {("/newsletter", "newsletter-session")}
            return visitor.wrong

        assert chromium.run(visit) == []
        _call_the_api(office, url)


def _join_and_leave(visitor: Visitor) -> None:
    page, office = visitor.page, visitor.office
    letters = len(office.letters)
    page.goto(f"{visitor.url}/")
    page.fill("[name=email]", NEWCOMER)
    office.now += timedelta(seconds=3)  # the browser calculates, so it need not wait longer
    visitor.press("Subscribe", "Check your mail")
    assert office.catcher.wait_for(letters + 1, seconds=20)
    page.goto(visitor.link("confirm"))
    visitor.press("Yes, subscribe me", "You are subscribed")
    page.click("text=Choose your subjects")
    page.check("[name=tag]")
    visitor.press("Save", "Saved.")
    page.click("text=Unsubscribe from")
    visitor.press("Unsubscribe", "You are unsubscribed")
    assert office.status(NEWCOMER) == "unsubscribed"


def _read_the_archive(visitor: Visitor) -> None:
    page = visitor.page
    page.goto(f"{visitor.url}/archive")
    page.wait_for_selector("text=Feeds:")
    page.click("ol.issues h2 a")
    assert page.url == f"{visitor.url}/archive/weekly/1"


def _work_at_the_desk(visitor: Visitor, link: str) -> None:
    page = visitor.page
    page.goto(f"{visitor.url}/desk")  # leads to the sign-in page
    page.wait_for_selector("text=Sign in")
    page.goto(f"{visitor.url}{link.removeprefix('/newsletter')}")
    page.get_by_label("E-mail address").fill(EDITOR)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{visitor.url}/desk")
    with page.expect_response("**/changes"):  # which the page asks for
        page.goto(f"{visitor.url}/desk/weekly/2")
    page.goto(f"{visitor.url}/account")
    page.goto(f"{visitor.url}/api/docs")
    page.wait_for_selector(f"text={visitor.url}")


def _call_the_api(office: PostOffice, url: str) -> None:
    with office.site.database.transaction() as connection:
        editor = find_user(connection, EDITOR)
        key = make_api_token(connection, editor, name="test", now=office.now)
    document = httpx2.get(f"{url}/api/openapi.json").json()
    server = document["servers"][0]["url"]
    assert server == url
    answer = httpx2.get(f"{server}/api/v1/newsletters", headers={"Authorization": f"Bearer {key}"})
    assert answer.status_code == 200


@pytest.mark.parametrize("host", [True, False])
def test_doctor_sees_what_nginx_passes_on(tmp_path: Path, host: bool) -> None:
    """A Host that is dropped is named at once; a proxy that does all is not mentioned."""
    port = free_port()
    url = f"http://127.0.0.1:{port}/newsletter"
    with post_office(tmp_path, url=url) as office:
        app = Forwarded(make_app(office.site), trusted_proxies({}))
        with serving(app) as base, nginx(port, location="/", target=base, host=host):
            found = [diagnosis.message for diagnosis in judge_proxy(url, _seen(url))]
    assert [("passes the host" in message) for message in found] == [True] * (not host)


def _seen(url: str) -> dict[str, str]:
    async def fetch() -> dict[str, str]:
        async with HttpClient(FetchSettings(allow_private=("127.0.0.1",))) as client:
            probe = Access(headers=tuple(HEADERS.items()))
            answer = await client.fetch(f"{url}/health/request", memory=None, now=NOW, access=probe)
            seen: dict[str, str] = httpx2.Response(200, content=answer.body).json()
            return seen

    return asyncio.run(fetch())
