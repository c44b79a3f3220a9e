"""E-mail addresses: checked, in one spelling, and masked where others may look."""

from __future__ import annotations

from dataclasses import dataclass

from email_validator import EmailNotValidError, validate_email

from subscribers.errors import AddressError


@dataclass(frozen=True, kw_only=True, slots=True)
class Address:
    """An address we can write to.

    `text` keeps the reader's local part and has the domain normalised (lower case, U-labels);
    `key` is the person's identity.
    """

    text: str
    key: str

    @property
    def domain(self) -> str:
        """The part after the @."""
        return self.key.rpartition("@")[2]


def parse_address(text: str) -> Address:
    """Read one bare address, internationalised ones included (RFC 6531); raises AddressError."""
    try:
        valid = validate_email(text.strip(), strict=True, check_deliverability=False)
    except EmailNotValidError as error:
        raise AddressError(
            f"{text.strip()[:80]!r} is no e-mail address: {error}", field="email"
        ) from error
    # Only the local part: folding the domain as well would make straße.example and
    # strasse.example, two owners' domains, into one.
    return Address(text=valid.normalized, key=f"{valid.local_part.casefold()}@{valid.domain}")


def masked(address: str) -> str:
    """`j•••@e•••.org`: enough for its owner to know it, too little for whoever holds the link."""
    local, _, domain = address.rpartition("@")
    name, _, top = domain.rpartition(".")
    return f"{local[:1]}•••@{name[:1]}•••.{top}"
