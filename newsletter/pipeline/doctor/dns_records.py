"""What the DNS says about a mail domain: asked here, judged in mail_domain.py."""

from __future__ import annotations

from typing import Protocol

import dns.exception
import dns.rdatatype
import dns.resolver

from newsletter.errors import UnavailableError

PATIENCE = 5.0
"""Seconds for one answer."""


class Records(Protocol):
    """A view of the DNS. Each method answers with nothing where the name or record is not there."""

    def txt(self, name: str) -> list[str]:
        """Its TXT records, the strings of each joined (RFC 7208 section 3.3)."""
        ...

    def mx(self, name: str) -> list[str]:
        """Its mail servers, most preferred first; [""] is "takes no mail" (RFC 7505)."""
        ...

    def has_address(self, name: str) -> bool:
        """Whether it has an A or AAAA record."""
        ...


class LiveRecords:
    """The DNS as the machine's resolvers know it, or those named."""

    def __init__(self, nameservers: list[str] | None = None, port: int = 53) -> None:
        self._resolver = dns.resolver.Resolver(configure=nameservers is None)
        if nameservers is not None:
            self._resolver.nameservers = list(nameservers)
            self._resolver.port = port
        self._resolver.lifetime = PATIENCE

    def txt(self, name: str) -> list[str]:
        """See Records."""
        return [
            b"".join(record.strings).decode("utf-8", "replace")
            for record in self._ask(name, dns.rdatatype.TXT)
        ]

    def mx(self, name: str) -> list[str]:
        """See Records."""
        records = sorted(self._ask(name, dns.rdatatype.MX), key=lambda record: record.preference)
        return [
            record.exchange.to_text(omit_final_dot=True).removesuffix(".") for record in records
        ]

    def has_address(self, name: str) -> bool:
        """See Records."""
        return bool(self._ask(name, dns.rdatatype.A) or self._ask(name, dns.rdatatype.AAAA))

    def _ask(self, name: str, kind: dns.rdatatype.RdataType) -> list:  # type: ignore[type-arg] # the records' classes are made at run time
        try:
            return list(self._resolver.resolve(name, kind, search=False))
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return []
        except (dns.exception.DNSException, UnicodeError) as error:
            raise UnavailableError(
                f"the DNS does not answer for {name}: {error}",
                fix="look at the machine's resolver (/etc/resolv.conf), and try again",
            ) from error
