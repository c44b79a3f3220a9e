"""The message for one reader: an edition, encoded once, with this reader's headers and values."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from email.utils import format_datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from newsletter.delivery.addresses import ascii_domain, wire_address
from newsletter.delivery.header_text import clean, header_field, named_address, relaxed
from newsletter.delivery.headers import (
    IssueHeaders,
    mailto,
    shared_fields,
    web_address,
)
from newsletter.delivery.segments import Body, encode_body, encode_text_body
from newsletter.errors import InputError
from newsletter.rendering.edition import Edition, Slot
from newsletter.rendering.reading_form import in_form
from subscribers.subscriber import MailFormat

if TYPE_CHECKING:
    from newsletter.delivery.dkim import Signer

_TOKEN = re.compile(r"[A-Za-z0-9_.~-]*\Z")  # unreserved in a URI (RFC 3986 section 2.3)

OWN_FIELDS = ("to", "message-id", "list-unsubscribe", "date")
ANSWERING_FIELDS = ("in-reply-to", "references")


@dataclass(frozen=True, kw_only=True, slots=True)
class Addressee:
    """The reader that a message is for.

    The links contain tokens, never the address. `unsubscribe_token` goes into the subject of an
    unsubscribe by mail, so that it is trusted whichever address it comes from.
    """

    subscriber_id: int
    address: str
    name: str
    unsubscribe_url: str
    preferences_url: str
    unsubscribe_token: str = ""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class CompiledEdition:
    """An edition ready to be sent: what all readers share is encoded, canonical and hashed."""

    issue_name: str
    answers: str  # the issue whose copies are answered, or ""
    date: datetime  # of a message whose own date is not given, and the zone of every date
    message_id_domain: str
    message_id_secret: str = field(repr=False)
    unsubscribe_mailto: str | None
    shared_head: bytes = field(repr=False)  # field lines, then the empty line
    shared_relaxed: bytes = field(repr=False)  # the same in DKIM's relaxed form
    signed_names: tuple[str, ...]
    body: Body = field(repr=False)
    opening_hash: hashlib._Hash = field(repr=False)  # SHA-256 over the body's first segment

    def compose(
        self, addressee: Addressee, signer: Signer | None = None, at: datetime | None = None
    ) -> bytes:
        """The message on the wire: CRLF, 7-bit, no line beginning with a dot.

        `at` is the time of this attempt and becomes the Date: spam filters distrust a message that
        arrives hours after its Date, as the last ones of a long send would.
        Only To may contain UTF-8, for an address that `needs_smtputf8`. Raises InputError when
        the reader's address or links cannot be used in a message.
        """
        own = self._own_fields(addressee, at or self.date)
        segments = self.body.fill(
            {
                Slot.UNSUBSCRIBE: addressee.unsubscribe_url,
                Slot.PREFERENCES: web_address(addressee.preferences_url),
                Slot.NAME: clean(addressee.name),
            }
        )
        signature = self._sign(signer, own, segments) if signer else b""
        return b"".join([signature, *own, self.shared_head, *segments])

    def _own_fields(self, addressee: Addressee, at: datetime) -> list[bytes]:
        """The lines of OWN_FIELDS, then of ANSWERING_FIELDS if it answers, in that order."""
        unsubscribe = f"<{web_address(addressee.unsubscribe_url)}>"
        if self.unsubscribe_mailto:
            subject = _unsubscribe_subject(addressee.unsubscribe_token)
            unsubscribe += f",\r\n <{self.unsubscribe_mailto}?subject={subject}>"
        receiver = named_address(addressee.name, wire_address(addressee.address), column=4)
        return [
            header_field("To", receiver),
            header_field("Message-ID", self._message_id(self.issue_name, addressee)),
            header_field("List-Unsubscribe", unsubscribe),
            _date_field(int(at.timestamp()), self.date.tzinfo),
            *self._answering_fields(addressee),
        ]

    def _answering_fields(self, addressee: Addressee) -> list[bytes]:
        if not self.answers:
            return []
        copy = self._message_id(self.answers, addressee)
        return [header_field("In-Reply-To", copy), header_field("References", copy)]

    def _message_id(self, issue_name: str, addressee: Addressee) -> str:
        return message_id(
            issue_name, addressee.subscriber_id, self.message_id_domain, self.message_id_secret
        )

    def _sign(self, signer: Signer, own: list[bytes], segments: list[bytes]) -> bytes:
        headers = self.shared_relaxed + b"".join([relaxed(line) for line in own])
        digest = self.opening_hash.copy()
        for segment in segments[1:]:
            digest.update(segment)
        return signer.sign(self.signed_names, headers, digest.digest())


def compile_edition(
    edition: Edition, headers: IssueHeaders, *, form: MailFormat = MailFormat.HTML
) -> CompiledEdition:
    """Encode what all readers share, once per edition and form that somebody wants.

    Raises InputError when a header cannot be written, RenderingError when a slot is broken.
    """
    body = (
        encode_text_body(edition)
        if form is MailFormat.TEXT
        else encode_body(in_form(edition, form))
    )
    fields = [
        *shared_fields(headers, edition.subject),
        ("MIME-Version", "1.0"),
        *_content_fields(body),
    ]
    lines = [header_field(name, value) for name, value in fields]
    return CompiledEdition(
        issue_name=headers.issue_name,
        answers=headers.answers,
        date=headers.date,
        message_id_domain=ascii_domain(headers.message_id_domain),
        message_id_secret=headers.message_id_secret,
        unsubscribe_mailto=(
            mailto(headers.unsubscribe_mailto) if headers.unsubscribe_mailto else None
        ),
        shared_head=b"".join([*lines, b"\r\n"]),
        shared_relaxed=b"".join([relaxed(line) for line in lines]),
        signed_names=(
            *(name.lower() for name, _ in fields),
            *OWN_FIELDS,
            *(ANSWERING_FIELDS if headers.answers else ()),
        ),
        body=body,
        opening_hash=hashlib.sha256(body.segments[0]),
    )


def _content_fields(body: Body) -> list[tuple[str, str]]:
    if body.boundary:
        return [("Content-Type", f'multipart/alternative;\r\n boundary="{body.boundary}"')]
    return [
        ("Content-Type", 'text/plain; charset="utf-8"'),
        ("Content-Transfer-Encoding", "quoted-printable"),
    ]


@lru_cache(maxsize=64)
def _date_field(timestamp: int, zone: tzinfo | None) -> bytes:
    """The Date field of a second; many messages share one."""
    return header_field("Date", format_datetime(datetime.fromtimestamp(timestamp, zone)))


def message_id(issue_name: str, subscriber_id: int, domain: str, secret: str = "") -> str:
    """`<weekly.12.…@domain>`: the same for an issue and reader, so a resend is recognised.

    It reveals nothing about the reader; without `secret` another reader's cannot be computed.
    """
    digest = hashlib.blake2b(
        f"{issue_name}\0{subscriber_id}".encode(), digest_size=12, key=secret.encode()[:64]
    )
    return f"<{issue_name.replace('/', '.')}.{digest.hexdigest()}@{domain}>"


def _unsubscribe_subject(token: str) -> str:
    if not _TOKEN.match(token):
        raise InputError("this token cannot be used in a link", field="List-Unsubscribe")
    return f"unsubscribe%20{token}" if token else "unsubscribe"
