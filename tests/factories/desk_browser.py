"""Editors at their browsers: a client with a session, that fills in forms as a browser does."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

import httpx2
from itsdangerous import Signer
from lxml import html
from starlette.applications import Starlette

from newsletter.site.site import Site
from newsletter.store.sessions import start_session
from newsletter.store.users import Role, save_user
from newsletter.web.app import make_app

COOKIE = "newsletter-session"


def session_cookie(site: Site, address: str, *, role: Role, now: datetime, name: str = "") -> str:
    """Make the editor and sign them in; what their browser's cookie holds."""
    with site.database.transaction() as connection:
        editor, _new = save_user(connection, address, name=name, role=role, now=now)
        token = start_session(connection, editor, browser="a test", now=now)
    signer = Signer(site.secret, salt="newsletter.session", digest_method=hashlib.sha256)
    return signer.sign(token).decode("ascii")


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """An answer of the desk, read as a browser without JavaScript reads it."""

    status: int
    url: str
    text: str
    headers: httpx2.Headers

    @property
    def tree(self) -> html.HtmlElement:
        """The page's elements."""
        return html.document_fromstring(self.text)

    @property
    def words(self) -> str:
        """What the page says."""
        return re.sub(r"\s+", " ", self.tree.text_content())


class Browser:
    """An editor's browser without JavaScript, which follows redirects and submits forms."""

    def __init__(self, app: Starlette, cookie: str) -> None:
        self._client = httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app),
            base_url="http://127.0.0.1:8000",
            cookies={COOKIE: cookie},
            follow_redirects=True,
        )

    async def get(self, url: str) -> Page:
        """Go to a page."""
        return _page(await self._client.get(url))

    async def press(self, page: Page, button: str, **fields: str) -> Page:
        """Press the first button of that value or text, with these fields filled in."""
        found = page.tree.xpath(
            f"//form[.//button[@value='{button}' or normalize-space()='{button}']]"
            f"[not({self._but(fields)})]"
        )
        assert found, f"no form with a button {button!r}"
        return await self.submit(found[0], button, **fields)

    async def submit(self, form: html.HtmlElement, button: str = "", **fields: str) -> Page:
        """Submit a form by a button of that value, with these fields filled in."""
        values = {name: value or "" for name, value in form.fields.items() if name}
        values = {**values, **({"action": button} if button and "action" not in fields else {})}
        if form.xpath(".//input[@type='hidden'][@name='action']"):
            values["action"] = form.xpath(".//input[@name='action']")[0].get("value")
        response = await self._client.post(form.get("action") or "", data={**values, **fields})
        return _page(response)

    async def upload(
        self, form: html.HtmlElement, button: str, file: tuple[str, bytes], **fields: str
    ) -> Page:
        """Submit a form with a file of this name, by a button of that value."""
        values = {name: value or "" for name, value in form.fields.items() if name}
        values = {name: value for name, value in values.items() if name != "file"}
        data = {**values, "action": button, **fields}
        address = form.get("action") or ""
        return _page(await self._client.post(address, data=data, files={"file": file}))

    async def close(self) -> None:
        """End it."""
        await self._client.aclose()

    @staticmethod
    def _but(fields: dict[str, str]) -> str:
        """Forms that lack one of these fields."""
        item = fields.get("item")
        return f".//input[@name='item'][@value!='{item}']" if item else "false()"


def _page(response: httpx2.Response) -> Page:
    return Page(
        status=response.status_code,
        url=str(response.url.path),
        text=response.text,
        headers=response.headers,
    )


def visit(
    site: Site,
    work: Callable[[Browser], Awaitable[None]],
    *,
    editor: str,
    now: datetime,
    role: Role = Role.PUBLISHER,
) -> None:
    """What somebody of this role does in a browser without JavaScript."""

    async def run() -> None:
        app = make_app(site, clock=lambda: now)
        async with app.router.lifespan_context(app):
            browser = Browser(app, session_cookie(site, editor, role=role, now=now))
            await work(browser)
            await browser.close()

    asyncio.run(run())
