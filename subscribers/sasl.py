"""Signing in by an access token: the SASL mechanisms OAUTHBEARER (RFC 7628) and XOAUTH2 (pure)."""

from __future__ import annotations

import base64
import binascii
import json
from contextlib import suppress
from typing import Literal

Mechanism = Literal["xoauth2", "oauthbearer"]

GIVE_UP: dict[Mechanism, bytes] = {"xoauth2": b"", "oauthbearer": b"\x01"}
"""The answer to a server's report of an error, after which it refuses (RFC 7628 section 3.2.3)."""


def initial_response(
    mechanism: Mechanism, *, username: str, token: str, host: str, port: int
) -> bytes:
    """What the client says first, before it is encoded in base64."""
    if mechanism == "xoauth2":
        return f"user={username}\x01auth=Bearer {token}\x01\x01".encode()
    name = username.replace("=", "=3D").replace(",", "=2C")  # RFC 5801 section 4
    return f"n,a={name},\x01host={host}\x01port={port}\x01auth=Bearer {token}\x01\x01".encode()


def reported_error(challenge: bytes | str) -> str:
    """The error in a server's answer, which may be base64 of a JSON document; "" if there is none."""
    text = challenge.decode("utf-8", "replace") if isinstance(challenge, bytes) else challenge
    with suppress(binascii.Error, ValueError):  # IMAP libraries decode it themselves
        text = base64.b64decode(text, validate=True).decode("utf-8", "replace")
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return text.strip()[:200]
    if not isinstance(document, dict):
        return ""
    return " ".join(str(document[key]) for key in ("status", "error") if key in document)[:200]
