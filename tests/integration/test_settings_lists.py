"""/settings/lists by HTTP: a publisher makes, renames, merges and closes lists."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from newsletter.pipeline.lists import all_lists, make_list
from newsletter.site.site import Site
from newsletter.store.audit import entries
from newsletter.store.users import Role
from subscribers.history import Way
from subscribers.list_changes import rename_list
from subscribers.people import add, find
from subscribers.subscriber import Status
from subscribers.unsubscribe import unsubscribe
from tests.factories.desk_browser import Browser, Page, visit
from tests.factories.site import READERS, make_site
from tests.factories.web_requests import NOW

EDITOR = "ed@press.example.org"
LISTS = "/settings/lists"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A site with its readers on one list, and an empty list beside it."""
    made = make_site(tmp_path, now=NOW - timedelta(days=9), url="http://127.0.0.1:8000")
    make_list(made, "members")
    yield made
    made.database.close()


def form_of(page: Page, action: str, slug: str) -> object:
    """The form for that list with a button of that value."""
    return page.tree.xpath(f"//form[.//button[@value='{action}']][.//input[@value='{slug}']]")[0]


def names(site: Site) -> list[str]:
    """The lists that there are."""
    return [one.slug for one in all_lists(site)]


def test_a_list_is_made_renamed_closed_and_opened_again(site: Site) -> None:
    """Each is told, and stands in the record with the publisher's name."""

    async def work(browser: Browser) -> None:
        page = await browser.press(await browser.get(LISTS), "make", other="friends")
        assert "The list is there." in page.words
        page = await browser.submit(form_of(page, "rename", "friends"), "rename", other="fans")
        assert "formerly friends" in page.words
        page = await browser.submit(form_of(page, "close", "fans"), "close")
        assert "Closed. Nobody can join it." in page.words
        page = await browser.submit(form_of(page, "make", "fans"), "make")
        assert "The list is open again." in page.words

    visit(site, work, editor=EDITOR, now=NOW)
    assert names(site) == ["fans", "members", "weekly"]
    with site.database.transaction(read_only=True) as connection:
        noted = [(one.what, one.who) for one in entries(connection, limit=9)]
    assert {("make list", EDITOR), ("rename list", EDITOR), ("close list", EDITOR)} <= set(noted)


def test_a_merge_is_counted_first(site: Site) -> None:
    """Nothing changes by the count; who left either list is not mailed after the merge."""
    with site.database.transaction() as connection:
        for address in (READERS[0], READERS[1]):
            add(connection, address, list_slug="members", now=NOW)
        reader = find(connection, READERS[0])
        unsubscribe(connection, reader.id, "members", Way.PAGE, NOW)

    async def work(browser: Browser) -> None:
        page = await browser.get(LISTS)
        page = await browser.submit(form_of(page, "count", "members"), "count", other="weekly")
        assert "Merge members into weekly?" in page.words
        assert "1 subscriber of weekly would get no more mail" in page.words
        assert names(site) == ["members", "weekly"]
        page = await browser.press(page, "merge")
        assert "Merged." in page.words

    visit(site, work, editor=EDITOR, now=NOW)
    assert names(site) == ["weekly"]
    (one,) = all_lists(site)
    assert one.statuses[Status.UNSUBSCRIBED] == 1


@pytest.mark.parametrize(
    ("action", "name", "other", "says"),
    [
        ("make", "", "No Name!", "cannot be the name of a list"),
        ("rename", "weekly", "daily", "is used by weekly"),
        ("merge", "weekly", "members", "is used by weekly"),
        ("close", "weekly", "", "is used by weekly"),
        ("rename", "members", "weekly", "weekly"),
        ("count", "nothing", "weekly", "nothing"),
        ("dance", "members", "", "no such button"),
    ],
)
def test_what_cannot_be_done_is_said(
    site: Site, action: str, name: str, other: str, says: str
) -> None:
    """In words that name no setting and no command; nothing changes."""

    async def work(browser: Browser) -> None:
        page = await browser.get(LISTS)
        form = form_of(page, "close", "members")
        page = await browser.submit(form, "", action=action, list=name, other=other)
        assert page.status in (404, 409)
        assert says in page.words
        assert "newsletter.toml" not in page.words
        assert "newsletter lists" not in page.words

    visit(site, work, editor=EDITOR, now=NOW)
    assert names(site) == ["members", "weekly"]


def test_editors_do_not_see_it(site: Site) -> None:
    """Lists are the publishers' own."""

    async def work(browser: Browser) -> None:
        assert (await browser.get(LISTS)).status == 403

    visit(site, work, editor=EDITOR, now=NOW, role=Role.EDITOR)


@pytest.mark.parametrize("action", ["merge", "close", "rename"])
def test_a_former_name_changes_no_list_that_is_used(site: Site, action: str) -> None:
    """What a page from before a renaming asks for is refused like the same under the present name."""
    with site.database.transaction() as connection:
        for was, becomes in (("weekly", "old"), ("old", "weekly")):
            rename_list(connection, was, becomes)

    async def work(browser: Browser) -> None:
        form = form_of(await browser.get(LISTS), "close", "members")
        answer = await browser.submit(
            form, "", action=action, list="old", other="new" if action == "rename" else "members"
        )
        assert answer.status == 409

    visit(site, work, editor=EDITOR, now=NOW)
    assert names(site) == ["members", "weekly"]
    assert not any(one.closed_at for one in all_lists(site))
