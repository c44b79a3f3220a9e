"""What other tools' columns say about a subscription: people who left stay off (rule 18)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum

from subscribers.subscriber import Status

_A, _P, _U = Status.ACTIVE, Status.PENDING, Status.UNSUBSCRIBED
_B, _C = Status.BOUNCED, Status.COMPLAINED


class Says(StrEnum):
    """What a column says about the subscription."""

    WORD = "word"  # its word is the status
    ACTIVE = "active"  # yes: active; no: left
    CONFIRMED = "confirmed"  # yes: active; no: pending
    LEFT = "left"  # yes, or a date: left; no: active
    BOUNCED = "bounced"
    COMPLAINED = "complained"


def _named(names: str, says: Says) -> dict[str, Says]:
    return {name.strip(): says for name in names.split(",")}


COLUMNS: Mapping[str, Says] = {
    **_named(
        "status, subscription status, subscriber status, email status, marketing status, email marketing,"
        "email marketing status, email subscription status, contact status, list status, opt in status,"
        "optin status, member status, membership status, delivery status, email permission status, reception,"
        "global status, email marketing consent, email subscriber status, newsletter status, subscription state",
        Says.WORD,
    ),
    **_named(
        "subscribed, is subscribed, active, is active, enabled, is enabled, opted in, opt in, optin,"
        "subscribed to emails, subscribed to newsletter, accepts marketing, accepts email marketing,"
        "email consent, marketing consent",
        Says.ACTIVE,
    ),
    **_named(
        "confirmed, is confirmed, verified, is verified, email confirmed, email verified, double opt in,"
        "is the email of this user confirmed, is the email of this subscriber confirmed",
        Says.CONFIRMED,
    ),
    **_named(
        "unsubscribed, is unsubscribed, opted out, opt out, optout, blacklisted, is blacklisted, blocklisted,"
        "blocked, is blocked, email disabled, disabled, is disabled, suppressed, is suppressed, deleted, archived,"
        "do not mail, do not email, no mail, nomail, is this user blacklisted, is this subscriber blacklisted,"
        "is this user disabled, is this subscriber disabled, unsub time, unsubscribed at, unsubscribed on,"
        "unsubscribe date, unsubscribe time, unsubscription date, unsubscribed date, date unsubscribed,"
        "stop time, unsubscribed from all email, email suppressions, deleted at, opted out at, opt out time, opt out date, optout time, blocked at, suppressed at, email disabled at",
        Says.LEFT,
    ),
    **_named(
        "bounced, is bounced, hard bounced, undeliverable, clean time, cleaned at, bounced at, bounce date,"
        "undeliverability date",
        Says.BOUNCED,
    ),
    **_named(
        "complained, has complained, spam complaint, marked as spam, complained at, complaint date", Says.COMPLAINED
    ),
}  # fmt: skip
"""Headers of status columns in any tool's file, in lower case, as plain words."""


def _words(words: str, status: Status) -> dict[str, Status]:
    return {word.strip(): status for word in words.split(",")}


WORDS: Mapping[str, Status] = {
    **_words(
        "active, subscribed, enabled, confirmed, member, ok, opted in, opt in, optin, single opt in, double opt in,"
        "single, double, regular, premium, paid, free, comp, comped, complimentary, gift, gifted, trial, trialed,"
        "trialing, past due, churning, upcoming, unpaid, mail, digest, digestplain, summary, notice, txt, html, urlize,"
        "not me, verified, needs attention, email subscribed, valid",
        _A,
    ),
    **_words(
        "pending, unconfirmed, not confirmed, unactivated, validating, invited, unverified, not verified, waiting,"
        "awaiting confirmation, awaiting activation, opt in pending, requested",
        _P,
    ),
    **_words(
        "unsubscribed, inactive, disabled, blocklisted, blacklisted, blocked, cancelled, canceled, opted out, opt out,"
        "optout, removed, archived, deleted, left, non subscribed, nonsubscribed, not subscribed, never subscribed,"
        "transactional, suppressed, nomail, no mail, paused, by user, by moderator, suspended, excluded, churned, former,"
        "withdrawn, expired, revoked, unsub, email unsubscribed, manually deactivated, declined",
        _U,
    ),
    **_words(
        "bounced, cleaned, hard bounced, hard bounce, bounce, unreachable, undeliverable, invalid, by bounces, failed,"
        "dead, soft bounced, bouncing",
        _B,
    ),
    **_words("complained, complaint, spam, junk, spammy, spam complaint, reported, abuse, abuse complaint", _C),
}  # fmt: skip
"""What the words in a status column mean."""

_YES = frozenset({"1", "true", "t", "yes", "y", "on", "x", "ja", "oui", "si", "sí", "checked"})
_NO = frozenset(
    {"", "0", "false", "f", "no", "n", "off", "nein", "non", "none", "null", "nil", "-", "never"}
)
_DATE = re.compile(
    r"\d{4}-\d\d?-\d\d?|\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|\d{9,13}\Z|[A-Za-z]{3,9}\.? \d{1,2},? \d{4}|\d{1,2} [A-Za-z]{3,9}\.? \d{4}"
)
_STRENGTH = (_C, _B, _U, _P, _A)
_IF_YES = {
    Says.ACTIVE: _A,
    Says.CONFIRMED: _A,
    Says.LEFT: _U,
    Says.BOUNCED: _B,
    Says.COMPLAINED: _C,
}
_IF_NO = {Says.ACTIVE: _U, Says.CONFIRMED: _P}


def plain_header(header: str) -> str:
    """The header in lower case, as plain words: `OPTIN_TIME` becomes `optin time`."""
    return " ".join(re.sub(r"[^\w]|_", " ", header.casefold()).split())


_LEAVES = re.compile(
    r"unsub|un subscri|\bopt(?:ed)? ?out|black ?list|block ?list|\bsuppress|do not (?:e?mail|contact)|\bno ?mail|abgemeldet|abbestellt|d[ée]sabonn|desinscri|d[ée]sinscri"
)
_ABOUT = re.compile(
    r"reason|campaign|title|source|link|url|token|comment|\bids?\b|\bip\b|count|note"
)
_CLEAR_STATUSES = frozenset(
    spelt(word).replace(" ", mark)
    for word in (
        *("unsubscribed", "unconfirmed", "blocklisted", "blacklisted", "bounced", "hard bounced", "complained"),
        *("opted out", "cleaned", "unreachable", "non subscribed", "nonsubscribed", "not subscribed", "undeliverable"),
    )
    for spelt in (str.lower, str.upper, str.title, str.capitalize)
    for mark in " _-"
)  # fmt: skip


def says_of(header: str, says: Mapping[str, Says]) -> Says | None:
    """What a column with this plain header says about the subscription; None if nothing.

    `says` are the layout's own columns. A header that is not listed but is about leaving counts.
    """
    known = says.get(header) or COLUMNS.get(header)
    if known is None and _LEAVES.search(header) and not _ABOUT.search(header):
        return Says.LEFT
    return known


def is_clearly_a_status(cell: str) -> bool:
    """Whether the cell can only mean that a subscription is not active."""
    return cell.strip() in _CLEAR_STATUSES


def status_in_cell(says: Says, cell: str, words: Mapping[str, Status]) -> Status | None:
    """The status that one cell gives the subscription; None if its word is not known.

    `words` are the layout's own and take precedence over the general ones. With an empty word,
    nothing is known about the subscription, so it waits for a confirmation.
    """
    word = plain_header(cell)
    if says is Says.WORD:
        return _P if not word else words.get(word, WORDS.get(word))
    if word in _YES or (word not in _NO and _DATE.match(cell.strip())):
        return _IF_YES[says]
    if word in _NO:
        return _IF_NO.get(says, _A)
    return None


def strongest(statuses: list[Status]) -> Status:
    """The status that outweighs the others: left, bounced or complained in any column counts."""
    return min(statuses, key=_STRENGTH.index, default=_A)
