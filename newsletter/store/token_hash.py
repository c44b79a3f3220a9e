"""What is kept of a secret that we made ourselves."""

from __future__ import annotations

import hashlib


def hash_of(token: str) -> str:
    """The hash by which a token is found: 256 random bits need no salt and no slow hash."""
    return hashlib.sha256(token.encode()).hexdigest()
