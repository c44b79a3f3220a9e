"""Passwords, hashed with argon2id (RFC 9106). Checking takes as long when none is set."""

from __future__ import annotations

from functools import cache
from threading import Semaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from newsletter.errors import InputError

SHORTEST = 12
LONGEST = 500

# One of the equivalent settings of OWASP's password storage cheat sheet; it takes 46 MiB.
_hasher = PasswordHasher(time_cost=1, memory_cost=46 * 1024, parallelism=1)
_concurrent_checks = Semaphore(2)
"""Limits the memory that strangers can make us use, because each check takes 46 MiB."""


def hash_password(password: str) -> str:
    """Return the hash to keep. Raises InputError for a password that is too short or too long."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise InputError(
            f"a password has {SHORTEST} to {LONGEST} characters",
            field="password",
            fix="a sentence is long, and easy to remember",
        )
    return _hasher.hash(password)


def is_right(password: str, password_hash: str) -> bool:
    """Whether the password matches. `password_hash` is "" for an editor without a password."""
    try:
        with _concurrent_checks:
            matches = _hasher.verify(password_hash or _decoy_hash(), password[: LONGEST + 1])
    except (VerificationError, InvalidHashError):
        return False
    return matches and bool(password_hash)


def needs_rehash(password_hash: str) -> bool:
    """Whether the hash was made with other settings than the current ones."""
    return _hasher.check_needs_rehash(password_hash)


@cache
def _decoy_hash() -> str:
    return _hasher.hash("nobody has this password")
