"""Counted links, through SMTP and HTTP: the same for all readers, counted by link and day, off by default."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from lxml import html

from newsletter.cli.invocation import Invocation
from newsletter.cli.main import cli
from newsletter.issues.issue import Issue, State
from newsletter.pipeline.approve import approve
from newsletter.pipeline.draft import draft
from newsletter.pipeline.gather import gather
from newsletter.pipeline.preview import lint_issue, preview
from newsletter.pipeline.send import send
from newsletter.pipeline.send_test import send_test
from newsletter.site.clicks import clicks_of
from newsletter.site.site import Site
from newsletter.store.api_tokens import make_api_token
from newsletter.store.issues import find_issue
from newsletter.store.users import Role, find_user
from newsletter.web.app import make_app
from newsletter.web.reader.clicks import is_click
from tests.demo.catcher import MailCatcher, catching_mail
from tests.factories.desk_browser import COOKIE, session_cookie
from tests.factories.site import READERS, make_site, publish
from tests.servers.web import serving, web_client

NOW = datetime(2026, 3, 9, 23, 30, tzinfo=UTC)  # in Sydney it is the tenth already
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
Maker = Callable[..., Site]
COUNTED = re.compile(r"https://news\.example\.org/c/[0-9a-f]{20}")


@pytest.fixture(scope="module")
def catcher() -> Iterator[MailCatcher]:
    """A real SMTP server."""
    with catching_mail() as running:
        yield running


@pytest.fixture
def drafted_site(tmp_path: Path, catcher: MailCatcher) -> Iterator[Maker]:
    """Makes a site whose first issue, of three stories, is drafted."""
    made: list[Site] = []

    def make(
        *, database: str = "sqlite:///newsletter.db", keys: str = "count_clicks = true"
    ) -> Site:
        site = make_site(
            tmp_path,
            now=NOW - timedelta(days=3),
            database=database,
            port=catcher.port,
            timezone="Australia/Sydney",
            keys=keys,
        )
        made.append(site)
        publish(tmp_path, *(NOW - timedelta(days=days) for days in (1, 2, 3)))
        gather(site, "weekly", now=NOW)
        draft(site, "weekly", now=NOW)
        return site

    yield make
    for site in made:
        site.database.close()


def send_out(site: Site) -> Issue:
    """Approve the issue and send it."""
    approve(site, "weekly", 1, now=NOW)
    assert send(site, "weekly", 1, clock=lambda: NOW).issue.state is State.SENT
    return issue_of(site)


def issue_of(site: Site) -> Issue:
    """The issue as it stands."""
    with site.database.transaction(read_only=True) as connection:
        return find_issue(connection, "weekly", 1)


@contextmanager
def reader_of(site: Site) -> Iterator[httpx2.Client]:
    """A reader's browser at the running site."""
    with (
        serving(make_app(site, clock=lambda: NOW)) as url,
        web_client(base_url=url, headers={"User-Agent": FIREFOX}, timeout=60) as client,
    ):
        yield client


def paths_in(text: str) -> list[str]:
    """The paths of the counted links, each once."""
    found = dict.fromkeys(COUNTED.findall(text))
    return [address.removeprefix("https://news.example.org") for address in found]


def counted(site: Site) -> dict[str, int]:
    """Clicks by where the link leads."""
    with site.database.transaction(read_only=True) as connection:
        clicks = clicks_of(connection, issue_of(site))
    assert clicks is not None
    return {link.url: link.count for link in clicks.links if link.count}


def until(condition: Callable[[], bool]) -> None:
    """Wait for what happens after the answer."""
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end, "it never came about"
        time.sleep(0.02)


def test_every_reader_gets_the_same_links_and_each_leads_to_its_story(
    database_url: str, drafted_site: Maker, catcher: MailCatcher
) -> None:
    """Counted in both parts; the personal and the web links stay direct; a click counts on its local day."""
    before = len(catcher.mails)
    site = drafted_site(database=database_url)
    issue = send_out(site)
    mails = catcher.mails[before:]
    assert len(mails) == len(READERS)
    assert len({tuple(paths_in(mail.part("html"))) for mail in mails}) == 1
    page = html.fromstring(mails[0].part("html"))
    links = {link.get("href") for link in page.iter("a")}
    others = {link for link in links if not COUNTED.fullmatch(link)}
    assert all(re.search(r"/u/|/p/|/join/|/archive/|example\.org$", link) for link in others), (
        others
    )
    assert set(paths_in(mails[0].part("plain"))) == set(paths_in(mails[0].part("html")))
    assert "press.example.org" not in mails[0].part("html") + mails[0].part("plain")
    stories = {item.article.url for item in issue.items}
    with reader_of(site) as client:
        answers = [client.get(path) for path in paths_in(mails[0].part("html"))]
        assert {answer.headers["location"] for answer in answers} == stories
        assert {answer.status_code for answer in answers} == {302}
        until(lambda: counted(site) == dict.fromkeys(stories, 1))
    headers = answers[0].headers
    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] == "no-referrer"
    assert "set-cookie" not in headers
    with site.database.transaction(read_only=True) as connection:
        clicks = clicks_of(connection, issue)
    assert clicks is not None
    assert clicks.total == len(stories)
    assert [day.isoformat() for day in clicks.days] == ["2026-03-10"]


def test_no_link_is_counted_where_the_site_does_not_ask_for_it(
    drafted_site: Maker, catcher: MailCatcher
) -> None:
    """Off by default: the mail's links are the stories' own."""
    before = len(catcher.mails)
    site = drafted_site(keys="")
    issue = send_out(site)
    assert "/c/" not in catcher.mails[before].part("html") + catcher.mails[before].part("plain")
    with site.database.transaction(read_only=True) as connection:
        assert clicks_of(connection, issue) is None


def test_clicks_at_once_are_all_counted(
    database_url: str, drafted_site: Maker, catcher: MailCatcher
) -> None:
    """Eight readers at a time, 120 clicks: 120."""
    site = drafted_site(database=database_url)
    send_out(site)
    paths = paths_in(catcher.mails[-1].part("html"))
    with reader_of(site) as client, ThreadPoolExecutor(8) as readers:
        answers = list(readers.map(client.get, paths * 40))
        assert {answer.status_code for answer in answers} == {302}
        until(lambda: sum(counted(site).values()) == len(paths) * 40)
    assert set(counted(site).values()) == {40}


def test_a_locked_database_delays_no_reader(
    database_url: str, drafted_site: Maker, catcher: MailCatcher
) -> None:
    """While another writer holds the books readers are led on; their clicks are counted after."""
    site = drafted_site(database=database_url)
    send_out(site)
    path = paths_in(catcher.mails[-1].part("html"))[0]
    with reader_of(site) as client:
        with site.database.transaction() as connection:  # on SQLite this locks out every writer
            if not site.database.is_sqlite:
                connection.execute(sa.text("LOCK TABLE clicks IN ACCESS EXCLUSIVE MODE"))
            for _click in range(50):  # more than there are threads to wait
                assert client.get(path).status_code == 302
        client.get(path)  # what had to wait too long is written with the next click
        until(lambda: sum(counted(site).values()) == 51)


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("HEAD", {}),
        ("GET", {"User-Agent": "Mozilla/5.0 (compatible; bingbot/2.0)"}),
        ("GET", {"User-Agent": "Slackbot-LinkExpanding 1.0"}),
        ("GET", {"User-Agent": "curl/8.14.1"}),
        ("GET", {"User-Agent": ""}),
        ("GET", {"Sec-Purpose": "prefetch;prerender"}),
    ],
)
def test_what_is_no_reader_is_led_on_and_not_counted(
    drafted_site: Maker, catcher: MailCatcher, method: str, headers: dict[str, str]
) -> None:
    """HEAD, obvious robots, and browsers that fetch ahead."""
    site = drafted_site()
    send_out(site)
    first, second = paths_in(catcher.mails[-1].part("html"))[:2]
    with reader_of(site) as client:
        assert client.request(method, first, headers=headers).status_code == 302
        client.get(second)
        until(lambda: counted(site) != {})
        assert list(counted(site).values()) == [1]


@pytest.mark.parametrize(
    ("agent", "counts"),
    [
        (FIREFOX, True),
        ("Mozilla/5.0 (Linux; Android 9; CUBOT_X19) AppleWebKit/537.36 Mobile Safari/537.36", True),
        ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", False),
        ("LinkedInBot/1.0", False),
        ("Mozilla/5.0 (X11) HeadlessChrome/120.0", False),
    ],
)
def test_robots_are_known_by_their_names(agent: str, counts: bool) -> None:
    """And a telephone whose maker is called Cubot is none."""
    assert is_click("GET", {"user-agent": agent}) is counts


def test_nothing_else_is_led_anywhere(database_url: str, drafted_site: Maker) -> None:
    """A token that no mail has, a draft's too, leads nowhere: 404, whatever it says."""
    site = drafted_site(database=database_url)
    seen = preview(site, "weekly", 1, as_address=None, now=NOW).message.decode()
    (path, *_rest) = paths_in(seen.replace("=\r\n", ""))
    with reader_of(site) as client:
        for wrong in (path, path[:-1] + "g", "/c/https://evil.example", "/c/%00", "/c/" + "0" * 20):
            answer = client.get(wrong)
            assert answer.status_code == 404, wrong
            assert "location" not in answer.headers


def test_whoever_only_looks_is_not_counted(drafted_site: Maker, catcher: MailCatcher) -> None:
    """The archive, a test message, and a preview's parts have the stories' own links."""
    site = drafted_site()
    send_test(site, "weekly", 1, to="weekly@news.example.org", now=NOW)
    trial = catcher.mails[-1]
    seen = preview(site, "weekly", 1, as_address=None, now=NOW)
    send_out(site)
    with reader_of(site) as client:
        key = re.search(r"/archive/weekly/1/\w+", catcher.mails[-1].part("html"))
        assert key is not None
        pages = [client.get(path).text for path in ("/archive/weekly/1", key[0])]
    for text in (trial.part("html"), trial.part("plain"), seen.html, seen.text, *pages):
        assert "/c/" not in text
        assert "https://press.example.org/story-2026-03-08" in text


def test_lint_looks_at_where_a_counted_link_leads(drafted_site: Maker) -> None:
    """A page without https is found behind its counted link; a good issue has no findings."""
    site = drafted_site()
    assert lint_issue(site, "weekly", 1, now=NOW) == []
    story = next((site.folder / "articles").glob("*.md"))
    story.write_text(story.read_text().replace("https://press", "http://press"))
    gather(site, "weekly", now=NOW)
    draft(site, "weekly", now=NOW)
    (finding, *_same) = lint_issue(site, "weekly", 1, now=NOW)
    assert finding.rule == "https"
    assert 'href="http://press.example.org' in finding.element


def test_the_editor_the_program_and_the_command_line_see_the_clicks(
    drafted_site: Maker, catcher: MailCatcher
) -> None:
    """By link on the report, with its headline; as JSON over the API and from `status`."""
    site = drafted_site()
    issue = send_out(site)
    paths = paths_in(catcher.mails[-1].part("html"))
    with reader_of(site) as client:
        for path in (paths[1], paths[1], paths[0]):
            client.get(path)
        until(lambda: sum(counted(site).values()) == 3)
        cookie = session_cookie(site, "ed@example.org", role=Role.EDITOR, now=NOW)
        page = client.get("/desk/weekly/1/report", headers={"Cookie": f"{COOKIE}={cookie}"})
        with site.database.transaction() as connection:
            token = make_api_token(
                connection, find_user(connection, "ed@example.org"), name="t", now=NOW
            )
        status = client.get(
            "/api/v1/newsletters/weekly/issues/1/status",
            headers={"Authorization": f"Bearer {token}"},
        ).json()
    rows = html.fromstring(page.text).xpath("//section[@aria-labelledby='h-clicks']//tbody/tr")
    assert [row.xpath("string(td[@class='num'])") for row in rows] == ["2", "1"]
    assert rows[0].xpath("string(th)") == issue.items[1].title
    assert status["clicks"]["total"] == 3
    assert status["clicks"]["links"][0] == {"url": issue.items[1].article.url, "count": 2}
    told = CliRunner().invoke(
        cli, ["-C", str(site.folder), "status", "weekly/1", "--json"], obj=Invocation(folder=site.folder),
        standalone_mode=False, catch_exceptions=False,
    )  # fmt: skip
    assert json.loads(told.stdout)["clicks"] == status["clicks"]
