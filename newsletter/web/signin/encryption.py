"""Encrypts what the database keeps and has to read again, with keys made of the site's secrets."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.fernet import MultiFernet


def encrypt(secrets: Sequence[str], text: str) -> str:
    """The text, encrypted under the first secret."""
    return _fernet(secrets).encrypt(text.encode()).decode("ascii")


def decrypt(secrets: Sequence[str], encrypted: str) -> str | None:
    """The text; None where none of the secrets is the one it was encrypted with."""
    from cryptography.fernet import InvalidToken

    try:
        return _fernet(secrets).decrypt(encrypted.encode()).decode()
    except InvalidToken:
        return None


def _fernet(secrets: Sequence[str]) -> MultiFernet:
    from cryptography.fernet import Fernet, MultiFernet

    return MultiFernet([Fernet(_key(secret)) for secret in secrets])


def _key(secret: str) -> bytes:
    """A key of its own, so that what is signed with the secret says nothing of it."""
    digest = hmac.new(secret.encode(), b"newsletter.encrypted", hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest)
