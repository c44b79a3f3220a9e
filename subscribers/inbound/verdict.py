"""What a failure means: the reader's address, a passing trouble, or ourselves (RFC 3463)."""

from __future__ import annotations

import re
from enum import StrEnum


class Verdict(StrEnum):
    """What a failure says, and about whom."""

    HARD = "hard"  # this address takes no mail
    SOFT = "soft"  # not now: full, busy, away, too large
    POLICY = "policy"  # about us or our message; never about the reader


_STATUS = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")
_REPLY = re.compile(r"(?<![\d.\-:/])([45][0-5]\d)(?=[ \-])(?!-\d)")

_PHRASES = [
    (verdict, re.compile("|".join(phrases), re.IGNORECASE))
    for verdict, phrases in (
        (
            Verdict.SOFT,
            (
                r"(mail)?box (is |was |has been )?(currently )?(over ?)?full",
                r"over ?quota",
                r"quota (is )?(exceeded|full)",
                r"exceed(s|ed|ing)? .{0,30}(quota|storage|disk)",
                r"(mailbox|disk|storage|account|user)\b.{0,40}(exceed(s|ed)|full\b|size limit)",
                r"insufficient (system |disk )?storage",
                r"not enough (storage|disk) space",
                r"out of (disk )?space|no space left",
                r"message (is |size )?(too (large|big|long)|exceeds)",
                r"size (limit|exceeds)",
                r"temporar(y|ily)",
                r"try (again )?later",
                r"greylist|graylist",
                r"too many (connections|recipients|messages|hops)",
                r"timed? ?out",
                r"connection (refused|reset)",
                r"loops? back to (myself|me)|mail loop|host not reachable|no route to host",
                r"message (was )?(delayed|expired)",
                r"delivery (time|.{0,12}) ?expired",
                r"(will|would) (keep|continue) trying|still (be )?(retr|tr)y",
                r"容量|已满|満杯|いっぱい",
                r"speicherplatz|postfach .{0,20}voll",
                r"bo[iî]te .{0,30}pleine",
            ),
        ),
        (
            Verdict.POLICY,
            (
                r"spam|junk mail|unsolicited|bulk mail",
                r"black ?list|block ?list|\brbl\b|dnsbl|spamhaus|barracuda",
                r"\b(spf|dkim|dmarc)\b",
                r"polic(y|ies)",
                r"reputation",
                r"virus|malware|phish",
                r"relay(ing)? (is )?(access )?(denied|not (allowed|permitted))|unable to relay|not permitted to relay",
                r"content (was )?(rejected|filter|denied)",
                r"(rejected|refused|denied|blocked) .{0,40}(content|filter)",
                r"(client|sender|host|ip|address|message|mail|you)\b.{0,40}\b(is |was |been |are )?(blocked|banned)",
                r"authentication (is )?required|not authenticated|must be authenticated",
                r"reverse dns|ptr record|helo",
                r"sender (address )?(is )?(rejected|denied|not allowed|verify)",
                r"not authori[sz]ed|unauthori[sz]ed",
            ),
        ),
        (
            Verdict.HARD,
            (
                r"(user|recipient|mailbox|account|address|person|member|addressee|destinataire|benutzer|empf.nger|usuario)"
                r"\b.{0,60}(unknown|not (found|exist|known|listed|valid|available|here)|n.t exist|invalid"
                r"|disabled|inactive|unavailable|suspended|discontinued|deleted|deactivated|expired|inconnu|unbekannt|no existe)",
                r"(no|unknown|invalid|bad|nonexistent|non-existent|illegal|unrouteable|undeliverable) (such )?"
                r"(local )?(\w+ )?(user|recipient|mailbox|account|address|person|member|alias|destination|host|domain)",
                r"(doesn.t|does not|didn.t|do not) (have|exist)",
                r"recipient address rejected|rejected address|invalid (e-?mail )?address",
                r"no longer (exists?|valid|here|with|works?|available|in use|active)",
                r"(host|domain)( name)? .{0,30}(not found|unknown|n.t exist|not exist|lookup fail)",
                r"nxdomain",
                r"name (or )?service .{0,20}not known|name server: .{0,40}not found",
                r"is not (a )?(valid|known|local|our)",
                r"(has )?moved (to|on)|left the (company|organi)",
                r"not (listed|our customer|a (valid|known))|can.?not find",
                r"couldn.?t find any host|no mx|does not accept (e?mail|messages)|用户不存在|不存在|宛先不明",
            ),
        ),
    )
]


_WHERE_WORDS_FAIL = {  # by the code's subject
    "3": Verdict.SOFT,
    "4": Verdict.SOFT,
    "5": Verdict.SOFT,
    "6": Verdict.POLICY,
}


def verdict_of(status: str, text: str) -> Verdict:
    """By the enhanced status code where it says something, else by the words and reply codes.

    A failure that is final and says no more counts as hard, unless its code speaks of a system,
    a network, a protocol (5.3, 5.4, 5.5) or our content (5.6).
    """
    known = status_verdict(status)
    if known is None:
        for found in _STATUS.finditer(text):
            known = status_verdict(found[0])
            if known is not None:
                break
    if known is not None:
        return known
    for verdict, phrases in _PHRASES:
        if phrases.search(text):
            return verdict
    codes = [found[1] for found in _REPLY.finditer(text)]
    if status.startswith("4") or (codes and all(code.startswith("4") for code in codes)):
        return Verdict.SOFT
    subject = status_in(f"{status} {text}")[2:3]
    return _WHERE_WORDS_FAIL.get(subject, Verdict.HARD)


def status_in(text: str) -> str:
    """The first enhanced status code in the text that is a failure's; "" where there is none."""
    return next((found[0] for found in _STATUS.finditer(text) if found[1] != "2"), "")


def status_verdict(status: str) -> Verdict | None:
    """What an enhanced status code says by itself; None where it leaves that open."""
    found = _STATUS.fullmatch(status.strip())
    if found is None or found[1] == "2":
        return None
    kind, subject, detail = found[1], int(found[2]), int(found[3])
    if kind == "4":
        return Verdict.SOFT
    if subject == 7 or (subject == 1 and detail in (7, 8)):  # 5.1.7, 5.1.8: the sender's address
        return Verdict.POLICY
    if subject == 1:
        return Verdict.HARD
    if (subject, detail) in {(2, 1), (4, 4)}:  # disabled; nowhere to route it
        return Verdict.HARD
    if (subject, detail) in {(2, 2), (2, 3), (3, 1), (3, 4), (4, 5), (4, 7)}:
        return Verdict.SOFT  # full, too large, expired, congested
    return None  # 5.0.0 and its like say nothing
