"""Decides whose fault a refusal is, by its words first and then by its codes (pure).

The words are compiled at the first refusal: that takes as long as starting a command does.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from subscribers.blame.blame import Blame
from subscribers.blame.words import plain_words

_STATUS = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.]*\d)")
_REPLY = re.compile(
    r"(?<![\d.\-:/#])([45][0-5]\d)(?=[ \-]|\Z)(?!-\d)(?:[ \-]#?([45])\.(\d{1,3})\.(\d{1,3}))?"
)
_WORD = re.compile(r"\b(?!smtp\b)[^\W\d_]{3,}")

_NOT_IN_DIRECTORY = re.compile(r"recipient address(?:es)? rejected ?: access denied")

_ADDRESS_IS_BAD = frozenset(
    {(1, 1), (1, 2), (1, 3), (1, 6), (1, 10), (2, 1), (4, 4), (7, 13), (7, 17), (7, 18)}
)
"""RFC 3463 sections 3.2 and 3.3, RFC 5248, RFC 7293, RFC 7505: no such mailbox, or a disabled one."""

_SENDER_IS_BAD = frozenset({(1, 7), (1, 8), (1, 9)})
"""The sender's address is malformed, unknown, or has a null MX (RFC 3463, RFC 7505)."""

_AUTHENTICATION_REQUIRED = frozenset({530, 534, 535, 538})
"""RFC 4954 section 6."""

_TOO_LARGE = 552
"""Without an enhanced code it means "message too large" (RFC 1870 section 6.2)."""

_BLOCKED = 571
"""Not in any standard; filters reply it for 550 5.7.1."""

_DOMAIN_TAKES_NO_MAIL = 556
"""RFC 7504 section 4."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Refusal:
    """One refusal. `code` is the SMTP reply code, or 0 if only the text of a report is known.

    `enhanced` is the status (RFC 3463) of the reply or of the report's Status field, or "".
    `names_a_reader` means that a recipient had been named, so the refusal may be about the
    recipient. `is_widespread` means that readers of several domains were recently refused in the
    same words.
    """

    text: str
    code: int = 0
    enhanced: str = ""
    names_a_reader: bool = True
    is_widespread: bool = False


def judge(refusal: Refusal) -> Blame:
    """Whose fault the refusal is. Words take precedence over codes; UNKNOWN if neither says."""
    blame = _by_words_and_codes(refusal)
    could_be_a_readers = blame in (Blame.READER, Blame.MAILBOX, Blame.UNKNOWN)
    if could_be_a_readers and refusal.is_widespread:
        return Blame.ACCOUNT
    if could_be_a_readers and not refusal.names_a_reader:
        return Blame.NOW if _is_temporary(refusal) else Blame.ACCOUNT
    return blame


def says_session_is_full(text: str) -> bool:
    """Whether the server accepts no more mail on this connection."""
    from subscribers.blame.general_words import SESSION_IS_FULL

    return SESSION_IS_FULL.search(plain_words(text)) is not None


def says_connections_are_full(text: str) -> bool:
    """Whether the server accepts no more connections, or messages at once, beside those it has."""
    from subscribers.blame.general_words import CONNECTIONS_ARE_FULL

    words = plain_words(text)
    return not says_session_is_full(text) and CONNECTIONS_ARE_FULL.search(words) is not None


def _by_words_and_codes(refusal: Refusal) -> Blame:
    words = plain_words(refusal.text)
    by_words = _by_words(words)
    if _is_temporary(refusal):
        return by_words if by_words in (Blame.ACCOUNT, Blame.MAILBOX) else Blame.NOW
    if refusal.code in _AUTHENTICATION_REQUIRED:
        return Blame.ACCOUNT
    status = _status(refusal)
    if (status is None or status[0] != 7) and _NOT_IN_DIRECTORY.search(words):
        return Blame.READER  # so say Exchange Online's directory and Postfix's table of recipients
    if by_words is Blame.READER and status in _SENDER_IS_BAD:
        return Blame.POLICY  # the address that does not exist is the sender's
    if by_words is Blame.NOW and status is not None and status[0] == 7:
        return Blame.POLICY  # refused permanently for security, whatever the words say
    if by_words is not Blame.UNKNOWN:
        return by_words
    if _refuses_address(words) and (status is None or status[0] != 7):
        return Blame.READER
    return _by_code(refusal, status, words)


def _by_words(words: str) -> Blame:
    from subscribers.blame import general_words, other_languages
    from subscribers.blame.known_replies import COMPILED

    for pattern, blame in (*COMPILED, *general_words.IN_ORDER, *other_languages.IN_ORDER):
        if pattern.search(words):
            return blame
    return Blame.UNKNOWN


def _refuses_address(words: str) -> bool:
    from subscribers.blame.general_words import REFUSED_ADDRESS

    return REFUSED_ADDRESS.search(words) is not None


def _by_code(refusal: Refusal, status: tuple[int, int] | None, words: str) -> Blame:
    if refusal.code == _DOMAIN_TAKES_NO_MAIL:
        return Blame.READER
    if refusal.code == _BLOCKED or refusal.text.lstrip().startswith(str(_BLOCKED)):
        return Blame.POLICY
    if status is None:
        return Blame.MESSAGE if refusal.code == _TOO_LARGE else Blame.UNKNOWN
    if status in _SENDER_IS_BAD:
        return Blame.POLICY
    if status in _ADDRESS_IS_BAD:
        return Blame.UNKNOWN if _is_filled_in(refusal, words) else Blame.READER
    if status == (2, 2):
        return Blame.MAILBOX
    if status in {(2, 3), (3, 4)} or status[0] == 6:
        return Blame.MESSAGE
    return {3: Blame.NOW, 4: Blame.NOW, 7: Blame.POLICY}.get(status[0], Blame.UNKNOWN)


def _is_temporary(refusal: Refusal) -> bool:
    if refusal.code:
        return 400 <= refusal.code < 500
    if refusal.enhanced:
        return refusal.enhanced.startswith("4")
    codes = [found[1] for found in _REPLY.finditer(refusal.text)]
    return bool(codes) and all(code.startswith("4") for code in codes)


def _status(refusal: Refusal) -> tuple[int, int] | None:
    """Subject and detail of the server's own status, else of the status in the report (RFC 3463)."""
    own = _own_status(refusal.text)
    if own is not None:
        return own
    for text in (refusal.enhanced, refusal.text):
        for found in _STATUS.finditer(text):
            if found[1] != "2" and (int(found[2]), int(found[3])) != (0, 0):
                return int(found[2]), int(found[3])
    return None


def _own_status(text: str) -> tuple[int, int] | None:
    for found in _REPLY.finditer(text):
        if found[2] is not None and (int(found[3]), int(found[4])) != (0, 0):
            return int(found[3]), int(found[4])
    return None


def _is_filled_in(refusal: Refusal, words: str) -> bool:
    """Whether the report made up its status: sendmail fills in 5.1.1 for a 550 without one."""
    if refusal.code or _own_status(refusal.text) is not None:
        return False
    return _REPLY.search(refusal.text) is not None and _WORD.search(words) is not None
