"""One request for every route of the web, by somebody who may make it, and the site they need."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import shutil
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import unquote, urlencode

import pytest
import sqlalchemy as sa
from itsdangerous import Signer
from starlette.applications import Starlette
from starlette.types import Message

from newsletter.articles.picture_fetch import FetchedPicture
from newsletter.issues.past.post import PastIssue
from newsletter.issues.review import Remark
from newsletter.issues.source_mail import HeldReason
from newsletter.issues.suggestion import BlockKind, SuggestionWay
from newsletter.pipeline.approve import approve, stop
from newsletter.pipeline.correct import CorrectionRequest, sent_issue, write_correction
from newsletter.pipeline.dated_letters import LetterWords, write_letter
from newsletter.pipeline.draft import draft
from newsletter.pipeline.gather import gather
from newsletter.pipeline.report import close
from newsletter.pipeline.send import begin
from newsletter.site.picture_addresses import PictureAddresses
from newsletter.site.site import Site
from newsletter.store.api_tokens import ApiScope, make_api_token
from newsletter.store.issues import find_issue
from newsletter.store.past_issues import keep_past_issue
from newsletter.store.people_imports import ImportChoices, ImportState, add_import, end_run
from newsletter.store.review_comments import add_comment
from newsletter.store.sessions import make_link, start_session
from newsletter.store.source_mails import keep_mail
from newsletter.store.suggestion_blocks import add_block
from newsletter.store.suggestions import NewSuggestion, add_suggestion
from newsletter.store.token_hash import hash_of
from newsletter.store.users import Role, save_user
from newsletter.web.app import make_app
from newsletter.web.editor.forms import item_id
from newsletter.web.pictures.cache import PictureCache
from newsletter.web.pictures.routes import FOLDER
from newsletter.web.sources.source_form import key_of
from subscribers.history import Way
from subscribers.private_feeds import make_feed, new_feed_token
from subscribers.suppression import suppress
from subscribers.tokens import Purpose
from subscribers.unsubscribe import unsubscribe
from tests.factories.editors import ADDRESS, PASSWORD, add_editor
from tests.factories.issues import DUE
from tests.factories.site import READERS, make_site, publish

NOW = DUE - timedelta(hours=20)
PAST = PastIssue(
    key="1", slug="tides", title="Tides", summary="", html="<p>High.</p>", published=NOW
)
HTML, JSON = "text/html", "application/json"
ISSUE, ONE = "/desk/weekly/1", "/api/v1/newsletters/weekly/issues/1"


@dataclass(frozen=True, kw_only=True, slots=True)
class WebRequest:
    """A request; `state` is the issue's, `gives` the type in which a failure is told.

    `upload` is the content of a file that the form carries.
    """

    method: str
    path: str
    gives: str = HTML
    state: str = "draft"
    form: Mapping[str, str] = field(default_factory=dict)
    document: Any = None
    upload: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        action = self.form.get("action") or self.form.get("way") or ""
        return " ".join(part for part in (self.method, self.path, action, self.state) if part)


@dataclass(frozen=True, kw_only=True, slots=True)
class RawRequest:
    """A request in octets; its path is percent-encoded."""

    method: str
    path: bytes
    query: bytes
    headers: Mapping[bytes, bytes]
    body: bytes


@dataclass(kw_only=True)
class WebAnswer:
    """What came back; `complete` is false for an answer that was cut off."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    complete: bool = False

    @property
    def type(self) -> str:
        """The media type."""
        return self.headers.get("content-type", "").partition(";")[0]


class WebSite:
    """A site in a folder whose database can be put back to one of its states."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        settings = {"keys": "suggestions = true", **settings}
        self.site = make_site(folder, now=NOW - timedelta(days=2), **settings)
        self._file, self._kept = folder / "newsletter.db", folder / "kept"
        self._kept.mkdir()
        publish(folder, *(NOW - timedelta(hours=hours) for hours in (1, 2, 3)))
        gather(self.site, "weekly", now=NOW)
        draft(self.site, "weekly", now=NOW)
        with self.site.database.transaction() as connection:
            keep_past_issue(connection, "weekly", PAST, NOW)
        self.words = self._people()
        self._letter()
        self._keep("draft")
        approve(self.site, "weekly", 1, now=NOW)
        self._keep("approved")
        begin(self.site, "weekly", 1, now=DUE)
        stop(self.site, "weekly", 1)
        self._keep("stopped")
        close(self.site, "weekly", 1, editor=ADDRESS, now=DUE)
        self._correction()
        self._keep("sent")

    def _people(self) -> dict[str, str]:
        """What stands for the {names} in paths and headers of REQUESTS."""
        tokens = self.site.tokens
        made = {purpose.value: tokens.make(purpose, 1, "weekly", NOW) for purpose in Purpose}
        editor = add_editor(self.site)
        with self.site.database.transaction() as connection:
            key = make_api_token(connection, editor, name="test", now=NOW)
            feed = new_feed_token()
            make_feed(connection, 1, "weekly", hash_of(feed), NOW)
            link = make_link(connection, editor, NOW)
            session = start_session(connection, editor, browser="a test", now=NOW)
            colleague, _ = save_user(
                connection, f"copy.{ADDRESS}", name="", role=Role.EDITOR, now=NOW
            )
            its_session = start_session(connection, colleague, browser="a test", now=NOW)
            its_key = make_api_token(connection, colleague, name="test", now=NOW)
            scoped = {
                f"{scope}_key": make_api_token(
                    connection, editor, name=scope, now=NOW, scopes=[scope]
                )
                for scope in ApiScope
            }
        self._uploads()
        return {
            **made,
            "item": self._item(),
            "source": key_of(self.site.settings.newsletters["weekly"].sources[0]),
            "link": link,
            "feed": feed,
            "key": key,
            **scoped,
            **self._browser(session, ""),
            **self._browser(its_session, "editor_"),
            "editor_key": its_key,
            "shared": share_token(self.site),
            **self._pictures(),
        }

    def _item(self) -> str:
        """The desk's name of the issue's first article."""
        with self.site.database.transaction(read_only=True) as connection:
            return item_id(find_issue(connection, "weekly", 1).items[0].article)

    def _browser(self, session: str, whose: str) -> dict[str, str]:
        signer = Signer(self.site.secret, salt="newsletter.session", digest_method=hashlib.sha256)
        csrf = hmac.new(self.site.secret.encode(), f"csrf {session}".encode(), hashlib.sha256)
        return {f"{whose}cookie": signer.sign(session).decode(), f"{whose}csrf": csrf.hexdigest()}

    def _pictures(self) -> dict[str, str]:
        """Where the site shows a picture that it has fetched, in its forms, and one that it keeps."""
        url = "https://press.example.org/1.png"
        picture = FetchedPicture(media_type="image/png", body=b"\x89PNG")
        PictureCache(folder=self.site.folder / FOLDER).keep(url, picture, now=NOW)
        hosted = self.site.hosted_pictures
        hosted.keep(url, "image/png", picture.body)
        base = self.site.settings.site.base_path
        addresses = PictureAddresses(sign=self.site.keyed, base=base)
        return {
            "picture": addresses.address(url).removeprefix(base),
            "preview": addresses.of_preview(url),
            "still": addresses.of_still(url),
            "hosted": hosted.address(url).removeprefix(self.site.settings.site.url),
        }

    def _uploads(self) -> None:
        """Import 1 waits for its editor, comment 1 is open; reader 4 left and is blocked."""
        with self.site.database.transaction() as connection:
            number = add_import(
                connection,
                who=ADDRESS,
                file_name="people.csv",
                content=b"email\nnew@example.org\n",
                choices=ImportChoices(list_slug="weekly"),
                now=NOW,
            )
            end_run(connection, number, ImportState.CHECKED, NOW)
            issue = find_issue(connection, "weekly", 1)
            remark = Remark(article_key="", about="", name="Ann", text="One word is missing.")
            add_comment(connection, issue, remark, NOW)
            self._suggestions(connection)
            keep_mail(
                connection,
                source=("weekly", "in@news.example.org"),
                message=1,
                sender="daily@digest.example",
                subject="Confirm your address",
                content=b"Subject: Confirm\n\nFollow the link.",
                held_for=HeldReason.UNCONFIRMED,
                now=NOW,
            )
            unsubscribe(connection, 4, "weekly", Way.PAGE, NOW)
            suppress(connection, READERS[3], "asked", NOW)

    def _suggestions(self, connection: sa.Connection) -> None:
        """Suggestion 1 waits for its page, 2 is of a story of the folder that has one more reader."""
        urls = (
            "https://a.example/tides",
            *(item.article.url for item in find_issue(connection, "weekly", 1).items[:1]),
        )
        for url in urls:
            new = NewSuggestion(
                newsletter="weekly",
                url=url,
                title="Tides",
                reader="x",
                way=SuggestionWay.FORM,
                is_proven=True,
                words="Read it.",
            )
            add_suggestion(connection, new, NOW)
        add_block(connection, BlockKind.SITE, "b.example", label="b.example", editor="ed", now=NOW)

    def _letter(self) -> None:
        """Letter 1 to new readers, in its second version."""
        for number, text in ((None, "Hello."), (1, "Hello again.")):
            words = LetterWords(days=7, subject="Start here", text=text)
            write_letter(self.site, "weekly", words, number=number, editor=ADDRESS, now=NOW)

    def _correction(self) -> None:
        """Correction 1 waits for its approval."""
        issue = sent_issue(self.site, "weekly", 1)
        story = issue.items[0].article.key
        request = CorrectionRequest(story=story, text="It was two.", new_url="https://a.example/")
        write_correction(self.site, issue, request, editor=ADDRESS, now=DUE)

    def _keep(self, state: str) -> None:
        self.site.database.close()
        shutil.copy(self._file, self._kept / state)

    def put_back(self, state: str) -> None:
        """Let the database be as it was in this state of the issue."""
        # A traceback that a test keeps also keeps the cursor in it, and its connection busy.
        self.site.database.close()
        with (
            closing(sqlite3.connect(self._kept / state)) as kept,
            closing(sqlite3.connect(self._file)) as now,
        ):
            kept.backup(now)

    def app(self) -> Starlette:
        """The application, for one request."""
        return make_app(self.site, clock=lambda: NOW)

    def ask(self, app: Starlette, request: WebRequest) -> WebAnswer:
        """The answer of the application, which is started for it and stopped after it."""
        return asyncio.run(_ask(app, request, self.words))


def share_token(site: Site) -> str:
    """The secret of a reviewer's link."""
    from newsletter.web.editor.editor_context import EditorContext
    from newsletter.web.editor.sharing import Share, SharePage

    context: Any = EditorContext(
        site=site,
        clock=lambda: NOW,
        templates=None,
        **dict.fromkeys(("send_jobs", "imports", "rehearsals", "pictures")),
    )  # type: ignore[arg-type] # the page is only asked for a token
    return SharePage(context).token(Share(slug="weekly", number=1, until=NOW + timedelta(days=1)))


async def _ask(app: Starlette, request: WebRequest, words: Mapping[str, str]) -> WebAnswer:
    async with app.router.lifespan_context(app):
        return await ask_raw(app, raw(request, words))


def raw(request: WebRequest, words: Mapping[str, str]) -> RawRequest:
    """The request as our HTTP server hands it on."""
    path, _, query = request.path.format(**words).partition("?")
    form = {name: value.format(**words) for name, value in request.form.items()}
    body = urlencode(form).encode()
    headers = {
        "host": "127.0.0.1:8000",
        "user-agent": "Mozilla/5.0 Firefox/140",
        "cookie": f"newsletter-session={words['cookie']}",
        "x-csrf-token": words["csrf"],
        "content-type": "application/x-www-form-urlencoded",
        **request.headers,
    }
    if request.document is not None:
        body, headers["content-type"] = json.dumps(request.document).encode(), JSON
    if request.upload is not None:
        fields = "".join(_part(f'name="{name}"', value) for name, value in form.items())
        file = _part('name="file"; filename="people.csv"', request.upload)
        body = f"{fields}{file}--edge--\r\n".encode()
        headers["content-type"] = "multipart/form-data; boundary=edge"
    if "/api/" in path:
        headers["authorization"] = f"Bearer {words['key']}"
    return RawRequest(
        method=request.method,
        path=path.encode(),
        query=query.encode(),
        headers={name.encode(): value.encode() for name, value in headers.items()},
        body=body,
    )


def _part(named: str, value: str) -> str:
    return f"--edge\r\nContent-Disposition: form-data; {named}\r\n\r\n{value}\r\n"


async def ask_raw(app: Starlette, request: RawRequest) -> WebAnswer:
    """The answer of the application, which has been started."""
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "scheme": "http",
        "method": request.method, "path": unquote(request.path.decode("ascii")),
        "raw_path": request.path, "root_path": "",
        "query_string": request.query, "client": ("127.0.0.1", 5000),
        "server": ("127.0.0.1", 8000), "headers": list(request.headers.items()),
    }  # fmt: skip
    given = [{"type": "http.request", "body": request.body, "more_body": False}]
    answer = WebAnswer()

    async def receive() -> Message:
        return given.pop() if given else {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            answer.status = message["status"]
            answer.headers = {name.decode(): value.decode() for name, value in message["headers"]}
        else:
            answer.body += message.get("body", b"")
            answer.complete = not message.get("more_body", False)

    await app(scope, receive, send)
    return answer


def _get(path: str, **given: Any) -> WebRequest:
    return WebRequest(method="GET", path=path, **given)


def _post(path: str, **given: Any) -> WebRequest:
    return WebRequest(method="POST", path=path, **given)


def _form(path: str, action: str, **given: str) -> WebRequest:
    return WebRequest(method="POST", path=path, form={"action": action, **given})


_READERS = (
    _get("/u/{unsubscribe}"),
    _post("/u/{unsubscribe}", form={"List-Unsubscribe": "One-Click"}),
    _form("/u/{unsubscribe}", "leave"),
    _form("/u/{unsubscribe}", "undo"),
    _form("/u/{unsubscribe}", "reason", reason="often"),
    _get("/p/{preferences}"),
    _form("/p/{preferences}", "save", name="Jane", frequency="weekly"),
    _form("/p/{preferences}", "pause", weeks="2"),
    _form("/p/{preferences}", "resume"),
    _form("/p/{preferences}", "feed-make"),
    _form("/p/{preferences}", "feed-alone"),
    _form("/p/{preferences}", "feed-beside"),
    _form("/p/{preferences}", "feed-end"),
    _get("/feed/{feed}.atom"),
    _get("/feed/{feed}.json"),
    _form("/p/{preferences}", "move", email="new@example.org"),
    _form("/p/{preferences}", "export"),
    _get("/c/" + "0" * 20),
    _get("/join/weekly"),
    _post("/join/weekly", document={"email": "new@example.org"}, gives=JSON),
    _post("/join/weekly", form={"email": "new@example.org", "website": "trap"}),
    WebRequest(method="OPTIONS", path="/join/weekly"),
    _get("/suggest/weekly"),
    _get("/suggest/weekly?url=https://press.example.org/1&title=Tides"),
    _post("/suggest/weekly", form={"url": "https://press.example.org/1", "website": "trap"}),
    _get("/links/weekly"),
    _post("/links/weekly", form={"email": READERS[1]}),
    *(
        WebRequest(method=method, path=f"/{purpose}/{{{purpose}}}")
        for purpose in (
            "confirm",
            "move",
            "move-answer",
            "move-back",
            "erase",
            "export",
            "no-answer",
        )
        for method in ("GET", "POST")
    ),
    _get("/"),
    _get("/robot"),
    _get("/assets/style.css"),
    _get("/assets/join.js"),
    _get("/assets/zone.js"),
    _get("/favicon.ico"),
    _get("/robots.txt"),
    _get("/.well-known/security.txt"),
    _get("/archive/weekly/1/0", state="stopped"),
)
_ARCHIVE = (
    _get("/archive"),
    _get("/archive/weekly", state="stopped"),
    _get("/archive/weekly/1", state="stopped"),
    _get("/archive/weekly/past/tides"),
    _get("/archive/weekly/tags/news", state="stopped"),
    _get("/archive/weekly/feed.rss", state="stopped", gives="application/rss+xml"),
    _get("/archive/weekly/feed.atom", state="stopped", gives="application/atom+xml"),
    _get("/archive/weekly/tags/news/feed.json", state="stopped", gives="application/feed+json"),
    _get("{picture}"),
    _get("{preview}"),
    _get("{still}"),
    _get("{hosted}"),
)
_SIGN_IN = (
    _get("/sign-in"),
    _post("/sign-in", form={"address": ADDRESS, "password": PASSWORD, "way": "password"}),
    _post("/sign-in", form={"address": ADDRESS, "way": "link"}),
    _get("/sign-in/link/{link}"),
    _post("/sign-in/link/{link}"),
    _get("/sign-in/code"),
    _post("/sign-in/code", form={"code": "123456"}),
    _get("/sign-in/passkey"),
    _get("/sign-in/passkey/ask"),
    _post("/sign-in/passkey", form={"state": "x", "credential": "{{}}"}),
    _get("/sign-in/provider"),
    _get("/sign-in/provider/answer?code=x&state=y"),
    _get("/assets/passkeys.js"),
    _post("/sign-out"),
    _get("/account"),
    _form("/account", "password", current=PASSWORD, password="another long sentence"),
    _form("/account", "make-key", name="mine", scope="read", lasts="90"),
    _form("/account", "revoke-key", name="test"),
    _form("/account", "end-session", session="7"),
    _form("/account", "end-others"),
    _form("/account", "add-passkey", state="x", credential="{{}}"),
    _form("/account", "remove-passkey", passkey="1"),
    _post("/account/passkey", form={"current": PASSWORD}),
    _get("/account/authenticator"),
    _form("/account/authenticator", "set-up", state="x", code="123456"),
    _form("/account/authenticator", "turn-off", code="123456"),
    _get("/audit"),
)
_DESK = (
    _get("/desk/static/desk.css"),
    _get("/desk"),
    _get("/desk/weekly"),
    _post("/desk/weekly/draft", form={"gather": "yes"}),
    _get("/desk/weekly/season"),
    _post("/desk/weekly/season", form={"weeks": "12"}),
    _get(ISSUE),
    _form(ISSUE, "say-intro", intro="Hello", seen="1"),
    _form(ISSUE, "undo"),
    _form(ISSUE, "redo"),
    _form(ISSUE, "add", key="x", section="News"),
    _form(ISSUE, "add-url", url="https://127.0.0.1/x", section="News"),
    _post(f"{ISSUE}/suggestions", form={"story": "1", "what": "dismiss"}),
    _post(f"{ISSUE}/suggestions", form={"story": "1", "what": "site"}),
    _post(f"{ISSUE}/suggestions", form={"story": "1", "what": "reader 1"}),
    _get(f"{ISSUE}/picture?item={{item}}"),
    _form(f"{ISSUE}/picture", "copy", item="{item}", seen="1"),
    _form(f"{ISSUE}/picture", "crop", item="{item}", shape="square"),
    _post(f"{ISSUE}/picture", form={"action": "upload", "item": "{item}"}, upload="<svg/>"),
    _get(f"{ISSUE}/changes"),
    _get(f"{ISSUE}/preview"),
    _get(f"{ISSUE}/frame"),
    _get(f"{ISSUE}/frame?part=raw"),
    _get(f"{ISSUE}/publish"),
    _post(f"{ISSUE}/test", form={"to": "weekly@news.example.org"}),
    _post(f"{ISSUE}/share"),
    _form(ISSUE + "/share", "end"),
    _get("/nodes"),
    _get("/shared/{shared}"),
    _get("/shared/{shared}/frame"),
    _post("/shared/{shared}/comments", form={"item": "", "name": "Ann", "text": "Well told."}),
    _post(f"{ISSUE}/comments/1"),
    _post(f"{ISSUE}/comments/1", form={"action": "reopen"}),
    _get(f"{ISSUE}/report", state="stopped"),
    _get(f"{ISSUE}/progress", state="stopped"),
    _get(f"{ISSUE}/corrections", state="sent"),
    _get(f"{ISSUE}/corrections/1/frame", state="sent"),
    _post(f"{ISSUE}/corrections", state="sent", form={"story": "story", "text": "It was three."}),
    _post(f"{ISSUE}/corrections/1/discard", state="sent"),
    _post(f"{ISSUE}/corrections/1/send", state="sent"),
    _post(f"{ISSUE}/approve", form={"seen": "99"}),
    _post(f"{ISSUE}/ask"),
    _post(f"{ISSUE}/schedule", state="approved", form={"send_at": "2025-03-08T09:00"}),
    _post(f"{ISSUE}/reopen", state="approved", form={"take-in": "yes"}),
    _post(f"{ISSUE}/hold", state="approved"),
    _post(f"{ISSUE}/send", state="approved"),
    _post(f"{ISSUE}/stop", state="stopped"),
    _post(f"{ISSUE}/close", state="stopped"),
)
READER, IMPORT, SOURCE = "/people/1", "/people/import/1", "/sources/weekly/{source}"
_PEOPLE = (
    _get("/desk/static/pages.css"),
    _get("/people"),
    _get("/people?q=reader"),
    _get("/people?tag=news&status=active&before=9"),
    _post("/people/add", form={"address": "new@example.org", "list": "weekly", "tags": "news"}),
    _post("/people/add", form={"address": READERS[3], "list": "weekly"}),
    _post("/people/export", form={"list": "weekly"}),
    _get(READER),
    _form(READER, "save", name="Jane", tag="news", frequency="weekly"),
    _form(READER, "subscribe", list="weekly"),
    _form(READER, "unsubscribe", list="weekly", reason="by telephone"),
    _form(READER, "block"),
    _form("/people/4", "bring-back", list="weekly", consent="by telephone"),
    _form(READER, "end-feed", list="weekly"),
    _form("/people/4", "undo-bounces", reason="their server was down"),
    _form("/people/4", "unblock", reason="a mistake"),
    _get(f"{READER}/erase"),
    _post(f"{READER}/erase"),
    _post(f"{READER}/data"),
    _get("/people/blocked"),
    _get(f"/people/blocked?q={READERS[3]}"),
    _form("/people/blocked", "block", pattern="@example.net", reason="a trap"),
    _form("/people/blocked", "unblock", pattern=READERS[3], reason="a mistake"),
    _get("/people/growth"),
    _get("/people/import"),
    _post("/people/import", form={"list": "weekly"}, upload="email\nnew@example.org\n"),
    _get(IMPORT),
    _form(IMPORT, "check"),
    _form(IMPORT, "import"),
    _form(IMPORT, "drop"),
    _get("/people/mail"),
    _get("/people/mail?kind=bounce"),
    _post("/people/mail/1"),
)
_SOURCES = (
    _get("/sources"),
    _get("/sources/export"),
    _get("/sources/mail/1"),
    _post("/sources/mail/1", form={"decision": "take"}),
    _post("/sources/look", form={"url": "https://127.0.0.1/", "newsletter": "weekly"}),
    _post("/sources/add", form={"url": "https://127.0.0.1/", "newsletter": "weekly"}),
    _post("/sources/opml", form={"newsletter": "weekly", "opml": "<opml/>"}),
    _get(SOURCE),
    _form(SOURCE, "save", name="Ours", seen="an earlier version"),
    _post(f"{SOURCE}/test"),
)
PART = "/settings/newsletters/weekly"
LETTER = {"days": "3", "subject": "Hello", "text": "Good *day*."}
LETTERS = "/api/v1/newsletters/weekly/letters"
_SETTINGS = (
    _get("/desk/static/settings.js"),
    _get("/settings"),
    _get("/settings/undo"),
    _post("/settings/undo", form={"seen": "an earlier version"}),
    _get("/settings/users"),
    _form("/settings/users", "invite", address="new@example.org", role="editor"),
    _form("/settings/users", "again", user="1"),
    _form("/settings/users", "change", user="1", role="publisher", name="Ed"),
    _form("/settings/users", "sign-out", user="1", session="7"),
    _form("/settings/users", "remove", user="9"),
    _get("/settings/lists"),
    _form("/settings/lists", "make", other="members"),
    _form("/settings/lists", "rename", list="weekly", other="members"),
    _form("/settings/lists", "count", list="weekly", other="members"),
    _form("/settings/lists", "close", list="members"),
    _get("/settings/webhooks"),
    _form("/settings/webhooks", "add", url="https://a.example/in", event="sent", seen="earlier"),
    _form("/settings/webhooks", "remove", url="https://a.example/in", seen="earlier"),
    _form("/settings/webhooks", "again", message="1"),
    _get("/settings/keys"),
    _post("/settings/keys", form={"user": "1", "name": "test"}),
    _get("/settings/export"),
    _post("/settings/export", form={"what": "issues"}),
    _get("/settings/site/site"),
    _get("/settings/site/alerts"),
    _form("/settings/site/alerts", "review", mail=ADDRESS, seen="an earlier version"),
    _form("/settings/site/alerts", "save", mail=ADDRESS, seen="an earlier version"),
    *(_get(f"{PART}/start/{step}") for step in ("sender", "sources", "readers", "look", "test")),
    _post(f"{PART}/start/readers"),
    _post(f"{PART}/start/look", form={"seen": "earlier", "look": "brick:ocean"}),
    _post(f"{PART}/domain"),
    _get(f"{PART}/sender"),
    _get(f"{PART}/schedule"),
    _get(f"{PART}/look"),
    _get(f"{PART}/look?look=brick:ocean"),
    _get(f"{PART}/articles"),
    _get(f"{PART}/sections"),
    _get(f"{PART}/logo"),
    _form(f"{PART}/logo", "width", width="100", seen="an earlier version"),
    _post(f"{PART}/logo", form={"action": "upload", "seen": "earlier"}, upload="<svg/>"),
    _get(f"{PART}/letters"),
    _get(f"{PART}/letters/1/frame"),
    _post(f"{PART}/letters/preview", form=LETTER),
    _form(f"{PART}/letters", "write", **LETTER),
    _form(f"{PART}/letters", "write", letter="1", **LETTER),
    _form(f"{PART}/letters", "undo", letter="1"),
    _form(f"{PART}/letters", "delete", letter="1"),
    _form(f"{PART}/letters", "test", letter="1"),
    _get(f"{PART}/frame?look=brick:ocean"),
    _form(f"{PART}/articles", "save", min_items="4", personalise="none", welcome="issue", seen="x"),
    _form(f"{PART}/sections", "review", rows="2", title_0="News", seen="an earlier version"),
)
_API = tuple(
    WebRequest(method=method, path=path, state=state, document=document, gives=JSON)
    for method, path, state, document in (
        ("GET", "/api/v1/newsletters", "draft", None),
        ("GET", "/api/v1/status", "draft", None),
        ("GET", "/api/v1/audit", "draft", None),
        ("POST", "/api/v1/newsletters/weekly/gather", "draft", None),
        ("POST", "/api/v1/newsletters/weekly/draft", "draft", None),
        ("GET", "/api/v1/newsletters/weekly/issues", "draft", None),
        ("GET", ONE, "draft", None),
        ("GET", f"{ONE}/status", "draft", None),
        ("POST", f"{ONE}/edits", "draft", {"version": 1, "action": "say-intro", "intro": "Hello"}),
        ("POST", f"{ONE}/pictures", "draft", {"version": 1, "item": "{item}", "picture": "PHN2Zy8+"}),
        ("POST", f"{ONE}/articles", "draft", {"version": 1, "url": "https://127.0.0.1/", "section": "News"}),
        ("GET", f"{ONE}/lint", "draft", None),
        ("GET", f"{ONE}/preview", "draft", None),
        ("GET", f"{ONE}/preview?as={READERS[0]}", "draft", None),
        ("POST", f"{ONE}/test", "draft", {"to": "weekly@news.example.org"}),
        ("POST", f"{ONE}/hold", "approved", None),
        ("POST", f"{ONE}/approve?version=1", "draft", None),
        ("POST", f"{ONE}/schedule", "approved", {"send_at": "2025-03-08T09:00:00Z"}),
        ("GET", f"{ONE}/rehearsal", "draft", None),
        ("POST", f"{ONE}/send", "approved", None),
        ("POST", f"{ONE}/stop", "stopped", None),
        ("GET", f"{ONE}/unknown", "stopped", None),
        ("POST", f"{ONE}/unknown", "stopped", {"choice": "skip"}),
        ("GET", f"{ONE}/corrections", "sent", None),
        ("POST", f"{ONE}/corrections", "sent", {"story": "nothing", "text": "It was three."}),
        ("GET", f"{ONE}/corrections/1", "sent", None),
        ("DELETE", f"{ONE}/corrections/1", "sent", None),
        ("POST", f"{ONE}/corrections/1/send", "sent", None),
        ("GET", LETTERS, "draft", None),
        ("POST", LETTERS, "draft", {**LETTER, "days": 3}),
        ("GET", f"{LETTERS}/1", "draft", None),
        ("PUT", f"{LETTERS}/1", "draft", {**LETTER, "days": 3}),
        ("POST", f"{LETTERS}/1/undo", "draft", None),
        ("POST", f"{LETTERS}/1/test", "draft", {"to": "weekly@news.example.org"}),
        ("DELETE", f"{LETTERS}/1", "draft", None),
        ("GET", "/api/v1/newsletters/weekly/suggestions", "draft", None),
        ("POST", f"{ONE}/suggestions/2", "draft", {"version": 1}),
        ("POST", "/api/v1/newsletters/weekly/suggestions/1/dismiss", "draft", None),
        ("POST", "/api/v1/newsletters/weekly/suggestions/1/block", "draft", {"reader": 1}),
        ("GET", "/api/v1/suggestion-blocks", "draft", None),
        ("DELETE", "/api/v1/suggestion-blocks/1", "draft", None),
        ("GET", f"/api/v1/subscribers/{READERS[0]}", "draft", None),
        ("POST", "/api/v1/lists/weekly/subscribers", "draft", {"address": "new@example.org", "tags": ["AI"]}),
        ("DELETE", f"/api/v1/lists/weekly/subscribers/{READERS[0]}", "draft", None),
        ("DELETE", f"/api/v1/lists/weekly/subscribers/{READERS[0]}/feed", "draft", None),
        ("POST", "/api/v1/suppressions", "draft", {"pattern": "@example.net"}),
        ("GET", "/api/v1/subscribers?limit=5", "draft", None),
        ("PATCH", f"/api/v1/subscribers/{READERS[0]}", "draft", {"name": "Jane"}),
        ("POST", f"/api/v1/subscribers/{READERS[0]}/unsubscribe", "draft", {}),
        ("POST", f"/api/v1/subscribers/{READERS[0]}/restore", "draft", {"list": "weekly", "consent": "by telephone"}),
        ("DELETE", f"/api/v1/subscribers/{READERS[0]}", "draft", None),
        ("POST", "/api/v1/lists/weekly/import", "draft", {"csv": "email\nnew@example.org\n"}),
        ("GET", "/api/v1/lists", "draft", None),
        ("GET", "/api/v1/growth", "draft", None),
        ("GET", "/api/v1/newsletters/weekly/years/2026", "draft", None),
        ("POST", "/api/v1/newsletters/weekly/season", "draft", None),
        ("GET", "/api/v1/newsletters/weekly/season", "draft", None),
        ("GET", "/api/v1/suppressions", "draft", None),
        ("GET", "/api/v1/suppressions/@example.net", "draft", None),
        ("POST", "/api/v1/suppressions/lift", "draft", {"pattern": "@example.net", "reason": "a mistake"}),
        ("GET", "/api/v1/sources", "draft", None),
        ("GET", "/api/v1/sources/export", "draft", None),
        ("POST", "/api/v1/sources", "draft", {"newsletter": "weekly", "url": "https://127.0.0.1/", "dry_run": True}),
        ("POST", "/api/v1/sources/mail", "draft", {"newsletter": "weekly", "address": "in@news.example.org", "dry_run": True}),
        ("POST", "/api/v1/sources/import", "draft", {"newsletter": "weekly", "opml": "<opml/>", "dry_run": True}),
        ("GET", "/api/v1/source-mail", "draft", None),
        ("GET", "/api/v1/source-mail/1", "draft", None),
        ("POST", "/api/v1/source-mail/1", "draft", {"decision": "drop"}),
        ("POST", "/api/v1/sources/test", "draft", {"url": "https://127.0.0.1/"}),
        ("GET", "/api/openapi.json", "draft", None),
        ("GET", "/api/docs", "draft", None),
    )
)  # fmt: skip
_WATCHERS = (
    _get("/health", gives=JSON),
    _get("/health/live", gives=JSON),
    _get("/health/ready", gives=JSON),
    _get("/health/request", gives=JSON),
    _get("/metrics", gives="text/plain"),
    _post("/hooks/generic", document={}, gives=JSON),
)

REQUESTS: tuple[WebRequest, ...] = (
    *_READERS, *_ARCHIVE, *_SIGN_IN, *_DESK, *_PEOPLE, *_SOURCES, *_SETTINGS, *_API, *_WATCHERS,
)  # fmt: skip


def send_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no request reach a relay, or begin work that goes on behind the answer."""
    monkeypatch.setattr(
        "newsletter.web.editor.import_runner.ImportRunner.start", lambda _runner: None
    )
    monkeypatch.setattr(
        "newsletter.web.editor.rehearsals.Rehearsals.start", lambda *_given, **_named: None
    )
    monkeypatch.setattr("newsletter.web.reader.answers.post_or_leave", lambda _site, _clock: None)
    monkeypatch.setattr("newsletter.web.app.mail_sign_in_link", lambda *_given, **_named: None)
    monkeypatch.setattr(
        "newsletter.web.settings.start_page.dns_diagnoses", lambda *_given: iter(())
    )
    receipt = SimpleNamespace(relay="main", code=250, text="taken")
    for page in (
        "editor.publish_page",
        "editor.corrections_page",
        "people.mail_page",
        "settings.users_page",
    ):
        monkeypatch.setattr(f"newsletter.web.{page}.post_or_leave", lambda *_given: None)
    monkeypatch.setattr(
        "newsletter.pipeline.dated_letters.send_test_letter", lambda *_given, **_named: receipt
    )
    for place in ("newsletter.web.api.issues", "newsletter.web.editor.publish_page"):
        monkeypatch.setattr(f"{place}.send_test", lambda *_given, **_named: receipt)
    monkeypatch.setattr(
        "newsletter.web.editor.send_jobs.send",
        lambda *_given, **_named: SimpleNamespace(report=None),
    )
