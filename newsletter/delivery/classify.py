"""What a relay's reply means for the reader, the connection and the run: pure decisions."""

from __future__ import annotations

import re
from enum import StrEnum

from newsletter.delivery.providers import (
    asks_to_slow_down,
    is_greylisting,
    names_nobody,
    names_us,
)
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

ABOUT_THE_SENDER = frozenset({"5.1.7", "5.1.8", "5.1.9"})
"""The sender's address is malformed, unknown, or has a null MX (RFC 3463, RFC 7505)."""

_BAD_ADDRESS = re.compile(r"5\.1\.(?!7\b|8\b|9\b)\d+\Z")
_QUOTA = re.compile(r"quota|mailbox.{0,20}full|exceeded storage", re.IGNORECASE)

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


def says_address_is_bad(code: int, enhanced: str, text: str) -> bool:
    """Whether a rejection proves that the address takes no mail, now or ever.

    By RFC 3463 section 3.2 (5.1.x, but not 5.1.7 to 5.1.9, which speak of the sender), a
    disabled mailbox (5.2.1, 5.7.13), or the provider's own words; a bare 5xx proves nothing.
    """
    if _BAD_ADDRESS.match(enhanced) or enhanced in {"5.2.1", "5.7.13"}:
        return True
    return code >= 500 and names_nobody(enhanced, text) and not names_us(text)


def says_mailbox_is_full(enhanced: str) -> bool:
    """Whether the mailbox exists and takes no more for now (RFC 3463 section 3.3)."""
    return enhanced == "5.2.2"


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


def _permanent(stage: Stage, reply: Reply) -> Meaning:
    if stage in ABOUT_ONE_MESSAGE | {Stage.MAIL} and _says_too_large(reply):
        return Meaning.REJECTED
    if stage not in ABOUT_ONE_MESSAGE or reply.code in AUTHENTICATION_REQUIRED:
        return Meaning.POLICY
    if names_us(reply.text) or reply.enhanced in ABOUT_THE_SENDER:
        return Meaning.POLICY
    if names_nobody(reply.enhanced, reply.text) or reply.enhanced in ABOUT_THE_READER:
        return Meaning.REJECTED
    if reply.enhanced.startswith("5.7."):
        return Meaning.POLICY
    if reply.code == 503:  # our commands and its replies are out of step
        return Meaning.BROKEN
    return Meaning.REJECTED


def _says_too_large(reply: Reply) -> bool:
    # 552 without more means "too large" (RFC 1870 section 6.2); with 5.2.2 it is a full mailbox,
    # and so it is where the words say quota (Yahoo).
    if reply.code == 552 and not reply.enhanced:
        return _QUOTA.search(reply.text) is None
    return reply.enhanced in TOO_LARGE
