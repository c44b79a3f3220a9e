"""What a relay's reply means for the reader, the connection and the run: pure decisions."""

from __future__ import annotations

from enum import StrEnum

from newsletter.delivery.replies import Reply


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


ABOUT_THE_READER = frozenset({"5.7.13", "5.7.17", "5.7.18"})
"""Security codes that speak of the mailbox: disabled (RFC 5248), owner changed (RFC 7293)."""

TOO_LARGE = frozenset({"5.2.3", "5.3.4"})
"""Message too large for the mailbox, for the system (RFC 3463 sections 3.3 and 3.4)."""

AUTHENTICATION_REQUIRED = frozenset({530, 534, 535, 538})
"""RFC 4954 section 6."""

CLOSING = 421
"""The server closes the connection; it may come in reply to any command."""


ABOUT_ONE_MESSAGE = frozenset({Stage.RCPT, Stage.DATA, Stage.BODY, Stage.DOT})
"""From RCPT on a refusal may be the reader's own; before, it is the relay's word to us."""


def classify(stage: Stage, reply: Reply) -> Meaning:
    """What `reply` means when it comes at `stage`, where it does not say "go on"."""
    if stage is Stage.DOT and 200 <= reply.code < 300:
        return Meaning.ACCEPTED
    if 400 <= reply.code < 500:
        return Meaning.DEFERRED if stage in ABOUT_ONE_MESSAGE else Meaning.RELAY
    if reply.code >= 500:
        return _permanent(stage, reply)
    return Meaning.BROKEN


def _permanent(stage: Stage, reply: Reply) -> Meaning:
    if stage in ABOUT_ONE_MESSAGE | {Stage.MAIL} and _says_too_large(reply):
        return Meaning.REJECTED
    if stage not in ABOUT_ONE_MESSAGE or reply.code in AUTHENTICATION_REQUIRED:
        return Meaning.POLICY
    if reply.enhanced.startswith("5.7.") and reply.enhanced not in ABOUT_THE_READER:
        return Meaning.POLICY
    if reply.code == 503:  # our commands and its replies are out of step
        return Meaning.BROKEN
    return Meaning.REJECTED


def _says_too_large(reply: Reply) -> bool:
    # 552 without more means "too large" (RFC 1870 section 6.2); with 5.2.2 it is a full mailbox.
    return reply.enhanced in TOO_LARGE or (reply.code == 552 and not reply.enhanced)
