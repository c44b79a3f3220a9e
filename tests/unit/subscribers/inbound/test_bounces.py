from __future__ import annotations

import json
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subscribers.inbound.bounces import BounceReport, read_bounce
from subscribers.inbound.notices import looks_like_bounce
from subscribers.inbound.reading import UnreadableError, parse_message
from subscribers.inbound.verdict import Verdict, verdict_of
from tests.factories.notices import NOTICES, Notice
from tests.factories.reports import REPORTS, StatusReport

DATA = Path(__file__).parents[3] / "data" / "subscribers" / "inbound"
BOUNCES: dict[str, list[list[str]]] = json.loads((DATA / "bounces.json").read_text("utf-8"))

LINE_ENDS: dict[str, Callable[[bytes], bytes]] = {
    "LF": lambda raw: raw,
    "CRLF": lambda raw: raw.replace(b"\n", b"\r\n"),
    "CR": lambda raw: raw.replace(b"\n", b"\r"),
    "mbox": lambda raw: b"From MAILER-DAEMON Mon Mar  2 07:00:00 2026\n" + raw,
}


def told(report: BounceReport) -> list[list[str]]:
    """A report as the expected output has it."""
    return [[failure.address, failure.verdict, failure.status] for failure in report.failures]


@pytest.mark.parametrize("line_end", LINE_ENDS)
@pytest.mark.parametrize("name", BOUNCES)
def test_a_bounce_tells_who_and_why(name: str, line_end: str) -> None:
    """Reports after RFC 3464 and prose of several programs, whatever their line ends."""
    message = parse_message(LINE_ENDS[line_end]((DATA / f"{name}.eml").read_bytes()))
    assert looks_like_bounce(message, None)
    assert told(read_bounce(message)) == BOUNCES[name]


@pytest.mark.parametrize("line_end", LINE_ENDS)
@pytest.mark.parametrize("notice", NOTICES, ids=lambda notice: notice.name)
def test_a_notice_in_prose_tells_it_too(notice: Notice, line_end: str) -> None:
    """The layouts of many mail servers, in several languages: right address, right verdict."""
    message = parse_message(LINE_ENDS[line_end](notice.raw))
    assert looks_like_bounce(message, None)
    (failure,) = read_bounce(message).failures
    assert (failure.address, failure.verdict) == (notice.address, notice.verdict)


def test_a_forwarded_reader_is_judged_by_the_reply_to_the_forwarding() -> None:
    """Sendmail names the reader below the reason, as what the failed address was expanded from."""
    notice = Notice(
        name="sendmail-expanded",
        text="   ----- The following addresses had permanent fatal errors -----\nforward@example.net\n"
        "    (reason: 553 Sender Policy Framework (SPF) fail)\n    (expanded from: <jo@example.org>)\n\n"
        "   ----- Transcript of session follows -----\n<<< 553 Sender Policy Framework (SPF) fail\n"
        "550 5.1.1 forward@example.net... User unknown\n",
        verdict="policy",
    )
    failures = read_bounce(parse_message(notice.raw)).failures
    assert {failure.verdict for failure in failures} == {Verdict.POLICY}
    assert "jo@example.org" in {one for each in failures for one in (each.address, *each.also)}


@pytest.mark.parametrize("report", REPORTS, ids=lambda report: report.name)
def test_a_report_of_each_server_tells_it(report: StatusReport) -> None:
    """The fields of thirty servers and hosts, with their peculiarities."""
    message = parse_message(report.raw)
    assert looks_like_bounce(message, "")
    (failure,) = read_bounce(message).failures
    assert (failure.address, failure.verdict) == (report.address, report.verdict)
    assert failure.delayed is report.delayed


def test_a_report_is_read_in_what_a_gateway_made_of_it() -> None:
    """Enclosed in a notice of the gateway's own, or below a header whose boundary got lost."""
    report = (DATA / "report-forwarded.eml").read_bytes()
    wrapped = (
        b"From: postmaster@example.net\nSubject: Delivery Status Notification (Failure)\n"
        b"Content-Type: multipart/mixed; report-type=delivery-status; boundary=B\n\n"
        b"--B\nContent-Type: message/rfc822\n\n" + report + b"\n--B--\n"
    )
    message = parse_message(wrapped)
    assert looks_like_bounce(message, None)
    assert told(read_bounce(message)) == BOUNCES["report-forwarded"]

    damaged = parse_message(
        b"From: post_master@example.net\nSubject: Re:Test\nContent-Type: multipart/mixed;\n"
        b'boundary="B"\n\n--B\nContent-Type: text/plain\n\nError: Invalid user address\n\n'
        b"550 - Requested action not taken: no such user here\n\n  RCPT TO: jo@example.org\n--B--\n"
    )
    assert looks_like_bounce(damaged, None)
    assert told(read_bounce(damaged)) == [["jo@example.org", "hard", ""]]


def test_success_is_no_failure() -> None:
    """A report that a mail arrived, or left our world, is told apart from one we cannot read."""
    success = parse_message((DATA / "report-success.eml").read_bytes())
    mute = parse_message((DATA / "prose-mute.eml").read_bytes())
    assert read_bounce(success) == BounceReport(success=True)
    assert read_bounce(mute) == BounceReport()


def test_other_addresses_of_the_same_reader_are_told() -> None:
    """The address that forwarding led to, and the one that we wrote on the mail."""
    message = parse_message((DATA / "report-forwarded.eml").read_bytes())
    (failure,) = read_bounce(message).failures
    assert failure.also == ("jd@forward.example.net", "jo@example.org")


def letter(subject: str, text: str, **headers: str) -> EmailMessage:
    """A letter from a person."""
    message = EmailMessage()
    message["From"] = "Jo Doe <jo@example.org>"
    message["To"] = "weekly@news.example.org"
    message["Subject"] = subject
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    return message


def test_a_person_s_letter_about_a_bounce_is_none() -> None:
    """Asked about, answered, forwarded in the text or attached: a person wrote it."""
    bounce = (DATA / "prose-exim.eml").read_text("utf-8")
    attached = letter("Undeliverable: what is this?", "See the attachment.")
    attached.add_attachment(parse_message(bounce.encode()))
    letters = [
        letter("My mail was returned", "I got a failure notice. Why?"),
        letter(
            "Re: Undelivered Mail Returned to Sender", "> 550 user unknown", In_Reply_To="<1@x>"
        ),
        letter("Fwd: Mail delivery failed", f"-------- Forwarded --------\n{bounce}"),
        letter("Rejected again", "The committee rejected my proposal, and I could not send it."),
        attached,
    ]
    for each in letters:
        assert not looks_like_bounce(parse_message(each.as_bytes()), "jo@example.org")


@pytest.mark.parametrize(
    ("status", "text", "verdict"),
    [
        ("5.1.1", "blocked by our spam filter", Verdict.POLICY),
        ("5.7.1", "user unknown", Verdict.HARD),
        ("5.7.509", "", Verdict.POLICY),
        ("4.2.2", "", Verdict.SOFT),
        ("5.0.0", "550 No such user here", Verdict.HARD),
        ("5.0.0", "554 Message rejected due to content policy", Verdict.POLICY),
        ("", "452 Mailbox full", Verdict.SOFT),
        ("", "The account has exceeded its quota", Verdict.SOFT),
        ("", "450 please come back", Verdict.SOFT),
        ("", "550 blocked using blocklist at 192.0.2.1", Verdict.POLICY),
        ("", "552 message size exceeds limit", Verdict.SOFT),
        ("", "delivered to version 2.5.1 of something unknown", Verdict.SOFT),
        ("", "", Verdict.SOFT),
        ("5.4.1", "550 5.4.1 Recipient address rejected: Access denied", Verdict.HARD),
        ("5.3.5", "local configuration error", Verdict.SOFT),
        ("5.4.6", "554 too many hops", Verdict.SOFT),
        ("5.6.0", "554 a part could not be converted", Verdict.POLICY),
        ("5.1.8", "sender address rejected", Verdict.POLICY),
    ],
)
def test_the_verdict_goes_by_words_then_by_code(status: str, text: str, verdict: Verdict) -> None:
    """A code may be filled in by a program on the way, and what says nothing is soft."""
    assert verdict_of(status, text) is verdict


names = st.sampled_from(sorted(BOUNCES))


@given(names, st.data())
def test_no_damage_to_a_bounce_raises(name: str, data: st.DataObject) -> None:
    """Cut, with octets replaced or lines doubled: read, or unreadable, and nothing else."""
    raw = bytearray((DATA / f"{name}.eml").read_bytes())
    for _ in range(data.draw(st.integers(1, 5))):
        place = data.draw(st.integers(0, len(raw) - 1))
        piece = data.draw(st.binary(max_size=20))
        raw[place : place + data.draw(st.integers(0, 60))] = piece
        raw = raw or bytearray(b"x")
    try:
        message = parse_message(bytes(raw))
    except UnreadableError:
        return
    looks_like_bounce(message, "")
    read_bounce(message)
