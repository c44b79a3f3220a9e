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


_WRITTEN = re.compile(r"\s*(.*?)\s*<([^<>]+)>\s*\Z", re.DOTALL)
_SPECIAL = re.compile(
    r"""(?!\A"(?:[^"\\]|\\.)*"\Z)[^()<>\[\]:;@\\,"]*[()<>\[\]:;@\\,"]""", re.DOTALL
)
"""A name that is not quoted as a whole and holds what an atom may not (RFC 5322 section 3.2.3)."""


def _quoted(name: str) -> str:
    plain = name.replace("\\", "").replace('"', "")
    return f'"{plain}"'


def parse_sender(value: Any) -> Mailbox:
    """`Title <user@host>` or `user@host`; raises ValueError when it is not one mailbox."""
    if isinstance(value, Mailbox):
        return value
    written = _WRITTEN.match(str(value))
    if written is not None and _SPECIAL.match(written[1]):
        raise ValueError(
            f"{value!r}: the name holds characters that a mail header gives another meaning; "
            f"write it in quotes: '{_quoted(written[1])} <{written[2]}>'"
        )
    header = SMTP.header_factory("From", str(value))
    defects = getattr(header, "defects", ())  # typeshed does not know that headers have them
    if not isinstance(header, AddressHeader) or len(header.addresses) != 1 or defects:
        raise ValueError(f"{value!r} is not one sender; write Name <user@example.org>")
    mailbox = header.addresses[0]
    try:
        checked = validate_email(mailbox.addr_spec, check_deliverability=False)
    except EmailNotValidError as error:
        raise ValueError(f"{value!r}: {error}; write Name <user@example.org>") from error
    return Mailbox(name=mailbox.display_name, address=checked.normalized)


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
