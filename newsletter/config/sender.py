"""Two kinds of values in newsletter.toml: senders and message rates."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BeforeValidator

from newsletter.config.addresses import checked_address

_PLAIN = re.compile(
    r"(?:([A-Za-z0-9]+(?: [A-Za-z0-9]+)*) <([^\s<>()\"\\,:;@\[\]]+@[A-Za-z0-9.-]+)>)"
)
"""A name of plain words before an address (RFC 5322 section 3.4), the most common form."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Mailbox:
    """A display name and an address (RFC 5322 section 3.4)."""

    name: str
    address: str

    @property
    def domain(self) -> str:
        """The part after the @."""
        return self.address.rpartition("@")[2]


_NAMED = re.compile(r"\s*([^<>\"]*[^<>\"\s])\s*<([^<>]+)>\s*\Z")
"""A name that is not in quotes, and an address in angle brackets."""


def parse_sender(value: Any) -> Mailbox:
    """Parse `Title <user@host>` or `user@host`; raises ValueError when it is not one mailbox.

    Unquoted text before the brackets is the name as it is written: parsed as a header, `a@b via Us
    <c@d>` would be from a@b, and `Us, Inc. <c@d>` would be two senders.
    """
    if isinstance(value, Mailbox):
        return value
    text = str(value)
    plain = _PLAIN.fullmatch(text) or _NAMED.match(text)
    if plain is not None and not ("," in plain[1] and "@" in plain[1]):
        name, address = plain.groups()
    else:
        name, address = _parse_header(text)
    try:
        return Mailbox(name=name, address=checked_address(address))
    except ValueError as error:
        raise ValueError(f"{value!r}: {error}; write Name <user@example.org>") from error


def _parse_header(text: str) -> tuple[str, str]:
    # Python's parser of header fields is slow to load, so it is only imported when needed.
    from email.headerregistry import AddressHeader
    from email.policy import SMTP

    try:
        header = SMTP.header_factory("From", text)
    except RecursionError as error:
        raise ValueError("it has too many brackets; write Name <user@example.org>") from error
    defects = getattr(header, "defects", ())  # typeshed does not know that headers have them
    if not isinstance(header, AddressHeader) or len(header.addresses) != 1 or defects:
        raise ValueError(f"{text!r} is not one sender; write Name <user@example.org>")
    mailbox = header.addresses[0]
    return mailbox.display_name, mailbox.addr_spec


@dataclass(frozen=True, kw_only=True, slots=True)
class MessageRate:
    """A number of messages in a number of seconds."""

    messages: int
    seconds: int

    @property
    def per_second(self) -> float:
        """Messages a second."""
        return self.messages / self.seconds


_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def parse_rate(value: Any) -> MessageRate:
    """Parse a rate such as `100/s` or `5000/h`; raises ValueError for anything else."""
    if isinstance(value, MessageRate):
        return value
    match = re.fullmatch(r"([1-9]\d*)\s*/\s*([smhd])", str(value))
    if not match:
        raise ValueError(f"{value!r} is not a rate; write one such as 100/s or 5000/h")
    return MessageRate(messages=int(match[1]), seconds=_SECONDS[match[2]])


Sender = Annotated[Mailbox, BeforeValidator(parse_sender)]
Rate = Annotated[MessageRate, BeforeValidator(parse_rate)]
