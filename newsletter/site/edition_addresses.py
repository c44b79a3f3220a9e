"""Where an issue is read in a browser, as its mail says: an address that only its readers know."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass

_KEY = 16
"""Characters of an edition's key."""


@dataclass(frozen=True, kw_only=True, slots=True)
class EditionAddresses:
    """The addresses of editions, each with a mark of ours that nobody else can make.

    The key of an edition follows from its articles, which a stranger who reads the same sources could guess.
    `sign` is the site's digest, `former` those that it had before.
    """

    url: str
    sign: Callable[[str], str]
    former: Sequence[Callable[[str], str]] = ()

    def address(self, newsletter: str, number: int, key: str) -> str:
        """The address of the edition."""
        name = f"{newsletter}/{number}/{key}"
        return f"{self.url}/archive/{name}{_mark(self.sign, name)}"

    def signed_key(self, newsletter: str, number: int, marked: str) -> str | None:
        """The key in the last part of an address that we have made; None for any other."""
        key, mark = marked[:_KEY], marked[_KEY:].encode()
        name = f"{newsletter}/{number}/{key}"
        marks = [_mark(sign, name).encode() for sign in (self.sign, *self.former)]
        return key if any(hmac.compare_digest(mark, one) for one in marks) else None


def _mark(sign: Callable[[str], str], name: str) -> str:
    return sign(f"edition {name}")[:16]
