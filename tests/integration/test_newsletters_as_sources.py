"""Newsletters of others that come by mail: from our SMTP listener to the shelf of the desk."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from newsletter.articles.reading import Reading
from newsletter.issues.reasons import LeftOutReason
from newsletter.issues.source_mail import HeldReason
from newsletter.pipeline.add import add_left_out
from newsletter.pipeline.draft import draft
from newsletter.pipeline.edit import EditRequest
from newsletter.pipeline.gather import gather, gather_due
from newsletter.pipeline.receive import receive, takes
from newsletter.pipeline.source_mails import MailDecision, decide, list_held, text_of_held
from newsletter.site.site import Site
from tests.factories import mailed
from tests.factories.mailed import SENDER, digest
from tests.factories.story_feeds import NOW, close_sites, feed, item, site_of
from tests.servers.feeds import FeedServer

ADDRESS = "in+weekly@news.example.org"
SOURCE = (
    f'mail = "{ADDRESS}"\nname = "The Daily"\nsenders = ["{SENDER}"]\n\n'
    '[inbound]\ndomain = "news.example.org"'
)
HOUR = timedelta(hours=1)


@pytest.fixture
def server() -> Iterator[FeedServer]:
    """A web server on loopback."""
    with FeedServer() as running:
        yield running
    close_sites()


def page(title: str, *, canonical: str = "", text: str = "") -> str:
    """A page with an article."""
    link = f'<link rel="canonical" href="{canonical}">' if canonical else ""
    body = (
        text or f"{title}. The page tells it at length, and says who did what, when and where. " * 8
    )
    return (
        f'<html lang="en"><head><title>{title}</title>{link}<meta name="author" content="Ann Example">'
        f"</head><body><article><h1>{title}</h1><p>{body}</p></article></body></html>"
    )


def redirect(to: str) -> object:
    """Behaviour of an address that leads to another one."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(302)
        handler.send_header("Location", to)
        handler.end_headers()

    return answer


def mail(html: str, **facts: Any) -> bytes:
    """A newsletter to our address."""
    return mailed.mail(html, to=ADDRESS, **facts)


def arrive(site: Site, content: bytes, *, authenticated: bool | None = None) -> str:
    """Receive the mail at our address; returns what was done."""
    done = receive(
        site,
        content,
        recipient=ADDRESS,
        envelope_sender="bounce-17@mailer.example",
        now=NOW - HOUR,
        authenticated=authenticated,
    )
    return f"{done.kind} {done.action}"


def read(site: Site, *, hours: int = 0) -> Reading:
    """What the source by mail shows."""
    readings = gather(site, "weekly", now=NOW + hours * HOUR)
    return next(reading for reading in readings if reading.location == ADDRESS)


def shelf(site: Site) -> dict[str, LeftOutReason]:
    """What the draft left out, and why, after gathering."""
    gather(site, "weekly", now=NOW)
    return {out.title: out.reason for out in draft(site, "weekly", now=NOW).left_out}


def test_the_stories_of_a_digest_come_to_the_shelf(tmp_path: Path, server: FeedServer) -> None:
    """Each link is resolved to its page, without what names us; nothing is printed by itself."""
    base = server.put("/bridge", page("Bridge opens")).removesuffix("/bridge")
    server.put("/pool", page("Pool stays open"))
    server.on("/click/1", redirect("/bridge?utm_source=daily&e=8f3a9c0d1e2b4f5a6c7d"))
    server.on("/click/2", redirect("/pool"))
    server.put("/bridge", page("Bridge opens", canonical=f"{base}/bridge"))
    site = site_of(tmp_path, f'feed = "{server.put("/rss", feed(item("From the feed")))}"', SOURCE)
    content = mail(
        digest(
            (
                "The new bridge opens on Monday (3 minute read)",
                f"{base}/click/1",
                "It was closed for years.",
            ),
            ("The pool stays open all winter", f"{base}/click/2", "Swimmers are glad."),
        )
    )
    assert arrive(site, content) == "source source"
    assert shelf(site) == {
        "The new bridge opens on Monday": LeftOutReason.BY_MAIL,
        "The pool stays open all winter": LeftOutReason.BY_MAIL,
    }
    issue = draft(site, "weekly", now=NOW)
    assert [one.article.title for one in issue.items] == ["From the feed"]
    chosen = next(out for out in issue.left_out if "bridge" in out.title)
    assert chosen.url == f"{base}/bridge"
    request = EditRequest(
        newsletter="weekly",
        number=issue.number,
        editor="ed@example.org",
        seen_version=issue.version,
    )
    add_left_out(site, request, keys=[chosen.key], section="", now=NOW)
    added = next(one for one in draft(site, "weekly", now=NOW).items if "bridge" in one.title)
    assert (added.summary, added.article.author) == ("It was closed for years.", "Ann Example")


def test_mail_is_read_once(tmp_path: Path, server: FeedServer) -> None:
    """A mail that comes twice makes one story, and its links are opened once."""
    url = server.put("/bridge", page("Bridge opens"))
    other = server.put("/pool", page("Pool stays"))
    site = site_of(tmp_path, SOURCE)
    content = mail(digest(("The new bridge opens", url, ""), ("The pool stays open", other, "")))
    arrive(site, content)
    arrive(site, b"Received: from a.example\r\n" + content)
    gather_due(site, "weekly", now=NOW)
    again = gather_due(site, "weekly", now=NOW + HOUR)
    assert ADDRESS not in {reading.location for reading in again}
    assert read(site, hours=1).unchanged
    assert [seen.path for seen in server.seen] == ["/bridge", "/pool"]


def test_a_mail_that_is_one_story_leads_to_its_page(tmp_path: Path, server: FeedServer) -> None:
    """A mail whose headline is its subject is one article, however many links stand in its text."""
    url = server.put("/p/the-end-of-maps", page("The end of maps"))
    site = site_of(tmp_path, SOURCE)
    html = (
        f'<h1><a href="{url}?token=eyJ1c2VyIjoxMjM0NX0">The end of maps</a></h1>'
        '<p>Maps have been with us for a <a href="https://r.example/1">long time</a>. They end now.</p>'
        '<p>Read <a href="https://r.example/2">this paper about the history of maps</a> as well.</p>'
        '<p>© 2026 Ann Example. <a href="https://r.example/unsubscribe">Unsubscribe</a></p>'
    )
    arrive(site, mail(html, subject="The end of maps"))
    gather(site, "weekly", now=NOW)
    (out,) = draft(site, "weekly", now=NOW).left_out
    assert (out.title, out.url) == ("The end of maps", url)


def test_mail_of_a_sender_that_nobody_confirmed_waits(tmp_path: Path, server: FeedServer) -> None:
    """It is shown with its text, read once its sender is confirmed, and no link of it is opened before."""
    url = server.put("/bridge", page("Bridge opens"))
    site = site_of(tmp_path, f"# our source\n{SOURCE}")
    arrive(site, mail(digest(("A new bridge opens", url, "")), sender="new@other.example"))
    assert shelf(site) == {}
    (held,) = list_held(site)
    assert (held.sender, held.held_for) == ("new@other.example", HeldReason.UNCONFIRMED)
    assert "See the HTML." in text_of_held(site, held.id)[1]
    assert server.seen == []
    done = decide(site, held.id, MailDecision.CONFIRM, {}, editor="ed@example.org", now=NOW)
    text = (tmp_path / "newsletter.toml").read_text()
    assert '"new@other.example"' in text
    assert "# our source" in text
    assert SENDER in text
    assert done.released == 1
    assert list_held(site) == []
    assert [seen.path for seen in server.seen] == []


def test_one_mail_may_be_taken_or_dropped(tmp_path: Path, server: FeedServer) -> None:
    """Taking a mail confirms nobody; dropping one deletes what it says."""
    url = server.put("/a", page("A story of some length"))
    site = site_of(tmp_path, SOURCE)
    html = digest(
        ("A story of some length", url, "Text."), ("Another story told", f"{url}?x=1", "")
    )
    for number in (1, 2):
        arrive(site, mail(html, sender="new@other.example", number=number))
    second, first = list_held(site)
    decide(site, first.id, MailDecision.TAKE, {}, editor="ed@example.org", now=NOW)
    decide(site, second.id, MailDecision.DROP, {}, editor="ed@example.org", now=NOW)
    assert list_held(site) == []
    assert "A story of some length" in shelf(site)


@pytest.mark.parametrize(
    ("authenticated", "headers"),
    [(False, {}), (None, {"Authentication-Results": "mx.example.org; dmarc=fail"})],
)
def test_a_forged_mail_of_a_confirmed_sender_waits(
    tmp_path: Path, server: FeedServer, authenticated: bool | None, headers: dict[str, str]
) -> None:
    """Neither our own check of the sender nor that of a mail server in front is passed over."""
    site = site_of(tmp_path, SOURCE)
    content = mail(digest(("A story of some length", "https://a.example/1", "")))
    content = b"".join(f"{name}: {value}\r\n".encode() for name, value in headers.items()) + content
    arrive(site, content, authenticated=authenticated)
    (held,) = list_held(site)
    assert held.held_for is HeldReason.UNPROVEN


def test_links_that_cannot_be_opened_are_tried_again_and_counted(
    tmp_path: Path, server: FeedServer
) -> None:
    """A site that is down for one reading loses nothing; links that lead nowhere are counted."""
    url = server.put("/bridge", page("Bridge opens"))
    base = url.removesuffix("/bridge")
    server.on("/busy", lambda handler: handler.send_error(500))
    site = site_of(tmp_path, SOURCE)
    arrive(
        site,
        mail(
            digest(
                ("The new bridge opens", url, ""),
                ("A story that is busy", f"{base}/busy", ""),
                ("A story that is gone", f"{base}/gone", ""),
            )
        ),
    )
    gather(site, "weekly", now=NOW)
    server.put("/busy", page("A story that was busy"))
    reading = read(site, hours=1)
    assert [finding.message for finding in reading.findings] == [
        "“Today”: 1 of 3 links left out, because they lead nowhere"
    ]
    titles = {out.title for out in draft(site, "weekly", now=NOW + HOUR).left_out}
    assert titles == {"The new bridge opens", "A story that is busy"}


def test_a_link_that_still_names_its_reader_is_left_out(tmp_path: Path, server: FeedServer) -> None:
    """A page that shows nothing without its reader's token becomes no article."""
    token = "8f3a9c0d1e2b4f5a6c7d8e9f"

    def only_with_token(handler: BaseHTTPRequestHandler) -> None:
        body = page("Your own page" if token in handler.path else "Sign in here first").encode()
        handler.send_response(200)
        handler.send_header("Content-Type", "text/html")
        handler.end_headers()
        handler.wfile.write(body)

    base = server.put("/pool", page("Pool stays open")).removesuffix("/pool")
    server.on("/yours", only_with_token)
    site = site_of(tmp_path, SOURCE)
    arrive(
        site,
        mail(
            digest(
                ("A page of your own", f"{base}/yours?key={token}", ""),
                ("The pool stays open", f"{base}/pool", ""),
            )
        ),
    )
    reading = read(site)
    assert [article.title for article in reading.articles] == ["The pool stays open"]
    assert "1 of 2 links left out, because they may identify" in reading.findings[0].message


def test_an_article_of_a_feed_is_not_touched_by_a_mail(tmp_path: Path, server: FeedServer) -> None:
    """A story that a feed has too stays the feed's: neither its words nor "also covered by" change."""
    url = server.put("/bridge", page("Bridge opens", text="Short."))
    other = server.put("/pool", page("Pool stays open"))
    rss = server.put("/rss", feed(item("Bridge opens", link=url, text="The feed's own words.")))
    site = site_of(tmp_path, f'feed = "{rss}"', SOURCE)
    long = "The words of the newsletter, which go on and on about it. " * 20
    arrive(
        site, mail(digest(("The bridge opens at last", url, long), ("The pool stays", other, "")))
    )
    gather(site, "weekly", now=NOW)
    issue = draft(site, "weekly", now=NOW)
    assert [(one.title, one.summary, one.article.also) for one in issue.items] == [
        ("Bridge opens", "The feed's own words.", ())
    ]
    assert [out.title for out in issue.left_out] == ["The pool stays"]


def test_what_is_private_to_us_is_not_opened(tmp_path: Path, server: FeedServer) -> None:
    """A mail cannot make us open addresses of our own network, or those by which one leaves."""
    url = server.put("/bridge", page("Bridge opens"))
    base = url.removesuffix("/bridge")
    site = site_of(tmp_path, SOURCE)
    leave = f"{base}/bye/8f3a9c0d1e2b"
    arrive(
        site,
        mail(
            digest(
                ("The router says something", "http://192.168.0.1/admin", ""),
                ("A story to leave us by", leave, ""),
                ("Change what you get from us here", f"{base}/preferences/1", ""),
                ("The new bridge opens", url, ""),
            ),
            List_Unsubscribe=f"<{leave}>",
        ),
    )
    for hours in range(3):
        reading = read(site, hours=hours)
    assert {seen.path for seen in server.seen} == {"/bridge"}
    assert "cannot be opened" in reading.findings[0].message


def test_our_listener_takes_the_address_and_no_other(tmp_path: Path) -> None:
    """The address is accepted in any case of its letters; another one at the domain is not."""
    site = site_of(tmp_path, SOURCE)
    assert takes(site, "IN+weekly@News.Example.org")
    assert not takes(site, "in+other@news.example.org")
    close_sites()


def test_a_digest_of_many_links_and_hostile_html(tmp_path: Path, server: FeedServer) -> None:
    """Sixty stories are taken at most, and what would run in a page is text or gone."""
    stories = []
    for number in range(70):
        url = server.put(f"/story-{number}", page(f"Story number {number}"))
        stories.append((f"A story of number {number}", url, "Text."))
    hostile = (
        "<b>One</b> &lt;script&gt;alert(1)&lt;/script&gt; of them all",
        stories[0][1],
        "<img src=x onerror=alert(1)><script>alert(2)</script>Words &lt;img onerror=alert(3)&gt; stay",
    )
    site = site_of(tmp_path, SOURCE)
    arrive(site, mail(digest(hostile, *stories[1:])))
    reading = read(site)
    assert len(reading.articles) == 60
    first = reading.articles[0]
    assert first.title == "One <script>alert(1)</script> of them all"
    assert first.image is None
    assert "<img" not in first.body_html
    assert "<script" not in first.body_html
