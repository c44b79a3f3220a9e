"""What the main process reads of strangers itself: what is short, signed, or an editor's."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any

from newsletter.articles.content_codings import decode_content
from newsletter.articles.feed_discovery import web_address_of
from newsletter.articles.sanitize import safe_html
from newsletter.articles.tolerant_stream import repaired_head
from newsletter.errors import SourceError
from newsletter.pipeline.sender_authentication import is_authenticated
from newsletter.rendering.full_body import full_body
from newsletter.rendering.notes import Note
from newsletter.rendering.plain_text import Footnotes
from newsletter.rendering.safe_text import web_link
from newsletter.site.picture_addresses import PictureAddresses
from subscribers.blame.judge import Refusal, judge
from subscribers.errors import ProviderEventError
from subscribers.inbound.listener import Client
from subscribers.provider_events.brevo import read_brevo
from subscribers.provider_events.generic import read_generic
from subscribers.provider_events.mailgun import read_mailgun
from subscribers.provider_events.postmark import read_postmark
from subscribers.provider_events.sendgrid import read_sendgrid
from subscribers.provider_events.ses import read_ses
from subscribers.provider_events.sparkpost import read_sparkpost
from tests.factories.parsers import Parser


def signed(before: bytes, after: bytes = b"\n\nhi") -> Parser:
    """A message at our own SMTP listener, before it is recorded."""
    return lambda body: is_authenticated(
        before + body + after, "jo@example.org", CLIENT, NO_RECORDS
    )


def reported(read: Callable[[Any], Iterable[object]], template: str) -> Parser:
    """A provider's report that has this text in each place where `@` stands."""

    def parse(body: bytes) -> object:
        text = json.dumps(body.decode("utf-8", "replace"))
        with suppress(ProviderEventError):
            return list(read(json.loads(template.replace("@", text))))
        return None

    return parse


def decoded(coding: str) -> Parser:
    """The body of an answer in this coding."""

    def parse(body: bytes) -> object:
        with suppress(SourceError):
            return decode_content(body, coding, limit=100_000)
        return None

    return parse


CLIENT = Client(address="192.0.2.1", name="mail.example.org")


class _NoRecords:
    """A DNS in which every name has the same key and policy."""

    def txt(self, name: str) -> list[str]:
        return ["v=DKIM1; k=rsa; p=AAAA"] if "_domainkey" in name else ["v=spf1 a mx -all"]

    def mx(self, name: str) -> list[str]:
        return [name]

    def addresses(self, name: str, kind: str) -> list[str]:
        del name, kind
        return ["192.0.2.9"]


NO_RECORDS = _NoRecords()
PICTURES = PictureAddresses(sign=lambda text: str(len(text)), base="")


def policy(before: bytes) -> Parser:
    """A domain's SPF record."""

    class Records(_NoRecords):
        def __init__(self, text: str) -> None:
            self.text = text

        def txt(self, name: str) -> list[str]:
            return [self.text] if name == "example.org" else []

    message = b"From: jo@example.org\n\nhi"
    return lambda body: is_authenticated(
        message, "jo@example.org", CLIENT, Records((before + body).decode("latin-1"))
    )


SIGNATURE = b"From: jo@example.org\nDKIM-Signature: v=1; a=rsa-sha256; d=example.org; s=a; "

IN_PROCESS: Mapping[str, Mapping[str, Parser]] = {
    "is_authenticated": {
        "header": signed(b"From: jo@example.org\n", b""),
        "From": signed(b"From: jo@example.org "),
        "signature": signed(SIGNATURE + b"h=from; bh=AAAA; b=AAAA; "),
        "signed fields": signed(SIGNATURE + b"bh=AAAA; b=AAAA; h=from:"),
        "signed body": signed(SIGNATURE + b"c=relaxed/relaxed; h=from; bh=AA==; b=AA==\n\n", b""),
    },
    "spf": {
        "policy": policy(b"v=spf1 "),
        "mechanism": policy(b"v=spf1 a:"),
        "macro": policy(b"v=spf1 exists:%{i}."),
    },
    "judge": {
        "reply": lambda body: judge(Refusal(text=body.decode("utf-8", "replace"))),
        "refused words": lambda body: judge(
            Refusal(code=550, text="550 5.1.1 user " + body.decode("utf-8", "replace"))
        ),
    },
    "provider events": {
        "brevo": reported(read_brevo, '{"event": "hard_bounce", "email": @, "reason": @}'),
        "generic": reported(
            read_generic,
            '{"events": [{"type": "bounce", "id": @, "cause": "", "status": @, "text": @}]}',
        ),
        "postmark": reported(
            read_postmark,
            '{"RecordType": "Bounce", "ID": 1, "Email": @, "Details": @, "Type": "HardBounce"}',
        ),
        "sendgrid": reported(
            read_sendgrid, '[{"event": "bounce", "email": @, "reason": @, "status": @, "type": @}]'
        ),
        "sparkpost": reported(
            read_sparkpost,
            '[{"msys": {"message_event": {"type": "bounce", "event_id": @, "rcpt_to": @, '
            '"raw_reason": @, "bounce_class": @}}}]',
        ),
        "mailgun": reported(
            read_mailgun,
            '{"event-data": {"event": "failed", "id": @, "severity": @, "recipient": @, '
            '"delivery-status": {"message": @, "code": 550}, "message": {"headers": {"message-id": @}}}}',
        ),
        "ses": reported(
            lambda document: read_ses(document, "1"),
            '{"eventType": "Bounce", "mail": {"messageId": @, "commonHeaders": {"messageId": @}}, '
            '"bounce": {"bounceType": @, "bouncedRecipients": [{"emailAddress": @, '
            '"status": @, "diagnosticCode": @}]}}',
        ),
    },
    "note": {
        "HTML": lambda body: Note(source=body.decode("utf-8", "replace")).html,
        "text": lambda body: Note(source=body.decode("utf-8", "replace")).text(Footnotes()),
    },
    "full_body": {
        "HTML": lambda body: full_body(
            safe_html(body.decode("utf-8", "replace")), "x", limit=5_000, level=3
        ),
        "text": lambda body: full_body("", body.decode("utf-8", "replace"), limit=None, level=3),
    },
    "pictures of a page": {
        "HTML": lambda body: PICTURES.in_html(body.decode("utf-8", "replace")),
        "attributes": lambda body: PICTURES.in_html("<img " + body.decode("utf-8", "replace")),
        "address": lambda body: PICTURES.in_html(
            '<img src="https://a.test/' + body.decode("utf-8", "replace") + '">'
        ),
    },
    "decode_content": {
        name: decoded(name) for name in ("gzip", "deflate", "br", "zstd", "gzip, br, gzip")
    },
    "repaired_head": {
        "head": repaired_head,
        "fields": lambda body: repaired_head(b"HTTP/1.1 200 OK\r\nX: y\r\n" + body),
        "continued": lambda body: repaired_head(
            b"HTTP/1.1 200 OK\r\nX: y\r\n" + body.replace(b"\n", b"\n ")
        ),
    },
    "web_address_of": {
        "address": lambda body: web_address_of(body.decode("utf-8", "replace")),
        "for readers": lambda body: web_link(body.decode("utf-8", "replace")),
    },
}
"""By what is read, and then by the kind of input."""
