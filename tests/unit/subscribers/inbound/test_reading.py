from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subscribers.inbound.classify import classify
from subscribers.inbound.list_addresses import AddressRole, ListAddress
from subscribers.inbound.reading import UnreadableError, header, parse_message, parts, text_of
from tests.effort import at_most

REQUEST = ListAddress(list_slug="weekly", role=AddressRole.REQUEST)


def nested(depth: int) -> bytes:
    """A multipart in a multipart, and so on."""
    opening = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (level, level)
        for level in range(depth)
    )
    return b"From: jo@example.org\nSubject: help\n" + opening + b"Content-Type: text/plain\n\nhi\n"


HOSTILE = {
    "empty": b"",
    "only line ends": b"\r\n\r\n\r\n",
    "not mail": bytes(range(256)) * 40,
    "10 MB subject": b"From: jo@example.org\nSubject: " + b"x" * 10_000_000 + b"\n\nhi\n",
    "10 MB encoded subject": b"Subject: =?utf-8?b?" + b"QUFB" * 2_500_000 + b"?=\n\nhi\n",
    "nested 100": nested(100),
    "nested 3000": nested(3000),
    "unknown charset": b"Content-Type: text/plain; charset=x-nonsense\n\n\xff\xfe hi\n",
    "charset with a null": b'Content-Type: text/plain; charset="a\x00b"\n\nhi\n',
    "charset that is not for text": b"Content-Type: text/plain; charset=zlib\n\nhi\n",
    "null octets": b"From: jo@example.org\x00\nSubject: \x00help\n\n\x00\x00\n",
    "broken base64": b"Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\n!!!=A\n",
    "broken encoded word": b"Subject: =?utf-8?b?gA=?= =?x?q?=ZZ?= =?\n\nhi\n",
    "header injection": b"Subject: =?utf-8?q?help=0d=0aBcc:_evil@x.test?=\n\nhi\n",
    "1 MB of addresses": b"From: " + b"<a@b.test>, " * 80_000 + b"\n\nhi\n",
    "unclosed comment": b"From: " + b"(" * 50_000 + b"\n\nhi\n",
    "deep HTML": b"Content-Type: text/html\n\n" + b"<div>" * 40_000 + b"unsubscribe",
    "many parts": b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * 20_000,
    "report of nothing": b"Content-Type: multipart/report; report-type=delivery-status\n\n",
    "report without boundary": b"From: MAILER-DAEMON@x.test\nContent-Type: message/delivery-status\n\n",
    "ARF of nothing": b"Content-Type: message/feedback-report\n\n",
    "long lines": b"From: MAILER-DAEMON@x.test\nSubject: failure notice\n\n"
    + b"a@b.test " * 60_000,
    "dashes": b"From: MAILER-DAEMON@x.test\nSubject: failure notice\n\n" + b"-" * 500_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_mail_is_read_soon_or_called_unreadable(name: str) -> None:
    """No exception, no long work, whatever a stranger sends."""
    with at_most(500):
        classify(HOSTILE[name], REQUEST, "jo@example.org")
        classify(HOSTILE[name], ListAddress(list_slug="weekly", role=AddressRole.BOUNCES), "")


@given(
    st.binary(max_size=2000), st.sampled_from(AddressRole), st.sampled_from(["", None, "a@b.test"])
)
def test_any_octets_are_classified(
    raw: bytes, role: AddressRole, envelope_sender: str | None
) -> None:
    """A message of any octets ends in one of the kinds."""
    classify(raw, ListAddress(list_slug="weekly", role=role), envelope_sender)


def test_a_decoded_header_is_one_line() -> None:
    """An encoded word cannot smuggle a line end in."""
    message = parse_message(HOSTILE["header injection"])
    assert header(message, "Subject") == "help Bcc: evil@x.test"


def test_what_is_no_mail_is_unreadable() -> None:
    """Without a single header it belongs in the quarantine."""
    for name in ("empty", "only line ends"):
        with pytest.raises(UnreadableError):
            parse_message(HOSTILE[name])


def test_the_parts_of_an_attached_message_are_its_own() -> None:
    """They are looked at only where asked for."""
    raw = b"Content-Type: message/rfc822\n\nContent-Type: text/html\n\n<p>hi</p>\n"
    message = parse_message(raw)
    assert [part.get_content_type() for part in parts(message)] == ["message/rfc822"]
    inner = [part.get_content_type() for part in parts(message, into_attached=True)]
    assert inner == ["text/html"]


def test_html_mail_is_read_without_what_it_quotes() -> None:
    """Line breaks are kept; quotes, styles and scripts are not the writer's words."""
    raw = (
        b"Content-Type: text/html; charset=utf-8\n\n<html><head><style>p{}</style></head><body>"
        b"<div>tags +security<br>second</div><blockquote>help</blockquote>"
        b'<div class="gmail_quote">unsubscribe</div></body></html>'
    )
    lines = [line for line in text_of(parse_message(raw)).splitlines() if line]
    assert lines == ["tags +security", "second"]
