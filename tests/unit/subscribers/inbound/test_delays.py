from __future__ import annotations

import pytest

from subscribers.inbound.bounces import read_bounce
from subscribers.inbound.delays import says_it_is_delayed
from subscribers.inbound.notices import looks_like_bounce
from subscribers.inbound.reading import parse_message

READER = "jo@example.org"

DELAYS = {
    "exim": (
        "Warning: message 1abc-2 delayed 24 hours",
        f"A message that you sent has not yet been delivered to one or more of its\nrecipients "
        f"after more than 24 hours on the queue on mx.example.net.\n\nThe address to which the "
        f"message has not yet been delivered is:\n\n  {READER}\n    Delay reason: retry timeout "
        "has not been reached\n\nNo action is required on your part. Delivery attempts will "
        "continue for\nsome time. If delivery finally fails, you will be told that it failed.\n",
    ),
    "exim in cPanel": (
        "Warning: message 1abc-2 delayed 48 hours",
        f"The address to which the message has not yet been delivered is:\n\n  {READER}\n"
        "    host mx.example.org [192.0.2.7]\n    451 4.7.1 greylisted, come back\n\nNo action is "
        "required on your part. Delivery attempts will continue.\n",
    ),
    "postfix": (
        "Delayed Mail (still being retried)",
        "This is the mail system at host relay.example.net.\n\n####\n# THIS IS A WARNING ONLY.  YOU "
        f"DO NOT NEED TO RESEND YOUR MESSAGE. #\n####\n\nYour message could not be delivered for "
        f"more than 4 hour(s).\nIt will be retried until it is 5 day(s) old.\n\n<{READER}>: connect "
        "to mx.example.org[192.0.2.7]:25: Connection timed out\n",
    ),
    "sendmail": (
        "Warning: could not send message for past 4 hours",
        "    **********************************************\n    **      THIS IS A WARNING MESSAGE "
        "ONLY      **\n    **  YOU DO NOT NEED TO RESEND YOUR MESSAGE  **\n\n   ----- Transcript of "
        f"session follows -----\n{READER}... Deferred: Connection refused by mx.example.org.\n"
        "Warning: message still undelivered after 4 hours\nWill keep trying until message is 5 days "
        "old\n",
    ),
    "qmail with a patch": (
        "failure notice",
        "Hi. This is the qmail-send program at mx.example.net.\nThis is a WARNING message only. Your "
        f"message has been delayed and\nwill be retried for some days.\n\n<{READER}>:\nSorry, I "
        "wasn't able to establish an SMTP connection. (#4.4.1)\n",
    ),
    "exchange": (
        "Delivery delayed:Weekly 12",
        f"Delivery is delayed to these recipients or groups:\n\n{READER}\n\nThis message hasn't been "
        "delivered yet. Delivery will continue to be attempted.\n\nThe server will keep trying to "
        "deliver this message for the next 1 days. You'll be notified if the\nmessage can't be "
        "delivered by that time.\n",
    ),
    "gmail": (
        "Delivery Status Notification (Delay)",
        f"Delivery incomplete\n\nThere was a temporary problem delivering your message to {READER}. "
        "Gmail will\nretry for 46 more hours. You'll be notified if the delivery fails permanently."
        "\n",
    ),
    "yahoo": (
        "Delivery delayed",
        f"Your mail to {READER} was delayed: the other server is not responding. We will keep trying "
        "for 72 hours. If it is not delivered by then, it will be returned to sender as "
        "undeliverable.\n",
    ),
}

FAILURES = {
    "qmail, in the queue too long": f"<{READER}>:\nConnected but connection died. (#4.4.2)\nI'm not "
    "going to try again; this message has been in the queue too long.\n",
    "exim, retry time": f"  {READER}\n    retry timeout exceeded\n\nThe message was delayed for four "
    "days; it will not be retried.\n",
    "sendmail, five days": f"{READER}... Deferred: Connection refused\nMessage could not be delivered "
    "for 5 days\nMessage will be deleted from queue\nWe gave up.\n",
    "exchange, stopped": f"{READER}\nThe server has tried to deliver this message, without success, "
    "and has stopped trying.\n",
    "a refusal that names an earlier delay": f"Your message to {READER} was delayed and then refused: "
    "550 5.1.1 no such user\n",
    "no such user": f"<{READER}>: 550 no such user here, please try again with another name\n",
}


@pytest.mark.parametrize("name", DELAYS)
def test_a_delay_in_prose_is_no_failure(name: str) -> None:
    """The warnings of many mail servers, none of which has given up."""
    subject, text = DELAYS[name]
    raw = (
        f"From: Mail Delivery System <mailer-daemon@mx.example.net>\nSubject: {subject}\n"
        f"Message-ID: <1@mx.example.net>\n\n{text}"
    )
    message = parse_message(raw.encode())
    assert looks_like_bounce(message, "")
    (failure,) = read_bounce(message).failures
    assert (failure.address, failure.verdict, failure.delayed) == (READER, "soft", True)


@pytest.mark.parametrize("name", FAILURES)
def test_a_failure_is_no_delay(name: str) -> None:
    """A server that gave up says so, though it may tell how long it tried."""
    assert not says_it_is_delayed(FAILURES[name])
    assert not says_it_is_delayed(f"Undelivered Mail Returned to Sender\n{FAILURES[name]}")


REPORT = (
    "From: MAILER-DAEMON@mx.example.net\nSubject: Delivery report\nMIME-Version: 1.0\n"
    'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n--b\n'
    "Content-Type: text/plain\n\n{text}\n--b\nContent-Type: message/delivery-status\n\n"
    "Reporting-MTA: dns; mx.example.net\n\n{blocks}\n--b--\n"
)


@pytest.mark.parametrize(
    ("fields", "delayed"),
    [
        ("Action: delayed\nStatus: 4.4.1", True),
        ("Action: Delayed (still trying)\nStatus: 4.0.0", True),
        ("Action: delayed\nStatus: 5.0.0\nDiagnostic-Code: smtp; 550 5.1.1 unknown", True),
        ("Status: 4.4.1\nWill-Retry-Until: Fri, 4 Dec 2026 10:00:00 +0000", True),
        ("Action: failed\nStatus: 4.4.7", False),
        ("Action: failed\nStatus: 5.1.1\nWill-Retry-Until: never", False),
    ],
)
def test_the_action_of_a_report_decides(fields: str, delayed: bool) -> None:
    """Not the words beside it, which may say the opposite (RFC 3464 section 2.3.3)."""
    for text in ("The mail has been delayed, we will keep trying.", "It failed permanently."):
        raw = REPORT.format(text=text, blocks=f"Final-Recipient: rfc822; {READER}\n{fields}\n")
        (failure,) = read_bounce(parse_message(raw.encode())).failures
        assert failure.delayed is delayed


def test_what_failed_in_the_end_failed() -> None:
    """One report may tell of the same address first that it is delayed, then that it failed."""
    block = f"Final-Recipient: rfc822; {READER}\nAction: "
    blocks = f"{block}delayed\nStatus: 4.4.1\n\n{block}failed\nStatus: 5.1.1\n"
    (failure,) = read_bounce(parse_message(REPORT.format(text="", blocks=blocks).encode())).failures
    assert (failure.delayed, failure.status) == (False, "5.1.1")
