"""Editions, headers, readers and signing keys for tests of the mailroom."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

from newsletter.config.sender import Mailbox
from newsletter.delivery.dkim import Signer, SigningKey
from newsletter.delivery.headers import IssueHeaders
from newsletter.delivery.message import Addressee, compile_edition
from newsletter.rendering.edition import Edition, Slot
from newsletter.rendering.slots import sentinel

NONCE = "n0nce-n0nce-n0nce"


def slot(name: Slot) -> str:
    """The sentinel of a slot in `edition()`."""
    return sentinel(name, NONCE)


TEXT = f"Hello {slot(Slot.NAME)},\n\nthe news.\n\nLeave: {slot(Slot.UNSUBSCRIBE)}\n"
HTML = (
    f'<!DOCTYPE html>\n<p>Hello {slot(Slot.NAME)}, <a href="{slot(Slot.UNSUBSCRIBE)}">leave</a>'
    f' or <a href="{slot(Slot.PREFERENCES)}">choose</a>.</p>\n'
)


def edition(**changes: Any) -> Edition:
    """A short edition with every slot in it."""
    plain = Edition(
        key="0123456789abcdef",
        nonce=NONCE,
        subject="The week in gear",
        preheader="",
        html=HTML,
        text=TEXT,
        language="en",
        item_keys=(),
    )
    return replace(plain, **changes)


def headers(**changes: Any) -> IssueHeaders:
    """The headers of weekly/12, with everything that can be configured."""
    full = IssueHeaders(
        sender=Mailbox(name="Good Gear Weekly", address="weekly@news.example.org"),
        reply_to="editor@news.example.org",
        list_id="Good Gear Weekly <weekly.news.example.org>",
        issue_name="weekly/12",
        date=datetime(2026, 1, 5, 7, 0, tzinfo=UTC),
        message_id_domain="news.example.org",
        message_id_secret="a secret of the site, long enough",
        unsubscribe_mailto="weekly-unsubscribe@news.example.org",
        archive_url="https://news.example.org/weekly",
        help_url="https://news.example.org/help",
        subscribe_url="https://news.example.org/join/weekly",
        owner="owner@news.example.org",
        feedback_id="12:weekly:newsletter:newsexam1234567",
    )
    return replace(full, **changes)


def addressee(**changes: Any) -> Addressee:
    """A reader whose links hold what quoted-printable and HTML must escape."""
    reader = Addressee(
        subscriber_id=7,
        address="reader@example.net",
        name="Ada Reader",
        unsubscribe_url="https://news.example.org/u/WzcsMTJd.c2ln?c=42&l=weekly",
        preferences_url="https://news.example.org/p/WzcsMTJd.c2ln",
        unsubscribe_token="WzcsMTJd.c2ln",
    )
    return replace(reader, **changes)


def composed(
    of: Edition | None = None,
    with_headers: IssueHeaders | None = None,
    to: Addressee | None = None,
    signer: Signer | None = None,
) -> bytes:
    """One message's bytes."""
    compiled = compile_edition(of or edition(), with_headers or headers())
    return compiled.compose(to or addressee(), signer)


def parsed(message: bytes) -> EmailMessage:
    """The message as Python's parser reads it under policy.SMTP."""
    return message_from_bytes(message, policy=SMTP)


def content(message: EmailMessage, kind: str) -> str:
    """The decoded text of one alternative ("plain" or "html"), its lines ended by LF."""
    part = message.get_body((kind,))
    assert part is not None
    payload = part.get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload.decode("utf-8").replace("\r\n", "\n")


@cache
def rsa_key() -> SigningKey:
    """An RSA-2048 key, made once per test run."""
    return SigningKey(
        domain="news.example.org", selector="s1", private=generate_private_key(65537, 2048)
    )


@cache
def ed25519_key() -> SigningKey:
    """An Ed25519 key, made once per test run."""
    return SigningKey(
        domain="news.example.org", selector="e1", private=Ed25519PrivateKey.generate()
    )


def dns_of(*keys: SigningKey) -> Callable[..., bytes]:
    """The DNS in which the public halves of `keys` are published, as dkimpy asks it."""
    records = dict(key.dns_record for key in keys)

    def lookup(name: bytes, timeout: int = 5) -> bytes:
        return records[name.decode().rstrip(".")].encode()

    return lookup
