"""The ways mail comes in: LMTP, SMTP, a Maildir, IMAP; each to the same end."""

from __future__ import annotations

import smtplib
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

import newsletter.listening
from newsletter.errors import ConfigurationError
from newsletter.listening import listening
from subscribers import tables
from subscribers.inbound.listener import MOST_SESSIONS
from subscribers.inbound.mailbox_watch import empty_maildir
from tests.factories.mail import PostOffice, bounce, post_office, send_issue
from tests.factories.planting import PlantedPanic
from tests.servers.imap import PASSWORD, USER, imap_server

NEWCOMER = "new@example.org"
MONDAY = datetime(2026, 3, 9, 7, tzinfo=UTC)
MAIL = (
    b"Return-Path: <new@example.org>\r\nFrom: New <new@example.org>\r\n"
    b"To: weekly-subscribe@news.example.org\r\nMessage-ID: <1@example.org>\r\n\r\nhello\r\n"
)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[PostOffice]:
    """A site that takes mail."""
    with post_office(tmp_path) as running:
        yield running


def with_inbound(office: PostOffice, **ways: object) -> PostOffice:
    """The office with further keys in [inbound]."""
    office.site = office.with_inbound(**ways)
    return office


def was_asked(office: PostOffice) -> bool:
    """The question went out, once."""
    return office.catcher.wait_for(1, seconds=20) and (
        [letter.recipient for letter in office.letters] == [NEWCOMER]
    )


@pytest.mark.parametrize("kind", ["lmtp", "smtp"])
def test_mail_servers_hand_over(office: PostOffice, kind: str) -> None:
    """A real client's message is answered; what is not ours is refused, one copy each."""
    office = with_inbound(office, **{kind: "127.0.0.1:0"})
    with listening(office.site, clock=lambda: office.now) as places:
        host, _, port = places[kind].rpartition(":")
        client = (smtplib.LMTP if kind == "lmtp" else smtplib.SMTP)(host, int(port))
        with client:
            client.sendmail(NEWCOMER, ["weekly-subscribe@news.example.org"], MAIL)
            with pytest.raises(smtplib.SMTPRecipientsRefused):
                client.sendmail(NEWCOMER, ["somebody@example.net"], MAIL)
            client.docmd("RSET")
            client.docmd("MAIL", "FROM:<new@example.org>")
            assert client.docmd("RCPT", "TO:<weekly-help@news.example.org>")[0] == 250
            assert client.docmd("RCPT", "TO:<weekly@news.example.org>")[0] == 452
        assert was_asked(office)


@pytest.mark.parametrize("kind", ["lmtp", "smtp"])
@pytest.mark.parametrize("mark", [b"\r", b"\x1b[2J", b"\x00", b"\xff", b"\x7f"])
def test_an_envelope_with_control_characters_is_refused(
    office: PostOffice, kind: str, mark: bytes
) -> None:
    """No address has them, and whoever reads the list of mail would send them to a terminal."""
    office = with_inbound(office, **{kind: "127.0.0.1:0"})
    with listening(office.site, clock=lambda: office.now) as places:
        host, _, port = places[kind].rpartition(":")
        with (
            socket.create_connection((host, int(port))) as client,
            client.makefile("rb") as answers,
        ):
            answers.readline()
            greeting = b"LHLO" if kind == "lmtp" else b"EHLO"
            client.sendall(greeting + b" x\r\n")
            while answers.readline()[3:4] == b"-":
                pass
            client.sendall(b"MAIL FROM:<a" + mark + b"@example.org>\r\n")
            assert answers.readline()[:1] == b"5"
            client.sendall(b"MAIL FROM:<a@example.org>\r\n")
            assert answers.readline()[:3] == b"250"
            client.sendall(b"RCPT TO:<weekly-help" + mark + b"@news.example.org>\r\n")
            assert answers.readline()[:1] == b"5"


@pytest.mark.parametrize("sent", [b"", b"LHLO x\r\nMAIL FROM:<a@example.org>\r\n"])
def test_silent_clients_give_way_to_a_mail_server(office: PostOffice, sent: bytes) -> None:
    """However many connect and say nothing more, mail arrives, and the oldest of them is let go."""
    office = with_inbound(office, lmtp="127.0.0.1:0")
    with listening(office.site, clock=lambda: office.now) as places, ExitStack() as stack:
        host, _, port = places["lmtp"].rpartition(":")
        silent = []
        for _ in range(3 * MOST_SESSIONS):
            silent.append(stack.enter_context(socket.create_connection((host, int(port)), 30)))
            silent[-1].sendall(sent)
        with smtplib.LMTP(host, int(port), timeout=30) as client:
            client.sendmail(NEWCOMER, ["weekly-subscribe@news.example.org"], MAIL)
        assert was_asked(office)
        with suppress(ConnectionResetError):
            while silent[0].recv(1000):
                pass


def test_a_socket_in_the_file_system(office: PostOffice, tmp_path: Path) -> None:
    """A path in place of host and port, as a mail server on the same machine likes it."""
    place = str(tmp_path / "lmtp")
    office = with_inbound(office, lmtp=place)
    with listening(office.site, clock=lambda: office.now), smtplib.LMTP(place) as client:
        client.sendmail(NEWCOMER, ["weekly-subscribe@news.example.org"], MAIL)
        assert was_asked(office)


def test_what_cannot_be_written_down_is_not_taken(office: PostOffice) -> None:
    """The database is gone: the server is told to try again, and keeps the mail."""
    office = with_inbound(office, lmtp="127.0.0.1:0")
    with listening(office.site, clock=lambda: office.now) as places:
        host, _, port = places["lmtp"].rpartition(":")
        with smtplib.LMTP(host, int(port)) as client:
            with office.site.database.transaction() as connection:
                connection.execute(sa.text("ALTER TABLE inbound_messages RENAME TO gone"))
            with pytest.raises(smtplib.SMTPDataError) as refused:
                client.sendmail(NEWCOMER, ["weekly-subscribe@news.example.org"], MAIL)
    assert refused.value.smtp_code == 451


def test_a_place_that_is_taken_is_a_mistake_to_mend(office: PostOffice) -> None:
    """It names the key."""
    first = with_inbound(office, smtp="127.0.0.1:0")
    with listening(first.site) as places:
        second = with_inbound(office, smtp=places["smtp"])
        with pytest.raises(ConfigurationError, match=r"inbound\.smtp"), listening(second.site):
            pass


def test_a_maildir_is_emptied(office: PostOffice) -> None:
    """New mail is taken and marked seen; nothing is deleted."""
    folder = office.site.folder / "Maildir"
    for name in ("new", "cur", "tmp"):
        (folder / name).mkdir(parents=True)
    (folder / "new" / "1.host").write_bytes(MAIL)
    office = with_inbound(office, maildir="Maildir")
    with listening(office.site, clock=lambda: office.now):
        assert was_asked(office)
    assert [path.name for path in (folder / "cur").iterdir()] == ["1.host:2,S"]
    assert list((folder / "new").iterdir()) == []


def test_a_mail_that_cannot_be_taken_stays(tmp_path: Path) -> None:
    """And does not hold up the others."""
    (tmp_path / "new").mkdir()
    for name in ("1", "2"):
        (tmp_path / "new" / name).write_bytes(name.encode())
    taken: list[bytes] = []

    def take(content: bytes) -> None:
        if content == b"1":
            raise OSError
        taken.append(content)

    assert empty_maildir(tmp_path, take) == 1
    assert taken == [b"2"]
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["1"]


def test_a_mail_that_comes_during_the_look_does_not_wait(office: PostOffice) -> None:
    """The server announces it once, in answer to the search that no longer found it."""
    with imap_server() as folder:
        folder.late += [MAIL, MAIL.replace(b"<1@", b"<2@")]
        imap = {"host": "127.0.0.1", "port": folder.port, "username": USER, "password": PASSWORD}
        office = with_inbound(office, imap={**imap, "security": "none"})
        with listening(office.site, clock=lambda: office.now):
            assert folder.wait_seen(2)


@pytest.mark.parametrize("offers_idle", [True, False])
def test_an_imap_folder_is_emptied(office: PostOffice, offers_idle: bool) -> None:
    """What lies there is taken and marked seen; with IDLE what comes later too, at once."""
    with imap_server() as folder:
        folder.offers_idle = offers_idle
        folder.put(MAIL)
        imap = {"host": "127.0.0.1", "port": folder.port, "username": USER, "password": PASSWORD}
        office = with_inbound(office, imap={**imap, "security": "none"})
        with listening(office.site, clock=lambda: office.now):
            assert was_asked(office)
            assert folder.wait_seen(1)
            if offers_idle:
                folder.put(MAIL.replace(b"<1@", b"<2@"))
                assert folder.wait_seen(2)
    assert ("IDLE" in folder.commands) is offers_idle
    with office.site.database.transaction(read_only=True) as connection:
        rows = connection.execute(sa.select(tables.inbound_messages.c.kind)).scalars().all()
    assert rows == ["command"] * (2 if offers_idle else 1)


def test_reports_and_opt_outs_come_by_smtp(office: PostOffice) -> None:
    """A delay, a bounce at the sender's address, iCloud's opt-out, and mail without an answer."""
    copies = {copy.recipient: copy for copy in send_issue(office, MONDAY)}
    late, gone, leaving = (copies[f"reader{number}@example.org"] for number in range(3))
    late_report = bounce(late, "4.4.1").replace(b"Action: failed", b"Action: delayed")
    returned = gone.content.replace(b"\r\n", b"\n").partition(b"\n\n")[0]
    gone_report = bounce(gone).replace(
        b"\n--b--", b"\n--b\nContent-Type: message/rfc822\n\n" + returned + b"\n\n--b--"
    )
    token = str(leaving.message["List-Unsubscribe"]).partition("/u/")[2].partition(">")[0]
    opt_out = (
        f"From: reader2@example.org\nSubject: unsubscribe {token}\nMessage-ID: <o@example.org>\n"
        "Auto-Submitted: auto-replied\nX-Apple-Unsubscribe: true\n\n"
        'Apple Mail sent this email to unsubscribe from the message "The Weekly".\n'
    )
    stray = "From: root@localhost\nSubject: hello\nMessage-ID: <s@localhost>\n\nwhat is this?\n"
    office = with_inbound(office, smtp="127.0.0.1:0")
    with listening(office.site, clock=lambda: office.now) as places:
        host, _, port = places["smtp"].rpartition(":")
        with smtplib.SMTP(host, int(port)) as client:
            client.sendmail("", [late.sender.strip("<>")], late_report)
            client.sendmail("", ["weekly@news.example.org"], gone_report)
            client.sendmail("x@y.test", ["weekly-unsubscribe@news.example.org"], opt_out)
            client.sendmail("root@localhost", ["weekly-request@news.example.org"], stray)
    statuses = [office.status(f"reader{number}@example.org") for number in range(4)]
    assert statuses == ["active", "bounced", "unsubscribed", "active"]
    with office.site.database.transaction(read_only=True) as connection:
        table = tables.inbound_messages
        rows = connection.execute(sa.select(table.c.kind, table.c.action).order_by(table.c.id))
        assert [tuple(row) for row in rows] == [
            ("bounce", "none"),
            ("bounce", "unsubscribe"),
            ("command", "unsubscribe"),
            ("reply", "help"),
        ]


def test_a_mailbox_is_watched_anew_after_an_error_nobody_foresaw(
    office: PostOffice, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The log has it whole."""
    monkeypatch.setattr(newsletter.listening, "CHECK_INTERVAL", 0.01)
    watched, left = threading.Event(), iter([True])

    def watch(_folder: Path, _take: object, stop: threading.Event) -> None:
        if next(left, False):
            raise PlantedPanic
        watched.set()
        stop.wait()

    monkeypatch.setattr(newsletter.listening, "watch_maildir", watch)
    office = with_inbound(office, maildir="Maildir")
    with listening(office.site, clock=lambda: office.now):
        assert watched.wait(30)
    assert "Traceback" in caplog.text
