"""Reads from a message's header what identifies it, and to whom it was sent."""

from __future__ import annotations

from dataclasses import dataclass

from subscribers.inbound.reading import UnreadableError, addresses, header, headers, parse_header

MAX_HEADER = 100_000
"""Octets in which the header is looked for."""

MAX_RECIPIENTS = 200

_IDENTIFIES = ("Message-ID", "From", "Date", "Subject")
RECIPIENT_HEADERS = ("Delivered-To", "X-Original-To", "Envelope-To", "To", "Cc")
"""The headers that say to whom a message was sent, the most certain first."""


@dataclass(frozen=True, kw_only=True, slots=True)
class MailIdentity:
    """What a header says. `named` are Message-ID, From, Date and Subject, or nothing if it has none.

    `recipients` are the addresses to which the message was sent, the most certain first.
    """

    named: tuple[str, ...] = ()
    recipients: tuple[str, ...] = ()


def read_identity(content: bytes) -> MailIdentity:
    """Read the header; never raises."""
    try:
        message = parse_header(content[:MAX_HEADER])
    except UnreadableError:
        return MailIdentity()
    found = (
        address
        for name in RECIPIENT_HEADERS
        for address in (*addresses(message, name), *headers(message, name))
    )
    return MailIdentity(
        named=tuple(header(message, name) for name in _IDENTIFIES),
        recipients=tuple(dict.fromkeys(found))[:MAX_RECIPIENTS],
    )
