"""What editors do with suggestions: at the desk, by the API and by command."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from newsletter.issues.suggestion import SuggestedState
from newsletter.store.api_tokens import make_api_token
from newsletter.store.issues import find_issue
from newsletter.store.users import Role, save_user
from tests.acceptance.site import CommandLine
from tests.factories.desk_browser import Browser, visit
from tests.factories.mail import READER
from tests.factories.suggestions import Readers, suggesting_readers

DESK = "/desk/weekly/1"
EDITOR = "ed@example.org"
ALL = "/api/v1/newsletters/weekly/suggestions"
HOSTILE = "<script>alert(1)</script> \u202eevil"


@pytest.fixture
def readers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Readers]:
    """A drafted issue, and one suggestion of a page whose title is hostile."""
    with suggesting_readers(tmp_path, monkeypatch) as running:
        running.drafted()
        url = running.public("/lock", "&lt;script&gt;alert(1)&lt;/script&gt; The lock")
        running.suggest(url, words=HOSTILE, name='"><img src=x onerror=alert(2)>')
        running.write(url, envelope="robber@example.com")
        running.read()
        yield running


def at_the_desk(readers: Readers, what: str, role: Role = Role.EDITOR) -> str:
    """What the desk says after an editor has pressed the button of that value."""
    said: list[str] = []

    async def work(browser: Browser) -> None:
        page = await browser.get(DESK)
        (form,) = page.tree.xpath("//form[contains(@class, 'suggestedacts')]")
        page = await browser.submit(form, what=what)
        assert page.status == 200, page.words
        said.append(page.words)

    visit(readers.office.site, work, editor=EDITOR, now=readers.office.now, role=role)
    return said[0]


def test_the_shelf_shows_who_suggested_what_as_text(readers: Readers) -> None:
    """Counts, name, reason and headline; nothing of them is markup."""

    async def work(browser: Browser) -> None:
        page = await browser.get(DESK)
        assert "Suggested by readers" in page.words
        assert "Suggested by 1 reader and 1 unproven mail" in page.words
        (shown,) = page.tree.xpath("//p[@class='suggested']")
        assert "<script>alert(1)</script> evil" in shown.text_content()
        assert "\u202e" not in page.text
        assert "<script>alert" not in page.text
        assert "<img src=x" not in page.text
        (form,) = page.tree.xpath("//li[.//p[@class='suggested']]/form[select]")
        added = await browser.submit(form, "add", section="The rest")
        assert added.status == 200
        assert "Suggested by readers" not in added.words

    visit(readers.office.site, work, editor=EDITOR, now=readers.office.now)
    with readers.office.site.database.transaction(read_only=True) as connection:
        issue = find_issue(connection, "weekly", 1)
    (item,) = [one for one in issue.items if "lock" in one.title]
    assert item.pinned
    assert item.section == "The rest"


@pytest.mark.parametrize("what", ["dismiss", "site", "reader 1"])
def test_the_buttons_take_it_off_the_shelf(readers: Readers, what: str) -> None:
    """Dismissed, or blocked: a reader who is blocked leaves what others suggested as well."""
    words = at_the_desk(readers, what)
    (story,) = readers.stories()
    gone = what != "reader 1"
    assert ("Suggested by readers" not in words) is gone
    assert story.state is (SuggestedState.DISMISSED if gone else SuggestedState.SHELVED)


@pytest.mark.parametrize("what", ["publish", "reader x", "reader 99999999999", "reader 77", ""])
def test_a_form_that_says_nonsense_changes_nothing(readers: Readers, what: str) -> None:
    """It is refused with a page of the desk."""
    statuses: list[int] = []

    async def work(browser: Browser) -> None:
        page = await browser.get(DESK)
        (form,) = page.tree.xpath("//form[contains(@class, 'suggestedacts')]")
        statuses.append((await browser.submit(form, what=what)).status)

    visit(readers.office.site, work, editor=EDITOR, now=readers.office.now)
    assert statuses[0] in (404, 409, 422)
    assert readers.stories()[0].state is SuggestedState.SHELVED


def test_programs_list_add_dismiss_and_block(readers: Readers) -> None:
    """With the same rules as the desk."""
    site, client = readers.office.site, readers.client
    with site.database.transaction() as connection:
        editor, _ = save_user(connection, EDITOR, name="", role=Role.EDITOR, now=readers.office.now)
        key = make_api_token(connection, editor, name="test", now=readers.office.now)
    client.headers["Authorization"] = f"Bearer {key}"
    (found,) = client.get(ALL).json()["suggestions"]
    assert (found["id"], found["readers"], found["unproven"]) == (1, 1, 1)
    issue = "/api/v1/newsletters/weekly/issues/1"
    added = client.post(f"{issue}/suggestions/1", json={"version": 99, "section": "The rest"})
    assert added.status_code == 200, added.text
    assert "added" in added.json()["said"]
    assert client.post(f"{ALL}/1/dismiss").json() == {"id": 1, "changed": True}
    assert client.post(f"{ALL}/1/dismiss").json() == {"id": 1, "changed": False}
    assert client.post(f"{ALL}/1/block", json={}).json() == {"blocked": "harbour.example.net"}
    reader = found["suggestions"][0]["id"]
    assert client.post(f"{ALL}/1/block", json={"reader": reader}).status_code == 200
    blocks = client.get("/api/v1/suggestion-blocks").json()["blocks"]
    assert [one["kind"] for one in blocks] == ["reader", "site"]
    for one in blocks:
        assert client.delete(f"/api/v1/suggestion-blocks/{one['id']}").status_code == 200
    assert client.get("/api/v1/suggestion-blocks").json() == {"blocks": []}
    assert client.post(f"{ALL}/9/dismiss").status_code == 404


def test_the_command_does_all_of_it(readers: Readers) -> None:
    """List, add, dismiss, block, blocked, unblock; what is not there is said."""
    command = CommandLine(folder=readers.office.site.folder, environment={})
    readers.write("https://press.example.org/own", sender=READER)
    listed = command.done("suggestions", "list", "weekly").out
    assert "1 reader and 1 unproven mail; shelved" in listed
    assert "\u202e" not in listed
    assert "2: https://press.example.org/own: 1 reader; waiting" in listed
    waiting = command("suggestions", "add", "weekly", "2", "--json")
    assert waiting.code == 77
    added = command.done("suggestions", "add", "weekly", "1", "--section", "The rest", "--json")
    assert "added" in json.loads(added.out)["said"]
    again = command.done("suggestions", "add", "weekly", "1", "--json")
    assert json.loads(again.out)["said"] == ""
    assert json.loads(command.done("suggestions", "dismiss", "weekly", "2", "--json").out)[
        "changed"
    ]
    command.done("suggestions", "block", "weekly", "2")
    blocked = json.loads(command.done("suggestions", "blocked", "--json").out)["blocks"]
    assert [one["label"] for one in blocked] == ["press.example.org"]
    command.done("suggestions", "unblock", str(blocked[0]["id"]))
    assert "nothing is blocked" in command.done("suggestions", "blocked").out
    assert command("suggestions", "unblock", "1").code == 2
    assert command("suggestions", "dismiss", "weekly", "9").code == 2
    assert command("suggestions", "list", "nothing").code == 2
