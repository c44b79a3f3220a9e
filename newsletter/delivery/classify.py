"""What a relay's reply means for the reader, the connection and the run: pure decisions."""

from __future__ import annotations

from enum import StrEnum

from newsletter.delivery.providers import asks_to_slow_down, is_greylisting
from newsletter.delivery.replies import Reply
from subscribers.blame.blame import OURS, Blame
from subscribers.blame.judge import Refusal, judge, says_session_is_full


class Stage(StrEnum):
    """How far a transaction has come (RFC 5321 section 3)."""

    CONNECT = "connect"  # up to the greeting
    EHLO = "EHLO"
    STARTTLS = "STARTTLS"
    AUTH = "AUTH"
    MAIL = "MAIL"
    RCPT = "RCPT"
    DATA = "DATA"
    BODY = "body"  # content is on its way, the final dot is not
    DOT = "dot"  # the final dot may have arrived


class Meaning(StrEnum):
    """What follows from a reply."""

    ACCEPTED = "accepted"
    DEFERRED = "deferred"  # this reader later
    REJECTED = "rejected"  # this reader never
    POLICY = "policy"  # about us, not about the reader: the run pauses until a person looks
    RELAY = "relay"  # the relay is in trouble: rest it, and blame no reader
    BROKEN = "broken"  # lost, or no reply that may stand here: the connection is of no use


CLOSING = 421
"""The server closes the connection; it may come in reply to any command."""


BAD_SEQUENCE = 503
"""A command came when it might not (RFC 5321 section 4.2.3)."""

ABOUT_ONE_MESSAGE = frozenset({Stage.RCPT, Stage.DATA, Stage.BODY, Stage.DOT})
"""From RCPT on a refusal may be the reader's own; before, it is the relay's word to us."""


def classify(stage: Stage, reply: Reply) -> Meaning:
    """What `reply` means when it comes at `stage`, where it does not say "go on"."""
    if stage is Stage.DOT and 200 <= reply.code < 300:
        return Meaning.ACCEPTED
    if reply.code < 400:
        return Meaning.BROKEN
    if says_session_is_full(reply.text):
        return Meaning.RELAY  # the next connection goes on, with the same reader
    blame = whose_fault(stage, reply)
    if reply.code < 500:
        return _temporary(stage, reply, blame)
    return _permanent(stage, reply, blame)


def whose_fault(stage: Stage, reply: Reply) -> Blame:
    """Whom a refusal that came at `stage` speaks about."""
    return judge(
        Refusal(
            text=reply.text,
            code=reply.code,
            enhanced=reply.enhanced,
            names_a_reader=stage in ABOUT_ONE_MESSAGE,
        )
    )


def says_slow_down(stage: Stage, reply: Reply) -> bool:
    """Whether a 4xx means that we send too fast to this domain, or at all.

    421 and security codes (4.7.x), unless the words say greylisting or the code that the
    server itself is in trouble (4.3.x): RFC 3463 sections 3.4 and 3.8.
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
    # Our account's day is over: each reader would be put off by herself, for hours.
    used_up = blame is Blame.ACCOUNT and not says_slow_down(stage, reply)
    return Meaning.POLICY if used_up else Meaning.DEFERRED


def _permanent(stage: Stage, reply: Reply, blame: Blame) -> Meaning:
    if blame is Blame.MESSAGE and stage in ABOUT_ONE_MESSAGE | {Stage.MAIL}:
        return Meaning.REJECTED
    if stage not in ABOUT_ONE_MESSAGE or blame in OURS:
        return Meaning.POLICY
    if reply.code == BAD_SEQUENCE and blame is Blame.UNKNOWN:
        return Meaning.BROKEN  # our commands and its replies are out of step
    return Meaning.DEFERRED if blame is Blame.NOW else Meaning.REJECTED
