"""Passwords, hashed with argon2id (RFC 9106). Checking takes as long when none is set."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar

from anyio import CapacityLimiter, to_thread
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from newsletter.errors import InputError

SHORTEST = 12
LONGEST = 500

# One of the equivalent settings of OWASP's password storage cheat sheet; it takes 46 MiB.
_hasher = PasswordHasher(time_cost=1, memory_cost=46 * 1024, parallelism=1)

CONCURRENT_CHECKS = max(1, (os.cpu_count() or 1) // 2)
"""How many passwords are checked at once: strangers ask for it, and each check takes a processor."""

MOST_WAITING = 50
"""How many checks may wait for their turn."""

T = TypeVar("T")


class PasswordThreads:
    """Threads of their own for passwords, so that no other page waits for those of a flood."""

    def __init__(self) -> None:
        self._limiter = CapacityLimiter(CONCURRENT_CHECKS)
        self._calls = 0

    def are_too_busy(self) -> bool:
        """Whether so many checks wait already that another one had better be refused."""
        return self._calls >= CONCURRENT_CHECKS + MOST_WAITING

    async def run(self, function: Callable[..., T], *given: Any) -> T:
        """What the function returns, called in one of the threads as soon as one is free."""
        self._calls += 1
        try:
            return await to_thread.run_sync(function, *given, limiter=self._limiter)
        finally:
            self._calls -= 1


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
