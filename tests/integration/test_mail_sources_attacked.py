"""Newsletters as sources under attack: ways to leave that hide, trackers that stay, forged mail, many decisions."""

from __future__ import annotations

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from newsletter.articles.mailed import reading as mailed_reading
from newsletter.articles.mailed.mail import read_mailed
from newsletter.articles.reading import Reading
from newsletter.config.loading import load_settings
from newsletter.errors import InputError, NotPermittedError, SourceError, UnknownNameError
from newsletter.issues.source_mail import HeldReason
from newsletter.pipeline.add_mail_source import add_mail_source
from newsletter.pipeline.add_source import SourceRequest
from newsletter.pipeline.gather import gather
from newsletter.pipeline.receive import receive
from newsletter.pipeline.source_mails import (
    MailDecision,
    count_older,
    decide,
    list_held,
    text_of_held,
)
from newsletter.site.site import Site, open_site
from newsletter.store.source_mails import count_held, forget_source_mails
from subscribers.inbound.classify import MailKind
from subscribers.list_changes import rename_list
from tests.factories.mailed import SENDER, digest
from tests.factories.story_feeds import NOW, OPEN, close_sites, site_of
from tests.integration.test_newsletters_as_sources import (
    ADDRESS,
    HOUR,
    SOURCE,
    arrive,
    mail,
    page,
    redirect,
)
from tests.servers.feeds import FeedServer

STRANGER = "new@other.example"
EDITOR = "ed@example.org"


@pytest.fixture
def server() -> Iterator[FeedServer]:
    """A web server on loopback."""
    with FeedServer() as running:
        yield running
    close_sites()


def reading_of(site: Site, *, hours: int = 0) -> Reading:
    """What the source by mail shows."""
    readings = gather(site, "weekly", now=NOW + hours * HOUR)
    return next(reading for reading in readings if reading.location == ADDRESS)


def refused(handler: BaseHTTPRequestHandler) -> None:
    """An answer to programs that are not wanted."""
    handler.send_error(403)


def confirm(site: Site, number: int) -> int:
    """Confirm the sender of the mail; returns how many mails are read now."""
    return decide(site, number, MailDecision.CONFIRM, {}, editor=EDITOR, now=NOW).released


def test_no_way_to_leave_is_opened_by_a_detour(tmp_path: Path, server: FeedServer) -> None:
    """Neither a redirect, nor a page that leads on, nor a link that the header spells otherwise."""
    url = server.put("/bridge", page("Bridge opens"))
    base = url.removesuffix("/bridge")
    server.on("/c/1", redirect("/c/1b"))
    server.on("/c/1b", redirect("/unsubscribe?u=1"))
    server.put("/c/2", f'<meta http-equiv="refresh" content="0;url={base}/opt-out/1">')
    server.on("/c/3", redirect("/bye/abc"))
    site = site_of(tmp_path, SOURCE)
    arrive(
        site,
        mail(
            digest(
                ("A story that redirects", f"{base}/c/1", ""),
                ("A story that leads on", f"{base}/c/2", ""),
                ("A story that says goodbye", f"{base}/c/3", ""),
                ("The new bridge opens", url, ""),
            ),
            List_Unsubscribe=f"<{base}/BYE/%61bc>",
        ),
    )
    reading = reading_of(site)
    assert {seen.path for seen in server.seen} == {"/bridge", "/c/1", "/c/1b", "/c/2", "/c/3"}
    assert [article.title for article in reading.articles] == ["The new bridge opens"]
    assert "3 of 4 links left out, because they lead to where one leaves" in (
        reading.findings[0].message
    )
    assert reading_of(site, hours=1).unchanged


def test_the_address_of_a_tracker_is_never_published(tmp_path: Path, server: FeedServer) -> None:
    """A tracker that leads on by its page is followed; one that refuses us or shows nothing is left out."""
    url = server.put("/bridge", page("Bridge opens"))
    base = url.removesuffix("/bridge")
    server.put("/c/a1b2c3d4e5", f'<meta http-equiv="refresh" content="0;url={base}/bridge">')
    server.on("/c/b1b2c3d4e5", refused)
    server.put("/c/c1b2c3d4e5", "<p>Wait.</p>")
    server.on("/2026/a-story-for-subscribers", refused)
    site = site_of(tmp_path, SOURCE)
    arrive(
        site,
        mail(
            digest(
                ("The new bridge opens", f"{base}/c/a1b2c3d4e5", ""),
                ("A story that is refused", f"{base}/c/b1b2c3d4e5", ""),
                ("A story without a page", f"{base}/c/c1b2c3d4e5", ""),
                ("A story for subscribers", f"{base}/2026/a-story-for-subscribers", ""),
            )
        ),
    )
    found = {article.title: article.url for article in reading_of(site).articles}
    assert found == {
        "The new bridge opens": url,
        "A story for subscribers": f"{base}/2026/a-story-for-subscribers",
    }


def test_an_identifier_of_the_way_to_leave_is_not_published(
    tmp_path: Path, server: FeedServer
) -> None:
    """What names us where we leave names us in the address of a story too."""
    url = server.put("/for/ab12cd34ef/bridge", page("Bridge opens"))
    base = url.removesuffix("/for/ab12cd34ef/bridge")
    other = server.put("/pool", page("Pool stays open"))
    site = site_of(tmp_path, SOURCE)
    arrive(
        site,
        mail(
            digest(("The new bridge opens", url, ""), ("The pool stays open", other, "")),
            List_Unsubscribe=f"<{base}/u/ab12cd34ef>",
        ),
    )
    assert [article.title for article in reading_of(site).articles] == ["The pool stays open"]


def test_confirming_a_sender_releases_no_forged_mail(tmp_path: Path, server: FeedServer) -> None:
    """Mail that its domain does not vouch for goes on waiting, each for a decision of its own."""
    site = site_of(tmp_path, SOURCE)
    arrive(site, mail("<p>One</p>", sender=STRANGER, number=1), authenticated=False)
    arrive(site, mail("<p>Two</p>", sender=STRANGER, number=2), authenticated=True)
    arrive(site, mail("<p>Three</p>", sender=STRANGER, number=3), authenticated=True)
    third, second, first = list_held(site)
    assert (first.held_for, second.held_for) == (HeldReason.DOUBTFUL, HeldReason.UNCONFIRMED)
    assert confirm(site, third.id) == 2
    assert [held.id for held in list_held(site)] == [first.id]


def test_a_mail_of_several_authors_is_of_nobody_for_certain(
    tmp_path: Path, server: FeedServer
) -> None:
    """Two From, or two addresses in one: the mail server in front may have checked the other."""
    site = site_of(tmp_path, SOURCE)
    content = mail("<p>One</p>", number=1)
    arrive(site, content.replace(b"From:", b"From: x@evil.example\nFrom:", 1), authenticated=None)
    more = f"{SENDER}>, Other <x@evil.example>".encode()
    arrive(site, mail("<p>Two</p>", number=2).replace(f"{SENDER}>".encode(), more, 1))
    assert {(held.sender, held.held_for) for held in list_held(site)} == {
        ("x@evil.example", HeldReason.DOUBTFUL),
        (SENDER, HeldReason.UNPROVEN),
    }


def test_all_mail_of_a_sender_is_released_however_much_waits(
    tmp_path: Path, server: FeedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also what is older than the mails that are shown."""
    monkeypatch.setattr("newsletter.store.source_mails.MOST_HELD", 3)
    site = site_of(tmp_path, SOURCE)
    for number in range(4):
        arrive(site, mail("<p>One</p>", sender=STRANGER, number=number))
    oldest = list_held(site)[-1].id - 1
    for number in range(3):
        arrive(site, mail("<p>One</p>", sender="c@third.example", number=10 + number))
    assert confirm(site, oldest) == 4


def test_what_waits_and_is_not_listed_is_counted(
    tmp_path: Path, server: FeedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An editor hears of all mail that waits."""
    monkeypatch.setattr("newsletter.store.source_mails.MOST_HELD", 2)
    site = site_of(tmp_path, SOURCE)
    for number in range(5):
        arrive(site, mail("<p>One</p>", sender=STRANGER, number=number))
    assert count_older(site, None, list_held(site)) == 3
    assert count_older(site, "weekly", list_held(site, "weekly")) == 3


@pytest.mark.parametrize("text", ["See the HTML.", ""])
def test_the_link_that_confirms_a_subscription_is_shown(
    tmp_path: Path, server: FeedServer, text: str
) -> None:
    """Also of a mail whose plain text does not have it, and of a picture for a button."""
    site = site_of(tmp_path, SOURCE)
    html = (
        '<p>Welcome! <a href="https://m.example/confirm?a=1&amp;b=2">Yes, I want it</a></p>'
        '<a href="https://m.example/c/2"><img src="b.png" alt="Confirm"></a><a href="javascript:x">No</a>'
    )
    arrive(site, mail(html, sender=STRANGER, text=text))
    (held,) = list_held(site)
    words = text_of_held(site, held.id)[1]
    assert "Yes, I want it: https://m.example/confirm?a=1&b=2" in words
    assert "Confirm: https://m.example/c/2" in words
    assert "javascript" not in words


def test_decisions_on_postgresql(
    tmp_path: Path, server: FeedServer, empty_postgres_url: str
) -> None:
    """All that is kept, released, dropped and read does the same there, whatever octets a mail has."""
    url = server.put("/bridge", page("Bridge opens"))
    site = site_of(tmp_path, SOURCE, database=empty_postgres_url)
    for number in range(3):
        content = mail(digest(("A new bridge opens", url, "")), sender=STRANGER, number=number)
        arrive(site, content.replace(b"Subject: ", b"Subject: \x00\xff ", 1))
    third, second, first = list_held(site)
    decide(site, first.id, MailDecision.DROP, {}, editor=EDITOR, now=NOW)
    decide(site, second.id, MailDecision.TAKE, {}, editor=EDITOR, now=NOW)
    assert [article.title for article in reading_of(site).articles] == ["A new bridge opens"]
    assert confirm(site, third.id) == 1
    assert list_held(site) == []
    assert reading_of(site, hours=1).mails
    with site.database.transaction() as connection:
        forget_source_mails(connection, NOW + 61 * 24 * HOUR)
        assert count_held(connection) == 0


def test_who_was_confirmed_meanwhile_stays(tmp_path: Path, server: FeedServer) -> None:
    """A process that read the settings earlier writes over no sender that another one has added."""
    site = site_of(tmp_path, SOURCE)
    arrive(site, mail("<p>One</p>", sender=STRANGER))
    file = tmp_path / "newsletter.toml"
    file.write_text(file.read_text().replace(f'["{SENDER}"]', f'["{SENDER}", "other.example"]'))
    confirm(site, list_held(site)[0].id)
    sources = load_settings(tmp_path, {}).newsletters["weekly"].sources
    source = next(one for one in sources if one.mail)
    assert source.senders == (SENDER, "other.example", STRANGER)


def test_a_decision_is_carried_out_once(tmp_path: Path, server: FeedServer) -> None:
    """The second editor is told that nothing waits any more; what the first one said holds."""
    site = site_of(tmp_path, SOURCE)
    arrive(site, mail("<p>One</p>", sender=STRANGER))
    (held,) = list_held(site)
    confirm(site, held.id)
    for decision in MailDecision:
        with pytest.raises(UnknownNameError):
            decide(site, held.id, decision, {}, editor=EDITOR, now=NOW)


def test_mail_to_a_source_that_is_gone_can_only_be_dropped(
    tmp_path: Path, server: FeedServer
) -> None:
    """Nothing would read it, and the editor is told so."""
    site = site_of(tmp_path, SOURCE)
    arrive(site, mail("<p>One</p>", sender=STRANGER))
    (held,) = list_held(site)
    object.__setattr__(site.settings.newsletters["weekly"], "sources", ())
    for decision in (MailDecision.TAKE, MailDecision.CONFIRM):
        with pytest.raises(InputError, match="no source at"):
            decide(site, held.id, decision, {}, editor=EDITOR, now=NOW)
    decide(site, held.id, MailDecision.DROP, {}, editor=EDITOR, now=NOW)
    assert list_held(site) == []


def test_a_sender_is_confirmed_in_an_inline_table(tmp_path: Path, server: FeedServer) -> None:
    """However newsletter.toml writes its sources, with capitals in the address."""
    site_of(tmp_path, SOURCE)
    close_sites()
    file = tmp_path / "newsletter.toml"
    before = file.read_text()
    head, _, rest = before.partition("[[newsletters.weekly.sources]]")
    inbound = rest[rest.index("[inbound]") :]
    address = ADDRESS.replace("in+weekly", "In+Weekly")
    inline = f'[newsletters.weekly]\nsources = [{{ mail = "{address}" }}]  # ours\n'
    file.write_text(head.replace("[newsletters.weekly]\n", inline) + inbound)
    site = open_site(tmp_path, {})
    OPEN.append(site)
    arrive(site, mail("<p>One</p>", sender=STRANGER))
    (held,) = list_held(site)
    assert confirm(site, held.id) == 1
    assert f'senders = ["{STRANGER}"]' in file.read_text()
    assert "# ours" in file.read_text()


def test_a_file_that_cannot_be_written_loses_nothing(
    tmp_path: Path, server: FeedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mail goes on waiting, for one that may be taken alone."""
    site = site_of(tmp_path, SOURCE)
    arrive(site, mail("<p>One</p>", sender=STRANGER))
    (held,) = list_held(site)

    def refuse(*_given: object, **_named: object) -> None:
        raise NotPermittedError("newsletter.toml cannot be replaced")

    monkeypatch.setattr("newsletter.config.configuration_file._write", refuse)
    with pytest.raises(NotPermittedError):
        confirm(site, held.id)
    assert list_held(site) == [held]
    assert decide(site, held.id, MailDecision.TAKE, {}, editor=EDITOR, now=NOW).released == 1


def test_a_former_address_of_a_list_stays_its_readers(tmp_path: Path, server: FeedServer) -> None:
    """A list that was renamed takes the mail to its former name, and no source is added there."""
    address = "weekly-old@news.example.org"
    site = site_of(tmp_path, SOURCE.replace(ADDRESS, address))
    with site.database.transaction() as connection:
        rename_list(connection, "weekly", "weekly-old")
        rename_list(connection, "weekly-old", "weekly")
    content = mail("<p>A word from a reader</p>", sender="reader@example.org")
    done = receive(site, content, recipient=address, envelope_sender="reader@example.org", now=NOW)
    assert done.kind is not MailKind.SOURCE
    request = SourceRequest(newsletter="weekly", url=address)
    with pytest.raises(InputError, match="for its readers"):
        add_mail_source(site, request, {})


def test_a_mail_that_cannot_be_read_stops_no_other(
    tmp_path: Path, server: FeedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is tried three times and given up with a reason; the mail after it is read at once."""
    url = server.put("/bridge", page("Bridge opens"))
    site = site_of(tmp_path, SOURCE)
    arrive(site, mail(digest(("A story that breaks", url, "")), subject="Broken"))
    arrive(site, mail(digest(("The new bridge opens", url, "")), number=2))
    usual = mailed_reading.run_in_subprocess

    async def breaking(work: Any, *given: Any, seconds: float) -> Any:
        if work is read_mailed and b"Subject: Broken" in given[0]:
            raise SourceError("the parser ended by itself")
        return await usual(work, *given, seconds=seconds)

    monkeypatch.setattr(mailed_reading, "run_in_subprocess", breaking)
    assert [article.title for article in reading_of(site).articles] == ["The new bridge opens"]
    assert reading_of(site, hours=1).findings == ()
    last = reading_of(site, hours=2)
    assert [one.message for one in last.findings] == [
        "a mail cannot be read: the parser ended by itself"
    ]
    assert reading_of(site, hours=3).unchanged
