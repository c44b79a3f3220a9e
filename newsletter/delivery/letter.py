"""A letter: one short message to one person, such as a sign-in link or a confirmation."""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING

from newsletter.config.sender import Mailbox
from newsletter.delivery.addresses import ascii_domain, wire_address
from newsletter.delivery.header_text import (
    clean,
    header_field,
    named_address,
    relaxed,
    unstructured,
)
from newsletter.delivery.quoted_printable import encode

if TYPE_CHECKING:
    from newsletter.delivery.dkim import Signer


@dataclass(frozen=True, kw_only=True, slots=True)
class InlinePicture:
    """A picture that goes with a letter; its `html` shows it as `cid:CONTENT_ID` (RFC 2392)."""

    content: bytes
    kind: str
    content_id: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Letter:
    """The content of a letter. `date` is aware; `html` has the same content as `text`.

    `answers` is the Message-ID of the mail that the letter answers, "" if that is unknown, None if
    it does not answer a mail. `reply_to` receives the reader's replies instead of the sender.
    `enclosed` is a whole message to attach as a file, `pictures` are those that `html` shows.
    """

    sender: Mailbox
    to_address: str
    subject: str
    text: str
    html: str
    date: datetime
    to_name: str = ""
    reply_to: str | None = None
    answers: str | None = None
    enclosed: bytes | None = None
    pictures: tuple[InlinePicture, ...] = ()


def compose_letter(letter: Letter, signer: Signer | None = None) -> bytes:
    """The message on the wire: CRLF, 7-bit, signed if a signer is given.

    Raises InputError when an address or a text cannot be used in a header.
    """
    text, html = encode(letter.text), encode(letter.html)
    # Quoted-printable never writes "=_", so it cannot occur in a part (RFC 2045 section 6.7).
    boundary = f"=_{hashlib.sha256(text + html).hexdigest()[:32]}"
    kind = f'multipart/alternative;\r\n boundary="{boundary}"'
    body = b"".join(
        [
            _part(boundary, "text/plain", text),
            _html_part(boundary, html, letter.pictures),
            f"--{boundary}--\r\n".encode(),
        ]
    )
    if letter.enclosed is not None:
        kind, body = _with_file(kind, body, letter.enclosed)
    fields = _fields(letter, kind)
    lines = [header_field(name, value) for name, value in fields]
    signature = b""
    if signer is not None:
        names = tuple(name.lower() for name, _ in fields)
        headers = b"".join([relaxed(line) for line in lines])
        signature = signer.sign(names, headers, hashlib.sha256(body).digest())
    return b"".join([signature, *lines, b"\r\n", body])


def _fields(letter: Letter, kind: str) -> list[tuple[str, str]]:
    sender = letter.sender
    answers = letter.answers
    return [
        ("From", named_address(sender.name, wire_address(sender.address), column=6)),
        ("To", named_address(letter.to_name, wire_address(letter.to_address), column=4)),
        *([("Reply-To", wire_address(letter.reply_to))] if letter.reply_to else []),
        ("Subject", unstructured(clean(letter.subject), column=9)),
        ("Date", format_datetime(letter.date)),
        ("Message-ID", f"<{secrets.token_hex(16)}@{ascii_domain(sender.domain)}>"),
        ("MIME-Version", "1.0"),
        ("Content-Type", kind),
        *([("In-Reply-To", answers), ("References", answers)] if answers else []),
        # A program wrote the letter, in answer to a mail or not (RFC 3834 section 5).
        ("Auto-Submitted", "auto-generated" if answers is None else "auto-replied"),
        # Older vacation responders only recognise this field.
        *([("Precedence", "bulk")] if answers is not None else []),
        ("X-Auto-Response-Suppress", "DR, RN, NRN, OOF, AutoReply"),
    ]


def _part(boundary: str, kind: str, encoded: bytes) -> bytes:
    head = (
        f"--{boundary}\r\n"
        f'Content-Type: {kind}; charset="utf-8"\r\n'
        "Content-Transfer-Encoding: quoted-printable\r\n"
        "\r\n"
    )
    return head.encode() + encoded + b"\r\n"


def _html_part(boundary: str, html: bytes, pictures: tuple[InlinePicture, ...]) -> bytes:
    """The HTML together with the pictures it shows (multipart/related, RFC 2387)."""
    if not pictures:
        return _part(boundary, "text/html", html)
    encoded = [_picture_part(picture) for picture in pictures]
    inner = f"=_{hashlib.sha256(b''.join([html, *encoded])).hexdigest()[:32]}"
    delimiter = f"--{inner}\r\n".encode()
    head = (
        f"--{boundary}\r\n"
        f'Content-Type: multipart/related; type="text/html";\r\n boundary="{inner}"\r\n'
        "\r\n"
    )
    parts = b"".join(delimiter + part for part in encoded)
    return b"".join(
        [head.encode(), _part(inner, "text/html", html), parts, f"--{inner}--\r\n".encode()]
    )


def _picture_part(picture: InlinePicture) -> bytes:
    head = (
        f"Content-Type: {picture.kind}\r\n"
        f"Content-ID: <{picture.content_id}>\r\n"
        "Content-Disposition: inline\r\n"
        "Content-Transfer-Encoding: base64\r\n"
        "\r\n"
    )
    return head.encode() + base64.encodebytes(picture.content).replace(b"\n", b"\r\n")


def _with_file(kind: str, body: bytes, enclosed: bytes) -> tuple[str, bytes]:
    """The Content-Type and body of the letter with the enclosed message as an attached file.

    Not as message/rfc822, which may not be encoded (RFC 2046 section 5.2.1): untrusted octets
    would be sent unchanged.
    """
    encoded = base64.encodebytes(enclosed).replace(b"\n", b"\r\n")
    boundary = f"=_{hashlib.sha256(encoded).hexdigest()[:32]}"
    head = f"--{boundary}\r\nContent-Type: {kind}\r\n\r\n"
    file = (
        f"--{boundary}\r\n"
        'Content-Type: application/octet-stream; name="message.eml"\r\n'
        'Content-Disposition: attachment; filename="message.eml"\r\n'
        "Content-Transfer-Encoding: base64\r\n"
        "\r\n"
    )
    mixed = b"".join([head.encode(), body, file.encode(), encoded, f"--{boundary}--\r\n".encode()])
    return f'multipart/mixed;\r\n boundary="{boundary}"', mixed
