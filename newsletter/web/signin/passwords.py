"""Passwords: hashed by argon2id (RFC 9106), checked in the same time whether or not one is set."""

from __future__ import annotations

from functools import cache
from threading import Semaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from newsletter.errors import InputError

SHORTEST = 12
LONGEST = 500

# One of the settings that OWASP's password storage cheat sheet calls equal, in 46 MiB.
_hasher = PasswordHasher(time_cost=1, memory_cost=46 * 1024, parallelism=1)
_room = Semaphore(2)
"""Each check takes that memory for a moment: strangers cannot make us take it often at once."""


def hash_password(password: str) -> str:
    """The hash to keep; raises InputError for a password that is too short or too long."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise InputError(
            f"a password has {SHORTEST} to {LONGEST} characters",
            field="password",
            fix="a sentence is long, and easy to remember",
        )
    return _hasher.hash(password)


def is_right(password: str, password_hash: str) -> bool:
    """Whether the password is the one; `password_hash` "" stands for none, and is never right."""
    try:
        with _room:
            matches = _hasher.verify(password_hash or _nobodys(), password[: LONGEST + 1])
    except (VerificationError, InvalidHashError):
        return False
    return matches and bool(password_hash)


def needs_rehash(password_hash: str) -> bool:
    """Whether argon2's recommended cost has grown since the hash was made."""
    return _hasher.check_needs_rehash(password_hash)


@cache
def _nobodys() -> str:
    return _hasher.hash("nobody has this password")
