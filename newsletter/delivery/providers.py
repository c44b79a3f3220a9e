"""What relays say in words of their own where their codes say less, or something else.

Sources: the postmasters' pages of Gmail, Outlook, Yahoo and other large hosts, and Exchange,
Postfix and Exim as they answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable


def _any_of(phrases: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(phrases), re.IGNORECASE)


_NOBODY_THERE = _any_of(
    (
        r"email account that you tried to reach (does not exist|is (disabled|inactive|over))",
        r"(user|recipient|mailbox|account|address)\b.{0,60}\b(unknown|does ?n.?t exist|not exist)",
        r"(user|recipient|mailbox|account|address)\b.{0,40}\bnot found",
        r"(no|unknown|invalid|bad) such (user|recipient|mailbox|account|person|address)",
        r"(unknown|invalid) (local )?(user|recipient|mailbox)",
        r"mailbox (is )?(disabled|unavailable|inactive)",
        r"doesn.?t have an? \S+ account",  # Yahoo: "dd This user doesn't have a yahoo.com account"
        r"account (is |has been )?(disabled|deactivated|suspended|closed)",
        r"no mailbox here by that name",
        r"not our customer|unrouteable address",
    )
)
_NOBODY_IN_EXCHANGE = re.compile(r"recipient address rejected: access denied", re.IGNORECASE)
"""With 5.4.1: the directory of Exchange Online knows no such recipient."""

_BLOCKED = _any_of(
    (
        r"\b(block|black|deny|reputation)[ -]?list",
        r"\b(rbl|dnsbl|spamhaus|spamcop|barracudacentral|surbl|uribl|invaluement)\b",
        r"blocked (using|by|due|because)|\b(ip|host|server|network|sender)\b.{0,40}\bblocked",
        r"\b(spf|dkim|dmarc)\b.{0,60}(fail|not pass|required|check|align|policy|reject)",
        r"does not meet .{0,40}authentication|unauthenticated (email|mail|sender)",
        r"\(s\d{4}\)",  # Outlook's block list
        r"\b(SC|DY|OU)-00\d\b",
        r"\[(bl|ts|phs)\d\d\]",  # Yahoo's and Verizon's
        r"message (not accepted|rejected|refused|blocked) (for|due to|as|because|by) .{0,20}"
        r"(polic|spam|content|reputation)",
        r"looks like spam|classified as spam|identified as spam|spam (message|content) (rejected|detected)",
        r"poor reputation|low reputation|(sender|ip|domain)('s)? reputation",
        r"relay(ing)? (access )?(is )?(denied|not (allowed|permitted))|(unable|not permitted) to relay",
        r"no (reverse dns|ptr)|reverse dns|helo (name|command) rejected",
        r"sender (address )?(is )?(rejected|refused|unknown|not (allowed|verified|found))",
        r"email address is not verified",  # Amazon SES, of our own
        r"unusual (rate|amount) of unsolicited",
    )
)
_OUR_QUOTA = _any_of(
    (
        r"(daily|hourly|monthly|user) (sending|message|user sending) (quota|limit)",
        r"(daily|monthly) .{0,20}(quota|limit) exceeded",
        r"exceeded .{0,30}(sending|messages? per|outgoing|submission)",
    )
)
_TOO_FAST = _any_of(
    (
        r"rate[ -]?limit|throttl",
        r"too (many|much) (messages|connections|mail|recipients|emails|requests)",
        r"(sending|message|connection|maximum) rate",
        r"slow down|too fast|unusual rate",
        r"unexpected volume|user complaints",  # Yahoo's TSS04
        r"\[(ts|tss)\d\d\]|\brp-00\d\b",
        r"temporarily (deferred|blocked|rate)",
        r"exceeded .{0,30}(limit|rate)",
    )
)
_GREYLISTED = _any_of((r"gr[ae]y[ -]?list", r"postgrey", r"try again in \d+ (sec|min)"))


def names_nobody(enhanced: str, text: str) -> bool:
    """Whether these words say that the recipient's address is no mailbox."""
    if enhanced == "5.4.1" and _NOBODY_IN_EXCHANGE.search(text):
        return True
    return _NOBODY_THERE.search(text) is not None


def names_us(text: str) -> bool:
    """Whether these words are about the sender: lists, reputation, authentication, quota."""
    return _BLOCKED.search(text) is not None or names_our_quota(text)


def names_our_quota(text: str) -> bool:
    """Whether these words say that our account with the relay has sent its fill."""
    return _OUR_QUOTA.search(text) is not None


def asks_to_slow_down(text: str) -> bool:
    """Whether these words say that we send too fast; greylisting is not that."""
    return _GREYLISTED.search(text) is None and _TOO_FAST.search(text) is not None


def is_greylisting(text: str) -> bool:
    """Whether these words ask an unknown sender to come again: normal life."""
    return _GREYLISTED.search(text) is not None
