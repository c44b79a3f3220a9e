"""Where corrections are written, approved and seen: desk, API, archive, feeds, counted links."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import feedparser
import httpx2
import pytest
import sqlalchemy as sa

from newsletter.pipeline.correct import (
    CorrectionRequest,
    sent_issue,
    shown_corrections,
    write_correction,
)
from newsletter.pipeline.flush_letters import flush
from newsletter.site.site import Site
from newsletter.store.api_tokens import make_api_token
from newsletter.store.editions import frozen_editions
from newsletter.store.sending_tables import corrections
from newsletter.store.users import Role, save_user
from newsletter.web.app import make_app
from tests.acceptance.site import CommandLine
from tests.demo.catcher import MailCatcher, catching_mail
from tests.factories.corrections import (
    AFTER,
    EDITOR,
    SEA,
    TEXT,
    correct,
    send_two_stories,
    site_with_two_stories,
)
from tests.factories.desk_browser import Browser, visit
from tests.servers.ports import free_port
from tests.servers.web import serving, web_client

NEW = "https://press.example.org/sea-2?a=1&b=2"
PAGE = "/desk/weekly/1/corrections"
CORRECTIONS = "/api/v1/newsletters/weekly/issues/1/corrections"


@pytest.fixture(scope="module")
def catcher() -> Iterator[MailCatcher]:
    """A real SMTP server."""
    with catching_mail() as running:
        yield running


@pytest.fixture
def site(tmp_path: Path, catcher: MailCatcher) -> Iterator[Site]:
    """A site whose issue of two stories has been sent, with counted links."""
    site = site_with_two_stories(tmp_path, port=catcher.port, keys="count_clicks = true")
    send_two_stories(site)
    yield site
    site.database.close()


@pytest.fixture
def reader(site: Site) -> Iterator[httpx2.Client]:
    """Somebody at the running site."""
    with serving(make_app(site, clock=lambda: AFTER)) as url, web_client(base_url=url) as client:
        yield client


def is_approved(site: Site) -> list[bool]:
    """Of each correction, whether it is public."""
    shown = shown_corrections(site, sent_issue(site, "weekly", 1), now=AFTER)
    return [one.correction.is_approved for one in shown]


def write(site: Site) -> int:
    """A correction that waits for its approval."""
    issue = sent_issue(site, "weekly", 1)
    request = CorrectionRequest(story=SEA, text=TEXT, new_url=NEW)
    return write_correction(site, issue, request, editor=EDITOR, now=AFTER).id


def test_the_archive_shows_a_dated_note_and_the_frozen_bytes_stay(
    site: Site, reader: httpx2.Client
) -> None:
    """Nothing of it is there before the approval. Edition pages have it where they have the story."""
    issue = sent_issue(site, "weekly", 1)

    def frozen() -> dict[str, str]:
        with site.database.transaction(read_only=True) as connection:
            return {one.key: one.html for one in frozen_editions(connection, issue).values()}

    before, keys = frozen(), {}
    with site.database.transaction(read_only=True) as connection:
        for one in frozen_editions(connection, issue).values():
            keys[one.item_keys] = one.key
    write(site)
    assert TEXT not in reader.get("/archive/weekly/1").text
    correct(site, new_url=NEW)
    page = reader.get("/archive/weekly/1").text
    note = f"<strong>Corrected on 9 March 2026:</strong> {TEXT}"
    assert page.count(note) == 1
    assert page.index("News of the sea</a></h") < page.index(note)
    assert f'href="{SEA}"' not in page
    assert 'href="https://press.example.org/sea-2?a=1&amp;b=2"' in page
    for stories, key in keys.items():
        assert (note in reader.get(f"/archive/weekly/1/{key}").text) is (SEA in stories)
    assert frozen() == before


@pytest.mark.parametrize("form", ["rss", "atom", "json"])
def test_the_feeds_carry_it_and_count_as_updated(
    form: str, site: Site, reader: httpx2.Client
) -> None:
    """The entry keeps its identity and its date of publication."""
    path = f"/archive/weekly/feed.{form}"
    before = reader.get(path)
    correct(site, new_url=NEW)
    after = reader.get(path, headers={"If-None-Match": before.headers["etag"]})
    assert after.status_code == 200
    assert "2026-03-09T10:00:00+00:00" in after.text
    assert "2026-03-09T10:00:00+00:00" not in before.text
    if form == "json":
        (item,), (old,) = after.json()["items"], before.json()["items"]
        html = item["content_html"]
        assert (item["id"], item["date_published"]) == (old["id"], old["date_published"])
    else:
        (item,) = feedparser.parse(after.content).entries
        (old,) = feedparser.parse(before.content).entries
        html = item.content[0].value
        assert (item.id, item.published) == (old.id, old.published)
    assert f"Corrected on 9 March 2026:</strong> {TEXT}" in html
    assert "sea-2" in html
    assert "hills" in html


def test_a_counted_link_leads_to_the_new_address(
    site: Site, reader: httpx2.Client, catcher: MailCatcher
) -> None:
    """In mails that were sent long ago; the last correction counts, and other links stay."""
    mail = next(mail for mail in catcher.mails if mail.recipient == "all0@example.org")
    paths = sorted(
        set(re.findall(r"https://news\.example\.org(/c/[0-9a-f]{20})", mail.part("html")))
    )

    def targets() -> set[str]:
        return {reader.get(path).headers["location"] for path in paths}

    first = targets()
    assert SEA in first
    write(site)
    assert targets() == first
    correct(site, text="", new_url="https://press.example.org/wrong")
    correct(site, text="", new_url=NEW)
    assert targets() == first - {SEA} | {NEW}
    correct(site, text="", new_url=SEA)
    assert targets() == first


def test_a_link_that_another_issue_rightly_has_stays(
    site: Site, reader: httpx2.Client, catcher: MailCatcher
) -> None:
    """Here the correction is first said to be of another story that had this link by mistake."""
    mail = next(mail for mail in catcher.mails if mail.recipient == "all0@example.org")
    paths = set(re.findall(r"https://news\.example\.org(/c/[0-9a-f]{20})", mail.part("html")))
    correct(site, text="", new_url=NEW)
    places = {"/archive/weekly/1", "/archive/weekly/feed.json"}
    for key, is_replaced in (("another story", False), (SEA, True)):
        with site.database.transaction() as connection:
            connection.execute(sa.update(corrections).values(article_key=key))
        targets = {reader.get(path).headers["location"] for path in paths}
        assert (NEW in targets, SEA in targets) == (is_replaced, not is_replaced)
        for place in places:
            page = reader.get(place).text
            assert ("sea-2" in page) is is_replaced
            assert (f'{SEA}\\"' in page or f'{SEA}"' in page) is not is_replaced


def test_an_editor_writes_and_a_publisher_sends(site: Site, catcher: MailCatcher) -> None:
    """The page shows the mail, and how many it goes to, before anything is sent."""

    async def propose(browser: Browser) -> None:
        page = await browser.get("/desk/weekly/1/report")
        assert "Correct a story" in page.words
        page = await browser.get(PAGE)
        page = await browser.press(page, "Write and preview", story=SEA, text="")
        assert (page.status, "The correction says nothing." in page.words) == (422, True)
        page = await browser.press(page, "Write and preview", story=SEA, text=TEXT, link="")
        assert "Goes to 4 readers who got this story" in page.words
        assert "Only a publisher can approve it." in page.words
        assert "Send to" not in page.words
        assert (await browser.get(f"{PAGE}/{10**30}/frame")).status == 404
        frame = await browser.get(f"{PAGE}/1/frame")
        assert TEXT in frame.text
        assert "sandbox" in frame.headers["content-security-policy"]

    async def approve(browser: Browser) -> None:
        page = await browser.get(PAGE)
        page = await browser.press(page, "Send to 4 readers")
        page = await browser.get(PAGE)
        assert "4 mails of 4 accepted." in page.words
        assert "Approved by pat@example.org" in page.words

    before = len(catcher.mails)
    visit(site, propose, editor=EDITOR, now=AFTER, role=Role.EDITOR)
    flush(site, lambda: AFTER)
    assert len(catcher.mails) == before
    visit(site, approve, editor="pat@example.org", now=AFTER)
    assert len(catcher.mails) == before + 4


def test_a_dead_link_is_replaced_at_the_desk(site: Site, catcher: MailCatcher) -> None:
    """The page says that nobody is mailed, and nobody is."""

    async def replace(browser: Browser) -> None:
        page = await browser.get(PAGE)
        page = await browser.press(page, "Write and preview", story=SEA, text="", link=NEW)
        assert (
            "Nobody is mailed. The link is replaced in the archive and the feed, and" in page.words
        )
        page = await browser.press(page, "Replace the link")
        assert f"The link leads to {NEW}" in page.words
        page = await browser.press(page, "Write and preview", story=SEA, text=TEXT, link="")
        page = await browser.press(page, "Discard")
        assert TEXT not in page.words

    before = len(catcher.mails)
    visit(site, replace, editor="pat@example.org", now=AFTER)
    assert (is_approved(site), len(catcher.mails)) == ([True], before)


def test_forged_posts_change_nothing(site: Site, reader: httpx2.Client) -> None:
    """Neither strangers nor editors approve, and no other site in a publisher's name."""
    number = write(site)

    async def by_an_editor(browser: Browser) -> None:
        page = await browser.get(PAGE)
        token = page.tree.xpath("//input[@name='csrf']")[0].get("value")
        answer = await browser._client.post(f"{PAGE}/{number}/send", data={"csrf": token})
        assert answer.status_code == 403

    async def from_elsewhere(browser: Browser) -> None:
        page = await browser.get(PAGE)
        token = page.tree.xpath("//input[@name='csrf']")[0].get("value")
        for data, headers in (
            ({}, {}),
            ({"csrf": "forged"}, {}),
            ({"csrf": token}, {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}),
        ):
            for path in (f"{PAGE}/{number}/send", f"{PAGE}/{number}/discard", PAGE):
                answer = await browser._client.post(
                    path, data={**data, "story": SEA, "text": "Forged."}, headers=headers
                )
                assert answer.status_code == 403

    visit(site, by_an_editor, editor=EDITOR, now=AFTER, role=Role.EDITOR)
    visit(site, from_elsewhere, editor="pat@example.org", now=AFTER)
    for path in (f"{PAGE}/{number}/send", f"{PAGE}/{number}/discard", PAGE):
        assert reader.post(path, data={"story": SEA, "text": "Forged."}).status_code == 401
        assert reader.get(path).status_code in (303, 405)
    assert is_approved(site) == [False]


def test_the_api_writes_shows_sends_and_discards(site: Site, reader: httpx2.Client) -> None:
    """An editor's key writes; only a publisher's sends."""
    keys = {}
    for role in Role:
        with site.database.transaction() as connection:
            editor, _new = save_user(
                connection, f"{role}@example.org", name="", role=role, now=AFTER
            )
            token = make_api_token(connection, editor, name="test", now=AFTER)
        keys[role] = {"Authorization": f"Bearer {token}"}
    body = {"story": "the sea", "text": TEXT}
    written = reader.post(CORRECTIONS, json=body, headers=keys[Role.EDITOR])
    assert written.status_code == 200, written.text
    document = written.json()
    assert (document["readers"], document["approved_at"]) == (4, None)
    assert TEXT in document["mail_text"]
    one = f"{CORRECTIONS}/{document['id']}"
    assert reader.post(f"{one}/send", headers=keys[Role.EDITOR]).status_code == 403
    assert is_approved(site) == [False]
    sent = reader.post(f"{one}/send", headers=keys[Role.PUBLISHER])
    assert (sent.status_code, sent.json()["approved_by"]) == (202, "publisher@example.org")
    flush(site, lambda: AFTER)
    shown = reader.get(one, headers=keys[Role.EDITOR]).json()
    assert (shown["readers"], shown["accepted"], shown["is_whole"]) == (4, 4, True)
    assert reader.delete(one, headers=keys[Role.EDITOR]).status_code == 409
    other = reader.post(
        CORRECTIONS, json={"story": "hills", "link": NEW}, headers=keys[Role.EDITOR]
    ).json()
    path = f"{CORRECTIONS}/{other['id']}"
    assert reader.delete(path, headers=keys[Role.EDITOR]).json()["id"] == other["id"]
    listed = reader.get(CORRECTIONS, headers=keys[Role.EDITOR]).json()["corrections"]
    assert [found["id"] for found in listed] == [document["id"]]


def test_the_command_sends_once_and_its_codes_say_what_became_of_it(
    site: Site, catcher: MailCatcher
) -> None:
    """A rehearsal changes nothing; without a relay the mails wait for the next run."""
    command = CommandLine(folder=site.folder, environment={})
    text = site.folder / "correction.txt"
    text.write_text(TEXT, encoding="utf-8")
    words = ("correct", "weekly/1", "--story", "the sea", "--text-file", str(text), "--json")
    at = ("--now", AFTER.isoformat())
    before = len(catcher.mails)
    rehearsed = command(*words, "--dry-run", *at)
    assert (rehearsed.code, rehearsed.document["readers"]) == (0, 4)
    assert TEXT in rehearsed.document["text"]
    assert is_approved(site) == []
    relay = {"NEWSLETTER__RELAYS__0__PORT": str(free_port())}
    away = CommandLine(folder=site.folder, environment=relay)
    waits = away(*words, *at)
    assert (waits.code, waits.document["waiting"]) == (75, 4), waits.err
    later = ("--now", "2026-03-09T12:00:00+00:00")
    for _ in range(2):
        done = command(*words, *later)
        assert (done.code, done.document["accepted"]) == (0, 4), done.err
    assert len(catcher.mails) == before + 4
    with catcher.answering(lambda one: "550 5.1.1 no" if one.startswith("sea0") else ""):
        text.write_text("Three metres.", encoding="utf-8")
        assert command(*words, *later).code == 1
    codes = {
        ("correct", "weekly/1", "--story", "the desert", "--link", NEW): 2,
        ("correct", "weekly/7", "--story", "sea", "--link", NEW): 2,
        ("correct", "weekly/1", "--story", "the sea"): 65,
        ("correct", "weekly/1", "--story", "the sea", "--text-file", "none.txt"): 65,
        ("correct", "weekly/1", "--story", "the sea", "--link", "ftp://a.example/"): 65,
        ("correct", "weekly", "--story", "the sea", "--link", NEW): 0,
    }
    for line, code in codes.items():
        assert command(*line, *later).code == code, line
