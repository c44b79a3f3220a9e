"""Mail that nobody should believe, in great number, and how robots answer."""

from __future__ import annotations

from collections.abc import Iterator

from tests.factories.mail import DOMAIN, READER

EVIL = "evil@example.net"

FORGED_TOKENS = (
    "x" * 60,
    "WzEsIndlZWtseSJd." + "A" * 43,
    "WzEsIndlZWtseSIsMTc3Mjg3NTgwMF0." + "A" * 43,
    "../../etc/passwd",
    "1-1-" + "0" * 20,
)


def forged_mails(count: int) -> Iterator[tuple[str, str | None, bytes]]:
    """So many mails of each kind in a reader's name: to, envelope sender, content."""
    for number in range(count):
        victim, token = f"reader{number % 4}@example.org", FORGED_TOKENS[number % 5]
        yield "weekly-subscribe", EVIL, _mail(f"victim{number}@example.com", f"j{number}")
        yield "weekly-unsubscribe", EVIL, _mail(victim, f"u{number}")
        yield "weekly-request", None, _mail(victim, f"r{number}", f"unsubscribe {token}")
        yield "weekly-request", EVIL, _mail(victim, f"t{number}", "tags +security")
        yield f"weekly-confirm+{token}", victim, _mail(victim, f"c{number}", text="yes")
        yield "weekly-request", victim, _mail(victim, f"d{number}", f"confirm {token}")
        signature = f"{number:020x}"
        yield (
            f"weekly-bounces+{number % 4 + 1}-1-{signature}",
            "",
            _report(victim, f"b{number}"),
        )
        yield "weekly-bounces", "", _report(victim, f"n{number}")


def _mail(sender: str, name: str, subject: str = "", text: str = "") -> bytes:
    return (
        f"From: {sender}\nSubject: {subject}\nMessage-ID: <{name}@example.net>\n\n{text}\n"
    ).encode()


def _report(victim: str, name: str) -> bytes:
    return (
        f"From: MAILER-DAEMON@example.net\nSubject: failure notice\nMessage-ID: <{name}@example.net>\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n'
        "--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.net\n\n"
        f"Final-Recipient: rfc822; {victim}\nAction: failed\nStatus: 5.1.1\n\n--b--\n"
    ).encode()


_AWAY = (
    ("", "Auto-Submitted: auto-replied\n", "Re: Please confirm"),
    (READER, "Precedence: bulk\n", "I am away"),
    (READER, "X-Autoreply: yes\n", "Re: Please confirm"),
    (READER, "", "Out of office: Please confirm"),
    (READER, "", "Automatische Antwort: Please confirm"),
    ("", "", "Re: Please confirm"),
    (READER, "List-Id: <x.example.org>\n", "[x] Please confirm"),
)


def absences(number: int) -> Iterator[tuple[str, bytes]]:
    """How those who are away answer a question: envelope sender, content."""
    for place, (envelope, headers, subject) in enumerate(_AWAY):
        name = f"Message-ID: <{number}-{place}@away>\n"
        content = f"From: {READER}\n{name}{headers}Subject: {subject}\n\nyes, back on Monday\n"
        yield envelope, content.encode()


def robots(letter: bytes, number: int) -> Iterator[tuple[str, str, bytes]]:
    """How robots answer a letter of ours: to, envelope sender, content."""
    name = f"Message-ID: <{number}-%d@robot>\n"
    naive = f"From: {READER}\n{name % 0}Subject: Re: your mail\n\nThank you, we got it.\n"
    yield "weekly-request", READER, naive.encode()
    away = f"From: {READER}\n{name % 1}Auto-Submitted: auto-replied\nSubject: away\n\nhelp\n"
    yield "weekly-request", READER, away.encode()
    listed = f"From: {READER}\n{name % 2}List-Id: <x.example.org>\nSubject: help\n\nhelp\n"
    yield "weekly-request", READER, listed.encode()
    yield "weekly-request", f"weekly@{DOMAIN}", letter  # our own mail, sent back to us
    report = f"From: MAILER-DAEMON@x.example\n{name % 3}Subject: failure notice\n\nhelp\n"
    yield "weekly-request", "", report.encode()
