from __future__ import annotations

import pytest

from newsletter.delivery.classify import Meaning, Stage, classify
from newsletter.delivery.replies import Reply

M = Meaning


@pytest.mark.parametrize(
    ("stage", "said", "meaning"),
    [
        (Stage.DOT, "250 2.0.0 Ok", M.ACCEPTED),
        (Stage.DOT, "251 Will forward", M.ACCEPTED),
        (Stage.DOT, "354 Eh?", M.BROKEN),
        (Stage.BODY, "250 Before the dot?", M.BROKEN),
        (Stage.DATA, "250 Not 354", M.BROKEN),
        (Stage.RCPT, "450 4.2.0 Greylisted", M.DEFERRED),
        (Stage.RCPT, "421 4.7.0 Too many", M.DEFERRED),
        (Stage.DOT, "421 4.3.2 Closing", M.DEFERRED),
        (Stage.MAIL, "421 4.3.2 Closing", M.RELAY),
        (Stage.MAIL, "452 4.3.1 Full", M.RELAY),
        (Stage.CONNECT, "421 Busy", M.RELAY),
        (Stage.AUTH, "454 4.7.0 Later", M.RELAY),
        (Stage.RCPT, "550 5.1.1 Unknown", M.REJECTED),
        (Stage.RCPT, "550 Unknown", M.REJECTED),
        (Stage.RCPT, "552 5.2.2 Mailbox full", M.REJECTED),
        (Stage.DOT, "554 5.6.0 Content", M.REJECTED),
        (Stage.MAIL, "552 5.3.4 Too large", M.REJECTED),
        (Stage.MAIL, "552 Too large", M.REJECTED),
        (Stage.RCPT, "550 5.7.13 Account disabled", M.REJECTED),
        (Stage.RCPT, "550 5.7.17 Owner changed", M.REJECTED),
        (Stage.RCPT, "550 5.7.1 Blocked", M.POLICY),
        (Stage.RCPT, "550 5.7.23 SPF", M.POLICY),
        (Stage.DOT, "554 5.7.1 Spam", M.POLICY),
        (Stage.RCPT, "530 Authenticate first", M.POLICY),
        (Stage.MAIL, "550 5.1.8 Bad sender", M.POLICY),
        (Stage.MAIL, "501 Syntax", M.POLICY),
        (Stage.EHLO, "554 5.7.1 Go away", M.POLICY),
        (Stage.EHLO, "552 Odd", M.POLICY),
        (Stage.AUTH, "535 5.7.8 Wrong", M.POLICY),
        (Stage.CONNECT, "554 No SMTP here", M.POLICY),
        (Stage.RCPT, "503 5.5.1 Need MAIL", M.BROKEN),
    ],
)
def test_what_a_reply_means(stage: Stage, said: str, meaning: Meaning) -> None:
    """By stage, code and enhanced code: the reader's, the relay's, or ours."""
    code, _, text = said.partition(" ")
    assert classify(stage, Reply(code=int(code), text=text)) is meaning
