"""Strangers at the door for suggestions: detours to blocked sites, borrowed names, a shelf without end."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from newsletter.articles.urls import is_web_address
from newsletter.errors import InputError
from newsletter.issues.suggestion import (
    MOST_UNDECIDED,
    SuggestedState,
    SuggestionWay,
    accepted_link,
    is_below,
    site_of,
)
from newsletter.pipeline.suggest import FULL
from newsletter.pipeline.suggestions import block_site, blocks, suggested_shelf
from newsletter.store.issues import find_issue
from newsletter.store.suggestion_tables import suggested_stories
from newsletter.store.suggestions import NewSuggestion, add_suggestion, note_read
from subscribers.tables import inbound_messages
from tests.factories.articles import an_article
from tests.factories.desk_browser import Browser, visit
from tests.factories.suggestions import (
    HOST,
    PAGE,
    Readers,
    let_lead_to_loopback,
    suggesting_readers,
)

SHORTENER = "short.example.com"


@pytest.fixture
def readers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Readers]:
    """A site that takes suggestions, and two public hosts whose pages are on loopback."""
    with suggesting_readers(tmp_path, monkeypatch) as running:
        let_lead_to_loopback(monkeypatch, SHORTENER)
        yield running


def detour(readers: Readers, path: str, to: str) -> str:
    """An address at the other host that redirects."""
    readers.pages.redirect(path, to)
    return f"http://{SHORTENER}:{readers.pages.port}{path}"


def test_a_redirect_does_not_lead_past_a_block(readers: Readers) -> None:
    """Where a page is counts, and not only the address by which it was suggested."""
    site, now = readers.office.site, readers.office.now
    readers.suggest(readers.public("/1"))
    readers.read()
    block_site(site, "weekly", 1, editor="ed", now=now)
    readers.suggest(detour(readers, "/s", readers.public("/2")))
    readers.read()
    assert {story.state for story in readers.stories()} == {SuggestedState.DISMISSED}
    assert [(one.label, one.refused) for one in blocks(site)] == [(HOST, 1)]


def test_blocking_the_site_blocks_that_of_the_page(readers: Readers) -> None:
    """And not the service that shortened its address; what else leads there goes as well."""
    site, now = readers.office.site, readers.office.now
    for number in (1, 2):
        readers.suggest(detour(readers, f"/s{number}", readers.public(f"/{number}")))
    readers.read()
    assert block_site(site, "weekly", 1, editor="ed", now=now) == HOST
    assert {story.state for story in readers.stories()} == {SuggestedState.DISMISSED}


@pytest.mark.parametrize(
    "host",
    [
        "SPAM.example.com", "spam.example.com.", "spam.example.com:8443", "www.spam.example.com",
        "a.b.spam.example.com", "user:secret@spam.example.com",
        "spam\N{IDEOGRAPHIC FULL STOP}example.com",
    ],
    ids=ascii,
)  # fmt: skip
def test_no_other_spelling_leads_past_a_block(host: str) -> None:
    """Each spelling that browsers take for the host is that host."""
    link = accepted_link(f"https://{host}/1")
    assert is_below(site_of(link), "spam.example.com")


@pytest.mark.parametrize(
    "host",
    [
        "%73pam.example.com", "%31%32%37.0.0.1", "[fe80::1%25eth0]",
        "\N{FULLWIDTH LATIN SMALL LETTER S}pam.example.com",
        "\N{LATIN SMALL LETTER LONG S}pam.example.com",
    ],
    ids=ascii,
)  # fmt: skip
def test_an_escaped_host_is_no_address(host: str) -> None:
    """Nor one that only browsers fold: they decode it, so that a link would open another host than the one that was checked."""
    with pytest.raises(InputError):
        accepted_link(f"https://{host}/1")
    assert not is_web_address(f"https://{host}/1")


def test_the_desk_shows_at_which_host_a_suggested_page_is(readers: Readers) -> None:
    """A page may give itself the name and the address of a paper that has never seen it."""
    readers.drafted()
    borrowed = '<head><link rel="canonical" href="https://paper.example.org/1">'
    borrowed += '<meta property="og:site_name" content="The Paper">'
    page = PAGE.format(title="Free money").replace("<head>", borrowed)
    readers.public("/1")
    readers.pages.put("/1", page, "text/html; charset=utf-8")
    readers.suggest(f"http://{HOST}:{readers.pages.port}/1")
    readers.read()

    async def work(browser: Browser) -> None:
        desk = await browser.get("/desk/weekly/1")
        assert f"The Paper ({HOST})" in desk.words
        assert f"Block {HOST}" in desk.words

    visit(readers.office.site, work, editor="ed@press.example.org", now=readers.office.now)


def shelve(readers: Readers, count: int, body: str = "") -> None:
    """Suggestions of as many articles, from a network each, whose pages were read."""
    now: datetime = readers.office.now
    article = an_article(body_html=body)
    with readers.office.site.database.transaction() as connection:
        for number in range(count):
            url = f"https://press.example.org/{number}"
            new = NewSuggestion(
                newsletter="weekly", url=url, title="", reader=str(number),
                way=SuggestionWay.FORM, is_proven=True,
            )  # fmt: skip
            add_suggestion(connection, new, now)
            row = connection.execute(sa.select(sa.func.max(suggested_stories.c.id))).scalar_one()
            note_read(
                connection, row, article=replace(article, key=url, url=url), is_known=False,
                state=SuggestedState.SHELVED, issue_id=None,
            )  # fmt: skip


def test_the_desk_does_not_read_the_texts_of_what_is_suggested(readers: Readers) -> None:
    """Strangers choose pages, each of up to 600,000 characters; a list shows their headlines."""
    readers.drafted()
    shelve(readers, 60, body="<p>" + "word " * 60_000 + "</p>")
    with readers.office.site.database.transaction(read_only=True) as connection:
        issue = find_issue(connection, "weekly", 1)
        tracemalloc.start()
        try:
            shelf = suggested_shelf(connection, issue)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert len(shelf.stories) == 60
    assert peak < 3_000_000


def test_a_full_shelf_takes_no_more(readers: Readers) -> None:
    """The form and the record of the mail say so; what an editor decides makes room."""
    readers.drafted()
    shelve(readers, MOST_UNDECIDED)
    assert readers.suggest("https://press.example.org/new").status_code == 429
    assert readers.write("https://press.example.org/new").action == "none"
    with readers.office.site.database.transaction(read_only=True) as connection:
        told = connection.scalars(sa.select(inbound_messages.c.problem)).all()
    assert told == [FULL]
    assert len(readers.stories()) == MOST_UNDECIDED

    async def work(browser: Browser) -> None:
        desk = await browser.get("/desk/weekly/1")
        assert "So many wait that readers cannot suggest more." in desk.words

    visit(readers.office.site, work, editor="ed@press.example.org", now=readers.office.now)
    block_site(readers.office.site, "weekly", 1, editor="ed", now=readers.office.now)
    assert readers.suggest("https://other.example.org/new").status_code == 200
