"""What mail providers report, from the golden requests, signed as each of them signs."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from newsletter.pipeline.webhooks import sign

DATA = Path(__file__).parents[1] / "data" / "subscribers" / "provider_events"
SECRET = "a-secret-for-tests-only"
TOPIC = "arn:aws:sns:eu-west-1:123456789012:news-events"
CERTIFICATE_URL = "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0123abcd.pem"
PROVIDERS = ("ses", "mailgun", "sendgrid", "postmark", "brevo", "sparkpost", "generic")


@cache
def amazon_key() -> rsa.RSAPrivateKey:
    """The key that stands for Amazon's."""
    return rsa.generate_private_key(65537, 2048)


@cache
def sendgrid_key() -> ec.EllipticCurvePrivateKey:
    """The key that stands for SendGrid's."""
    return ec.generate_private_key(ec.SECP256R1())


def certificate(now: datetime, *, lasts: timedelta = timedelta(days=365)) -> bytes:
    """A certificate of Amazon's key, in PEM."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(amazon_key().public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=400))
        .not_valid_after(now + lasts)
        .sign(amazon_key(), SHA256())
        .public_bytes(Encoding.PEM)
    )


def hooks_tables() -> str:
    """The tables of newsletter.toml that turn every hook on."""
    public = (
        sendgrid_key().public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    )
    keys = {
        "ses": f'topic = "{TOPIC}"',
        "mailgun": f'signing_key = "{SECRET}"',
        "sendgrid": f'verification_key = "{base64.b64encode(public).decode()}"',
        "postmark": f'password = "{SECRET}"',
        "brevo": f'password = "{SECRET}"',
        "sparkpost": f'password = "{SECRET}"',
        "generic": f'secret = "{SECRET}"',
    }
    return "\n".join(f"[hooks.{provider}]\n{key}" for provider, key in keys.items())


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """One request."""

    provider: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


def filled(name: str, **values: str) -> Any:
    """The golden document, with the address, reference and message_id of a mail."""
    text = (DATA / f"{name}.json").read_text("utf-8")
    values = {
        "address": "jo@example.org",
        "reference": "",
        "message_id": "<1@example.org>",
    } | values
    values["bare_message_id"] = values["message_id"].strip("<>")
    for key, value in values.items():
        text = text.replace(f"{{{key}}}", value)
    return json.loads(text)


def another(document: Any) -> Any:
    """The same event with other identifiers: another event."""
    names = "id|ID|event_id|sg_event_id|feedbackId"
    text = re.sub(rf'"({names})": ("[^"]*"|\d+)', r'"\1": "another"', json.dumps(document))
    return json.loads(text)


def report(name: str, now: datetime, *, secret: str = SECRET, **values: str) -> Report:
    """The golden request, signed at `now`; another `secret` is an impostor's."""
    return signed(name.partition("-")[0], filled(name, **values), now, secret=secret)


def signed(
    provider: str, document: Any, now: datetime, *, secret: str = SECRET, token: str = ""
) -> Report:
    """A document as the provider sends it."""
    timestamp = str(int(now.timestamp()))
    body = json.dumps(document).encode()
    is_genuine = secret == SECRET
    if provider == "ses":
        return envelope(document, now, is_genuine=is_genuine)
    if provider == "mailgun":
        token = token or hashlib.sha256(body).hexdigest()[:50]
        digest = hmac.new(secret.encode(), f"{timestamp}{token}".encode(), hashlib.sha256)
        document["signature"] = {
            "token": token, "timestamp": timestamp, "signature": digest.hexdigest(),
        }  # fmt: skip
        return Report(provider=provider, body=json.dumps(document).encode())
    if provider == "sendgrid":
        key = sendgrid_key() if is_genuine else ec.generate_private_key(ec.SECP256R1())
        signature = key.sign(timestamp.encode() + body, ec.ECDSA(SHA256()))
        headers = {
            "X-Twilio-Email-Event-Webhook-Signature": base64.b64encode(signature).decode(),
            "X-Twilio-Email-Event-Webhook-Timestamp": timestamp,
        }
        return Report(provider=provider, body=body, headers=headers)
    if provider == "generic":
        headers = {
            "webhook-id": "msg_1",
            "webhook-timestamp": timestamp,
            "webhook-signature": sign(secret, "msg_1", int(timestamp), body),
        }
        return Report(provider=provider, body=body, headers=headers)
    basic = base64.b64encode(f"news:{secret}".encode()).decode()
    scheme = f"Bearer {secret}" if provider == "brevo" else f"Basic {basic}"
    return Report(provider=provider, body=body, headers={"Authorization": scheme})


def envelope(
    message: Any, now: datetime, *, is_genuine: bool = True, version: str = "2", **changes: str
) -> Report:
    """A notification, or another type, of SNS; changes are made before it is signed."""
    text = message if isinstance(message, str) else json.dumps(message)
    fields = {
        "Type": "Notification",
        "MessageId": hashlib.sha256(text.encode()).hexdigest()[:32],
        "TopicArn": TOPIC,
        "Message": text,
        "Timestamp": now.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "SignatureVersion": version,
        "SigningCertURL": CERTIFICATE_URL,
        **changes,
    }
    names = [
        "Message",
        "MessageId",
        "Subject",
        "SubscribeURL",
        "Timestamp",
        "Token",
        "TopicArn",
        "Type",
    ]
    to_sign = "".join(f"{name}\n{fields[name]}\n" for name in names if name in fields)
    key = amazon_key() if is_genuine else rsa.generate_private_key(65537, 2048)
    algorithm = SHA256() if version == "2" else SHA1()  # noqa: S303 - version 1 of the protocol
    signature = key.sign(to_sign.encode(), padding.PKCS1v15(), algorithm)
    document = {**fields, "Signature": base64.b64encode(signature).decode()}
    return Report(
        provider="ses",
        body=json.dumps(document).encode(),
        headers={"x-amz-sns-message-type": fields["Type"], "Content-Type": "text/plain"},
    )
