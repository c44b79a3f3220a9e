"""The readers' pages through a real server, as mail clients and browsers call them."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest
import uvicorn
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.middleware import Middleware

from newsletter.config.settings import NewsletterSettings, Settings
from newsletter.site.clicks import ClickCounter
from newsletter.site.picture_addresses import PictureAddresses
from newsletter.site.site import Site as OurSite
from newsletter.store.database import Database
from newsletter.web.archive.routes import Archive
from newsletter.web.error_wall import ErrorWall
from newsletter.web.failure_answers import failure_answers
from newsletter.web.reader.reader_context import ReaderContext, open_templates
from newsletter.web.reader.routes import reader_routes
from subscribers import people
from subscribers.audience import audience
from subscribers.history import Event, Way
from subscribers.preferences import pause
from subscribers.privacy import erase
from subscribers.suppression import suppress
from subscribers.tokens import LinkTokens, Purpose
from subscribers.unsubscribe import unsubscribe
from tests.factories.subscribers import LIST, NOW, events, join
from tests.sampling import sampled
from tests.servers.web import web_client

ONE_CLICK = {"List-Unsubscribe": "One-Click"}
OLD_KEY, NEW_KEY = "o" * 32, "n" * 32

SETTINGS = Settings.model_validate(
    {
        "site": {
            "url": "https://news.example.org",
            "timezone": "Australia/Sydney",
            "postal_address": "Example Media, 1 Example St, Sydney",
        },
        "tags": {
            "known": ["Artificial intelligence"],
            "aliases": {"ai": "artificial-intelligence"},
        },
        "newsletters": {
            "weekly": {
                "title": "Good Gear Weekly",
                "from": "Good Gear Weekly <weekly@news.example.org>",
                "list": LIST,
                "schedule": "0 7 * * mon",
                "sections": [
                    {"title": "Security", "tags": ["security", "data-breach"]},
                    {"title": "AI", "tags": ["AI"]},
                    {"title": "The rest", "tags": []},
                ],
            }
        },
    }
)


@dataclass(frozen=True, kw_only=True)
class Site:
    """A running server and what stands behind it."""

    client: httpx2.Client
    database: Database
    tokens: LinkTokens
    reader: int

    def unsubscribe_link(self) -> str:
        """The path in the mail's header and foot."""
        return f"/u/{self.tokens.make(Purpose.UNSUBSCRIBE, self.reader, LIST)}"

    def preferences_link(self) -> str:
        """The path of the reader's preferences."""
        return f"/p/{self.tokens.make(Purpose.PREFERENCES, self.reader, LIST)}"

    def events(self) -> list[tuple[Event, Way]]:
        """The consent record since joining."""
        with self.database.transaction(read_only=True) as connection:
            return events(connection, self.reader)[1:]

    def is_mailed(self) -> bool:
        """Whether the next issue would go to the reader."""
        with self.database.transaction(read_only=True) as connection:
            rows = connection.execute(audience(LIST, NOW)).all()
        return any(row.subscriber_id == self.reader for row in rows)

    def show(self) -> dict[str, object]:
        """Everything known about the reader."""
        with self.database.transaction(read_only=True) as connection:
            return people.show(connection, "jane@mail.example.org")


DIGEST = NewsletterSettings.model_validate(
    {
        "title": "Good Gear Monthly",
        "from": "Good Gear Weekly <weekly@news.example.org>",
        "list": LIST,
        "digest_of": "weekly",
        "schedule": "0 7 1 * *",
    }
)
WITH_DIGEST = SETTINGS.model_copy(
    update={"newsletters": {**SETTINGS.newsletters, "monthly": DIGEST}}
)


def with_former_key(settings: Settings) -> Settings:
    """The same, after a rotation of the secret key."""
    former = settings.site.model_copy(update={"former_secret_keys": (OLD_KEY,)})
    return settings.model_copy(update={"site": former})


@pytest.fixture
def site(sqlite_database: Database, request: pytest.FixtureRequest) -> Iterator[Site]:
    """A server on loopback with one reader, who follows security."""
    tokens = LinkTokens([NEW_KEY, OLD_KEY])
    with sqlite_database.transaction() as connection:
        reader = join(
            connection, "jane@mail.example.org", name="Jane <b>", follows=["security", "old-tag"]
        )
    ours = OurSite(
        folder=Path(),
        settings=with_former_key(getattr(request, "param", SETTINGS)),
        database=sqlite_database,
        secret=NEW_KEY,
    )
    context = ReaderContext(
        site=ours,
        clock=lambda: NOW,
        templates=open_templates(ours),
        find_edition=lambda *which: {("weekly", 12, "abc"): "<h1>Issue 12</h1>"}.get(which),
    )
    archive = Archive(
        settings=ours.settings,
        database=sqlite_database,
        templates=context.templates,
        clock=context.clock,
        pictures=PictureAddresses(sign=ours.keyed, base=""),
        addresses=ours.edition_addresses,
        corrected_on=str,
    )
    server = uvicorn.Server(
        uvicorn.Config(
            Starlette(
                routes=reader_routes(context, ClickCounter(ours)),
                middleware=[Middleware(ErrorWall, answer=failure_answers(context, archive))],
            ),
            host="127.0.0.1",
            port=0,
            log_level="warning",
        )
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started and thread.is_alive():
        thread.join(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        with web_client(base_url=f"http://127.0.0.1:{port}") as client:
            yield Site(client=client, database=sqlite_database, tokens=tokens, reader=reader)
    finally:
        server.should_exit = True
        thread.join()


def form_values(html: str, name: str) -> list[str]:
    """The values of the page's fields or buttons of that name."""
    return re.findall(rf'name="{name}" value="([^"]*)"', html)


@pytest.mark.parametrize(
    "body", [{"data": ONE_CLICK}, {"files": {"List-Unsubscribe": (None, "One-Click")}}]
)
def test_one_click_unsubscribes_at_once(site: Site, body: dict[str, dict[str, str]]) -> None:
    """RFC 8058: urlencoded or multipart, no cookie, no redirect, 200, and replays are harmless."""
    for _ in range(3):
        answer = site.client.post(site.unsubscribe_link(), **body)
        assert answer.status_code == 200
        assert "set-cookie" not in answer.headers
    assert site.events() == [(Event.UNSUBSCRIBE, Way.ONE_CLICK)]
    assert not site.is_mailed()


def test_a_link_from_before_a_key_rotation_works(site: Site) -> None:
    """Old mails keep their promise."""
    old = LinkTokens([OLD_KEY]).make(Purpose.UNSUBSCRIBE, site.reader, LIST)
    assert site.client.post(f"/u/{old}", data=ONE_CLICK).status_code == 200
    assert not site.is_mailed()


def test_get_and_head_change_nothing(site: Site) -> None:
    """Link scanners follow every link of a mail, and every link on the pages."""
    before = site.show()
    seen: set[str] = set()
    queue = [site.unsubscribe_link(), site.preferences_link()]
    while queue:
        path = queue.pop()
        if path in seen:
            continue
        seen.add(path)
        assert site.client.head(path).status_code == 200
        answer = site.client.get(path)
        assert answer.status_code == 200
        queue += re.findall(r'href="(/[^"]*)"', answer.text)
    assert len(seen) >= 3
    assert site.show() == before


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_other_methods_are_refused(site: Site, method: str) -> None:
    """Only POST changes anything."""
    assert site.client.request(method, site.unsubscribe_link()).status_code == 405
    assert site.is_mailed()


def test_the_page_leaves_takes_a_reason_and_undoes(site: Site) -> None:
    """A reader without JavaScript: one button, then undo; the reason comes after."""
    path = site.unsubscribe_link()
    asked = site.client.get(path)
    assert "Unsubscribe from Good Gear Weekly?" in asked.text
    assert "j•••@m•••.org" in asked.text
    assert "jane@" not in asked.text
    assert "<script" not in asked.text

    left = site.client.post(path, data={"action": form_values(asked.text, "action")[0]})
    assert "You are unsubscribed" in left.text
    assert not site.is_mailed()

    thanked = site.client.post(
        path, data={"action": "reason", "reason": "often", "words": " so \n"}
    )
    assert "Thank you" in thanked.text
    assert "undo" in form_values(thanked.text, "action")

    for _ in range(2):
        back = site.client.post(path, data={"action": "undo"})
        assert "You are subscribed again" in back.text
    assert site.is_mailed()
    assert site.events() == [
        (Event.UNSUBSCRIBE, Way.PAGE),
        (Event.REASON, Way.PAGE),
        (Event.UNDO, Way.PAGE),
    ]
    history = site.show()["history"]
    assert isinstance(history, list)
    assert history[-2]["detail"] == "It comes too often: so"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"content": b"", "headers": {"Content-Type": "application/x-www-form-urlencoded"}},
        {"content": b"x" * 200_000},
        {"content": b"x", "headers": {"Content-Type": "multipart/form-data; boundary=y"}},
        {"content": b"\xff\x00", "headers": {"Content-Type": "multipart/form-data"}},
        {"content": b"{}", "headers": {"Content-Type": "application/json"}},
    ],
)
def test_whoever_posts_with_a_good_link_wants_out(site: Site, body: dict[str, object]) -> None:
    """A client that gets the form wrong still unsubscribes its reader."""
    assert site.client.post(site.unsubscribe_link(), **body).status_code == 200  # type: ignore[arg-type]
    assert not site.is_mailed()


def test_undo_after_another_s_decision_says_that_it_is_too_late(site: Site) -> None:
    """What the operator did stands, and the page offers no undo."""
    with site.database.transaction() as connection:
        unsubscribe(connection, site.reader, LIST, Way.OPERATOR, NOW)
    page = site.client.get(site.unsubscribe_link())
    assert "You are not subscribed" in page.text
    assert "undo" not in form_values(page.text, "action")
    assert site.client.post(site.unsubscribe_link(), data={"action": "undo"}).status_code == 409
    assert not site.is_mailed()


def test_an_erased_reader_s_links_answer_in_peace(site: Site) -> None:
    """One-click says 200, the pages say that the subscription has ended."""
    with site.database.transaction() as connection:
        erase(connection, "jane@mail.example.org", NOW)
    assert site.client.post(site.unsubscribe_link(), data=ONE_CLICK).status_code == 200
    assert "no longer keep its address" in site.client.get(site.unsubscribe_link()).text
    assert site.client.get(site.preferences_link()).status_code == 410
    saved = site.client.post(site.preferences_link(), data={"action": "save", "name": "x"})
    assert saved.status_code == 410


def test_preferences_are_offered_and_saved(site: Site) -> None:
    """The sections' tags in their one spelling, and what is followed though no section has it."""
    path = site.preferences_link()
    page = site.client.get(path).text
    assert form_values(page, "tag") == [
        "artificial-intelligence",
        "data-breach",
        "old-tag",
        "security",
    ]
    assert re.findall(r'value="([^"]*)" checked', page) == [
        "old-tag",
        "security",
        "html",
    ]
    assert "Artificial intelligence" in page
    assert "Data breach" in page
    assert "Jane &lt;b&gt;" in page

    choice = {"action": "save", "name": "Jane\r\nBcc: x", "tag": ["data-breach", "forged", "a|b"]}
    for _ in range(2):
        saved = site.client.post(path, data=choice)
        assert "Saved." in saved.text
        assert re.findall(r'value="([^"]*)" checked', saved.text) == ["data-breach", "html"]
    assert site.events() == [(Event.PREFERENCES, Way.PAGE)]
    shown = site.show()
    assert (shown["name"], shown["tags"]) == ("Jane Bcc: x", ["data-breach"])


@pytest.mark.parametrize("site", [WITH_DIGEST], indirect=True)
def test_a_reader_chooses_the_monthly_digest_where_there_is_one(site: Site) -> None:
    """One choice of two, kept until it is taken back; nonsense changes nothing."""
    path = site.preferences_link()
    assert 'value="weekly" checked' in site.client.get(path).text
    saved = site.client.post(path, data={"action": "save", "frequency": "monthly"})
    assert 'value="monthly" checked' in saved.text
    assert site.show()["frequency"] == "monthly"
    site.client.post(path, data={"action": "save", "frequency": "hourly"})
    assert site.show()["frequency"] == "monthly"


def test_a_reader_chooses_plain_text_alone(site: Site) -> None:
    """Kept until it is taken back, in the record; nonsense changes nothing."""
    path = site.preferences_link()
    assert 'value="html" checked' in site.client.get(path).text
    for wanted in ("text", "text", "pdf"):
        saved = site.client.post(path, data={"action": "save", "mail_format": wanted})
        assert 'value="text" checked' in saved.text
    assert site.show()["mail_format"] == "text"
    assert site.events().count((Event.PREFERENCES, Way.PAGE)) == 2  # the name, and the form


def test_a_list_without_digest_offers_no_choice(site: Site) -> None:
    """A forged choice of monthly would leave its reader without any mail."""
    path = site.preferences_link()
    assert "How often" not in site.client.get(path).text
    site.client.post(path, data={"action": "save", "frequency": "monthly"})
    assert site.show()["frequency"] == "weekly"


def test_a_pause_lasts_until_a_day_and_can_be_ended(site: Site) -> None:
    """Pressed twice it is one pause; the date is the site's own."""
    path = site.preferences_link()
    action = {"action": "pause", "weeks": "2"}
    for _ in range(2):
        assert (
            "You will get no issues until 16 March 2026" in site.client.post(path, data=action).text
        )
    assert not site.is_mailed()
    assert "Resume now" in site.client.get(path).text
    assert "Welcome back" in site.client.post(path, data={"action": "resume"}).text
    assert site.is_mailed()
    assert [event for event, _ in site.events()] == [Event.PAUSE, Event.RESUME]


@pytest.mark.parametrize(
    "data",
    [{}, {"action": "pause", "weeks": "200"}, {"action": "pause"}, {"action": "destroy"}],
)
def test_a_form_of_another_make_saves_nothing(site: Site, data: dict[str, str]) -> None:
    """Only the page's own buttons do something to the preferences."""
    before = site.show()
    assert site.client.post(site.preferences_link(), data=data).status_code == 400
    assert site.client.post(site.preferences_link(), content=b"x" * 100_000).status_code == 400
    assert site.show() == before


def test_links_do_not_open_each_other_s_doors(site: Site) -> None:
    """A preferences token unsubscribes nobody, and the other way round."""
    leave, choose = site.unsubscribe_link()[3:], site.preferences_link()[3:]
    assert site.client.post(f"/u/{choose}", data=ONE_CLICK).status_code == 400
    assert site.client.post(f"/p/{leave}", data={"action": "save"}).status_code == 400
    assert site.events() == []


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    deadline=None,
    max_examples=sampled(whole=60, sample=20),
)
@given(st.data())
def test_a_forged_link_changes_nothing(site: Site, data: st.DataObject) -> None:
    """Tampered tokens get a page that helps, never a stack trace."""
    token = site.unsubscribe_link()[3:]
    place = data.draw(st.integers(0, len(token) - 1))
    mark = data.draw(st.sampled_from("abcXYZ019-_.~%25é").filter(lambda m: m != token[place]))
    forged = token[:place] + mark + token[place + 1 :]
    for method in ("GET", "POST"):
        answer = site.client.request(method, f"/u/{forged}", data=ONE_CLICK)
        assert answer.status_code in (400, 404)
        assert "weekly@news.example.org" in answer.text
    assert site.events() == []


@pytest.mark.parametrize("path", ["/u/x", "/p/admin.php", "/u/%00", "/u/" + "a" * 5000])
def test_nonsense_is_not_found(site: Site, path: str) -> None:
    """404 with a page, for scanners of another kind."""
    answer = site.client.get(path)
    assert answer.status_code == 404
    assert "There is nothing here" in answer.text


def test_every_page_is_closed_to_scripts_caches_and_frames(site: Site) -> None:
    """The token in the address goes to no other site, no cache and no search engine."""
    for path in (site.unsubscribe_link(), site.preferences_link(), "/u/x"):
        headers = site.client.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cache-control"] == "no-store"
        assert headers["x-robots-tag"].startswith("noindex")
    assert site.client.get("/assets/style.css").headers["content-type"].startswith("text/css")


def test_an_issue_is_viewed_in_the_browser(site: Site) -> None:
    """Sandboxed, without scripts; an unknown one is a page that helps."""
    answer = site.client.get("/archive/weekly/12/abc")
    assert answer.text == "<h1>Issue 12</h1>"
    policy = answer.headers["content-security-policy"]
    assert "script-src" not in policy
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    assert site.client.get("/archive/weekly/13/abc").status_code == 404


def test_a_busy_database_is_said_so(site: Site) -> None:
    """503 with Retry-After: the client asks again, and nobody sees a stack trace."""
    with site.database.transaction() as connection:
        connection.exec_driver_sql("ALTER TABLE subscriptions RENAME TO moved")
    answer = site.client.post(site.unsubscribe_link(), data=ONE_CLICK)
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "60"


def test_a_suppressed_reader_may_still_leave(site: Site) -> None:
    """Suppression stops mail, not wishes."""
    with site.database.transaction() as connection:
        suppress(connection, "jane@mail.example.org", "by letter", NOW)
    assert site.client.post(site.unsubscribe_link(), data=ONE_CLICK).status_code == 200
    assert site.events()[-1] == (Event.UNSUBSCRIBE, Way.ONE_CLICK)


def test_a_pause_that_ended_is_not_shown(site: Site) -> None:
    """The page offers a new pause instead of resuming what goes on already."""
    with site.database.transaction() as connection:
        ended = NOW - timedelta(days=1)
        pause(connection, site.reader, ended, Way.PAGE, NOW - timedelta(weeks=2))
    assert "Resume now" not in site.client.get(site.preferences_link()).text
