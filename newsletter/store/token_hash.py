"""The stored form of secrets that we generate ourselves."""

from __future__ import annotations

import hashlib


def hash_of(token: str) -> str:
    """The hash that a token is looked up by; 256 random bits need no salt and no slow hash."""
    return hashlib.sha256(token.encode()).hexdigest()
