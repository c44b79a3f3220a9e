"""Sender and recipient of one message as SMTP commands, or the reason why there are none."""

from __future__ import annotations

import re
from dataclasses import dataclass

import idna

from newsletter.delivery.classify import Meaning, Stage
from newsletter.delivery.outcome import Outcome

_ADDRESS = re.compile(r"[^\x00-\x20\x7f<>@]+@[^\x00-\x20\x7f<>@]+\Z")
MAX_PATH = 254
"""Octets in an address (RFC 5321 section 4.5.3.1.3, without the angle brackets)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Extensions:
    """The extensions in a relay's EHLO reply; `size` is 0 when it names no limit."""

    pipelining: bool = False
    smtputf8: bool = False
    takes_size: bool = False
    size: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Envelope:
    """MAIL, RCPT and DATA for one recipient, each with its line end."""

    mail: bytes
    rcpt: bytes
    data: bytes = b"DATA\r\n"

    @property
    def at_once(self) -> bytes:
        """All three, for a relay that offers PIPELINING (RFC 2920)."""
        return self.mail + self.rcpt + self.data


def address_envelope(
    sender: str, recipient: str, size: int, extensions: Extensions
) -> Envelope | Outcome:
    """The commands for a message of `size` octets, or a rejection without asking the relay."""
    if extensions.size and size > extensions.size:
        return _refused(
            "5.3.4", f"the message has {size} octets, the relay accepts {extensions.size}"
        )
    path = _path(recipient)
    if path is None:
        return _refused("5.1.3", "the address cannot be written in an SMTP command")
    needs_utf8 = not path.isascii()
    if needs_utf8 and not extensions.smtputf8:
        return _refused("5.6.7", "the relay does not accept addresses with non-ASCII characters")
    options = f" SIZE={size}" if extensions.takes_size else ""
    if needs_utf8:
        options += " SMTPUTF8"
    return Envelope(
        mail=f"MAIL FROM:<{sender}>{options}\r\n".encode(), rcpt=f"RCPT TO:<{path}>\r\n".encode()
    )


def _path(address: str) -> str | None:
    """The address with its domain in ASCII; None when it is not valid in a command."""
    if not _ADDRESS.match(address) or len(address.encode()) > MAX_PATH:
        return None
    local, _, domain = address.rpartition("@")
    if domain.isascii():
        return address
    try:
        return f"{local}@{idna.encode(domain, uts46=True).decode('ascii')}"
    except idna.IDNAError:
        return None


def _refused(enhanced: str, text: str) -> Outcome:
    return Outcome(
        stage=Stage.RCPT, meaning=Meaning.REJECTED, enhanced=enhanced, text=f"not tried: {text}"
    )
