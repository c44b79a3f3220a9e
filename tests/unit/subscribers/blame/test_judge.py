from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subscribers.blame.blame import OURS, Blame
from subscribers.blame.judge import (
    Refusal,
    judge,
    says_connections_are_full,
    says_session_is_full,
)
from subscribers.blame.known_replies import KNOWN_REPLIES
from subscribers.blame.words import MAX_TEXT, plain_words, same_words
from subscribers.inbound.verdict import Verdict, verdict_of

DATA = Path(__file__).parents[3] / "data" / "subscribers" / "replies.json"
REPLIES: list[dict[str, str]] = json.loads(DATA.read_text("utf-8"))

WRAPPED = {
    "as it is": "{}",
    "quoted": "> {}",
    "by Postfix": "<jo@example.net>: host mx.spam-filter.example.net[192.0.2.9] said: {} (in reply to\n    end of DATA command)",
    "by Exim": "SMTP error from remote mail server after end of data:\n    host mx.example.net [192.0.2.9]: {}",
}


def refusal_of(said: str) -> Refusal:
    """A reply to a recipient or her message."""
    code, _, text = said.partition(said[3])
    enhanced = text.split(" ")[0] if text[1:2] == "." else ""
    return Refusal(code=int(code), text=text, enhanced=enhanced)


@pytest.mark.parametrize("reply", REPLIES, ids=lambda reply: reply["said"][:40])
def test_a_providers_reply_says_whose_fault_it_is(reply: dict[str, str]) -> None:
    """As the provider publishes it, during the send."""
    assert judge(refusal_of(reply["said"])) == reply["blame"]


@pytest.mark.parametrize("wrapping", WRAPPED)
@pytest.mark.parametrize("reply", REPLIES, ids=lambda reply: reply["said"][:40])
def test_a_report_that_quotes_the_reply_says_the_same(reply: dict[str, str], wrapping: str) -> None:
    """Quoted or broken over lines; no reader is ended for what is not hers."""
    said = WRAPPED[wrapping].format(reply["said"].replace(" ", "\n  ", 5))
    verdict = verdict_of("5.0.0" if reply["said"][0] == "5" else "4.0.0", said)
    assert (verdict is Verdict.HARD) is (reply["blame"] == Blame.READER)
    if reply["blame"] in OURS and reply["said"][0] == "5":
        assert verdict is Verdict.POLICY


def test_fifteen_providers_and_more_are_known() -> None:
    """Each of their replies, and each row of the table, names its source and its date."""
    named = [reply for reply in REPLIES if reply["provider"] != "Other servers"]
    assert len({reply["provider"] for reply in named}) >= 25
    assert all(reply["source"] and reply["seen"] for reply in named)
    assert all(row.source and row.seen and row.provider for row in KNOWN_REPLIES)


@pytest.mark.parametrize("blame", [Blame.READER, Blame.MAILBOX, Blame.UNKNOWN])
def test_the_same_refusal_at_several_domains_is_never_the_readers(blame: Blame) -> None:
    """Whatever its words are."""
    said = next(reply["said"] for reply in REPLIES if reply["blame"] == blame)
    alone = refusal_of(said)
    assert judge(alone) is blame
    widespread = Refusal(
        code=alone.code, text=alone.text, enhanced=alone.enhanced, is_widespread=True
    )
    assert judge(widespread) is Blame.ACCOUNT


def test_before_a_reader_is_named_none_is_to_blame() -> None:
    """A refusal of EHLO, AUTH or MAIL is the relay's word to us."""
    assert judge(Refusal(code=550, text="User unknown", names_a_reader=False)) is Blame.ACCOUNT
    assert judge(Refusal(code=450, text="Mailbox busy", names_a_reader=False)) is Blame.NOW


@pytest.mark.parametrize(
    ("status", "text", "blame"),
    [
        ("5.1.1", "", Blame.READER),
        ("5.1.1", "smtp; 550", Blame.READER),
        ("5.1.1", "smtp; 550 Denied by the host", Blame.UNKNOWN),  # sendmail fills in 5.1.1
        ("5.1.1", "smtp; 550 5.1.1 Denied by the host", Blame.READER),
        ("5.1.1", "smtp; 550 5.7.1 Denied", Blame.POLICY),
        ("5.0.0", "smtp; 550 5.2.1", Blame.READER),
        ("5.4.7", "", Blame.NOW),
        ("5.3.0", "", Blame.NOW),
        ("5.6.0", "", Blame.MESSAGE),
        ("5.0.0", "550 account suspended", Blame.UNKNOWN),  # whose?
        ("5.2.1", "550 5.2.1 account suspended", Blame.READER),
        ("4.4.7", "550 User unknown", Blame.NOW),
    ],
)
def test_codes_are_believed_where_words_say_nothing(status: str, text: str, blame: Blame) -> None:
    """The server's own code before the one that a program on the way filled in."""
    assert judge(Refusal(enhanced=status, text=text)) is blame


def test_only_words_about_the_reader_count() -> None:
    """Not those in an address, a link or a host's name."""
    said = "550 <spam-dkim@policy.example.net>: User unknown, see https://blocked.example.net/spf"
    assert judge(Refusal(text=said)) is Blame.READER
    assert plain_words("host Quota.full.example.net[192.0.2.1] said: 550 no") == "550 no"


def test_the_same_words_have_one_key() -> None:
    """Addresses, numbers and identifiers of a session are no difference."""
    one = "550 5.7.1 <jo@example.org> Refused, id=4f3a9b2c (192.0.2.1)"
    two = "550 5.7.1 <bo@example.net> Refused, id=77ab10ff (192.0.2.7)"
    assert same_words(one) == same_words(two) != same_words("550 5.7.1 Accepted")


def test_a_sessions_limit_is_no_fault_of_anybody() -> None:
    """A new connection goes on."""
    assert says_session_is_full("Requested action aborted Mails per session limit exceeded")
    assert not says_session_is_full("Daily limit exceeded")


@pytest.mark.parametrize(
    "text",
    [
        "4.7.0 mail.example.org Error: too many connections from 192.0.2.1",
        "Too many concurrent SMTP connections; please try again later.",
        "Too many concurrent SMTP connections from this IP address; please try again later.",
        "4.3.2 The maximum number of concurrent server connections has exceeded a per-source limit",
        "4.3.2 Concurrent connections limit exceeded. Visit https://aka.ms/concurrent_sending",
        "4.3.2 STOREDRV.ClientSubmit; sender thread limit exceeded",
        "4.7.652 The mail server [192.0.2.1] has exceeded the maximum number of connections.",
        "4.7.0 Too many login attempts, please try again later.",
        "Connections limit reached",
        "HL:ICC 192.0.2.1 同时并发连接数过大",
    ],
)
def test_a_limit_of_connections_is_recognised(text: str) -> None:
    """By the words of Postfix, Exim, Exchange, Gmail and others."""
    assert says_connections_are_full(text)


@pytest.mark.parametrize(
    "text",
    [
        "4.3.2 Connection rate limit exceeded.",
        "Throttling failure: Maximum sending rate exceeded.",
        "Maximum number of messages per connection reached",
        "Mails per session limit exceeded",
        "5.5.3 Too many recipients",
        "Daily limit exceeded",
        "4.4.2 connection timed out",
    ],
)
def test_other_limits_are_not_taken_for_one_of_connections(text: str) -> None:
    """A rate, a day's limit and a session's limit each want something else."""
    assert not says_connections_are_full(text)


@given(st.text(max_size=3 * MAX_TEXT), st.sampled_from([0, 421, 550, 552, 554]))
def test_no_text_raises(text: str, code: int) -> None:
    """Whatever a server says."""
    assert judge(Refusal(text=text, code=code)) in Blame


@pytest.mark.parametrize(
    ("words", "blame"),
    [
        ("no existe dicha persona", Blame.READER),
        ("No existe ese usuario", Blame.READER),
        ("recipient suspend the service", Blame.READER),
        ("account is locked email bounced", Blame.READER),
        ("The account has been suspended for inactivity", Blame.READER),
        ("The account has been suspended", Blame.UNKNOWN),
        ("too much mail data", Blame.MAILBOX),
        ("duplicate header", Blame.MESSAGE),
        ("improper use of 8-bit data in message header", Blame.MESSAGE),
        ("taille limite du message atteinte", Blame.MESSAGE),
        ("DNS records for the destination computer could not be found", Blame.NOW),
        ("maximum forwarding loop count exceeded", Blame.NOW),
        ("aliasing/forwarding loop broken", Blame.NOW),
        ("unable to resolve route example.net", Blame.NOW),
        ("Failed to deliver to domain example.net after 4 tries", Blame.NOW),
        ("it has not been collected after 10 days", Blame.NOW),
        ("can't create user output file", Blame.NOW),
        ("pipe to |/srv/lists/catch failed", Blame.NOW),
        ("Command died with status 1", Blame.NOW),
        ("domain example.org is a dead domain", Blame.POLICY),
        ("reject mail from news@example.org", Blame.POLICY),
        ("This system is not configured to relay mail", Blame.POLICY),
        ("jo has restricted SMS e-mail", Blame.POLICY),
        ("solving a captcha", Blame.POLICY),
    ],
)
def test_words_come_before_a_status_that_a_server_fills_in(words: str, blame: Blame) -> None:
    """Many servers give 5.1.1 with every refusal, so words that say otherwise are believed."""
    assert judge(Refusal(code=550, text=words)) == blame
    if blame is not Blame.UNKNOWN:
        assert judge(Refusal(code=550, enhanced="5.1.1", text=f"5.1.1 {words}")) == blame
