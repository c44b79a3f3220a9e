"""A device with passkeys, without a browser: what it answers, and what a broken one would."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import struct
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

PRESENT, VERIFIED, HAS_KEY = 0x01, 0x04, 0x40


def text(content: bytes) -> str:
    """In base64url without padding."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode("ascii")


def octets(encoded: str) -> bytes:
    """The octets of base64url without padding."""
    return base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))


@dataclass(kw_only=True)
class PasskeyDevice:
    """One key (ES256). `count` is how often it has signed; `counts` is False for one that does not count."""

    origin: str
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )
    id: bytes = field(default_factory=lambda: os.urandom(16))
    handle: str = ""
    count: int = 0
    counts: bool = True
    flags: int = PRESENT | VERIFIED

    def make(self, ask: dict[str, Any]) -> str:
        """The answer to the question for a new passkey."""
        self.handle = ask["user"]["id"]
        numbers = self.key.public_key().public_numbers()
        public_key = cbor2.dumps(
            {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32), -3: numbers.y.to_bytes(32)}
        )
        credential = bytes(16) + struct.pack(">H", len(self.id)) + self.id + public_key
        data = self._data(ask["rp"]["id"], HAS_KEY) + credential
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        return self._answer(
            clientDataJSON=self._client_data("webauthn.create", ask),
            attestationObject=attestation,
        )

    def sign(self, ask: dict[str, Any]) -> str:
        """The answer to the question for a sign-in."""
        self.count += self.counts
        data = self._data(ask["rpId"])
        client_data = self._client_data("webauthn.get", ask)
        signed = data + hashlib.sha256(client_data).digest()
        return self._answer(
            clientDataJSON=client_data,
            authenticatorData=data,
            signature=self.key.sign(signed, ec.ECDSA(hashes.SHA256())),
            userHandle=octets(self.handle),
        )

    def _data(self, party: str, more: int = 0) -> bytes:
        return hashlib.sha256(party.encode()).digest() + struct.pack(
            ">BI", self.flags | more, self.count
        )

    def _client_data(self, kind: str, ask: dict[str, Any]) -> bytes:
        said = {"type": kind, "challenge": ask["challenge"], "origin": self.origin}
        return json.dumps(said).encode()

    def _answer(self, **response: bytes) -> str:
        return json.dumps(
            {
                "id": text(self.id),
                "rawId": text(self.id),
                "type": "public-key",
                "response": {name: text(content) for name, content in response.items()},
            }
        )
