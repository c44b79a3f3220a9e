"""What other tools' columns say about a subscription: people who left stay off (rule 18)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum

from subscribers.importing import other_languages
from subscribers.importing.meanings import all_mean
from subscribers.subscriber import Status

_A, _P, _U = Status.ACTIVE, Status.PENDING, Status.UNSUBSCRIBED
_B, _C = Status.BOUNCED, Status.COMPLAINED


class Says(StrEnum):
    """What a column says about the subscription."""

    WORD = "word"  # its word is the status
    ACTIVE = "active"  # yes: active; no: left
    CONFIRMED = "confirmed"  # yes: active; no: pending
    LEFT = "left"  # yes, or a date: left; no: active
    UNCONFIRMED = "unconfirmed"  # yes: pending; no: active
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    LEFT_BECAUSE = "left because"  # any text but a no: left
    BOUNCED_BECAUSE = "bounced because"  # any text but a no: bounced


COLUMNS: Mapping[str, Says] = {
    **all_mean(
        "status, statut, subscription status, subscriber status, email status, marketing status, email marketing,"
        "email marketing status, email subscription status, contact status, list status, opt in status,"
        "optin status, member status, membership status, delivery status, email permission status, reception,"
        "global status, email permission status, marketing contact status, email marketing consent, email subscriber status, newsletter status, subscription state",
        Says.WORD,
    ),
    **all_mean(
        "subscribed, is subscribed, active, is active, enabled, is enabled, opted in, opt in, optin,"
        "subscribed to emails, subscribed to newsletter, accepts marketing, accepts email marketing,"
        "email consent, marketing consent",
        Says.ACTIVE,
    ),
    **all_mean(
        "confirmed, is confirmed, verified, is verified, email confirmed, email verified, double opt in,"
        "is the email of this user confirmed, is the email of this subscriber confirmed",
        Says.CONFIRMED,
    ),
    **all_mean(
        "unsubscribed, is unsubscribed, unsub, is excluded from campaigns, opted out, opt out, optout, blacklisted, is blacklisted, blocklisted,"
        "blocked, is blocked, email disabled, disabled, is disabled, suppressed, is suppressed, deleted, archived,"
        "do not mail, do not email, no mail, nomail, is this user blacklisted, is this subscriber blacklisted,"
        "is this user disabled, is this subscriber disabled, unsub time, unsubscribed at, unsubscribed on,"
        "unsubscribe date, unsubscribe time, unsubscription date, unsubscribed date, date unsubscribed,"
        "stop time, unsubscribed from all email, deleted at, opted out at, opt out time, opt out date, optout time, blocked at, suppressed at, email disabled at",
        Says.LEFT,
    ),
    **all_mean(
        "bounced, is bounced, hard bounced, undeliverable, clean time, cleaned at, bounced at, bounce date,"
        "undeliverability date",
        Says.BOUNCED,
    ),
    **all_mean(
        "complained, has complained, spam complaint, is spam complaining, marked as spam, complained at, complaint date",
        Says.COMPLAINED,
    ),
    **all_mean("is opt in pending, opt in pending, unconfirmed, is unconfirmed", Says.UNCONFIRMED),
    **all_mean("email suppressions, email list suppressions, suppression reason, unsubscribe reason", Says.LEFT_BECAUSE),
    **all_mean("email hard bounce reason, hard bounce reason, bounce reason, bounce type", Says.BOUNCED_BECAUSE),
}  # fmt: skip
"""Headers of status columns in any tool's file, in lower case, as plain words."""


WORDS: Mapping[str, Status] = {
    **other_languages.WORDS,
    **all_mean(
        "active, subscribed, enabled, confirmed, member, ok, opted in, opt in, optin, single opt in, double opt in,"
        "single, double, regular, premium, paid, free, comp, comped, complimentary, gift, gifted, trial, trialed,"
        "trialing, past due, churning, upcoming, unpaid, mail, digest, digestplain, summary, notice, txt, html, urlize,"
        "not me, verified, needs attention, email subscribed, valid, marketing contact, marketing, implicit, implied,"
        "explicit, express, subscriber",
        _A,
    ),
    **all_mean(
        "pending, unconfirmed, not confirmed, unactivated, validating, invited, unverified, not verified, waiting,"
        "awaiting confirmation, awaiting activation, opt in pending, requested, pending confirmation, not set,"
        "temp hold, temporary hold, temporarily on hold, no permissions set, unknown",
        _P,
    ),
    **all_mean(
        "unsubscribed, inactive, disabled, blocklisted, blacklisted, blocked, cancelled, canceled, opted out, opt out,"
        "optout, removed, archived, deleted, left, non subscribed, nonsubscribed, not subscribed, never subscribed,"
        "transactional, suppressed, nomail, no mail, paused, by user, by moderator, suspended, excluded, churned, former,"
        "withdrawn, expired, revoked, unsub, email unsubscribed, manually deactivated, declined,"
        "non marketing contact, non marketing, not sending, no email, banned, do not mail, do not email, opted out of all",
        _U,
    ),
    **all_mean(
        "bounced, cleaned, hard bounced, hard bounce, bounce, unreachable, undeliverable, invalid, by bounces, failed,"
        "dead, soft bounced, bouncing",
        _B,
    ),
    **all_mean("complained, complaint, spam, junk, spammy, spam complaint, reported, marked as spam, abuse, abuse complaint", _C),
}  # fmt: skip
"""What the words in a status column mean."""

_YES = other_languages.YES | {"1", "true", "t", "yes", "y", "on", "x", "checked"}
_NO = other_languages.NO | {
    *("", "0", "false", "f", "no", "n", "off", "none", "null", "nil", "-", "never")
}
_DATE = re.compile(
    r"\d{4}-\d\d?-\d\d?|\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|\d{9,13}\Z|[2-6]\d{4}(?:[.,]\d+)?\Z|[A-Za-z]{3,9}\.? \d{1,2},? \d{4}|\d{1,2} [A-Za-z]{3,9}\.? \d{4}"
)
_STRENGTH = (_C, _B, _U, _P, _A)
_IF_YES = {
    Says.ACTIVE: _A,
    Says.CONFIRMED: _A,
    Says.UNCONFIRMED: _P,
    Says.LEFT: _U,
    Says.BOUNCED: _B,
    Says.COMPLAINED: _C,
}
_IF_ANY = {Says.LEFT_BECAUSE: _U, Says.BOUNCED_BECAUSE: _B}
_IF_NO = {Says.ACTIVE: _U, Says.CONFIRMED: _P}


def english_header(header: str) -> str:
    """The header as plain words, in English if it is a known one of another language."""
    plain = plain_header(header)
    return other_languages.HEADERS.get(plain, plain)


def english_headers(headers: Sequence[str]) -> list[str]:
    """Each header in English; as it is if another column has the English name."""
    plains = [plain_header(header) for header in headers]
    return [
        plain if english_header(header) in plains else english_header(header)
        for header, plain in zip(headers, plains, strict=True)
    ]


def plain_header(header: str) -> str:
    """The header in lower case, as plain words: `OPTIN_TIME` and `optinTime` become `optin time`."""
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", header)
    return " ".join(re.sub(r"[^\w]|_", " ", apart.casefold()).split())


_LEAVES = re.compile(
    r"unsub|un subscri|\bopt(?:ed)? ?out|black ?list|block ?list|\bsuppress|\bdo(?: not|n ?t) (?:e ?mail|contact|send)|\bno (?:e ?)?mails?\b|\bnomail|\bno newsletters?\b|abgemeldet|abbestellt|d[ée]sabonn|desinscri|d[ée]sinscri"
)
_ABOUT = re.compile(
    r"reason|campaign|title|source|link|url|token|comment|\bids?\b|\bip\b|count|note"
)
_STATUS_OF_MAIL = re.compile(
    r"\b(?:e ?mail|contact|subscri\w*|member\w*|list|newsletter|marketing|opt ?in)\b.*\b(?:status|permission)(?: (?:other|home|work))?\Z"
    r"|\b(?:e ?mail|subscri\w*|member\w*|newsletter)\b.*\bstate\Z"
)
"""Headers of status columns of mail that are not listed."""

_WANTS = re.compile(
    r"\b(?:wants?|receives?|accepts?|gets?|agree[sd]?|consent(?:s|ed)?|opt(?:ed)? ?in|subscribed?|allows?)\b.*\b(?:newsletters?|e ?mails?|mailings?|marketing)\Z"
    r"|\b(?:gdpr|e ?mail|newsletter|marketing|mailing) (?:consent|opt ?in|subscription|subscribed|subscriber)\Z"
)
_BOUNCE = re.compile(r"(?<!soft )\bbounced? (?:reason|code|date|at|on|type)\Z")
_MAY_BE_A_WISH = re.compile(r"\b(?:newsletters?|mailing list|mailings?|consent|permission|gdpr)\Z")
"""A column with such a header has the name of a newsletter, where a consent came from, or a yes or no."""

_NOT_MAIL = re.compile(r"\b(?:sms|mms|phone|mobile|whats ?app|push|call|voice|fax|postal)\b")
_CLEAR_STATUSES = frozenset(
    spelt(word).replace(" ", mark)
    for word in (
        *("unsubscribed", "unconfirmed", "blocklisted", "blacklisted", "bounced", "hard bounced", "complained"),
        *other_languages.CLEAR_STATUSES,
        *("opted out", "cleaned", "unreachable", "non subscribed", "nonsubscribed", "not subscribed", "undeliverable"),
    )
    for spelt in (str.lower, str.upper, str.title, str.capitalize)
    for mark in " _-"
)  # fmt: skip


def says_of(header: str, says: Mapping[str, Says]) -> Says | None:
    """What a column with this plain header says about the subscription; None if nothing.

    `says` are the layout's own columns. A header that is not listed but is about leaving, or is a
    status of mail, counts.
    """
    known = says.get(header) or COLUMNS.get(header)
    if known is not None or is_of_another_medium(header):
        return known
    if _LEAVES.search(header) and not _ABOUT.search(header):
        return Says.LEFT
    if _BOUNCE.search(header):
        return Says.BOUNCED_BECAUSE
    if _WANTS.search(header):
        return Says.ACTIVE
    return Says.WORD if _STATUS_OF_MAIL.search(header) else None


def is_of_another_medium(header: str) -> bool:
    """Whether a column with this plain header is about text messages, calls or letters."""
    return _NOT_MAIL.search(header) is not None


def is_clearly_a_status(cell: str) -> bool:
    """Whether the cell can only mean that a subscription is not active."""
    return cell.strip() in _CLEAR_STATUSES


def may_say_no(header: str) -> bool:
    """Whether a column with this plain header may say that somebody wants no newsletter."""
    return _MAY_BE_A_WISH.search(header) is not None


def says_of_mapped(header: str) -> Says:
    """What a column with this plain header says that an operator named as the status."""
    known = says_of(header, {})
    return Says.ACTIVE if known is None and may_say_no(header) else known or Says.WORD


def says_no(cell: str) -> bool:
    """Whether the cell is an explicit no, or a word for somebody who is not subscribed."""
    word = plain_header(cell)
    return bool(word) and (word in _NO or WORDS.get(word, _A) is not _A)


def status_in_cell(says: Says, cell: str, words: Mapping[str, Status]) -> Status | None:
    """The status that one cell gives the subscription; None if its word is not known.

    `words` are the layout's own and take precedence over the general ones. With an empty word,
    nothing is known about the subscription, so it waits for a confirmation, unless the layout says
    what an empty word means.
    """
    word = plain_header(cell)
    if says is Says.WORD:
        return words.get(word, WORDS.get(word) if word else _P)
    if says in _IF_ANY:
        return _A if word in _NO else _IF_ANY[says]
    if word in _YES or (word not in _NO and _DATE.match(cell.strip())):
        return _IF_YES[says]
    if word in _NO:
        return _IF_NO.get(says, _A)
    return None


def strongest(statuses: list[Status]) -> Status:
    """The status that outweighs the others: left, bounced or complained in any column counts."""
    return min(statuses, key=_STRENGTH.index, default=_A)
