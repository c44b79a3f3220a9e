"""The headers that all messages of an issue share, and the values in them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from newsletter.config.sender import Mailbox
from newsletter.delivery.addresses import ascii_domain, needs_smtputf8, wire_address
from newsletter.delivery.header_text import clean, named_address, unstructured
from newsletter.errors import InputError

_FEEDBACK_ID = re.compile(r"[A-Za-z0-9_.-]*(?::[A-Za-z0-9_.-]*){2}:[A-Za-z0-9_.-]{5,15}\Z")
_URL = re.compile(r"https?://[!-;=?-~]+\Z")  # visible ASCII, without what would close the <…>


@dataclass(frozen=True, kw_only=True, slots=True)
class IssueHeaders:
    """The header values that are the same for all readers of an issue.

    `list_id` is `Title <label.news.example.org>` (RFC 2919), `feedback_id` is `a:b:c:SenderId`
    (see `feedback_id`), `unsubscribe_mailto` the address that receives unsubscribe mails, and
    `marked` is a prefix of the subject ("[TEST] "). `message_id_secret` keys the Message-IDs.
    `answers` is the name of an earlier issue: each message then answers the reader's own copy.
    """

    sender: Mailbox
    list_id: str
    issue_name: str
    date: datetime
    message_id_domain: str
    message_id_secret: str = field(default="", repr=False)
    reply_to: str | None = None
    unsubscribe_mailto: str | None = None
    archive_url: str | None = None
    help_url: str | None = None
    subscribe_url: str | None = None
    owner: str | None = None
    feedback_id: str | None = None
    marked: str = ""
    answers: str = ""


def shared_fields(headers: IssueHeaders, subject: str) -> Iterator[tuple[str, str]]:
    """The fields that are the same for all readers, as (name, value), except the MIME fields.

    Raises InputError when a value cannot be used in a header.
    """
    if headers.date.tzinfo is None:
        raise InputError("the date of an issue needs a time zone", field="Date")
    sender = headers.sender
    if needs_smtputf8(sender.address):
        raise InputError(f"the sender {sender.address!r} is not ASCII before the @", field="From")
    yield "From", named_address(sender.name, wire_address(sender.address), column=6)
    if headers.reply_to:
        yield "Reply-To", wire_address(headers.reply_to)
    yield "Subject", unstructured(clean(headers.marked + clean(subject)), column=9)
    yield "List-Id", _list_id(headers.list_id)
    yield "List-Post", "NO"
    if headers.help_url:
        yield "List-Help", f"<{web_address(headers.help_url)}>"
    if headers.archive_url:
        yield "List-Archive", f"<{web_address(headers.archive_url)}>"
    if headers.subscribe_url:
        yield "List-Subscribe", f"<{web_address(headers.subscribe_url)}>"
    if headers.owner:
        yield "List-Owner", f"<{mailto(headers.owner)}>"
    yield "List-Unsubscribe-Post", "List-Unsubscribe=One-Click"
    if headers.feedback_id:
        if not _FEEDBACK_ID.match(headers.feedback_id):
            raise InputError(
                f"{headers.feedback_id!r} is not of the form a:b:c:SenderId with a SenderId of 5 to 15 characters",
                field="Feedback-ID",
            )
        yield "Feedback-ID", headers.feedback_id
    if headers.answers:
        yield "Auto-Submitted", "auto-generated"  # a letter that nobody asked for (RFC 3834)
    # Vacation responders answer plain bulk mail; either of these stops them.
    yield "Precedence", "bulk"
    # Not "All", which would also ask Exchange not to send bounces (MS-OXCMAIL).
    yield "X-Auto-Response-Suppress", "DR, RN, NRN, OOF, AutoReply"


def feedback_id(issue_name: str, sender_domain: str) -> str:
    """`12:weekly:newsletter:SenderId`, where SenderId is derived from the domain and is constant."""
    slug, _, number = issue_name.partition("/")
    letters = re.sub(r"[^a-z0-9]", "", sender_domain.lower())
    tail = hashlib.sha256(sender_domain.lower().encode()).hexdigest()
    return f"{number}:{slug}:newsletter:{letters[:8]}{tail[:7]}"


def web_address(url: str) -> str:
    """The URL, if it can be used in angle brackets in a header; otherwise raises InputError."""
    if not _URL.match(url):
        raise InputError(f"{url!r} is not a web address in ASCII")
    return url


def mailto(address: str) -> str:
    """A mailto: URI (RFC 6068)."""
    local, _, domain = wire_address(address).rpartition("@")
    # These have a meaning in a URI or are not allowed in one; the rest of a dot-atom is allowed.
    local = re.sub(r"[%?&#/^`{|}]", lambda match: f"%{ord(match[0]):02X}", local)
    return f"mailto:{local}@{domain}"


def _list_id(text: str) -> str:
    title, _, identifier = text.removesuffix(">").rpartition("<")
    identifier = ascii_domain(identifier.strip())
    return named_address(title, identifier, column=9) if clean(title) else f"<{identifier}>"
