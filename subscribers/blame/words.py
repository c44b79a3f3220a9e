"""The words of a refusal without line breaks, addresses, hosts and links, which mislead."""

from __future__ import annotations

import re

MAX_TEXT = 4_000
"""Characters of a refusal that are examined."""

BLOCK_LISTS = (
    "spamhaus|spamcop|barracudacentral|sorbs|surbl|uribl|dnsbl|invaluement|abuseat|psbl|manitu"
    "|senderscore|cloudmark|uceprotect|abusix|rbl"
)

_CONTINUED = re.compile(r"(?m)^[ \t>|]*(?:[45]\d\d-(?:[45]\.\d{1,3}\.\d{1,3}[ \t]*)?)")
_WRAPPING = re.compile(
    r"\bhost\s+\S+(?:\s*\[[^\]\s]*\])?\s+said:|\(in\s+reply\s+to\s[^)]{1,60}\)"
    r"|\bSMTP\s+error\s+from\s+(?:remote\s+)?mail\s?(?:er|server)\s+after\s+[^:]{1,40}:(?:\s*<[^>]*>)?(?:\s*SIZE=\d+)?:?"
    r"|\bhost\s+\S+\s+\[[^\]\s]*\]:"
)
"""What Postfix and Exim write around the reply of another server."""

_QUOTED = re.compile(r"(?m)^[ \t]*[>|][ \t>|]*")
_BLOCK_LIST = re.compile(
    rf"(?<![\w./?=&%-])(?:https?://)?[\w./?=&%-]*\b(?:{BLOCK_LISTS})\b[\w-]*\.[\w./?=&%#-]*",
    re.IGNORECASE,
)
_LINK = re.compile(r"https?://\S+|\bwww\.\S+", re.IGNORECASE)
# An address ends where its domain does: sendmail and others write "jo@example.org...User unknown".
_ADDRESS = re.compile(r"<[^<>@\s]*@[^<>\s]*>|[^\s<>()\[\]:;,\"']+@(?:(?!\.\.)[^\s<>()\[\]:;,\"'])+")
# The names of Exchange's errors (RESOLVER.ADR.RecipNotFound) look like hosts, but are kept.
_HOST = re.compile(
    r"(?<![\w.])(?!(?:RESOLVER|STOREDRV|SMTPSEND|ROUTING|QUEUE)\.)"
    r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*\.(?:[a-z]{2,24}|[A-Z]{2,24})(?:\[[0-9a-fA-F.:]+\])?(?![\w.]*\w)"
)
_PARAGRAPH_ENDS = re.compile(r"(?m)\n[ \t]*\n|^[ \t]*[_*=~-]{10,}[ \t]*$")
_BANNER = re.compile(
    r"(?:scanned|checked) (?:for|by)|virus[ -]?free|no virus|confidential|intended (?:only |solely )?for",
    re.IGNORECASE,
)
_REFUSES = re.compile(
    r"(?<![\d.])[45](?:\d\d[ -]|\.\d{1,3}\.\d)|reject|refus|infected|detected|contains|blocked",
    re.IGNORECASE,
)
_JOINED = re.compile(r"(?<=[^\W\d_])_(?=[^\W\d_])")
"""An underscore between words, as in BAD_RECIPIENT."""

_NUMBER = re.compile(r"\d+")
_APOSTROPHES = str.maketrans("\u2019\u2018`", "'''")


def plain_words(text: str) -> str:
    """The words in one line and in lower case; a block list's host or link becomes "blocklist"."""
    words = _without_banners(text[:MAX_TEXT]).translate(_APOSTROPHES)
    words = _CONTINUED.sub(" ", words)
    words = _QUOTED.sub(" ", words)
    words = _WRAPPING.sub(" ", words)
    words = _BLOCK_LIST.sub(" blocklist ", words)
    for noise in (_LINK, _ADDRESS, _HOST):
        words = noise.sub(" ", words)
    return " ".join(_JOINED.sub(" ", words).casefold().split())


def _without_banners(text: str) -> str:
    """The text without what scanners and disclaimers add to a notice, which speaks of viruses."""
    paragraphs = _PARAGRAPH_ENDS.split(text)
    return "\n".join(p for p in paragraphs if not _BANNER.search(p) or _REFUSES.search(p)) or text


def same_words(text: str) -> str:
    """A key that is equal for equal words: numbers and identifiers do not count."""
    return _NUMBER.sub("#", " ".join(w for w in plain_words(text).split() if not _is_identifier(w)))


def _is_identifier(word: str) -> bool:
    """Whether the word is an identifier of one message or session: letters and digits mixed."""
    return len(word) > 5 and any(c.isdigit() for c in word) and any(c.isalpha() for c in word)
