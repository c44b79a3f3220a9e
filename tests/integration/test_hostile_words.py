"""Words of strangers in every column that a page may show: no page has an element or address of theirs."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from urllib.parse import urlsplit

import pytest
from lxml import html

from newsletter.pipeline.background_imports import run_imports
from newsletter.store import people_imports
from newsletter.store.audit import record
from newsletter.store.people_imports import ImportChoices, ImportState
from newsletter.web.reader.suggest import BOOKMARK
from subscribers import history
from subscribers.history import Event, HistoryEntry, Way
from tests.factories.desk_browser import Browser, Page, visit
from tests.factories.editors import ADDRESS
from tests.factories.web_requests import HTML, NOW, REQUESTS, WebRequest, WebSite, send_nothing
from tests.sampling import sampled

PAYLOADS = (
    "\"'><img src=x onerror=pwned()><script>pwned()</script>",
    "</script></title></textarea></select><svg onload=pwned()>",
    '" autofocus onfocus="pwned()" x="',
    "' onmouseover='pwned()' x='",
    "{{ 31337 * 7919 }}{% raw %}<b class=pwned>",
    "--><pwned></pwned><!--",
)
WORDS = {
    "api_tokens": ("name",),
    "articles": ("source", "title", "summary", "author", "agency"),
    "audit": ("who", "what", "detail"),
    "bounces": ("words",),
    "edits": ("said",),
    "fetches": ("problem",),
    "inbound_messages": ("recipient", "envelope_sender", "action", "address", "problem"),
    "issues": ("subject", "preheader"),
    "items": ("section",),
    "job_outcomes": ("detail", "error"),
    "left_out": ("title", "detail", "source"),
    "past_issues": ("title", "summary"),
    "source_mails": ("sender", "subject"),
    "suggested_stories": ("title", "source", "problem"),
    "suggestions": ("name", "words"),
    "people_imports": ("who", "file_name", "problem"),
    "receipts": ("text",),
    "relay_troubles": ("relay", "said"),
    "review_comments": ("about", "name", "text"),
    "sessions": ("browser",),
    "subscriber_history": ("detail",),
    "subscribers": ("address", "name", "follows"),
    "suppressions": ("pattern", "reason"),
    "users": ("name",),
}
"""What may be text of a stranger: a reader, a writer of mail, a publisher, a colleague."""
ADDRESSES = {"articles": ("url",), "left_out": ("url",)}
SHOWN = {
    "api_tokens.name", "audit.detail", "audit.what", "audit.who", "issues.subject",
    "past_issues.title", "people_imports.file_name", "review_comments.name", "review_comments.text",
    "sessions.browser", "source_mails.sender", "source_mails.subject", "suggested_stories.title", "suggestions.name", "suggestions.words", "subscribers.address", "subscribers.name", "suppressions.reason",
    "users.name",
}  # fmt: skip
"""Some of which must be seen in a page, so that the search has something to find."""

OUR_BOOKMARK = BOOKMARK % "https://news.example.org/suggest/weekly"
"""The one link of ours that is a program, for readers to keep."""

PAGES = [
    one for one in REQUESTS
    if one.method == "GET" and one.gives == HTML and "frame" not in one.path and "{link}" not in one.path
]  # fmt: skip


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebSite]:
    """A site with readers, an import, comments and a record."""
    web = WebSite(tmp_path_factory.mktemp("site"))
    yield web
    web.site.database.close()


def plant(web: WebSite, payload: str) -> None:
    """Append the payload to each word, after a mark that says which it is."""
    with web.site.database.transaction() as connection:
        record(connection, who="ed@example.org", what="share", detail="weekly/1", now=NOW)
        history.record(
            connection,
            [
                HistoryEntry(
                    subscriber_id=1, event=Event.SUBSCRIBE, list_slug="weekly", at=NOW, way=Way.FORM
                )
            ],
        )
    web.site.database.close()
    with closing(sqlite3.connect(web.site.folder / "newsletter.db")) as connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute("UPDATE suggested_stories SET state = 'unreadable'")  # on the shelf
        for table, columns in WORDS.items():
            for column in columns:
                connection.execute(
                    f"UPDATE {table} SET {column} = COALESCE({column}, '') || ? || rowid || ?",  # noqa: S608 - ours
                    (f" {table}.{column}:", payload),
                )
        for table, columns in ADDRESSES.items():
            for column in columns:
                connection.execute(f"UPDATE {table} SET {column} = 'javascript:pwned()//' || rowid")  # noqa: S608
        for row, article in connection.execute("SELECT rowid, article FROM items").fetchall():
            words = json.loads(article)
            for name in ("title", "summary", "source", "author"):
                words[name] = f"{words.get(name) or ''} items.{name}:{payload}"
            words["url"] = "javascript:pwned()"
            connection.execute(
                "UPDATE items SET article = ? WHERE rowid = ?", (json.dumps(words), row)
            )
        connection.commit()


def intrusions(text: str) -> list[str]:
    """The elements and attributes of the page that are not ours."""
    tree = html.document_fromstring(text)
    found = []
    for element in tree.iter():
        if not isinstance(element.tag, str):
            continue
        names = {name.lower() for name in element.attrib}
        source = element.get("src") or ""
        is_script = element.tag == "script" and not urlsplit(source).path.endswith(".js")
        foreign = {"href", "src", "action", "formaction"} & {
            name
            for name, value in element.attrib.items()
            if "javascript:" in value.lower() and value != OUR_BOOKMARK
        }
        if (
            is_script
            or foreign
            or element.tag == "pwned"
            or element.get("class") == "pwned"
            or {name for name in names if name.startswith("on")}
            or source == "x"
            or ("autofocus" in names and element.get("onfocus"))
        ):
            found.append(html.tostring(element, encoding="unicode")[:200])
    return found


@pytest.mark.sampled
@pytest.mark.parametrize("payload", PAYLOADS[: sampled(whole=len(PAYLOADS), sample=1)])
def test_no_page_has_anything_of_a_stranger_but_words(
    web: WebSite, payload: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each page of readers and editors, also the new ones, shows them as they were written."""
    send_nothing(monkeypatch)
    seen = ""
    for state in ("draft", "approved", "stopped"):
        for request in PAGES:
            if request.state != state and not request.path.startswith("/desk/weekly/1"):
                continue
            web.put_back(state)
            plant(web, payload)
            answer = web.ask(web.app(), WebRequest(method="GET", path=request.path))
            assert answer.status < 500, (request.path, answer.body[:500])
            if answer.type != HTML or not answer.body:
                continue
            text = answer.body.decode()
            assert intrusions(text) == [], request.path
            assert str(31337 * 7919) not in text
            seen += text
    shown = {
        f"{table}.{column}"
        for table, columns in WORDS.items()
        for column in columns
        if f" {table}.{column}:" in seen
    }
    assert shown >= SHOWN, sorted(SHOWN - shown)


def test_words_of_an_uploaded_file_are_text(web: WebSite) -> None:
    """In its name, its header, its cells and its invalid addresses, before and after the import."""
    web.put_back("draft")
    site = web.site
    cells = [payload.replace('"', '""') for payload in PAYLOADS]
    content = "".join(f'"{cell}","{cell}@x","{cell}"\n' for cell in cells)
    content = f'email,name,"{cells[0]}"\nnew@example.org,"{cells[1]}","{cells[2]}"\n{content}'
    with site.database.transaction() as connection:
        number = people_imports.add_import(
            connection, who=ADDRESS, file_name=f"{PAYLOADS[0]}.csv", content=content.encode(),
            choices=ImportChoices(list_slug="weekly"), now=NOW,
        )  # fmt: skip
    pages: list[Page] = []

    async def look(browser: Browser) -> None:
        pages.extend([await browser.get(f"/people/import/{number}"), await browser.get("/people")])

    for state in (ImportState.CHECKED, ImportState.DONE):
        run_imports(site, lambda: NOW, threading.Event())
        with site.database.transaction() as connection:
            one = people_imports.find_import(connection, number)
            assert one is not None
            assert one.state is state, one.problem
            chosen = ImportChoices(list_slug="weekly")
            people_imports.choose(connection, number, chosen, ImportState.IMPORTING)
        visit(site, look, editor=ADDRESS, now=NOW)
    assert "is not a valid e-mail address" in pages[-2].words
    assert any("pwned" in page.text for page in pages)
    for page in pages:
        assert intrusions(page.text) == []
