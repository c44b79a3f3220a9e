"""What a relay's reply means for the reader, the connection and the run: pure decisions."""

from __future__ import annotations

from enum import StrEnum

from newsletter.delivery.providers import asks_to_slow_down, is_greylisting
from newsletter.delivery.replies import Reply
from subscribers.blame.blame import OURS, Blame
from subscribers.blame.judge import (
    Refusal,
    judge,
    says_connections_are_full,
    says_session_is_full,
)


class Stage(StrEnum):
    """How far an SMTP transaction has come (RFC 5321 section 3)."""

    CONNECT = "connect"  # up to the greeting
    EHLO = "EHLO"
    STARTTLS = "STARTTLS"
    AUTH = "AUTH"
    MAIL = "MAIL"
    RCPT = "RCPT"
    DATA = "DATA"
    BODY = "body"  # the content is being sent, but the final dot has not been
    DOT = "dot"  # the final dot may have arrived


class Meaning(StrEnum):
    """What a reply means for the delivery, the connection and the run."""

    ACCEPTED = "accepted"
    DEFERRED = "deferred"  # try this reader later
    REJECTED = "rejected"  # do not try this reader again
    POLICY = "policy"  # about us, not about the reader: the run pauses until a person acts
    RELAY = "relay"  # the relay has a problem: rest it; it is not the reader's fault
    BROKEN = "broken"  # the connection is lost, or the reply is not valid here: close it


CLOSING = 421
"""The server closes the connection; it may reply this to any command."""

BAD_SEQUENCE = 503
"""Bad sequence of commands (RFC 5321 section 4.2.3)."""

BEFORE_A_MESSAGE = frozenset({Stage.CONNECT, Stage.EHLO, Stage.STARTTLS, Stage.AUTH})
"""What fails here keeps one connection from being made, and says nothing of those that there are."""

ABOUT_ONE_MESSAGE = frozenset({Stage.RCPT, Stage.DATA, Stage.BODY, Stage.DOT})
"""From RCPT on, a refusal may be about the reader; before that, it is about us."""


def classify(stage: Stage, reply: Reply) -> Meaning:
    """What `reply` means when it comes at `stage` and does not say "go on"."""
    if stage is Stage.DOT and 200 <= reply.code < 300:
        return Meaning.ACCEPTED
    if reply.code < 400:
        return Meaning.BROKEN
    if says_session_is_full(reply.text):
        return Meaning.RELAY  # the next connection continues with the same reader
    if says_connections_are_full(reply.text):
        return Meaning.RELAY  # whichever reader it is, another connection can serve
    blame = whose_fault(stage, reply)
    if reply.code < 500:
        return _temporary(stage, reply, blame)
    return _permanent(stage, reply, blame)


def whose_fault(stage: Stage, reply: Reply) -> Blame:
    """Whose fault a refusal at `stage` is."""
    return judge(
        Refusal(
            text=reply.text,
            code=reply.code,
            enhanced=reply.enhanced,
            names_a_reader=stage in ABOUT_ONE_MESSAGE,
        )
    )


def says_slow_down(stage: Stage, reply: Reply) -> bool:
    """Whether a 4xx means that we send too fast, to this domain or in general.

    This is so for 421 and for security codes (4.7.x), unless the words say greylisting or the code
    says that the server itself has a problem (4.3.x): RFC 3463 sections 3.4 and 3.8.
    """
    if not 400 <= reply.code < 500 or is_greylisting(reply.text):
        return False
    if asks_to_slow_down(reply.text):
        return True
    if stage not in ABOUT_ONE_MESSAGE:
        return False
    is_closing = reply.code == CLOSING and not reply.enhanced.startswith("4.3.")
    return is_closing or reply.enhanced.startswith("4.7.")


def _temporary(stage: Stage, reply: Reply, blame: Blame) -> Meaning:
    if stage not in ABOUT_ONE_MESSAGE:
        return Meaning.RELAY
    # Our account's limit is used up: otherwise every reader would be deferred, for hours.
    used_up = blame is Blame.ACCOUNT and not says_slow_down(stage, reply)
    return Meaning.POLICY if used_up else Meaning.DEFERRED


def _permanent(stage: Stage, reply: Reply, blame: Blame) -> Meaning:
    if blame is Blame.MESSAGE and stage in ABOUT_ONE_MESSAGE | {Stage.MAIL}:
        return Meaning.REJECTED
    if stage not in ABOUT_ONE_MESSAGE or blame in OURS:
        return Meaning.POLICY
    if reply.code == BAD_SEQUENCE and blame is Blame.UNKNOWN:
        return Meaning.BROKEN  # our commands and the replies are out of step
    return Meaning.DEFERRED if blame is Blame.NOW else Meaning.REJECTED
