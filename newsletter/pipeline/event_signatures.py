"""Proves that a request comes from the provider that it names (pure). All comparisons take constant time."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from newsletter.errors import NotPermittedError
from newsletter.pipeline.webhooks import sign
from subscribers.provider_events.event import text_at

OLDEST = timedelta(days=2)
"""Providers repeat a request for up to a day and may keep its first time; replays within this time
are recognised by the events' ids, which are kept for longer."""

NEWEST = timedelta(minutes=10)
"""How far another clock may be ahead."""


def check_age(timestamp: str, now: datetime) -> None:
    """Raise NotPermittedError unless the signed time, in seconds or ISO 8601, is recent."""
    try:
        if timestamp.replace(".", "", 1).isdigit():
            moment = datetime.fromtimestamp(float(timestamp), UTC)
        else:
            moment = datetime.fromisoformat(timestamp)
        age = now - moment
    except (ValueError, OverflowError, OSError, TypeError) as error:
        raise NotPermittedError("the request's time cannot be read") from error
    if not -NEWEST <= age <= OLDEST:
        raise NotPermittedError("the request is too old, or from the future")


def check_password(secret: str, headers: Mapping[str, str]) -> None:
    """Raise NotPermittedError unless Authorization carries the secret, as a password or as a token."""
    scheme, _, given = headers.get("authorization", "").partition(" ")
    given = given.strip()
    if scheme.lower() == "basic":
        try:
            given = base64.b64decode(given, validate=True).decode("utf-8").partition(":")[2]
        except (binascii.Error, ValueError):
            given = ""
    elif scheme.lower() != "bearer":
        given = ""
    if not hmac.compare_digest(secret.encode(), given.encode()):
        raise NotPermittedError("the request carries no password, or another one")


def check_mailgun(signing_key: str, document: Any, now: datetime) -> str:
    """The request's token, which may be used only once: the signature covers nothing else."""
    names = ("timestamp", "token", "signature", "parent-signature")
    timestamp, token, *signatures = (text_at(document, "signature", name) for name in names)
    expected = hmac.new(
        signing_key.encode(), f"{timestamp}{token}".encode(), hashlib.sha256
    ).hexdigest()
    # A subaccount's events are signed with the main account's key as well.
    is_signed = any(hmac.compare_digest(expected.encode(), one.encode()) for one in signatures)
    if not is_signed or not token:
        raise NotPermittedError("the request's signature is not valid")
    check_age(timestamp, now)
    return token


def check_sendgrid(
    verification_key: str, headers: Mapping[str, str], body: bytes, now: datetime
) -> None:
    """ECDSA with SHA-256 over the time and the body."""
    from cryptography.exceptions import InvalidSignature  # cryptography loads slowly
    from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    timestamp = headers.get("x-twilio-email-event-webhook-timestamp", "")
    signature = headers.get("x-twilio-email-event-webhook-signature", "")
    key = load_der_public_key(base64.b64decode(verification_key))
    assert isinstance(key, EllipticCurvePublicKey)  # noqa: S101 - the configuration checked it
    try:
        key.verify(
            base64.b64decode(signature, validate=True), timestamp.encode() + body, ECDSA(SHA256())
        )
    except (InvalidSignature, binascii.Error, ValueError) as error:
        raise NotPermittedError("the request's signature is not valid") from error
    check_age(timestamp, now)


def check_generic(secret: str, headers: Mapping[str, str], body: bytes, now: datetime) -> None:
    """Standard Webhooks: HMAC-SHA256 over id, time and body. The header may have several signatures."""
    identifier, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    given = headers.get("webhook-signature", "").split()
    if not identifier or not timestamp.isdigit():
        raise NotPermittedError("the request is not signed")
    expected = sign(secret, identifier, int(timestamp), body).encode()
    if not any(hmac.compare_digest(expected, one.encode()) for one in given):
        raise NotPermittedError("the request's signature is not valid")
    check_age(timestamp, now)
