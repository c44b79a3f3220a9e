"""E-mail addresses: validation, normalisation, and masking where others may see them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from subscribers.errors import AddressError

if TYPE_CHECKING:
    from email_validator import ValidatedEmail

MAX_ADDRESS = 254
"""Octets (RFC 5321 erratum 1690)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Address:
    """A valid address.

    `text` keeps the reader's local part and has the domain normalised (lower case, U-labels).
    `key` identifies the person: two addresses with the same key are the same person.
    """

    text: str
    key: str

    @property
    def domain(self) -> str:
        """The part after the @."""
        return self.key.rpartition("@")[2]


_PLAIN = re.compile(r"([0-9a-z_+-]+(?:\.[0-9a-z_+-]+)*)@([0-9A-Za-z.-]+)")
"""Most addresses: the local part is plain, so only its length has to be checked."""

_MAX_LOCAL = 64  # octets, RFC 5321 4.5.3.1.1


def parse_address(text: str) -> Address:
    """Parse one bare address, which may be internationalised (RFC 6531); raises AddressError."""
    text = text.strip()
    plain = _PLAIN.fullmatch(text)
    if plain is not None and len(plain[1]) <= _MAX_LOCAL:
        domain = _domain(plain[2])
        if domain and domain.isascii() and len(plain[1]) + len(domain) < MAX_ADDRESS:
            address = f"{plain[1]}@{domain}"
            return Address(text=address, key=address)
    valid = _validated(text)
    # Only the local part is casefolded: folding the domain would make one of straße.example and
    # strasse.example, which may have different owners.
    return Address(text=valid.normalized, key=f"{valid.local_part.casefold()}@{valid.domain}")


def _validated(text: str) -> ValidatedEmail:
    from email_validator import EmailNotValidError, validate_email  # slow to load

    try:
        return validate_email(text, strict=True, check_deliverability=False)
    except EmailNotValidError as error:
        raise AddressError(
            f"{text[:80]!r} is not a valid e-mail address: {error}", field="email"
        ) from error


@lru_cache(maxsize=10_000)
def _domain(text: str) -> str | None:
    """The normalised domain, None if it is not valid. Cached: a million readers have a few thousand."""
    try:
        return _validated(f"a@{text}").domain
    except AddressError:
        return None


def masked(address: str) -> str:
    """`j•••@e•••.org`: enough for its owner to know it, too little for anybody else who has the link."""
    local, _, domain = address.rpartition("@")
    name, _, top = domain.rpartition(".")
    return f"{local[:1]}•••@{name[:1]}•••.{top}"
