from __future__ import annotations

import pytest

from newsletter.delivery.classify import (
    Meaning,
    Stage,
    classify,
    says_slow_down,
    whose_fault,
)
from newsletter.delivery.replies import Reply
from subscribers.blame.blame import Blame

M = Meaning


def reply_of(said: str) -> Reply:
    """The reply a relay gives with these words."""
    code, _, text = said.partition(" ")
    return Reply(code=int(code), text=text)


REFUSALS = [
    # Gmail
    ("550 5.1.1 The email account that you tried to reach does not exist.", M.REJECTED, True),
    ("550 5.2.1 The email account that you tried to reach is inactive.", M.REJECTED, True),
    ("552 5.2.2 The recipient's inbox is out of storage space.", M.REJECTED, False),
    ("550 5.7.26 Unauthenticated email from example.org is not accepted", M.POLICY, False),
    ("550 5.7.1 Our system has detected that this message is likely unsolicited", M.POLICY, False),
    ("550 5.4.5 Daily user sending limit exceeded.", M.POLICY, False),
    # Outlook and Exchange
    ("550 5.5.0 Requested action not taken: mailbox unavailable (S2017062302)", M.REJECTED, True),
    ("550 5.7.1 messages weren't sent: part of their network is on our block list (S3150)", M.POLICY, False),
    ("550 SC-001 (BAY004-MC1F14) rejected by Outlook.com for policy reasons", M.POLICY, False),
    ("550 5.4.1 Recipient address rejected: Access denied. AS(201806281)", M.REJECTED, True),
    ("550 5.7.515 Access denied, sending domain does not meet the required authentication level", M.POLICY, False),
    ("550 5.1.10 RESOLVER.ADR.RecipientNotFound; not found by SMTP address lookup", M.REJECTED, True),
    # Yahoo
    ("554 delivery error: dd This user doesn't have a yahoo.com account (reader@example.com) [0]", M.REJECTED, True),
    ("554 30 Sorry, your message cannot be delivered. This mailbox is disabled (554.30).", M.REJECTED, True),
    ("552 1 Requested mail action aborted, exceeded storage allocation", M.REJECTED, False),
    ("553 5.7.1 [BL21] Connections will not be accepted", M.POLICY, False),
    ("554 5.7.9 Message not accepted for policy reasons", M.POLICY, False),
    # Others
    ("554 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org", M.POLICY, False),
    ("550 Blocked: your IP address is on our blacklist", M.POLICY, False),
    ("550 5.7.1 Unable to relay", M.POLICY, False),
    ("554 Message rejected: Email address is not verified.", M.POLICY, False),
    ("550 5.7.1 <a@example.com>: Recipient not found", M.REJECTED, True),
    ("550 5.7.1 Sender address unknown", M.POLICY, False),
    ("550 5.1.7 The sender's address has no mailbox", M.POLICY, False),
    ("550 5.1.1 <a@example.com>: User unknown in virtual mailbox table", M.REJECTED, True),
    ("550 No such user", M.REJECTED, True),
    ("554 5.6.0 Bad content", M.REJECTED, False),
    ("550 Denied", M.REJECTED, False),
]  # fmt: skip


@pytest.mark.parametrize(("said", "meaning", "is_bad"), REFUSALS, ids=lambda value: str(value)[:50])
def test_providers_words_say_whom_a_refusal_is_about(
    said: str, meaning: Meaning, is_bad: bool
) -> None:
    """The address, ourselves, or this one message; only the first ends a subscription."""
    reply = reply_of(said)
    assert classify(Stage.RCPT, reply) is meaning
    assert (whose_fault(Stage.RCPT, reply) is Blame.READER) is is_bad


@pytest.mark.parametrize(
    ("stage", "said", "is_slow"),
    [
        (Stage.RCPT, "421 4.7.0 [TSS04] temporarily deferred due to unexpected volume", True),
        (Stage.DOT, "421 4.7.28 Gmail has detected an unusual rate of unsolicited mail", True),
        (Stage.RCPT, "451 4.7.650 The mail server has been temporarily rate limited", True),
        (Stage.DOT, "454 Throttling failure: Maximum sending rate exceeded.", True),
        (Stage.RCPT, "450 4.2.1 The user is receiving mail at a rate that ...", False),
        (Stage.MAIL, "450 4.7.1 Error: too much mail from 192.0.2.1", True),
        (Stage.RCPT, "450 4.7.1 Greylisted, come back", False),
        (Stage.RCPT, "451 4.7.1 Please try again in 300 seconds", False),
        (Stage.RCPT, "421 4.3.2 Closing", False),
        (Stage.RCPT, "421 Not so many", True),
        (Stage.MAIL, "421 4.3.2 Closing", False),
        (Stage.RCPT, "452 4.2.2 Over quota", False),
        (Stage.RCPT, "550 5.7.1 rate limit", False),
    ],
)
def test_who_is_asked_to_go_slower(stage: Stage, said: str, is_slow: bool) -> None:
    """421 and 4.7.x from RCPT on, and words of rates at any time; greylisting never."""
    assert says_slow_down(stage, reply_of(said)) is is_slow
