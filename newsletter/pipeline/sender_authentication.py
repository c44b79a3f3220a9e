"""Checks at our own SMTP listener who sent a message: by SPF (RFC 7208) and DKIM (RFC 6376).

A mail server in front of us does this itself and tells us in the headers. Both checks are
aligned: they count only for the domain of the address in From, as DMARC has it (RFC 7489 3.1).
"""

from __future__ import annotations

import logging
import re
import time
import warnings
from collections.abc import Callable
from threading import BoundedSemaphore
from typing import Any, Protocol

import dkim

from newsletter.errors import UnavailableError
from subscribers.inbound.identity import MAX_HEADER
from subscribers.inbound.listener import Client
from subscribers.inbound.reading import UnreadableError, addresses, headers, parse_header
from subscribers.quiet_log import QuietLog

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # its docstrings have escapes that newer Pythons warn of
    import spf

log = logging.getLogger("newsletter")
strangers = QuietLog(log)

SECONDS = 15.0
"""How long all questions to the DNS about one message may take together."""

LARGEST_SIGNED = 64_000
"""Octets of a message whose DKIM signature is checked; commands are short."""

LARGEST_NEWSLETTER = 1_000_000
"""The same of a newsletter, which only a mailer writes that somebody may have confirmed."""

MOST_SIGNATURES = 5

_LONG_BLANK = re.compile(rb"[ \t]{1000}")
"""dkimpy would look through such a run of blanks once for each of them."""

_HAS_LENGTH = re.compile(r"(?:^|;)\s*l\s*=")

Ask = Callable[[str, str], list[Any]]
"""Asks the DNS for a name's records of a type, within the time that is left."""

_checks = BoundedSemaphore(3)
"""Strangers choose the domains that are asked, and slow ones must not hold up all mail."""


class SenderRecords(Protocol):
    """The DNS, as `pipeline/doctor/dns_records.py` asks it."""

    def txt(self, name: str) -> list[str]:
        """The TXT records of `name`."""
        ...

    def mx(self, name: str) -> list[str]:
        """The mail servers of `name`."""
        ...

    def addresses(self, name: str, kind: str) -> list[str]:
        """The addresses of `name`; `kind` is A or AAAA."""
        ...


def is_authenticated(
    content: bytes, envelope_sender: str, client: Client, records: SenderRecords
) -> bool:
    """Whether the domain of the address in From vouches for this message.

    Only a message whose envelope sender is that address is examined, because nothing else could
    become a proof of who wrote it. No part of the body is parsed. What cannot be examined, or not in time, is not authenticated.
    """
    sender = envelope_sender.casefold()
    if _sender_of(content) != sender:
        return False
    domain = sender.rpartition("@")[2]
    return _checked(
        records,
        lambda ask: (
            _passes_spf(envelope_sender, client, ask)
            or (len(content) <= LARGEST_SIGNED and _is_signed(content, domain, ask))
        ),
    )


def is_from_its_domain(
    content: bytes, envelope_sender: str, client: Client, records: SenderRecords
) -> bool:
    """Whether the domain of the address in From vouches for this mail of a newsletter.

    A mailer has a return path of its own for each reader: SPF counts where its domain is that of
    From, or one above or below it (RFC 7489 3.1.2).
    """
    domain = _sender_of(content).rpartition("@")[2]
    if not domain:
        return False
    returned_to = envelope_sender.rpartition("@")[2].casefold()
    is_aligned = "." in returned_to and (
        f".{domain}".endswith(f".{returned_to}") or f".{returned_to}".endswith(f".{domain}")
    )
    return _checked(
        records,
        lambda ask: (
            (is_aligned and _passes_spf(envelope_sender, client, ask))
            or (len(content) <= LARGEST_NEWSLETTER and _is_signed(content, domain, ask))
        ),
    )


def _sender_of(content: bytes) -> str:
    """The only address in the only From; "" if there are several or none."""
    try:
        message = parse_header(content[:MAX_HEADER])
    except UnreadableError:
        return ""
    senders = addresses(message, "From")
    return senders[0].casefold() if len(headers(message, "From")) == len(senders) == 1 else ""


def _checked(records: SenderRecords, check: Callable[[Ask], bool]) -> bool:
    """The result of the check; False if too many are under way, or anything goes wrong in it."""
    if not _checks.acquire(blocking=False):
        return False
    try:
        return check(_until(time.monotonic() + SECONDS, records))
    except Exception as error:  # whatever a stranger's records do to the libraries
        strangers.warning(
            "a sender could not be authenticated: %s: %s", type(error).__name__, error
        )
        return False
    finally:
        _checks.release()


def _until(deadline: float, records: SenderRecords) -> Ask:
    def ask(name: str, kind: str) -> list[Any]:
        if time.monotonic() > deadline:
            raise UnavailableError("the DNS took too long", fix="try again")
        match kind:
            case "TXT":
                return records.txt(name)
            case "MX":
                return records.mx(name)
            case "A" | "AAAA":
                return records.addresses(name, kind)
            case _:  # PTR proves nothing (RFC 7208 5.5), and no record has the type SPF any more
                return []

    return ask


class _SpfQuery(spf.query):  # type: ignore[misc] # the library has no types
    """pyspf's evaluation with our resolver, which follows aliases itself."""

    def __init__(self, ask: Ask, **given: str) -> None:
        super().__init__(**given)
        self._ask = ask

    def dns(
        self, name: str, qtype: str, cnames: object = None, ignore_void: bool = False
    ) -> list[Any]:
        """The records as pyspf wants them."""
        del cnames
        found = self._ask(str(name).rstrip("."), qtype)
        if not found and not ignore_void:
            self.void_lookups += 1
            if self.void_lookups > spf.MAX_VOID_LOOKUPS:
                raise spf.PermError("too many names that do not exist")
        if qtype == "TXT":
            return [(text.encode("utf-8", "replace"),) for text in found]
        return list(enumerate(found)) if qtype == "MX" else found


def _passes_spf(envelope_sender: str, client: Client, ask: Ask) -> bool:
    query = _SpfQuery(ask, i=client.address, s=envelope_sender, h=client.name)
    return bool(query.check()[0] == "pass")


def _is_signed(content: bytes, domain: str, ask: Ask) -> bool:
    """Whether a valid signature is by the domain, or by one above it."""
    if _LONG_BLANK.search(content):
        return False

    def key(name: bytes, timeout: float = 0) -> bytes | None:
        del timeout  # ours limits all questions together
        found = ask(name.decode("ascii").rstrip("."), "TXT")
        return found[0].encode() if found else None

    signatures = headers(parse_header(content), "DKIM-Signature")
    for index, signature in enumerate(signatures[:MOST_SIGNATURES]):
        if _HAS_LENGTH.search(signature):
            continue  # anything may have been added to what was signed
        verifier = dkim.DKIM(content)
        try:
            is_valid = verifier.verify(index, dnsfunc=key)
        except dkim.DKIMException:
            continue
        signer = (verifier.domain or b"").decode("ascii", "replace").casefold()
        if is_valid and "." in signer and f".{domain}".endswith(f".{signer}"):
            return True
    return False
