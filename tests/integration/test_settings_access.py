"""/settings/users and /settings/keys by HTTP: publishers decide who may sign in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest
import sqlalchemy as sa

from newsletter.site.site import Site
from newsletter.store.api_tokens import ApiScope, all_api_tokens, make_api_token
from newsletter.store.audit import entries
from newsletter.store.sessions import all_sessions, start_session
from newsletter.store.tables import outbox
from newsletter.store.users import Role, all_users, find_user, save_user
from tests.factories.desk_browser import Browser, Page, visit
from tests.factories.site import make_site
from tests.factories.web_requests import NOW

EDITOR, OTHER, NEW = "ed@press.example.org", "jo@press.example.org", "new@press.example.org"


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """A site with another publisher, who is signed in twice and has a key; no letter is sent."""
    monkeypatch.setattr("newsletter.web.settings.users_page.post_or_leave", lambda *_given: None)
    site = make_site(tmp_path, now=NOW - timedelta(days=9), url="http://127.0.0.1:8000")
    with site.database.transaction() as connection:
        jo, _new = save_user(connection, OTHER, name="Jo", role=Role.PUBLISHER, now=NOW)
        for browser in ("Firefox on Linux", "Safari on iOS"):
            start_session(connection, jo, browser=browser, now=NOW)
        make_api_token(
            connection, jo, name="nightly", now=NOW, scopes=[ApiScope.READ],
            lasts=timedelta(days=30),
        )  # fmt: skip
    yield site
    site.database.close()


def of(site: Site, address: str) -> Role | None:
    """The role of somebody; None for nobody."""
    with site.database.transaction(read_only=True) as connection:
        return {user.address: user.role for user in all_users(connection)}.get(address)


def signed_in(site: Site, address: str) -> list[str]:
    """The browsers in which they are signed in."""
    with site.database.transaction(read_only=True) as connection:
        return [
            one.browser for one in all_sessions(connection, NOW) if one.editor.address == address
        ]


def form_of(page: Page, address: str, action: str, site: Site) -> object:
    """The form about this person that has this button."""
    with site.database.transaction(read_only=True) as connection:
        number = find_user(connection, address).id
    return page.tree.xpath(
        f"//form[.//input[@name='user'][@value='{number}']][.//button[@value='{action}']]"
    )[0]


def test_somebody_is_invited_and_signs_in_by_the_link(site: Site) -> None:
    """The link works once; a second invitation of the same address is refused."""

    async def work(browser: Browser) -> None:
        page = await browser.get("/settings/users")
        form = page.tree.xpath("//form[.//button[@value='invite']]")[0]
        page = await browser.submit(form, "invite", address=NEW, name="New", role="editor")
        assert "Invited." in page.words
        assert NEW in page.words
        again = await browser.submit(form, "invite", address=NEW.upper(), name="", role="publisher")
        assert again.status == 409
        assert "may sign in already" in again.words

    visit(site, work, editor=EDITOR, now=NOW)
    assert of(site, NEW) is Role.EDITOR
    with site.database.transaction(read_only=True) as connection:
        (octets,) = connection.scalars(sa.select(outbox.c.message)).all()
        assert entries(connection, limit=1)[0].detail == f"{NEW} (editor)"
    letter = message_from_bytes(octets, policy=policy.default).get_body(("plain",))
    link = re.search(r"/sign-in/link/[\w-]+", letter.get_content())  # type: ignore[union-attr] # it has one
    assert link is not None

    async def follow(browser: Browser) -> None:
        browser._client.cookies.clear()
        page = await browser.get(link[0])
        assert "Welcome, New" in page.words
        assert str((await browser._client.post(link[0])).url.path) == "/desk"
        assert "no longer works" in (await browser.get(link[0])).words

    visit(site, follow, editor=EDITOR, now=NOW + timedelta(days=6))
    assert len(signed_in(site, NEW)) == 1


def test_a_role_is_changed_a_browser_signed_out_and_somebody_removed(site: Site) -> None:
    """Each at once, and in the record under the name of who did it."""

    async def work(browser: Browser) -> None:
        page = await browser.get("/settings/users")
        assert "signed in in 2 browsers" in page.words
        await browser.submit(form_of(page, OTHER, "sign-out", site), "sign-out")
        assert len(signed_in(site, OTHER)) == 1
        await browser.submit(form_of(page, OTHER, "change", site), "change", role="editor", name="")
        assert of(site, OTHER) is Role.EDITOR
        assert signed_in(site, OTHER) == []
        page = await browser.get("/settings/users")
        page = await browser.submit(form_of(page, OTHER, "remove", site), "remove")
        assert "Removed" in page.words

    visit(site, work, editor=EDITOR, now=NOW)
    assert of(site, OTHER) is None
    with site.database.transaction(read_only=True) as connection:
        assert all_api_tokens(connection) == []
        said = [(one.who, one.what) for one in reversed(entries(connection, limit=9))]
    assert said == [(EDITOR, what) for what in ("sign out", "change user", "remove user")]


def test_nobody_takes_their_own_rights_away(site: Site) -> None:
    """So that a site always has a publisher; one's own name may be changed."""

    async def work(browser: Browser) -> None:
        page = await browser.get("/settings/users")
        own = form_of(page, EDITOR, "change", site)
        refused = await browser.submit(own, "change", role="editor")
        assert refused.status == 409
        assert "your own account" in refused.words
        refused = await browser.submit(own, "remove")
        assert refused.status == 409
        page = await browser.submit(own, "change", name="Edith")
        assert "Edith" in page.words
        for action, fields in (
            ("change", {"role": "king"}),
            ("dance", {}),
            ("again", {"user": "99"}),
        ):
            answer = await browser.submit(own, action, **fields)
            assert answer.status == 409, action

    visit(site, work, editor=EDITOR, now=NOW)
    assert of(site, EDITOR) is Role.PUBLISHER


def test_keys_of_everybody_are_seen_and_ended(site: Site) -> None:
    """With what they may be used for, until when, and whether they were used; never the key."""

    async def work(browser: Browser) -> None:
        page = await browser.get("/settings/keys")
        assert "nightly" in page.words
        assert "Jo · read, but nobody's data · until 1 Apr 2025 · not used yet" in page.words
        assert "nl_" not in page.text
        page = await browser.submit(page.tree.xpath("//form[contains(@action, '/keys')]")[0])
        assert "That key no longer works." in page.words
        assert "No keys yet" in page.words

    visit(site, work, editor=EDITOR, now=NOW)
    with site.database.transaction(read_only=True) as connection:
        assert entries(connection, limit=1)[0].detail == f"nightly of {OTHER}"
