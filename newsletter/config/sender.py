"""Two small values of newsletter.toml: who a mail is from, and how fast it may go."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.headerregistry import AddressHeader
from email.policy import SMTP
from typing import Annotated, Any

from email_validator import EmailNotValidError, validate_email
from pydantic import BeforeValidator


@dataclass(frozen=True, kw_only=True, slots=True)
class Mailbox:
    """A display name and an address (RFC 5322 section 3.4)."""

    name: str
    address: str

    @property
    def domain(self) -> str:
        """What stands behind the @."""
        return self.address.rpartition("@")[2]


_NAMED = re.compile(r"\s*([^<>\"]*[^<>\"\s])\s*<([^<>]+)>\s*\Z")
"""A name that is not in quotes, and an address in angle brackets."""


def parse_sender(value: Any) -> Mailbox:
    """`Title <user@host>` or `user@host`; raises ValueError when it is not one mailbox.

    What stands unquoted before the brackets is the name as it is: read as a header, `a@b via Us
    <c@d>` would be from a@b, and `Us, Inc. <c@d>` two senders.
    """
    if isinstance(value, Mailbox):
        return value
    named = _NAMED.match(str(value))
    if named is not None and not ("," in named[1] and "@" in named[1]):
        return Mailbox(name=named[1], address=_checked(named[2], value))
    header = SMTP.header_factory("From", str(value))
    defects = getattr(header, "defects", ())  # typeshed does not know that headers have them
    if not isinstance(header, AddressHeader) or len(header.addresses) != 1 or defects:
        raise ValueError(f"{value!r} is not one sender; write Name <user@example.org>")
    mailbox = header.addresses[0]
    return Mailbox(name=mailbox.display_name, address=_checked(mailbox.addr_spec, value))


def _checked(address: str, value: Any) -> str:
    try:
        return validate_email(address.strip(), check_deliverability=False).normalized
    except EmailNotValidError as error:
        raise ValueError(f"{value!r}: {error}; write Name <user@example.org>") from error


@dataclass(frozen=True, kw_only=True, slots=True)
class MessageRate:
    """So many messages in so many seconds."""

    messages: int
    seconds: int

    @property
    def per_second(self) -> float:
        """Messages a second."""
        return self.messages / self.seconds


_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def parse_rate(value: Any) -> MessageRate:
    """`100/s`, `5000/h`; raises ValueError otherwise."""
    if isinstance(value, MessageRate):
        return value
    match = re.fullmatch(r"([1-9]\d*)\s*/\s*([smhd])", str(value))
    if not match:
        raise ValueError(f"{value!r} is no rate; write one such as 100/s or 5000/h")
    return MessageRate(messages=int(match[1]), seconds=_SECONDS[match[2]])


Sender = Annotated[Mailbox, BeforeValidator(parse_sender)]
Rate = Annotated[MessageRate, BeforeValidator(parse_rate)]
