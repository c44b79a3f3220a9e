from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from email import message_from_bytes
from email.policy import SMTP
from pathlib import Path
from typing import Any

import pytest
from dkim.canonicalization import Relaxed
from hypothesis import example, given, settings
from hypothesis import strategies as st

from newsletter.delivery.header_text import clean
from newsletter.delivery.message import compile_edition, message_id
from newsletter.errors import InputError
from newsletter.rendering.edition import Slot
from newsletter.rendering.slots import fill
from tests.factories.delivery import (
    HTML,
    NONCE,
    TEXT,
    addressee,
    composed,
    content,
    edition,
    headers,
    parsed,
    slot,
)
from tests.sampling import sampled

DATA = Path(__file__).parents[2] / "data" / "delivery"
OURS = [
    "To",
    "Message-ID",
    "List-Unsubscribe",
    "Date",
    "From",
    "Reply-To",
    "Subject",
    "List-Id",
    "List-Post",
    "List-Help",
    "List-Archive",
    "List-Subscribe",
    "List-Owner",
    "List-Unsubscribe-Post",
    "Feedback-ID",
    "Precedence",
    "X-Auto-Response-Suppress",
    "MIME-Version",
    "Content-Type",
]
INJECTIONS = [
    "=?utf-8?q?x=0d=0aBcc:_evil@example.test?=",
    "=?utf-8?b?eA0KQmNjOiBldmlsQGV4YW1wbGUudGVzdA==?=",
    "x\r\nBcc: evil@example.test",
    "x\nBcc: evil@example.test",
    "x\rBcc: evil@example.test",
    "x\r\n\r\n<script>",
    "x\x00Bcc: evil@example.test",
    "x\u2028Bcc: evil@example.test",
    "x\u2029Bcc: evil@example.test",
    "x\x85Bcc: evil@example.test",
    "x\x0bBcc: evil@example.test",
    "\u202eBcc: evil@example.test",
    '"x" <evil@example.test>, y',
]
awkward = st.text(
    alphabet=st.one_of(
        st.sampled_from("\n.= \té中ع🎉&<>From"),
        st.characters(exclude_categories=["Cs"], exclude_characters="\r"),
    ),
    max_size=300,
)


def filled(text: str, name: str, *, escape: bool) -> str:
    """What the reader should see: the slots filled without any mail around them."""
    reader = addressee()
    values = {
        Slot.NAME: clean(name),
        Slot.UNSUBSCRIBE: reader.unsubscribe_url,
        Slot.PREFERENCES: reader.preferences_url,
    }
    return fill(text, NONCE, values, escape=escape)


def test_the_bytes_are_those_written_down() -> None:
    """Chinese, Arabic, emoji, dots, spaces and long lines: one whole message, byte for byte."""
    page = (DATA / "edition.html").read_text(encoding="utf-8")
    text = (DATA / "edition.txt").read_text(encoding="utf-8")
    nonce = "g0lden-n0nce"
    message = composed(
        edition(subject="本周要闻: عين على التقنية 🎉", html=page, text=text, nonce=nonce),
        headers(),
        addressee(name="Zoë Ünal"),
    )
    assert message == (DATA / "message.eml").read_bytes()


def test_says_who_it_is_for_and_how_to_leave() -> None:
    """To, Message-ID and the two ways out belong to one reader, and each header stands once."""
    message = parsed(composed())
    assert message.keys() == OURS
    assert str(message["To"]) == "Ada Reader <reader@example.net>"
    assert message["List-Unsubscribe"] == (
        "<https://news.example.org/u/WzcsMTJd.c2ln?c=42&l=weekly>, "
        "<mailto:weekly-unsubscribe@news.example.org?subject=unsubscribe%20WzcsMTJd.c2ln>"
    )
    assert message["List-Unsubscribe"].count("https:") == 1
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_without_inbound_mail_there_is_no_mailto() -> None:
    """No address is promised that nobody reads."""
    message = parsed(composed(with_headers=headers(unsubscribe_mailto=None)))
    assert message["List-Unsubscribe"] == "<https://news.example.org/u/WzcsMTJd.c2ln?c=42&l=weekly>"


def test_text_comes_before_html() -> None:
    """A reader's program shows the last alternative that it can."""
    message = parsed(composed())
    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]


@settings(max_examples=sampled(whole=200, sample=50), deadline=None)
@given(awkward, awkward, awkward, awkward)
@example("?c=42", "O'Neil & <b>Söhne</b>", ".\n..\n.", "")
@example("x", "x", " " * 100, "." * 100)
@example("x", "", "中" * 300 + "\n" + "a" * 3000, "From here\nFrom there \n")
def test_any_content_arrives_whole(subject: str, name: str, before: str, after: str) -> None:
    """No defect, no long line, no dot to stuff, all ASCII; the parts come back byte for byte."""
    text = f"{before}{slot(Slot.NAME)}{after}{slot(Slot.UNSUBSCRIBE)}{before}"
    page = f"<p>{before}</p>{slot(Slot.PREFERENCES)}{slot(Slot.NAME)}{after}"
    raw = composed(
        edition(subject=f"News: {subject}", text=text, html=page), to=addressee(name=name)
    )
    assert raw.isascii()
    lines = raw.split(b"\r\n")
    assert not any(b"\r" in line or b"\n" in line for line in lines)
    assert not any(line.startswith(b".") for line in lines)
    body = lines[lines.index(b"") :]
    assert max(map(len, body)) <= 76
    assert max(map(len, lines)) <= 998
    encoded = raw.partition(b"\r\n\r\n")[2]
    assert Relaxed.canonicalize_body(encoded) == encoded

    message = parsed(raw)
    assert [part.defects for part in message.walk()] == [[], [], []]
    assert not any(value.defects for _, value in message.items())
    assert message.keys() == OURS
    assert str(message["Subject"]) == clean(f"News: {subject}")
    assert content(message, "plain") == filled(text, name, escape=False)
    assert content(message, "html") == filled(page, name, escape=True)


@pytest.mark.parametrize("text", INJECTIONS)
def test_no_stranger_writes_a_header(text: str) -> None:
    """The same headers, once each, whatever a title, a list, a sender or a reader is called."""
    sender = headers().sender
    issue = headers(
        sender=type(sender)(name=text, address=sender.address),
        list_id=f"{text} <weekly.news.example.org>",
    )
    raw = composed(edition(subject=text), issue, addressee(name=text))
    message = parsed(raw)
    assert message.keys() == OURS
    assert [address.addr_spec for address in message["To"].addresses] == ["reader@example.net"]
    assert [address.addr_spec for address in message["From"].addresses] == [sender.address]
    if not text.isascii() or not text.isprintable() or "=?" in text:
        assert text.encode() not in raw.partition(b"\r\n\r\n")[0]
    assert str(message["Subject"]) == clean(text)


@pytest.mark.parametrize(
    "changes",
    [
        {"address": "reader@example.net>\r\nBcc: <evil@example.test"},
        {"address": "reader@example.net, evil@example.test"},
        {"address": ""},
        {"unsubscribe_url": "https://a.test/>\r\nBcc: evil@example.test"},
        {"unsubscribe_url": "https://a.test/>, <https://evil.test/"},
        {"preferences_url": "javascript:alert(1)"},
        {"unsubscribe_token": "x> <y"},
        {"unsubscribe_token": "x&bcc=evil@example.test"},
    ],
)
def test_a_bad_reader_harms_no_other(changes: dict[str, Any]) -> None:
    """An address or a link that cannot stand in a message is an error for this reader alone."""
    compiled = compile_edition(edition(), headers())
    good = compiled.compose(addressee())
    with pytest.raises(InputError):
        compiled.compose(addressee(**changes))
    assert compiled.compose(addressee()) == good


def test_a_name_is_escaped_in_html_only() -> None:
    """A reader called <b> sees that name, and no bold."""
    message = parsed(composed(to=addressee(name="<b>&'\"")))
    assert "Hello &lt;b&gt;&amp;&#x27;&quot;," in content(message, "html")
    assert "Hello <b>&'\"," in content(message, "plain")


@pytest.mark.parametrize("name", list(Slot))
def test_every_slot_can_be_filled(name: Slot) -> None:
    """A slot that the press offers is one that the mailroom knows a value for."""
    message = parsed(composed(edition(text=f"[{slot(name)}]", html=f"[{slot(name)}]")))
    assert len(content(message, "plain")) > len("[]")
    assert len(content(message, "html")) > len("[]")


def test_no_slot_is_left() -> None:
    """Nothing of a sentinel reaches a reader."""
    assert NONCE in TEXT
    assert NONCE in HTML
    joined = composed().replace(b"=\r\n", b"")
    assert NONCE.encode() not in joined
    assert b"slot-" not in joined


def test_the_same_issue_and_reader_give_the_same_bytes() -> None:
    """A message that is sent again after a crash can be recognised."""
    assert composed() == composed()


def test_a_foreign_address_stands_as_utf8_and_is_alone_in_that() -> None:
    """A local part that only SMTPUTF8 can carry is written as it is (RFC 6532)."""
    raw = composed(to=addressee(address="用户@例子.test", name=""))
    assert raw.startswith("To: 用户@xn--fsqu00a.test\r\n".encode())
    assert raw.split(b"\r\n", 1)[1].isascii()


def test_a_subject_of_nothing_stops_the_edition() -> None:
    """A subject that cleaning empties is found before the first message."""
    with pytest.raises(InputError) as caught:
        compile_edition(edition(subject="\u202e\r\n"), headers())
    assert caught.value.problem.field == "Subject"


def test_message_ids_are_stable_and_tell_nothing() -> None:
    """One for each issue and reader, not to be computed without the site's secret."""
    identifier = message_id("weekly/12", 7, "news.example.org", "secret")
    assert identifier == message_id("weekly/12", 7, "news.example.org", "secret")
    others = {
        message_id("weekly/13", 7, "news.example.org", "secret"),
        message_id("weekly/12", 8, "news.example.org", "secret"),
        message_id("weekly/12", 7, "news.example.org", "another"),
        message_id("weekly/1", 27, "news.example.org", "secret"),
    }
    assert len(others - {identifier}) == 4
    assert identifier.startswith("<weekly.12.")
    assert identifier.endswith("@news.example.org>")
    assert parsed(composed())["Message-ID"] == message_id(
        "weekly/12", 7, "news.example.org", headers().message_id_secret
    )


def test_the_date_is_that_of_the_attempt_in_the_sites_zone() -> None:
    """A message sent hours after the first one says so; its Message-ID does not change."""
    sydney = timezone(timedelta(hours=11))
    compiled = compile_edition(edition(), headers(date=datetime(2026, 1, 5, 7, 0, tzinfo=sydney)))
    first, later = (
        message_from_bytes(compiled.compose(addressee(), at=at), policy=SMTP)
        for at in (None, datetime(2026, 1, 5, 4, 30, 5, tzinfo=UTC))
    )
    assert first["Date"] == "Mon, 05 Jan 2026 07:00:00 +1100"
    assert later["Date"] == "Mon, 05 Jan 2026 15:30:05 +1100"
    assert first["Message-ID"] == later["Message-ID"]


def test_a_message_may_answer_the_reader_s_own_copy_of_an_issue() -> None:
    """Another reader's answers another one; no program answers it."""
    answering = headers(issue_name="weekly/12/correction-1", answers="weekly/12")
    for number in (1, 2):
        to = addressee(subscriber_id=number)
        copy = parsed(composed(to=to))
        message = parsed(composed(with_headers=answering, to=to))
        assert message["In-Reply-To"] == message["References"] == copy["Message-ID"]
        assert message["Message-ID"] != copy["Message-ID"]
        assert message["Auto-Submitted"] == "auto-generated"
        assert copy["In-Reply-To"] is copy["References"] is copy["Auto-Submitted"] is None
